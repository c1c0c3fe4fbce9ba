"""Processes that hold the state of a kernel as it was, and become a kernel when they are asked to.

A *snapshot* is forked from a kernel between two cells. It sleeps, and listens at a socket of its
own; who connects and sends a line of JSON, ``{"connection": FILE}``, gets a fork of it that is a
kernel with this connection file. Over the same connection it is then as with a supervisor: a byte
is a signal for that kernel, the end of the connection kills it, and a line of JSON says how it
ended. The first snapshot is the process that the supervisor started: it has no state yet.

A fork has none of the threads of its parent, ZeroMQ's neither, so a kernel that comes from a
snapshot is built anew around the shell and the modules that are there. Threads of others, child
processes and open files would be lost or shared: where there are such, no snapshot is taken. Nor
is one once TensorFlow has run an operation, after which `fit` hangs in a fork.
"""

import asyncio
import atexit
import contextlib
import fcntl
import json
import os
import random
import select
import signal
import socket
import stat
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

_LONGEST_REQUEST = 2**16


class Asleep(SystemExit):
    """Raised in a snapshot, so that it leaves the kernel's event loop (asyncio lets it pass)."""

    def __init__(self, listening: socket.socket) -> None:
        super().__init__(0)
        self.listening = listening


@dataclass
class _Place:
    """What belongs to the kernel here, not to the post: descriptors, number of threads, snapshots;
    and the state of `random` with which it was forked."""

    descriptors: frozenset[int] = frozenset()
    threads: int = 0
    snapshots: set[int] = field(default_factory=set)
    random: Any = None


_here = _Place()
_old: list[Any] = []
"""What belonged to kernels that this process was forked from. It is never touched again, and not
collected either: to close it would change what the parent still uses."""


def keep(address: str) -> str:
    """Be the first snapshot, at the socket `address`; returns in kernels that are forked from it,
    with the name of their connection file."""
    return sleep(_listen(address))


def settle() -> None:
    """Before the first cell here: all that is open and runs now is the kernel's."""
    if _here.random is not None:  # a kernel draws a number when it starts
        random.setstate(_here.random)
    _here.descriptors = frozenset(_descriptors())
    _here.threads = _threads()


def take(address: str) -> None:
    """Have a snapshot taken before the next cell that listens at `address`, if that is possible."""
    if not _hinders(os.path.dirname(address)):
        asyncio.get_running_loop().call_soon(_fork, address)


def _hinders(folder: str) -> bool:
    """Whether something is under way that a fork would not have, or would share."""
    return (
        _tensorflow_has_run()
        or any(map(_is_of_a_cell, asyncio.all_tasks()))
        or bool(_children() - _here.snapshots)
        or any(_is_shared(number, folder) for number in _descriptors() - _here.descriptors)
    )


def _tensorflow_has_run() -> bool:
    """Whether it has run an operation; to set a seed makes a context that has not begun."""
    module: Any = sys.modules.get("tensorflow.python.eager.context")
    context = None if module is None else module._context
    return context is not None and getattr(context, "_context_handle", context) is not None


def _is_of_a_cell(task: "asyncio.Task[Any]") -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return "ipykernel_" in getattr(code, "co_filename", "")


def _is_shared(number: int, folder: str) -> bool:
    """Whether what is read from or written to it in one process is so in the others, too.

    Files outside of the `folder` of the run, such as fonts, are read by those who look for their
    place in it first.
    """
    name = f"/proc/self/fd/{number}"
    try:
        kind, path = os.stat(name).st_mode, os.readlink(name)
        written = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
    except OSError:
        return False
    if stat.S_ISREG(kind):
        return written or path.startswith(folder)
    return stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)


def _descriptors() -> set[int]:
    # That of the list itself is closed by now.
    return {int(name) for name in os.listdir("/proc/self/fd") if os.path.exists(f"/dev/fd/{name}")}


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))


def _children() -> set[int]:
    found: set[int] = set()
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/children", encoding="ascii") as file:
            found |= set(map(int, file.read().split()))
    return found


def _listen(address: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"{address}-")
    listening.listen(16)
    os.rename(f"{address}-", address)  # who finds it there can connect
    return listening


def _fork(address: str) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    listening = _listen(address)
    pid = _fork_with_random_state()
    if pid == 0:
        os.setsid()  # it shall not end, or be interrupted, with the kernel
        raise Asleep(listening)
    listening.close()
    # OpenBLAS has ended its threads for the fork; what there still is would be missing in it.
    if _threads() > _here.threads:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.unlink(address)
        return
    _here.snapshots.add(pid)


# The life of a snapshot


@dataclass
class _Kernel:
    pid: int
    connection: socket.socket


def sleep(listening: socket.socket) -> str:
    """Wait for whoever wants a kernel; returns in that, with the name of its connection file."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    wake = os.pipe()
    os.set_blocking(wake[1], False)
    signal.set_wakeup_fd(wake[1])
    signal.signal(signal.SIGCHLD, lambda *_: None)
    kernels: list[_Kernel] = []
    ending = False
    while not ending or kernels:
        waited: list[Any] = [listening, wake[0], *(kernel.connection for kernel in kernels)]
        ready = select.select(waited, [], [])[0]
        if wake[0] in ready:
            os.read(wake[0], 4096)
            kernels = _without_dead(kernels)
        for kernel in kernels:
            if kernel.connection in ready:
                _pass_on(kernel)
        if listening not in ready:
            continue
        connection = listening.accept()[0]
        asked = json.loads(connection.recv(_LONGEST_REQUEST) or b"{}")
        if "connection" not in asked:
            ending |= "end" in asked
            connection.close()
        elif (pid := _fork_with_random_state()) == 0:
            _leave([listening, connection, *(kernel.connection for kernel in kernels)], wake)
            return str(asked["connection"])
        else:
            kernels.append(_Kernel(pid, connection))
    os._exit(0)


def _fork_with_random_state() -> int:
    """`os.fork`, without the new seed that Python gives its `random` in every fork."""
    state = random.getstate()
    pid = os.fork()
    if pid == 0:
        random.setstate(state)
    return pid


def _leave(sockets: Sequence[socket.socket], wake: tuple[int, int]) -> None:
    """Be a process of its own, which has nothing more to do with the snapshot."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for one in sockets:
        one.close()
    for number in wake:
        os.close(number)


def _without_dead(kernels: list[_Kernel]) -> list[_Kernel]:
    living = list(kernels)
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return living
        if pid == 0:
            return living
        for kernel in kernels:
            if kernel.pid == pid:
                _report(kernel.connection, status, usage.ru_maxrss)
                living.remove(kernel)


def _report(connection: socket.socket, status: int, largest: int) -> None:
    told = {"exit_code": os.waitstatus_to_exitcode(status), "largest": largest * 1024}
    with contextlib.suppress(OSError):  # nobody may be interested any more
        connection.sendall(json.dumps(told).encode() + b"\n")
    connection.close()


def _pass_on(kernel: _Kernel) -> None:
    try:
        requests = kernel.connection.recv(64)
    except OSError:
        requests = b""
    for number in requests or bytes([signal.SIGKILL]):
        for send in (os.killpg, os.kill):
            try:
                send(kernel.pid, number)
            except ProcessLookupError:
                continue
            break


# The life of a kernel that comes from a snapshot


def rebuild(app: Any, make: Callable[[], Any]) -> Any:
    """What `make` makes, a kernel application, in the place of `app`, whose threads are gone.

    The shell stays, with all that cells did to it, and so do the standard streams, which cells and
    libraries may have kept.
    """
    kernel = app.kernel
    streams = dict(kernel._streams)
    _here.random = random.getstate()
    replaced = {name: getattr(sys, name) for name in streams}
    _old.extend([app, kernel, asyncio.get_event_loop_policy(), vars(app).copy()])
    _old.extend(vars(stream).copy() for stream in streams.values())
    atexit.unregister(app.close)
    for number, stream in ((1, streams["stdout"]), (2, streams["stderr"])):
        os.dup2(stream._original_stdstream_copy, number)
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    _forget_loops()
    _close_descriptors()
    type(app).clear_instance()
    type(kernel).clear_instance()
    new = make()
    shell: Any = new.kernel.shell
    shell.kernel = new.kernel
    shell.parent = new.kernel
    for name, stream in streams.items():
        if replaced[name] is not stream:  # a cell has put another one in its place
            setattr(sys, name, replaced[name])
    return new


def _forget_loops() -> None:
    import zmq

    zmq.Context._instance = None
    _old.append(asyncio.get_event_loop())
    asyncio.set_event_loop(asyncio.new_event_loop())


def _close_descriptors() -> None:
    """Close what the kernel had open that this process was forked from: another one uses it."""
    for number in sorted(_here.descriptors - {0, 1, 2}):
        try:
            kind = os.fstat(number).st_mode
        except OSError:
            continue
        # What is none of these, such as a poll, is of no kind at all.
        if stat.S_ISSOCK(kind) or stat.S_ISFIFO(kind) or not stat.S_IFMT(kind):
            os.close(number)
