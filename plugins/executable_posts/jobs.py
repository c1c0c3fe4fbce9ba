"""What is to be run and what running it gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .kernels.inside.plan import Dataset
from .limits import DEFAULT, Limits
from .store import Output


@dataclass(frozen=True)
class JobCell:
    """A cell to be run: its code, the line of the source it starts on, whether it may raise.

    `lines` has the line of each line of the code, where they do not simply follow the first;
    `setup` is code of ours that is run, silently, before the cell.
    """

    code: str
    line: int
    may_raise: bool
    timeout: float
    lines: tuple[int, ...] = ()
    setup: str = ""

    def place(self, row: int) -> int:
        """The line of the source on which `row`, a line of the code from 0, stands."""
        return self.lines[row] if row < len(self.lines) else self.line + row


@dataclass(frozen=True)
class Job:
    """One post to be run: how messages name it, the folder it lies in, its cells.

    `memory` (bytes) and `seconds` are what it needed when it last ran; `None` if it never did.
    `resources` is what it asks of a machine, by name: ``{"GPU": 1}``.
    `keep` are the files, from that folder, whose content is kept if a cell writes them.
    """

    path: str
    folder: Path
    cells: tuple[JobCell, ...]
    memory: int | None = None
    seconds: float | None = None
    resources: tuple[tuple[str, float], ...] = ()
    keep: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conditions:
    """What all runs of a build have in common.

    `root` is the project's folder, `content` the content folder in it, `cache` a folder that
    survives the run, `environment` the names of variables that pass beside the usual ones.
    `writable` are folders outside of its own in which a run may write; without `network` it
    reaches nobody. `forked` says that kernels may come from a kernel server.
    """

    root: Path
    content: Path
    cache: Path
    threads: int
    timezone: str
    limits: Limits = DEFAULT
    network: bool = True
    forked: bool = True
    writable: tuple[Path, ...] = ()
    environment: tuple[str, ...] = ()
    datasets: Mapping[str, Dataset] = field(default_factory=dict)


@dataclass(frozen=True)
class CellResult:
    """What running a cell gave, in seconds and nbformat output objects."""

    outputs: tuple[Output, ...]
    seconds: float
    execution_count: int


@dataclass(frozen=True)
class Run:
    """One clean execution of all cells of a post.

    `files` are the project's files that it read, `modules` the top-level modules it imported,
    `memory` the most bytes that its processes held together, `saved` those of the files to be kept
    that it wrote.
    """

    cells: tuple[CellResult, ...]
    files: tuple[str, ...]
    modules: tuple[str, ...]
    memory: int = 0
    saved: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Started:
    """A cell that begins to run: the `number`-th of `count`, on `line` of the post `path`."""

    path: str
    line: int
    number: int
    count: int


Progress = Callable[[Started], None]
