"""The kernel servers of one build: which there are, and which job has its kernel from which."""

import tempfile
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from .jobs import Conditions, Job
from .kernels.server import AVAILABLE, KernelServer, ServerUnavailable
from .preloading import SHADOWED_BY, preloads
from .run import environment


class Servers:
    """Kernel servers for `jobs`, by what they import; each starts in the background."""

    def __init__(self, jobs: Sequence[Job], conditions: Conditions) -> None:
        """Begin to start them; there is none where `conditions` or the system allow none."""
        self._servers: list[KernelServer] = []
        self._starting: dict[tuple[str, ...], Future[KernelServer | None]] = {}
        self._wanted: dict[Job, tuple[str, ...] | None] = {}
        self._pool = ThreadPoolExecutor(thread_name_prefix="kernel-server")
        if AVAILABLE and conditions.forked:
            like = environment(conditions, Path(tempfile.gettempdir()))
            self._wanted = preloads([job for job in jobs if not shadows(job)], like)
            for modules in {modules for modules in self._wanted.values() if modules is not None}:
                self._start(modules, like)

    def _start(self, modules: tuple[str, ...], like: dict[str, str]) -> None:
        try:
            server = KernelServer(modules, like)
        except OSError:  # no process to be had: kernels are plain, if they can be had
            return
        self._servers.append(server)
        self._starting[modules] = self._pool.submit(_ready, server)

    @property
    def starting(self) -> "list[Future[KernelServer | None]]":
        """What is still to come."""
        return [future for future in self._starting.values() if not future.done()]

    def ready_for(self, job: Job) -> bool:
        """Whether a kernel for `job` can be started now, a plain or a forked one."""
        future = self._future(job)
        return future is None or future.done()

    def server_for(self, job: Job) -> KernelServer | None:
        """The server for the kernel of `job`; `None` if it is to have a plain one."""
        future = self._future(job)
        return None if future is None else future.result()

    def close(self) -> None:
        """End all servers, also those that are still starting."""
        for server in self._servers:
            server.close()
        self._pool.shutdown(wait=True)

    def _future(self, job: Job) -> "Future[KernelServer | None] | None":
        modules = self._wanted.get(job)
        return None if modules is None else self._starting.get(modules)


def _ready(server: KernelServer) -> KernelServer | None:
    try:
        server.wait_until_ready()
    except ServerUnavailable:
        return None
    return server


def shadows(job: Job) -> bool:
    """Whether beside the post lies what its kernel would read instead of what a server imported."""
    return any((job.folder / name).exists() for name in SHADOWED_BY)
