"""Notebooks imported as Markdown posts: what nbconvert writes, fit to be parsed and run."""

import base64
import json
from typing import Any

import pytest
from executable_posts.errors import ProblemError
from executable_posts.importing import Imported, import_notebook
from executable_posts.post import Cell, Post, Prose, Shown, parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat import v4

from tests.notebooks import (
    DATED,
    PNG,
    SOURCES,
    code,
    displayed,
    notebook,
    result,
    stream,
    text,
    with_metadata,
)

FIGURE = displayed(text_plain="<Figure size 640x480>", image_png=PNG)
TABLE = """<div>
<style scoped>
    .dataframe tbody tr th {
        vertical-align: top;
    }

    .dataframe thead th {
        text-align: right;
    }
</style>
<table border="1" class="dataframe">
  <tr><td>1</td></tr>
</table>
</div>"""
TRACEBACK = [
    "\x1b[31m---------------------------------\x1b[39m",
    "\x1b[31mZeroDivisionError\x1b[39m         Traceback (most recent call last)",
    "Cell \x1b[32mIn[1]\x1b[39m, line 1\n\x1b[32m----> 1\x1b[39m 1/\x1b[32m0\x1b[39m",
    "\x1b[31mZeroDivisionError\x1b[39m: division by zero",
]
ERROR = v4.new_output("error", ename="ZeroDivisionError", evalue="…", traceback=TRACEBACK)


def imported(*cells: Any, metadata: dict[str, Any] | None = None, **more: Any) -> Imported:
    dated = dict(DATED) if metadata is None else metadata
    return import_notebook(notebook(*cells, metadata=dated), "posts/Meu caderno.ipynb", **more)


def body(post: Imported) -> str:
    return post.markdown.partition("\n\n")[2].strip("\n")


def notes(post: Imported) -> list[str]:
    return [str(note) for note in post.notes]


def kinds(post: Post) -> list[list[str]]:
    """For each cell the kinds of its recorded outputs."""
    return [[output.kind for output in post.recorded(cell)] for cell in post.cells]


# The round trip


def test_what_is_imported_is_a_post_with_the_same_cells_and_outputs() -> None:
    post = imported(
        text("Um texto."),
        code("print(6 * 7)", outputs=[stream("42\n")]),
        code("6 * 7", outputs=[result(text_plain="42")]),
        code("tabela", outputs=[result(text_plain="  0\n0  1", text_html=TABLE)]),
        code("plot()", outputs=[stream("a\n"), FIGURE, stream("b\n"), FIGURE]),
        code("1/0", outputs=[ERROR]),
        code("x", outputs=[result(text_plain="x", text_latex="$\\displaystyle x$")]),
        code("y = 1"),
        text("    O fim."),
    )
    parsed = parse(post.markdown, "x.md")
    assert parsed.runs
    assert parsed.problems == ()
    assert [cell.code.strip() for cell in parsed.cells] == (
        ["print(6 * 7)", "6 * 7", "tabela", "plot()", "1/0", "x", "y = 1"]
    )
    figures = ["text", "figure", "text", "figure"]
    assert kinds(parsed) == [["text"], ["text"], ["html"], figures, ["text"], ["latex"], []]
    assert parsed.may_raise(parsed.cells[4])
    picture = base64.b64decode(PNG)
    assert post.figures == {
        "assets/meu-caderno/output_4_1.png": picture,
        "assets/meu-caderno/output_4_3.png": picture,
    }
    assert "![png](/assets/meu-caderno/output_4_1.png)" in post.markdown
    assert post.notes == ()


def test_an_ordinary_notebook_is_as_nbconvert_writes_it() -> None:
    import nbformat
    from nbconvert import MarkdownExporter

    cells = [
        text("Um."),
        text("Dois."),
        code("print(1)", outputs=[stream("1\n")]),
        code("2", outputs=[result(text_plain="2")]),
        code("plot()", outputs=[FIGURE]),
        code("tabela", outputs=[result(text_plain="1", text_html=TABLE)]),
        code("1/0", outputs=[ERROR]),
        text("Três."),
    ]
    node = nbformat.reads(notebook(*cells), 4)
    resources = {"output_files_dir": "/assets/meu-caderno"}
    exporter = MarkdownExporter()  # type: ignore[no-untyped-call]
    expected, _ = exporter.from_notebook_node(node, resources)
    assert body(imported(*cells)) == expected.strip("\n")


@pytest.mark.parametrize("own", ["\n\n<b>meu</b>\n\n\n\n", "    meu", "\n\n\n$\\displaystyle meu$"])
def test_text_under_an_output_stays_text(own: str) -> None:
    post = imported(code("x", outputs=[result(text_plain="1")]), text(own), text("Fim."))
    parsed = parse(post.markdown, "x.md")
    assert kinds(parsed) == [["text"]]
    assert any(isinstance(piece, Prose) and own.strip() in piece.text for piece in parsed.pieces)


_CONTENTS = st.one_of(
    SOURCES, st.sampled_from(["a\rb", "\x1b[1mx\x1b[0m", "  a\n\n\n\nb\n", "1\n", "\n\n", "a\x08b"])
)
_LATEX = st.one_of(_CONTENTS, st.just("$\\displaystyle x$"))
_OUTPUTS = st.one_of(
    st.builds(stream, _CONTENTS, st.sampled_from(["stdout", "stderr"])),
    st.builds(lambda content: result(text_plain=content), _CONTENTS),
    st.builds(lambda content: displayed(text_plain="<x>", text_html=content), _CONTENTS),
    st.builds(lambda content: displayed(text_plain="a", text_markdown=content), _CONTENTS),
    st.builds(lambda content: displayed(text_plain="a", text_latex=content), _LATEX),
    st.just(FIGURE),
    st.just(result(text_plain="<F>", image_svgxml="<svg></svg>")),
    st.just(displayed(text_plain="<J>", application_javascript="x")),
    st.just(ERROR),
)
_GOOD = st.sampled_from(["x = 1", "print(1)", "'''\n```\n'''", "%matplotlib inline\nf()"])
_CODES = st.builds(
    lambda source, outputs: code(source, outputs=outputs),
    st.one_of(_GOOD, SOURCES),
    st.lists(_OUTPUTS, max_size=3),
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.builds(text, SOURCES), _CODES), max_size=4))
def test_any_notebook_makes_a_post_that_parses(cells: list[Any]) -> None:
    post = imported(*cells)
    parsed = parse(post.markdown, "x.md", "yes")
    assert parsed.problems == ()
    fences = [
        piece
        for piece in parsed.pieces
        if isinstance(piece, Cell | Shown) and piece.fence.info == "python"
    ]
    codes = [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]
    assert len(fences) == len(codes)
    given_up = any("cannot be told from text" in note for note in notes(post))
    for fence, cell in zip(fences, codes, strict=True):
        if isinstance(fence, Cell) and not given_up:
            links = [output.content for output in parsed.recorded(fence) if output.kind == "figure"]
            assert len(links) == sum("image/" in str(output) for output in cell.outputs)
            assert {link.removeprefix("/") for link in links} <= post.figures.keys()
    # An output that is not known for one would be in the prose.
    prose = "".join(piece.text for piece in parsed.pieces if isinstance(piece, Prose))
    if not any(isinstance(fence, Shown) for fence in fences):
        assert "/assets/" not in prose
    assert not parsed.cells or parse(post.markdown, "x.md").runs


# Outputs


def test_what_a_terminal_would_not_show_is_not_recorded() -> None:
    post = imported(code("x", outputs=[stream("1/2\r2/2\x1b[1m fim\x1b[0m\n"), stream("outra\n")]))
    assert body(post) == "```python\nx\n```\n\n    2/2 fim\n    outra"


def test_html_that_is_displayed_is_recorded_as_a_result_is() -> None:
    post = imported(code("x", outputs=[displayed(text_plain="<IPython>", text_html="<b>a</b>")]))
    assert kinds(parse(post.markdown, "x.md")) == [["html"]]
    assert post.notes == ()


@pytest.mark.parametrize(
    ("output", "recorded", "note"),
    [
        (
            displayed(text_plain="**a**", text_markdown="**a**"),
            ["text"],
            "an output (text/markdown, text/plain) has no form that tells it from text: "
            "recorded as text/plain",
        ),
        (
            displayed(text_plain="<IPython>", text_html="só texto"),
            [],
            "an output (text/html, text/plain) has no form that tells it from text: not recorded",
        ),
        (
            displayed(text_plain="<IPython>", text_html="<div>", image_png=PNG),
            ["figure"],
            "an output (image/png, text/html, text/plain) has no form that tells it from text: "
            "recorded as image/png",
        ),
        (
            displayed(text_plain="<IPython>", image_gif="R0lGODlhAQABAAAAACw="),
            [],
            "an output (image/gif, text/plain) has no form that tells it from text: not recorded",
        ),
    ],
)
def test_an_output_that_would_be_taken_for_text(
    output: Any, recorded: list[str], note: str
) -> None:
    post = imported(text("Um."), code("x", outputs=[output]), text("Dois."))
    assert kinds(parse(post.markdown, "x.md", "yes")) == [recorded]
    assert notes(post) == [f"meu-caderno.md:{line_of(post, '```python')}: {note}"]


def line_of(post: Imported, row: str) -> int:
    return post.markdown.split("\n").index(row) + 1


def test_a_figure_has_the_name_that_nbconvert_gives_it_whatever_its_metadata_say() -> None:
    output = v4.new_output(
        "display_data", data={"image/png": PNG}, metadata={"filename": "../../outra.png"}
    )
    post = imported(text("Um."), code("x", outputs=[stream("a"), output]))
    assert list(post.figures) == ["assets/meu-caderno/output_1_1.png"]


def test_attached_pictures_of_one_name_are_files_of_their_own() -> None:
    cells = [
        text(f"![{index}](attachment:image.png)", attachments={"image.png": {"image/png": data}})
        for index, data in enumerate([PNG, "R0lGODlhAQABAAAAACw="])
    ]
    post = imported(*cells)
    assert "![0]({static}/images/meu-caderno/attachment-0-0.png)" in post.markdown
    assert "![1]({static}/images/meu-caderno/attachment-1-0.png)" in post.markdown
    assert [len(data) for data in post.figures.values()] == [len(base64.b64decode(PNG)), 14]


# Code that a build does not run


@pytest.mark.parametrize(
    ("source", "expected", "note"),
    [
        ("!ls", "!ls", "this cell is shown and not run: it holds shell or install lines"),
        (
            "!pip install \\\n  a\nimport a",
            "# !pip install \\\n  # a\nimport a",
            "`!pip install \\` is a comment now: no build runs it",
        ),
        (
            "if x:\n    %pip install a",
            "if x:\n    pass  # %pip install a",
            "`%pip install a` is a comment now: no build runs it",
        ),
        (
            "a = !ls",
            "#| eval: false\na = !ls",
            "this cell is shown and not run: a shell line in a cell",
        ),
        (
            "print 'a'",
            "#| eval: false\nprint 'a'",
            "this cell is shown and not run: not Python (Missing parentheses in call to 'print'. "
            "Did you mean print(...)?, column 1)",
        ),
        (
            "#| tbl-cap: Um\n#| echo: false\nx",
            "#| echo: false\n# tbl-cap: Um\nx",
            'unknown option "tbl-cap": Allowed: classes, code-fold, ',
        ),
        ("%run a.py", "%run a.py", "%run may not find in a build what it needs"),
        ("%%time\nx", "%%time\nx", None),
    ],
)
def test_lines_that_only_a_notebook_understands(
    source: str, expected: str, note: str | None
) -> None:
    post = imported(text("Um."), code(source))
    assert f"```python\n{expected}\n```" in post.markdown
    assert parse(post.markdown, "x.md", "yes").problems == ()
    if note is None:
        assert post.notes == ()
    else:
        (found,) = notes(post)
        assert found.startswith(f"meu-caderno.md:{line_of(post, '```python')}: {note}")


def test_cells_of_another_language_are_shown_with_their_outputs() -> None:
    cell = code("x <- 1\nx", outputs=[result(text_plain="1")])
    file = with_metadata(notebook(cell), {"kernelspec": {"name": "ir", "language": "R"}})
    post = import_notebook(file, "x.ipynb", date="2020-01-02")
    assert "```r\nx <- 1\nx\n```\n\n\n\n\n    1\n" in post.markdown
    assert "x.md: cells in r are shown and not run" in notes(post)
    assert parse(post.markdown, "x.md", "yes").cells == ()


# Front matter


def test_front_matter_is_as_pelican_reads_it() -> None:
    post = imported(
        text("tags: a, b\ndate: 2020-01-02 10:00\nslug: Árvore/folha"),
        text("# Um título\n\nTexto."),
        metadata={"authors": [{"name": "Ana"}]},
    )
    assert post.markdown == (
        "Title: Um título\nDate: 2020-01-02 10:00\nSlug: Árvore/folha\nTags: a, b\nAuthors: Ana\n"
        "\nTexto.\n"
    )
    assert post.slug == "arvore-folha"


def test_what_the_notebook_does_not_say_is_filled_in_and_noted() -> None:
    post = imported(text("Texto."), metadata={}, date="2021-03-04")
    assert post.markdown.startswith("Title: Meu caderno\nDate: 2021-03-04\nSlug: meu-caderno\n\n")
    assert notes(post) == ["meu-caderno.md: no title in the notebook: its name was taken"]
    post = imported(text("# Título"), metadata={})
    assert notes(post) == ['meu-caderno.md: no date in the notebook: add "Date: 2020-01-31"']


def test_the_date_of_the_notebook_is_stronger_than_a_given_one() -> None:
    assert "Date: 2020-01-02\n" in imported(date="2021-03-04").markdown


def test_a_post_without_any_output_says_that_it_runs() -> None:
    assert "\nExecute: yes\n" in imported(code("x = 1")).markdown
    assert "Execute" not in imported(text("Um.")).markdown
    assert "Execute" not in imported(code("x", outputs=[result(text_plain="1")])).markdown
    assert "Execute: no\n" in imported(text("Execute: no"), code("x = 1")).markdown


# What is no notebook, and old ones


def test_an_old_notebook_is_imported() -> None:
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "antigo"},
        "worksheets": [
            {
                "metadata": {},
                "cells": [
                    {"cell_type": "heading", "level": 1, "metadata": {}, "source": ["Antigo"]},
                    {
                        "cell_type": "code",
                        "collapsed": False,
                        "input": ["1 + 1"],
                        "language": "python",
                        "metadata": {},
                        "outputs": [{"output_type": "pyout", "prompt_number": 1, "text": ["2"]}],
                        "prompt_number": 1,
                    },
                ],
            }
        ],
    }
    post = import_notebook(json.dumps(old), "antigo.ipynb", date="2013-01-02")
    assert post.markdown.startswith("Title: Antigo\n")
    parsed = parse(post.markdown, "x.md")
    assert [cell.code for cell in parsed.cells] == ["1 + 1\n"]
    assert kinds(parsed) == [["text"]]


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("{", "no notebook: not JSON ("),
        ("[]", "no notebook: JSON without nbformat"),
        ('{"nbformat": 3}', "no notebook that can be read ("),
        ('{"nbformat": 4, "metadata": {}, "cells": [{}]}', "cell 1 of the notebook is neither"),
        (
            '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", '
            '"source": "x", "metadata": {}, "outputs": [{"output_type": "x"}]}]}',
            "nbconvert cannot read it (",
        ),
    ],
)
def test_what_is_no_notebook_is_said_in_one_line(file: str, message: str) -> None:
    with pytest.raises(ProblemError) as raised:
        import_notebook(file, "x.ipynb")
    assert raised.value.problem.message.startswith(message)
    assert "\n" not in raised.value.problem.message
