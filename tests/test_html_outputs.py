"""HTML of a kernel on a page: nothing runs, nothing is fetched, and tables can be read aloud."""

import base64
import re

import pandas as pd
import pytest
from executable_posts.html_outputs import clean, shows_something
from executable_posts.words import OUTPUT_WORDS
from hypothesis import given
from hypothesis import strategies as st

WORDS = OUTPUT_WORDS["pt"]
DOT = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def page(content: str) -> str:
    return clean(content).on_page("c1-2-", "{static}/assets/nota/", WORDS.size)


# What goes

REMOVED = [
    ("<b>1</b><script>f()</script>", "<b>1</b>", "a script"),
    ("<b>1</b><SCRIPT src='https://x/y.js'></SCRIPT>", "<b>1</b>", "a script"),
    ("<style>b { color: red }</style><b>1</b>", "<b>1</b>", None),
    ("<b>1</b><link rel='stylesheet' href='https://x/y.css'>", "<b>1</b>", "what it would link to"),
    ("<b onclick='f()' onmouseover=g()>1</b>", "<b>1</b>", None),
    ("<a href='javascript:f()'>1</a>", "<a>1</a>", None),
    ("<a href=' java\nscript:f()'>1</a>", "<a>1</a>", None),
    ("<a href='data:text/html,x'>1</a>", "<a>1</a>", "text/html inside of its HTML"),
    ("<b>1</b><button>x</button><input><form>y</form>", "<b>1</b>xy", "a form or a button"),
    ("<b>1</b><!-- nota -->", "<b>1</b>", None),
    ("<b style='width: 3em'>1</b>", "<b>1</b>", None),
    ("<b style='color: #c00'>1</b>", '<b class="ansi-red">1</b>', None),
    ("<font color='red'>1</font>", "1", None),
    ("<base href='https://x/'><b>1</b>", "<b>1</b>", None),
    ("<noscript><b>1</b></noscript>2", "2", None),
    ("<a href='https://x/y?a=1&amp;b=2'>1</a>", '<a href="https://x/y?a=1&amp;b=2">1</a>', None),
    ("<a href='outra.html'>1</a>", '<a href="outra.html">1</a>', None),
    (
        "<img src='{static}/images/a.png' alt='a'>",
        '<img alt="a" src="{static}/images/a.png">',
        None,
    ),
    ("<img src='a.png'>", '<img alt="" src="a.png">', None),
    ("<img srcset='https://x/a.png 2x' src='a.png' alt=''>", '<img alt="" src="a.png">', None),
    ("<p>ação &lt;b&gt; &amp; &nbsp;fim", "<p>ação &lt;b&gt; &amp; \xa0fim</p>", None),
]


@pytest.mark.parametrize(("content", "left", "told"), REMOVED)
def test_what_does_not_belong_on_a_page_goes(content: str, left: str, told: str | None) -> None:
    assert page(content) == left
    assert clean(content).removed == (() if told is None else (told,))


@pytest.mark.parametrize(
    ("content", "link"),
    [
        (
            "<iframe src='https://v.example/x' title='Vídeo'></iframe>",
            '<a href="https://v.example/x">Vídeo</a>',
        ),
        ("<iframe src='mapa.html'></iframe>", '<a href="mapa.html">mapa.html</a>'),
        ("<img src='https://x/a.png' alt='foto'>", '<a href="https://x/a.png">foto</a>'),
        ("<img src='//x/a.png'>", '<a href="//x/a.png">//x/a.png</a>'),
        ("<embed src='https://x/a.pdf'>", '<a href="https://x/a.pdf">https://x/a.pdf</a>'),
        (
            "<object data='https://x/a.pdf'>y</object>",
            '<a href="https://x/a.pdf">https://x/a.pdf</a>',
        ),
        ("<video src='https://x/a.mp4'></video>", '<a href="https://x/a.mp4">https://x/a.mp4</a>'),
    ],
)
def test_what_would_be_fetched_becomes_a_link(content: str, link: str) -> None:
    assert page(content) == link
    [told] = clean(content).removed
    assert told.startswith("what it would fetch from ")
    assert told.endswith(": a link stands in its place")


def test_a_frame_that_holds_its_own_page_is_gone() -> None:
    assert page("<b>1</b><iframe srcdoc='<script>f()</script>'></iframe>") == "<b>1</b>"


def test_a_source_on_another_host_goes_and_the_video_stays() -> None:
    content = "<video><source src='https://x/a.mp4'><source src='b.mp4'></video>"
    assert page(content) == ('<video controls="" preload="none"><source src="b.mp4"></video>')


# What becomes a file


def test_a_picture_inside_of_the_html_becomes_a_file() -> None:
    [file] = clean(f"<img src='data:image/png;base64,{DOT}' alt='x'>").files
    assert file.data == b"\x89PNG\r\n\x1a\n"
    assert re.fullmatch(r"[0-9a-f]{16}\.png", file.name)
    seen = page(f"<img src='data:image/png;base64,{DOT}' alt='x'>")
    assert seen == f'<img alt="x" src="{{static}}/assets/nota/{file.name}">'


def test_a_video_becomes_a_file_and_waits_for_its_reader() -> None:
    content = f"<video autoplay loop><source src='data:video/mp4;base64,{DOT}' type='video/mp4'>"
    [file] = clean(content).files
    assert file.name.endswith(".mp4")
    assert "autoplay" not in page(content)
    assert '<video controls="" loop="" preload="none">' in page(content)


def test_a_drawing_inside_of_the_html_is_cleaned_too() -> None:
    source = base64.b64encode(b"<svg><script>f()</script><g/></svg>").decode()
    [file] = clean(f"<img src='data:image/svg+xml;base64,{source}'>").files
    assert file.data == b'<svg xmlns="http://www.w3.org/2000/svg"><g /></svg>'


@pytest.mark.parametrize("address", ["data:image/png;base64,A", "data:text/html,x", "data:,x"])
def test_what_is_no_file_is_left_out(address: str) -> None:
    cleaned = clean(f"<img src='{address}' alt='x'>")
    assert cleaned.files == ()
    assert cleaned.content == '<img alt="x">'
    assert cleaned.removed


# Ids


def test_ids_that_something_refers_to_are_numbered_and_others_go() -> None:
    content = (
        "<i id='T_3f2a1'></i><b id='q7'>1</b><a href='#q7'>2</a><a href='#lost'>3</a>"
        "<svg><path clip-path='url(#zz)'></path><clippath id='zz'></clippath></svg>"
    )
    assert page(content) == (
        '<i></i><b id="c1-2-1">1</b><a href="#c1-2-1">2</a><a>3</a>'
        '<svg><path clip-path="url(#c1-2-2)"></path><clippath id="c1-2-2"></clippath></svg>'
    )


def test_the_styles_of_a_drawing_become_its_attributes() -> None:
    seen = page("<svg><path style='fill: none; stroke:red; x: url(https://x)'></path></svg>")
    assert seen == '<svg><path fill="none" stroke="red"></path></svg>'


# Tables


def test_a_table_of_pandas_has_scopes_a_name_and_a_region_that_scrolls() -> None:
    frame = pd.DataFrame({"nome": ["a", "b"], "nota": [7.5, None]})
    seen = page(frame._repr_html_())
    assert '<div aria-label="Tabela de 2 linhas e 3 colunas" class="table-scroll"' in seen
    assert 'role="region" tabindex="0"><table class="dataframe data">' in seen
    assert seen.count('<th scope="row">') == 2
    assert '<td></td>\n<th scope="col">nome</th>\n<th class="number" scope="col">nota</th>' in seen
    assert '<td>a</td>\n<td class="number">7.5</td>' in seen
    assert '<td class="number">NaN</td>' in seen
    for gone in ("style", "border", "<th></th>"):
        assert gone not in seen


def test_the_names_of_an_index_stand_above_it() -> None:
    frame = pd.DataFrame({"a": [1, 1], "b": ["x", "y"], "c": [3, 4]})
    seen = page(frame.groupby(["a", "b"]).agg(["sum", "max"])._repr_html_())
    assert seen.count("<tr>") == 2 + 2
    assert (
        '<th scope="col">a</th>\n<th scope="col">b</th>\n<th class="number" scope="col">sum' in seen
    )
    assert '<th colspan="2" scope="colgroup">c</th>' in seen
    assert '<th rowspan="2" scope="rowgroup">1</th>' in seen
    assert seen.count('<td class="number">') == 4


def test_the_size_that_pandas_writes_is_in_the_language_of_the_page() -> None:
    frame = pd.DataFrame({"a": range(1234)})
    seen = page(frame._repr_html_())
    assert '<p class="table-size">Tabela de 1.234 linhas e 1 coluna</p>' in seen


def test_a_styler_leaves_its_scoped_styles() -> None:
    content = (
        "<style type='text/css'>\n#T_a1b2c_row0_col0 { color: red }\n</style>"
        "<table id='T_a1b2c'><thead><tr><th class='blank'>&nbsp;</th>"
        "<th id='T_a1b2c_level0_col0' class='col_heading level0 col0'>a</th></tr></thead><tbody>"
        "<tr><th class='row_heading'>0</th><td id='T_a1b2c_row0_col0' class='data'>1.5</td></tr>"
        "</tbody></table>"
    )
    seen = page(content)
    assert "T_a1b2c" not in seen
    assert '<td class="data number">1.5</td>' in seen


NUMBERS = ["1", "-1", "−1", "1.5", "1.234,56", "1,234.5", "1e-05", ".5", "97.3%", "R$ 10", "1 000"]
NO_NUMBERS = ["a", "1a", "2019-07-29", "1:02", "v1.2.3b", "10 km", "True"]


@pytest.mark.parametrize("text", NUMBERS)
def test_a_column_of_numbers_is_known(text: str) -> None:
    seen = page(f"<table><tr><td>x</td><td>{text}</td></tr><tr><td>y</td><td>nan</td></tr></table>")
    assert seen.count('<td class="number">') == 2


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_a_column_with_words_is_no_column_of_numbers(text: str) -> None:
    seen = page(f"<table><tr><td>1</td><td>{text}</td></tr><tr><td>2</td><td>3</td></tr></table>")
    assert seen.count('<td class="number">') == 2


def test_columns_are_counted_across_spans() -> None:
    content = (
        "<table><tbody><tr><td rowspan='2'>a</td><td colspan='2'>b</td><td>1</td></tr>"
        "<tr><td>c</td><td>d</td><td>2</td></tr></tbody></table>"
    )
    assert page(content).count('<td class="number">') == 2
    assert "Tabela de 2 linhas e 4 colunas" in page(content)


@pytest.mark.parametrize("span", ["0", "-1", "x", "999999999", "²"])
def test_a_span_that_is_a_mistake_does_no_harm(span: str) -> None:
    assert "Tabela de 1 linha" in page(f"<table><tr><td colspan='{span}'>a</td></tr></table>")


# Whether there is anything to see


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ("<b>1</b>", True),
        ("<img src='a.png'>", True),
        ("<svg></svg>", True),
        ("", False),
        ("<div id='plot'></div><script>draw()</script>", False),
        ("<style>b {}</style><!-- x --><div></div>", False),
        ("<script>'<b>1</b>'</script>", False),
        ("<div id='sk-container-id-1'><input type='checkbox'>LinearRegression()</div>", False),
    ],
)
def test_whether_html_shows_anything_without_its_scripts(content: str, answer: bool) -> None:
    assert shows_something(content) == answer


PARTS = st.sampled_from(
    [
        *[
            "<script>",
            "</script>",
            "<b onclick=f()>",
            "<svg onload=f()>",
            "<img src=x onerror=f()>",
        ],
        *[
            "<a href='javascript:f()'>",
            "<iframe src='https://x'>",
            "<table>",
            "<tr>",
            "<td>",
            "<th>",
        ],
        *[
            "<style>",
            "</style>",
            "<!--",
            "-->",
            "</b>",
            "</table>",
            "<math>",
            "\ue000",
            "a",
            "'",
            '"',
        ],
        *["<img src=https://x/y>", "<input autofocus onfocus=f()>", "<object data='data:x,y'>"],
    ]
)


@given(st.lists(PARTS, max_size=12))
def test_nothing_that_runs_or_is_fetched_is_left_of_anything(parts: list[str]) -> None:
    seen = page("".join(parts))
    assert not re.search(r"<(?:script|style|iframe|object|input|link)\b", seen)
    assert not re.search(r"<[^>]*\son\w+=", seen)
    assert not re.search(r"<(?!a\b)[^>]*=\"(?:https:|javascript:)", seen)
    assert "\ue000" not in seen
