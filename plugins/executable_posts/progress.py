"""What a person sees while posts run: a live view in a terminal, plain lines elsewhere.

Events come from the threads that run posts, as they happen; nothing here decides anything.
"""

import io
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Protocol, TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from .wording import count, duration, fit

_REFRESHES = 5
"""How often a second the live view is drawn."""

_SHORTEST_PATH = 10
"""Columns that a path keeps in the narrowest terminal; the end of the line is cut off for it."""


@dataclass(frozen=True)
class Expected:
    """A post that is to be run, and why; `seconds` is what its cells took when they last ran.

    `seconds` is `None` for a post that never ran.
    """

    path: str
    cells: int
    seconds: float | None
    why: str


class Progress(Protocol):
    """Is told what happens while posts run; every method may be called from any thread."""

    def begin(self, posts: Sequence[Expected]) -> None:
        """These posts are now to be run; called once, before all others but `note`."""

    def cell_started(self, path: str, line: int, number: int, cells: int) -> None:
        """The `number`-th of the `cells` of `path` begins, on `line`; the first begins the post."""

    def post_ended(self, path: str, *, failed: bool) -> None:
        """Nothing of `path` runs any more."""

    def note(self, line: str) -> None:
        """Say `line`, whatever else is shown."""

    def end(self) -> None:
        """No event follows; also after an exception, and also if nothing began."""


@dataclass(frozen=True)
class Running:
    """A post that is running now, and its cell; times are those of one clock, in seconds."""

    post: Expected
    began: float
    line: int
    number: int
    cells: int
    cell_began: float


@dataclass(frozen=True)
class Now:
    """Where things stand: posts waiting, running and ended, the last with the cells they had.

    `abreast` is how many posts ran side by side at most until now.
    """

    time: float
    began: float
    waiting: tuple[Expected, ...]
    running: tuple[Running, ...]
    ended: tuple[Expected, ...]
    failed: int
    abreast: int

    @property
    def posts(self) -> tuple[Expected, ...]:
        """All posts, whatever their state."""
        return (*self.waiting, *(one.post for one in self.running), *self.ended)


def time_left(now: Now) -> float | None:
    """Seconds until all posts have ended, as far as stored durations tell; else `None`.

    A post that never ran is taken for a mean one. A post that takes longer than it did adds
    nothing: so an estimate that has run out is no estimate.
    """
    known = [post.seconds for post in now.posts if post.seconds is not None]
    if not known:
        return None
    mean = sum(known) / len(known)

    def whole(post: Expected) -> float:
        return mean if post.seconds is None else post.seconds

    each = [whole(post) for post in now.waiting]
    each += [max(0.0, whole(one.post) - (now.time - one.began)) for one in now.running]
    if not any(each):
        return None
    # No schedule is shorter than its longest post, nor than all work evenly spread.
    return max(*each, sum(each) / max(1, min(now.abreast, len(each))))


def view(now: Now, width: int) -> list[str]:
    """The lines of the live view, for a terminal of `width` columns: the sum, then what runs."""
    posts, cells = len(now.posts), sum(post.cells for post in now.posts)
    done = sum(post.cells for post in now.ended) + sum(one.number - 1 for one in now.running)
    parts = [
        f"{len(now.ended)}/{count(posts, 'post')}",
        f"{done}/{count(cells, 'cell')}",
        duration(now.time - now.began),
    ]
    if now.failed:
        parts.insert(1, f"{now.failed} failed")
    left = time_left(now)
    if left is not None and left >= 1:
        parts.append(f"about {duration(left)} left")
    return [
        *wrap(", ".join(parts), width),
        *(_running_line(one, now, width) for one in now.running),
    ]


def _running_line(one: Running, now: Now, width: int) -> str:
    cell = f"cell {one.number} of {one.cells}, line {one.line}"
    rest = f": {cell}, {duration(now.time - one.cell_began)}"
    return f"{fit(one.post.path, max(_SHORTEST_PATH, width - len(rest)))}{rest}"[:width]


def started_line(post: Expected) -> str:
    """What is said once when `post` begins."""
    last = "" if post.seconds is None else f", {duration(post.seconds)} last time"
    return f"running {post.path} ({count(post.cells, 'cell')}{last}): {post.why}"


def ended_line(path: str, seconds: float | None, *, failed: bool) -> str:
    """What is said once when `path` has ended; `seconds` is `None` if no cell of it began."""
    took = "" if seconds is None else f" ({duration(seconds)})"
    return f"{'FAILED' if failed else 'ran'} {path}{took}"


class Board:
    """What has happened so far; safe to be told and asked by several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[str, Expected] = {}
        self._running: dict[str, Running] = {}
        self._ended: list[Expected] = []
        self._failed = 0
        self._abreast = 0
        self._began = clock()

    def begin(self, posts: Sequence[Expected]) -> None:
        """The `posts` are waiting; time begins to count."""
        with self._lock:
            self._waiting = {post.path: post for post in posts}
            self._began = self._clock()

    def cell_started(self, path: str, line: int, number: int, cells: int) -> Expected | None:
        """The post, if it is now that it begins to run."""
        with self._lock:
            time = self._clock()
            one = self._running.get(path)
            if one is not None:
                self._running[path] = replace(
                    one, line=line, number=number, cells=cells, cell_began=time
                )
                return None
            post = self._waiting.pop(path)
            self._running[path] = Running(post, time, line, number, cells, time)
            self._abreast = max(self._abreast, len(self._running))
            return post

    def post_ended(self, path: str, *, failed: bool) -> float | None:
        """How long the post ran, in seconds; `None` if it never began."""
        with self._lock:
            self._failed += failed
            one = self._running.pop(path, None)
            if one is None:
                self._ended.append(self._waiting.pop(path))
                return None
            self._ended.append(one.post)
            return self._clock() - one.began

    def now(self) -> Now:
        """Where things stand at this moment."""
        with self._lock:
            return Now(
                time=self._clock(),
                began=self._began,
                waiting=tuple(self._waiting.values()),
                running=tuple(self._running.values()),
                ended=tuple(self._ended),
                failed=self._failed,
                abreast=self._abreast,
            )


class QuietProgress:
    """Nothing is shown."""

    def begin(self, posts: Sequence[Expected]) -> None:
        """Say nothing."""

    def cell_started(self, path: str, line: int, number: int, cells: int) -> None:
        """Say nothing."""

    def post_ended(self, path: str, *, failed: bool) -> None:
        """Say nothing."""

    def note(self, line: str) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Say nothing."""


class LineProgress:
    """A line when a post begins and a line when it ends, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._board = Board()

    def begin(self, posts: Sequence[Expected]) -> None:
        """Know the `posts`."""
        self._board.begin(posts)

    def cell_started(self, path: str, line: int, number: int, cells: int) -> None:
        """Say that a post began, if one did."""
        post = self._board.cell_started(path, line, number, cells)
        if post is not None:
            self.note(started_line(post))

    def post_ended(self, path: str, *, failed: bool) -> None:
        """Say that a post ended, how, and after how long."""
        self.note(ended_line(path, self._board.post_ended(path, failed=failed), failed=failed))

    def note(self, line: str) -> None:
        """Print `line` whole, in one piece."""
        _print(self._console, line)

    def end(self) -> None:
        """Leave it at that."""


class LiveProgress:
    """A view below all other lines that is drawn anew while posts run, and then removed.

    What stays on the screen is a line for each post that began, since it says why, and for each
    that failed.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._board = Board()
        # Another live view on the same console, like Pelican's own, takes this one into it.
        self._live = Live(
            _View(self._board), console=console, refresh_per_second=_REFRESHES, transient=True
        )

    def begin(self, posts: Sequence[Expected]) -> None:
        """Show the view, with the `posts` waiting."""
        self._board.begin(posts)
        self._live.start(refresh=True)

    def cell_started(self, path: str, line: int, number: int, cells: int) -> None:
        """Have it in the view from the next time on that it is drawn."""
        post = self._board.cell_started(path, line, number, cells)
        if post is not None:
            self.note(started_line(post))

    def post_ended(self, path: str, *, failed: bool) -> None:
        """Have it out of the view; a failure is said at once."""
        seconds = self._board.post_ended(path, failed=failed)
        if failed:
            self.note(ended_line(path, seconds, failed=True))

    def note(self, line: str) -> None:
        """Print `line` above the view."""
        # Never with the board's lock held: who draws holds the view's, and asks the board. And that
        # one must be held, or a drawing comes between how far up to go and what is written there.
        with self._live._lock:
            _print(self._console, line)

    def end(self) -> None:
        """Remove the view and give the cursor back."""
        self._live.stop()


@dataclass(frozen=True)
class _View:
    """The board as something that rich draws."""

    board: Board

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        for line in view(self.board.now(), options.max_width):
            yield Text(line, no_wrap=True, overflow="crop")


def _print(console: Console, line: str) -> None:
    # As text, since a path may look like markup; soft, since lines are kept whole for grep.
    console.print(Text(line), soft_wrap=True)


def progress_for(console: Console, *, quiet: bool) -> Progress:
    """The kind that suits `console`: the live one for a terminal that can move its cursor.

    `console` must be the one that all who write to this terminal use.
    """
    if quiet:
        return QuietProgress()
    # Asked of the file: FORCE_COLOR makes rich take a log for a terminal.
    if console.is_interactive and console.file.isatty():
        return LiveProgress(console)
    return LineProgress(console)


def print_what_can_be(stream: TextIO) -> None:
    """Let `stream` write a question mark for a character that its encoding does not have.

    Otherwise a terminal that is not UTF-8 ends the build, and that at Pelican's own spinner.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
