"""Cells with threads, processes, files, connections: what they may do, and what ends with them."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from executable_posts.jobs import Run

from tests.confined import landlock_version, seccomp_is_here
from tests.running import Bench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
needs_landlock = pytest.mark.skipif(not landlock_version(), reason="this Linux has no Landlock")
needs_scopes = pytest.mark.skipif(landlock_version() < 6, reason="this Landlock has no scopes")

WRITABLE = (
    "; a run writes only in its own working folder, which is thrown away: name others in "
    "EXECUTE_WRITABLE in the settings"
)
NOT_ITS_OWN = "; a run cannot look into processes that are not its own"
NO_POWER = "; a run has power over its own processes and files alone"
NOBODY = "; a run reaches nobody here: allow it with EXECUTE_NETWORK in the settings"


def first_line(problem: str) -> str:
    return problem.splitlines()[0]


THREADS = {
    "one that prints later": (
        "import threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(0.5), print('tarde'))).start()\nprint('logo')",
        "logo\ntarde\n",
    ),
    "a daemon": (
        "import threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(9), print('tarde')), daemon=True).start()\n"
        "print('logo')",
        "logo\n",
    ),
    "a pool": (
        "from concurrent.futures import ThreadPoolExecutor\nimport time\n"
        "pool = ThreadPoolExecutor(2)\n"
        "pool.submit(lambda: (time.sleep(0.5), print('tarde')))\nprint('logo')",
        "logo\ntarde\n",
    ),
    "a pool of processes": (
        "from concurrent.futures import ProcessPoolExecutor\n"
        "pool = ProcessPoolExecutor(2)\nprint(list(pool.map(abs, [-1, -2])))",
        "[1, 2]\n",
    ),
    "multiprocessing": (
        "from multiprocessing import Pool\npool = Pool(2)\nprint(pool.map(abs, [-1, -2]))",
        "[1, 2]\n",
    ),
    "shared memory": (
        "from multiprocessing.shared_memory import SharedMemory\n"
        "memory = SharedMemory(create=True, size=1000)\nprint(memory.size)",
        "1000\n",
    ),
    "semaphores": (
        "import multiprocessing\ncontext = multiprocessing.get_context('spawn')\n"
        "held = [context.Semaphore() for _ in range(9)]\nprint(len(held))",
        "9\n",
    ),
    "sleepers": (
        "import subprocess\nprint(len([subprocess.Popen(['sleep', '4310']) for _ in range(50)]))",
        "50\n",
    ),
    "sleepers in sessions of their own": (
        "import subprocess\nfor _ in range(25):\n"
        "    subprocess.Popen(['setsid', 'sh', '-c', 'sleep 4311 & sleep 4312'])\nprint('ok')",
        "ok\n",
    ),
    "a chain of forks": (
        "import os, time\nfirst = os.getpid()\n"
        "for _ in range(20):\n"
        "    if os.fork(): break\n    os.setsid()\n"
        "if os.getpid() != first: time.sleep(4313); os._exit(0)\nprint('ok')",
        "ok\n",
    ),
    "a forked process that goes on": (
        "import os\nchild = os.fork()\nif child: os.waitpid(child, 0)\n"
        "print('pai' if child else 'filho')",
        "filho\npai\n",
    ),
    "a forked process that exits": (
        "import os, sys\nchild = os.fork()\nif child == 0: sys.exit(3)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))",
        "3\n",
    ),
    "a forked process that fails": (
        "import os, sys\nchild = os.fork()\nif child == 0: 1 / 0\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))",
        "1\n",
    ),
    "what sleeps at exit": (
        "import atexit, time\natexit.register(lambda: time.sleep(4314))\nprint('ok')",
        "ok\n",
    ),
    "a web server": (
        "import http.server, os, threading, urllib.request\nos.mkdir('vazio'); os.chdir('vazio')\n"
        "class Quiet(http.server.SimpleHTTPRequestHandler):\n"
        "    def log_message(self, *args): pass\n"
        "server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Quiet)\n"
        "threading.Thread(target=server.serve_forever, daemon=True).start()\n"
        "print(urllib.request.urlopen(f'http://127.0.0.1:{server.server_port}/').status)",
        "200\n",
    ),
}


@pytest.mark.parametrize(("code", "text"), THREADS.values(), ids=THREADS.keys())
def test_what_a_cell_starts_is_waited_for_as_in_python_and_ends(
    hostile: Bench, code: str, text: str
) -> None:
    begin = time.monotonic()
    [cell] = hostile.outputs(code)
    shown = [output for output in cell.outputs if output.get("name") == "stdout"]
    assert "".join(output["text"] for output in shown) == text
    assert time.monotonic() - begin < 30


def test_a_thread_that_never_ends_is_told(hostile: Bench) -> None:
    code = "import threading, time\nthreading.Thread(target=time.sleep, args=(4315,)).start()"
    assert hostile.problem("1", code, timeout=1) == (
        "content/posts/x.md:20: cell 2 of 2: left threads running that did not end; wait for them "
        "in the post, or make them daemons"
    )


def test_a_thread_prints_in_the_cell_that_started_it(hostile: Bench) -> None:
    code = (
        "import threading, time\nthread = threading.Thread("
        "target=lambda: (time.sleep(0.3), print('do fio')))\nthread.start()"
    )
    first, second = hostile.outputs(code, "thread.join()\nprint('dois')")
    texts = ["".join(output["text"] for output in cell.outputs) for cell in (first, second)]
    assert texts in (["do fio\n", "dois\n"], ["", "do fio\ndois\n"])


def test_a_folder_that_is_changed_is_so_for_the_next_cell_and_not_the_next_post(
    hostile: Bench,
) -> None:
    changing = hostile.job("import os\nos.chdir('/')", "print(os.getcwd())", name="a")
    other = hostile.job("import os\nprint(os.getcwd())", name="b")
    first, second = hostile.results(changing, other)
    assert isinstance(first, Run)
    assert isinstance(second, Run)
    assert first.cells[1].outputs[0]["text"] == "/\n"
    assert second.cells[0].outputs[0]["text"] == ".\n"


# {} is the folder of the sources.
ON_SOURCES = {
    "a new file": ("open({!r} + '/novo.txt', 'w')", "novo.txt"),
    "another text": ("open({!r} + '/a.txt', 'w')", "a.txt"),
    "more text": ("open({!r} + '/a.txt', 'a')", "a.txt"),
    "less text": ("import os\nos.truncate({!r} + '/a.txt', 0)", "a.txt"),
    "no file": ("import os\nos.unlink({!r} + '/a.txt')", "a.txt"),
    "another name": ("import os\nos.rename({!r} + '/a.txt', {!r} + '/b.txt')", "a.txt"),
    "another folder": ("import os\nos.mkdir({!r} + '/pasta')", "pasta"),
    "by ..": (
        "import os\nos.chdir({!r})\nopen('../posts/novo.txt', 'w')",
        "../posts/novo.txt",
    ),
}


@needs_landlock
@pytest.mark.parametrize(("code", "name"), ON_SOURCES.values(), ids=ON_SOURCES.keys())
def test_sources_cannot_be_changed(hostile: Bench, code: str, name: str) -> None:
    (hostile.posts / "a.txt").write_text("texto")
    folder = str(hostile.posts)
    told = first_line(hostile.problem(code.format(folder, folder)))
    assert "cell 1 of 1: PermissionError: [Errno 13] Permission denied: " in told
    assert name in told
    assert told.endswith(WRITABLE) or "…" in told
    assert [path.name for path in hostile.posts.iterdir()] == ["a.txt"]
    assert (hostile.posts / "a.txt").read_text() == "texto"


@needs_landlock
def test_all_sources_cannot_be_deleted(hostile: Bench) -> None:
    (hostile.posts / "a.txt").write_text("texto")
    told = hostile.problem(f"import shutil\nshutil.rmtree({str(hostile.root)!r})")
    assert "PermissionError: [Errno 13] Permission denied: 'a.txt'" + WRITABLE in told
    assert (hostile.posts / "a.txt").read_text() == "texto"


def test_a_folder_can_be_made_writable(hostile: Bench) -> None:
    out = hostile.root / "saida"
    out.mkdir()
    hostile.conditions = replace(hostile.conditions, writable=(out,))
    hostile.run(f"open({str(out / 'novo.txt')!r}, 'w').write('x');")
    assert (out / "novo.txt").read_text() == "x"


def test_what_is_written_nearby_lands_in_scratch(hostile: Bench) -> None:
    (hostile.posts / "a.txt").write_text("texto")
    code = (
        "import os, shutil\nfor name in ('a.txt', 'novo.txt', '../novo.txt'):\n"
        "    open(name, 'w').write('x')\nos.unlink('a.txt')\nshutil.rmtree(os.getcwd())"
    )
    hostile.run(code)
    assert [path.name for path in hostile.root.rglob("*") if path.is_file()] == ["a.txt"]
    assert (hostile.posts / "a.txt").read_text() == "texto"


def test_a_run_that_removes_its_own_folder_is_told(hostile: Bench) -> None:
    code = (
        "import os, shutil\nshutil.rmtree(os.path.dirname(os.environ['HOME']), ignore_errors=True)"
    )
    assert hostile.problem(code) == (
        "content/posts/x.md:10: removed the folder in which it ran, and with it the record of what "
        "it read"
    )


@needs_landlock
@pytest.mark.parametrize("file", ["environ", "mem"])
def test_the_builder_cannot_be_looked_into(hostile: Bench, file: str) -> None:
    code = f"open('/proc/{os.getpid()}/{file}', 'rb').read(1)"
    assert first_line(hostile.problem(code)) == (
        "content/posts/x.md:10: cell 1 of 1: PermissionError: [Errno 13] Permission denied: "
        f"'/proc/{os.getpid()}/{file}'{NOT_ITS_OWN}"
    )


@needs_scopes
@pytest.mark.parametrize("number", [9, 15, 19])
@pytest.mark.parametrize("whom", [str(os.getpid()), "os.getppid()"], ids=["builder", "supervisor"])
def test_builder_and_supervisor_get_no_signals(hostile: Bench, whom: str, number: int) -> None:
    whom = str(os.getpid()) if whom.isdecimal() else whom  # this process may be another
    assert first_line(hostile.problem(f"import os\nos.kill({whom}, {number})")) == (
        "content/posts/x.md:11: cell 1 of 1: PermissionError: [Errno 1] Operation not permitted"
        + NO_POWER
    )


@needs_scopes
def test_a_signal_to_all_reaches_nobody_else(hostile: Bench) -> None:
    code = (
        "import os, subprocess, time\nsubprocess.Popen(['sleep', '4316'])\n"
        "os.kill(-1, 9)\nprint('ainda')"
    )
    assert hostile.text(code) == "ainda\n"


NETWORK = {
    "TCP": "import socket\nsocket.create_connection(('127.0.0.1', 9))",
    "UDP": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "IPv6": "import socket\nsocket.socket(socket.AF_INET6)",
    "names": "import socket\nsocket.getaddrinfo('exemplo.invalid', 80)",
    "a page": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')",
    "a server": "import http.server as h\nh.HTTPServer(('127.0.0.1', 0), None)",
    "a program": "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import socket; "
    "socket.socket()'], check=True)",
}


@pytest.mark.skipif(not seccomp_is_here(), reason="this system has no seccomp filters")
@pytest.mark.parametrize("code", NETWORK.values(), ids=NETWORK.keys())
def test_without_network_nobody_is_reached(hostile: Bench, code: str) -> None:
    hostile.conditions = replace(hostile.conditions, network=False)
    told = first_line(hostile.problem(code))
    if "subprocess" in code:
        assert "returned non-zero exit status 1" in told
    else:
        assert told.endswith(NOBODY)


@pytest.mark.skipif(not seccomp_is_here(), reason="this system has no seccomp filters")
def test_without_network_children_still_print(hostile: Bench) -> None:
    hostile.conditions = replace(hostile.conditions, network=False)
    code = (
        "import os\nfrom multiprocessing import Pool\n"
        "with Pool(2) as pool: print(pool.map(abs, [-1, -2]))\n"
        "child = os.fork()\nif child == 0: print('filho'); os._exit(0)\n"
        "os.waitpid(child, 0)\nprint('pai')"
    )
    assert hostile.text(code) == "[1, 2]\nfilho\npai\n"


def test_a_kernel_listens_on_no_port(hostile: Bench) -> None:
    code = (
        "import os\nfrom pathlib import Path\n"
        "mine = {os.readlink(f) for f in Path('/proc/self/fd').iterdir() if f.exists()}\n"
        "open_ports = [line.split() for name in ('tcp', 'tcp6', 'udp', 'udp6')\n"
        "    for line in Path('/proc/self/net', name).read_text().splitlines()[1:]]\n"
        "print([row[1] for row in open_ports if f'socket:[{row[9]}]' in mine])"
    )
    assert hostile.text(code) == "[]\n"


def test_limits_cannot_be_raised(hostile: Bench) -> None:
    code = "import resource\nresource.setrlimit(resource.RLIMIT_DATA, (2 ** 62, 2 ** 62))"
    assert "ValueError: not allowed to raise maximum limit" in hostile.problem(code)


def test_two_posts_do_not_disturb_each_other(hostile: Bench) -> None:
    bad = hostile.job("import os\nos.kill(0, 9)", name="ruim")
    good = hostile.job("import time\ntime.sleep(0.5)\nprint('bom')", name="bom")
    results = hostile.results(bad, good, bad, good)
    assert [isinstance(result, Run) for result in results] == [False, True, False, True]


def test_the_same_folder_is_there_again_after_each(hostile: Bench) -> None:
    assert Path(hostile.posts).is_dir()
    for _ in range(3):
        assert hostile.text("import os\nprint(os.listdir('.'))\nopen('x', 'w');") == "[]\n"
