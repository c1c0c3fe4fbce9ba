"""A Dask cluster for the tests: a scheduler and two workers, on this machine alone."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.blog import ROOT

_BIN = Path(sys.executable).parent
_LIMIT = 60.0


class Cluster:
    """`address` is the scheduler's, `scratch` the temporary folder of its workers."""

    def __init__(
        self, address: str, scratch: Path, log: Path, scheduler: "subprocess.Popen[bytes]"
    ) -> None:
        self.address = address
        self.scratch = scratch
        self._log = log
        self._scheduler = scheduler

    def kill_scheduler(self) -> None:
        """End the scheduler as a crash would."""
        self._scheduler.kill()

    def leftovers(self) -> list[str]:
        """What runs left in the workers' temporary folder."""
        found = [
            *self.scratch.glob("executable-posts-*"),
            *self.scratch.glob("dask-scratch-space/*/project-*"),
        ]
        return [str(path.relative_to(self.scratch)) for path in found]

    @contextmanager
    def worker(self, *arguments: str) -> "Iterator[subprocess.Popen[bytes]]":
        """A worker more, as `invoke worker` starts it."""
        command: list[Path | str] = [_BIN / "invoke", "worker", self.address, *arguments]
        with _process(command, self.scratch, self._log) as process:
            yield process


@contextmanager
def scheduler(folder: Path, scratch: Path) -> Iterator[Cluster]:
    """A running scheduler without any worker. A task may lose one worker, not two."""
    known = folder / "scheduler.json"
    log = folder / "cluster.log"
    # Nothing of this plugin is on its path.
    command: list[Path | str] = [_BIN / "dask", "scheduler", "--host", "127.0.0.1", "--port", "0"]
    command += ["--dashboard-address", "127.0.0.1:0", "--no-dashboard", "--scheduler-file", known]
    with _process(command, scratch, log) as process:
        wait_until(lambda: known.is_file() and known.read_text(encoding="utf-8").endswith("}"))
        address = json.loads(known.read_text(encoding="utf-8"))["address"]
        yield Cluster(address, scratch, log, process)


@contextmanager
def cluster(folder: Path, scratch: Path) -> Iterator[Cluster]:
    """A scheduler and two workers, one of which has a GPU and some memory."""
    with (
        scheduler(folder, scratch) as running,
        running.worker("--resources", "GPU=1, MEMORY=4"),
        running.worker(),
    ):
        yield running


@contextmanager
def _process(
    command: list[Path | str], scratch: Path, log: Path
) -> "Iterator[subprocess.Popen[bytes]]":
    environment = os.environ | {
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
        "TMPDIR": str(scratch),
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  it takes no lock
        )
    try:
        yield process
    finally:
        # A group of its own: the processes that it started end with it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _end_with_parent() -> None:
    """Let this process not outlive tests that are killed; its own children see to that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def wait_until(true: Callable[[], object], limit: float = _LIMIT) -> None:
    begin = time.monotonic()
    while not true():
        assert time.monotonic() < begin + limit
        time.sleep(0.05)
