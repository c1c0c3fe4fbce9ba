"""The parent of a kernel, as a process of its own, with any command in the kernel's place."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from executable_posts.kernels import supervisor

SCRIPT = Path(supervisor.__file__)


def start(folder: Path, *command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(SCRIPT), str(folder), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def python(code: str) -> Sequence[str]:
    return (sys.executable, "-c", code)


def end(folder: Path) -> dict[str, int]:
    known: dict[str, int] = json.loads((folder / "end.json").read_text())
    return known


@pytest.mark.parametrize("status", [0, 3, 255])
def test_it_ends_with_the_status_of_the_kernel(tmp_path: Path, status: int) -> None:
    process = start(tmp_path, *python(f"import os; os._exit({status})"))
    assert process.wait(10) == status
    assert end(tmp_path)["exit_code"] == status
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_it_ends_by_the_signal_that_ended_the_kernel(
    tmp_path: Path, number: signal.Signals
) -> None:
    process = start(tmp_path, *python(f"import os; os.kill(os.getpid(), {int(number)})"))
    assert process.wait(10) == -number
    assert end(tmp_path)["exit_code"] == -number
    process.communicate()


def test_it_passes_signals_on(tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(7))\n"
        "print('pronto', flush=True)\ntime.sleep(60)"
    )
    process = start(tmp_path, *python(code))
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == b"pronto\n"
    process.stdin.write(bytes([signal.SIGINT]))
    process.stdin.flush()
    assert process.wait(10) == 7
    process.communicate()


def test_it_tells_the_most_memory_the_kernel_held(tmp_path: Path) -> None:
    process = start(tmp_path, *python("held = b'x' * (200 << 20)"))
    assert process.wait(10) == 0
    assert 200 <= end(tmp_path)["max_rss_kib"] / 1024 < 400
    process.communicate()


def test_a_command_that_is_not_there_is_named(tmp_path: Path) -> None:
    process = start(tmp_path, "/nada/python")
    assert process.wait(10) == 127
    assert process.communicate()[0] == b"/nada/python: No such file or directory\n"


def test_it_reads_nothing_from_the_builder_to_the_kernel(tmp_path: Path) -> None:
    process = start(tmp_path, *python("import sys; print(repr(sys.stdin.read()))"))
    assert process.wait(10) == 0
    assert process.communicate()[0] == b"''\n"


def test_once_the_builder_is_gone_so_is_everything(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "file").write_text("x")
    code = (
        "import signal, subprocess, time\n"
        "for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):\n"
        "    signal.signal(number, signal.SIG_IGN)\n"
        "subprocess.Popen(['setsid', 'sleep', '4245'])\n"
        "print('pronto', flush=True)\n"
        "while True: pass\n"
    )
    process = start(folder, *python(code))
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.readline()
    process.stdin.close()
    assert process.wait(10) == -signal.SIGKILL
    process.stdout.close()
    assert not folder.exists()
    assert not sleeping("4245")


def sleeping(seconds: str) -> bool:
    """Whether any process sleeps for so long, after it had a moment to vanish from /proc."""
    time.sleep(0.05)
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                if f"sleep\0{seconds}".encode() in (process / "cmdline").read_bytes():
                    return True
            except OSError:
                continue
    return False
