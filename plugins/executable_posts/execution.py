"""From plans to executed notebooks: jobs are made, an engine runs them, progress is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import inline_values
from .datasets import known_datasets
from .errors import Problem
from .executed import from_run
from .plan import FileDigest, Plan, files_to_keep
from .progress import Expected, Progress
from .store import ExecutedNotebook
from .survey import BuildSettings, Source

if TYPE_CHECKING:
    from .jobs import CellResult, Conditions, Job, Run


@dataclass(frozen=True)
class Ran:
    """What running a post gave, and what its cells took this time, in seconds.

    The executed notebook does not tell that: a cell that gave what it gave before stays as it was.
    """

    notebook: ExecutedNotebook
    seconds: float


@dataclass(frozen=True)
class Executed:
    """What running posts gave, what failed, and how many an interruption left undone."""

    fresh: Mapping[Source, Ran] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    unfinished: int = 0


def run_posts(
    due: Mapping[Source, Plan], digests: FileDigest, settings: BuildSettings, progress: Progress
) -> Executed:
    """What running the posts `due` gives, and what failed; `progress` is told how it goes.

    Nothing is stored. If it is interrupted all kernels are killed, and what is there is returned.
    """
    # Only a build that runs something pays for jupyter_client (0.3 s).
    from .engine import run_all
    from .jobs import Run, Started
    from .remote.cluster import run_all_remote

    def started(cell: Started) -> None:
        progress.cell_started(cell.path, cell.line, cell.number, cell.count)

    conditions, problems = conditions_of(settings)
    jobs = {job_of(source, planned, digests, settings): source for source, planned in due.items()}
    results: dict[Source, Run | Problem] = {}
    try:
        progress.begin([_expected(planned) for planned in due.values()])
        if settings.scheduler:
            ran = run_all_remote(list(jobs), conditions, settings.scheduler, started)
        else:
            ran = run_all(list(jobs), conditions, workers=settings.workers, progress=started)
        for done, result in ran:
            progress.post_ended(done.path, failed=not isinstance(result, Run))
            results[jobs[done]] = result
    except KeyboardInterrupt:
        pass  # whoever asked learns it from what is unfinished
    finally:
        progress.end()
    fresh = {}
    # In the order of the posts, not in that in which they happened to end.
    for source, planned in due.items():
        match results.get(source):
            case Run() as run:
                given, wrong = outcome(planned, run, digests, settings)
                problems += wrong
                if given is not None:
                    fresh[source] = given
            case Problem() as problem:
                problems.append(problem)
    return Executed(fresh, problems, len(due) - len(results))


def job_of(source: Source, planned: Plan, digests: FileDigest, settings: BuildSettings) -> "Job":
    """The post of `planned` as a run needs it."""
    from .jobs import Job, JobCell
    from .kernels.inside.figure_options import call

    return Job(
        path=source.name,
        folder=source.file.parent,
        cells=tuple(
            JobCell(
                code=cell.code,
                line=cell.code_line,
                may_raise=planned.post.may_raise(cell),
                timeout=cell.options.timeout or settings.timeout,
                lines=cell.lines,
                setup=f"{call(cell.options.drawing)}\n{inline_values.setup(cell)}".strip(),
            )
            for cell in planned.post.cells
        ),
        keep=tuple(shown.path for shown in files_to_keep(planned.post, digests)),
        memory=planned.executed.memory if planned.executed else None,
        seconds=stored_seconds(planned) if planned.executed else None,
        resources=planned.post.resources,
        files=tuple(sorted(planned.executed.fingerprint.files)) if planned.executed else (),
    )


def conditions_of(settings: BuildSettings) -> "tuple[Conditions, list[Problem]]":
    """What all runs have in common, and what is wrong with the datasets that they are to use."""
    from .jobs import Conditions

    datasets, problems = known_datasets(settings.datasets, settings.content / "data", settings.root)
    conditions = Conditions(
        root=settings.root,
        content=settings.content,
        cache=settings.cache,
        threads=settings.threads,
        timezone=settings.timezone,
        environment=settings.environment,
        datasets=datasets,
        limits=settings.limits,
        network=settings.network,
        forked=settings.kernel_server,
        writable=settings.writable,
    )
    return conditions, problems


def outcome(
    planned: Plan, run: "Run", digests: FileDigest, settings: BuildSettings
) -> tuple[Ran | None, list[Problem]]:
    """What `run`, a run of the post of `planned`, gives: `None` if an inline value failed."""
    if wrong := _wrong_values(planned, run.cells):
        return None, wrong
    notebook = from_run(planned, run, digests, settings.deciding)
    return Ran(notebook, sum(cell.seconds for cell in run.cells)), []


def _wrong_values(planned: Plan, results: "Sequence[CellResult]") -> list[Problem]:
    """What went wrong with inline values, which no cell of the post raised."""
    outputs = (result.outputs for result in results)
    given = zip(planned.post.cells, outputs, strict=True)
    return inline_values.failures(planned.post.path, given)


def _expected(planned: Plan) -> Expected:
    return Expected(
        path=planned.post.path,
        cells=len(planned.cells),
        seconds=stored_seconds(planned) if planned.executed else None,
        why=str(planned.reasons[0]) if planned.reasons else "asked for",
    )


def stored_seconds(planned: Plan) -> float:
    """What the cells of a post took when they last ran."""
    return sum(cell.seconds for cell in planned.executed.cells) if planned.executed else 0.0
