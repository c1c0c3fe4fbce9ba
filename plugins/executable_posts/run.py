"""Running posts: fresh kernels, whole posts, no output lost, every failure in words."""

import asyncio
import contextlib
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import v4

from .errors import Problem
from .jobs import CellResult, Conditions, Job, Progress, Run, Started
from .kernels.environment import kernel_environment
from .kernels.inside.plan import InsidePlan
from .kernels.manager import KernelSetup, SupervisedKernelManager
from .run_failures import describe
from .scratch import Scratch, scratch, written
from .streams import merge_streams

_KERNEL_START_LIMIT = 120
_LATE_OUTPUT_LIMIT = 60


class Stopped(Exception):
    """The run was stopped from outside."""


class Stop:
    """Lets one thread end the runs that others are waiting for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: set[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = set()
        self.requested = False

    def request(self) -> None:
        """Cancel all runs that are going on, and those that begin later."""
        with self._lock:
            self.requested = True
            for loop, task in self._tasks:
                loop.call_soon_threadsafe(task.cancel)

    @contextlib.contextmanager
    def applies(self) -> Iterator[None]:
        """The current task can be stopped while this is entered."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can be stopped")
        entry = (asyncio.get_running_loop(), task)
        with self._lock:
            if self.requested:
                raise Stopped
            self._tasks.add(entry)
        try:
            yield
        finally:
            with self._lock:
                self._tasks.discard(entry)


def run_all(
    jobs: Sequence[Job],
    conditions: Conditions,
    *,
    workers: int,
    progress: Progress,
) -> Iterator[tuple[Job, Run | Problem]]:
    """Run `jobs` side by side, at most `workers` at a time; yields each as it ends.

    On an exception in the caller, `KeyboardInterrupt` among them, all kernels are killed first.
    """
    stop = Stop()
    executor: Executor = ThreadPoolExecutor(workers, thread_name_prefix="executable-posts")
    futures: dict[Future[Run | Problem], Job] = {}
    try:
        for job in jobs:
            futures[executor.submit(run, job, conditions, progress, stop)] = job
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        stop.request()
        executor.shutdown(wait=True, cancel_futures=True)


def run(job: Job, conditions: Conditions, progress: Progress, stop: Stop) -> Run | Problem:
    """Run all cells of `job` in order in a fresh kernel; what went wrong is a `Problem`.

    Raises `Stopped` if it was stopped from outside.
    """
    with scratch(conditions.content, job.folder) as folders:
        return asyncio.run(_run(job, conditions, folders, progress, stop))


async def _run(
    job: Job, conditions: Conditions, folders: Scratch, progress: Progress, stop: Stop
) -> Run | Problem:
    reads = folders.folder / "reads"
    setup = KernelSetup(
        folders.folder,
        InsidePlan(
            reads=str(reads),
            watched=(str(folders.content), str(conditions.root)),
            ignored=(sys.prefix, str(conditions.cache)),
            datasets=conditions.datasets,
        ),
    )
    environment = kernel_environment(
        os.environ,
        home=folders.home,
        cache=conditions.cache,
        threads=conditions.threads,
        timezone=conditions.timezone,
        also=conditions.environment,
    )
    client = _client(job, setup)
    results: list[CellResult] = []
    try:
        with stop.applies():
            async with client.async_setup_kernel(cwd=str(folders.working), env=environment):
                for index, cell in enumerate(job.cells):
                    progress(Started(job.path, cell.line, index + 1, len(job.cells)))
                    await _set_up(client, cell.setup)
                    results.append(await _run_cell(client, index))
    except (CellExecutionError, CellTimeoutError, DeadKernelError, RuntimeError) as error:
        if stop.requested:
            raise Stopped from None
        return describe(error, job, len(results), setup)
    except asyncio.CancelledError:
        raise Stopped from None
    cleaned = [_without_machine(result, folders, conditions) for result in results]
    files, modules = _used(reads, folders, conditions)
    return Run(tuple(cleaned), files, modules, written(job.keep, folders, job.folder))


def _client(job: Job, setup: KernelSetup) -> NotebookClient:
    """An nbclient that loses no output: its defaults drop what arrives 4 s after the reply."""
    cells = [
        v4.new_code_cell(
            cell.code, metadata={"tags": ["raises-exception"] if cell.may_raise else []}
        )
        for cell in job.cells
    ]
    timeouts = {id(node): cell.timeout for node, cell in zip(cells, job.cells, strict=True)}
    client = NotebookClient(
        v4.new_notebook(cells=cells),
        kernel_name="python3",
        kernel_manager_class=SupervisedKernelManager.for_run(setup),
        timeout_func=lambda cell: timeouts[id(cell)],
        startup_timeout=_KERNEL_START_LIMIT,
        iopub_timeout=_LATE_OUTPUT_LIMIT,
        raise_on_iopub_timeout=True,
        shutdown_kernel="immediate",
    )
    client.log = _SILENT
    return client


_SILENT = logging.getLogger(f"{__name__}.nbclient")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


async def _set_up(client: NotebookClient, code: str) -> None:
    """Execute `code`, of which the cell that follows must notice nothing but its effect."""
    if not code:
        return
    kernel: Any = client.kc
    reply = await kernel.execute(
        code, silent=True, store_history=False, reply=True, timeout=_KERNEL_START_LIMIT
    )
    if reply["content"]["status"] != "ok":
        content = reply["content"]
        raise RuntimeError(f"setting up the cell: {content.get('ename')}: {content.get('evalue')}")


async def _run_cell(client: NotebookClient, index: int) -> CellResult:
    start = time.monotonic()
    # Positions in the notebook's own list, since nbclient keeps the cells it was made with.
    cell = await client.async_execute_cell(client.nb.cells[index], index, index + 1)
    return CellResult(
        outputs=tuple(merge_streams(cell.get("outputs", ()))),
        seconds=time.monotonic() - start,
        execution_count=index + 1,
    )


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
