"""From plans to executed notebooks: jobs are made, an engine runs them, progress is told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING

from . import inline_values
from .datasets import known_datasets
from .errors import Problem, ProblemError
from .executed import from_run
from .packages import how_to_install
from .plan import FileDigest, Plan, files_to_keep
from .progress import Expected, Progress
from .store import ExecutedNotebook
from .survey import BuildSettings, Source

if TYPE_CHECKING:
    from .jobs import CellResult

_RUNS_POSTS = ("ipykernel", "jupyter_client", "nbformat", "zmq")


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
    Raises `ProblemError` where what runs posts is not installed.
    """
    _require_what_runs(due)
    # Only a build that runs something pays for jupyter_client (0.3 s).
    from .engine import run_all
    from .jobs import Conditions, Job, JobCell, Run, Started
    from .kernels.inside.figure_options import call
    from .remote.cluster import run_all_remote

    def job(source: Source, planned: Plan) -> Job:
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

    def started(cell: Started) -> None:
        progress.cell_started(cell.path, cell.line, cell.number, cell.count)

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
    jobs = {job(source, planned): source for source, planned in due.items()}
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
                if wrong := _wrong_values(planned, run.cells):
                    problems += wrong
                    continue
                notebook = from_run(planned, run, digests, settings.deciding)
                fresh[source] = Ran(notebook, sum(cell.seconds for cell in run.cells))
            case Problem() as problem:
                problems.append(problem)
    return Executed(fresh, problems, len(due) - len(results))


def _require_what_runs(due: Iterable[Source]) -> None:
    missing = [name for name in _RUNS_POSTS if find_spec(name) is None]
    for source in due if missing else ():
        message = (
            "is to be run, and here is not installed what runs posts "
            f"({', '.join(missing)}): `{how_to_install('run')}`"
        )
        raise ProblemError(Problem(source.name, message))


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
