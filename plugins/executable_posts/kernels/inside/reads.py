"""Recording what a run reads, by an audit hook (PEP 578) that sees every `open`."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any


def install(log: str, watched: Sequence[str], ignored: Sequence[str] = ()) -> Callable[[str], None]:
    """Write to the file `log`, from now on, a line for each file and module that is first used.

    ``file <absolute path>`` for a file below one of the folders `watched`, and below none of those
    `ignored`, that is opened for reading; ``module <name>`` for a module with whose name the
    function that is returned is called. The lines are written at once, since a kernel may die at
    any time. Raises `OSError` if `log` cannot be written.
    """
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    roots, others = _names(watched), _names(ignored)
    seen: set[str] = set()

    def note(line: str) -> None:
        if line not in seen:
            seen.add(line)
            os.write(handle, f"{line}\n".encode("utf-8", "surrogateescape"))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, str | bytes) and _reads(mode, flags):
                # Not realpath: it would ask the disk for each part of each path.
                name = os.path.abspath(os.fsdecode(path))
                if name.startswith(roots) and not name.startswith(others) and "\n" not in name:
                    note(f"file {name}")

    sys.addaudithook(hook)
    return lambda module: note(f"module {module}")


def _names(folders: Sequence[str]) -> tuple[str, ...]:
    """How names of files below `folders` begin: as they were given, and without symbolic links."""
    called = {
        called(folder) for folder in folders for called in (os.path.abspath, os.path.realpath)
    }
    return tuple(os.path.join(folder, "") for folder in sorted(called))


def _reads(mode: str | None, flags: int) -> bool:
    if mode is not None:
        return "r" in mode or "+" in mode
    return flags & os.O_ACCMODE != os.O_WRONLY
