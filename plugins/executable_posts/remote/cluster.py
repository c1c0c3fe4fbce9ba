"""Running many posts on a Dask cluster: one task a post, the data of all sent once."""

import gc
import hashlib
import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..errors import Problem, ProblemError
from ..jobs import Conditions, Job, Progress, Run, Started
from ..kernels.environment import decides
from . import parcel
from .contents import Contents, engine_digest
from .failures import describe, lost, no_worker, not_connected, not_installed

if TYPE_CHECKING:
    from dask.typing import Key
    from distributed import Client, Future

PATIENCE = 60.0
"""Seconds that a post waits for a worker which has its resources, while no other post runs."""

_CONNECT = 10.0
_LOOK = 1.0
# Called by name: so a scheduler, which looks into tasks, needs to know nothing of this plugin.
_CALL = f"__import__('{__package__}.task', fromlist=['work']).work(order, bundles, topic)"


def run_all_remote(
    jobs: Sequence[Job],
    conditions: Conditions,
    scheduler: str,
    progress: Progress,
    patience: float = PATIENCE,
) -> Iterator[tuple[Job, Run | Problem]]:
    """Run `jobs` on the workers of the cluster at `scheduler`; yields each as it ends.

    On an exception in the caller, `KeyboardInterrupt` among them, all runs are cancelled; workers
    then end them. Raises `ProblemError` if no scheduler can be reached.
    """
    client = _connected(scheduler)
    try:
        yield from _Runs(client, conditions, progress).results(jobs, patience)
    finally:
        # The scheduler cancels what a client waited for that goes.
        client.close()


def _connected(scheduler: str) -> "Client":
    try:
        import dask
        from distributed import Client
    except ImportError as error:
        raise ProblemError(not_installed(error.name or "distributed")) from None
    # What is large in our tasks is data, which is sent once; Dask would warn of it every time.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"})
    # It tells with tracebacks what we say in a line.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return Client(scheduler, timeout=_CONNECT, set_as_default=False, name="executable-posts")
    except (OSError, TypeError, ValueError, RuntimeError) as error:
        problem = not_connected(scheduler, error)
    # A client that did not connect hangs in a cycle of references and has a thread. Collected only
    # when a later one happens to start, it would wait for ever for a lock that this one holds.
    gc.collect()
    raise ProblemError(problem)


@dataclass(frozen=True)
class _Sent:
    """A job that the cluster has; `alone` if it has no other of ours at the same time."""

    job: Job
    future: "Future[bytes]"
    alone: bool


class _Runs:
    """The runs of one build, as tasks of a cluster."""

    def __init__(self, client: "Client", conditions: Conditions, progress: Progress) -> None:
        self._client = client
        self._conditions = conditions
        self._progress = progress
        self._contents = Contents(conditions)
        self._engine = engine_digest()
        self._topic = f"executable-posts-{uuid.uuid4().hex}"
        self._data: dict[str, Future[bytes]] = {}
        self._running: dict[Key, _Sent] = {}
        self._ended: SimpleQueue[Future[bytes]] = SimpleQueue()
        client.subscribe_topic(self._topic, self._hear)

    def results(self, jobs: Sequence[Job], patience: float) -> Iterator[tuple[Job, Run | Problem]]:
        """What each of `jobs` gave, as it ends."""
        suspects: list[Job] = []
        for job in jobs:
            yield from self._send(job, alone=len(jobs) == 1)
        while self._running or suspects:
            if not self._running:
                # With a worker die all runs that it had, and Dask blames all of them: what killed
                # it shows when each has the cluster for itself.
                self._data.clear()
                yield from self._send(suspects.pop(0), alone=True)
            elif (sent := self._next(patience)) is None:
                yield from self._given_up()
            elif (result := self._result(sent)) is None:
                suspects.append(sent.job)
            else:
                yield sent.job, result

    def _send(self, job: Job, *, alone: bool) -> Iterator[tuple[Job, Problem]]:
        """Give `job` to the cluster; why that cannot be is its result."""
        if self._client.status != "running":
            yield job, lost(job)
            return
        try:
            bundles = [self._held(bundle) for bundle in self._contents.bundles(job)]
        except OSError as error:
            yield job, Problem(job.path, f"{error.filename} cannot be read: {error.strerror}")
            return
        order = parcel.order(job, self._conditions, _variables(self._conditions), self._engine)
        future = self._client.submit(
            eval,
            _CALL,
            {},
            {"order": order, "bundles": bundles, "topic": self._topic},
            key=f"{job.path}-{uuid.uuid4().hex}",
            pure=False,
            resources=dict(job.resources) or None,
        )
        self._running[future.key] = _Sent(job, future, alone)
        future.add_done_callback(self._ended.put)

    def _held(self, bundle: bytes) -> "Future[bytes]":
        """`bundle` on the cluster, where it is kept once, for all workers that need it."""
        digest = hashlib.sha256(bundle).hexdigest()
        if digest not in self._data:
            key = f"data-{uuid.uuid4().hex}"
            self._data[digest] = self._client.submit(bytes, bundle, key=key, pure=False)
        return self._data[digest]

    def _hear(self, event: tuple[float, Mapping[str, Any]]) -> None:
        _, told = event
        if told["key"] in self._running:
            self._progress(Started(**told["started"]))

    def _next(self, patience: float) -> _Sent | None:
        """The next run that ends; `None` if none can begin, for `patience` seconds."""
        since = None
        while True:
            try:
                future = self._ended.get(timeout=_LOOK)
            except Empty:
                workers = self._workers()
                if any(_serves(worker, sent.job) for worker in workers for sent in self._sent()):
                    since = None
                    continue
                since = since or monotonic()
                if monotonic() - since > patience:
                    return None
            else:
                if (sent := self._running.pop(future.key, None)) is not None:
                    return sent

    def _sent(self) -> list[_Sent]:
        return list(self._running.values())

    def _workers(self) -> list[Mapping[str, float]]:
        """The resources of each worker that is connected."""
        known = self._client.scheduler_info()["workers"].values()
        return [worker["resources"] for worker in known]

    def _given_up(self) -> Iterator[tuple[Job, Problem]]:
        workers = self._workers()
        for sent in self._sent():
            del self._running[sent.future.key]
            sent.future.cancel()
            yield sent.job, no_worker(sent.job, workers)

    def _result(self, sent: _Sent) -> Run | Problem | None:
        """What a run that ended gave; `None` if it is not known which run killed its worker."""
        from distributed import KilledWorker

        try:
            return parcel.from_notebook(sent.future.result())
        except KilledWorker as error:
            return describe(error, sent.job) if sent.alone else None
        except Exception as error:
            return describe(error, sent.job)


def _serves(worker: Mapping[str, float], job: Job) -> bool:
    return all(worker.get(name, 0) >= amount for name, amount in job.resources)


def _variables(conditions: Conditions) -> dict[str, str]:
    """What of the builder's environment is to hold on a worker, too."""
    return {
        name: value
        for name, value in conditions.outside.items()
        if decides(name) or name in conditions.environment
    }
