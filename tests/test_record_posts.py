"""Recording whole posts: as nbconvert exports them, those of this blog, and any other."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from executable_posts import store
from executable_posts.errors import Problem
from executable_posts.figures import Figure, Place, claims, collisions, resolve
from executable_posts.outputs import Display
from executable_posts.plan import plan
from executable_posts.post import Cell, Execute, Piece, Post, Prose, Recorded
from executable_posts.post.source import lines
from executable_posts.record import Recording, record
from executable_posts.render import CellView
from executable_posts.store import Output
from executable_posts.streams import without_addresses
from executable_posts.terminal import as_terminal_leaves_it
from executable_posts.views import View
from executable_posts.views import view as view_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recording import (
    DIVISION,
    FIGURE,
    INPUTS,
    PLACE,
    PNG,
    ROOT,
    RULE,
    STYLER,
    TABLE,
    check,
    data,
    error,
    read,
    reader,
    result,
    stream,
    views,
)

# As nbconvert does it


@pytest.mark.parametrize(
    "outputs",
    [
        [stream("3\n")],
        [stream("a\n\n  b\n \n\tc\n")],
        [result("3\n\n4")],
        [data(text__html=TABLE, text__plain="a")],
        [stream("a\n"), result("1")],
        [stream("a\n"), data(text__html=TABLE, text__plain="a")],
        [data(text__markdown="$\\displaystyle x$")],
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_a_notebook_is_recorded_as_nbconvert_exports_it(
    outputs: list[dict[str, Any]], last: bool
) -> None:
    exporter = pytest.importorskip("nbconvert").MarkdownExporter()
    v4 = pytest.importorskip("nbformat.v4")

    def export(outputs: list[dict[str, Any]]) -> str:
        results = [
            output if "text" in output else output | {"output_type": "execute_result"}
            for output in outputs
        ]
        cells = [
            v4.new_markdown_cell("Antes."),
            v4.new_code_cell("x", outputs=[v4.new_output(**output) for output in results]),
            *([] if last else [v4.new_markdown_cell("Depois.")]),
        ]
        notebook = v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
        return str(exporter.from_notebook_node(notebook)[0])

    assert check(export([]), *outputs) == export(outputs)


# The posts of this blog


@pytest.mark.parametrize(
    "file", sorted((ROOT / "content" / "posts").glob("*.md")), ids=lambda file: file.stem
)
def test_a_post_of_this_blog(file: Path) -> None:
    source = file.read_bytes().decode()
    place = Place(file.stem, "2020/01", "posts")
    read = reader("auto")
    stored = store.read(ROOT / "content" / "notebooks" / "posts" / f"{file.stem}.ipynb")

    def shown(post: Post) -> View:
        planned = plan(post, stored, lambda _: None)
        assert all(cell.last for cell in planned.cells)
        return view_of(planned, [cell.last for cell in planned.cells], place, stale=False)

    post = read(source)
    done = record(post, shown(post).by_number, place, read)
    if file.stem == "breve-tutorial-de-keras":
        assert done == Recording(source, ())
    again = read(done.text)
    assert facts(again) == facts(post)
    assert words(again.pieces) == words(post.pieces)
    assert shown(again).figure_names == shown(post).figure_names
    assert record(again, shown(again).by_number, place, read) == done
    # An animation has no form of nbconvert's, and what follows it in a cell then has none, too.
    pictures = [figure for figure in shown(post).figures if figure.name.endswith(".png")]
    claimed = [claim for claim in claims(again, place) if claim.name.endswith(".png")]
    assert len(claimed) == len(pictures)
    assert collisions(claims(again, place)) == []


# Whatever the post is


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("file", INPUTS, ids=lambda file: file.stem)
def test_recording_what_is_recorded_leaves_every_input_as_it_is(file: Path, newline: str) -> None:
    source = file.read_bytes().decode().replace("\n", newline)
    post = read(source)
    shown = {cell.number: seen(post.recorded(cell)) for cell in post.cells}
    assert record(post, shown, PLACE, read) == Recording(source, ())


def seen(outputs: Sequence[Any]) -> CellView:
    """What a reader sees who is shown what is recorded."""
    displays = []
    figures = []
    for output in outputs:
        match output.kind:
            case "figure":
                displays.append(Display("figure", PNG, "image/png"))
                figures.append(Figure(resolve(output.content, PLACE), b"", None))
            case "latex":
                displays.append(Display("markdown", output.content))
            case "text" if output.is_traceback:
                displays.append(Display("error", output.content.strip().split("\n")[-1]))
            case kind:
                content = without_addresses(as_terminal_leaves_it(output.content))
                displays.append(Display(kind, content.strip("\n")))
    return CellView(tuple(displays), tuple(figures))


TEXTS = st.one_of(
    st.sampled_from(
        [
            "3",
            "3\n",
            "a\n\n\nb",
            "  recuado\n",
            "```\n```python\ny = 1\n```\n",
            "# Título\n\n- item",
            "<div>\n</div>",
            "![png](output_9_9.png)",
            "$\\displaystyle x$",
            "<Axes at 0x7f00deadbeef>",
            "Traceback (most recent call last)",
            "1%\r2%\r",
            "\x1b[31mvermelho\x1b[0m\tfim",
            "Title: x\n---\n",
            " at 0 at 0xabcdx1234",
        ]
    ),
    st.text(st.sampled_from("ab \t\n`-#<>|_é\u2028\u2003\x85\x0c\r"), max_size=12),
)
HTML = st.sampled_from(
    [
        *[TABLE, STYLER, "<b>3</b>", "<p>a</p>\n\n<p>b</p>", "<p>", "três", "    <i>x</i>"],
        *["<div>\n\n    a\n\n</div>", "<pre>\n\n```python\nx\n```\n</pre>", '<img src="a.png">'],
        *["<center>![png](a_1_0.png)</center>", "<script>\n\n<p>\n</script>\r\n", "<br>", "<!-- x"],
    ]
)
MARKDOWN = st.sampled_from(
    ["$\\displaystyle x$", "$$y$$", "**a**", "    a", "- a\n- b", "<b>b</b>"]
)
OUTPUTS = st.one_of(
    st.builds(stream, TEXTS, st.sampled_from(["stdout", "stdout", "stderr"])),
    st.builds(result, TEXTS),
    st.builds(error, st.sampled_from(["KeyError", "E: x"]), TEXTS),
    st.builds(lambda html: data(text__html=html, text__plain="?"), HTML),
    st.builds(lambda markdown: data(text__markdown=markdown), MARKDOWN),
    st.sampled_from([FIGURE, data(image__svg_xml="<svg/>"), data(image__jpeg="/9j/")]),
)
# In the forms of nbconvert, and in others that people and their editors make of them.
BLOCKS = st.sampled_from(
    [
        *["    3\n", "\t3\n", "    a\n    \n      b  \n", "    a\n\n\n\n\n\n    1\n"],
        *["    <Axes at 0x55aa55aa55aa>\n", "    ```\n    # x\n", "    Title: x\n"],
        f"    {RULE}\n\n    {DIVISION}\n\n    <in>\n    ----> 1/0\n\n    KeyError: 3\n",
        *["![png](/assets/output_@_0.png)\n", "![png]({static}/assets/a_@_0.png)\n"],
        *["    \n![png](nota_files/nota_@_0.png)\n    \n", "![svg](../../r/a_@_0.svg)\n"],
        *["<center>![png](/r/nota_@_1.png)</center>\n", "![jpeg](/r/n_@_1.jpg 't')\n"],
        *[f"{TABLE}\n", f"{STYLER}\n", "<b>3</b>\n", "<div>\n\n    a\n\n</div>\n"],
        *["$\\displaystyle x$\n", "$$y$$\n"],
    ]
)
PROSE = st.sampled_from(
    [
        *["Um parágrafo.\n", "# Título\n", "- um\n- dois\n", "1. um\n\n   mais\n", "> citação\n"],
        *["    um bloco\n", "    um\n\n    bloco\n", "  \n", "    \n", "| a |\n|---|\n| 1 |\n"],
        *[
            "<div>aviso</div>\n",
            "<div>\n\naviso\n\n</div>\n",
            "<!-- nota -->\n",
            "<img src='a.png'>\n",
        ],
        *["![foto](/images/foto.png)\n", "![png](a_9_1.png)\n", "$$z$$\n", "***\n", "\u2003\n"],
        *["```bash\nls\n```\n", "```python\n>>> 1\n```\n", "```\n    3\n```\n", "<pre>\n"],
    ]
)
OPTIONS = st.sampled_from(
    [
        *["", "", "", "", "#| output: false\n", "#| error: true\n", "#| label: perda@\n"],
        *["#| warning: true\n", "#| error: false\n", "#| echo: false\n"],
    ]
)
BLANKS = st.integers(0, 5).map(lambda count: "\n" * count)


@st.composite
def cells(draw: st.DrawFn) -> str:
    """A cell in any container, with or without recorded outputs."""
    fence = f"```python\n{draw(OPTIONS)}x = {draw(st.integers(0, 2))}\n```\n"
    container = draw(st.sampled_from(["", "", "", "", "> ", "- ", "  "]))
    after = {"- ": "  "}.get(container, container)
    rows = fence.splitlines(keepends=True)
    parts = [container + rows[0], *(after + row for row in rows[1:])]
    for _ in range(draw(st.integers(0, 3))):
        parts += [draw(BLANKS), draw(BLOCKS)]
    return "".join(parts)


@st.composite
def posts(draw: st.DrawFn) -> str:
    parts = [draw(st.sampled_from(["", "Title: Caso\n\n", "Execute: yes\n\n", "\ufeff"]))]
    for part in draw(st.lists(st.one_of(cells(), cells(), PROSE), min_size=1, max_size=6)):
        parts += [draw(BLANKS), part]
    # Every recorded name and label is another.
    text = "".join(parts)
    for number in range(text.count("@")):
        text = text.replace("@", str(number), 1)
    if draw(st.booleans()):
        text = text.rstrip("\n")
    return text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])))


SHOWN = st.lists(st.none() | st.lists(OUTPUTS, max_size=4), max_size=6)


def words(pieces: Sequence[Piece]) -> list[str]:
    """The lines of what is no recorded output, without the blank ones that may be anyone's."""
    rows: list[str] = []
    for piece in pieces:
        if not isinstance(piece, Recorded):
            own = lines(piece.text)
            while own and isinstance(piece, Prose) and not own[0].strip():
                del own[0]
            rows += own
    return [*rows[:-1], *(row.rstrip("\r\n") for row in rows[-1:])]


def facts(post: Post) -> list[tuple[object, ...]]:
    return [(cell.number, cell.code, cell.options, cell.fence.top_level) for cell in post.cells]


def squeezed(text: str) -> list[str]:
    cleaned = without_addresses(
        as_terminal_leaves_it(text.replace("\r\n", "\n").replace("\r", "\n"))
    )
    return [row.rstrip() for row in cleaned.split("\n") if row.strip()]


def expected(shown: CellView) -> Iterator[tuple[str, object]]:
    """What is to be recorded of `shown`, texts that follow one another as one."""
    figures = iter(shown.figures)
    kinds = {"figure": "figure", "html": "html", "markdown": "latex"}
    for kind, group in groupby(shown.displays, lambda one: kinds.get(one.kind, "text")):
        if kind == "text":
            texts = [one.content for one in group if one.content.strip()]
            if texts:
                yield kind, [row for text in texts for row in squeezed(text)]
            continue
        for one in group:
            if kind == "figure":
                yield kind, next(figures).name
            elif squeezed(one.content.strip()):
                yield kind, squeezed(one.content.strip())


def found(post: Post, cell: Cell, *, raised: bool) -> Iterator[tuple[str, object]]:
    """What is recorded under `cell`, in the same words."""
    following = post.pieces[post.pieces.index(cell) + 1 :][:1]
    outputs = post.recorded(cell)
    source = [line for piece in following for line in lines(piece.text)]
    styled: list[str] = []
    for at, output in enumerate(outputs):
        if output.kind == "figure":
            yield "figure", resolve(output.content, PLACE)
        elif output.kind == "text" and raised:
            kept = [row for row in squeezed(output.content) if not is_frame(row)]
            yield "text", kept
        else:
            rows = squeezed(output.content)
            glued = (
                output.kind == "html"
                and at + 1 < len(outputs)
                and outputs[at + 1].kind == "html"
                and source[outputs[at + 1].line - following[0].line - 1].strip()
            )
            if glued:
                styled += rows
            else:
                yield output.kind, [*styled, *rows]
                styled = []


def is_frame(row: str) -> bool:
    """Whether `row` belongs to a traceback, and is not what a reader sees of it."""
    return "Traceback" in row or row.startswith("-----") or row in {"<in>", "----> 1/0"}


def mentioned(problems: Sequence[Problem]) -> set[int]:
    numbers = (re.search(r"\bcell (\d+)", problem.message) for problem in problems)
    return {int(number[1]) for number in numbers if number}


@given(posts(), SHOWN, st.sampled_from(["yes", "auto"]))
@settings(deadline=None, max_examples=600)
def test_whatever_the_post_and_its_outputs(
    source: str, shown: list[list[Output] | None], execute: Execute
) -> None:
    read = reader(execute)
    post = read(source)
    outputs = {at: those for at, those in enumerate(shown, start=1) if those is not None}
    fresh = views(post, outputs)
    done = record(post, fresh, PLACE, read)
    again = read(done.text)
    # All that is not an output is the same, word for word and in order.
    assert facts(again) == facts(post)
    assert again.runs == post.runs
    assert words(again.pieces) == words(post.pieces)
    assert len(again.problems) == len(post.problems)
    if source.count("\n") == source.count("\r\n") == source.count("\r") > 0:
        assert done.text.count("\n") == done.text.count("\r\n") == done.text.count("\r")
    for before, after in zip(post.cells, again.cells, strict=True):
        assert post.may_raise(before) or not again.may_raise(after)
        number = before.number
        if number not in fresh:
            assert contents(again, after) == contents(post, before)
        elif number not in mentioned(done.left_out):
            raised = any(one.kind == "error" for one in fresh[number].displays)
            now = list(found(again, after, raised=raised))
            wanted = list(expected(fresh[number]))
            if raised:
                wanted = [
                    (kind, [row for row in rows if not is_frame(row)])
                    if isinstance(rows, list) and kind == "text"
                    else (kind, rows)
                    for kind, rows in wanted
                ]
            assert now == wanted
    # The same figures have the same names, and to record again changes nothing.
    later = views(again, outputs)
    assert {number: view.figures for number, view in later.items()} == {
        number: view.figures for number, view in fresh.items()
    }
    assert record(again, later, PLACE, read) == done


def contents(post: Post, cell: Cell) -> list[tuple[str, str]]:
    return [(output.kind, output.content) for output in post.recorded(cell)]
