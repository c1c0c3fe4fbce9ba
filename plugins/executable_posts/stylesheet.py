"""The style sheet of cells and outputs, for themes that have none of their own."""

from pathlib import Path

from .store import write_atomically

NAME = "assets/executable_posts.css"
"""Where it lies below the folder of the site."""

_FOLDER = Path(__file__).with_name("static")
_PARTS = ("outputs.css", "cells.css")


def text() -> str:
    """The whole of it: how outputs look, and how the cells around them do."""
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in _PARTS)


def write(output: Path) -> None:
    """Write it into the site below the folder `output`, unless it is there. Raises `OSError`."""
    file, content = output / NAME, text().encode()
    if not file.is_file() or file.read_bytes() != content:
        write_atomically(file, content)
