"""One kernel of one run: it is started, given cells one by one, and is gone afterwards."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import zmq
from jupyter_client.session import Session
from zmq.utils.monitor import parse_monitor_message

from .collected import Collected
from .inside.at_end import finish
from .manager import KernelSetup, SupervisedKernelManager
from .supervised import KernelEnd, Supervised

# So many messages wait in the builder, each of 64 KiB at most where a text is long; more wait in
# the kernel, whose memory is bounded.
_WAITING_MESSAGES = 100
_MILLISECONDS_TO_CONNECT_AGAIN = 1000
_LAST_WORDS = 200
_SHELL, _IOPUB = "shell", "iopub"


class KernelDied(Exception):
    """The kernel ended, as `end` says, while it was waited for."""

    def __init__(self, end: KernelEnd) -> None:
        super().__init__(f"exit code {end.exit_code}")
        self.end = end


class KernelNotStarted(Exception):
    """The kernel ended, or said nothing for long, before it could be given a cell."""


class CellTimeout(Exception):
    """Code did not end in the time it had."""


class NotAMessage(Exception):
    """The kernel sent what is no message of Jupyter's."""


class OutputTooLarge(Exception):
    """A cell put out more than it may."""


@dataclass(frozen=True)
class CellError:
    """An exception that a cell raised, as IPython tells it."""

    name: str
    value: str
    traceback: str


def _nobody(_: Collected) -> None:
    """Told of what arrives where nobody looks on."""


@dataclass
class _Request:
    """Code that was sent to be run: where its outputs go, and what has come back."""

    into: Collected
    arrived: Callable[[Collected], object]
    size: int = 0
    reply: dict[str, Any] | None = None
    idle: bool = False


class Kernel:
    """A running kernel. Not for several threads at once, but for `kill`."""

    def __init__(
        self,
        process: Supervised,
        session: Session,
        shell: "zmq.Socket[bytes]",
        iopub: "zmq.Socket[bytes]",
        output_limit: int,
    ) -> None:
        self._process = process
        self._session = session
        self._shell = shell
        self._iopub = iopub
        self._output_limit = output_limit
        self._requests: dict[str, _Request] = {}
        self._welcome = False
        self._control = process.fileno()
        events = zmq.Event.DISCONNECTED | zmq.Event.CONNECT_RETRIED
        self._monitors = [socket.get_monitor_socket(events) for socket in (shell, iopub)]
        self._poller = zmq.Poller()
        for source in (shell, iopub, *self._monitors, self._control):
            self._poller.register(source, zmq.POLLIN)

    @property
    def end(self) -> KernelEnd | None:
        """How the kernel ended; `None` as long as it has not."""
        return self._process.end

    def kill(self) -> None:
        """End the kernel at once, with all that it started; whoever waits for it is told."""
        self._process.send_signal(9)

    def execute(
        self, code: str, timeout: float, arrived: Callable[[Collected], object] = _nobody
    ) -> tuple[Collected, CellError | None]:
        """Run `code` as a cell: its outputs, which later cells may still change, and its error.

        `arrived` is told of what there is until now, each time that it changed.
        Raises `CellTimeout` after `timeout` seconds, `OutputTooLarge`, `NotAMessage`, `KernelDied`;
        but for the last the kernel goes on and is to be killed.
        """
        collected = Collected()
        reply = self._run(code, collected, timeout, silent=False, arrived=arrived)
        return collected, _error(reply)

    def execute_silently(self, code: str, timeout: float) -> CellError | None:
        """Run `code` that is no cell of the post: it has no execution count, and shows nothing."""
        return _error(self._run(code, Collected(), timeout, silent=True))

    def finish(self, last: Collected, timeout: float) -> None:
        """Wait for what the cells left running in threads; what it prints goes to `last`.

        Raises as `execute` does.
        """
        code = f"__import__('sys').modules[{finish.__module__!r}].{finish.__name__}()"
        self._run(code, last, timeout, silent=True)

    def wait_until_ready(self, timeout: float) -> None:
        """Wait until the kernel answers and what it puts out arrives.

        What it puts out before it has heard of this subscriber is lost; so nothing is asked of it
        before it has welcomed us (iopub_welcome, Jupyter Enhancement Proposal 65). Raises
        `CellTimeout`, `KernelDied`.
        """
        deadline = time.monotonic() + timeout
        while not self._welcome:
            if not self._receive(deadline):
                raise CellTimeout
        self._request("kernel_info_request", {}, _Request(Collected(), _nobody), deadline)

    def _run(
        self,
        code: str,
        into: Collected,
        timeout: float,
        *,
        silent: bool,
        arrived: Callable[[Collected], object] = _nobody,
    ) -> dict[str, Any]:
        content = {
            "code": code,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        request = _Request(into, arrived)
        return self._request("execute_request", content, request, time.monotonic() + timeout)

    def _request(
        self, kind: str, content: dict[str, Any], request: _Request, deadline: float
    ) -> dict[str, Any]:
        self._send(kind, content, request)
        while True:
            if not self._receive(deadline):
                raise CellTimeout
            reply = request.reply
            if reply is not None and request.idle:
                return reply

    def _send(self, kind: str, content: dict[str, Any], request: _Request) -> None:
        message = self._session.msg(kind, content)
        self._session.send(self._shell, message)
        self._requests[message["header"]["msg_id"]] = request

    def _receive(self, deadline: float) -> bool:
        """Take in what has come; false if nothing did until `deadline`."""
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return False
        ready = dict(self._poller.poll(int(remaining * 1000) + 1))
        self._take_in(ready)
        if self._control in ready and (end := self._end()) is not None:
            # What it said last may still be on its way.
            while last := dict(self._poller_of_messages().poll(_LAST_WORDS)):
                self._take_in(last)
            raise KernelDied(end)
        for monitor in self._monitors:
            if monitor in ready:
                self._look_at_connection(monitor)
        return bool(ready)

    def _look_at_connection(self, monitor: "zmq.Socket[bytes]") -> None:
        """Raise `OutputTooLarge` if ZeroMQ gave up the connection for that.

        It does so for a message larger than `MAXMSGSIZE`, and says no word of it. Whoever closes
        the other end is called again at once.
        """
        event = parse_monitor_message(monitor.recv_multipart())["event"]
        if event == zmq.Event.DISCONNECTED and not monitor.poll(_MILLISECONDS_TO_CONNECT_AGAIN):
            raise OutputTooLarge

    def _end(self) -> KernelEnd | None:
        self._process.poll()
        return self.end

    def _poller_of_messages(self) -> zmq.Poller:
        poller = zmq.Poller()
        for socket in (self._shell, self._iopub):
            poller.register(socket, zmq.POLLIN)
        return poller

    def _take_in(self, ready: dict[Any, int]) -> None:
        # Outputs first: who has a reply does not wait for more of them than the word idle.
        for socket, channel in ((self._iopub, _IOPUB), (self._shell, _SHELL)):
            if socket in ready:
                try:
                    self._take_in_one(socket, channel)
                except (AttributeError, KeyError, TypeError, ValueError) as error:
                    raise NotAMessage from error

    def _take_in_one(self, socket: "zmq.Socket[bytes]", channel: str) -> None:
        frames = self._session.feed_identities(socket.recv_multipart())[1]
        message = self._session.deserialize(frames)
        request = self._requests.get(message["parent_header"].get("msg_id", ""))
        if message["msg_type"] == "iopub_welcome":
            self._welcome = True
        if request is None:
            return
        if channel == _SHELL:
            request.reply = message["content"]
        elif message["msg_type"] == "status":
            request.idle |= message["content"]["execution_state"] == "idle"
        else:
            request.size += sum(map(len, frames))
            if request.size > self._output_limit:
                raise OutputTooLarge
            request.into.take(message, everywhere=[known.into for known in self._all()])
            request.arrived(request.into)

    def _all(self) -> list[_Request]:
        return list(self._requests.values())


def _error(reply: dict[str, Any]) -> CellError | None:
    if reply["status"] == "ok":
        return None
    return CellError(
        reply.get("ename", reply["status"]),
        reply.get("evalue", ""),
        "\n".join(reply.get("traceback", ())),
    )


@contextlib.contextmanager
def started(
    setup: KernelSetup,
    *,
    cwd: str,
    env: dict[str, str],
    output_limit: int,
    timeout: float,
    begun: Callable[["Kernel"], object],
) -> Iterator[Kernel]:
    """A kernel set up as `setup` says; it is killed at the end, and all that it started with it.

    `begun` is told of it before it is ready. Raises `KernelNotStarted` if it is not within
    `timeout` seconds, `ServerUnavailable` if it was to be forked and could not be.
    """
    with _context(output_limit) as context:
        manager = SupervisedKernelManager(setup, context)
        try:
            asyncio.run(manager.start_kernel(cwd=cwd, env=env))
            process = manager.process
            shell, iopub = manager.connect_shell(), manager.connect_iopub()
            kernel = Kernel(process, manager.session, shell, iopub, output_limit)
            begun(kernel)
            try:
                kernel.wait_until_ready(timeout)
            except CellTimeout:
                raise KernelNotStarted(f"it was silent for {timeout:g} s") from None
            except KernelDied as error:
                raise KernelNotStarted(f"exit status {error.end.exit_code}") from None
            yield kernel
        finally:
            manager.kill_and_forget()


@contextlib.contextmanager
def _context(output_limit: int) -> "Iterator[zmq.Context[Any]]":
    """Sockets that take in no more than a few messages, and none that is larger than allowed."""
    context = zmq.Context()
    context.setsockopt(zmq.RCVHWM, _WAITING_MESSAGES)
    context.setsockopt(zmq.MAXMSGSIZE, output_limit)
    try:
        yield context
    finally:
        context.destroy(linger=0)
