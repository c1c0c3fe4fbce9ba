"""What `invoke publish` does in a terminal: speaks, asks, and ends cleanly when it is stopped."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from executable_posts.errors import ProblemError

from .publishing import Refused, Talk, Wish, publish, rollback


class _Stopped(BaseException):
    """A signal that ends programs."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def run(settings_file: Path, wish: Wish, *, back: bool) -> int:
    """Publish, or roll back, as `wish` says; gives the exit status."""
    talk = Talk(_say, _ask)
    try:
        with _stoppable():
            (rollback if back else publish)(settings_file, wish, talk)
    except Refused as refused:
        for problem in refused.problems:
            print(problem, file=sys.stderr)
        count = len(refused.problems)
        print(f"not published: {count} problem{'' if count == 1 else 's'}", file=sys.stderr)
        return 1
    except ProblemError as error:
        print(error, file=sys.stderr)
        return 1
    except _Stopped as stopped:
        print("stopped: readers get the old version or the new one, whole", file=sys.stderr)
        return 128 + stopped.number
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _ask(question: str) -> bool | None:
    if not sys.stdin.isatty():
        return None
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False
    except _Stopped:
        print()
        raise


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let Ctrl-C, `kill` and a closed terminal all end what is done here, tidying up on the way."""

    def stop(number: int, _: FrameType | None) -> None:
        for one in before:  # once is enough: a second must not stop the tidying
            signal.signal(one, signal.SIG_IGN)
        raise _Stopped(number)

    before = {
        number: signal.signal(number, stop)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
