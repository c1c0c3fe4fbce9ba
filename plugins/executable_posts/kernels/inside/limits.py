"""Limits of one process, by setrlimit(2); each process that it starts has the same ones.

* ``RLIMIT_DATA`` for memory: private memory that can be written, which since Linux 4.7 includes
  anonymous mappings and the stacks of threads. Beyond it malloc fails and Python raises
  `MemoryError`. Not ``RLIMIT_AS``, which counts reserved addresses too: TensorFlow reserves some
  GiB that it never uses, and dies.
* ``RLIMIT_FSIZE`` for the size of a file. Python ignores SIGXFSZ, so that a write beyond it raises
  `OSError` with EFBIG, "File too large"; what is not Python, like ``dd``, is ended by the signal.
* ``RLIMIT_CORE`` is 0: a crash leaves no file of its memory. (A system that pipes such pictures to
  a program does so all the same, says core(5).)
* ``RLIMIT_NOFILE`` for open files: only the soft limit is set, against leaks. The hard one stays,
  so that a library that needs more can ask for it; select(2) knows no descriptor above 1,023.

``RLIMIT_NPROC`` is left alone. It counts all processes and threads of the user, those of a desktop
too, and does not hold for root: no number fits. Memory that processes share (``/dev/shm``) and the
sum over processes are not limited here either; the parent of a kernel has to watch these.

No hard limit can be raised again, not by root either, which gives up the right to do so.
"""

import errno
import sys
from dataclasses import dataclass

from . import linux


@dataclass(frozen=True)
class Limits:
    """`memory` and `file_size` in bytes, `open_files` a number; `None` leaves one as it is."""

    memory: int | None = None
    file_size: int | None = None
    open_files: int | None = None


def apply(limits: Limits) -> None:
    """Limit this process, and all that it will start, from now on.

    A limit that is already lower stays. Raises `linux.NotAvailableError` if this is not Linux, and
    `OSError`, with what was refused, if Linux refuses.
    """
    if sys.platform != "linux":
        raise linux.NotAvailableError(
            errno.ENOSYS, f"limiting a kernel needs Linux, not {sys.platform}"
        )
    import resource

    linux.give_up_privileges()
    _limit("memory", resource.RLIMIT_DATA, limits.memory)
    _limit("the size of files", resource.RLIMIT_FSIZE, limits.file_size)
    _limit("core dumps", resource.RLIMIT_CORE, 0)
    if limits.open_files is not None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (_lowest(soft, limits.open_files), hard))


def _limit(what: str, number: int, value: int | None) -> None:
    import resource

    if value is None:
        return
    try:
        lowest = _lowest(*resource.getrlimit(number), value)
        resource.setrlimit(number, (lowest, lowest))
    except OSError as error:
        words = f"Linux refuses to limit {what} to {value}: {error.strerror}"
        raise OSError(error.errno, words) from None


def _lowest(*limits: int) -> int:
    # Unlimited is -1, which is not the least.
    return min(limit for limit in limits if limit >= 0)
