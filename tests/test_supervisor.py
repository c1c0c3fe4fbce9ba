"""The parent of a kernel, as a process of its own, with any command in the kernel's place."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from executable_posts.kernels.supervised import KernelEnd, Supervised, start_supervised
from executable_posts.kernels.supervisor import Bounds

GENEROUS = Bounds(processes=100, memory=2**32, disk=2**32)


@dataclass
class Started:
    """A command under a supervisor, and the file to which both write."""

    process: Supervised
    log: Path

    def said(self, text: str) -> None:
        """Wait until it has written `text`."""
        while text not in self.log.read_text():
            assert self.process.poll() is None
            time.sleep(0.01)

    def end(self) -> KernelEnd:
        """Wait until it has ended."""
        self.process.wait(20)
        assert self.process.end is not None
        return self.process.end


def start(folder: Path, *command: str, bounds: Bounds = GENEROUS) -> Started:
    log = folder.with_suffix(".log")
    folder.mkdir(exist_ok=True)
    with log.open("wb") as file:
        process = start_supervised(
            command, folder=folder, bounds=bounds, log=file, cwd=str(folder), env=dict(os.environ)
        )
    return Started(process, log)


def python(code: str) -> Sequence[str]:
    return (sys.executable, "-c", code)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.mark.parametrize("status", [0, 3, 255])
def test_it_tells_the_status_of_the_kernel(folder: Path, status: int) -> None:
    assert start(folder, *python(f"import os; os._exit({status})")).end().exit_code == status


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_it_tells_the_signal_that_ended_the_kernel(folder: Path, number: signal.Signals) -> None:
    ended = start(folder, *python(f"import os; os.kill(os.getpid(), {int(number)})")).end()
    assert ended.exit_code == -number
    assert ended.exceeded is None


def test_it_passes_signals_on(folder: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(7))\n"
        "print('pronto', flush=True)\ntime.sleep(60)"
    )
    started = start(folder, *python(code))
    started.said("pronto")
    assert started.process.poll() is None
    assert started.process.wait(0.05) is None
    started.process.send_signal(signal.SIGINT)
    assert started.end().exit_code == 7


def test_signals_to_what_has_ended_are_no_error(folder: Path) -> None:
    started = start(folder, *python(""))
    assert started.end().exit_code == 0
    started.process.send_signal(signal.SIGKILL)
    assert started.process.wait() == 0


def test_it_tells_the_most_memory_the_kernel_held(folder: Path) -> None:
    ended = start(folder, *python("held = b'x' * (200 << 20)")).end()
    assert 200 <= ended.largest / 2**20 < 400


def test_it_tells_what_all_processes_hold_when_it_is_told_to_end_them(folder: Path) -> None:
    code = (
        "import os, time\nheld = bytearray(b'x' * (100 << 20))\n"
        "if os.fork() == 0: held[:] = b'y' * len(held); print('pronto', flush=True)\n"
        "time.sleep(60)"
    )
    started = start(folder, *python(code))
    started.said("pronto")
    started.process.send_signal(signal.SIGKILL)
    ended = started.end()
    assert ended.exit_code == -signal.SIGKILL
    assert 200 <= ended.memory / 2**20 < 450


def test_a_command_that_is_not_there_is_named(folder: Path) -> None:
    started = start(folder, "/nada/python")
    assert started.end().exit_code == 127
    assert started.log.read_text() == "/nada/python: No such file or directory\n"


def test_it_reads_nothing_from_the_builder_to_the_kernel(folder: Path) -> None:
    started = start(folder, *python("import sys; print(repr(sys.stdin.read()))"))
    assert started.end().exit_code == 0
    assert started.log.read_text() == "''\n"


def test_once_the_builder_is_gone_so_is_everything(folder: Path) -> None:
    code = (
        "import signal, subprocess, time\n"
        "for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):\n"
        "    signal.signal(number, signal.SIG_IGN)\n"
        "subprocess.Popen(['setsid', 'sleep', '4245'])\n"
        "print('pronto', flush=True)\n"
        "while True: pass\n"
    )
    started = start(folder, *python(code))
    (folder / "file").write_text("x")
    started.said("pronto")
    started.process.abandon()
    deadline = time.monotonic() + 10
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not folder.exists()
    assert not sleeping("4245")


def test_once_the_supervisor_is_killed_its_kernel_is_dead(folder: Path) -> None:
    started = start(folder, *python("import time; print('pronto', flush=True); time.sleep(4246)"))
    started.said("pronto")
    [supervisor] = supervisors_of(folder)
    os.kill(supervisor, signal.SIGKILL)
    assert started.end().exit_code == -signal.SIGKILL
    assert not sleeping("4246")


# Each ends by itself after a second: should the test fail, the machine is to survive it.
FORK_BOMB = (
    "import os, time\nend = time.monotonic() + 1\nwhile time.monotonic() < end:\n"
    "    try: os.fork()\n    except OSError: pass\n"
)
BOMB_OF_SESSIONS = FORK_BOMB.replace("os.fork()", "os.fork() or os.setsid()")
HOARDER = "held = []\nwhile True: held.append(b'x' * (8 << 20))\n"
FAMILY_OF_HOARDERS = (
    "import os, time\n"
    "for _ in range(4):\n    if os.fork() == 0: break\n"
    "held = b'x' * (60 << 20)\ntime.sleep(60)\n"
)
WRITER = (
    "import time\nfile = open('grande', 'wb')\n"
    "for _ in range(40): file.write(b'x' * (1 << 20))\nfile.flush()\ntime.sleep(60)\n"
)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what processes use")
@pytest.mark.parametrize(
    ("bounds", "code", "exceeded"),
    [
        (GENEROUS._replace(processes=30), FORK_BOMB, "processes"),
        (GENEROUS._replace(processes=30), BOMB_OF_SESSIONS, "processes"),
        (GENEROUS._replace(memory=150 << 20), HOARDER, "memory"),
        (GENEROUS._replace(memory=150 << 20), FAMILY_OF_HOARDERS, "memory"),
        (GENEROUS._replace(disk=20 << 20), WRITER, "disk"),
    ],
    ids=[
        "processes",
        "processes in sessions of their own",
        "memory",
        "memory of all together",
        "files",
    ],
)
def test_who_exceeds_a_bound_is_ended(
    folder: Path, bounds: Bounds, code: str, exceeded: str
) -> None:
    before = count_processes()
    ended = start(folder, *python(code), bounds=bounds).end()
    assert ended.exceeded == exceeded
    assert ended.exit_code == -signal.SIGKILL
    assert count_processes() <= before + 5


def test_what_is_left_in_shared_memory_is_removed(folder: Path) -> None:
    code = (
        "import os, time\nfrom multiprocessing.shared_memory import SharedMemory\n"
        "shared = SharedMemory(create=True, size=100)\nprint(shared.name, flush=True)\n"
        "time.sleep(60)"
    )
    started = start(folder, *python(code))
    started.said("\n")
    name = started.log.read_text().strip()
    assert Path("/dev/shm", name).exists()
    started.process.send_signal(signal.SIGKILL)
    started.end()
    assert not Path("/dev/shm", name).exists()


def supervisors_of(folder: Path) -> list[int]:
    wanted = b"supervisor.py\0" + str(folder).encode()
    found = []
    for entry in Path("/proc").iterdir():
        # Others end while they are looked at.
        with contextlib.suppress(OSError):
            if entry.name.isdecimal() and wanted in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def count_processes() -> int:
    return sum(entry.name.isdecimal() for entry in Path("/proc").iterdir())


def sleeping(seconds: str) -> bool:
    """Whether any process sleeps for so long, after it had a moment to vanish from /proc."""
    time.sleep(0.05)
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                if f"sleep\0{seconds}".encode() in (process / "cmdline").read_bytes():
                    return True
                if f"sleep({seconds})".encode() in (process / "cmdline").read_bytes():
                    return True
            except OSError:
                continue
    return False
