"""What is recorded under a cell, and what belongs to the author."""

from dataclasses import replace

import pytest
from executable_posts.post import (
    Prose,
    RecordedOutput,
    Shown,
)

from tests.parsing import FIGURE, fence, read

# --- Recorded outputs ---------------------------------------------------------------------------


def recorded(below: str, above: str = "") -> tuple[RecordedOutput, ...]:
    """What is recorded of `below`, the text behind a cell's fence."""
    post = read(above + fence("x"))
    assert len(post.cells) == 1
    post = read(above + fence("x") + below)
    return post.recorded(post.cells[0])


def kinds(below: str) -> list[str]:
    return [output.kind for output in recorded(below)]


DIV = '<div>\n<table border="1" class="dataframe">\n<tr><td>1</td></tr>\n</table>\n</div>\n'
IFRAME = "<iframe src='a.html'></iframe>\n"
LATEX = "$\\displaystyle x^2$\n"

RECORDED: dict[str, tuple[str, list[str]]] = {
    "nothing": ("\nTexto.\n", []),
    "text": ("\n    42\n", ["text"]),
    "two chunks of a text are one": ("\n    um\n\n    dois\n\nTexto.\n", ["text"]),
    "a figure": ("\n\n![png](a_1_0.png)\n", ["figure"]),
    "two figures": ("\n\n![png](a_1_0.png)\n\n\n\n![png](a_1_1.png)\n", ["figure", "figure"]),
    "all picture formats": (
        "\n![png](a_1_0.png)\n\n![jpeg](a_1_1.jpeg)\n\n![svg](a_1_2.svg)\n\n![gif](a_1_3.gif)\n",
        ["figure"] * 4,
    ),
    "a figure with a title": ('\n![png](a_1_0.png "Título")\n', ["figure"]),
    "a figure in angle brackets": ("\n![png](<minha nota_1_0.png>)\n", ["figure"]),
    "a figure below {static}": ("\n![png]({static}/r/nota_1_0.png)\n", ["figure"]),
    "a figure beside text": ("\n![png](a_1_0.png) como se vê\n", []),
    "a figure in a list": ("\n- ![png](a_1_0.png)\n", []),
    "a figure with another format's name": ("\n![png](a_1_0.bmp)\n", []),
    "a figure with words for a name": ("\n![uma curva](a_1_0.png)\n", []),
    "a figure on another host": ("\n![png](https://a.org/a_1_0.png)\n", []),
    "a figure on another host, behind a blank": ("\n![png]( https://a.org/a_1_0.png)\n", []),
    "a figure on another host, in angle brackets": ("\n![png](<http://a.org/a_1_0.png>)\n", []),
    "a figure on another host, without its scheme": ("\n![png](//a.org/a_1_0.png)\n", []),
    "a figure in the text itself": ("\n![png](data:image/png;base64,a_1_0.png)\n", []),
    "a figure in a paragraph element": ("\n<p>![png](a_1_0.png)</p>\n", ["figure"]),
    "a figure in two elements": ("\n<p><b>![png](a_1_0.png)</b></p>\n", []),
    "a figure in an element with text": ("\n<p>Veja ![png](a_1_0.png)</p>\n", []),
    # A result has four blank lines before it and three behind it.
    "HTML after four blank lines": (f"\n\n\n\n{IFRAME}\n\n\nTexto.\n", ["html"]),
    "HTML after three": (f"\n\n\n{IFRAME}\n\n\nTexto.\n", []),
    "HTML before two": (f"\n\n\n\n{IFRAME}\n\nTexto.\n", []),
    "HTML at the end of the file": (f"\n\n\n\n{IFRAME}", ["html"]),
    "HTML at the end of the file, with blank lines": (f"\n\n\n\n{IFRAME}\n\n", ["html"]),
    "LaTeX after four blank lines": (f"\n\n\n\n{LATEX}\n\n\nTexto.\n", ["latex"]),
    "LaTeX after three": (f"\n\n\n{LATEX}\n\n\nTexto.\n", []),
    "LaTeX before two": (f"\n\n\n\n{LATEX}\n\nTexto.\n", []),
    "LaTeX in two dollars": ("\n\n\n\n$$x^2$$\n\n\n\nTexto.\n", ["latex"]),
    "LaTeX by hand": ("\n\n\n\n$x^2$ é o quadrado.\n\n\n\nTexto.\n", []),
    "a table of pandas, whatever is around it": (f"\n{DIV}\nTexto.\n", ["html"]),
    "two tables": (f"\n\n\n\n{DIV}\n\n\n\n\n{DIV}\n\n\nTexto.\n", ["html", "html"]),
    "elements in elements": (
        f"\n\n\n\n<div>\n<div>\n\n</div>\n{DIV}</div>\n\n\n\nTexto.\n",
        ["html"],
    ),
    "an element that is never closed": (f"\n\n\n\n<div>\n{DIV}\n\n\nTexto.\n", []),
    "an element that closes another": (f"\n\n\n\n</div>\n{DIV}\n\n\nTexto.\n", []),
    "void elements": ("\n\n\n\n<p>um<br>dois<img src='a'><hr></p>\n\n\n\nTexto.\n", ["html"]),
    "closed by implication": (
        "\n\n\n\n<table>\n<tr><td>1<td>2\n<tr><td>3\n</table>\n\n\n\nTexto.\n",
        ["html"],
    ),
    "a script that writes elements": (
        "\n\n\n\n<div>\n<script>\nvar a = '</div>';\n\nvar b = '<div>';\n</script>\n</div>\n",
        ["html"],
    ),
    "a style that holds signs": (
        "\n\n\n\n<div>\n<style>\na > b { content: '</div>' }\n\n</style>\n</div>\n\n\n\nT.\n",
        ["html"],
    ),
    "a comment that holds elements": (
        "\n\n\n\n<div>\n<!-- </div> -->\n</div>\n\n\n\nTexto.\n",
        ["html"],
    ),
    "attributes over lines": (
        "\n\n\n\n<div\n  id='a'>\n</div>\n\n\n\nTexto.\n",
        ["html"],
    ),
    "HTML around the next cell": (f"\n\n\n\n<div>\n\n{fence('y')}\n</div>\n\n\n\nTexto.\n", []),
    "all kinds": (
        f"\n    um\n\n\n\n![png](a_1_0.png)\n\n\n\n\n{DIV}\n\n\n\n\n\n{LATEX}\n\n\nTexto.\n",
        ["text", "figure", "html", "latex"],
    ),
    "what stands behind a sentence": ("\n    um\n\nTexto.\n\n    dois\n", ["text"]),
    "a list": ("\n- um\n\n      dois\n", []),
    "a quotation": ("\n>     um\n", []),
    "another fence": ("\n```\nsaída\n```\n", []),
}


@pytest.mark.parametrize(("below", "expected"), RECORDED.values(), ids=RECORDED.keys())
def test_what_is_recorded_under_a_cell(below: str, expected: list[str]) -> None:
    assert kinds(below) == expected
    assert kinds(below.replace("\n", "\r\n")) == expected


PROOF = {
    "a result, after four blank lines": ("", "\n\n\n\n    42\n", True),
    "not after three": ("", "\n\n\n    42\n\n\n\nTexto.\n", False),
    "a stream, with nbconvert's blank lines": ("Texto.\n\n\n", "\n    42\n\n\nTexto.\n", True),
    "not with one before the fence": ("Texto.\n\n", "\n    42\n\n\nTexto.\n", False),
    "not with one behind it": ("Texto.\n\n\n", "\n    42\n\nTexto.\n", False),
}


@pytest.mark.parametrize(("above", "below", "proof"), PROOF.values(), ids=PROOF.keys())
def test_what_form_of_text_only_a_machine_writes(above: str, below: str, proof: bool) -> None:
    [output] = recorded(below, above)
    assert output.proof is proof


def test_recorded_text_loses_its_four_blanks_and_no_more() -> None:
    for newline in ("\n", "\r\n", "\r"):
        [output] = recorded("\n      1\n    12\n    \n\n    fim\n".replace("\n", newline))
        assert output.content == "  1\n12\n\n\nfim\n"


def test_a_figure_keeps_its_link() -> None:
    [output] = recorded('\n\n![png]({static}/r/nota_1_0.png "Um")\n')
    assert (output.content, output.line) == ("{static}/r/nota_1_0.png", 6)


def test_a_shown_fence_has_no_recorded_outputs() -> None:
    post = read(fence("#| eval: false\nx") + FIGURE)
    assert [type(piece) for piece in post.pieces] == [Shown, Prose]


TRACEBACK = """
    ---------------------------------------------------------------------------

    ZeroDivisionError                         Traceback (most recent call last)

    <ipython-input-1-9e1622b385b6> in <module>
    ----> 1 1/0

    ZeroDivisionError: division by zero


"""

MAY_RAISE = {
    "nothing": ("1/0", "", False),
    "another output": ("1/0", "\n    42\n", False),
    "a recorded traceback": ("1/0", TRACEBACK, True),
    "a traceback that prose shows": ("1/0", "\nVeja:\n" + TRACEBACK, False),
    "the option": ("#| error: true\n1/0", "", True),
    "the option, against what is recorded": ("#| error: false\n1/0", TRACEBACK, False),
}


@pytest.mark.parametrize(("code", "below", "expected"), MAY_RAISE.values(), ids=MAY_RAISE.keys())
def test_a_cell_is_meant_to_raise_if_it_says_so_or_did(
    code: str, below: str, expected: bool
) -> None:
    post = read(fence(code) + below + "Fim.\n")
    [cell] = post.cells
    assert post.may_raise(cell) is expected


def test_what_is_recorded_belongs_to_the_cell_above_it() -> None:
    post = read(fence("x") + FIGURE + "\n\n" + fence("x") + "\n\n" + fence("x") + TRACEBACK)
    assert [len(post.recorded(cell)) for cell in post.cells] == [1, 0, 1]
    assert [post.may_raise(cell) for cell in post.cells] == [False, False, True]
    # Two cells that are the same but for their place are not the same.
    assert replace(post.cells[0], number=2) != post.cells[1]
