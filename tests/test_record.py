"""Recording: fresh outputs under their cells, and nothing else of the source touched."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from executable_posts import store
from executable_posts.errors import Problem
from executable_posts.figures import Figure, Place, claims, collisions, names, resolve
from executable_posts.outputs import Display, Wanted, display
from executable_posts.plan import plan
from executable_posts.post import Cell, Execute, Piece, Post, Prose, Recorded, parse
from executable_posts.post.source import lines
from executable_posts.record import Recording, difference, record
from executable_posts.render import CellView
from executable_posts.store import Output
from executable_posts.streams import without_addresses
from executable_posts.terminal import as_terminal_leaves_it
from executable_posts.views import View
from executable_posts.views import view as view_of
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent
INPUTS = sorted((Path(__file__).parent / "recorded_outputs").glob("*.md"))
PATH = "content/posts/x.md"
PLACE = Place(slug="redes", page_folder="2020/01", source_folder="posts")

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
TABLE = """\
<div>
<style scoped>
    .dataframe tbody tr th {
        vertical-align: top;
    }

    .dataframe thead th {
        text-align: right;
    }
</style>
<table border="1" class="dataframe">
  <tbody>
    <tr><th>0</th><td>1</td></tr>
  </tbody>
</table>
</div>"""
STYLER = """\
<style type="text/css">
#T_ab12c_row0_col0 {
  color: red;
}
</style>
<table id="T_ab12c">
  <tbody>
    <tr><td>1</td></tr>
  </tbody>
</table>"""
RULE = "-" * 75
DIVISION = "ZeroDivisionError                         Traceback (most recent call last)"


# What a kernel sends


def stream(text: str, name: str = "stdout") -> Output:
    return {"output_type": "stream", "name": name, "text": text}


def data(**bundle: object) -> Output:
    """A display, where ``__`` stands for a slash and ``_`` for a plus."""
    types = {name.replace("__", "/").replace("_", "+"): value for name, value in bundle.items()}
    return {"output_type": "display_data", "data": types, "metadata": {}}


def error(name: str, value: str) -> Output:
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": []}


FIGURE = data(image__png=PNG)


def result(text: str) -> Output:
    return data(text__plain=text)


# Posts and views of them


def reader(execute: Execute = "yes") -> Callable[[str], Post]:
    return lambda text: parse(text, PATH, execute)


def read(text: str) -> Post:
    return parse(text, PATH, "yes")


def view(post: Post, cell: Cell, outputs: Sequence[Output]) -> CellView:
    """What a reader would see of `outputs`, with the names that a build would give."""
    displays = display(outputs, Wanted(stderr=cell.options.warning)).displays
    if not cell.options.output:
        displays = ()
    pictures = [shown for shown in displays if shown.kind == "figure"]
    given_names = names(post, cell, cell.number, PLACE, pictures, ())
    return CellView(displays, tuple(Figure(name, b"", None) for name in given_names))


def views(post: Post, outputs: Mapping[int, Sequence[Output]]) -> dict[int, CellView]:
    return {
        cell.number: view(post, cell, outputs[cell.number])
        for cell in post.cells
        if cell.number in outputs
    }


def recorded(text: str, *outputs: Output, execute: Execute = "yes") -> Recording:
    """`outputs` of the only cell of `text` recorded."""
    post = parse(text, PATH, execute)
    assert len(post.cells) == 1
    return record(post, views(post, {1: outputs}), PLACE, reader(execute))


def check(text: str, *outputs: Output) -> str:
    """The same, where nothing is left out; the source with the outputs."""
    done = recorded(text, *outputs)
    assert done.left_out == ()
    return done.text


HEAD = "Title: Caso\n\n"
FENCE = "```python\nx\n```\n"


def under(*parts: str) -> str:
    return "".join([HEAD, FENCE, *parts])


BARE = under("\nDepois.\n")


# The bytes of each form


def test_a_stream_stands_after_one_blank_line_and_before_two() -> None:
    assert check(BARE, stream("3\n")) == under("\n    3\n", "\n\nDepois.\n")


def test_a_result_stands_after_four_and_before_three() -> None:
    assert check(BARE, result("3")) == under("\n\n\n\n    3\n", "\n\n\nDepois.\n")


def test_an_image_stands_after_two_and_before_two() -> None:
    source = under("\n\n![png](/assets/output_1_0.png)\n", "\nDepois.\n").replace("png", "gif")
    written = under("\n\n![png](/assets/redes/cell-1.png#output_1_0.png)\n", "\n\nDepois.\n")
    assert check(source, FIGURE) == written


def test_html_stands_after_four_and_before_three_as_pandas_gives_it() -> None:
    written = under(f"\n\n\n\n{TABLE}\n", "\n\n\nDepois.\n")
    assert check(BARE, data(text__html=TABLE, text__plain="   a")) == written


def test_latex_stands_after_four_and_before_three() -> None:
    written = under("\n\n\n\n$\\displaystyle 2 \\sqrt{2}$\n", "\n\n\nDepois.\n")
    assert check(BARE, data(text__markdown="$\\displaystyle 2 \\sqrt{2}$")) == written


def test_an_error_is_recorded_as_a_traceback_without_its_frames() -> None:
    source = BARE.replace("x\n", "#| error: true\n1 / 0\n")
    written = f"\n\n    {RULE}\n\n    {DIVISION}\n\n    ZeroDivisionError: division by zero\n"
    expected = source.replace("\nDepois", written + "\n\nDepois")
    assert check(source, error("ZeroDivisionError", "division by zero")) == expected


def test_what_follows_one_another_has_the_blank_lines_of_both() -> None:
    done = check(BARE, stream("a\n"), FIGURE, data(image__svg_xml="<svg/>"), result("3"))
    figures = [
        f"![{kind}](/assets/redes/cell-1{more}.{kind}#output_1_{position}.{kind})\n"
        for position, (kind, more) in enumerate([("png", ""), ("svg", "-2")])
    ]
    written = ["\n    a\n", "\n\n\n", figures[0], "\n\n\n", figures[1], "\n\n\n\n\n    3\n"]
    assert done == under(*written, "\n\n\nDepois.\n")


def test_a_stream_and_a_result_are_one_block_with_five_blank_lines_in_it() -> None:
    done = check(BARE, stream("a\n"), result("1"))
    assert done == under("\n    a\n\n\n\n\n\n    1\n", "\n\n\nDepois.\n")


def test_stderr_that_is_shown_is_a_stream() -> None:
    source = BARE.replace("x\n", "#| warning: true\nx\n")
    done = check(source, stream("a\n"), stream("w\n", "stderr"))
    assert done == source.replace("\nDepois", "\n    a\n\n\n    w\n\n\nDepois")


def test_blank_lines_trailing_blanks_and_tabs_of_a_text_are_kept() -> None:
    done = check(BARE, stream("\n \n  a \n\n   \n\tb\n```\n# c\n\n"))
    text = "\n      a \n    \n       \n    \tb\n    ```\n    # c\n"
    assert done == under(text, "\n\nDepois.\n")


def test_at_the_end_of_a_source_stand_the_blank_lines_that_nbconvert_leaves_there() -> None:
    assert check(under(), stream("3\n")) == under("\n    3\n\n")
    assert check(under(), result("3")) == under("\n\n\n\n    3\n\n\n")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_source_without_a_final_line_end_gets_one_of_its_own(newline: str) -> None:
    source = under()[:-1].replace("\n", newline)
    assert check(source, stream("3\n4\n")) == under("\n    3\n    4\n\n").replace("\n", newline)


def test_a_source_with_crlf_keeps_it() -> None:
    source = BARE.replace("\n", "\r\n")
    done = check(source, stream("a\nb\n"), data(text__html=TABLE), FIGURE)
    assert done.count("\n") == done.count("\r\n")
    assert without_lf(done) == without_lf(
        check(BARE, stream("a\nb\n"), data(text__html=TABLE), FIGURE)
    )


def without_lf(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


def test_blank_lines_that_are_there_are_not_written_twice() -> None:
    assert check(under("\n\n\n\nDepois.\n"), stream("3\n")) == under(
        "\n    3\n", "\n\n\n\nDepois.\n"
    )
    assert check(under("Depois.\n"), stream("3\n")) == under("\n    3\n", "\n\nDepois.\n")


# What is recorded already


def stands(*parts: str, before: str = "Antes.\n\n\n") -> str:
    return "".join([HEAD, before, FENCE, *parts, "\n\n\nDepois.\n"])


@pytest.mark.parametrize(
    ("block", "output"),
    [
        ("\n    3\n", stream("3\n")),
        ("    3\n", stream("3\n")),
        ("\n\n\n\n\n\t3  \n", result("3")),
        ("\n    a\n    \n\n    b\n", stream("a\n\n\nb\n")),
        ("\n    <Net at 0x7f00deadbeef>\n", result("<Net at 0x55aa55aa55aa>")),
        ("\n    10%\b\b\b20%\b\b\b30%\n", stream("10%\r20%\r30%\n")),
        ("\n\n![png](/assets/output_14_0.png)\n", FIGURE),
        ("\n\n    \n![png](../../assets/output_14_0.png)\n    \n", FIGURE),
        ("\n![png]({static}/assets/output_14_0.png)\n", FIGURE),
        ('\n![png](</assets/a b_1_0.png> "título")\n', FIGURE),
        ("\n<center>\n![png](/r/nota_4_0.png)</center>\n", FIGURE),
        (f"\n{TABLE}  \n", data(text__html=TABLE)),
        (f"\n{STYLER}\n", data(text__html=STYLER)),
        ("\n\n\n\n$\\displaystyle x$\n", data(text__markdown="$\\displaystyle x$\n")),
        (
            f"\n    {RULE}\n\n    {DIVISION}\n\n    <ipython-input-1-9e1> in <module>\n"
            "    ----> 1 1/0\n    \n\n    ZeroDivisionError: division by zero\n",
            error("ZeroDivisionError", "division by zero"),
        ),
        (
            "\n    Traceback (most recent call last):\n      File x\n    KeyError: 'acc'\n",
            error("KeyError", "'acc'"),
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_says_the_same_keeps_its_bytes(block: str, output: Output, newline: str) -> None:
    source = stands(block).replace("\n", newline)
    assert check(source, output) == source


def test_beside_what_changes_the_others_keep_their_bytes_and_spacing() -> None:
    figure = "<center>![png](output_1_0.png)</center>\n"
    source = stands("\n    3\n\n", "\n", figure, "\n", TABLE, "\n")
    done = check(source, stream("4\n"), FIGURE, data(text__html=TABLE))
    assert done == stands("\n    4\n", "\n\n\n", figure, "\n", TABLE, "\n")


def test_other_text_in_its_place_is_replaced() -> None:
    assert check(stands("\n    3\n"), stream("4\n")) == stands("\n    4\n")
    assert check(stands("\n\n\n\n    3\n"), stream("4\n")) == stands("\n    4\n")


def test_a_result_that_stays_keeps_the_blank_lines_by_which_it_is_known() -> None:
    source = stands("\n\n\n\n    3\n\n")
    done = recorded(source, FIGURE, result("3"), execute="auto")
    figure = "![png](/assets/redes/cell-1.png#output_1_0.png)\n"
    assert done == Recording(stands("\n\n", figure, "\n\n\n\n\n    3\n\n"), ())


def test_the_lines_of_blanks_around_a_figure_stay_with_it() -> None:
    figure = "![png](output_1_0.png)\n    \n"
    done = check(stands("\n\n    \n", figure), stream("3\n"), FIGURE)
    assert done == stands("\n    3\n", "\n\n\n", figure)


def test_texts_that_ran_together_are_set_apart() -> None:
    done = check(stands("\n    a\n    b\n"), stream("a\n"), result("b"))
    assert done == stands("\n    a\n\n\n\n\n\n    b\n")


def test_at_the_end_of_a_source_an_output_is_known_by_the_blank_lines_on_either_side() -> None:
    assert check(under("\n    3\n\n"), stream("4\n")) == under("\n    4\n\n")
    spaced = f"Antes.\n\n\n{FENCE}\n"
    assert check(f"{spaced}    3\n", stream("4\n")) == f"{spaced}    4\n\n"
    assert check(f"{spaced}    3", stream("3\n")) == f"{spaced}    3"
    assert recorded(under("\n    3\n"), stream("4\n")).text == under("\n    3\n")


def test_what_is_shown_no_more_is_removed() -> None:
    assert check(stands("\n    3\n")) == stands()
    assert check(stands("\n\n![png](output_1_0.png)\n")) == stands()
    two = "\n\n![png](output_1_0.png)\n\n\n\n![png](output_1_1.png)\n"
    assert check(stands(two), FIGURE) == stands("\n\n![png](output_1_0.png)\n")


def test_outputs_that_are_kept_away_are_removed_and_none_is_written() -> None:
    source = stands("\n    3\n").replace("x\n", "#| output: false\nx\n")
    assert check(source, stream("3\n")) == source.replace("\n    3\n", "")
    # Even where whoever calls did not heed the option.
    post = read(source)
    shown = {1: CellView((Display("text", "3"),))}
    assert record(post, shown, PLACE, read).text == source.replace("\n    3\n", "")


def test_a_cell_without_a_view_or_with_a_stale_one_is_left_as_it_is() -> None:
    post = read(stands("\n    3\n"))
    assert record(post, {}, PLACE, read) == Recording(post.text, ())
    stale = CellView((Display("text", "4"),), stale=True)
    assert record(post, {1: stale}, PLACE, read) == Recording(post.text, ())


def test_a_post_that_does_not_run_is_left_as_it_is() -> None:
    post = parse(stands("\n    3\n"), PATH, "no")
    assert record(post, {}, PLACE, reader("no")) == Recording(post.text, ())


# Names of figures


def link(text: str) -> str:
    (found,) = re.findall(r"\((.*?)\)", text)
    return str(found)


def test_a_figure_with_a_label_keeps_its_name_and_is_known_again() -> None:
    source = BARE.replace("x\n", "#| label: perda-é\nx\n")
    post = read(source)
    done = check(source, FIGURE)
    assert link(done) == "/assets/redes/perda-%C3%A9.png#output_1_0.png"
    assert resolve(link(done), PLACE) == "assets/redes/perda-é.png"
    again = read(done)
    assert [output.kind for output in again.recorded(again.cells[0])] == ["figure"]
    pictures = [Display("figure", PNG, "image/png")]
    for these in (post, again):
        given_names = names(these, these.cells[0], 1, PLACE, pictures, ())
        assert given_names == ("assets/redes/perda-é.png",)
    assert collisions(claims(again, PLACE)) == []


def test_a_name_that_ends_in_two_numbers_needs_no_mark() -> None:
    source = BARE.replace("x\n", "#| label: fig_1_0\nx\n")
    assert link(check(source, FIGURE)) == "/assets/redes/fig_1_0.png"
    # These digits are none in a link.
    source = BARE.replace("x\n", "#| label: fig_१_०\nx\n")
    assert link(check(source, FIGURE)).endswith(".png#output_1_0.png")


@pytest.mark.parametrize("written", ["/assets/output_14_0.png", "{static}/assets/output_14_0.png"])
def test_a_link_stays_as_the_author_wrote_it_when_something_comes_before_it(written: str) -> None:
    done = check(stands(f"\n\n![png]({written})\n"), stream("3\n"), FIGURE)
    assert done == stands(f"\n    3\n\n\n\n![png]({written})\n")


def test_a_name_stays_with_its_figure_when_the_one_before_changes_its_kind() -> None:
    source = stands("\n\n![png](/assets/a_1_0.png)\n\n\n\n![png](/assets/a_1_1.png)\n")
    done = check(source, data(image__svg_xml="<svg/>"), FIGURE)
    assert re.findall(r"\((.*?)\)", done) == [
        "/assets/redes/cell-1.svg#output_1_0.svg",
        "/assets/a_1_1.png",
    ]


def test_behind_a_figure_that_is_left_out_none_is_recorded_since_names_go_by_position() -> None:
    pictures = (Display("figure", PNG, "image/png"), Display("figure", PNG, "image/png"))
    odd = (Figure("assets/a.PNG", b"", None), Figure("assets/b_1_1.png", b"", None))
    for source in (BARE, stands("\n\n![png](/assets/b_1_1.png)\n")):
        done = record(read(source), {1: CellView(pictures, odd)}, PLACE, read)
        assert done.text == source
        assert "/assets/a.PNG is not recorded" in done.left_out[0].message


# What is left out


@pytest.mark.parametrize(
    "source",
    ["Title: Caso\n\n- item\n\n  ```python\n  x\n  ```\n\nFim.\n", "> ```python\n> x\n> ```\n"],
)
def test_in_a_list_or_quotation_nothing_is_recorded(source: str) -> None:
    done = recorded(source, stream("3\n"))
    assert done.text == source
    assert len(done.left_out) == 1
    assert "list or a quotation" in done.left_out[0].message
    assert recorded(source) == Recording(source, ())


@pytest.mark.parametrize(
    "output",
    [
        data(text__markdown="**três**"),
        data(text__markdown="$$x$$\n\nE daí?"),
        data(text__markdown="![png](output_1_0.png)"),
        data(text__markdown="    3"),
        data(text__html="três"),
        data(text__html="<p>"),
        data(text__html="<p>a</p>\n<p>b</p>"),
        data(text__html="<div>\n\n```python\ny\n```\n\n</div>"),
        data(text__html="<!-- "),
        data(text__html="<center>![png](output_1_0.png)</center>"),
        stream("Traceback (most recent call last)\n"),
    ],
)
def test_what_could_not_be_known_again_is_left_out_and_the_rest_recorded(output: Output) -> None:
    figure = "\n\n![png](/assets/redes/cell-1.png#output_1_0.png)\n"
    done = recorded(BARE, FIGURE, output)
    assert done.text == under(figure, "\n\nDepois.\n")
    assert len(done.left_out) == 1
    assert done.left_out[0].line == 3
    assert "is not recorded: it " in done.left_out[0].message


def test_texts_around_what_is_left_out_follow_one_another() -> None:
    done = recorded(BARE, stream("a\n"), data(text__html="três"), stream("b\n"), FIGURE)
    figure = "![png](/assets/redes/cell-1.png#output_1_0.png)\n"
    assert done.text == under("\n    a\n\n\n    b\n\n\n\n", figure, "\n\nDepois.\n")
    assert len(done.left_out) == 1
    assert "HTML is not recorded" in done.left_out[0].message


def test_a_block_that_may_be_the_authors_is_not_touched() -> None:
    source = under("\n    um bloco\n", "\nDepois.\n")
    for outputs in ([], [stream("3\n")], [FIGURE]):
        done = recorded(source, *outputs)
        assert done.text == source
        assert [problem.line for problem in done.left_out] == [7]
        assert "may be yours" in done.left_out[0].message
    assert check(source, stream("um bloco\n")) == source


def test_the_authors_html_after_a_cell_stays_html() -> None:
    source = under("\n<div>\n    aviso\n</div>\n\n    um bloco\n")
    done = check(source, stream("3\n"))
    assert done == under("\n    3\n", "\n\n<div>\n    aviso\n</div>\n\n    um bloco\n")


def test_what_alone_shows_that_a_post_runs_stays() -> None:
    source = stands("\n    3\n")
    done = recorded(source, execute="auto")
    assert done.text == source
    assert "Execute: yes" in done.left_out[0].message
    assert recorded(source, stream("4\n"), execute="auto").text == stands("\n    4\n")


def test_what_shows_that_a_post_runs_may_go_when_another_cell_shows_it() -> None:
    source = stands("\n    3\n") + f"\n\n{FENCE}\nFim.\n"
    post = parse(source, PATH, "auto")
    shown = views(post, {1: [], 2: [stream("4\n")]})
    done = record(post, shown, PLACE, reader("auto"))
    assert done == Recording(stands() + f"\n\n{FENCE}\n    4\n\n\nFim.\n", ())


def test_a_traceback_that_lets_a_cell_raise_stays_as_long_as_nobody_knows_that_it_did_not() -> None:
    traceback = f"\n\n    {RULE}\n\n    {DIVISION}\n\n    ZeroDivisionError: x\n"
    source = stands(traceback)
    assert check(source) == stands()
    other = check(source, error("KeyError", "'acc'"))
    assert "KeyError: 'acc'" in other
    assert read(other).may_raise(read(other).cells[0])
    hidden = source.replace("x\n", "#| output: false\nx\n", 1)
    done = recorded(hidden)
    assert done.text == hidden
    assert "#| error: true" in done.left_out[0].message
    allowed = hidden.replace("#|", "#| error: true\n#|", 1)
    assert check(allowed) == allowed.replace(traceback, "")


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


# The difference that a terminal shows


def test_a_difference_is_a_unified_diff() -> None:
    before, after = under("\n    3\n\nDepois.\n"), under("\n    4\n\nDepois.\n")
    assert difference(before, after, "x.md") == (
        "--- x.md\n+++ x.md\n@@ -4,6 +4,6 @@\n x\n ```\n \n-    3\n+    4\n \n Depois.\n"
    )
    assert difference(before, before, "x.md") == ""
    crlf = difference(before.replace("\n", "\r\n"), after.replace("\n", "\r\n"), "x.md")
    assert crlf == difference(before, after, "x.md")


def test_a_difference_tells_of_a_missing_line_end_and_moves_no_cursor() -> None:
    shown = difference("a\x1b[2J\tb\x9b", "c\n", "x.md")
    assert shown == (
        "--- x.md\n+++ x.md\n@@ -1 +1 @@\n-a\u241b[2J\tb\ufffd\n\\ No newline at end of file\n+c\n"
    )


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
