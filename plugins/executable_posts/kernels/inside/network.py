"""No network: a seccomp filter that refuses every socket but those of the Unix family.

What holds after `forbid`, for this process with all its threads and all that it will start:

* `socket` and `socketpair` of every family but AF_UNIX fail with EACCES, "Permission denied":
  IPv4, IPv6, raw packets, netlink (which names and addresses can do without), vsock, and so on.
  The loopback interface is a network too.
* `io_uring_setup` fails with EPERM, since a ring opens sockets of which a filter sees nothing;
  libraries know this from systems on which rings are switched off.
* Calls by another numbering do not slip through. Those of x32 fail with EPERM; one of a 32-bit
  program ends that program by SIGSYS, since its numbers mean other calls.

What it does not cover: sockets that were open before, or that are received from a process outside
over a Unix socket, and a process outside that is traced. The last is what `landlock` closes.

The sources are socket(2), socketpair(2) and io_uring_setup(2).
"""

import errno
from socket import AF_UNIX

from . import seccomp


def forbid() -> None:
    """Refuse every new socket that is not of the Unix family, from now on and for good.

    Raises `linux.NotAvailableError` if this system has no seccomp filters, and `OSError`, with what
    was refused, if Linux refuses.
    """
    calls = seccomp.calls()
    seccomp.install(
        *seccomp.only_own_calls(),
        *seccomp.fail_if(calls.io_uring_setup, errno.EPERM),
        seccomp.skip_if(calls.socket, 2),
        seccomp.skip_if(calls.socketpair, 1),
        seccomp.ALLOW,
        seccomp.LOAD_FIRST_ARGUMENT,
        *seccomp.fail_unless(AF_UNIX, errno.EACCES),
        seccomp.ALLOW,
    )
