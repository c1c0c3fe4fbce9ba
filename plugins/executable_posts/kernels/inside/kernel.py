"""The IPython kernel of a run: every cell is answered, whatever it does to what answers it."""

import os
import sys
import traceback
from typing import Any, NoReturn

from ipykernel.ipkernel import IPythonKernel
from ipykernel.zmqshell import ZMQInteractiveShell


class RunShell(ZMQInteractiveShell):
    """ipykernel's shell, where `exit()` is as `sys.exit()`; it knows what was raised last."""

    def ask_exit(self) -> NoReturn:
        """End the run; ipykernel would do so a tenth of a second later, amid the next cell."""
        raise SystemExit

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        self.last_raised = etype.__name__, str(evalue)
        if os.getpid() == self.kernel.process:
            super()._showtraceback(etype, evalue, stb)  # type: ignore[no-untyped-call]
        else:  # what a forked process raises is not what the cell raised
            self._last_traceback = stb


class RunKernel(IPythonKernel):
    """ipykernel's kernel, which stays able to answer.

    * A cell that takes `sys.stdout` or `sys.stderr` away finds it again in the next one. It may put
      another in its place.
    * A process that a cell forked, and that goes on to the end of that cell, ends there. It would
      be a second kernel that reads from the sockets of the first.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.process = os.getpid()
        self._streams: dict[str, Any] = {"stdout": sys.stdout, "stderr": sys.stderr}
        super().__init__(shell_class=RunShell, **kwargs)  # type: ignore[no-untyped-call]

    async def do_execute(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run a cell, as `IPythonKernel` does."""
        for stream in self._streams.values():
            stream.set_parent(self.get_parent())  # type: ignore[no-untyped-call]
        try:
            reply: dict[str, Any] = await super().do_execute(*args, **kwargs)  # type: ignore[no-untyped-call]
        except Exception as error:  # where it showed what the cell raised, to a broken stream
            reply = _failure(type(error).__name__, str(error), traceback.format_exc().split("\n"))
        if reply.get("ename") == "NoneType":  # a display failed, of which ipykernel knows no more
            shell: Any = self.shell
            reply["ename"], reply["evalue"] = shell.last_raised
        if os.getpid() != self.process:
            _end_forked(reply)
        self._mend_streams()
        return reply

    def _mend_streams(self) -> None:
        for name, own in self._streams.items():
            own.flush()
            try:
                getattr(sys, name).flush()
            except Exception:
                setattr(sys, name, own)


def _failure(name: str, value: str, lines: list[str]) -> dict[str, Any]:
    return {
        "status": "error",
        "ename": name,
        "evalue": value,
        "traceback": lines,
        "user_expressions": {},
        "payload": [],
    }


def _end_forked(reply: dict[str, Any]) -> NoReturn:
    """End as a Python program would that had run the cell."""
    status = 0 if reply["status"] == "ok" else 1
    try:
        if reply.get("ename") == "SystemExit":
            status = (
                int(reply["evalue"])
                if reply["evalue"].isdecimal()
                else int(reply["evalue"] not in ("", "None"))
            )
        elif status:
            print("\n".join(reply["traceback"]), file=sys.stderr)  # noqa: T201
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)
