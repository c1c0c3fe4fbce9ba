"""What a reader sees of a post's outputs, and what its author should know of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .alt_texts import has_words
from .errors import Problem
from .figures import Figure, Place, decode, names, saved
from .html_outputs import clean
from .inline_values import values
from .outputs import Display, Wanted, display
from .plan import Plan, PlannedCell
from .post import Cell, Options, Post, RecordedOutput, shown_files
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
    wordless: tuple[Problem, ...] = ()
    """Figures of which nothing says in words what they show."""
    saved: Mapping[str, Figure] = field(default_factory=dict)
    """The pictures that cells saved and the prose shows, by their link in it."""

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
        """All figures, in order; those that the prose shows come last."""
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
        """All figures, with the line of the cell that draws each, or of the link that shows it."""
        drawn = [
            (figure, planned.cell.line)
            for planned, cell in zip(self.plan.cells, self.cells, strict=True)
            if cell is not None
            for figure in cell.figures
        ]
        lines = {shown.link: shown.line for shown in shown_files(self.plan.post)}
        # Two links may lead to one file.
        by_name = {figure.name: (figure, lines[link]) for link, figure in self.saved.items()}
        return (*drawn, *by_name.values())


def view(
    plan: Plan,
    cells: Sequence[ExecutedCell | None],
    place: Place,
    *,
    stale: bool,
) -> View:
    """What to show for the post of `plan`, whose cells last ran as `cells` says, one for one."""
    views: list[CellView | None] = []
    hidden = noise = 0
    notes: list[Problem] = []
    wordless: list[Problem] = []
    for planned, executed in zip(plan.cells, cells, strict=True):
        if executed is None:
            views.append(None)
            continue
        options = planned.cell.options
        displayed = display(executed.outputs, _wanted(options))
        asked = displayed.displays if options.shows_output else ()
        if options.output == "asis":
            asked = tuple(_as_markdown(display) for display in asked)
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
        wordless += _wordless(plan.post, planned.cell, shown, figures)
    return View(plan, tuple(views), hidden, noise, tuple(notes), tuple(wordless))


def _wanted(options: Options) -> Wanted:
    return Wanted(stderr=options.warning, timings=options.timings, reprs=options.reprs)


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
        "`pip install vl-convert-python` lets it make a picture of itself"
    )
    return Problem(post.path, message, cell.line)


def _taken_out(post: Post, cell: Cell, what: str) -> Problem:
    return Problem(post.path, f"cell {cell.number}: its HTML is shown without {what}", cell.line)


def with_variants(view: View, variants: Callable[[Figure], Figure]) -> View:
    """`view` with what `variants` makes of each of its figures."""
    cells = tuple(
        cell and replace(cell, figures=tuple(map(variants, cell.figures))) for cell in view.cells
    )
    saved = {link: variants(figure) for link, figure in view.saved.items()}
    return replace(view, cells=cells, saved=saved)


def with_saved(view: View, pictures: Mapping[str, bytes], place: Place) -> View:
    """`view` with those of the `pictures`, by link, that the prose of its post still shows."""
    found: dict[str, Figure] = {}
    notes = []
    for shown in shown_files(view.plan.post):
        if shown.link not in pictures:
            continue
        try:
            found[shown.link] = saved(shown.path, pictures[shown.link], place)
        except ValueError as error:
            message = f"a cell saves {shown.path}: {error}; it is left out"
            notes.append(Problem(view.plan.post.path, message, shown.line))
    return replace(view, saved=found, notes=(*view.notes, *notes))


def _as_markdown(display: Display) -> Display:
    return replace(display, kind="markdown") if display.kind == "text" else display


def _wordless(
    post: Post, cell: Cell, shown: Sequence[Display], figures: Sequence[Figure]
) -> list[Problem]:
    """The figures of `cell` that have neither `fig-alt`, nor a caption, nor words of their own."""
    pictures = [display for display in shown if display.kind == "figure"]
    options = cell.options
    return [
        Problem(
            post.path,
            f"the figure /{figure.name} has no alt text: say what it shows in `#| fig-alt: …`",
            cell.line,
        )
        for position, (display, figure) in enumerate(zip(pictures, figures, strict=True))
        if options.fig_alt_of(position) is None
        and not options.fig_cap_of(position)
        and not has_words(display.facts)
    ]


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
    if not cell.options.shows_output or not any(post.recorded(other) for other in post.cells):
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
