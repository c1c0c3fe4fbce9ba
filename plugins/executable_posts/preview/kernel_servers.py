"""The kernel servers of a preview: they start with it, so that the first edit does not wait."""

import re
import tempfile
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path

from ..jobs import Conditions, Job
from ..kernels.server import AVAILABLE, KernelServer, ServerUnavailable
from ..preloading import imported, is_slow, modules_for
from ..run import environment
from ..servers import shadows
from ..survey import BuildSettings, Source

_MEANT_TO_RUN = re.compile(r"^(?:#\||Execute:)", re.MULTILINE)


class KernelServers:
    """A server for posts that import what takes seconds, and one for all others.

    May be used by several threads.
    """

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._environment = environment(conditions, Path(tempfile.gettempdir()))
        self._lock = threading.Lock()
        self._servers: list[KernelServer] = []
        self._ready: dict[bool, Future[KernelServer | None]] = {}
        self._closed = False

    def begin(self, packages: Iterable[str]) -> None:
        """Begin to start servers for posts that import `packages`; returns at once."""
        if not AVAILABLE or not self._conditions.forked:
            return
        for slow, modules in modules_for(packages, self._environment).items():
            with self._lock:
                if slow in self._ready or self._closed:
                    continue
                try:
                    server = KernelServer(modules, self._environment)
                except OSError:  # no process to be had: kernels are plain, if they can be had
                    continue
                self._servers.append(server)
                self._ready[slow] = Future()
            waiting = threading.Thread(
                target=_wait, args=(server, self._ready[slow]), name="kernel-server", daemon=True
            )
            waiting.start()

    def server_for(self, job: Job) -> KernelServer | None:
        """The server for a kernel of `job`, once it is ready; `None` if it is to be a plain one."""
        slow = is_slow(job, self._environment)
        if slow is None or shadows(job):
            return None
        self.begin({package for cell in job.cells for package in imported(cell.code)})
        ready = self._ready.get(slow)
        return None if ready is None else ready.result()

    def close(self) -> None:
        """End them, also those that are still starting."""
        with self._lock:
            self._closed = True
            for server in self._servers:
                server.close()


def likely_imports(sources: Iterable[Source], settings: BuildSettings) -> set[str]:
    """What the posts import that seem to run, by a look at their text: to read all takes long."""
    found: set[str] = set()
    for source in sources:
        text = source.file.read_bytes().decode("utf-8", errors="replace")
        if settings.notebook(source).exists() or _MEANT_TO_RUN.search(text):
            found |= imported(text)
    return found


def _wait(server: KernelServer, ready: "Future[KernelServer | None]") -> None:
    try:
        server.wait_until_ready()
    except (ServerUnavailable, ValueError):
        ready.set_result(None)
    else:
        ready.set_result(server)
