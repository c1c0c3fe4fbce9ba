"""The kernel application, which loses no output and no message."""

import codecs
import json
from typing import Any

import zmq
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.jsonutil import json_clean, json_default

from .streams import LosslessStream

_ESCAPED = "executable-posts-escaped"


class LosslessKernelApp(IPKernelApp):
    """ipykernel, for a reader that may be slow and for text that no encoding has words for.

    ZeroMQ publishers drop messages once 1,000 wait for a slow subscriber; this one keeps all.
    """

    outstream_class = f"{LosslessStream.__module__}.{LosslessStream.__qualname__}"

    def init_iopub(self, context: Any) -> None:
        """Open the socket for outputs, without a limit to what may wait in it."""
        context.setsockopt(zmq.SNDHWM, 0)
        self.session.pack = pack
        super().init_iopub(context)  # type: ignore[no-untyped-call]


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
    return json.dumps(value, default=json_default, ensure_ascii=False, allow_nan=False)


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wrong = error.object[error.start : error.end]
    # Twice the backslash: JSON would read a single one as the surrogate again.
    return "".join(f"\\\\u{ord(character):04x}" for character in wrong), error.end


codecs.register_error(_ESCAPED, _escape)
