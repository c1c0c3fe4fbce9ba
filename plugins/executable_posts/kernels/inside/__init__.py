"""What runs inside a kernel, before its first cell and around it; knows nothing outside."""

import importlib
import os
import sys
import traceback
from typing import Any

from . import confinement, datasets, figure_texts, home, reads, snapshots, still_charts
from .imports import ImportWatch, Preloaded
from .plan import InsidePlan

__all__ = ["InsidePlan", "load", "main"]


def main(preloaded: Preloaded | None = None) -> None:
    """Start an IPython kernel as the plan file in ``sys.argv[1]`` says; returns when it ends.

    What is `preloaded` is there when it is imported, and not before.
    """
    plan = InsidePlan.read(sys.argv.pop(1))
    confinement.confine(plan)
    home.install()
    datasets.install(plan.datasets)
    figure_texts.install()
    still_charts.install()
    preloaded = preloaded or Preloaded()
    watch = ImportWatch(preloaded)
    sys.meta_path.insert(0, watch)

    if plan.snapshots:
        sys.argv[-1] = snapshots.keep(plan.snapshots)
    app = _new_app()
    preloaded.streams.become_the_kernels()
    watch.note = reads.install(plan.reads, plan.watched, plan.ignored)
    while True:
        try:
            app.start()
            return
        except snapshots.Asleep as asleep:
            sys.argv[-1] = snapshots.sleep(asleep.listening)
            log = os.dup(app.kernel._streams["stderr"]._original_stdstream_copy)
            try:
                app = snapshots.rebuild(app, _new_app)
            except BaseException:
                os.write(log, traceback.format_exc().encode())
                raise


def _new_app() -> Any:
    app: Any = load().instance()
    app.initialize([*sys.argv[1:], *_ARGUMENTS])
    return app


def load() -> Any:
    """The class of the kernel application; to import it takes some 0.3 s.

    The debugger, which no run needs, is left out: it would take a third of a kernel's start.
    """
    absent: Any = None  # as the import system has it for a module that is not to be found
    sys.modules["debugpy"] = absent
    importlib.import_module("ipykernel.debugger")
    del sys.modules["debugpy"]
    for name in ("at_end", "warm"):
        importlib.import_module(f"{__name__}.{name}")
    return importlib.import_module(f"{__name__}.app").LosslessKernelApp


_ARGUMENTS = (
    # With automagic on, the fence `pip install keras` would install packages during a build.
    "--InteractiveShell.automagic=False",
    "--InteractiveShell.colors=NoColor",
    "--HistoryManager.enabled=False",
    "--InteractiveShell.banner1=",
)
