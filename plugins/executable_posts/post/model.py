"""The parts of a post. Every piece knows its own source text and the line it starts on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ..errors import Problem
from .options import Options

RecordedKind = Literal["text", "figure", "html", "latex"]


@dataclass(frozen=True)
class FrontMatter:
    """The metadata at the head of a source, with the line that ends it."""

    line: int
    text: str


@dataclass(frozen=True)
class Prose:
    """Text that is the author's alone: never run, never replaced."""

    line: int
    text: str


@dataclass(frozen=True)
class Fence:
    """A fenced block of code as CommonMark sees it."""

    line: int
    """Line of the opening fence, from 1."""
    line_count: int
    text: str
    """The source of the whole block, opening and closing fence included."""
    prefix: str
    """What stands before the opening fence on its line: indentation, ``> ``, a list marker."""
    info: str
    """The info string, stripped."""
    markup: str
    """The opening fence itself, such as ```` ``` ```` or ``~~~~``."""
    code: str
    """The content, without the container's prefix; lines end with ``\\n``."""
    closed: bool
    top_level: bool
    """Whether the fence stands in no list, quotation or other container."""


@dataclass(frozen=True)
class Shown:
    """A fence that is shown and not run, and why."""

    fence: Fence
    reason: str
    code: str
    """The code that a reader sees: that of the fence without its option lines."""
    options: Options = field(default_factory=Options)
    """How it is shown, if its own options say that it is not to be run."""

    @property
    def line(self) -> int:
        """Line of the opening fence."""
        return self.fence.line

    @property
    def text(self) -> str:
        """The source of the whole fence."""
        return self.fence.text


@dataclass(frozen=True)
class InlineValue:
    """An expression in the prose whose value stands there for the reader, and its line."""

    expression: str
    line: int


@dataclass(frozen=True)
class Cell:
    """A fence that is run."""

    fence: Fence
    number: int
    """Position among the cells of the post, from 1."""
    code: str
    """What is sent to the kernel: the fence's content without its option lines."""
    code_line: int
    """Line of the source on which the first line of `code` stands."""
    options: Options
    lines: tuple[int, ...] = ()
    """The line of each line of `code`, where they do not simply follow `code_line`."""
    inline: tuple[InlineValue, ...] = ()
    """The inline values in the prose between this cell and the next."""

    @property
    def line(self) -> int:
        """Line of the opening fence."""
        return self.fence.line

    @property
    def text(self) -> str:
        """The source of the whole fence."""
        return self.fence.text


@dataclass(frozen=True)
class RecordedOutput:
    """One output that nbconvert wrote into the source."""

    kind: RecordedKind
    line: int
    content: str
    """Text without its indentation; the link of a figure; the source of HTML or LaTeX."""
    proof: bool
    """Whether its form alone shows that a machine wrote it (see `recorded`)."""

    @property
    def is_traceback(self) -> bool:
        """Whether the cell raised when this was recorded."""
        return self.kind == "text" and "Traceback (most recent call last)" in self.content


@dataclass(frozen=True)
class Recorded:
    """All recorded outputs of the cell above, with the blank lines before and between them."""

    line: int
    line_count: int
    text: str
    outputs: tuple[RecordedOutput, ...]


Piece = FrontMatter | Prose | Shown | Cell | Recorded


@dataclass(frozen=True)
class Post:
    """A parsed source file.

    `runs` and `why` say whether its cells are meant to be run and what shows it; `problems` are
    the mistakes that keep it from being run.
    """

    path: str
    pieces: tuple[Piece, ...]
    metadata: Mapping[str, str]
    """The front matter's keys, in lower case, with the first value of each."""
    runs: bool
    why: str
    problems: tuple[Problem, ...] = field(default=())
    resources: tuple[tuple[str, float], ...] = ()
    """What it asks of the machine that runs it, by name."""

    @property
    def text(self) -> str:
        """The source, as it was read."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells, in order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Cell))

    def recorded(self, cell: Cell) -> tuple[RecordedOutput, ...]:
        """The recorded outputs that stand under `cell` in the source."""
        return self._recorded.get(cell.line, ())

    @cached_property
    def _recorded(self) -> Mapping[int, tuple[RecordedOutput, ...]]:
        """The recorded outputs by the line of their cell's opening fence."""
        return {
            cell.line: below.outputs
            for cell, below in zip(self.pieces, self.pieces[1:], strict=False)
            if isinstance(below, Recorded)
        }

    def may_raise(self, cell: Cell) -> bool:
        """Whether `cell` is meant to raise: by its option, else because a traceback is recorded."""
        if cell.options.error is not None:
            return cell.options.error
        return any(output.is_traceback for output in self.recorded(cell))
