"""Drawings: nothing runs in them, nothing is fetched, and drawn again they are the same."""

import io
import re

import matplotlib as mpl
import pytest
from executable_posts.outputs import comparable
from executable_posts.store import Output
from executable_posts.svg import clean, presentation
from hypothesis import given
from hypothesis import strategies as st

HEAD = '<svg xmlns="http://www.w3.org/2000/svg"'
XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


@pytest.mark.parametrize(
    ("inside", "left"),
    [
        ("<script>f()</script><g/>", "<g />"),
        ("<g onclick='f()' onLoad='g()'/>", "<g />"),
        ("<metadata><d>2026-11-25</d></metadata><g/>", "<g />"),
        ("<!-- nota --><?x y?><g/>", "<g />"),
        ("<x:y xmlns:x='https://inkscape.example'/><g/>", "<g />"),
        ("<g xmlns:i='https://x' i:label='a'/>", "<g />"),
        ("<image href='https://x/a.png'/>", "<image />"),
        (
            "<image href='data:image/png;base64,AAAA'/>",
            '<image href="data:image/png;base64,AAAA" />',
        ),
        ("<image href='data:image/svg+xml;base64,AAAA'/>", "<image />"),
        ("<a href='javascript:f()'><g/></a>", "<a><g /></a>"),
        ("<g fill='url(https://x/a.svg#b)'/>", '<g fill="none" />'),
        (
            "<style>@import 'https://x'; g { fill: url(//x) }</style>",
            "<style> g { fill: none }</style>",
        ),
        ("<a><set attributeName='href' to='javascript:f()'/></a>", "<a />"),
        ("<g id='only'/>", "<g />"),
        ("<g id='p7'/><use href='#p7'/>", '<g id="i1" /><use href="#i1" />'),
        (
            "<defs><clipPath id='zz'/></defs><g clip-path='url(#zz)'/>",
            '<defs><clipPath id="i1" /></defs><g clip-path="url(#i1)" />',
        ),
        (
            "<g id='a'/><style>#a { fill: #fff }</style>",
            '<g id="i1" /><style>#i1 { fill: #fff }</style>',
        ),
        (
            "<title id='t'>x</title><g aria-labelledby='t'/>",
            '<title id="i1">x</title><g aria-labelledby="i1" />',
        ),
    ],
)
def test_what_does_not_belong_to_a_drawing_goes(inside: str, left: str) -> None:
    assert clean(f"{HEAD}>{inside}</svg>") == f"{HEAD}>{left}</svg>"


def test_links_of_the_older_kind_stay_inside_of_the_drawing() -> None:
    seen = clean(f"{HEAD} {XLINK}><g id='a'/><use xlink:href='#a'/><use xlink:href='//x'/></svg>")
    assert seen == f'{HEAD} {XLINK}><g id="i1" /><use xlink:href="#i1" /><use /></svg>'


@pytest.mark.parametrize("source", ["", "text", "<svg>", "<html></html>", "<svg>&x;</svg>"])
def test_what_is_no_drawing_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"^image/svg\+xml: "):
        clean(source)


def test_cleaned_again_it_is_the_same() -> None:
    once = clean(drawn())
    assert clean(once) == once


def drawn() -> str:
    """A figure as Matplotlib draws it, with the date in it and ids made by chance."""
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": None}):
        figure = Figure()
        axes = figure.add_subplot()
        axes.plot([1, 2], [3, 4], "o-")
        axes.set_title("Título")
        file = io.StringIO()
        figure.savefig(file, format="svg")
    return file.getvalue()


def test_a_figure_of_matplotlib_drawn_twice_is_the_same_drawing() -> None:
    one, other = drawn(), drawn()
    assert one != other
    assert clean(one) == clean(other)
    assert re.search(r'width="[\d.]+pt"', clean(one))

    def output(source: str) -> Output:
        return {"output_type": "display_data", "data": {"image/svg+xml": source}, "metadata": {}}

    assert comparable([output(one)]) == comparable([output(other)])
    assert comparable([output("no drawing")]) != comparable([output("another")])


def test_a_style_as_attributes() -> None:
    assert presentation("fill:none; stroke: #fff;") == {"fill": "none", "stroke": "#fff"}
    assert presentation("fill: url(#a); mask: url(https://x)") == {"fill": "url(#a)"}
    assert presentation("") == {}


@given(st.text(st.sampled_from("<>/svg ='\"&;#a:on")))
def test_anything_is_cleaned_or_refused(inside: str) -> None:
    try:
        seen = clean(f"{HEAD}>{inside}</svg>")
    except ValueError:
        return
    assert not re.search(r"<[^>]*\son", seen)
