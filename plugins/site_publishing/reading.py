"""A folder with a built site → `BuiltSite`: each file is read and parsed once."""

from collections.abc import Sequence
from pathlib import Path

from . import documents
from .addresses import SiteAddress
from .model import BuiltSite, Document, Feed, Page, Source


def names_in(folder: Path) -> list[str]:
    """All files below `folder`, as the site names them, sorted."""
    return sorted(
        file.relative_to(folder).as_posix() for file in folder.rglob("*") if not file.is_dir()
    )


def read_site(folder: Path, address: SiteAddress, sources: Sequence[Source]) -> BuiltSite:
    """The site built in `folder` of the posts and pages `sources`."""
    names = names_in(folder)
    pages: dict[str, Page] = {}
    feeds: dict[str, Feed] = {}
    sheets: dict[str, Document] = {}
    for name in names:
        suffix = Path(name).suffix.lower()
        if suffix in {".html", ".htm"}:
            pages[name] = documents.page(name, _text(folder / name))
        elif suffix in {".xml", ".atom", ".rss"}:
            if (feed := documents.feed(name, (folder / name).read_bytes())) is not None:
                feeds[name] = feed
        elif suffix == ".json":
            if (feed := documents.json_feed(name, _text(folder / name))) is not None:
                feeds[name] = feed
        elif suffix == ".css":
            sheets[name] = documents.sheet(name, _text(folder / name))
    return BuiltSite(address, frozenset(names), pages, feeds, sheets, tuple(sources))


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8-sig", errors="replace")
