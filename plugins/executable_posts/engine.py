"""Running many posts on this machine: side by side, within its memory, stopped at once."""

import contextlib
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from .errors import Problem
from .jobs import Conditions, Job, Progress, Run
from .kernels.kernel import Kernel
from .kernels.server import KernelServer, ServerUnavailable
from .resources import available_memory
from .run import Arrived, nobody, run
from .schedule import in_order, next_job
from .servers import Servers

# What is left to everything else on the machine.
_SHARE_OF_MEMORY = 0.8
_LONGEST_WAIT = 1.0


class Stop:
    """Lets one thread end the runs that others are waiting for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kernels: list[Kernel] = []
        self.requested = False

    def request(self) -> None:
        """Kill all kernels that run, and those that begin later."""
        with self._lock:
            self.requested = True
            for kernel in self._kernels:
                kernel.kill()

    def applies_to(self, kernel: Kernel) -> None:
        """From now on `kernel` is among those that are stopped."""
        with self._lock:
            self._kernels.append(kernel)
            if self.requested:
                kernel.kill()


class _Deaf:
    """Between `begin` and `end` Ctrl-C does nothing: pressed twice, it shall not stop a tidying."""

    def __init__(self) -> None:
        self._before: Any = None

    def begin(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end(self) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)


def run_all(
    jobs: Sequence[Job],
    conditions: Conditions,
    *,
    workers: int,
    progress: Progress,
) -> Iterator[tuple[Job, Run | Problem]]:
    """Run `jobs` side by side, at most `workers` at a time; yields each as it ends.

    On an exception in the caller, `KeyboardInterrupt` among them, all kernels are killed first.
    """
    stop = Stop()
    memory = int(available_memory() * _SHARE_OF_MEMORY)
    waiting = in_order(jobs)
    running: dict[Future[Run | Problem], Job] = {}
    deaf = _Deaf()
    with contextlib.ExitStack() as resources:
        resources.callback(deaf.end)
        pool = resources.enter_context(ThreadPoolExecutor(workers, thread_name_prefix="run"))
        servers = resources.enter_context(contextlib.closing(Servers(jobs, conditions)))
        resources.callback(stop.request)
        resources.callback(deaf.begin)
        while waiting or running:
            ready = [job for job in waiting if servers.ready_for(job)]
            job = next_job(ready, running.values(), workers=workers, memory=memory)
            if job is not None:
                waiting.remove(job)
                server = servers.server_for(job)
                running[pool.submit(run_stoppable, job, conditions, server, progress, stop)] = job
                continue
            pending: list[Future[Any]] = [*running, *servers.starting]
            # A Ctrl-C that comes just before a wait does not end it.
            wait(pending, timeout=_LONGEST_WAIT, return_when=FIRST_COMPLETED)
            for future in [future for future in running if future.done()]:
                yield running.pop(future), future.result()


def run_stoppable(
    job: Job,
    conditions: Conditions,
    server: KernelServer | None,
    progress: Progress,
    stop: Stop,
    arrived: Arrived = nobody,
) -> Run | Problem:
    """Run `job` with a kernel of `server`, and with a plain one if that cannot be had.

    See `run.run`; `stop` ends it from another thread.
    """
    if server is not None:
        try:
            return run(job, conditions, server, progress, stop.applies_to, arrived)
        except ServerUnavailable:
            pass
    return run(job, conditions, None, progress, stop.applies_to, arrived)
