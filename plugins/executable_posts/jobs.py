"""What is to be run and what running it gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .kernels.inside.plan import Dataset
from .store import Output


@dataclass(frozen=True)
class JobCell:
    """A cell to be run: its code, the line of the source it starts on, whether it may raise.

    `lines` has the line of each line of the code, where they do not simply follow the first.
    `setup` is code that is executed before it and of which nothing is seen.
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

    `keep` are the files, from that folder, whose content is kept if a cell writes them.
    """

    path: str
    folder: Path
    cells: tuple[JobCell, ...]
    keep: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conditions:
    """What all runs of a build have in common.

    `root` is the project's folder, `content` the content folder in it, `cache` a folder that
    survives the run, `environment` the names of variables that pass beside the usual ones.
    """

    root: Path
    content: Path
    cache: Path
    threads: int
    timezone: str
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
    `saved` those of the files to be kept that it wrote.
    """

    cells: tuple[CellResult, ...]
    files: tuple[str, ...]
    modules: tuple[str, ...]
    saved: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Started:
    """A cell that begins to run: the `number`-th of `count`, on `line` of the post `path`."""

    path: str
    line: int
    number: int
    count: int


Progress = Callable[[Started], None]
