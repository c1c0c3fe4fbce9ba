"""What a reader sees of a post's outputs, and what its author should know of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import Problem
from .figures import Figure, Place, decode, names
from .html_outputs import clean
from .inline_values import values
from .outputs import DEFAULT, Display, Wanted, display
from .plan import Plan, PlannedCell
from .post import Cell, Options, Post, RecordedOutput
from .render import CellView
from .store import ExecutedCell


@dataclass(frozen=True)
class View:
    """`cells` has an entry for each cell of the post; `None` for one that never ran.

    `hidden_lines` counts what the cells wrote to stderr and no reader sees, `noise_lines` what was
    left out as noise.
    """

    plan: Plan
    cells: tuple[CellView | None, ...]
    hidden_lines: int
    noise_lines: int
    notes: tuple[Problem, ...]

    @property
    def by_number(self) -> dict[int, CellView]:
        """The views by the position of their cells, from 1."""
        return {
            planned.cell.number: cell
            for planned, cell in zip(self.plan.cells, self.cells, strict=True)
            if cell is not None
        }

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures, in order."""
        return tuple(figure for figure, _ in self.figure_lines)

    @property
    def files(self) -> tuple[Figure, ...]:
        """All files that are no figures; the same one may be shown twice."""
        files = {file.name: file for cell in self.cells if cell for file in cell.files}
        return tuple(files.values())

    @property
    def figure_names(self) -> tuple[tuple[str, ...], ...]:
        """For each cell the names of its figures."""
        return tuple(
            tuple(figure.name for figure in cell.figures) if cell else () for cell in self.cells
        )

    @property
    def figure_lines(self) -> tuple[tuple[Figure, int], ...]:
        """All figures, with the line of the cell that draws each."""
        return tuple(
            (figure, planned.cell.line)
            for planned, cell in zip(self.plan.cells, self.cells, strict=True)
            if cell is not None
            for figure in cell.figures
        )


def view(
    plan: Plan,
    cells: Sequence[ExecutedCell | None],
    place: Place,
    wanted: Wanted = DEFAULT,
    *,
    stale: bool,
) -> View:
    """What to show for the post of `plan`, whose cells last ran as `cells` says, one for one.

    `wanted` is what cells show that do not say otherwise.
    """
    views: list[CellView | None] = []
    hidden = noise = 0
    notes: list[Problem] = []
    for planned, executed in zip(plan.cells, cells, strict=True):
        if executed is None:
            views.append(None)
            continue
        options = planned.cell.options
        displayed = display(executed.outputs, _wanted(options, wanted))
        asked = displayed.displays if options.output else ()
        shown = tuple(display for display in asked if not _broken(display))
        figures = _figures(plan.post, planned, executed, place, shown)
        folder = f"assets/{place.slug}"
        files, removed = _html(shown, folder)
        given = values(executed.outputs)
        views.append(CellView(shown, figures, stale, files, folder, given))
        hidden += displayed.hidden_lines
        noise += displayed.noise_lines
        notes += [_taken_out(plan.post, planned.cell, what) for what in removed]
        notes += [
            _undrawn(plan.post, planned.cell)
            for display in shown
            if display.kind == "chart" and display.chart is None
        ]
        notes += [_left_out(plan.post, planned.cell, gone) for gone in asked if gone not in shown]
        notes += _notes(plan.post, planned, shown)
    return View(plan, tuple(views), hidden, noise, tuple(notes))


def _wanted(options: Options, by_default: Wanted) -> Wanted:
    return Wanted(
        stderr=options.warning,
        timings=by_default.timings if options.timings is None else options.timings,
        reprs=by_default.reprs if options.reprs is None else options.reprs,
    )


def _html(shown: Sequence[Display], folder: str) -> tuple[tuple[Figure, ...], list[str]]:
    """The files that HTML shows, and what was taken out of it."""
    cleaned = [clean(display.content) for display in shown if display.kind == "html"]
    files = {file.name: file.data for one in cleaned for file in one.files}
    return (
        tuple(Figure(f"{folder}/{name}", data, None) for name, data in files.items()),
        [what for one in cleaned for what in one.removed],
    )


def _undrawn(post: Post, cell: Cell) -> Problem:
    message = (
        f"cell {cell.number} shows a chart of Altair, which a page cannot draw; "
        '`alt.renderers.enable("svg")` makes a picture of it, with vl-convert-python installed'
    )
    return Problem(post.path, message, cell.line)


def _taken_out(post: Post, cell: Cell, what: str) -> Problem:
    return Problem(post.path, f"cell {cell.number}: its HTML is shown without {what}", cell.line)


def _broken(display: Display) -> bool:
    """Whether `display` should be a figure, and is no picture."""
    if display.kind != "figure":
        return False
    try:
        decode(display, "")
    except ValueError:
        return True
    return False


def _left_out(post: Post, cell: Cell, display: Display) -> Problem:
    message = f"cell {cell.number} displays {display.mime} that is no picture; it is left out"
    return Problem(post.path, message, cell.line)


def _figures(
    post: Post, planned: PlannedCell, executed: ExecutedCell, place: Place, shown: Sequence[Display]
) -> tuple[Figure, ...]:
    pictures = [display for display in shown if display.kind == "figure"]
    given = names(post, planned.cell, planned.number, place, pictures, executed.figures)
    return tuple(decode(picture, name) for picture, name in zip(pictures, given, strict=True))


def _notes(post: Post, planned: PlannedCell, shown: Sequence[Display]) -> list[Problem]:
    """Where the outputs of a cell and those recorded under it in the source do not correspond.

    Nothing is said of a post in which nothing is recorded.
    """
    cell = planned.cell
    if not cell.options.output or not any(post.recorded(other) for other in post.cells):
        return []
    recorded = post.recorded(cell)
    notes = [
        Problem(
            post.path,
            f"cell {cell.number} shows {kind} that is not recorded in the source; "
            "`#| output: false` keeps it away",
            cell.line,
        )
        for kind in _unrecorded(recorded, shown)
    ]
    if recorded and not shown:
        message = f"cell {cell.number} shows nothing any more; what is recorded here is left out"
        notes.append(Problem(post.path, message, recorded[0].line))
    return notes


def _unrecorded(recorded: Sequence[RecordedOutput], shown: Sequence[Display]) -> list[str]:
    """What kinds of display there are more of now than were recorded.

    Text may have been recorded as HTML, and several texts as one, so any of them stands for all.
    """
    figures_now = sum(display.kind == "figure" for display in shown)
    figures_then = sum(output.kind == "figure" for output in recorded)
    texts_now = len(shown) > figures_now
    texts_then = len(recorded) > figures_then
    kinds = ["a figure"] if figures_now > figures_then else []
    return [*kinds, "text"] if texts_now and not texts_then else kinds
