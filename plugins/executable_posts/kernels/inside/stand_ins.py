"""Standard streams for what is imported before there is a kernel: they become the kernel's.

TensorFlow, absl and others keep, when they are imported, the `sys.stdout` or `sys.stderr` that they
find, and log there. They also look for `sys.ps1`, which IPython sets.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _StandIn:
    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def close(self) -> None:
        """Nothing: who configures logging closes the streams of handlers that were there before."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class StandIns:
    """What stands in for the standard streams of a kernel that is still to come."""

    def __init__(self) -> None:
        self._streams = {name: _StandIn(getattr(sys, name)) for name in ("stdout", "stderr")}

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within it an import finds the streams of a kernel, and that it is an interactive one."""
        original = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self._streams["stdout"], self._streams["stderr"]
        sys.ps1 = "In : "
        try:
            yield
        finally:
            sys.stdout, sys.stderr = original
            del sys.ps1

    def become_the_kernels(self) -> None:
        """From now on what is written to them goes where this process writes."""
        for name, stand_in in self._streams.items():
            stand_in.stream = getattr(sys, name)
