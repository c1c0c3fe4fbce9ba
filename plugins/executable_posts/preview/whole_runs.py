"""Runs a post as a build does, from its first cell in a fresh kernel, whenever it is edited."""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..engine import Stop, run_stoppable
from ..errors import Problem
from ..jobs import Conditions, Run, Started
from ..store import Output
from .cells import CellState, CellUpdate, Edit, RunEnded, ServerFor, Tell

_INTERVAL = 0.1
"""Seconds between two looks at what a cell has put out."""
_NICE = 10
_LONGEST_END = 5.0
"""Seconds that killed runs may take to tidy up; a tenth is enough where the machine is free."""


class WholeRuns:
    """See `cells.PostCells`."""

    def __init__(
        self, conditions: Conditions, workers: int, server_for: ServerFor, tell: Tell
    ) -> None:
        self._conditions, self._server_for, self._tell = conditions, server_for, tell
        self._changed = threading.Condition()
        self._waiting: dict[str, Edit] = {}
        self._running: dict[str, _Run] = {}
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"run-{number}", daemon=True)
            for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def edited(self, edit: Edit) -> None:
        """See `cells.PostCells`."""
        self.forget(edit.post)
        if not edit.plan.stale:
            return
        for number in range(1, len(edit.job.cells) + 1):
            self._tell(CellUpdate(edit.post, edit.version, number, CellState.QUEUED))
        with self._changed:
            self._waiting[edit.post] = edit
            self._changed.notify()

    def forget(self, post: str) -> None:
        """See `cells.PostCells`."""
        with self._changed:
            self._waiting.pop(post, None)
            if post in self._running:
                self._running[post].stop.request()

    def close(self) -> None:
        """See `cells.PostCells`."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            for running in self._running.values():
                running.stop.request()
            self._changed.notify_all()
        end = time.monotonic() + _LONGEST_END
        for thread in self._threads:
            thread.join(max(end - time.monotonic(), 0))

    def _work(self) -> None:
        with contextlib.suppress(OSError, AttributeError):  # on Linux, of this thread alone
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while (begun := self._next()) is not None:
            try:
                result = begun.result(self._conditions, self._server_for)
            except Exception as error:  # a defect of ours, or of the machine's: a full disk
                result = Problem(begun.edit.post, f"could not be run: {error!r}")
            finally:
                with self._changed:
                    del self._running[begun.edit.post]
                    self._changed.notify()
            if not begun.stop.requested:
                begun.ended(result)

    def _next(self) -> "_Run | None":
        """The next edit that waits, and whose post does not run any more; `None` at the end."""
        with self._changed:
            while not self._closed:
                for post, edit in self._waiting.items():
                    if post not in self._running:
                        del self._waiting[post]
                        self._running[post] = _Run(edit, self._tell)
                        return self._running[post]
                self._changed.wait()
        return None


@dataclass
class _Run:
    """One run of a post, and what has been told of it."""

    edit: Edit
    tell: Tell
    stop: Stop = field(default_factory=Stop)
    number: int = 0
    since: float = 0.0
    outputs: Callable[[], tuple[Output, ...]] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def result(self, conditions: Conditions, server_for: ServerFor) -> Run | Problem:
        """Run the post."""
        looking = threading.Thread(target=self._look, daemon=True)
        looking.start()
        job = self.edit.job
        try:
            server = server_for(job)
            return run_stoppable(job, conditions, server, self._started, self.stop, self._arrived)
        finally:
            self._over.set()
            looking.join()

    def ended(self, result: Run | Problem) -> None:
        """Tell how it ended."""
        if isinstance(result, Run):
            for number, cell in enumerate(result.cells, start=1):
                self._say(CellState.DONE, number, cell.seconds, cell.outputs)
        elif self.number:
            seconds = time.monotonic() - self.since
            self._say(CellState.FAILED, self.number, seconds, problem=result)
        self.tell(RunEnded(self.edit.post, self.edit.version, result))

    def _started(self, cell: Started) -> None:
        with self._lock:
            now = time.monotonic()
            if self.number:
                outputs = self.outputs() if self.outputs else ()
                self._say(CellState.DONE, self.number, now - self.since, outputs)
            self.number, self.since, self.outputs = cell.number, now, None
            self._say(CellState.RUNNING, cell.number, 0.0)

    def _arrived(self, number: int, outputs: Callable[[], tuple[Output, ...]]) -> None:
        with self._lock:
            if number == self.number:
                self.outputs = outputs
                self._fresh = True

    _fresh: bool = False

    def _look(self) -> None:
        """Tell now and then what has arrived: each time would take longer than the cell."""
        while not self._over.wait(_INTERVAL):
            with self._lock:
                if self._fresh and self.outputs is not None:
                    self._fresh = False
                    seconds = time.monotonic() - self.since
                    self._say(CellState.RUNNING, self.number, seconds, self.outputs())

    def _say(
        self,
        state: CellState,
        number: int,
        seconds: float,
        outputs: tuple[Output, ...] | None = None,
        problem: Problem | None = None,
    ) -> None:
        if not self.stop.requested:
            edit = self.edit
            self.tell(CellUpdate(edit.post, edit.version, number, state, seconds, outputs, problem))
