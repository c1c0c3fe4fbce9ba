"""One build at a time: the second waits, and says for whom."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_INTERVAL = 0.1


@contextlib.contextmanager
def build_lock(folder: Path, announce: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock in `folder` while this is entered; wait for it if another build does.

    The operating system gives the lock back when its holder ends, however that was.
    """
    if sys.platform == "win32":  # no fcntl there
        yield
        return
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+", encoding="ascii") as file:
        told = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    file.seek(0)
                    announce(f"waiting for the build with process id {file.read().strip()}")
                    told = True
                time.sleep(_INTERVAL)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
