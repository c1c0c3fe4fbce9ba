"""The whole way as one list of steps: parse, plan, run, view, store, render. No Pelican here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import drift, memory, store
from .chart_files import chart_files
from .drift import Drift
from .errors import Problem, one_of
from .executed import current
from .execution import Executed, Ran, run_posts, stored_seconds
from .figures import Claim, Figure, collisions
from .lighter import lighter
from .plan import FileDigest, Plan, data_files
from .progress import Progress
from .render import Rendered, render, words_for
from .report import PostReport, State
from .store import ExecutedNotebook
from .survey import BuildSettings, Policy, Source, survey
from .views import View, view, with_saved, with_variants


@dataclass(frozen=True)
class Page:
    """What the reader of a post gets: Markdown with blocks of HTML, figures, the notebook."""

    name: str
    rendered: Rendered
    figures: tuple[Figure, ...]
    notebook: Path | None
    saved: Mapping[str, Figure] = field(default_factory=dict)
    """Those of the figures that the prose shows, by their link in it."""
    confirmed: bool = False
    """Whether a clean run of the post as it stands gave the outputs that it shows."""


@dataclass(frozen=True)
class Build:
    """All pages by source file, what a person has to mend, and what was done."""

    pages: Mapping[Path, Page]
    problems: tuple[Problem, ...]
    reports: tuple[PostReport, ...]
    drifts: tuple[Drift, ...] = ()
    unfinished: int = 0
    """How many posts were still to be run when it was interrupted."""


def build(sources: Sequence[Source], settings: BuildSettings, progress: Progress) -> Build:
    """Run those of `sources` that `settings` say, store what they gave, and show what there is.

    A post that cannot be read, planned or run is a problem in the result and keeps its last good
    outputs; the others go on. If it is interrupted all kernels are dead at once, and what had run
    until then is stored.
    """
    if settings.policy != "frozen":
        store.sweep({settings.cache, *(settings.notebook(source).parent for source in sources)})
    known = survey(sources, settings)
    plans, problems = known.plans, list(known.problems)
    problems += _unknown_names(plans, settings.policy)
    problems += missing_data(plans, known.digests)
    due = _due(plans, problems, settings.policy)
    executed = Executed()
    if settings.policy == "frozen":
        problems += [_refusal(planned) for planned in due.values()]
    elif due:
        executed = run_posts(due, known.digests, settings, progress)
        problems += executed.problems
        _remember(executed, settings)
    fresh = executed.fresh
    blamed = _blamed(problems)
    views = {
        source: view_of(
            source,
            planned,
            settings,
            fresh[source].notebook if source in fresh else None,
            stale=source.name in blamed,
        )
        for source, planned in plans.items()
    }
    problems += _figure_collisions(views)
    if settings.policy != "frozen":
        problems += _store(plans, fresh, views, problems, settings)
    charts = {source: chart_files(views[source], settings.words.outputs) for source in plans}
    problems += [problem for one in charts.values() for problem in one.problems]
    pages = {
        source.file: page_of(source, planned, views[source], charts[source].files, settings)
        for source, planned in plans.items()
    }
    reports = [
        _report(source, planned, views[source], fresh.get(source), problems, settings.root)
        for source, planned in plans.items()
    ]
    drifts = tuple(_drifts(plans, fresh))
    return Build(pages, tuple(problems), tuple(reports), drifts, executed.unfinished)


def check(
    sources: Sequence[Source], settings: BuildSettings, progress: Progress
) -> tuple[list[Drift], list[Problem]]:
    """Run `sources` again and compare, storing nothing: what drifted, and what failed."""
    known = survey(sources, settings)
    problems = [*known.problems, *missing_data(known.plans, known.digests)]
    due = _due(known.plans, problems, "all")
    executed = run_posts(due, known.digests, settings, progress)
    if executed.unfinished:
        raise KeyboardInterrupt
    return list(_drifts(known.plans, executed.fresh)), [*problems, *executed.problems]


def _drifts(plans: Mapping[Source, Plan], fresh: Mapping[Source, Ran]) -> Iterator[Drift]:
    for source, ran in fresh.items():
        yield from drift.of_post(plans[source], ran.notebook.cells)


def _unknown_names(plans: Mapping[Source, Plan], policy: Policy) -> list[Problem]:
    """Names of posts to be run that are no posts."""
    if isinstance(policy, str):
        return []
    names = {source.name for source in plans}
    return [
        Problem(name, f"there is no such post; {one_of(name, names)}")
        for name in policy
        if name not in names
    ]


def missing_data(plans: Mapping[Source, Plan], digests: FileDigest) -> list[Problem]:
    """Files that a cell names as its data and that are not there."""
    return [
        Problem(source.name, f'option "data": {name} is not there', line)
        for source, planned in plans.items()
        for name, line in data_files(planned.post).items()
        if digests(name) is None
    ]


def _due(
    plans: Mapping[Source, Plan], problems: Sequence[Problem], policy: Policy
) -> dict[Source, Plan]:
    """The posts that are to be run: what is wrong with a post keeps it from that."""
    blamed = _blamed(problems)
    named = policy if isinstance(policy, tuple) else ()
    return {
        source: planned
        for source, planned in plans.items()
        if planned.cells
        and source.name not in blamed
        and (planned.stale or policy == "all" or source.name in named)
    }


def _refusal(planned: Plan) -> Problem:
    reason = planned.reasons[0]
    return Problem(
        planned.post.path,
        f"stale: {reason.text}; this build runs nothing: run `invoke build` where the post can "
        "run, and commit its executed notebook",
        reason.line,
    )


def _remember(executed: Executed, settings: BuildSettings) -> None:
    failed = {
        problem.path: problem.message
        if problem.line is None
        else f"{problem.message} (line {problem.line})"
        for problem in executed.problems
    }
    memory.remember_failures(settings.cache, (source.name for source in executed.fresh), failed)


def view_of(
    source: Source,
    planned: Plan,
    settings: BuildSettings,
    fresh: ExecutedNotebook | None = None,
    *,
    stale: bool = False,
) -> View:
    """What is shown of a post that has just run as `fresh` says, or else as it last ran."""
    cells = fresh.cells if fresh else tuple(cell.last for cell in planned.cells)
    shown = view(planned, cells, source.place, stale=stale)
    if (notebook := fresh or planned.executed) is not None:
        shown = with_saved(shown, notebook.saved, source.place)
    return with_variants(shown, lambda figure: lighter(figure, settings.cache))


def _figure_collisions(views: Mapping[Source, View]) -> list[Problem]:
    """Figure names that only the outputs show to be given twice."""
    return collisions(
        Claim(name, source.name, line)
        for source, shown in views.items()
        for figure, line in shown.figure_lines
        for name in figure.names
    )


def _store(
    plans: Mapping[Source, Plan],
    fresh: Mapping[Source, Ran],
    views: Mapping[Source, View],
    problems: Sequence[Problem],
    settings: BuildSettings,
) -> list[Problem]:
    """Write what was run, and the prose and names that changed since; what could not be written."""
    blamed = _blamed(problems)
    failures = []
    for source, planned in plans.items():
        notebook = fresh[source].notebook if source in fresh else planned.executed
        if notebook is None or not planned.cells or source.name in blamed:
            continue
        failure = keep(source, planned, notebook, views[source], settings)
        failures += [failure] if failure else []
    return failures


def keep(
    source: Source,
    planned: Plan,
    notebook: ExecutedNotebook,
    shown: View,
    settings: BuildSettings,
) -> Problem | None:
    """Store `notebook` as it now is, if that changes anything; why it could not be written."""
    now = current(notebook, planned, source.title, shown.figure_names)
    if now == planned.executed:
        return None
    file = settings.notebook(source)
    try:
        store.write(file, now)
    except OSError as error:
        name = file.relative_to(settings.root).as_posix()
        return Problem(name, f"cannot be written: {error.strerror}")
    return None


def page_of(
    source: Source,
    planned: Plan,
    shown: View,
    charts: tuple[Figure, ...],
    settings: BuildSettings,
) -> Page:
    """What the reader of the post of `planned` gets of what is `shown` of it."""
    notebook = settings.notebook(source)
    words = words_for(planned.post.metadata.get("lang", ""), settings.words)
    return Page(
        name=source.name,
        rendered=render(planned.post, shown.by_number, source.title, words),
        figures=(*shown.figures, *shown.files, *charts),
        notebook=notebook if planned.cells and notebook.is_file() else None,
        saved=shown.saved,
        confirmed=all(cell is not None and not cell.stale for cell in shown.cells),
    )


def _report(
    source: Source,
    planned: Plan,
    shown: View,
    fresh: Ran | None,
    problems: Sequence[Problem],
    root: Path,
) -> PostReport:
    state: State = "up to date" if planned.cells else "no cells"
    if source.name in _blamed(problems):
        state = "failed"
    elif fresh:
        state = "run"
    return PostReport(
        path=source.name,
        state=state,
        cells=len(planned.cells),
        seconds=fresh.seconds if fresh else 0.0,
        hidden_lines=shown.hidden_lines,
        noise_lines=shown.noise_lines,
        saved_seconds=stored_seconds(planned) if state == "up to date" else 0.0,
        notes=(*shown.wordless, *((*shown.notes, *_moved_aside(planned, root)) if fresh else ())),
    )


def _moved_aside(planned: Plan, root: Path) -> list[Problem]:
    """What a person should know of a damaged executed notebook that was replaced."""
    if planned.damaged is None:
        return []
    name = planned.damaged.path.relative_to(root).as_posix()
    return [
        Problem(
            name, f"was damaged and is kept, with .damaged behind its name: {planned.damaged.why}"
        )
    ]


def _blamed(problems: Sequence[Problem]) -> set[str]:
    return {problem.path for problem in problems}
