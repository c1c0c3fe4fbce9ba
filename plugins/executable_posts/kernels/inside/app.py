"""The kernel application, which never drops an output because its reader is slow."""

from typing import Any

import zmq
from ipykernel.kernelapp import IPKernelApp


class LosslessKernelApp(IPKernelApp):
    """ZeroMQ publishers drop messages once 1,000 wait for a slow subscriber; this one keeps all."""

    def init_iopub(self, context: Any) -> None:
        """Open the socket for outputs, without a limit to what may wait in it."""
        context.setsockopt(zmq.SNDHWM, 0)
        super().init_iopub(context)  # type: ignore[no-untyped-call]
