"""The clean run of a post that confirms what its warm kernel showed."""

import threading
from collections.abc import Callable
from dataclasses import replace

from ..engine import Stop, run_stoppable
from ..errors import Problem
from ..jobs import Conditions, Job, Run
from .cells import Edit, ServerFor

_BETWEEN_LOOKS = 0.05
_LOW_PRIORITY = "__import__('os').nice(10)"


class Confirmation:
    """Runs the whole post of `edit` in a fresh kernel, after all that has more haste.

    It has a thread of its own: that one waits until its kernel is gone, and a newer edit need not.
    `ended` is told the result in that thread, unless the confirmation was cancelled.
    """

    def __init__(
        self,
        edit: Edit,
        conditions: Conditions,
        server_for: ServerFor,
        slots: threading.Semaphore,
        ended: Callable[[Edit, Run | Problem], object],
    ) -> None:
        self._edit = edit
        self._conditions = conditions
        self._server_for = server_for
        self._slots = slots
        self._ended = ended
        self._stop = Stop()
        self._thread = threading.Thread(target=self._work, name="confirmation", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Kill its kernel; `join` waits until nothing of it is left."""
        self._stop.request()

    @property
    def is_alive(self) -> bool:
        """Whether anything of it is left."""
        return self._thread.is_alive()

    def join(self, timeout: float | None = None) -> None:
        """Wait until nothing of it is left."""
        self._thread.join(timeout)

    def _work(self) -> None:
        while not self._slots.acquire(timeout=_BETWEEN_LOOKS):
            if self._stop.requested:
                return
        try:
            if self._stop.requested:
                return
            result = self._result()
        finally:
            self._slots.release()
        if not self._stop.requested:
            self._ended(self._edit, result)

    def _result(self) -> Run | Problem:
        try:
            server = self._server_for(self._edit.job)
            job = _with_low_priority(self._edit.job)
            return run_stoppable(job, self._conditions, server, lambda _: None, self._stop)
        except OSError as error:  # no room on the disk, no process to be had
            return Problem(self._edit.post, f"its cells cannot be run here: {error}")


def _with_low_priority(job: Job) -> Job:
    first, *others = job.cells
    setup = f"{_LOW_PRIORITY}\n{first.setup}".strip()
    return replace(job, cells=(replace(first, setup=setup), *others))
