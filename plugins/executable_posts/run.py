"""Running one post: a fresh kernel, the whole post, no output lost, every failure in words."""

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

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
from .streams import merge_streams

_START_LIMIT = 120.0


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
    # A link leads to the source, which only Landlock keeps from being written.
    place = link_if_large if protects_files() else shutil.copy2
    with scratch(conditions.content, job.folder, place) as folders:
        setup = KernelSetup(
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
        results: list[CellResult] = []
        try:
            with started(
                setup,
                cwd=str(folders.working),
                env=environment(conditions, folders.home),
                output_limit=conditions.limits.output,
                timeout=_START_LIMIT,
                begun=begun,
            ) as kernel:
                _run_cells(kernel, job, conditions, progress, results)
        except EXPECTED as error:
            return describe(error, job, len(results), setup, conditions.limits)
        memory = kernel.end.memory if kernel.end else 0
        cleaned = [_without_machine(result, folders, conditions) for result in results]
        try:
            files, modules = _used(folders.folder / "reads", folders, conditions)
        except OSError:
            message = "removed the folder in which it ran, and with it the record of what it read"
            return Problem(job.path, message, job.cells[0].line)
        saved = written(job.keep, folders, job.folder)
        return Run(tuple(cleaned), files, modules, memory, saved)


def shared_folders(conditions: Conditions) -> list[Path]:
    """The folders that runs share, made if they were not there: what is slow to find out again."""
    folder = conditions.cache / "matplotlib"
    folder.mkdir(parents=True, exist_ok=True)
    return [folder]


def environment(conditions: Conditions, home: Path) -> dict[str, str]:
    """The environment of a kernel that has its home at `home`."""
    return kernel_environment(
        os.environ,
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


def _without_machine(result: CellResult, folders: Scratch, conditions: Conditions) -> CellResult:
    """`result` without the folders of this machine, which are nobody's business and change."""
    names = {
        str(folders.working): ".",
        str(folders.content): "content",
        str(folders.home): "~",
        str(folders.folder): "",
        str(conditions.root): "",
        str(Path.home()): "~",
    }
    # The longest first: one may begin with another.
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    # Not in the middle of a longer path: `/` or a word must not go on after the match.
    pattern = re.compile(rf"(?<![\w./-])(?:{known})(?![\w-])")

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(lambda found: names[found[0]], value)
        if isinstance(value, list):
            return [clean(item) for item in value]
        if isinstance(value, Mapping):
            return {key: clean(item) for key, item in value.items()}
        return value

    outputs = tuple(
        {key: clean(value) for key, value in output.items()} for output in result.outputs
    )
    return CellResult(outputs, result.seconds, result.execution_count)


def _used(
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
