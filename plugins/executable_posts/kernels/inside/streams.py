"""Standard output and error of a kernel: nothing printed is lost, and nothing changes its place."""

import codecs
import os
import threading
from collections.abc import Iterator

# By name, since a cell may put others in their places.
from os import read
from select import POLLIN, poll
from typing import Any, ClassVar

from ipykernel.iostream import OutStream

_LONGEST_PIECE = 2**16
_READ_AT_ONCE = 2**16


class LosslessStream(OutStream):
    """ipykernel's stream, with three faults mended.

    * What C libraries and child processes write to the file descriptor comes before what Python
      prints after it, and belongs to the cell that ran when it was written: ipykernel reads it in
      a thread, whenever that gets to run.
    * A character of several bytes that lies on the border of two reads stays whole.
    * A long text goes out in messages of 64 Ki characters, so that whoever receives it can stop.

    There is one of each name in a process: where a kernel is built anew (see `snapshots`), what
    cells and libraries have kept of the old one writes to the new one.
    """

    _of_process: ClassVar[dict[str, "LosslessStream"]] = {}

    def __new__(
        cls, _session: object, _thread: object, name: str, *_: object, **__: object
    ) -> "LosslessStream":
        """The one of this `name`, which is then made anew."""
        if name not in cls._of_process:
            cls._of_process[name] = super().__new__(cls)
        return cls._of_process[name]

    def _setup_stream_redirects(self, name: str) -> None:
        self._reading = threading.RLock()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        super()._setup_stream_redirects(name)  # type: ignore[no-untyped-call]
        # A child would say again, and first, what its parent has not sent yet.
        os.register_at_fork(before=self.flush)

    def _watch_pipe_fd(self) -> None:
        """Pass on what is written to the file descriptor while nobody prints (in a thread)."""
        while _wait_for(self._fid, timeout=None) and self._should_watch:
            if not self._drain():
                return

    def _drain(self) -> bool:
        """Take over what has been written to the file descriptor; false if it was closed."""
        with self._reading:
            while _wait_for(self._fid, timeout=0):
                try:
                    data = read(self._fid or -1, _READ_AT_ONCE)
                except OSError:
                    return False
                super().write(self._decoder.decode(data, final=not data))
                if not data:
                    return False
        return True

    def write(self, string: str) -> int:
        """Print `string`, behind what was written to the file descriptor before."""
        if self._should_watch and os.getpid() == self._master_pid:
            self._drain()
        super().write(string)
        return len(string)

    def flush(self) -> None:
        """Send all that was printed, or written to the file descriptor, until now."""
        if self._should_watch and os.getpid() == self._master_pid:
            self._drain()
        super().flush()  # type: ignore[no-untyped-call]

    def _flush_buffers(self) -> Iterator[tuple[dict[str, Any], str]]:
        for parent, text in super()._flush_buffers():  # type: ignore[no-untyped-call]
            for start in range(0, len(text), _LONGEST_PIECE):
                yield parent, text[start : start + _LONGEST_PIECE]


def _wait_for(descriptor: int | None, timeout: float | None) -> bool:
    if descriptor is None:
        return False
    poller = poll()
    poller.register(descriptor, POLLIN)
    try:
        return bool(poller.poll(timeout))
    except OSError:
        return False
