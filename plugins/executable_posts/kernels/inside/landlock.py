"""Writing only below given folders, by Landlock (landlock(7), Linux 5.13 and later).

What holds after `restrict`, for this process and all that it will start:

* Files are created, written, truncated, removed, renamed and linked only below the given paths and
  in ``/dev/shm``, where multiprocessing has its semaphores. Of devices, terminals, GPUs,
  ``/dev/null`` and its like can be written; no new ones are made, and no file system is mounted.
  Reading and executing stay as they were, everywhere.
* A file from outside cannot be hard-linked or renamed into a writable folder, and then be written
  there: that needs the right to *refer* at both ends. Linux before 5.19 (version 1) refuses every
  link and rename between two folders, also inside a writable one, with the error EXDEV.
* A process outside can be neither traced nor looked into: its ``/proc/PID/environ`` and
  ``/proc/PID/mem`` are closed, also to root, which gives up its privileges. From version 6 on
  (Linux 6.12) it gets no signals, and its abstract Unix sockets cannot be connected to.

What Landlock does not cover, in any version that this module knows: the mode, owner, times and
extended attributes of files outside (chmod, chown, utime, setxattr); descriptors that were open
before; Unix sockets that have a path; requests to devices (ioctl), which GPUs and terminals need.
Before version 3 (Linux 6.2) a file outside can be truncated to nothing. What is in ``/dev/shm`` and
``/dev/pts`` is shared with all other processes of the same user.
"""

import errno
import os
import struct
import threading
from collections.abc import Sequence

from . import linux

# The numbers are those of linux/landlock.h and asm-generic/unistd.h, alike on all machines.
_CREATE_RULESET = 444
_ADD_RULE = 445
_RESTRICT_SELF = 446
_ASK_FOR_THE_VERSION = 1
_PATH_BENEATH = 1

_WRITE_FILE = 1 << 1
_REMOVE = 1 << 4 | 1 << 5  # a folder, a file
_MAKE_DEVICE = 1 << 6 | 1 << 11  # of characters, of blocks
_MAKE = 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 12  # folder, file, socket, pipe, symbolic link
_REFER = 1 << 13
_TRUNCATE = 1 << 14
_TO_FILES = _WRITE_FILE | _TRUNCATE
# A block device made in scratch would be the whole disk.
_TO_FOLDERS = _TO_FILES | _REMOVE | _MAKE | _REFER
_SINCE_VERSION = {2: _REFER, 3: _TRUNCATE}
_SCOPES = 1 << 0 | 1 << 1  # abstract Unix sockets, signals; both since version 6

_SHARED_MEMORY = "/dev/shm"  # noqa: S108
_DEVICES = (
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    # IPython gives `!command` a terminal of its own.
    "/dev/ptmx",
    "/dev/pts",
    "/dev/dri",
    "/dev/kfd",
)


def version() -> int:
    """The version of Landlock's interface, from 1; raises `NotAvailableError` if it has none."""
    linux.machine()
    try:
        return linux.call(_CREATE_RULESET, None, 0, _ASK_FOR_THE_VERSION)
    except OSError as error:
        raise _not_available(error) from None


def restrict(writable: Sequence[str]) -> None:
    """Let this process, and all that it will start, write only below the paths `writable`.

    These are folders, or single files, which must exist; nothing can widen it again. It holds for
    the thread that calls, so that it must be the only one.

    Raises `linux.NotAvailableError` if this system has no Landlock, `RuntimeError` if the process
    has other threads, and `OSError`, with what was refused, if a path is missing or Linux refuses.
    """
    known = version()
    _check_threads()
    handled = _TO_FOLDERS | _MAKE_DEVICE
    for since, right in _SINCE_VERSION.items():
        if known < since:
            handled &= ~right
    # Files, network ports, scopes. An old kernel takes what it does not know if it is zero.
    attributes = struct.pack("=QQQ", handled, 0, _SCOPES if known >= 6 else 0)
    rules = _refusable("a set of rules", _CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in writable:
            _allow(rules, path, _TO_FOLDERS & handled)
        if os.path.isdir(_SHARED_MEMORY):
            _allow(rules, _SHARED_MEMORY, _TO_FOLDERS & handled)
        for path in _devices():
            _allow(rules, path, _TO_FILES & handled)
        linux.give_up_privileges()
        _refusable("to restrict this process", _RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _devices() -> list[str]:
    found = [path for path in _DEVICES if os.path.exists(path)]
    with os.scandir("/dev") as entries:
        return found + [entry.path for entry in entries if entry.name.startswith("nvidia")]


def _allow(rules: int, path: str, rights: int) -> None:
    # Not opened for reading or writing: that could block, or start a device.
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            rights &= _TO_FILES
        rule = struct.pack("=Qi", rights, place)
        _refusable(path, _ADD_RULE, rules, _PATH_BENEATH, rule, 0)
    finally:
        os.close(place)


def _refusable(what: str, number: int, *arguments: int | bytes) -> int:
    try:
        return linux.call(number, *arguments)
    except OSError as error:
        raise OSError(error.errno, f"Landlock refuses {what}: {error.strerror}") from None


def _not_available(error: OSError) -> OSError:
    reasons = {
        errno.ENOSYS: "this Linux is older than 5.13 or was built without it",
        errno.EOPNOTSUPP: "it was switched off when this Linux started (the option lsm=)",
        errno.EPERM: "the container in which this runs forbids it",
    }
    if error.errno not in reasons:
        return OSError(error.errno, f"Landlock does not tell its version: {error.strerror}")
    words = f"there is no Landlock: {reasons[error.errno]}"
    return linux.NotAvailableError(error.errno, words)


def _check_threads() -> None:
    # Not threading's own count: libraries start threads of which Python knows nothing.
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1:
        names = ", ".join(sorted(thread.name for thread in threading.enumerate()))
        raise RuntimeError(
            f"Landlock would not hold for the {threads - 1} other threads of this process "
            f"(those that Python knows: {names}): restrict it before they start"
        )
