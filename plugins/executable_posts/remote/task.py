"""What a worker does: one run, as on the builder's machine, in a project's folder of its own."""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from distributed import Reschedule, Worker, get_worker

from ..engine import Stop
from ..errors import Problem
from ..jobs import Conditions, Job, Run, Started
from ..kernels.environment import decides
from ..packages import versions
from ..run import run
from ..streams import without_folders
from . import parcel
from .contents import engine_digest, unpack_into

# A worker goes on with the modules that it has; kernels read theirs from disk when they start.
_LOADED = engine_digest()
_LOOK = 0.5
# What the worker's state machine calls a task that somebody still waits for.
_WANTED = frozenset({"executing", "long-running"})
_SERVING = frozenset({"running", "paused", "closing_gracefully"})


def work(order: bytes, bundles: list[bytes], topic: str) -> bytes:
    """Run the post of `order` with the files in `bundles`; the answer is an executed notebook.

    Each cell that begins is told under `topic`. When nobody waits for the answer any more, the
    kernel is killed, and `Reschedule` is raised, which then nobody hears.
    """
    worker = get_worker()
    key = str(worker.get_current_task())
    with tempfile.TemporaryDirectory(prefix="project-", dir=worker.local_directory) as folder:
        root = Path(folder)
        cache = Path(worker.local_directory) / "cache"
        try:
            job, conditions = _read(order, root, cache)
        except parcel.ForeignOrder as foreign:
            return _refusal(foreign, worker.address)
        for bundle in bundles:
            unpack_into(root, bundle)
        for made in (job.folder, *conditions.writable):
            if made.is_relative_to(root):
                made.mkdir(parents=True, exist_ok=True)

        def progress(started: Started) -> None:
            worker.log_event(topic, {"key": key, "started": asdict(started)})

        with _stopped_if_unwanted(worker, key) as stop:
            result = run(job, conditions, None, progress, stop.applies_to)
        if stop.requested:
            raise Reschedule
        return parcel.to_notebook(job, _without_machine(result, root, worker.local_directory))


def _read(order: bytes, root: Path, cache: Path) -> tuple[Job, Conditions]:
    here = {name: value for name, value in os.environ.items() if not decides(name)}
    return parcel.read_order(order, _engines(), root, cache, here)


def _engines() -> set[str]:
    """The versions that a run would be made of; two if the clone changed since the worker began."""
    return {_LOADED, engine_digest()}


def _refusal(foreign: parcel.ForeignOrder, address: str) -> bytes:
    others = ", ".join(sorted(engine[:8] for engine in _engines() - {foreign.engine}))
    message = (
        f"the worker at {address} has another version of this blog's plugin "
        f"({others}, here it is {foreign.engine[:8]}); bring its clone up to date and start it "
        "again"
    )
    nothing = Job(foreign.path, Path(), ())
    return parcel.to_notebook(nothing, Problem(foreign.path, message))


@contextmanager
def _stopped_if_unwanted(worker: Worker, key: str) -> Iterator[Stop]:
    """Ends the run when its task is cancelled, its builder is gone, or the worker closes."""
    stop = Stop()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK):
            task = worker.state.tasks.get(key)
            if task is None or task.state not in _WANTED or worker.status.name not in _SERVING:
                stop.request()
                return

    watcher = threading.Thread(target=watch, name="is the run still wanted?", daemon=True)
    watcher.start()
    try:
        yield stop
    finally:
        over.set()
        watcher.join()


def _without_machine(result: Run | Problem, root: Path, scratch: str) -> Run | Problem:
    """`result` without the folders of this machine, and with the versions of what it has."""
    names = {name: "" for name in _folders(root, scratch) if name != os.sep}
    if isinstance(result, Problem):
        return replace(
            result,
            message=without_folders(result.message, names),
            details=without_folders(result.details, names),
        )
    cells = tuple(replace(cell, outputs=_cleaned(cell.outputs, names)) for cell in result.cells)
    return replace(result, cells=cells, packages=versions(result.modules))


def _cleaned(outputs: tuple[Mapping[str, Any], ...], names: Mapping[str, str]) -> Any:
    return tuple(without_folders(output, names) for output in outputs)


def _folders(root: Path, scratch: str) -> Iterator[str]:
    yield str(root)
    yield scratch
    # On the builder's machine the packages and the plugin lie in the project, too.
    yield str(Path(__file__).resolve().parents[3])
    if sys.prefix != sys.base_prefix:
        yield sys.prefix
