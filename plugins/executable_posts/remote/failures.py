"""What can go wrong with a cluster, in words."""

from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError

from ..errors import Problem
from ..jobs import Job
from ..packages import how_to_install

_SETTING = "EXECUTE_SCHEDULER"


def not_installed(module: str) -> Problem:
    """The package for clusters, or a `module` that it needs, is missing in this environment."""
    message = (
        f"{_SETTING} needs the module {module}, which is not installed: `{how_to_install('dask')}`"
    )
    return Problem("settings", message)


def not_connected(scheduler: str, error: Exception) -> Problem:
    """Nobody answers at the address `scheduler`, or not as expected."""
    message = (
        f'{_SETTING} = "{scheduler}": no scheduler can be reached there ({_first_line(error)}); '
        "start one with `dask scheduler`, or remove the setting to run posts on this machine"
    )
    return Problem("settings", message)


def lost(job: Job) -> Problem:
    """The scheduler went away, or cannot be reached any more."""
    return Problem(job.path, "did not run: the connection to the scheduler was lost")


def no_worker(job: Job, workers: Sequence[Mapping[str, float]]) -> Problem:
    """No worker has what `job` asks for; `workers` are the resources of those there are."""
    if not workers:
        message = "did not run: no worker is connected to the scheduler"
        return Problem(job.path, f"{message}; start one with `invoke worker ADDRESS`")
    asked = ", ".join(f"{name}={amount:g}" for name, amount in job.resources)
    short = [
        f"{name}={amount:g}"
        for name, amount in job.resources
        if all(worker.get(name, 0) < amount for worker in workers)
    ]
    lacking = f"no worker has {', '.join(short)}" if short else f"no worker has all of {asked}"
    return Problem(
        job.path,
        f'did not run: {lacking}; start one with `invoke worker ADDRESS --resources "{asked}"`, or '
        "change Resources in its front matter",
    )


def describe(error: BaseException, job: Job) -> Problem:
    """The `Problem` that `error`, with which the task of `job` ended, is."""
    from distributed import KilledWorker

    match error:
        case KilledWorker():
            message = (
                f"the workers that ran it died, {error.allowed_failures + 1} of them: does a cell "
                "end processes that are not its own, or take more than their machine has? Run it "
                f"here, without {_SETTING}, to see"
            )
        case CancelledError():
            return lost(job)
        case ImportError():
            message = (
                f"did not run: a worker lacks what runs posts ({_first_line(error)}); start "
                "workers with `invoke worker ADDRESS` in a clone of the blog"
            )
        case _:
            message = f"did not run: the cluster failed ({_first_line(error)})"
    return Problem(job.path, message)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
