"""The kernel of one post, in which cells run again: started when needed, wound back if possible."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..jobs import Conditions, Job
from ..kernels.branches import NoSnapshot, Trunk
from ..kernels.collected import Collected
from ..kernels.inside import warm as inside
from ..kernels.kernel import CellError, Kernel, KernelNotStarted
from ..kernels.manager import KernelSetup
from ..kernels.server import KernelServer, ServerUnavailable
from ..kernels.widgets import Widgets
from ..run import START_LIMIT, environment, folders_for, kernel_setup, used, without_machine
from ..run_failures import CellRaised
from ..scratch import Scratch
from ..store import Output
from ..streams import merge_streams
from .cells import ServerFor
from .dependencies import Logged, Needed, Ran

_TIME_TO_PREPARE = 30.0
_MOST_SNAPSHOTS = 12


@dataclass(frozen=True)
class Snapshot:
    """The state of the kernel before the cell at `position`: the cells that had run, and how."""

    number: int
    cells: tuple[Ran, ...]
    log: tuple[Logged, ...]

    @property
    def position(self) -> int:
        """The index of the cell that comes next."""
        return len(self.cells)

    def fits(self, keys: Sequence[str]) -> bool:
        """Whether the cells before are those of a post whose cells have these `keys`."""
        return [cell.key for cell in self.cells] == [*keys[: self.position]]


class WarmKernel:
    """For one thread, but for `interrupt` and `kill`."""

    def __init__(self, conditions: Conditions, server_for: ServerFor) -> None:
        self._conditions = conditions
        self._server_for = server_for
        self._trunk: Trunk | None = None
        self._kernel: Kernel | None = None
        self._folders: Scratch | None = None
        self._resources = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._executing: object = None
        self._taken = 0
        self._takes = True
        self.snapshots: list[Snapshot] = []

    @property
    def is_there(self) -> bool:
        """Whether it has processes, which need memory."""
        return self._trunk is not None

    @property
    def runs(self) -> bool:
        """Whether it can run a cell as it is."""
        return self._kernel is not None

    @property
    def setup(self) -> KernelSetup | None:
        """What it was told when it was started last."""
        return self._trunk.setup if self._trunk else None

    # From any thread

    def interrupt(self) -> None:
        """Interrupt the cell that runs, if one does."""
        with self._lock:
            if self._kernel is not None and self._executing is not None:
                self._kernel.interrupt()

    def kill_if_executing(self, wanted: object) -> None:
        """Kill the kernel if it still runs a cell for what was `wanted`."""
        with self._lock:
            if self._kernel is not None and self._executing is wanted:
                self._kernel.kill()

    def kill(self) -> None:
        """Kill all of it at once."""
        with self._lock:
            if self._trunk is not None:
                self._trunk.kill()

    # Beginning and ending

    def look(self) -> None:
        """Find out what has ended meanwhile."""
        if self._trunk is not None and self._trunk.has_ended():
            self.end()
        elif self._kernel is not None and self._kernel.has_ended():
            self.drop()

    def drop(self) -> None:
        """Kill the kernel as it is now; its snapshots stay."""
        with self._lock:
            kernel, self._kernel = self._kernel, None
        if kernel is not None:
            kernel.kill()

    def end(self) -> None:
        """End all of it, and wait until nothing is left."""
        with self._lock:
            self._kernel = None
        self._resources.close()
        with self._lock:
            self._trunk = None
        self._folders = None
        self.snapshots = []

    def start(self, job: Job, snapshot: Snapshot | None, stopped: Callable[[], bool]) -> None:
        """Be as in `snapshot`, or as before all cells.

        Raises `KernelNotStarted`, and `NoSnapshot` if there is none any more.
        """
        if self._trunk is None:
            self._start_trunk(job, stopped)
        trunk = self._trunk
        if trunk is None:
            return
        with self._lock:
            self._kernel = None
        number = None if snapshot is None else snapshot.number
        try:
            kernel = trunk.branch(number, START_LIMIT, lambda _: _kill_if(stopped, trunk))
        except (NoSnapshot, KernelNotStarted) as error:
            if snapshot is None or stopped():
                raise
            self._forget(snapshot)
            raise NoSnapshot from error
        with self._lock:
            self._kernel = kernel
        self._takes = True

    def _start_trunk(self, job: Job, stopped: Callable[[], bool]) -> None:
        server = self._server_for(job)  # for which it may have waited long
        if stopped():
            raise KernelNotStarted("nobody wants it any more")
        if server is not None:
            with contextlib.suppress(ServerUnavailable):
                self._start_trunk_from(job, server, stopped)
                return
        self._start_trunk_from(job, None, stopped)

    def _start_trunk_from(
        self, job: Job, server: KernelServer | None, stopped: Callable[[], bool]
    ) -> None:
        conditions = self._conditions
        self._resources.close()
        folders = self._resources.enter_context(folders_for(conditions, job.folder))
        trunk = Trunk(kernel_setup(folders, conditions, server), conditions.limits.output)
        self._resources.callback(trunk.close)
        with self._lock:
            self._trunk, self._folders = trunk, folders
        trunk.start(
            cwd=str(folders.working),
            env=environment(conditions, folders.home),
            timeout=START_LIMIT,
            begun=lambda: _kill_if(stopped, trunk),
        )

    # Running cells

    def prepare(self, needed: Needed, setup: str) -> None:
        """Let a cell find what it is to find; `setup` is code that is run before it.

        Raises one of `EXPECTED`.
        """
        prepared = f"{inside.prepare(needed.new + 1, needed.behind)}\n{setup}"
        if error := self._there().execute_silently(prepared, _TIME_TO_PREPARE):
            raise CellRaised(error)

    def execute(
        self, code: str, timeout: float, wanted: object, arrived: Callable[[Collected], object]
    ) -> CellError | None:
        """Run a cell, for what was `wanted`. Raises one of `EXPECTED`."""
        kernel = self._there()
        with self._lock:
            self._executing = wanted
        try:
            return kernel.execute(code, timeout, arrived)[1]
        finally:
            with self._lock:
                self._executing = None

    def conclude(self, needed: Needed) -> list[str]:
        """Keep what a cell bound; the names that it bound to the same as before it was changed."""
        told = Collected(Widgets())
        code = inside.conclude(needed.run, needed.names, needed.instead)
        if error := self._there().execute_silently(code, _TIME_TO_PREPARE, told):
            raise CellRaised(error)
        [bound] = [output["data"][inside.MIME] for output in told.outputs if "data" in output]
        return list(bound)

    def settle(self, runs: Sequence[int]) -> list[Path]:
        """Be as after all cells, whose runs these are; the project's files that were read."""
        kernel = self._there()
        kernel.execute_silently(inside.settle(runs), _TIME_TO_PREPARE)
        kernel.forget()
        if self._folders is None:
            return []
        names, _ = used(self._folders.folder / "reads", self._folders, self._conditions)
        return [self._conditions.root / name for name in names]

    def outputs(self, collected: Collected) -> tuple[Output, ...]:
        """Outputs as a run gives them."""
        merged = merge_streams(collected.outputs)
        if self._folders is None:
            return tuple(merged)
        return without_machine(merged, self._folders, self._conditions)

    def _there(self) -> Kernel:
        if self._kernel is None:
            raise RuntimeError("the kernel was not started")
        return self._kernel

    # Snapshots

    def take(self, cells: Sequence[Ran], log: Sequence[Logged]) -> None:
        """Take a snapshot before the next cell, if that is possible and there is none yet."""
        if self._trunk is None or not self._takes or not cells:
            return
        if any(one.cells == tuple(cells) for one in self.snapshots):
            return
        self._taken += 1
        self._takes = self._trunk.take(self._there(), self._taken, _TIME_TO_PREPARE)
        if self._takes:
            self.snapshots.append(Snapshot(self._taken, tuple(cells), tuple(log)))
            self.snapshots.sort(key=lambda one: one.position)
            if len(self.snapshots) > _MOST_SNAPSHOTS:
                self._forget(min(self.snapshots[:-1], key=self._gap))

    def keep_fitting(self, keys: Sequence[str]) -> None:
        """Let those snapshots end that are of no use for a post whose cells have these `keys`."""
        for snapshot in [one for one in self.snapshots if not one.fits(keys)]:
            self._forget(snapshot)

    def _forget(self, snapshot: Snapshot) -> None:
        self.snapshots.remove(snapshot)
        if self._trunk is not None:
            self._trunk.drop(snapshot.number)

    def _gap(self, snapshot: Snapshot) -> int:
        """How many cells lie between the snapshots before and after this one."""
        index = self.snapshots.index(snapshot)
        before = self.snapshots[index - 1].position if index else 0
        return self.snapshots[index + 1].position - before


def _kill_if(stopped: Callable[[], bool], trunk: Trunk) -> None:
    if stopped():
        trunk.kill()
