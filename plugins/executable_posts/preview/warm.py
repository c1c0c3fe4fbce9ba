"""Warm kernels: one for each post that is being edited, as many as there is room for."""

import threading
import time

from ..jobs import Conditions
from ..kernels.server import AVAILABLE
from .cells import Edit, ServerFor, Tell
from .post_worker import Pace, Slots, Worker

__all__ = ["AVAILABLE", "WarmPosts"]

_MOST_KERNELS = 4
_TIME_TO_END = 1.0


class WarmPosts:
    """The `PostCells` that runs, in a warm kernel of each post, only what an edit changed.

    A save runs the cells that differ from what ran before and those behind them that depend on
    them, as `dependencies` judges. When the author pauses, the whole post runs in a fresh kernel.
    """

    def __init__(
        self,
        conditions: Conditions,
        workers: int,
        server_for: ServerFor,
        tell: Tell,
        pace: Pace | None = None,
    ) -> None:
        self._conditions = conditions
        self._server_for = server_for
        self._tell = tell
        self._pace = pace or Pace()
        self._slots = Slots(threading.Semaphore(workers), threading.Semaphore(1))
        self._lock = threading.Lock()
        self._workers: dict[str, Worker] = {}
        self._ending: list[Worker] = []

    def edited(self, edit: Edit) -> None:
        """See `PostCells.edited`."""
        with self._lock:
            worker = self._workers.get(edit.post)
            if worker is None:
                worker = self._workers[edit.post] = Worker(
                    self._conditions,
                    self._server_for,
                    self._tell,
                    self._slots,
                    self._pace,
                    self._make_room,
                )
        worker.edited(edit)

    def forget(self, post: str) -> None:
        """See `PostCells.forget`."""
        with self._lock:
            worker = self._workers.pop(post, None)
            self._ending = [other for other in self._ending if other.is_alive]
            if worker is not None:
                self._ending.append(worker)
        if worker is not None:
            worker.close()

    def close(self) -> None:
        """See `PostCells.close`."""
        with self._lock:
            workers = [*self._workers.values(), *self._ending]
            self._workers = {}
        for worker in workers:
            worker.close()
        end = time.monotonic() + _TIME_TO_END
        for worker in workers:
            worker.join(max(0.0, end - time.monotonic()))

    def _make_room(self, asking: Worker) -> None:
        """Have posts rest that were not edited for longest, so that another kernel may start."""
        with self._lock:
            others = [other for other in self._workers.values() if other is not asking]
        with_kernels = sorted(
            (other for other in others if other.has_kernel), key=lambda worker: worker.last_used
        )
        for worker in with_kernels[: max(0, len(with_kernels) + 1 - _MOST_KERNELS)]:
            worker.rest()
