"""The process of a kernel server: it imports packages once and forks a kernel per request.

It is started by `server.KernelServer`, with a folder of its own and the names of the packages as
arguments. On its standard input, a socket, comes one message per kernel, with two file
descriptors: the supervisor's control and the kernel's log. Its end means that the builder is gone.

A forked kernel is what a plain one would be after the same imports, if the server keeps from all
that a fork cannot copy: it has no threads of its own, it opens no ZeroMQ context, and it runs no
TensorFlow operation, after which `fit` would hang in every kernel. It refuses to serve where an
import did such a thing.
"""

import atexit
import contextlib
import gc
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from . import inside
from .inside.imports import Preloaded, preload
from .supervisor import Bounds, supervise

_LONGEST_REQUEST = 2**20

# What a kernel imports when it starts or runs its first cell, so that it finds it here.
_OF_A_KERNEL = (
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "sqlite3",
)


class Refused(Exception):
    """What was imported cannot be forked safely."""


def main() -> None:
    """Import the packages named on the command line, then serve until the builder is gone."""
    folder, *packages = sys.argv[1:]
    connection = socket.socket(fileno=os.dup(0))
    try:
        preloaded = _prepare(packages)
    except Refused as refused:
        connection.send(json.dumps({"refused": str(refused)}).encode())
        return
    connection.send(json.dumps({"ready": True}).encode())
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors report to the builder, not here
    while True:
        message, descriptors, _, _ = socket.recv_fds(connection, _LONGEST_REQUEST, 2)
        if not message:
            break
        _fork(json.loads(message), descriptors, connection, preloaded)
    shutil.rmtree(folder, ignore_errors=True)


def _prepare(packages: list[str]) -> Preloaded:
    inside.load()
    preloaded = Preloaded()
    for module in _OF_A_KERNEL:
        preload(module, preloaded)
    for package in ["numpy", *packages] if packages else []:
        try:
            preload(package, preloaded)
        except ImportError:  # the posts that import it will say so, at their lines
            continue
        if _threads() > 1 and _threads_after_fork() > 1:
            raise Refused(f"importing {package} starts threads, which a fork does not copy")
    context: Any = sys.modules.get("tensorflow.python.eager.context")
    if context is not None and context._context is not None:
        raise Refused("an import ran a TensorFlow operation, after which `fit` would hang")
    # Pages that hold objects of the server are never written to by its kernels' collectors.
    gc.collect()
    gc.freeze()
    return preloaded


def _threads() -> int:
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def _threads_after_fork() -> int:
    """The threads that a fork leaves here: OpenBLAS ends its own before, to start others later."""
    with _no_warning_of_threads():
        pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return _threads()


@contextlib.contextmanager
def _no_warning_of_threads() -> Iterator[None]:
    # Python 3.12 and later warn of threads, those of OpenBLAS too, which is ready for a fork.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _fork(
    request: dict[str, Any], descriptors: list[int], connection: socket.socket, preloaded: Preloaded
) -> None:
    with _no_warning_of_threads():
        pid = os.fork()
    if pid == 0:
        try:
            connection.close()
            control, log = descriptors
            _supervise(request, control, log, preloaded)
        finally:
            os._exit(1)
    for descriptor in descriptors:
        os.close(descriptor)


def _supervise(request: dict[str, Any], control: int, log: int, preloaded: Preloaded) -> NoReturn:
    os.setsid()
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    supervise(
        control,
        request["folder"],
        Bounds(*request["bounds"]),
        lambda: _run_kernel(request, preloaded),
    )


def _run_kernel(request: dict[str, Any], preloaded: Preloaded) -> NoReturn:
    """Be, from here on, what ``python -c …`` is when it starts a plain kernel."""
    status = 1
    try:
        os.environ.clear()
        os.environ.update(request["env"])
        time.tzset()
        tempfile.tempdir = None  # found anew: an import may have asked for the server's own
        os.chdir(request["cwd"])
        sys.argv[:] = ["-c", *request["arguments"]]
        _renew_random_state()
        inside.main(preloaded)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                continue
        os._exit(status)


def _renew_random_state() -> None:
    """Seed anew what was seeded when it was imported; Python's own `random` sees to itself."""
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
