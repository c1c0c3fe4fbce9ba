"""Which run begins next: as many side by side as there are cores and memory for, the longest first.

Pure: what runs and what is free comes in, what to start goes out.
"""

from collections.abc import Collection, Sequence

from .jobs import Job

UNKNOWN_MEMORY = 2**30
"""Bytes that a run is taken to need that never ran here."""

_UNKNOWN_SECONDS = 60.0


def in_order(jobs: Sequence[Job]) -> list[Job]:
    """`jobs` with those first that take longest, since a long one begun last keeps all waiting."""
    return sorted(
        jobs, key=lambda job: _UNKNOWN_SECONDS if job.seconds is None else job.seconds, reverse=True
    )


def next_job(
    ready: Sequence[Job], running: Collection[Job], *, workers: int, memory: int
) -> Job | None:
    """The first of `ready` for which there is a worker and memory (bytes for all runs together).

    A run that needs more than there is goes alone: it is the only way in which it can go at all.
    """
    if len(running) >= workers:
        return None
    free = memory - sum(map(need, running))
    for job in ready:
        if not running or need(job) <= free:
            return job
    return None


def need(job: Job) -> int:
    """The bytes of memory that `job` is expected to need."""
    return UNKNOWN_MEMORY if job.memory is None else job.memory
