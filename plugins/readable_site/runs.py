"""When posts ran: what git says of their executed notebooks, remembered between builds."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from . import history
from .files import write
from .history import History

_FOLDER = "notebooks"


class Runs:
    """The runs of the posts in `content`, a folder of the project `root`.

    `memory` is a file: to compare a notebook with what it was costs a process for each version.
    """

    def __init__(self, root: Path, content: Path, memory: Path) -> None:
        self._root = root
        self._content = content
        self._memory = memory

    def when(self, notebook: str) -> datetime | None:
        """When a run gave the outputs in `notebook`, as git tells, or else the file's date."""
        try:
            digest = hashlib.sha256((self._root / notebook).read_bytes()).hexdigest()
            if self._history is None:
                return None
            newest = self._history.newest(notebook)
            if newest is None:
                return self._history.since(notebook, essence)
            key = f"{newest} {digest}"
            known = self._known.get(notebook, {})
            if known.get("key") == key:
                return datetime.fromisoformat(known["when"])
            found = self._history.since(notebook, essence)
            if found is not None:
                self._known[notebook] = {"key": key, "when": found.isoformat()}
                write(self._memory, json.dumps(self._known, indent=1, sort_keys=True).encode())
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return None
        return found

    @cached_property
    def _history(self) -> History | None:
        folder = (self._content / _FOLDER).relative_to(self._root).as_posix()
        return history.read(self._root, folder)

    @cached_property
    def _known(self) -> dict[str, Any]:
        try:
            known = json.loads(self._memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}


def essence(data: bytes) -> object:
    """What a run put into an executed notebook: all but prose, title and the names of figures."""
    try:
        notebook: Mapping[str, Any] = json.loads(data)
        ours = dict(notebook["metadata"]["executable_posts"])
        return (
            ours["python"],
            ours["fingerprint"],
            [
                (cell["outputs"], cell["metadata"]["executable_posts"]["seconds"])
                for cell in notebook["cells"]
                if cell["cell_type"] == "code"
            ],
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
