"""Writing files of the site: atomically, and only what changed."""

from pathlib import Path

from executable_posts.store import write_atomically


def write(file: Path, data: bytes) -> bool:
    """Put `data` into `file`; returns whether that changed it."""
    try:
        if file.read_bytes() == data:
            return False
    except OSError:
        pass
    write_atomically(file, data)
    return True
