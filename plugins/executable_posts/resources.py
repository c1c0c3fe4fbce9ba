"""What this machine has for runs: memory that is free, cores."""

import os
from pathlib import Path

_UNLIMITED = 2**60
_FALLBACK = 2 * 2**30


def available_memory() -> int:
    """Bytes that can be used without swapping, in this container if it is one."""
    return min(_of_machine(), _of_container())


def _of_machine() -> int:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return _FALLBACK


def _of_container() -> int:
    """What the control group of this process leaves (cgroup v2: memory.max, memory.current)."""
    try:
        groups = Path("/proc/self/cgroup").read_text(encoding="utf-8")
        [name] = [line[3:] for line in groups.splitlines() if line.startswith("0::")]
        folder = Path("/sys/fs/cgroup") / name.lstrip("/")
        limit = (folder / "memory.max").read_text(encoding="ascii").strip()
        if limit == "max":
            return _UNLIMITED
        return int(limit) - int((folder / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return _UNLIMITED


def cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
