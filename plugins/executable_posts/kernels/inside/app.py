"""The kernel application, which loses no output and no message."""

import codecs
import json
import os
import threading
from typing import Any

import zmq
from ipykernel.iostream import IOPubThread
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.jsonutil import json_clean, json_default
from zmq.eventloop.zmqstream import ZMQStream

from .kernel import RunKernel
from .streams import LosslessStream

_ESCAPED = "executable-posts-escaped"
# Bound here, since a cell may put others in their places.
_dumps, _loads = json.dumps, json.loads


class LosslessKernelApp(IPKernelApp):
    """ipykernel, for a reader that may be slow and for text that no encoding has words for.

    ZeroMQ publishers drop messages once 1,000 wait for a slow subscriber; this one keeps all.
    """

    outstream_class = f"{LosslessStream.__module__}.{LosslessStream.__qualname__}"
    kernel_class = RunKernel

    def init_iopub(self, context: Any) -> None:
        """Open the socket for outputs, without a limit to what may wait in it."""
        context.setsockopt(zmq.SNDHWM, 0)
        self.session.pack, self.session.unpack = pack, _loads
        socket = context.socket(zmq.XPUB)
        socket.linger = 1000
        self.iopub_port = self._bind_socket(socket, self.iopub_port)  # type: ignore[no-untyped-call]
        self.configure_tornado_logger()  # type: ignore[no-untyped-call]
        self.iopub_thread = _OutputThread(socket, self.session, f"ipc://{self.ip}-forked")
        self.iopub_thread.start()  # type: ignore[no-untyped-call]
        self.iopub_socket = self.iopub_thread.background_socket


class _OutputThread(IOPubThread):
    """ipykernel's thread, which hears of forked children over a private socket, and of its reader.

    ipykernel's own is of TCP: another user could connect to it, and without network there is none.
    And it may never hear that a reader has come: ZeroMQ tells once that something has, and a send
    on the same socket takes that away from who waits (`ZMQ_FD` in zmq_getsockopt(3)).
    """

    def __init__(self, socket: Any, session: Any, address: str) -> None:
        self._address = address
        self._has_reader = False
        super().__init__(socket, pipe=True, session=session)  # type: ignore[no-untyped-call]

    def _really_send(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        super()._really_send(msg, *args, **kwargs)  # type: ignore[no-untyped-call]
        if not self._has_reader and threading.get_ident() == self.thread.ident:
            self._xpub_stream.flush(zmq.POLLIN)

    def _handle_subscription(self, frames: Any) -> None:
        self._has_reader = True
        super()._handle_subscription(frames)  # type: ignore[no-untyped-call]

    def _setup_pipe_in(self) -> None:
        self._pipe_uuid = os.urandom(16)
        pipe = self.socket.context.socket(zmq.PULL)
        pipe.linger = 0
        pipe.bind(self._address)
        self._pipe_in = ZMQStream(pipe, self.io_loop)
        self._pipe_in.on_recv(self._handle_pipe_msg)

    def _setup_pipe_out(self) -> tuple[Any, Any]:
        context = zmq.Context()  # a new one: ZeroMQ's threads are not forked
        pipe = context.socket(zmq.PUSH)
        pipe.linger = 3000
        pipe.connect(self._address)
        return context, pipe


def pack(value: Any) -> bytes:
    """`value` as JSON in UTF-8; a lone surrogate becomes its escape (`\\ud800`) as text.

    jupyter_client's own function raises for it, and the whole message is lost.
    """
    try:
        text = _dump(value)
    except (TypeError, ValueError):  # not-a-number, bytes, keys that are no strings
        text = _dump(json_clean(value))
    return text.encode("utf-8", _ESCAPED)


def _dump(value: Any) -> str:
    return _dumps(value, default=json_default, ensure_ascii=False, allow_nan=False)


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wrong = error.object[error.start : error.end]
    # Twice the backslash: JSON would read a single one as the surrogate again.
    return "".join(f"\\\\u{ord(character):04x}" for character in wrong), error.end


codecs.register_error(_ESCAPED, _escape)
