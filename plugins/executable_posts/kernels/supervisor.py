"""The parent of one kernel: nothing that a kernel starts outlives it, and it outlives nobody.

Run as ``python -I -S supervisor.py FOLDER COMMAND …``; it uses the standard library alone, so that
it starts in some 15 ms. Its standard input is a pipe from the builder, with two meanings:

* a byte is a signal number, to be sent to the kernel's process group;
* its end means that the builder is gone, however it died: everything is killed, and FOLDER, in
  which the run had its files, is removed.

How the kernel ended and what it used is left in ``FOLDER/end.json``.

On Linux the supervisor is a *subreaper*: what the kernel's descendants leave behind, by ``setsid``
and double forks too, becomes its child and is killed when the kernel ends. It ends as the kernel
did, with the same exit status or by the same signal.
"""

import ctypes
import os
import resource
import select
import signal
import sys
import time
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LINUX = sys.platform == "linux"
_BUILDERS_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE = 5.0


def main(folder: str, command: list[str]) -> None:
    """Run `command` as a kernel, and do not return before nothing of it is left."""
    if _LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # Ctrl-C in a terminal goes to the builder, which then decides.
    for number in _BUILDERS_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)

    supervisor = os.getpid()
    kernel = os.fork()
    if kernel == 0:
        _become(command, supervisor)
    end, builder_gone = _watch(kernel, wake_read)
    _kill_the_rest(kernel)
    if builder_gone:
        _remove(folder)
    else:
        _report(folder, end)
    _end_like(end)


def _watch(kernel: int, wake_read: int) -> tuple[tuple[int, int], bool]:
    """Pass signals on until the kernel ends: its status and most memory, and who was gone first."""
    builder_gone = False
    end = None
    while end is None:
        readable, _, _ = select.select([wake_read] if builder_gone else [0, wake_read], [], [])
        if wake_read in readable:
            os.read(wake_read, 4096)
            end = _reap(kernel)
        elif requests := os.read(0, 64):
            for request in requests:
                _signal(kernel, request)
        else:
            builder_gone = True
            _signal(kernel, signal.SIGKILL)
    return end, builder_gone


def _become(command: list[str], supervisor: int) -> NoReturn:
    """Turn the forked child into the kernel."""
    os.setsid()
    if _LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != supervisor:  # it died before we could ask to be told
            os._exit(1)
    signal.set_wakeup_fd(-1)
    for number in (*_BUILDERS_SIGNALS, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        os.execv(command[0], command)  # noqa: S606  our own command, no shell wanted
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)


def _reap(kernel: int) -> tuple[int, int] | None:
    """Collect all children that ended; the kernel's status and most memory if it was among them."""
    found = None
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == kernel:
            found = status, usage.ru_maxrss


def _signal(kernel: int, number: int) -> None:
    """Send a signal to the kernel's process group, or to the kernel before it leads one."""
    for send in (os.killpg, os.kill):
        try:
            send(kernel, number)
        except ProcessLookupError:
            continue
        return


def _kill_the_rest(kernel: int) -> None:
    """Kill what is left below this process until nothing is, for some seconds at most."""
    try:
        os.killpg(kernel, signal.SIGKILL)
    except ProcessLookupError:
        pass
    end = time.monotonic() + _GRACE
    while time.monotonic() < end:
        for pid in _children(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.005)
        except ChildProcessError:
            return


def _children(pid: int) -> list[int]:
    """Processes whose parent is `pid`; orphans below them come up here once these are dead."""
    result: list[int] = []
    try:
        entries = os.listdir("/proc")
    except OSError:
        return result
    for entry in entries:
        if entry.isdecimal():
            try:
                with open(f"/proc/{entry}/stat", "rb") as file:
                    after_name = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if int(after_name[1]) == pid:
                result.append(int(entry))
    return result


def _report(folder: str, end: tuple[int, int]) -> None:
    status, most_memory = end
    # ru_maxrss counts KiB on Linux, bytes on macOS.
    kib = most_memory if _LINUX else most_memory // 1024
    try:
        with open(os.path.join(folder, "end.json"), "w") as file:
            file.write(
                f'{{"exit_code": {os.waitstatus_to_exitcode(status)}, "max_rss_kib": {kib}}}'
            )
    except OSError:
        pass  # the builder removed the folder without waiting for us


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _end_like(end: tuple[int, int]) -> NoReturn:
    code = os.waitstatus_to_exitcode(end[0])
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
