"""The one thread in which all that concerns the site is done, one thing after the other."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class Worker:
    """Does what it is given in order. Pelican knows nothing of threads, so it lives in this one."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = (
            queue.SimpleQueue()
        )
        # A daemon: at the end nobody waits until a large blog has been read.
        threading.Thread(target=self._work, name="site", daemon=True).start()

    def do(self, work: Callable[[], _Result]) -> "Future[_Result]":
        """Do `work` when all that was given before is done; what it raises is in the result."""
        future: Future[_Result] = Future()
        self._waiting.put((future, work))
        return future

    def _work(self) -> None:
        while True:
            future, work = self._waiting.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # SystemExit of a settings file among them
                future.set_exception(error)
