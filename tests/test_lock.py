"""One build at a time, between real processes."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from executable_posts.lock import build_lock

from tests.blog import ROOT

# Says what it waits for, then that it has the lock, and gives it back at the end of its input.
HOLDER = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "plugins")!r})
from executable_posts.lock import build_lock

def say(line):
    print(line, flush=True)

with build_lock(Path(sys.argv[1]), say):
    say("held")
    sys.stdin.read()
"""

Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a process that takes the lock in the folder ``cache``."""
    processes: list[subprocess.Popen[str]] = []

    def one() -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path / "cache")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        processes.append(process)
        return process

    yield one
    for process in processes:
        with process:
            process.kill()


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def release(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait() == 0


def test_a_free_lock_is_taken_without_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(2):
        with build_lock(tmp_path / "deep" / "cache", said.append):
            held_by = (tmp_path / "deep" / "cache" / "lock").read_text(encoding="ascii")
    assert said == []
    assert held_by == f"{os.getpid()}\n"


def test_the_second_waits_and_says_for_whom(start: Start) -> None:
    first = start()
    assert line(first) == "held"
    second = start()
    assert line(second) == f"waiting for the build with process id {first.pid}"
    release(first)
    # Nothing was said in between: how long it waited makes no difference.
    assert line(second) == "held"
    third = start()
    assert line(third) == f"waiting for the build with process id {second.pid}"
    release(second)
    assert line(third) == "held"
    release(third)


def test_the_lock_of_a_killed_build_is_free(start: Start) -> None:
    first = start()
    assert line(first) == "held"
    first.kill()
    assert first.wait() == -signal.SIGKILL
    second = start()
    assert line(second) == "held"
    release(second)


def test_a_waiting_build_goes_on_when_the_holder_is_killed(start: Start) -> None:
    first = start()
    assert line(first) == "held"
    second = start()
    assert line(second).endswith(str(first.pid))
    first.kill()
    assert line(second) == "held"
    release(second)


def test_a_waiting_build_can_be_interrupted(start: Start) -> None:
    first = start()
    assert line(first) == "held"
    second = start()
    assert line(second).startswith("waiting")
    second.send_signal(signal.SIGINT)
    assert second.wait() != 0
    release(first)


def test_an_error_inside_gives_the_lock_back(tmp_path: Path, start: Start) -> None:
    def fail() -> None:
        with build_lock(tmp_path / "cache", lambda _: None):
            raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        fail()
    other = start()
    assert line(other) == "held"
    release(other)


def test_two_threads_of_one_process_wait_for_each_other(tmp_path: Path) -> None:
    said: list[str] = []
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        def announce(text: str) -> None:
            said.append(text)
            waiting.set()

        with build_lock(tmp_path, announce):
            order.append("second")

    thread = threading.Thread(target=second)
    with build_lock(tmp_path, said.append):
        thread.start()
        assert waiting.wait(timeout=60)
        order.append("first")
    thread.join(timeout=60)
    assert order == ["first", "second"]
    assert said == [f"waiting for the build with process id {os.getpid()}"]
