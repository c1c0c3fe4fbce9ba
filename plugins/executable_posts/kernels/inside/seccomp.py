"""Filters of system calls, as small programs that the kernel runs before each call.

Each step is an instruction of classic BPF, on one loaded word. The sources are seccomp(2),
linux/seccomp.h, linux/bpf_common.h, linux/audit.h and the kernel's
Documentation/userspace-api/seccomp_filter.rst.
"""

import ctypes
import errno
import struct
from dataclasses import dataclass

from . import linux


@dataclass(frozen=True)
class Calls:
    """The numbers of system calls on one machine, and by which name an audit knows that machine."""

    audit: int
    seccomp: int
    socket: int
    socketpair: int
    io_uring_setup: int = 425  # on all machines


_CALLS = {
    "x86_64": Calls(audit=0xC000003E, seccomp=317, socket=41, socketpair=53),
    "aarch64": Calls(audit=0xC00000B7, seccomp=277, socket=198, socketpair=199),
}
_X32 = 0x40000000  # from here on the numbers of x86_64 are those of x32; aarch64 has none so high
_SET_MODE_FILTER = 1
_FOR_ALL_THREADS = 1

_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_FAIL, _KILL_PROCESS = 0x00050000, 0x80000000


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


ALLOW = _step(_RETURN, 0x7FFF0000)
# Where `struct seccomp_data` has it. Both machines are little-endian, so what is loaded of an
# argument is its lower 32 bits, and these are all that the kernel takes for a C int.
_LOAD_AUDIT, _LOAD_NUMBER, LOAD_FIRST_ARGUMENT = (_step(_LOAD, place) for place in (4, 0, 16))


def calls() -> Calls:
    """The numbers for this machine; raises `linux.NotAvailableError` on other systems."""
    return _CALLS[linux.machine()]


def fail_if(value: int, error: int) -> tuple[bytes, ...]:
    """The call fails with `error` if the loaded word is `value`."""
    return _step(_IF_EQUAL, value, no=1), _step(_RETURN, _FAIL | error)


def fail_unless(value: int, error: int) -> tuple[bytes, ...]:
    """The call fails with `error` if the loaded word is not `value`."""
    return _step(_IF_EQUAL, value, yes=1), _step(_RETURN, _FAIL | error)


def skip_if(value: int, steps: int) -> bytes:
    """Leave out the next `steps` if the loaded word is `value`."""
    return _step(_IF_EQUAL, value, yes=steps)


def only_own_calls() -> tuple[bytes, ...]:
    """How every program must begin, since a number means another call to another kind of program.

    32-bit programs are ended by SIGSYS, calls of x32 fail with EPERM. Leaves the number loaded.
    """
    return (
        _LOAD_AUDIT,
        _step(_IF_EQUAL, calls().audit, yes=1),
        _step(_RETURN, _KILL_PROCESS),
        _LOAD_NUMBER,
        _step(_IF_AT_LEAST, _X32, no=1),
        _step(_RETURN, _FAIL | errno.EPERM),
    )


def install(*steps: bytes) -> None:
    """Filter the calls of this process, with all its threads and all that it will start.

    Raises `linux.NotAvailableError` if this system has no such filters, and `OSError` if Linux
    refuses this one.
    """
    number = calls().seccomp
    linux.give_up_privileges()
    program = ctypes.create_string_buffer(b"".join(steps))
    pointer = struct.pack("@HP", len(steps), ctypes.addressof(program))
    try:
        thread = linux.call(number, _SET_MODE_FILTER, _FOR_ALL_THREADS, pointer)
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EINVAL, errno.EPERM):
            words = f"there are no seccomp filters here: {error.strerror}"
            raise linux.NotAvailableError(error.errno, words) from None
        raise OSError(error.errno, f"seccomp refuses the filter: {error.strerror}") from None
    if thread:
        words = f"seccomp refuses the filter: thread {thread} has one of its own"
        raise OSError(errno.EBUSY, words)
