"""What a reader sees of each kind of output: words, folds, formulas, trees, traces."""

import base64
import io
import json
import re
from typing import Any

import pytest
from executable_posts.animations import from_jshtml
from executable_posts.formulas import as_mathml
from executable_posts.outputs import Display, display
from executable_posts.store import Output
from executable_posts.styled import Mark
from executable_posts.traces import Frame, frames
from executable_posts.trees import as_tree
from executable_posts.typeset import Spot, typeset
from executable_posts.words import OUTPUT_WORDS
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

WORDS = OUTPUT_WORDS["pt"]
SPOT = Spot(3, 1, "{static}/assets/nota/")


def seen(kind: Any, content: str, **more: Any) -> str:
    return typeset(Display(kind, content, **more), SPOT, WORDS)


# Text


def test_text_is_as_it_was_printed() -> None:
    assert (
        seen("text", " a <b>\n&")
        == '<div class="cell-output text"><pre> a &lt;b&gt;\n&amp;</pre></div>'
    )


def test_colours_are_classes_and_no_styles() -> None:
    marks = (Mark(0, 2, "ansi-red"), Mark(3, 4, "ansi-bold"))
    assert seen("text", "<b c>", marks=marks) == (
        '<div class="cell-output text"><pre><span class="ansi-red">&lt;b</span> '
        '<span class="ansi-bold">c</span>&gt;</pre></div>'
    )


@pytest.mark.parametrize(("count", "folds"), [(1, False), (40, False), (41, True), (1000, True)])
def test_long_text_folds_and_says_how_long_it_is(count: int, folds: bool) -> None:
    text = "\n".join(f"linha {number}" for number in range(count))
    page = seen("text", text)
    assert ("<details" in page) == folds
    assert (f"<summary>Mais {WORDS.count(count - 20)} linhas</summary>" in page) == folds
    assert re.findall(r"linha \d+", page) == text.split("\n")


def test_of_very_long_text_the_notebook_has_the_rest() -> None:
    page = seen("text", "\n".join("§" for _ in range(5_488)))
    assert "<summary>Mais 5.468 linhas</summary>" in page
    assert '<p class="output-note">… mais 4.488 linhas, no notebook executado</p>' in page
    assert page.count("§") == 1_000


def test_colours_go_on_behind_a_fold() -> None:
    text = "\n".join("ab" for _ in range(60))
    page = seen("text", text, marks=(Mark(0, len(text), "ansi-red"),))
    assert page.count('<span class="ansi-red">') == 2
    assert re.sub(r"<[^>]+>", "", page.replace("</summary>", "\n")).count("ab") == 60


# Formulas


@pytest.mark.parametrize(
    ("latex", "display"),
    [
        ("$$x^2$$", "block"),
        (r"\[x^2\]", "block"),
        (r"$\displaystyle x^2$", "block"),
        ("$x^2$", "inline"),
        (r"\(x^2\)", "inline"),
        (r"\begin{equation}x^2\end{equation}", "block"),
        ("\n$$\nx^2\n$$\n", "block"),
    ],
)
def test_a_formula_is_mathml(latex: str, display: str) -> None:
    mathml = as_mathml(latex)
    assert mathml is not None
    assert mathml.startswith(f'<math display="{display}">')
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in mathml


def test_formulas_are_not_numbered() -> None:
    mathml = as_mathml(r"\begin{align} a &= b \\ c &= d \end{align}")
    assert mathml is not None
    assert "<mtr>" in mathml
    assert "(1)" not in mathml


@pytest.mark.parametrize("latex", ["", "x", r"$\frac{$", r"$\unknown{x}$", "$$$$", "$a$ e $b$"])
def test_what_is_no_formula_that_can_be_read_is_shown_as_text(latex: str) -> None:
    assert as_mathml(latex) is None
    assert seen("latex", latex, plain="x**2") == (
        '<div class="cell-output latex"><pre>x**2</pre></div>'
    )
    assert f"<pre>{latex.replace('&', '&amp;')}</pre>" in seen("latex", latex)


@given(st.text(st.sampled_from("\\{}$^_x&frac ")))
def test_any_latex_is_mathml_or_text(latex: str) -> None:
    as_mathml(latex)


# JSON


def test_json_is_a_tree_that_folds() -> None:
    value = {"a": [1, {"b": None}], "<c>": "x&y", "d": []}
    assert as_tree(value, WORDS) == (
        '<div class="tree"><details open><summary><span>3 itens</span></summary><ul>'
        "<li><details><summary><b>a</b>: <span>2 itens</span></summary><ul>"
        "<li><b>0</b>: <code>1</code></li>"
        "<li><details><summary><b>1</b>: <span>1 item</span></summary><ul>"
        "<li><b>b</b>: <code>null</code></li></ul></details></li></ul></details></li>"
        '<li><b>&lt;c&gt;</b>: <code>"x&amp;y"</code></li>'
        "<li><b>d</b>: <code>[]</code></li></ul></details></div>"
    )


def test_the_order_of_keys_is_that_of_the_notebook_on_disk() -> None:
    data = {"application/json": {"b": 1, "a": {"d": 1, "c": 2}}}
    [shown] = display([{"output_type": "display_data", "data": data, "metadata": {}}]).displays
    assert list(shown.data) == ["a", "b"]
    assert list(shown.data["a"]) == ["c", "d"]


def test_of_a_long_list_the_notebook_has_the_rest() -> None:
    tree = as_tree(list(range(1_500)), WORDS)
    assert tree.count("<li>") == 201
    assert "<li>… 1.300 itens</li>" in tree


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
)


@given(JSON)
def test_any_json_is_a_tree_whose_elements_are_closed(value: Any) -> None:
    tree = as_tree(value, WORDS)
    for name in ("details", "ul", "li", "summary", "code"):
        assert len(re.findall(rf"<{name}\b", tree)) == tree.count(f"</{name}>")


def test_what_is_nested_too_deep_is_text() -> None:
    value: Any = 1
    for _ in range(200):
        value = [value]
    assert as_tree(value, WORDS).count("<details") == 30


# Errors


def raised(*traceback: str) -> Output:
    return {
        "output_type": "error",
        "ename": "KeyError",
        "evalue": "'a'",
        "traceback": list(traceback),
    }


TRACEBACK = (
    "\x1b[31m---------------------------------------------------------------------------\x1b[39m",
    "\x1b[31mKeyError\x1b[39m                                  Traceback (most recent call last)",
    "\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[3]\x1b[39m\x1b[32m, line 8\x1b[39m\n"
    "\x1b[32m      5\x1b[39m     return historico[metrica]\n\x1b[32m----> 8\x1b[39m melhor('a')\n",
    "\x1b[36mFile \x1b[39m\x1b[32m~/.venv/lib/python3.11/site-packages/x.py:12\x1b[39m, in y()\n"
    "----> 12 z()",
    "\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[2]\x1b[39m\x1b[32m, line 5\x1b[39m, in "
    "\x1b[36mmelhor\x1b[39m\x1b[34m(metrica)\x1b[39m\n"
    "\x1b[32m----> 5\x1b[39m     return historico[metrica]",
    "\x1b[31mKeyError\x1b[39m: 'a'",
)


def test_an_error_tells_its_way_through_the_post_and_nothing_of_the_machine() -> None:
    assert frames(raised(*TRACEBACK)) == (
        Frame(3, 8, "melhor('a')"),
        Frame(2, 5, "return historico[metrica]", "melhor"),
    )
    [shown] = display([raised(*TRACEBACK)]).displays
    page = typeset(shown, SPOT, WORDS)
    assert page == (
        '<div class="cell-output error"><ol class="trace" aria-label="Onde deu errado">'
        "<li>Célula 3, linha 8: <code>melhor('a')</code></li>"
        "<li>Célula 2, linha 5, em <code>melhor</code>: <code>return historico[metrica]</code></li>"
        "</ol><pre>KeyError: 'a'</pre></div>"
    )
    assert "site-packages" not in page


def test_in_one_cell_alone_its_lines_are_enough() -> None:
    page = seen("error", "E", frames=(Frame(3, 8, "f()"), Frame(3, 2, "", "f")))
    assert "<li>Linha 8: <code>f()</code></li><li>Linha 2, em <code>f</code></li>" in page


def test_of_an_endless_recursion_the_first_and_the_last_calls_are_told() -> None:
    rows = [f"Cell In[1], line {line}, in f(x)\n----> {line} f(x)" for line in range(1, 30)]
    assert [frame.line for frame in frames(raised(*rows))] == [1, 2, 3, 27, 28, 29]


def test_an_older_traceback_is_read_too() -> None:
    rows = ["Input In [7], in <cell line: 1>()", "Input In [7], in f(x)", "Cell In [7], line 3"]
    assert [frame.line for frame in frames(raised(*rows))] == [3]


def test_an_error_in_no_cell_is_its_last_line() -> None:
    assert seen("error", "E: x") == '<div class="cell-output error"><pre>E: x</pre></div>'


# Widgets, and what moves


def test_a_widget_says_that_it_needs_a_notebook() -> None:
    page = seen("widget", "IntSlider(value=5)")
    assert "ela precisa do notebook" in page
    assert "<pre>IntSlider(value=5)</pre>" in page


def jshtml(count: int = 3, interval: str = "80", loop: str = "loop") -> str:
    """What `Animation.to_jshtml` writes, without most of it."""
    rows = []
    for number in range(count):
        file = io.BytesIO()
        Image.new("RGB", (4, 3), (number, 0, 0)).save(file, "PNG")
        data = base64.b64encode(file.getvalue()).decode()
        rows.append(f'frames[{number}] = "data:image/png;base64,{data[:60]}\\\n{data[60:]}\\\n"\n')
    return (
        f'<input type="radio" name="state" value="{loop}" id="_x" checked>'
        f"<script>var frames = new Array({count});{''.join(rows)}"
        f"anim1 = new Animation(frames, img_id, slider_id, {interval},\n loop_select_id);</script>"
    )


@pytest.mark.parametrize(("loop", "times"), [("loop", 0), ("once", 1), ("reflect", 0)])
def test_an_animation_becomes_a_picture_that_moves(loop: str, times: int) -> None:
    output: Output = {
        "output_type": "execute_result",
        "data": {"text/html": jshtml(loop=loop), "text/plain": "<HTML>"},
        "metadata": {},
    }
    [shown] = display([output]).displays
    assert (shown.kind, shown.mime) == ("figure", "image/webp")
    assert shown.motion is not None
    assert shown.motion.frames == 3
    assert shown.motion.seconds == pytest.approx(0.24)
    with Image.open(io.BytesIO(base64.b64decode(shown.content))) as image:
        assert image.size == (4, 3)
        assert getattr(image, "n_frames", 1) == 3
        assert image.info["loop"] == times
        image.seek(2)
        assert image.convert("RGB").getpixel((0, 0)) == (2, 0, 0)


def test_the_same_animation_is_the_same_file() -> None:
    first = from_jshtml(jshtml())
    from_jshtml.cache_clear()
    assert from_jshtml(jshtml()) == first


@pytest.mark.parametrize(
    "content",
    [
        "<b>1</b>",
        jshtml(0),
        jshtml(interval="x"),
        'frames[0] = "data:image/png;base64,AAAA" new Animation(f, i, s, 5, l)',
        'frames[0] = "data:image/png;base64,A" new Animation(f, i, s, 5, l)',
    ],
)
def test_what_is_no_animation_that_can_be_read_stays_html(content: str) -> None:
    assert from_jshtml(content) is None


def test_every_language_has_its_words() -> None:
    for words in OUTPUT_WORDS.values():
        assert words.size(1, 1) != words.size(2, 2)
        assert "1" in words.item_count(1)
        assert json.dumps(words.count(1234))
