"""The parent of one kernel: nothing that a kernel starts outlives it, and it outlives nobody.

Run as ``python -I -S supervisor.py FOLDER BOUNDS COMMAND …`` it starts a kernel as a command; the
kernel server calls `supervise` in a process it forked. It uses the standard library alone, so that
it starts in some 15 ms.

Its *control* is a socket from the builder (standard input of the command):

* a byte from the builder is a signal number, to be sent to the kernel's process group;
* its end means that the builder is gone, however it died: everything is killed, and FOLDER, in
  which the run had its files, is removed;
* a line of JSON to the builder, the only one, says how the kernel ended and what it used, when
  nothing of it is left.

On Linux the supervisor is a *subreaper*: what the kernel's descendants leave behind, by ``setsid``
and double forks too, becomes its child and is killed when the kernel ends.
"""

import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import NamedTuple, NoReturn

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LINUX = sys.platform == "linux"
_BUILDERS_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE = 10.0
_LOOK_AT_PROCESSES = 0.05
_LOOK_AT_THE_REST = 1.0
# They remove what their process left in shared memory as soon as it is gone, and then end.
_RESOURCE_TRACKERS = (b"resource_tracker",)
_TIME_OF_TRACKERS = 1.0
_LITTLE = 20


class Bounds(NamedTuple):
    """What a kernel and all its descendants may use together.

    The number of processes, bytes of memory, bytes of files in the run's folder.
    """

    processes: int
    memory: int
    disk: int


class _Use:
    """What the processes of a run use, looked at now and then."""

    def __init__(self, folder: str, bounds: Bounds) -> None:
        self._folder = folder
        self._bounds = bounds
        self._next_full_look = 0.0
        self.most_memory = 0

    def exceeds(self) -> str | None:
        """The name of the bound that is exceeded, if one is."""
        pids = descendants(os.getpid())
        if len(pids) > self._bounds.processes:
            return "processes"
        now = time.monotonic()
        if now < self._next_full_look:
            return None
        self.look_at_memory(pids)
        used = self.most_memory > self._bounds.memory
        full = not used and _size(self._folder) > self._bounds.disk
        # What costs more than a twentieth of the time is done more rarely.
        took = time.monotonic() - now
        self._next_full_look = now + max(_LOOK_AT_THE_REST, 20 * took)
        return "memory" if used else "disk" if full else None

    def look_at_memory(self, pids: list[int]) -> None:
        """Note what the processes `pids` hold; what several share counts once."""
        self.most_memory = max(self.most_memory, sum(_proportional_memory(pid) for pid in pids))


class _End(NamedTuple):
    """How a kernel ended: its wait status, and the most that one of its processes held."""

    status: int
    max_rss: int


_KILLED = _End(signal.SIGKILL, 0)


class _Outcome(NamedTuple):
    """Why a kernel is no longer watched: it ended, exceeded a bound, or its builder is gone."""

    end: _End | None = None
    exceeded: str | None = None
    builder_gone: bool = False


def main(arguments: list[str]) -> NoReturn:
    """Run a command as a kernel."""
    folder, bounds, *command = arguments

    def start() -> NoReturn:
        try:
            os.execv(command[0], command)  # noqa: S606  our own command, no shell wanted
        except OSError as error:
            os.write(2, f"{command[0]}: {error.strerror}\n".encode())
            os._exit(127)

    supervise(0, folder, Bounds(*json.loads(bounds)), start)


def supervise(control: int, folder: str, bounds: Bounds, start: Callable[[], object]) -> NoReturn:
    """Run `start` in a child of this process as a kernel; end when nothing of it is left."""
    if _LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # Ctrl-C in a terminal goes to the builder, which then decides.
    for number in _BUILDERS_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)

    _go_first()
    supervisor = os.getpid()
    kernel = os.fork()
    if kernel == 0:
        _become_kernel(supervisor, control, (wake_read, wake_write))
        start()
        os._exit(0)
    use = _Use(folder, bounds)
    outcome = _watch(kernel, control, wake_read, use)
    end = _kill_the_rest(kernel) or outcome.end or _KILLED
    if outcome.builder_gone:
        _remove(folder)
    else:
        _report(control, end, use.most_memory, outcome.exceeded)
    os._exit(0)


def _go_first() -> None:
    """Run before all others where that is allowed (to root), or processes that multiply win.

    It takes a millisecond now and then. What is forked from here is an ordinary process again.
    """
    if _LINUX:
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
        except OSError:
            pass


def _become_kernel(supervisor: int, control: int, others: tuple[int, ...]) -> None:
    """Make the forked child a process of its own: session, signals, standard input."""
    os.setsid()
    if _LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != supervisor:  # it died before we could ask to be told
            os._exit(1)
        _prefer_as_victim()
    signal.set_wakeup_fd(-1)
    for number in (*_BUILDERS_SIGNALS, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for descriptor in {control, *others} - {0}:
        os.close(descriptor)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _prefer_as_victim() -> None:
    """Where memory runs out all the same, let the system end a kernel and not its builder."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")
    except OSError:
        pass


def _watch(kernel: int, control: int, wake_read: int, use: _Use) -> _Outcome:
    """Pass signals on until there is nothing more to wait for."""
    while True:
        readable, _, _ = select.select(
            [control, wake_read], [], [], _LOOK_AT_PROCESSES if _LINUX else None
        )
        if wake_read in readable:
            os.read(wake_read, 4096)
            if (end := _reap(kernel)) is not None:
                return _Outcome(end)
        if control in readable:
            requests = _read(control)
            if not requests:
                return _Outcome(builder_gone=True)
            if signal.SIGKILL in requests:
                if _LINUX:
                    use.look_at_memory(descendants(os.getpid()))
                return _Outcome()
            for request in requests:
                _signal(kernel, request)
        if _LINUX and (exceeded := use.exceeds()):
            return _Outcome(exceeded=exceeded)


def _read(control: int) -> bytes:
    """What the builder sent; nothing if it is gone."""
    try:
        return os.read(control, 64)
    except ConnectionResetError:
        return b""


def _reap(kernel: int) -> _End | None:
    """Collect all children that ended; how the kernel did if it was among them."""
    found = None
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == kernel:
            found = _End(status, usage.ru_maxrss)


def _signal(kernel: int, number: int) -> None:
    """Send a signal to the kernel's process group, or to the kernel before it leads one."""
    for send in (os.killpg, os.kill):
        try:
            send(kernel, number)
        except ProcessLookupError:
            continue
        return


def _kill_the_rest(kernel: int) -> _End | None:
    """Kill what is left below this process until nothing is, for some seconds at most.

    How the kernel ended, if it was still there.
    """
    begin = time.monotonic()
    end = None
    while time.monotonic() < begin + _GRACE:
        spared = _trackers() if time.monotonic() < begin + _TIME_OF_TRACKERS else []
        if not spared:
            _signal(kernel, signal.SIGKILL)
        _kill_all(os.getpid(), spared)
        end = _reap(kernel) or end
        if not _has_children():
            break
        time.sleep(0.002)
    return end


def _trackers() -> list[int]:
    """What is left that ends by itself, if all that is left is little; a bomb is no time to ask."""
    left = descendants(os.getpid())
    return [pid for pid in left if _is_tracker(pid)] if len(left) <= _LITTLE else []


def _kill_all(root: int, spared: list[int]) -> None:
    """Kill all processes that can be seen below `root`.

    What is killed makes no more children: Linux ends a fork that is under way. So each is killed
    before its children are looked for; those that have come up to `root` meanwhile are seen next
    time.
    """
    unseen = _children(root)
    while unseen:
        pid = unseen.pop()
        if pid not in spared:
            _send(pid, signal.SIGKILL)
            unseen += _children(pid)


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _has_children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def descendants(root: int) -> list[int]:
    """All processes below `root` by their pids, as far as they can be seen (Linux)."""
    found: list[int] = []
    unseen = [root]
    while unseen:
        children = _children(unseen.pop())
        found += children
        unseen += children
    return found


def _children(pid: int) -> list[int]:
    # proc_pid_task_children(5): one file a thread, since any thread may have forked.
    children: list[int] = []
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return children
    for task in tasks:
        try:
            with open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                children += map(int, file.read().split())
        except OSError:
            continue
    return children


def _is_tracker(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command = file.read()
    except OSError:
        return False
    return any(name in command for name in _RESOURCE_TRACKERS)


def _proportional_memory(pid: int) -> int:
    """Bytes that a process holds; of what it shares with others, its part (proc_pid_smaps(5)).

    What is only mapped from files is left out: the system can drop it whenever it needs to.
    """
    total = 0
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith((b"Pss_Anon:", b"Pss_Shmem:")):
                    total += int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return total


def _size(folder: str) -> int:
    """Bytes of all files below `folder` that are its own: no links, no mounted places."""
    total = 0
    unseen = [folder]
    while unseen:
        try:
            entries = list(os.scandir(unseen.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    unseen.append(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
            except OSError:
                continue
    return total


def _report(control: int, end: _End, memory: int, exceeded: str | None) -> None:
    # ru_maxrss counts KiB on Linux, bytes on macOS.
    largest = end.max_rss * 1024 if _LINUX else end.max_rss
    told = {
        "exit_code": os.waitstatus_to_exitcode(end.status),
        "largest": largest,
        "memory": memory or largest,
        "exceeded": exceeded,
    }
    try:
        os.write(control, json.dumps(told).encode() + b"\n")
    except OSError:
        pass  # the builder has gone meanwhile


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
