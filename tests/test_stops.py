"""Builds that are stopped from outside: a clean end, the last good outputs, and a next build."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from dataclasses import replace
from pathlib import Path

import pytest
from executable_posts.engine import run_all
from executable_posts.jobs import Run

from tests.blog import Site
from tests.leftovers import nothing_left, own_memory, processes_in, wait_until
from tests.running import Bench

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

GOOD = "\n```python\nprint('tudo bem')\n```\n"
# Each waits to be told to go on, and leaves a process in a session of its own.
SLOW = """
```python
import os, subprocess, time
subprocess.Popen(["setsid", "sleep", "4242"])
while not os.path.exists({go!r}): time.sleep(0.02)
print("{name}")
```
"""
INTERRUPTED = "interrupted: 2 posts were not run"


class Slow:
    """A site like one with a good post that was built, and two slow ones whose cells run."""

    def __init__(self, site: Site, built: Site, *, server: bool) -> None:
        self.site = site
        site.be_like(built)
        site.settings(f"EXECUTE_WORKERS = 2\nEXECUTE_KERNEL_SERVER = {server}")
        self.server = server
        self.go = site.folder / "vai"
        self.page = site.page("bom")
        for name in ("um", "dois"):
            site.post(name, SLOW.format(go=str(self.go), name=name))

    def wait_until_both_run(self) -> None:
        wait_until(lambda: self.count_sleepers() == 2, lambda: "the cells do not run", 60)

    def count_sleepers(self) -> int:
        return sum(b"sleep\0004242" in command(pid) for pid in processes_in(self.site.folder))

    def nothing_is_left(self) -> None:
        """Nor was anything changed, and the next build works."""
        site = self.site
        wait_until(
            lambda: not processes_in(site.folder) and not list(site.scratch.iterdir()),
            lambda: (
                f"{[command(pid) for pid in processes_in(site.folder)]}"
                f" {list(site.scratch.iterdir())}"
            ),
            10,
        )
        assert site.page("bom") == self.page
        assert not site.notebook("um").exists()
        assert not site.notebook("dois").exists()
        self.next_build_works()

    def next_build_works(self) -> None:
        self.go.touch()
        built = self.site.build()
        assert built.status == 0, built.text
        for name in ("um", "dois"):
            assert f"<pre>{name}</pre>" in self.site.page(name)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with a good post."""
    site = Site(tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("scratch"))
    site.post("bom", GOOD)
    assert site.build().status == 0
    return site


@pytest.fixture(params=[True, False], ids=["forked", "plain"])
def slow(site: Site, built: Site, request: pytest.FixtureRequest) -> Slow:
    return Slow(site, built, server=request.param)


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def supervisors(slow: Slow, builder: int) -> list[int]:
    if not slow.server:
        return [pid for pid in children(builder) if b"supervisor.py" in command(pid)]
    return [pid for server in servers(builder) for pid in children(server)]


def servers(builder: int) -> list[int]:
    return [pid for pid in children(builder) if b"forking import main" in command(pid)]


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGHUP, -signal.SIGHUP),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_nothing_is_left_of_a_build_that_is_stopped(
    slow: Slow, number: signal.Signals, status: int
) -> None:
    process = slow.site.start()
    slow.wait_until_both_run()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == status, out + err
    assert "Traceback" not in out + err
    slow.nothing_is_left()


class OnTerminal:
    """A build that has a terminal of its own, with this test at the keys."""

    def __init__(self, site: Site) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
        self.shown = ""
        self.process = subprocess.Popen(
            site.command(),
            cwd=site.folder,
            env=os.environ | {"TERM": "xterm-256color", "TMPDIR": str(site.scratch)},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            # The terminal is to be the one whose keys stop it.
            preexec_fn=_take_terminal,  # noqa: PLW1509  this test has no other thread
            start_new_session=True,
        )
        os.close(slave)

    def press(self, key: bytes) -> None:
        os.write(self.master, key)

    def end(self) -> int:
        try:
            while chunk := os.read(self.master, 1 << 16):
                self.shown += chunk.decode()
        except OSError:  # Linux's way to say that nobody has the other end open
            pass
        os.close(self.master)
        return self.process.wait(timeout=20)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_ctrl_c_once_stops_with_a_summary(slow: Slow) -> None:
    build = OnTerminal(slow.site)
    slow.wait_until_both_run()
    build.press(b"\x03")
    assert build.end() == 130
    assert INTERRUPTED in re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", build.shown)
    assert "Traceback" not in build.shown
    slow.nothing_is_left()


def test_what_had_run_before_it_was_stopped_is_kept(slow: Slow) -> None:
    slow.site.settings("EXECUTE_WORKERS = 3")
    slow.site.post("bom", GOOD.replace("bem", "muito bem"))
    stored = slow.site.notebook("bom").read_bytes()
    process = slow.site.start()
    assert process.stdout is not None
    assert any(line.startswith("ran content/posts/bom.md") for line in process.stdout)
    slow.wait_until_both_run()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert slow.site.notebook("bom").read_bytes() != stored
    slow.next_build_works()


def test_ctrl_c_twice_stops_as_cleanly(slow: Slow) -> None:
    build = OnTerminal(slow.site)
    slow.wait_until_both_run()
    build.press(b"\x03")
    time.sleep(0.05)
    build.press(b"\x03")
    assert build.end() != 0
    slow.nothing_is_left()


def test_a_terminal_that_is_closed_stops(slow: Slow) -> None:
    build = OnTerminal(slow.site)
    slow.wait_until_both_run()
    os.close(build.master)
    assert build.process.wait(timeout=20) != 0
    slow.nothing_is_left()


def test_one_kernel_that_is_killed_fails_alone(slow: Slow) -> None:
    process = slow.site.start()
    slow.wait_until_both_run()
    [kernel] = children(supervisors(slow, process.pid)[0])
    os.kill(kernel, signal.SIGKILL)
    _one_fails(slow, process)


def test_one_supervisor_that_is_killed_fails_alone(slow: Slow) -> None:
    process = slow.site.start()
    slow.wait_until_both_run()
    supervisor = supervisors(slow, process.pid)[0]
    [kernel] = children(supervisor)
    [sleeper] = [pid for pid in children(kernel) if b"4242" in command(pid)]
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: not command(kernel), lambda: "its kernel lives", 10)
    # What left the kernel's session has nobody now who would end it; all else is as it should be.
    os.kill(sleeper, signal.SIGKILL)
    _one_fails(slow, process)


def _one_fails(slow: Slow, process: "subprocess.Popen[str]") -> None:
    wait_until(lambda: slow.count_sleepers() == 1, lambda: f"{slow.count_sleepers()} are left", 10)
    slow.go.touch()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, out + err
    killed = re.findall(
        r"posts/(um|dois)\.md:8: cell 1 of 1: the kernel was killed by SIGKILL \(out of mem", err
    )
    assert len(killed) == 1, err
    [other] = {"um", "dois"} - set(killed)
    assert f"<pre>{other}</pre>" in slow.site.page(other)
    assert processes_in(slow.site.folder) == []
    slow.next_build_works()


def test_kernels_go_on_without_the_server_that_forked_them(site: Site, built: Site) -> None:
    slow = Slow(site, built, server=True)
    process = site.start()
    slow.wait_until_both_run()
    [server] = servers(process.pid)
    os.kill(server, signal.SIGKILL)
    slow.go.touch()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert processes_in(site.folder) == []
    assert list(site.scratch.iterdir()) == []
    slow.next_build_works()


def test_fifty_builds_in_a_row_let_nothing_grow(bench: Bench) -> None:
    conditions = replace(bench.conditions, forked=bench.servers is not None)
    job = bench.job("print(1)")
    bench.start_server()

    def build() -> None:
        for _, result in run_all([job], conditions, workers=1, progress=lambda _: None):
            assert isinstance(result, Run), result

    memory = []
    with nothing_left():
        for _ in range(50):
            build()
            memory.append(own_memory() / 2**20)
    figures = [round(memory[at], 1) for at in (0, 9, 19, 29, 39, 49)]
    print(f"MiB after 1, 10, 20, 30, 40, 50 builds: {figures}")  # noqa: T201  for pytest -s
    assert memory[-1] - memory[9] < 3
