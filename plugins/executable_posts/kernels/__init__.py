"""Kernels that die cleanly: a jupyter_client kernel provisioner, and what runs inside a kernel."""

from .environment import kernel_environment
from .inside.plan import Dataset, InsidePlan
from .manager import KernelEnd, KernelSetup, SupervisedKernelManager

__all__ = [
    "Dataset",
    "InsidePlan",
    "KernelEnd",
    "KernelSetup",
    "SupervisedKernelManager",
    "kernel_environment",
]
