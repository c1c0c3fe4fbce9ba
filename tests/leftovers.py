"""What a run must not leave behind: processes, threads, descriptors, files, sockets."""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from executable_posts.kernels.supervisor import descendants

_TIME_TO_VANISH = 5.0
_SHARED_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Left:
    """What there is of each kind, by its name."""

    processes: frozenset[str]
    threads: frozenset[str]
    descriptors: int
    files: frozenset[str]

    def beyond(self, before: "Left") -> str:
        """What has come since `before`, in words; nothing if nothing has."""
        new = [
            *sorted(self.processes - before.processes),
            *sorted(self.threads - before.threads),
            *sorted(self.files - before.files),
        ]
        if self.descriptors > before.descriptors:
            new.append(f"{self.descriptors - before.descriptors} descriptors")
        return "; ".join(new)


@contextmanager
def nothing_left() -> Iterator[Path]:
    """Fail if what is done meanwhile leaves anything; gives the temporary folder of its runs."""
    usual = tempfile.tempdir
    # Its own, since others use the usual one too; a short name, since sockets lie in it.
    with tempfile.TemporaryDirectory(prefix="left-") as name:
        folder = Path(name)
        before = _look(folder)
        tempfile.tempdir = name
        try:
            yield folder
        finally:
            tempfile.tempdir = usual
        wait_until(lambda: not _look(folder).beyond(before), lambda: _look(folder).beyond(before))


def wait_until(
    condition: Callable[[], bool], what: Callable[[], str], seconds: float = _TIME_TO_VANISH
) -> None:
    """Wait for `condition`, and fail with `what` it is if it does not come to be."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what()
        time.sleep(0.02)


def _look(folder: Path) -> Left:
    return Left(
        frozenset(map(_named, {*descendants(os.getpid()), *processes_in(folder)})),
        frozenset(thread.name for thread in threading.enumerate()),
        sum(1 for _ in Path("/proc/self/fd").iterdir()),
        frozenset(map(str, [*folder.rglob("*"), *_unused_shared_memory()])),
    )


def _unused_shared_memory() -> list[Path]:
    """Files in /dev/shm that no process has in its memory: what others use is no leftover.

    Nor is what bears the number of a process that lives, as joblib's folders do. Semaphores are
    left out, since processes that are not ours leave them there for seconds.
    """
    if not _SHARED_MEMORY.is_dir():
        return []
    files = [file for file in _SHARED_MEMORY.iterdir() if not file.name.startswith("sem.")]
    used = b""
    for process in Path("/proc").iterdir() if files else ():
        if process.name.isdecimal():
            with suppress(OSError):
                used += (process / "maps").read_bytes()
    return [file for file in files if os.fsencode(file) not in used and not _is_of_a_process(file)]


def _is_of_a_process(file: Path) -> bool:
    """Whether a part of the file's name is the number of a process that lives."""
    numbers = filter(str.isdecimal, file.name.split("_"))
    return any(Path("/proc", number).exists() for number in numbers)


def processes_in(folder: Path) -> list[int]:
    """All processes that have `folder` in their environment, command or working folder."""
    name = os.fsencode(folder)
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and process.name != str(os.getpid()):
            try:
                texts = [(process / file).read_bytes() for file in ("environ", "cmdline")]
                texts.append(os.fsencode((process / "cwd").readlink()))
            except OSError:  # it has ended, or is another user's
                continue
            if any(name in text for text in texts):
                found.append(int(process.name))
    return found


def _named(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        command = ""
    return f"process {pid} {command[:200]}"


def own_memory() -> int:
    """Bytes that this process holds itself, without what is mapped from files (RssAnon)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("RssAnon:")]
    return int(line.split()[1]) * 1024


@contextmanager
def most_memory() -> Iterator[list[int]]:
    """By how many bytes this process grew at most meanwhile: the only item of the list, at last."""
    begin = own_memory()
    most = [0]
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.01):
            most[0] = max(most[0], own_memory() - begin)

    thread = threading.Thread(target=look, name="looks at the memory")
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()
