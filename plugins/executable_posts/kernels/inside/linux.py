"""System calls that Python's standard library does not offer, for what confines a kernel."""

import ctypes
import errno
import os
import sys
from functools import cache

_MACHINES = ("x86_64", "aarch64")
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITIES_OF_64_BITS = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
_KEPT = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4  # CHOWN, DAC_OVERRIDE, FOWNER, FSETID
_Capabilities = ctypes.c_uint32 * 6  # effective, permitted, inheritable: low halves, high halves


class NotAvailableError(OSError):
    """This system does not have the feature; the message says which and why."""


def machine() -> str:
    """``x86_64`` or ``aarch64``; raises `NotAvailableError` on all other systems."""
    found = f"{sys.platform} {os.uname().machine}" if hasattr(os, "uname") else sys.platform
    if sys.platform != "linux" or os.uname().machine not in _MACHINES or sys.maxsize < 2**32:
        raise NotAvailableError(
            errno.ENOSYS,
            f"confining a kernel needs 64-bit Linux on {' or '.join(_MACHINES)}, not {found}",
        )
    return os.uname().machine


def call(number: int, *arguments: int | bytes | None) -> int:
    """The result of the system call `number`; raises `OSError` with the kernel's words."""
    given = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = int(_library().syscall(ctypes.c_long(number), *given))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def give_up_privileges() -> None:
    """Let the calling thread, and all that it will start, never have more rights than a user has.

    No program gains rights by its setuid bit (prctl(2), PR_SET_NO_NEW_PRIVS), which Landlock and
    seccomp demand of whoever is not root. And root keeps of its capabilities (capabilities(7)) only
    those towards the files of other users, so that raw sockets, ports below 1,024 and becoming
    another user are out. With CAP_SYS_RESOURCE limits could be raised again, and on new systems
    CAP_PERFMON reads the environment of every process, past Landlock.
    """
    library = _library()
    one, zero = ctypes.c_ulong(1), ctypes.c_ulong(0)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, one, zero, zero, zero):
        raise OSError(ctypes.get_errno(), f"no_new_privs: {os.strerror(ctypes.get_errno())}")
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_OF_64_BITS, 0)
    held = _Capabilities()
    failed = library.capget(header, held)
    kept = _Capabilities(held[0] & _KEPT, held[1] & _KEPT)
    if failed or library.capset(header, kept):
        raise OSError(ctypes.get_errno(), f"capabilities: {os.strerror(ctypes.get_errno())}")


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library
