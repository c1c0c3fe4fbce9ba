"""What runs inside a kernel, before its first cell and around it; knows nothing outside."""

import sys
from typing import Any

from . import datasets, figure_texts, reads
from .plan import InsidePlan

__all__ = ["InsidePlan", "main"]


def main() -> None:
    """Start an IPython kernel as the plan file in ``sys.argv[1]`` says; returns when it ends."""
    plan = InsidePlan.read(sys.argv.pop(1))
    datasets.install(plan.datasets)
    figure_texts.install()

    from .app import LosslessKernelApp

    app: Any = LosslessKernelApp.instance()
    app.initialize([*sys.argv[1:], *_ARGUMENTS])
    reads.install(plan.reads, plan.watched, plan.ignored)
    app.start()


_ARGUMENTS = (
    # With automagic on, the fence `pip install keras` would install packages during a build.
    "--InteractiveShell.automagic=False",
    "--InteractiveShell.colors=NoColor",
    "--HistoryManager.enabled=False",
    "--InteractiveShell.banner1=",
)
