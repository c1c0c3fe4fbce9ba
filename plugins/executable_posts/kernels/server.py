"""The builder's end of a kernel server, which imports packages once and forks a kernel per run."""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from .environment import PER_RUN
from .launching import launch_code
from .supervised import Supervised
from .supervisor import Bounds

AVAILABLE = sys.platform == "linux"
"""Elsewhere a process that has imported such packages cannot be forked, or not be supervised."""


class ServerUnavailable(Exception):
    """A kernel server does not serve; its message says why."""


class KernelServer:
    """A process that has imported `packages` and forks kernels. May be used by several threads.

    It ends when it is closed or its parent has died, however that was. The kernels that it forked
    go on if it dies: they depend on their builder alone.
    """

    def __init__(self, packages: Sequence[str], environment: Mapping[str, str]) -> None:
        """Begin to start a server for kernels whose environment is like `environment`.

        Raises `OSError` if a process cannot be started.
        """
        self.packages = tuple(packages)
        self._frozen = _frozen(environment)
        self._lock = threading.Lock()
        self._home = tempfile.mkdtemp(prefix="executable-posts-server-")
        self._log = Path(self._home, "server.log")
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        home = {name: self._home for name in PER_RUN if name in environment}
        with theirs, self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", launch_code("forking"), self._home, *self.packages],
                stdin=theirs.fileno(),
                stdout=log,
                stderr=log,
                cwd=self._home,
                env={**environment, **home},
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Wait until the packages are imported; raises `ServerUnavailable` if it will not serve."""
        try:
            told = self._connection.recv(2**16)
        except OSError as error:
            raise ServerUnavailable(str(error)) from None
        if not told:
            raise ServerUnavailable(self._last_line() or "it ended while it started")
        if refused := json.loads(told).get("refused"):
            raise ServerUnavailable(refused)

    def serves(self, environment: Mapping[str, str]) -> bool:
        """Whether kernels may have this environment: what an import reads of it must be the same.

        Such are ``KERAS_BACKEND``, ``TF_…``, ``OMP_NUM_THREADS`` and ``MPLBACKEND``; so all
        variables have to be, save those that are each run's own.
        """
        return _frozen(environment) == self._frozen

    def launch(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        bounds: Bounds,
        log: BinaryIO,
        cwd: str,
        env: Mapping[str, str],
    ) -> Supervised:
        """Fork a kernel, with `arguments` as `inside.main` reads them.

        Raises `ServerUnavailable` if the server has died or is not one for this environment.
        """
        if not self.serves(env):
            raise ServerUnavailable("its packages were imported in another environment")
        request = {
            "arguments": list(arguments),
            "folder": str(folder),
            "bounds": list(bounds),
            "cwd": cwd,
            "env": dict(env),
        }
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                with self._lock:
                    socket.send_fds(
                        self._connection,
                        [json.dumps(request).encode()],
                        [theirs.fileno(), log.fileno()],
                    )
            except OSError as error:
                ours.close()
                raise ServerUnavailable(f"it has ended ({error.strerror})") from None
        return Supervised(ours)

    def close(self) -> None:
        """End the server; kernels that it forked go on."""
        self._connection.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()  # it has nothing to tidy up that we do not
        self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def _last_line(self) -> str:
        try:
            lines = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:
            return ""
        return next((line for line in reversed(lines) if line.strip()), "")


def _frozen(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in PER_RUN}
