"""Cells that do not end, that end their kernel, or that take too much: what is said of them."""

import sys

import pytest

from tests.leftovers import most_memory
from tests.running import Bench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits are Linux's")

ENDLESS = {
    "a loop": "while True: pass",
    "a loop that prints": "while True: print('spam')",
    "sleep": "import time\ntime.sleep(4300)",
    "an ignored SIGINT": (
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "while True:\n    try: time.sleep(4301)\n    except BaseException: pass"
    ),
    "all signals blocked": (
        "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "time.sleep(4302)"
    ),
    "a power in C that holds the GIL": "x = 3 ** (10 ** 9)",
    "a regular expression that holds the GIL": "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
    "a stopped process": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "a wait for a child that waits": (
        "import os, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(4303)\nos.wait()"
    ),
    "a lock that is held twice": "import threading\na = threading.Lock(); a.acquire(); a.acquire()",
    "a system call that waits": "import os\nr, w = os.pipe()\nos.read(r, 1)",
    "top-level await": "import asyncio\nawait asyncio.sleep(4304)",
}


@pytest.mark.parametrize("code", ENDLESS.values(), ids=ENDLESS.keys())
def test_a_cell_that_does_not_end_is_ended(hostile: Bench, code: str) -> None:
    assert hostile.problem(code, timeout=1) == (
        "content/posts/x.md:10: cell 1 of 1: did not end within 1 s; allow it more with "
        "`#| timeout: SECONDS` at its top or EXECUTE_TIMEOUT in the settings"
    )


def test_all_cells_together_have_a_limit(hostile: Bench) -> None:
    hostile.limit(seconds=1)
    assert hostile.problem("import time", "time.sleep(0.6)", "time.sleep(0.6)") == (
        "content/posts/x.md:30: cell 3 of 3: all cells together did not end within 1 s; allow "
        "them more with EXECUTE_RUN_TIMEOUT in the settings"
    )


DEADLY = {
    "os._exit": ("import os\nos._exit(3)", "ended by itself with exit status 3"),
    "os._exit(0)": ("import os\nos._exit(0)", "ended by itself with exit status 0"),
    "segfault": ("import ctypes\nctypes.string_at(0)", "was killed by SIGSEGV"),
    "faulthandler": (
        "import faulthandler\nfaulthandler.enable()\nfaulthandler._sigsegv()",
        "was killed by SIGSEGV",
    ),
    "abort": ("import os\nos.abort()", "was killed by SIGABRT"),
    "kill -9": (
        "import os\nos.kill(os.getpid(), 9)",
        "was killed by SIGKILL (out of memory?)",
    ),
    "kill -9 of the group": (
        "import os\nos.killpg(0, 9)",
        "was killed by SIGKILL (out of memory?)",
    ),
    "kill -15": ("import os, time\nos.kill(os.getpid(), 15)\ntime.sleep(60)", "killed by SIGTERM"),
    "signal.alarm": ("import signal, time\nsignal.alarm(1)\ntime.sleep(60)", "killed by SIGALRM"),
    "a limit of seconds": (
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass",
        "was killed by SIGXCPU",
    ),
    "recursion in C": (
        "import sys\nsys.setrecursionlimit(10 ** 8)\n"
        "class A:\n    def __getattr__(self, name): return getattr(self, name + 'x')\nA().x",
        "was killed by SIGSEGV",
    ),
    "closed sockets": ("import os\nos.closerange(3, 1000)", "was killed by SIGABRT"),
    "a stopped loop": (
        "import asyncio\nasyncio.get_running_loop().stop()\nawait asyncio.sleep(60)",
        "ended by itself with exit status 0",
    ),
    "os._exit in an exception's text": (
        "class E(Exception):\n    def __str__(self): import os; os._exit(4)\nraise E",
        "ended by itself with exit status 4",
    ),
    "a session of its own left behind": (
        "import os, subprocess\nsubprocess.Popen(['setsid', 'sleep', '4305'])\nos._exit(5)",
        "ended by itself with exit status 5",
    ),
}


@pytest.mark.parametrize(("code", "end"), DEADLY.values(), ids=DEADLY.keys())
def test_a_kernel_that_ends_is_told(hostile: Bench, code: str, end: str) -> None:
    told = hostile.problem(code)
    assert told.startswith("content/posts/x.md:10: cell 1 of 1: the kernel ")
    assert f"{end}; it held at most " in told
    assert told.endswith(" MiB of memory")


EXITS = {
    "sys.exit": ("import sys\nsys.exit(2)", "SystemExit: 2"),
    "sys.exit with words": ("import sys\nsys.exit('basta')", "SystemExit: basta"),
    "exit": ("exit()", "SystemExit"),
    "quit": ("quit", "SystemExit"),
    "raise": ("raise SystemExit", "SystemExit"),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "SIGINT": (
        "import os, time\nos.kill(os.getpid(), 2)\ntime.sleep(60)",
        "KeyboardInterrupt",
    ),
}


@pytest.mark.parametrize(("code", "end"), EXITS.values(), ids=EXITS.keys())
def test_who_asks_to_end_has_ended(hostile: Bench, code: str, end: str) -> None:
    later = "import time\ntime.sleep(0.3)\nprint('depois')"
    told = hostile.problem(code, later)
    assert told.splitlines()[0].partition(": ")[2] == f"cell 1 of 2: {end}"


def test_a_python_recursion_is_told(hostile: Bench) -> None:
    told = hostile.problem("def f(): return f()\nf()")
    assert "cell 1 of 1: RecursionError: maximum recursion depth exceeded" in told


def test_a_display_that_recurses_is_told(hostile: Bench) -> None:
    told = hostile.problem("x = []\nfor _ in range(100_000): x = [x]\nx")
    assert "cell 1 of 1: RecursionError: maximum recursion depth exceeded" in told


TOO_MUCH_MEMORY = {
    "bytes": "x = bytearray(2 << 30)",
    "a list": "x = [0] * (1 << 28)",
    "numpy": "import numpy as np\nx = np.ones((1 << 14, 1 << 14))",
    "little by little": "x = []\nwhile True: x.append(bytes(8 << 20))",
}


@pytest.mark.parametrize("code", TOO_MUCH_MEMORY.values(), ids=TOO_MUCH_MEMORY.keys())
def test_one_process_that_wants_too_much_memory_is_told(hostile: Bench, code: str) -> None:
    told = hostile.problem(code)
    assert "MemoryError" in told
    assert (
        "; a run may hold 1,024 MiB: allow more with EXECUTE_MEMORY_LIMIT in the settings" in told
    )


def test_processes_that_together_hold_too_much_are_ended(hostile: Bench) -> None:
    hostile.limit(memory=400 << 20)
    code = (
        "import os, time\n"
        "for _ in range(3):\n    if os.fork() == 0: break\n"
        "x = b'x' * (150 << 20)\ntime.sleep(60)"
    )
    assert hostile.problem(code) == (
        "content/posts/x.md:10: cell 1 of 1: held more than 400 MiB of memory with all its "
        "processes and was stopped; allow more with EXECUTE_MEMORY_LIMIT in the settings"
    )


# It ends by itself after a second: should the test fail, the machine is to survive it.
FORKS = (
    "import os, time\nend = time.monotonic() + 1\nwhile time.monotonic() < end:\n"
    "    try: os.fork(){}\n    except OSError: pass\nos.wait()"
)


@pytest.mark.parametrize("also", ["", " or os.setsid()"], ids=["", "in sessions of their own"])
def test_processes_that_multiply_are_ended(hostile: Bench, also: str) -> None:
    hostile.limit(processes=30)
    assert hostile.problem(FORKS.format(also)) == (
        "content/posts/x.md:10: cell 1 of 1: had more than 30 processes at a time and was "
        "stopped; allow more with EXECUTE_PROCESS_LIMIT in the settings"
    )


def test_many_processes_that_sleep_are_counted(hostile: Bench) -> None:
    code = (
        "import subprocess, time\n"
        "for _ in range(50): subprocess.Popen(['sleep', '4306'])\ntime.sleep(60)"
    )
    hostile.limit(processes=40)
    assert "had more than 40 processes at a time" in hostile.problem(code)


def test_a_file_that_is_too_large_is_told(hostile: Bench) -> None:
    told = hostile.problem("open('grande', 'wb').write(b'x' * (30 << 20))")
    assert told.splitlines()[0] == (
        "content/posts/x.md:10: cell 1 of 1: OSError: [Errno 27] File too large; a file may have "
        "20 MiB: allow more with EXECUTE_FILE_LIMIT in the settings"
    )


def test_too_many_bytes_in_files_are_told(hostile: Bench) -> None:
    code = (
        "import time\n"
        "for i in range(6): open(f'{i}', 'wb').write(b'x' * (15 << 20))\ntime.sleep(60)"
    )
    assert hostile.problem(code) == (
        "content/posts/x.md:10: cell 1 of 1: wrote more than 50 MiB of files and was stopped; "
        "allow more with EXECUTE_DISK_LIMIT in the settings"
    )


def test_too_many_open_files_are_told(hostile: Bench) -> None:
    told = hostile.problem("held = [open('/dev/null') for _ in range(5000)]")
    assert "OSError: [Errno 24] Too many open files: '/dev/null'" in told


TOO_MUCH_OUTPUT = {
    "one print of 100 MB": "print('x' * 100_000_000)",
    # No endless loop: what waits in the kernel could meet the limit of its memory first.
    "many prints": "for _ in range(3000): print('x' * 100_000)",
    "a display of 100 MB": "from IPython.display import HTML\nHTML('x' * 100_000_000)",
    "a value of 100 MB": "'x' * 100_000_000",
    "100 MB of bytes": "import os\nfor _ in range(1000): os.write(1, b'x' * 100_000)",
    "100 MB of a child": "import subprocess\nsubprocess.run('yes | head -c 100000000', shell=True)",
    "an exception of 100 MB": "raise ValueError('x' * 100_000_000)",
}


@pytest.mark.parametrize("code", TOO_MUCH_OUTPUT.values(), ids=TOO_MUCH_OUTPUT.keys())
def test_too_much_output_is_told_and_costs_the_builder_little(hostile: Bench, code: str) -> None:
    hostile.run("1")  # what is needed once is not what this costs
    with most_memory() as most:
        told = hostile.problem(code)
    assert told == (
        "content/posts/x.md:10: cell 1 of 1: printed or displayed more than 20 MiB; show less of "
        "it, or allow more with EXECUTE_OUTPUT_LIMIT in the settings"
    )
    assert most[0] < 40 << 20, f"{most[0] / 2**20:.0f} MiB"
