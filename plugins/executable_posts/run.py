"""Running one post: a fresh kernel, the whole post, no output lost, every failure in words."""

import shutil
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from .errors import Problem
from .jobs import CellResult, Conditions, Job, Progress, Run, Started
from .kernels.environment import kernel_environment
from .kernels.inside.confinement import protects_files
from .kernels.inside.plan import InsidePlan
from .kernels.kernel import Kernel, started
from .kernels.manager import KernelSetup
from .kernels.server import KernelServer
from .kernels.supervisor import Bounds
from .run_failures import EXPECTED, CellRaised, describe
from .scratch import Scratch, link_if_large, scratch, written
from .streams import merge_streams, without_folders

START_LIMIT = 120.0


def run(
    job: Job,
    conditions: Conditions,
    server: KernelServer | None,
    progress: Progress,
    begun: Callable[[Kernel], object],
) -> Run | Problem:
    """Run all cells of `job` in order in a fresh kernel; what went wrong is a `Problem`.

    The kernel is forked from `server` if there is one. `begun` is told of it, so that
    it can kill it from another thread.
    """
    with folders_for(conditions, job.folder) as folders:
        setup = kernel_setup(folders, conditions, server)
        results: list[CellResult] = []
        try:
            with started(
                setup,
                cwd=str(folders.working),
                env=environment(conditions, folders.home),
                output_limit=conditions.limits.output,
                timeout=START_LIMIT,
                begun=begun,
            ) as kernel:
                _run_cells(kernel, job, conditions, progress, results)
        except EXPECTED as error:
            return describe(error, job, len(results), setup, conditions.limits)
        memory = kernel.end.memory if kernel.end else 0
        cleaned = [_without_machine(result, folders, conditions) for result in results]
        try:
            files, modules = used(folders.folder / "reads", folders, conditions)
        except OSError:
            message = "removed the folder in which it ran, and with it the record of what it read"
            return Problem(job.path, message, job.cells[0].line)
        saved = written(job.keep, folders, job.folder)
        return Run(tuple(cleaned), files, modules, memory, saved=saved)


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


def _run_cells(
    kernel: Kernel,
    job: Job,
    conditions: Conditions,
    progress: Progress,
    results: list[CellResult],
) -> None:
    """Run the cells, adding to `results` as each ends; raises one of `EXPECTED`."""
    deadline = time.monotonic() + conditions.limits.seconds
    collected = []
    for index, cell in enumerate(job.cells):
        progress(Started(job.path, cell.line, index + 1, len(job.cells)))
        start = time.monotonic()
        timeout = min(cell.timeout, deadline - start)
        if cell.setup and (error := kernel.execute_silently(cell.setup, timeout)):
            raise CellRaised(error)
        outputs, error = kernel.execute(cell.code, timeout)
        if error is not None and not cell.may_raise:
            raise CellRaised(error)
        collected.append(outputs)
        results.append(CellResult((), time.monotonic() - start, index + 1))
    if collected:
        kernel.finish(collected[-1], min(job.cells[-1].timeout, deadline - time.monotonic()))
    # Only now: a later cell may have updated what an earlier one displayed.
    results[:] = [
        CellResult(tuple(merge_streams(outputs.outputs)), result.seconds, result.execution_count)
        for outputs, result in zip(collected, results, strict=True)
    ]


def folder_names(folders: Scratch, conditions: Conditions) -> dict[str, str]:
    """What is shown in the place of the folders of this machine, which are nobody's business."""
    return {
        str(folders.working): ".",
        str(folders.content): "content",
        str(folders.home): "~",
        str(folders.folder): "",
        str(conditions.root): "",
        str(Path.home()): "~",
    }


def _without_machine(result: CellResult, folders: Scratch, conditions: Conditions) -> CellResult:
    """`result` without the folders of this machine, which change."""
    names = folder_names(folders, conditions)
    outputs = tuple(without_folders(output, names) for output in result.outputs)
    return CellResult(outputs, result.seconds, result.execution_count)


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
