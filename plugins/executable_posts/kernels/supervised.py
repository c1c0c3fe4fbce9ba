"""The builder's end of a kernel's supervisor: it sends signals and learns how the kernel ended."""

import contextlib
import json
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .supervisor import Bounds

_PYTHON = (sys.executable, "-I", "-S")
_SUPERVISOR = Path(__file__).with_name("supervisor.py")


@dataclass(frozen=True)
class KernelEnd:
    """How a kernel ended.

    `exit_code` is negative for a signal; `largest` the most that one of its processes held and
    `memory` the most that all did together, in bytes; `exceeded` the bound for which it was killed.
    """

    exit_code: int
    largest: int = 0
    memory: int = 0
    exceeded: str | None = None


_VANISHED = KernelEnd(-signal.SIGKILL)
"""How a kernel ended whose supervisor was killed: it died with it."""


class Supervised:
    """A kernel under a supervisor. May be used from several threads."""

    def __init__(
        self, control: socket.socket, supervisor: "subprocess.Popen[bytes] | None" = None
    ) -> None:
        """`supervisor` is the process behind `control` if it is a child of this process."""
        self._control = control
        self._supervisor = supervisor
        self._lock = threading.Lock()
        self._received = b""
        self.end: KernelEnd | None = None

    def fileno(self) -> int:
        """A descriptor that becomes readable when the kernel has ended."""
        return self._control.fileno()

    def send_signal(self, number: int) -> None:
        """Have the supervisor send a signal to the kernel's process group; never by process id."""
        with contextlib.suppress(OSError):  # it has ended meanwhile
            self._control.sendall(bytes([number]))

    def abandon(self) -> None:
        """Have nothing to do with it any more: it is ended as if this process were gone."""
        self._control.close()

    def poll(self) -> int | None:
        """The exit code of the kernel; `None` as long as it, or anything below it, runs."""
        return self._receive(timeout=0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait, for `timeout` seconds at most, until the kernel and all below it have ended."""
        return self._receive(timeout)

    def _receive(self, timeout: float | None) -> int | None:
        with self._lock:
            with selectors.DefaultSelector() as selector:
                if self.end is None:
                    selector.register(self._control, selectors.EVENT_READ)
                while self.end is None and selector.select(timeout):
                    self._read()
            return None if self.end is None else self.end.exit_code

    def _read(self) -> None:
        try:
            data = self._control.recv(4096)
        except ConnectionResetError:
            data = b""
        self._received += data
        if not data or self._received.endswith(b"\n"):
            self.end = _parse(self._received)
            self._control.close()
            if self._supervisor is not None:
                self._supervisor.wait()


def _parse(received: bytes) -> KernelEnd:
    try:
        return KernelEnd(**json.loads(received))
    except ValueError:
        return _VANISHED


def start_supervised(
    command: Sequence[str],
    *,
    folder: Path,
    bounds: Bounds,
    log: BinaryIO,
    cwd: str,
    env: dict[str, str],
) -> Supervised:
    """Start a supervisor, and by it `command` as a kernel whose output goes to the file `log`."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [*_PYTHON, str(_SUPERVISOR), str(folder), json.dumps(bounds), *command],
            stdin=theirs.fileno(),
            stdout=log,
            stderr=log,
            cwd=cwd,
            env=env,
            start_new_session=True,
        )
    return Supervised(ours, process)
