"""One post's thread: runs the newest edit, confirms it in a pause, ends an idle kernel."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..errors import Problem
from ..jobs import Conditions, Run
from .cells import CellState, CellUpdate, Edit, Event, RunEnded, ServerFor, Tell
from .confirmation import Confirmation
from .known import confirmed
from .session import Cancelled, Session

# A cell that an interrupt does not end is killed after this.
_TIME_TO_OBEY = 0.5
_BETWEEN_LOOKS = 0.05


@dataclass(frozen=True)
class Pace:
    """How long an author's `pause` is before a run confirms what is shown, and after how long
    without an edit a kernel is ended, in seconds."""

    pause: float = 1.5
    idle: float = 600.0


@dataclass(frozen=True)
class Slots:
    """How many posts at a time run edits, and are confirmed."""

    edits: threading.Semaphore
    runs: threading.Semaphore


class Worker:
    """Runs the edits of one post, one after the other. May be used from any thread."""

    def __init__(
        self,
        conditions: Conditions,
        server_for: ServerFor,
        tell: Tell,
        slots: Slots,
        pace: Pace,
        make_room: Callable[["Worker"], None],
    ) -> None:
        self._conditions = conditions
        self._server_for = server_for
        self._tell_all = tell
        self._slots = slots
        self._pace = pace
        self._make_room = make_room
        self._session = Session(conditions, server_for, self._tell)
        self._changed = threading.Condition()
        self._newest: Edit | None = None
        self._taken: Edit | None = None
        self._unconfirmed: Edit | None = None
        self._closed = False
        self._to_rest = False
        self._busy = False
        self._confirmations: list[Confirmation] = []
        self.last_used = time.monotonic()
        self._thread = threading.Thread(target=self._work, name="warm post", daemon=True)
        self._thread.start()

    @property
    def has_kernel(self) -> bool:
        """Whether it has a kernel, which needs memory."""
        return self._session.kernel.is_there

    def edited(self, edit: Edit) -> None:
        """Run `edit`; what runs for an older one is cancelled."""
        with self._changed:
            self._newest = edit
            self.last_used = time.monotonic()
            self._cancel()
            self._changed.notify_all()

    def rest(self) -> None:
        """End the kernel as soon as it has nothing to do."""
        with self._changed:
            self._to_rest = True
            self._changed.notify_all()

    def close(self) -> None:
        """Cancel everything, and end the kernel; `join` waits for it."""
        with self._changed:
            self._closed = True
            self._kill()
            self._changed.notify_all()

    @property
    def is_alive(self) -> bool:
        """Whether anything of it is left."""
        return self._thread.is_alive() or any(one.is_alive for one in self._confirmations)

    def join(self, timeout: float | None = None) -> None:
        """Wait until nothing of it is left."""
        end = None if timeout is None else time.monotonic() + timeout
        self._thread.join(timeout)
        for confirmation in self._confirmations:  # that thread was the one that starts them
            confirmation.join(None if end is None else max(0.0, end - time.monotonic()))

    # Cancelling

    def _cancel(self) -> None:
        self._cancel_confirmations()
        if self._busy:
            self._session.kernel.interrupt()
            if self._taken is not None:
                timer = threading.Timer(
                    _TIME_TO_OBEY, self._session.kernel.kill_if_executing, [self._taken]
                )
                timer.daemon = True
                timer.start()

    def _kill(self) -> None:
        self._cancel_confirmations()
        self._session.kernel.kill()

    def _cancel_confirmations(self) -> None:
        for confirmation in self._confirmations:
            confirmation.cancel()

    def _is_old(self, edit: Edit) -> bool:
        return self._closed or self._newest is not edit

    def _tell(self, update: Event) -> None:
        with self._changed:
            if not self._closed and self._newest and self._newest.version == update.version:
                self._tell_all(update)

    # The thread

    def _work(self) -> None:
        try:
            while (edit := self._next()) is not None:
                self._apply(edit)
        finally:
            self._session.end()

    def _next(self) -> Edit | None:
        """Wait for an edit that was not run yet; meanwhile confirm, and rest. `None` at the end."""
        while True:
            with self._changed:
                self._busy = False
                if self._closed:
                    return None
                if self._newest is not self._taken:
                    self._taken = self._newest
                    self._busy = True
                    return self._newest
                to_confirm = self._unconfirmed
                if to_confirm is not None:
                    seconds: float | None = self._pace.pause
                else:
                    seconds = self._pace.idle if self._session.kernel.is_there else None
                if not self._to_rest and self._wait(seconds):
                    continue
                if to_confirm is not None and not self._to_rest:
                    self._confirm(to_confirm)
                    continue
                self._to_rest = False
            self._session.end()

    def _has_news(self) -> bool:
        return self._closed or self._newest is not self._taken

    def _wait(self, seconds: float | None) -> bool:
        """Whether there is something to do within that time, counted from the last edit."""
        remaining = None if seconds is None else self.last_used + seconds - time.monotonic()
        return self._changed.wait_for(lambda: self._has_news() or self._to_rest, remaining)

    def _apply(self, edit: Edit) -> None:
        self._unconfirmed = None
        if not edit.plan.stale:
            self._session.saw(edit)
            for number, known in enumerate(confirmed(edit.plan), 1):
                self._tell(
                    CellUpdate(
                        edit.post,
                        edit.version,
                        number,
                        CellState.DONE,
                        known.seconds,
                        known.outputs,
                    )
                )
            return
        if not self._session.kernel.is_there:
            self._make_room(self)
        try:
            with self._slot(self._slots.edits, edit):
                self._session.apply(edit, lambda: self._is_old(edit))
            self._unconfirmed = edit
        except Cancelled:
            pass
        except OSError as error:  # no room on the disk, no process to be had
            self._session.end()
            problem = Problem(edit.post, f"its cells cannot be run here: {error}")
            self._tell(CellUpdate(edit.post, edit.version, 1, CellState.FAILED, problem=problem))

    @contextlib.contextmanager
    def _slot(self, slots: threading.Semaphore, edit: Edit) -> Iterator[None]:
        """Wait until it is the turn of `edit`; raises `Cancelled` if it is old before."""
        while not slots.acquire(timeout=_BETWEEN_LOOKS):
            if self._is_old(edit):
                raise Cancelled
        try:
            yield
        finally:
            slots.release()

    def _confirm(self, edit: Edit) -> None:
        self._unconfirmed = None
        self._confirmations = [
            *(one for one in self._confirmations if one.is_alive),
            Confirmation(
                edit, self._conditions, self._server_for, self._slots.runs, self._confirmed
            ),
        ]

    def _confirmed(self, edit: Edit, result: Run | Problem) -> None:
        with self._changed:
            if not self._is_old(edit):
                self._tell_all(RunEnded(edit.post, edit.version, result))
