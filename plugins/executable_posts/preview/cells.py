"""What the preview and that which runs a post's cells for it say to each other.

Two things can do that: `whole_runs.WholeRuns`, which runs the whole post in a fresh kernel at each
edit, and a warm kernel for each post, which runs what an edit changed. The preview knows neither:
it makes one by a `MakeCells`, tells it of edits, and is told of `Event`s.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ..errors import Problem
from ..jobs import Conditions, Job, Run
from ..kernels.server import KernelServer
from ..plan import Plan
from ..store import Output


class CellState(StrEnum):
    """How a cell stands; the page and the terminal use these words."""

    QUEUED = "queued"
    """It is to run, and waits. What it shows is what it last gave."""
    RUNNING = "running"
    """It runs; its outputs are those that have arrived until now."""
    PROVISIONAL = "provisional"
    """It ran, or was found not to need it, in a kernel that is not fresh: no run confirms it."""
    DONE = "done"
    """A run confirms what it shows, or it ran well in a run that is still going on."""
    FAILED = "failed"
    """It raised, was killed, or took too long."""


@dataclass(frozen=True)
class Edit:
    """A post whose cells, or what they depend on, differ from what was told of it before.

    `version` counts the edits of all posts: of two, the greater is the newer. `job` is the post as
    a run needs it: cell `n` of an `Event` is ``job.cells[n - 1]`` and ``plan.cells[n - 1]``. Where
    code, setup and `may_raise` of all cells are those of the edit before, something else changed
    that the post depends on (a file that it read, a module, a setting): nothing that was computed
    before may be used. If the plan is not stale, the store has what the post shows, and nothing
    needs to run.
    """

    version: int
    plan: Plan
    job: Job

    @property
    def post(self) -> str:
        """The name of the post: ``content/posts/x.md``."""
        return self.job.path


@dataclass(frozen=True)
class CellUpdate:
    """How a cell of a post stands now. Each tells all: a lost or late one is made good by the next.

    `version` is that of the newest edit of the post that its sender knew; what is older than the
    preview's own is dropped. `cell` counts from 1. `seconds` is how long it has run, or ran;
    `None` if it did not. `outputs` are all nbformat output objects until now, streams included, as
    a run gives them: streams merged, folders of this machine taken out (`run.without_machine`);
    `None` leaves on the page what is there. `problem` says why a cell failed: its line is that of
    the post, its details the traceback, cut to the post.
    """

    post: str
    version: int
    cell: int
    state: CellState
    seconds: float | None = None
    outputs: tuple[Output, ...] | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class RunEnded:
    """A clean run of the whole post ended: it confirms what is shown, or differs, or failed.

    The preview stores a `Run` exactly as a build does, compares it with what is shown, and says
    where it differs. It is not told of a run that was cancelled.
    """

    post: str
    version: int
    result: Run | Problem


Event = CellUpdate | RunEnded

Tell = Callable[[Event], None]
"""May be called from any thread, returns at once, and raises nothing."""

ServerFor = Callable[[Job], KernelServer | None]
"""The kernel server that has imported what a job does: `None` if its kernel is to be a plain one.

Servers start in the background when the preview does. Who asks waits for the server to be ready,
and does so in a thread of its own.
"""


class PostCells(Protocol):
    """Runs the cells of all posts of a preview.

    The preview calls these from one thread; none may block for longer than it takes to hand over.
    """

    def edited(self, edit: Edit) -> None:
        """Run what `edit` asks for; what was running for an older edit of that post is cancelled.

        Cells that are not run again are told of too, as `PROVISIONAL` or `DONE`. When the author
        pauses, a clean run of the post follows by itself, at low priority: `RunEnded`.
        """

    def forget(self, post: str) -> None:
        """`post` is gone, or cannot be run as it is now: cancel its runs, end its kernels."""

    def close(self) -> None:
        """End everything within a second: kernels, threads, files. Nothing is told afterwards."""


class MakeCells(Protocol):
    """What makes the `PostCells` of a preview."""

    def __call__(
        self, conditions: Conditions, workers: int, server_for: ServerFor, tell: Tell
    ) -> PostCells:
        """Begin, with nothing running; at most `workers` posts at a time run side by side."""
