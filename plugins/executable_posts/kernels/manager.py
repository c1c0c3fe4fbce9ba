"""The kernel manager and its provisioners: IPC sockets, supervised processes, plain or forked."""

import json
import signal
import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from .inside.plan import InsidePlan
from .launching import launch_code
from .server import KernelServer
from .supervised import KernelEnd, Supervised, start_supervised
from .supervisor import Bounds


@dataclass(frozen=True)
class KernelSetup:
    """All that is particular to one kernel.

    `folder` holds its sockets, connection file and log. It is the caller's to remove; if the caller
    dies, the supervisor does. `plan` is what happens inside the kernel before the first cell,
    `bounds` what it and its descendants may use. With a `server` the kernel is forked from it.
    """

    folder: Path
    plan: InsidePlan
    bounds: Bounds
    server: KernelServer | None = None

    @property
    def log(self) -> Path:
        """What the kernel wrote before and after Jupyter took hold of its output."""
        return self.folder / "kernel.log"


class SupervisedProvisioner(KernelProvisionerBase):
    """Runs a kernel under a supervisor, through which it is signalled, never by process id."""

    process: Supervised | None = None

    def _start(self, cmd: list[str], cwd: str, env: dict[str, str]) -> Supervised:
        setup: KernelSetup = self.parent.setup  # type: ignore[union-attr]
        with setup.log.open("wb") as log:
            return start_supervised(
                cmd, folder=setup.folder, bounds=setup.bounds, log=log, cwd=cwd, env=env
            )

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel, dead or alive."""
        return self.process is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Write the connection file; returns how the kernel is to be started."""
        manager: Any = self.parent
        manager.write_connection_file()
        self.connection_info = manager.get_connection_info()
        return await super().pre_launch(cmd=manager.format_kernel_cmd(), **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the supervisor, and by it the kernel; returns the connection info."""
        self.process = self._start(cmd, kwargs["cwd"], kwargs["env"])
        return self.connection_info

    async def poll(self) -> int | None:
        """The exit code; `None` as long as the kernel or anything below it runs."""
        return self.process.poll() if self.process else 0

    async def wait(self) -> int | None:
        """Wait for the kernel and all below it to end; its exit code."""
        return self.process.wait() if self.process else 0

    async def send_signal(self, signum: int) -> None:
        """Have the supervisor send `signum` to the kernel's process group."""
        if self.process:
            self.process.send_signal(signum)

    async def kill(self, restart: bool = False) -> None:  # noqa: ARG002
        """Kill the kernel; its supervisor then kills what else it left, and ends."""
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """The same as `kill`: what a run wanted to keep was sent long ago."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """Nothing: all that a kernel leaves is in its folder, which is not ours to remove."""


class ForkedProvisioner(SupervisedProvisioner):
    """The same, for a kernel that the kernel server forks."""

    def _start(self, cmd: list[str], cwd: str, env: dict[str, str]) -> Supervised:
        setup: KernelSetup = self.parent.setup  # type: ignore[union-attr]
        if setup.server is None:
            raise RuntimeError("a forked kernel needs a kernel server")
        with setup.log.open("wb") as log:
            return setup.server.launch(
                cmd[_LAUNCHER:], folder=setup.folder, bounds=setup.bounds, log=log, cwd=cwd, env=env
            )


_LAUNCHER = 3
"""How many words of a kernel's command say what is to be run; the server runs it already."""


class SupervisedKernelManager(KernelManager):
    """A kernel manager for one kernel of one run."""

    # As AsyncKernelManager has it. That one makes ZeroMQ contexts for asyncio, which we do not use.
    start_kernel = KernelManager._async_start_kernel  # type: ignore[assignment]

    def __init__(self, setup: KernelSetup, context: "zmq.Context[Any]") -> None:
        super().__init__(context=context, transport="ipc", ip=str(setup.folder / "s"))
        self.setup = setup
        self.connection_file = str(setup.folder / "connection.json")
        # Only numbers in file names here, but those of all five sockets have to be different.
        self.shell_port, self.iopub_port, self.stdin_port, self.hb_port, self.control_port = range(
            1, 6
        )
        self._kernel_spec = _kernel_spec(setup)

    @property
    def process(self) -> Supervised:
        """The kernel that was started."""
        if not isinstance(self.provisioner, SupervisedProvisioner) or not self.provisioner.process:
            raise RuntimeError("the kernel was not started")
        return self.provisioner.process

    def kill_and_forget(self) -> KernelEnd | None:
        """Kill the kernel if it was started, wait until nothing of it is left, close sockets."""
        end = None
        if self.has_kernel:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            end = self.process.end
        self.forget()
        return end

    def forget(self) -> None:
        """Close what is open for the kernel; it goes on."""
        self._close_control_socket()


def _kernel_spec(setup: KernelSetup) -> KernelSpec:
    plan = setup.folder / "plan.json"
    plan.write_text(json.dumps(setup.plan.to_json()), encoding="utf-8")
    provisioner = SupervisedProvisioner if setup.server is None else ForkedProvisioner
    _make_known(provisioner)
    command = [sys.executable, "-c", launch_code("inside"), str(plan), "-f", "{connection_file}"]
    return KernelSpec(
        argv=command,
        language="python",
        display_name="Python 3",
        metadata={"kernel_provisioner": {"provisioner_name": provisioner.__name__, "config": {}}},
    )


def _make_known(provisioner: type[SupervisedProvisioner]) -> None:
    """Let jupyter_client find a provisioner that no installed package declares."""
    factory = KernelProvisionerFactory.instance()
    factory.provisioners.setdefault(
        provisioner.__name__,
        EntryPoint(
            name=provisioner.__name__,
            value=f"{__name__}:{provisioner.__name__}",
            group=KernelProvisionerFactory.GROUP_NAME,
        ),
    )
