"""One post's warm kernel: it is started when it is first needed, and runs what edits ask for."""

import contextlib
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import inline_values
from ..errors import Problem
from ..jobs import Conditions, Job, JobCell
from ..kernels.collected import Collected
from ..kernels.inside import warm as inside
from ..kernels.kernel import CellError, Kernel, started
from ..kernels.manager import KernelSetup
from ..kernels.server import KernelServer, ServerUnavailable
from ..run import START_LIMIT, environment, folders_for, kernel_setup, used, without_machine
from ..run_failures import EXPECTED, CellRaised, describe
from ..scratch import Scratch
from ..store import Output
from ..streams import merge_streams
from .cells import CellState, CellUpdate, Edit, ServerFor, Tell
from .dependencies import Logged, Needed, Pass, Ran
from .known import Known, Look, codes, key, look_at_files, stored

_BETWEEN_UPDATES = 0.05
_TIME_TO_PREPARE = 30.0


class Cancelled(Exception):
    """A newer edit came, or nobody is interested any more."""


class Session:
    """The warm kernel of one post and what ran in it. For one thread, but for `stop`."""

    def __init__(self, conditions: Conditions, server_for: ServerFor, tell: Tell) -> None:
        self._conditions = conditions
        self._server_for = server_for
        self._tell = tell
        self._cells: list[Ran] = []
        self._known: list[Known] = []
        self._log: list[Logged] = []
        self._edit: Edit | None = None
        self._before: Job | None = None
        self._files: Look = {}
        self._read: frozenset[Path] = frozenset()
        self._resources = contextlib.ExitStack()
        self._kernel: Kernel | None = None
        self._setup: KernelSetup | None = None
        self._folders: Scratch | None = None
        self._lock = threading.Lock()
        self._executing: Edit | None = None
        self._stopped: Callable[[], bool] = lambda: False

    @property
    def has_kernel(self) -> bool:
        """Whether there is a kernel, for which memory is needed."""
        return self._kernel is not None

    def interrupt(self) -> None:
        """Interrupt the cell that runs, if one does. From any thread."""
        with self._lock:
            if self._kernel is not None and self._executing is not None:
                self._kernel.interrupt()

    def kill_if_runs(self, edit: Edit) -> None:
        """End the kernel if it still runs a cell of `edit`. From any thread."""
        with self._lock:
            if self._kernel is not None and self._executing is edit:
                self._kernel.kill()

    def kill(self) -> None:
        """End the kernel at once. From any thread."""
        with self._lock:
            if self._kernel is not None:
                self._kernel.kill()

    def end(self) -> None:
        """End the kernel, and wait until nothing of it is left; what its cells gave stays known."""
        with self._lock:
            self._kernel = None
        self._resources.close()
        self._folders = self._setup = None
        self._log = []
        self._cells = [Ran(cell.key, cell.code, None, cell.good) for cell in self._cells]

    def saw(self, edit: Edit) -> None:
        """`edit` asks for nothing: the store has what the post shows."""
        self._before = edit.job

    def apply(self, edit: Edit, stopped: Callable[[], bool]) -> None:
        """Run what `edit` asks for, until `stopped` says that nobody is interested.

        Raises `Cancelled` then.
        """
        self._stopped = stopped
        self._begin(edit)
        self._before = edit.job
        keys = [key(cell) for cell in edit.job.cells]
        way = Pass(self._cells, self._log, keys, codes(edit))
        known: dict[int, Known] = {new: self._known[old] for new, old in way.kept.items()}
        self._announce(edit, way, known)
        stopped_at = None
        try:
            while (needed := way.next_cell()) is not None:
                self._check()
                known.pop(needed.new, None)
                stopped_at = needed.new
                result = self._run(edit, needed, way)
                if result is None:
                    break
                known[needed.new] = result
                stopped_at = None
        finally:
            self._edit = edit
            self._cells = way.ran(stopped_at=stopped_at)
            self._log = way.logged(self._cells)
            self._known = [known.get(index, Known()) for index in range(len(keys))]
            if self._kernel is None:
                self.end()
        self._settle()

    def _check(self) -> None:
        if self._stopped():
            raise Cancelled

    # What an edit finds

    def _begin(self, edit: Edit) -> None:
        """Find out what still holds of what is known, and of the kernel."""
        if self._edit is None:
            self._cells, self._known = stored(edit, self._conditions.root)
        elif self._before is not None and _same_cells(self._before, edit.job):
            self._forget()
        files = look_at_files(self._conditions.content, edit.job, [*self._read])
        if self._edit is not None and files != self._files:
            changed = {file for file, _ in files.items() ^ self._files.items()}
            if changed & self._read:
                self._forget()
            self.end()
        self._files = files
        if self._kernel is not None and self._kernel.has_ended():
            self.end()

    def _forget(self) -> None:
        self.end()
        self._cells, self._known = [], []

    def _announce(self, edit: Edit, way: Pass, known: dict[int, Known]) -> None:
        """Tell of each cell how it stands before anything runs."""
        to_run = {needed.new for needed in way.whole()}
        for index in range(len(edit.job.cells)):
            if index in to_run:
                self._tell(CellUpdate(edit.post, edit.version, index + 1, CellState.QUEUED))
            else:
                self._tell_known(edit, index, known[index])

    def _tell_known(self, edit: Edit, index: int, known: Known) -> None:
        state = CellState.FAILED if known.problem else CellState.PROVISIONAL
        self._tell(
            CellUpdate(
                edit.post,
                edit.version,
                index + 1,
                state,
                known.seconds,
                known.outputs,
                known.problem,
            )
        )

    # Running cells

    def _run(self, edit: Edit, needed: Needed, way: Pass) -> Known | None:
        """Run a cell; `None` if it failed, or died. Raises `Cancelled`."""
        cell = edit.job.cells[needed.new]
        heard = _Heard(lambda: self._tell_running(edit, needed.new, heard, begin))
        begin = time.monotonic()
        try:
            kernel = self._started(edit)
            begin = time.monotonic()
            self._tell_running(edit, needed.new, heard, begin)
            prepared = f"{inside.prepare(needed.new + 1, needed.behind)}\n{cell.setup}"
            if error := kernel.execute_silently(prepared, _TIME_TO_PREPARE):
                raise CellRaised(error)
            raised = self._execute(kernel, edit, cell, heard)
            seconds = time.monotonic() - begin
            self._check()
            if raised is not None and not cell.may_raise:
                raise CellRaised(raised)
            self._conclude(kernel, needed, way)
        except EXPECTED as error:
            fatal = not isinstance(error, CellRaised)
            if fatal:
                self._drop()
            self._check()
            if self._setup is None:
                raise
            limits = self._conditions.limits
            problem = describe(error, edit.job, needed.new, self._setup, limits)
            self._tell_failed(edit, needed.new, heard, problem, time.monotonic() - begin)
            return None
        except Cancelled:
            if _imports(cell.code):
                self._drop()  # what was imported by half cannot be imported again
            raise
        known = self._known_from(edit, needed.new, heard, seconds)
        self._tell_known(edit, needed.new, known)
        return known

    def _execute(
        self, kernel: Kernel, edit: Edit, cell: JobCell, heard: "_Heard"
    ) -> CellError | None:
        with self._lock:
            self._executing = edit
        try:
            self._check()
            return kernel.execute(cell.code, cell.timeout, heard.arrived)[1]
        finally:
            with self._lock:
                self._executing = None
            heard.close()

    def _conclude(self, kernel: Kernel, needed: Needed, way: Pass) -> None:
        bound = Collected()
        code = inside.conclude(needed.run, needed.names, needed.instead)
        if error := kernel.execute_silently(code, _TIME_TO_PREPARE, bound):
            raise CellRaised(error)
        for output in bound.outputs:
            if "data" in output and inside.MIME in output["data"]:
                way.bound(output["data"][inside.MIME])

    def _settle(self) -> None:
        """Let the kernel stand as after all cells, and forget what belongs to none any more."""
        runs = [cell.run for cell in self._cells if cell.run is not None]
        if self._kernel is None or self._folders is None:
            return
        try:
            self._kernel.execute_silently(inside.settle(runs), _TIME_TO_PREPARE)
            self._kernel.forget()
            names, _ = used(self._folders.folder / "reads", self._folders, self._conditions)
            self._read = frozenset(self._conditions.root / name for name in names)
        except (*EXPECTED, OSError):
            self._drop()
            self.end()

    def _started(self, edit: Edit) -> Kernel:
        if self._kernel is not None:
            return self._kernel
        server = self._server_for(edit.job)
        self._check()
        if server is not None:
            with contextlib.suppress(ServerUnavailable):
                return self._start(edit.job, server)
        return self._start(edit.job, None)

    def _start(self, job: Job, server: KernelServer | None) -> Kernel:
        conditions = self._conditions
        self._resources.close()
        folders = self._resources.enter_context(folders_for(conditions, job.folder))
        setup = kernel_setup(folders, conditions, server)
        self._setup, self._folders = setup, folders
        return self._resources.enter_context(
            started(
                setup,
                cwd=str(folders.working),
                env=environment(conditions, folders.home),
                output_limit=conditions.limits.output,
                timeout=START_LIMIT,
                begun=self._begun,
            )
        )

    def _begun(self, kernel: Kernel) -> None:
        with self._lock:
            self._kernel = kernel
        if self._stopped():
            kernel.kill()

    def _drop(self) -> None:
        """Kill the kernel; what it left is tidied when its cells have been noted."""
        with self._lock:
            kernel, self._kernel = self._kernel, None
        if kernel is not None:
            kernel.kill()

    # Telling

    def _tell_running(self, edit: Edit, index: int, heard: "_Heard", begin: float) -> None:
        self._tell(
            CellUpdate(
                edit.post,
                edit.version,
                index + 1,
                CellState.RUNNING,
                time.monotonic() - begin,
                self._outputs(heard),
            )
        )

    def _tell_failed(
        self, edit: Edit, index: int, heard: "_Heard", problem: Problem, seconds: float
    ) -> None:
        self._tell(
            CellUpdate(
                edit.post,
                edit.version,
                index + 1,
                CellState.FAILED,
                seconds,
                self._outputs(heard),
                problem,
            )
        )

    def _known_from(self, edit: Edit, index: int, heard: "_Heard", seconds: float) -> Known:
        outputs = self._outputs(heard)
        cell = edit.plan.cells[index].cell
        problems: list[Problem] = inline_values.failures(edit.post, [(cell, outputs)])
        return Known(outputs, seconds, next(iter(problems), None))

    def _outputs(self, heard: "_Heard") -> tuple[Output, ...]:
        outputs = merge_streams(heard.collected.outputs)
        if self._folders is None:
            return tuple(outputs)
        return without_machine(outputs, self._folders, self._conditions)


class _Heard:
    """The outputs of a cell, which are told as they arrive, but not all the time."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._telling = threading.Lock()
        self._next = 0.0
        self._later: threading.Timer | None = None
        self.collected = Collected()

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


def _same_cells(one: Job, other: Job) -> bool:
    return [key(cell) for cell in one.cells] == [key(cell) for cell in other.cells]


def _imports(code: str) -> bool:
    return re.search(r"\bimport\b", code) is not None
