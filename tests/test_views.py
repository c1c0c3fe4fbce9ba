"""What is shown of a post's outputs, and what its author is told of them."""

import base64
import io
from collections.abc import Sequence
from dataclasses import replace

import pytest
from executable_posts.errors import Problem
from executable_posts.figures import Place
from executable_posts.plan import plan
from executable_posts.post import parse
from executable_posts.store import ExecutedCell, Output
from executable_posts.views import View, view, with_saved, with_variants
from PIL import Image

PATH = "content/posts/caso.md"
PLACE = Place(slug="caso", page_folder="2020/01", source_folder="posts")
HEAD = "Title: Caso\n\n"


def picture(shade: int = 0) -> Output:
    file = io.BytesIO()
    Image.new("L", (64, 48), shade).save(file, "PNG")
    png = base64.b64encode(file.getvalue()).decode()
    data = {"image/png": png, "text/plain": "<Figure>"}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def data(**content: str) -> Output:
    names = {name.replace("__", "/"): value for name, value in content.items()}
    return {"output_type": "display_data", "data": names, "metadata": {}}


def printed(text: str, name: str = "stdout") -> Output:
    return {"output_type": "stream", "name": name, "text": text}


def seen(
    body: str,
    *outputs: Sequence[Output] | None,
    kept: Sequence[str] = (),
    place: Place = PLACE,
    stale: bool = False,
) -> View:
    """The view of the post with `body`; `None` in `outputs` stands for a cell that never ran."""
    planned = plan(parse(HEAD + body, PATH, "yes"), None, lambda _: None)
    cells = [
        None if shown is None else ExecutedCell(number, "", tuple(shown), tuple(kept))
        for number, shown in enumerate(outputs, 1)
    ]
    return view(planned, cells, place, stale=stale)


def cell(code: str, recorded: str = "") -> str:
    return f"```python\n{code}\n```\n{recorded}\nTexto.\n\n"


TEXT = "\n    gravado\n\n\n"
FIGURE = "\n\n![png](/assets/output_4_0.png)\n\n\n"
TABLE = '\n\n\n\n<table class="dataframe">\n<tr></tr>\n</table>\n\n\n\n'


def test_displays_and_figures_of_a_cell_come_in_their_order() -> None:
    shown = seen(cell("x"), [printed("a\n"), picture(0), printed("b\n"), picture(9)])
    (only,) = shown.cells
    assert only is not None
    assert [display.kind for display in only.displays] == ["text", "figure", "text", "figure"]
    assert [(figure.name, figure.size) for figure in only.figures] == [
        ("assets/caso/cell-1.png", (64, 48)),
        ("assets/caso/cell-1-2.png", (64, 48)),
    ]
    assert not only.stale


def test_a_cell_that_never_ran_has_no_view() -> None:
    shown = seen(cell("x") + cell("y"), None, [picture()])
    assert shown.cells[0] is None
    assert list(shown.by_number) == [2]
    assert shown.figure_names == ((), ("assets/caso/cell-2.png",))


def test_all_cells_of_an_earlier_run_are_stale() -> None:
    shown = seen(cell("x") + cell("y"), [], [printed("a")], stale=True)
    assert [only.stale for only in shown.cells if only] == [True, True]


def test_figures_know_the_line_of_the_cell_that_draws_them() -> None:
    shown = seen(cell("x") + cell("y"), [picture(), picture()], [picture()])
    assert [(figure.name, line) for figure, line in shown.figure_lines] == [
        ("assets/caso/cell-1.png", 3),
        ("assets/caso/cell-1-2.png", 3),
        ("assets/caso/cell-2.png", 9),
    ]
    assert shown.figures == tuple(figure for figure, _ in shown.figure_lines)


def test_hidden_lines_of_all_cells_are_counted() -> None:
    warned = [printed("w\nx\n", "stderr"), printed("a\n")]
    shown = seen(cell("x") + cell("y") + cell("#| output: false\nz"), warned, warned, warned)
    assert shown.hidden_lines == 6


def test_what_a_cell_shows_of_stderr_is_not_hidden() -> None:
    shown = seen(cell("#| warning: true\nx"), [printed("w\n", "stderr")])
    assert shown.hidden_lines == 0
    (only,) = shown.cells
    assert only is not None
    assert [(display.kind, display.content) for display in only.displays] == [("stderr", "w")]


def test_output_false_shows_nothing_and_names_no_figure() -> None:
    shown = seen(cell("#| output: false\nx"), [printed("a"), picture()])
    assert shown.by_number[1].displays == ()
    assert shown.figures == ()


# Notes


def unrecorded(kind: str, number: int = 1, line: int = 3) -> Problem:
    message = (
        f"cell {number} shows {kind} that is not recorded in the source; "
        "`#| output: false` keeps it away"
    )
    return Problem(PATH, message, line)


@pytest.mark.parametrize(
    ("recorded", "outputs"),
    [
        (TEXT, [printed("a\n")]),
        (TEXT, [data(text__plain="42")]),
        (TEXT, [printed("a\n"), data(text__html="<b>b</b>")]),
        (TABLE, [data(text__html="<table></table>")]),
        (TABLE, [printed("a\n")]),
        (FIGURE, [picture()]),
        (TEXT + FIGURE.removeprefix("\n\n"), [printed("a\n"), picture()]),
        (FIGURE + TEXT.removeprefix("\n"), [picture(), data(text__plain="42")]),
        (TEXT, [printed("a\n"), printed("w\n", "stderr")]),
    ],
)
def test_outputs_that_correspond_to_the_recorded_ones_need_no_note(
    recorded: str, outputs: list[Output]
) -> None:
    assert seen(cell("x", recorded), outputs).notes == ()


def test_an_output_without_a_recorded_counterpart_is_noted() -> None:
    body = cell("x", TEXT) + cell("y") + cell("z")
    outputs = ([printed("a\n")], [printed("b\n")], [picture(), data(text__plain="42")])
    assert seen(body, *outputs).notes == (
        unrecorded("text", 2, 13),
        unrecorded("a figure", 3, 19),
        unrecorded("text", 3, 19),
    )


def test_a_second_figure_where_one_is_recorded_is_noted() -> None:
    assert seen(cell("x", FIGURE), [picture(), picture()]).notes == (unrecorded("a figure"),)


def test_text_beside_a_recorded_figure_is_noted() -> None:
    assert seen(cell("x", FIGURE), [printed("a\n"), picture()]).notes == (unrecorded("text"),)


def test_a_recorded_output_of_which_nothing_is_left_is_noted_where_it_stands() -> None:
    message = "cell 1 shows nothing any more; what is recorded here is left out"
    assert seen(cell("x", TEXT), []).notes == (Problem(PATH, message, 7),)
    assert seen(cell("x", FIGURE), []).notes == (Problem(PATH, message, 8),)


def test_stderr_alone_is_nothing_to_be_shown() -> None:
    (note,) = seen(cell("x", TEXT), [printed("w\n", "stderr")]).notes
    assert note.message.startswith("cell 1 shows nothing any more;")


def test_a_post_in_which_nothing_is_recorded_needs_no_note() -> None:
    assert seen(cell("x") + cell("y"), [picture()], [printed("a\n")]).notes == ()


def test_a_cell_whose_outputs_are_not_wanted_needs_no_note() -> None:
    body = cell("#| output: false\nx", TEXT) + cell("#| output: false\ny")
    assert seen(body, [], [printed("a\n"), picture()]).notes == ()


def test_a_cell_that_never_ran_needs_no_note() -> None:
    assert seen(cell("x", TEXT) + cell("y"), None, None).notes == ()


# What cannot be shown


@pytest.mark.parametrize("content", ["abc", "aGVsbG8=", "não"])
def test_a_picture_that_is_none_is_left_out_with_a_note(content: str) -> None:
    shown = seen(cell("x"), [printed("a\n"), data(image__png=content), picture()])
    message = "cell 1 displays image/png that is no picture; it is left out"
    assert shown.notes == (Problem(PATH, message, 3),)
    assert [display.kind for display in shown.by_number[1].displays] == ["text", "figure"]
    assert [figure.name for figure in shown.figures] == ["assets/caso/cell-1.png"]


def test_a_recorded_name_outside_of_the_site_keeps_no_outputs_away() -> None:
    # The build refuses to run such a post, and shows what it gave when it last ran well.
    body = cell("x", "\n\n![png](/../output_4_0.png)\n\n\n")
    shown = seen(body, [picture()], kept=["assets/output_4_0.png"], stale=True)
    assert [figure.name for figure in shown.figures] == ["assets/output_4_0.png"]


# Ways to show


def test_text_that_is_markdown_as_it_is() -> None:
    shown = seen(
        cell("#| output: asis\n#| warning: true\nx"),
        [printed("*a*\n"), printed("w\n", "stderr"), data(text__html="<b>b</b>"), picture()],
    )
    assert [(display.kind, display.content) for display in shown.by_number[1].displays][:3] == [
        ("markdown", "*a*"),
        ("stderr", "w"),
        ("html", "<b>b</b>"),
    ]
    assert len(shown.figures) == 1


def test_include_false_shows_nothing_and_names_no_figure() -> None:
    shown = seen(cell("#| include: false\nx"), [printed("a"), picture()])
    assert shown.by_number[1].displays == ()
    assert shown.figures == ()


# Figures


def described(title: str) -> Output:
    facts = {
        "axes": [{"title": title, "charts": {"line": 1}} if title else {"charts": {"line": 1}}]
    }
    return {**picture(), "metadata": {"executable_posts": {"figure": facts}}}


@pytest.mark.parametrize(
    ("rows", "outputs", "names"),
    [
        ("", [picture()], ["cell-1"]),
        ("", [described("")], ["cell-1"]),
        ("", [described("Perda"), picture()], ["cell-1-2"]),
        ("#| fig-alt: A\n", [picture(), picture()], []),
        ('#| fig-alt: ""\n', [picture()], []),
        ("#| fig-cap: A\n", [picture()], []),
        ("#| fig-alt: [A, B]\n", [picture(), picture(), picture()], ["cell-1-3"]),
        ("#| output: false\n", [picture()], []),
    ],
)
def test_figures_of_which_nothing_is_known_are_told(
    rows: str, outputs: list[Output], names: list[str]
) -> None:
    shown = seen(cell(f"{rows}x"), outputs)
    assert [problem.message for problem in shown.wordless] == [
        f"the figure /assets/caso/{name}.png has no alt text: say what it shows in `#| fig-alt: …`"
        for name in names
    ]
    assert all(problem.line == 3 for problem in shown.wordless)


def bundle(**more: str) -> Output:
    """A picture with more beside it: ``dark_png``, ``dark_svg``, ``svg``."""
    types = {
        "dark_png": "application/vnd.executable-posts.dark+png",
        "dark_svg": "application/vnd.executable-posts.dark+svg",
        "svg": "image/svg+xml",
    }
    shown = picture()
    return {**shown, "data": {**shown["data"], **{types[n]: value for n, value in more.items()}}}


def test_what_an_output_holds_beside_its_png_stands_beside_it() -> None:
    png = picture(9)["data"]["image/png"]
    svg = '<svg width="64" height="48"></svg>'
    [figure] = seen(cell("x"), [bundle(dark_png=png, dark_svg=svg, svg=svg)]).figures
    assert figure.name == "assets/caso/cell-1.png"
    assert [(v.name, v.mime, v.width, v.dark) for v in figure.variants] == [
        ("assets/caso/cell-1.dark.svg", "image/svg+xml", 64, True),
        ("assets/caso/cell-1.dark.png", "image/png", 64, True),
        ("assets/caso/cell-1.svg", "image/svg+xml", 64, False),
    ]


def test_a_variant_that_is_no_picture_is_left_out() -> None:
    [figure] = seen(cell("x"), [bundle(dark_png="abc")]).figures
    assert figure.variants == ()


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({}, (64, 48)),
        ({"width": 32, "height": 24}, (32, 24)),
        ({"width": 32}, (32, 24)),
        ({"height": 12}, (16, 12)),
        ({"width": "32"}, (64, 48)),
        ({"width": 0, "height": -3}, (64, 48)),
        ({"width": True}, (64, 48)),
        ({"width": float("nan")}, (64, 48)),
        ("32", (64, 48)),
    ],
)
def test_a_picture_has_the_size_that_is_asked_for(asked: object, size: tuple[int, int]) -> None:
    shown = {**picture(), "metadata": {"image/png": asked}}
    [figure] = seen(cell("x"), [shown]).figures
    assert figure.size == size


def test_all_figures_are_made_lighter() -> None:
    shown = seen(cell("x") + "![a](perda.png)\n", [picture()])
    png = base64.b64decode(picture()["data"]["image/png"])
    shown = with_saved(shown, {"perda.png": png, "gone.png": png}, PLACE)
    assert [(figure.name, line) for figure, line in shown.figure_lines] == [
        ("assets/caso/cell-1.png", 3),
        ("assets/caso/perda.png", 9),
    ]
    lighter = with_variants(shown, lambda figure: replace(figure, size=(1, 1)))
    assert [figure.size for figure in lighter.figures] == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("perda.png", "assets/caso/perda.png"),
        ("./fig/perda.png", "assets/caso/fig/perda.png"),
        ("../images/perda.png", "assets/caso/perda.png"),
        ("{static}perda.png", "assets/caso/perda.png"),
    ],
)
def test_a_saved_picture_lives_where_the_figures_of_the_post_do(link: str, name: str) -> None:
    png = base64.b64decode(picture()["data"]["image/png"])
    shown = with_saved(seen(f"![a]({link})\n"), {link: png}, PLACE)
    assert {link: figure.name for link, figure in shown.saved.items()} == {link: name}
