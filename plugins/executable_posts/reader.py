"""The Markdown reader: it looks up what was built and never runs anything."""

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

from markdown import Markdown
from pelican.readers import MarkdownReader

from .build import Page
from .picture import with_saved
from .render import fill


class Unreadable(Enum):
    """The type of `UNREADABLE`."""

    UNREADABLE = "unreadable"


UNREADABLE = Unreadable.UNREADABLE
"""Looked up for a post that cannot be read; what is wrong with it is said elsewhere."""

LookedUp = Page | Unreadable | None
LookUp = Callable[[Path], LookedUp]


class PostReader(MarkdownReader):  # type: ignore[misc]  # Pelican has no types
    """Reads a post in the version for readers; any other Markdown file as Pelican does."""

    def __init__(self, look_up: LookUp, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self._look_up = look_up

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        """HTML and metadata of the file at `source_path`."""
        page = self._look_up(Path(source_path))
        if page is None and not source_path.endswith(".ipynb"):
            content, metadata = super().read(source_path)
            return content, metadata
        if page is None or page is UNREADABLE:
            # Pelican would print the traceback of its own attempt; `skip` makes it go on.
            return "", {"title": source_path, "status": "skip"}
        self._source_path = source_path
        self._md = Markdown(**self.settings["MARKDOWN"])
        content = with_saved(self._md.convert(page.rendered.markdown), page.saved)
        content = fill(content, page.rendered.blocks)
        metadata = self._parse_metadata(getattr(self._md, "Meta", {}))
        if page.notebook is not None and (address := self._address(page.notebook)):
            metadata["executed_notebook"] = address
        return content, metadata

    def _address(self, notebook: Path) -> str | None:
        """Where the site publishes `notebook`, if ``notebooks`` is one of its static paths."""
        below = notebook.relative_to(Path(self.settings["PATH"]).resolve())
        published = (Path(folder) for folder in self.settings["STATIC_PATHS"])
        is_published = any(below.is_relative_to(folder) for folder in published)
        return below.as_posix() if is_published else None
