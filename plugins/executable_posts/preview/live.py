"""What is shown of cells that no run confirms yet: how each stands, and what it has put out."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..errors import Problem
from ..jobs import Job, Run
from ..outputs import comparable
from ..store import Output
from .cells import CellState, CellUpdate
from .posts import NOTHING, Shown

_ENDED_WELL = {CellState.PROVISIONAL, CellState.DONE}


@dataclass(frozen=True)
class LiveCell:
    """A cell as it was last told of, at the time `at` of the monotonic clock.

    `good` is what it put out when it last ran to its end and was not stored.
    """

    state: CellState
    seconds: float | None
    outputs: tuple[Output, ...] | None
    problem: Problem | None
    at: float
    good: tuple[Output, ...] | None = None

    @property
    def shown(self) -> tuple[Output, ...] | None:
        """What its page shows of it in place of what is stored; `None` if that is to be shown."""
        return self.good if self.state is CellState.FAILED else self.outputs

    def seconds_now(self) -> float | None:
        """How long it has run until now, or ran."""
        if self.state is CellState.RUNNING and self.seconds is not None:
            return self.seconds + time.monotonic() - self.at
        return self.seconds


@dataclass(frozen=True)
class LivePost:
    """A post since it was last edited; `before` is what differing cells showed before their run."""

    version: int
    job: Job
    reasons: tuple[str, ...]
    cells: Mapping[int, LiveCell] = field(default_factory=dict)
    failed: Problem | None = None
    before: Mapping[int, tuple[Output, ...]] = field(default_factory=dict)

    def updated(self, update: CellUpdate) -> "LivePost":
        """As `update`, which is for this version, tells."""
        known = self.cells.get(update.cell)
        outputs = update.outputs
        begins = update.state is CellState.RUNNING and not outputs
        if outputs is None or begins:  # what was there stays until there is something else
            outputs = known.outputs if known else None
        now = time.monotonic()
        good = outputs if update.state in _ENDED_WELL else known.good if known else None
        cell = LiveCell(update.state, update.seconds, outputs, update.problem, now, good)
        failed = update.problem if update.state is CellState.FAILED else self.failed
        return replace(self, cells={**self.cells, update.cell: cell}, failed=failed)

    def failing(self, problem: Problem) -> "LivePost":
        """A run of it failed; cells that waited for it wait no longer."""
        known = {
            number: cell
            for number, cell in self.cells.items()
            if cell.state not in {CellState.QUEUED, CellState.RUNNING}
        }
        if not any(cell.state is CellState.FAILED for cell in known.values()) and problem.line:
            number = _cell_at(self.job, problem.line)
            before = self.cells.get(number)
            good = before.good if before else None
            now = time.monotonic()
            known[number] = LiveCell(CellState.FAILED, None, None, problem, now, good)
        return replace(self, cells=known, failed=problem)

    def confirmed(self, run: Run) -> "LivePost":
        """A run gave `run`, which is stored now: what it gave is no longer beside the store."""
        differing = {
            number: cell.outputs
            for number, cell in self.cells.items()
            if cell.state is CellState.PROVISIONAL
            and cell.outputs is not None
            and comparable(cell.outputs) != comparable(run.cells[number - 1].outputs)
        }
        now = time.monotonic()
        cells = {
            number: LiveCell(CellState.DONE, result.seconds, None, None, now)
            for number, result in enumerate(run.cells, start=1)
        }
        return replace(self, reasons=(), cells=cells, failed=None, before=differing)

    @property
    def shown(self) -> Shown:
        """What its page shows in place of what is stored."""
        outputs = {
            number: cell.shown for number, cell in self.cells.items() if cell.shown is not None
        }
        return Shown(outputs, self.failed is not None) if outputs or self.failed else NOTHING


def edited(before: LivePost | None, version: int, job: Job, reasons: tuple[str, ...]) -> LivePost:
    """A post that is `before` until now and becomes `job`: what its cells show stays with them.

    So it does with a cell that is written anew in the place of another.
    """
    if before is None:
        return LivePost(version, job, reasons)
    old = [cell.code for cell in before.job.cells]
    new = [cell.code for cell in job.cells]
    shown = {number: cell for number, cell in before.cells.items() if cell.shown is not None}
    by_code = {old[number - 1]: cell for number, cell in shown.items()}
    in_place = {number: cell for number, cell in shown.items() if old[number - 1] not in new}
    cells = {}
    for number, code in enumerate(new, start=1):
        cell = by_code.get(code) if code in old else in_place.get(number)
        if cell is not None:
            cells[number] = replace(cell, state=CellState.QUEUED, outputs=cell.shown, problem=None)
    return LivePost(version, job, reasons, cells)


def signature(job: Job) -> tuple[tuple[str, str, bool], ...]:
    """What of `job` decides what it computes."""
    return tuple((cell.code, cell.setup, cell.may_raise) for cell in job.cells)


def _cell_at(job: Job, line: int) -> int:
    """The number of the cell that `line` of the post is in, or is next above it."""
    return max((n for n, cell in enumerate(job.cells, 1) if cell.line <= line + 1), default=1)
