"""The kernel manager and provisioner that nbclient is given: IPC sockets, supervised processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import IO, Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from .inside.plan import InsidePlan

_PROVISIONER = "executable-posts"
_SUPERVISOR = Path(__file__).with_name("supervisor.py")


@dataclass(frozen=True)
class KernelSetup:
    """All that is particular to one kernel.

    `folder` holds its sockets, connection file and log. It is the caller's to remove; if the caller
    dies, the supervisor does. `plan` is what happens inside the kernel before the first cell.
    """

    folder: Path
    plan: InsidePlan

    @property
    def end(self) -> "KernelEnd | None":
        """How the kernel ended; `None` as long as it has not."""
        try:
            end = json.loads((self.folder / "end.json").read_text(encoding="utf-8"))
            return KernelEnd(end["exit_code"], end["max_rss_kib"] * 1024)
        except (OSError, ValueError):
            return None

    @property
    def log(self) -> Path:
        """What the kernel wrote before and after Jupyter took hold of its output."""
        return self.folder / "kernel.log"


@dataclass(frozen=True)
class KernelEnd:
    """`exit_code` is negative for a signal; `memory` the most that the kernel held, in bytes."""

    exit_code: int
    memory: int


class SupervisedProvisioner(LocalProvisioner):
    """Starts a kernel under `supervisor`; signals go through its pipe, never by process id."""

    process: "subprocess.Popen[bytes] | None" = None
    _log: IO[bytes] | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the supervisor, and by it the kernel; returns the connection info."""
        setup: KernelSetup = self.parent.setup  # type: ignore[union-attr]
        self._log = setup.log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SUPERVISOR), str(setup.folder), *cmd],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            cwd=kwargs["cwd"],
            env=kwargs["env"],
            start_new_session=True,
        )
        self.pid = self.process.pid
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        """Have the supervisor send `signum` to the kernel's process group."""
        if self.process is not None and self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # it has ended meanwhile
                self.process.stdin.write(bytes([signum]))
                self.process.stdin.flush()

    async def kill(self, restart: bool = False) -> None:  # noqa: ARG002
        """Kill the kernel; its supervisor then kills what else it left, and ends."""
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """The same as `kill`: what a run wanted to keep was sent long ago."""
        await self.kill(restart)

    async def wait(self) -> int | None:
        """Wait for the supervisor to end; its exit status is the kernel's."""
        status = await super().wait()
        if self._log is not None:
            self._log.close()
        return status


class SupervisedKernelManager(AsyncKernelManager):
    """A kernel manager for one kernel of one run.

    Its class attribute `setup` is set on a subclass made for the run, since nbclient wants a
    class (an instance leaks 12 descriptors a kernel).
    """

    setup: KernelSetup

    @classmethod
    def for_run(cls, setup: KernelSetup) -> "type[SupervisedKernelManager]":
        """A subclass whose kernels are set up as `setup` says."""
        return type("RunKernelManager", (cls,), {"setup": setup})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.transport = "ipc"
        self.ip = str(self.setup.folder / "s")
        self.connection_file = str(self.setup.folder / "connection.json")
        factory = KernelProvisionerFactory.instance()
        factory.provisioners.setdefault(
            _PROVISIONER,
            EntryPoint(
                name=_PROVISIONER,
                value=f"{__name__}:{SupervisedProvisioner.__name__}",
                group=KernelProvisionerFactory.GROUP_NAME,
            ),
        )
        plan = self.setup.folder / "plan.json"
        plan.write_text(json.dumps(self.setup.plan.to_json()), encoding="utf-8")
        self._kernel_spec = KernelSpec(
            argv=[sys.executable, "-c", _launch_code(), str(plan), "-f", "{connection_file}"],
            language="python",
            display_name="Python 3",
            metadata={"kernel_provisioner": {"provisioner_name": _PROVISIONER, "config": {}}},
        )


def _launch_code() -> str:
    """What ``python -c`` runs to start a kernel: our package is on its path only meanwhile."""
    package = __package__ or ""
    root = Path(__file__).resolve().parents[package.count(".") + 1]
    return (
        f"import sys; sys.path.insert(0, {os.fspath(root)!r}); "
        f"from {package}.inside import main; sys.path.remove({os.fspath(root)!r}); main()"
    )
