"""What a kernel gives up before its first cell, as far as the system can take it."""

import contextlib
import sys
from pathlib import Path

from . import landlock, limits, network
from .linux import NotAvailableError
from .plan import InsidePlan

_OPEN_FILES = 1024


def protects_files() -> bool:
    """Whether a kernel is kept from writing outside of its folders on this machine."""
    try:
        return landlock.version() > 0
    except NotAvailableError:
        return False


def confine(plan: InsidePlan) -> None:
    """Let this process and all its children write, use and reach only what `plan` allows.

    Ends the process, with a word for its log, where it is to be without network and cannot be.
    """
    # Elsewhere than on Linux the scratch folder still catches what is written nearby.
    with contextlib.suppress(NotAvailableError):
        limits.apply(
            limits.Limits(memory=plan.memory, file_size=plan.file_size, open_files=_OPEN_FILES)
        )
    if not plan.network:
        try:
            network.forbid()
        except NotAvailableError as error:
            sys.exit(f"EXECUTE_NETWORK = False cannot be kept here: {error}")
    with contextlib.suppress(NotAvailableError):
        landlock.restrict([folder for folder in plan.writable if Path(folder).exists()])
