"""Kernels that come from snapshots of one another: the builder's end of `inside.snapshots`."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.connect import ConnectionFileMixin

from .inside import warm
from .kernel import CellTimeout, Kernel, KernelDied, KernelNotStarted, context_for
from .manager import KernelSetup, SupervisedKernelManager
from .supervised import KernelEnd, Supervised

_BETWEEN_TRIES = 0.002
_MILLISECONDS_TO_CONNECT = 2
_MOMENT = 0.05
_TIME_TO_DIE = 5.0


class NoSnapshot(Exception):
    """There is none any more, or there never was."""


class Branch(Kernel):
    """A kernel that was forked from a snapshot."""

    trunk: "Trunk"

    def _end(self) -> KernelEnd | None:
        """How it ended; where all ended because they used too much, it is the trunk that knows."""
        end = super()._end()
        if end is not None and self.trunk.has_ended(_MOMENT):
            return self.trunk.end
        return end


class Trunk:
    """A process from which kernels are forked, one at a time, and the snapshots taken in them."""

    def __init__(self, setup: KernelSetup, output_limit: int) -> None:
        self._folder = setup.folder
        plan = replace(setup.plan, snapshots=str(self.address(None)))
        self._setup = replace(setup, plan=plan)
        self._output_limit = output_limit
        self._process: Supervised | None = None
        self._branches = 0
        self._branch = contextlib.ExitStack()

    @property
    def setup(self) -> KernelSetup:
        """What its kernels were told."""
        return self._setup

    @property
    def end(self) -> KernelEnd | None:
        """How it ended; `None` as long as it has not."""
        return self._process.end if self._process else None

    def has_ended(self, seconds: float = 0.0) -> bool:
        """Whether nothing of it is left, now or `seconds` later."""
        return self._process is None or self._process.wait(seconds) is not None

    def kill(self) -> None:
        """End everything at once. From any thread."""
        if self._process is not None:
            self._process.send_signal(9)

    def close(self) -> None:
        """End everything, and wait until nothing of it is left."""
        self._branch.close()
        if self._process is not None:
            self.kill()
            self._process.wait()

    def address(self, snapshot: int | None) -> Path:
        """Where a snapshot listens, by its number; `None` is the one before all cells."""
        return self._folder / ("k" if snapshot is None else f"k{snapshot}")

    def start(
        self, *, cwd: str, env: dict[str, str], timeout: float, begun: Callable[[], object]
    ) -> None:
        """Start the process; `begun` is called before it is ready.

        Raises `KernelNotStarted` if it is not there within `timeout` seconds, `ServerUnavailable`
        if it was to be forked and could not be.
        """
        with context_for(self._output_limit) as context:
            manager = SupervisedKernelManager(self._setup, context)
            asyncio.run(manager.start_kernel(cwd=cwd, env=env))
            self._process = manager.process
            manager.forget()
        begun()
        deadline = time.monotonic() + timeout
        while not self.address(None).exists():
            if self.has_ended(_BETWEEN_TRIES):
                code = self.end.exit_code if self.end else 0
                raise KernelNotStarted(f"exit status {code}")
            if time.monotonic() > deadline:
                raise KernelNotStarted(f"it was silent for {timeout:g} s")

    def branch(
        self, snapshot: int | None, timeout: float, begun: Callable[[Kernel], object]
    ) -> Kernel:
        """A kernel as one was when the snapshot was taken; the one that there was is killed.

        `begun` is told of it before it is ready. Raises `NoSnapshot`, `KernelNotStarted`.
        """
        self._branch.close()
        control = self._connect(snapshot)
        self._branches += 1
        context = self._branch.enter_context(context_for(self._output_limit))
        context.setsockopt(zmq.RECONNECT_IVL, _MILLISECONDS_TO_CONNECT)
        channels = _Channels(context, self._folder / f"b{self._branches}")
        self._branch.callback(channels.remove)
        channels.write_connection_file()
        control.sendall(json.dumps({"connection": channels.connection_file}).encode())
        process = Supervised(control)
        self._branch.callback(_kill, process)
        kernel = Branch(
            process,
            channels.session,
            channels.connect_shell(),
            channels.connect_iopub(),
            self._output_limit,
        )
        kernel.trunk = self
        begun(kernel)
        try:
            kernel.wait_until_ready(timeout)
            kernel.execute_silently(warm.begin(), timeout)
        except CellTimeout:
            raise KernelNotStarted(f"it was silent for {timeout:g} s") from None
        except KernelDied as error:
            raise KernelNotStarted(f"exit status {error.end.exit_code}") from None
        return kernel

    def take(self, kernel: Kernel, snapshot: int, timeout: float) -> bool:
        """Have a snapshot of `kernel` taken; whether that was possible.

        Raises as `Kernel.execute` does.
        """
        kernel.execute_silently(warm.take(str(self.address(snapshot))), timeout)
        # It is taken between this request and the next.
        kernel.execute_silently("", timeout)
        return self.address(snapshot).exists()

    def drop(self, snapshot: int) -> None:
        """Let a snapshot end, at the latest with the kernel that came from it."""
        with contextlib.suppress(NoSnapshot, OSError), self._connect(snapshot) as control:
            control.sendall(b'{"end": true}')
        self.address(snapshot).unlink(missing_ok=True)

    def _connect(self, snapshot: int | None) -> socket.socket:
        control = socket.socket(socket.AF_UNIX)
        try:
            control.connect(str(self.address(snapshot)))
        except OSError as error:
            control.close()
            raise NoSnapshot from error
        return control


class _Channels(ConnectionFileMixin):
    """The sockets of one kernel, which has files of this `name` and others that begin with it."""

    def __init__(self, context: "zmq.Context[Any]", name: Path) -> None:
        super().__init__(transport="ipc", ip=str(name), connection_file=f"{name}.json")
        self.context = context
        self._name = name
        self.shell_port, self.iopub_port, self.stdin_port, self.hb_port, self.control_port = range(
            1, 6
        )

    def remove(self) -> None:
        """Remove the files."""
        for file in self._name.parent.glob(f"{self._name.name}[-.]*"):
            file.unlink(missing_ok=True)


def _kill(process: Supervised) -> None:
    process.send_signal(9)
    if process.wait(_TIME_TO_DIE) is None:
        process.abandon()
