"""Running one post: a fresh kernel, the whole post, no output lost, every failure in words."""

import shutil
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from .errors import Problem
from .jobs import CellResult, Conditions, Job, Progress, Run, Started
from .kernels.collected import Collected
from .kernels.environment import kernel_environment
from .kernels.inside.confinement import protects_files
from .kernels.inside.plan import InsidePlan
from .kernels.kernel import Kernel, started
from .kernels.manager import KernelSetup
from .kernels.server import KernelServer
from .kernels.supervisor import Bounds
from .run_failures import EXPECTED, CellRaised, describe
from .scratch import Scratch, link_if_large, scratch, written
from .store import Output
from .streams import merge_streams, without_folders

START_LIMIT = 120.0


Arrived = Callable[[int, Callable[[], tuple[Output, ...]]], object]
"""Told of a cell, from 1, each time that it put something out, and of what gives its outputs."""


def nobody(_: int, __: Callable[[], tuple[Output, ...]]) -> None:
    """Told of outputs where nobody looks on."""


def run(
    job: Job,
    conditions: Conditions,
    server: KernelServer | None,
    progress: Progress,
    begun: Callable[[Kernel], object],
    arrived: Arrived = nobody,
) -> Run | Problem:
    """Run all cells of `job` in order in a fresh kernel; what went wrong is a `Problem`.

    The kernel is forked from `server` if there is one. `begun` is told of it, so that
    it can kill it from another thread; `arrived` of the outputs of cells that still run.
    """
    with folders_for(conditions, job.folder) as folders:
        setup = kernel_setup(folders, conditions, server)
        results: list[CellResult] = []

        def cleaned(outputs: Iterable[Output]) -> tuple[Output, ...]:
            return without_machine(merge_streams(outputs), folders, conditions)

        def seen(number: int, collected: Collected) -> None:
            arrived(number, lambda: cleaned(collected.outputs))

        try:
            with started(
                setup,
                cwd=str(folders.working),
                env=environment(conditions, folders.home),
                output_limit=conditions.limits.output,
                timeout=START_LIMIT,
                begun=begun,
            ) as kernel:
                _run_cells(kernel, job, conditions, _Watch(progress, seen), results)
        except EXPECTED as error:
            return describe(error, job, len(results), setup, conditions.limits)
        memory = kernel.end.memory if kernel.end else 0
        cells = tuple(replace(result, outputs=cleaned(result.outputs)) for result in results)
        try:
            files, modules = used(folders.folder / "reads", folders, conditions)
        except OSError:
            message = "removed the folder in which it ran, and with it the record of what it read"
            return Problem(job.path, message, job.cells[0].line)
        saved = written(job.keep, folders, job.folder)
        return Run(cells, files, modules, memory, saved=saved)


def kernel_setup(
    folders: Scratch, conditions: Conditions, server: KernelServer | None
) -> KernelSetup:
    """What a kernel is to be told that runs in `folders`."""
    return KernelSetup(
        folders.folder,
        InsidePlan(
            reads=str(folders.folder / "reads"),
            writable=(
                str(folders.folder),
                *(str(folder) for folder in shared_folders(conditions)),
                *map(str, conditions.writable),
            ),
            memory=conditions.limits.memory,
            file_size=conditions.limits.file,
            network=conditions.network,
            watched=(str(folders.content), str(conditions.root)),
            ignored=(sys.prefix, str(conditions.cache)),
            datasets=conditions.datasets,
        ),
        Bounds(conditions.limits.processes, conditions.limits.memory, conditions.limits.disk),
        server,
    )


def folders_for(conditions: Conditions, post_folder: Path) -> AbstractContextManager[Scratch]:
    """The folders of one run of a post that lies in `post_folder`."""
    # A link leads to the source, which only Landlock keeps from being written.
    place = link_if_large if protects_files() else shutil.copy2
    return scratch(conditions.content, post_folder, place)


def shared_folders(conditions: Conditions) -> list[Path]:
    """The folders that runs share, made if they were not there: what is slow to find out again."""
    folder = conditions.cache / "matplotlib"
    folder.mkdir(parents=True, exist_ok=True)
    return [folder]


def environment(conditions: Conditions, home: Path) -> dict[str, str]:
    """The environment of a kernel that has its home at `home`."""
    return kernel_environment(
        conditions.outside,
        home=home,
        cache=conditions.cache,
        threads=conditions.threads,
        timezone=conditions.timezone,
        also=conditions.environment,
    )


@dataclass(frozen=True)
class _Watch:
    """Who is told that a cell begins, and that it put something out."""

    progress: Progress
    seen: Callable[[int, Collected], object]


def _run_cells(
    kernel: Kernel,
    job: Job,
    conditions: Conditions,
    watch: _Watch,
    results: list[CellResult],
) -> None:
    """Run the cells, adding to `results` as each ends; raises one of `EXPECTED`."""
    deadline = time.monotonic() + conditions.limits.seconds
    collected = []
    for index, cell in enumerate(job.cells):
        watch.progress(Started(job.path, cell.line, index + 1, len(job.cells)))
        start = time.monotonic()
        timeout = min(cell.timeout, deadline - start)
        if cell.setup and (error := kernel.execute_silently(cell.setup, timeout)):
            raise CellRaised(error)
        outputs, error = kernel.execute(cell.code, timeout, partial(watch.seen, index + 1))
        if error is not None and not cell.may_raise:
            raise CellRaised(error)
        collected.append(outputs)
        results.append(CellResult((), time.monotonic() - start, index + 1))
    if collected:
        kernel.finish(collected[-1], min(job.cells[-1].timeout, deadline - time.monotonic()))
    # Only now: a later cell may have updated what an earlier one displayed.
    results[:] = [
        replace(result, outputs=tuple(outputs.outputs))
        for outputs, result in zip(collected, results, strict=True)
    ]


def without_machine(
    outputs: Iterable[Output], folders: Scratch, conditions: Conditions
) -> tuple[Output, ...]:
    """`outputs` without the folders of this machine, which are nobody's business and change."""
    names = {
        str(folders.working): ".",
        str(folders.content): "content",
        str(folders.home): "~",
        str(folders.folder): "",
        str(conditions.root): "",
        str(Path.home()): "~",
    }
    return tuple(without_folders(output, names) for output in outputs)


def used(
    reads: Path, folders: Scratch, conditions: Conditions
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The project's files and the modules that the run used, by name and in order."""
    files = set()
    modules = set()
    for line in reads.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        kind, _, name = line.partition(" ")
        if kind == "module":
            modules.add(name)
            continue
        path = Path(name)
        for folder, original in (
            (folders.content.resolve(), conditions.content),
            (conditions.root.resolve(), conditions.root),
        ):
            if path.is_relative_to(folder):
                source = original / path.relative_to(folder)
                # What the run wrote itself it does not depend on.
                if source.is_file():
                    files.add(source.relative_to(conditions.root).as_posix())
    return tuple(sorted(files)), tuple(sorted(modules))
