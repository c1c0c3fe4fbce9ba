"""Running a command to its end: its time, its memory, and what it leaves running. Linux only.

All processes below this one are taken for the command's, and all that the processors do for others
than this process: nothing else may run there, nor on this machine.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_WEIGHED_EVERY = 0.5
_GRACE = 1.0


@dataclass(frozen=True)
class Outcome:
    """How a run went.

    `cpu` is the seconds that the processors worked for it.
    `memory` is the most that all its processes had at a time, in bytes, what they share counted
    once; 0 if it was not weighed. `left` is how many processes were there a second after its end;
    `problem` is empty if all went well.
    """

    seconds: float
    cpu: float
    memory: int
    left: int
    problem: str


def adopt_orphans() -> None:
    """Let processes whose parent has died become children of this one, so that it sees them."""
    if ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("this system cannot say which processes a program leaves behind")


def run(
    commands: Sequence[Sequence[str]],
    folder: Path,
    environment: Mapping[str, str],
    *,
    limit: float,
    weigh: bool,
) -> Outcome:
    """Run `commands` one after the other in `folder`, for at most `limit` seconds in all.

    Ends whatever they leave running. To weigh them costs some time itself (10 ms a process and
    half second).
    """
    adopt_orphans()
    log = folder.with_name(f"{folder.name}.log")
    scale = _Scale()
    if weigh:
        scale.start()
    before = _cpu()
    start = time.perf_counter()
    problem = ""
    try:
        with log.open("wb") as file:
            for command in commands:
                rest = start + limit - time.perf_counter()
                problem = problem or _run(command, folder, environment, file.fileno(), rest)
        seconds = time.perf_counter() - start
    finally:
        scale.stop()
        left = _end_the_rest()
    if problem:
        problem = f"{problem}: {_last_line(log)}".removesuffix(": ")
    return Outcome(seconds, _cpu() - before, scale.most, left, problem)


def _cpu() -> float:
    """The seconds that all processors have worked for others than this process (proc_stat(5)).

    Those of children that have ended are too few: in them is nothing that ended without being
    waited for, and so none of the kernels of our own server.
    """
    user, nice, system, _idle, _waiting, irq, soft_irq = (
        int(ticks) for ticks in Path("/proc/stat").read_text(encoding="ascii").split()[1:8]
    )
    own = os.times()
    worked = (user + nice + system + irq + soft_irq) / os.sysconf("SC_CLK_TCK")
    return worked - own.user - own.system


def _run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], output: int, limit: float
) -> str:
    """What went wrong with one command, in words."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )
    try:
        status = process.wait(limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return f"stopped after {limit:.0f} s"
    return f"exit status {status}" if status else ""


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")


class _Scale:
    """Weighs all that runs below this process, until stopped."""

    def __init__(self) -> None:
        self.most = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._weigh)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _weigh(self) -> None:
        while not self._stopped.wait(_WEIGHED_EVERY):
            self.most = max(self.most, sum(_memory(pid) for pid in descendants()))


def descendants() -> list[int]:
    """The processes below this one that have not ended."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # Behind the program's name, which may hold anything.
            state, parent, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if state != "Z":
            children.setdefault(int(parent), []).append(int(folder.name))
    found = list(children.get(os.getpid(), []))
    for pid in found:
        found += children.get(pid, [])
    return found


def _memory(pid: int) -> int:
    """The proportional set size of a process, in bytes."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _end_the_rest() -> int:
    """Kill what is still there after a second; returns how many processes that were."""
    deadline = time.monotonic() + _GRACE
    while (left := descendants()) and time.monotonic() < deadline:
        time.sleep(0.05)
    count = len(left)
    while left:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
        left = descendants()
    _reap()
    return count


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
