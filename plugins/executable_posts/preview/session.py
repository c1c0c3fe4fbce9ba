"""What is known of one post's cells, and what an edit makes of it in the post's warm kernel."""

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

from .. import inline_values
from ..errors import Problem
from ..jobs import Conditions, Job
from ..kernels.branches import NoSnapshot
from ..kernels.collected import Collected
from ..kernels.widgets import Widgets
from ..run_failures import EXPECTED, CellRaised, describe
from ..scratch import files_for
from .cells import CellState, CellUpdate, Edit, ServerFor, Tell
from .dependencies import Logged, Needed, Pass, Ran, rewound
from .items import Code
from .known import Known, Look, codes, key, look_at_files, stored
from .warm_kernel import Snapshot, WarmKernel

_BETWEEN_UPDATES = 0.05


class Cancelled(Exception):
    """A newer edit came, or nobody is interested any more."""


class Session:
    """The warm kernel of one post and what ran in it. For one thread."""

    def __init__(self, conditions: Conditions, server_for: ServerFor, tell: Tell) -> None:
        self.kernel = WarmKernel(conditions, server_for)
        self._conditions = conditions
        self._tell = tell
        self._cells: list[Ran] = []
        self._known: list[Known] = []
        self._log: list[Logged] = []
        self._applied: Edit | None = None
        self._before: Job | None = None
        self._files: Look = {}
        self._read: frozenset[Path] = frozenset()
        self._stopped: Callable[[], bool] = lambda: False

    def end(self) -> None:
        """End the kernel, and wait until nothing of it is left; what its cells gave stays known."""
        self.kernel.end()
        self._cells, self._log = rewound(self._cells, [], [], [])

    def saw(self, edit: Edit) -> None:
        """`edit` asks for nothing: the store has what the post shows."""
        self._before = edit.job

    def apply(self, edit: Edit, stopped: Callable[[], bool]) -> None:
        """Run what `edit` asks for, until `stopped` says that nobody is interested.

        Raises `Cancelled` then.
        """
        self._stopped = stopped
        self._find_out_what_holds(edit)
        self._before = edit.job
        keys, judged = [key(cell) for cell in edit.job.cells], codes(edit)
        self.kernel.keep_fitting(keys)
        while True:
            way, begin = self._best_way(edit, keys, judged)
            try:
                self._go(edit, way, begin)
            except NoSnapshot:
                continue  # there is another way
            break
        self._settle()

    def _go(self, edit: Edit, way: Pass, begin: Callable[[], None]) -> None:
        """Run what is to be run on this `way`, once `begin` has been called."""
        known = {new: self._known[old] for new, old in way.kept.items()}
        to_run = {needed.new for needed in way.whole()}
        for index in range(len(edit.job.cells)):
            if index in to_run:
                self._tell(CellUpdate(edit.post, edit.version, index + 1, CellState.QUEUED))
            else:
                self._tell_known(edit, index, known[index])
        stopped_at = None
        ran: set[int] = set()
        try:
            while (needed := way.next_cell()) is not None:
                stopped_at = needed.new
                ran.add(needed.new)
                known.pop(needed.new, None)
                self._check()
                result = self._run(edit, needed, way, begin)
                begin = _nothing
                if result is None:
                    break
                known[needed.new] = result
                stopped_at = None
            undone = {needed.new for needed in way.whole()} | {stopped_at}
            for index in sorted(to_run - ran - undone):
                self._tell_known(edit, index, known[index])  # what changed did not reach it
        finally:
            self._applied = edit
            self._cells = way.ran(stopped_at=stopped_at)
            self._log = way.logged(self._cells)
            self._known = [known.get(index, Known()) for index in range(len(edit.job.cells))]

    def _check(self) -> None:
        if self._stopped():
            raise Cancelled

    # What an edit finds

    def _find_out_what_holds(self, edit: Edit) -> None:
        """Find out what still holds of what is known, and of the kernel."""
        if self._applied is None:
            self._cells, self._known = stored(edit, self._conditions.root)
        elif self._before is not None and _same_cells(self._before, edit.job):
            self._forget()
        files = look_at_files([*files_for(self._conditions.content, edit.job.folder), *self._read])
        if self._applied is not None and files != self._files:
            changed = {file for file, _ in files.items() ^ self._files.items()}
            if changed & self._read:
                self._forget()
            # What a kernel finds in its folder was put there when it began.
            self.end()
        self._files = files
        self.kernel.look()

    def _forget(self) -> None:
        self.end()
        self._cells, self._known = [], []

    def _best_way(
        self, edit: Edit, keys: list[str], judged: list[Code]
    ) -> tuple[Pass, Callable[[], None]]:
        """The way to go, and what brings the kernel to where it begins.

        It goes on from the kernel as it is, if that is exact; else from the last snapshot, or the
        beginning, from which it is and no cell runs before those that have to; else from the kernel
        as it is, all the same.
        """
        as_it_is = Pass(self._cells, self._log, keys, judged)
        first = 0
        if self.kernel.runs:
            to_run = as_it_is.whole()
            if all(needed.exact for needed in to_run):
                return as_it_is, _nothing
            first = to_run[0].new
        for snapshot in reversed(self.kernel.snapshots):
            cells, log = rewound(self._cells, self._log, snapshot.cells, snapshot.log)
            way = Pass(cells, log, keys, judged)
            to_run = way.whole()
            if all(needed.exact and needed.new >= first for needed in to_run):
                return way, self._beginning(edit, snapshot)
        cells, files_written = rewound(self._cells, self._log, [], [])
        way = Pass(cells, [], keys, judged)
        if self.kernel.runs and any(needed.new < first for needed in way.whole()):
            return as_it_is, _nothing
        if files_written:  # nobody else is to find them
            self.end()
        return way, self._beginning(edit, None)

    def _beginning(self, edit: Edit, snapshot: Snapshot | None) -> Callable[[], None]:
        return lambda: self.kernel.start(edit.job, snapshot, self._stopped)

    def _settle(self) -> None:
        """Let the kernel stand as after all cells, and forget what belongs to none any more."""
        if not self.kernel.runs:
            return
        try:
            runs = [cell.run for cell in self._cells if cell.run is not None]
            read = frozenset(self.kernel.settle(runs))
            self._files = {**look_at_files(read), **self._files}
            self._read = read
        except EXPECTED:
            self.kernel.drop()
        except OSError:  # a cell removed the folder
            self.end()

    # Running cells

    def _run(
        self, edit: Edit, needed: Needed, way: Pass, begin: Callable[[], None]
    ) -> Known | None:
        """Run a cell; `None` if it failed, or died. Raises `Cancelled`."""
        cell = edit.job.cells[needed.new]
        heard = _Heard(lambda: self._tell_running(edit, needed.new, heard, begun))
        begun = time.monotonic()
        try:
            begin()
            if needed.fresh:
                self.kernel.take(*way.before())
            begun = time.monotonic()
            self._tell_running(edit, needed.new, heard, begun)
            self.kernel.prepare(needed, cell.setup)
            self._check()
            try:
                raised = self.kernel.execute(cell.code, cell.timeout, edit, heard.arrived)
            finally:
                heard.close()
            seconds = time.monotonic() - begun
            self._check()
            if raised is not None and not cell.may_raise:
                raise CellRaised(raised)
            way.bound(self.kernel.conclude(needed))
        except EXPECTED as error:
            self._tell_failed(edit, needed.new, heard, error, time.monotonic() - begun)
            if not isinstance(error, CellRaised):
                self.kernel.drop()
                self.kernel.look()
            self._check()
            return None
        except Cancelled:
            if _imports(cell.code):
                self.kernel.drop()  # what was imported by half cannot be imported again
            raise
        outputs = self.kernel.outputs(heard.collected)
        wrong = inline_values.failures(edit.post, [(edit.plan.cells[needed.new].cell, outputs)])
        known = Known(outputs, seconds, next(iter(wrong), None))
        self._tell_known(edit, needed.new, known)
        return known

    # Telling

    def _tell_known(self, edit: Edit, index: int, known: Known) -> None:
        self._tell(
            CellUpdate(
                edit.post,
                edit.version,
                index + 1,
                CellState.FAILED if known.problem else CellState.PROVISIONAL,
                known.seconds,
                known.outputs,
                known.problem,
            )
        )

    def _tell_running(self, edit: Edit, index: int, heard: "_Heard", begun: float) -> None:
        self._tell(
            CellUpdate(
                edit.post,
                edit.version,
                index + 1,
                CellState.RUNNING,
                time.monotonic() - begun,
                self.kernel.outputs(heard.collected),
            )
        )

    def _tell_failed(
        self, edit: Edit, index: int, heard: "_Heard", error: Exception, seconds: float
    ) -> None:
        setup, limits = self.kernel.setup, self._conditions.limits
        problem = (
            Problem(edit.post, f"the kernel did not start: {error}", edit.job.cells[index].line)
            if setup is None
            else describe(error, edit.job, index, setup, limits)
        )
        self._tell(
            CellUpdate(
                edit.post,
                edit.version,
                index + 1,
                CellState.FAILED,
                seconds,
                self.kernel.outputs(heard.collected),
                problem,
            )
        )


class _Heard:
    """The outputs of a cell, which are told as they arrive, but not all the time."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._telling = threading.Lock()
        self._next = 0.0
        self._later: threading.Timer | None = None
        self.collected = Collected(Widgets())

    def arrived(self, collected: Collected) -> None:
        """Tell that there are more outputs, at once or a little later."""
        self.collected = collected
        with self._telling:
            now = time.monotonic()
            if now >= self._next:
                self._next = now + _BETWEEN_UPDATES
                self._tell()
            elif self._later is None:
                self._later = threading.Timer(self._next - now, self._tell_later)
                self._later.daemon = True
                self._later.start()

    def _tell_later(self) -> None:
        with self._telling:
            if self._later is not None:
                self._later = None
                self._next = time.monotonic() + _BETWEEN_UPDATES
                self._tell()

    def close(self) -> None:
        """Tell nothing more."""
        with self._telling:
            later, self._later = self._later, None
        if later is not None:
            later.cancel()
            later.join()


def _nothing() -> None:
    """Where the kernel is as it has to be."""


def _same_cells(one: Job, other: Job) -> bool:
    return [key(cell) for cell in one.cells] == [key(cell) for cell in other.cells]


def _imports(code: str) -> bool:
    return re.search(r"\bimport\b", code) is not None
