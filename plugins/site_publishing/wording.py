"""What a person reads in the terminal. Pure."""

from collections.abc import Sequence

from .changes import Changes, Sort, sort_of
from .figures import FigureChange
from .manifest import MARKER, Manifest
from .model import BuiltSite

_MOST = 15
_MARKS = {"added": "+", "changed": "~", "vanishing": "-"}


def counted(count: int, one: str, many: str = "") -> str:
    """A number and its noun.

    >>> counted(1, "page"), counted(2, "page")
    ('1 page', '2 pages')
    """
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def checked(site: BuiltSite, by: str) -> str:
    """What was looked at, where nothing is wrong."""
    addresses = sum(len(document.references) for document in site.documents)
    return (
        f"checked: {counted(len(site.pages), 'page')}, {counted(len(site.feeds), 'feed')}, "
        f"{counted(addresses, 'address', 'addresses')}, HTML by {by}: nothing is wrong"
    )


def versions(before: Manifest | None, now: Manifest) -> str:
    """Which version follows which."""
    return f"{before.version if before else 'nothing published'} → {now.version}"


def lines(found: Changes, figures: Sequence[FigureChange]) -> list[str]:
    """All that changes, by what readers call it; long lists are cut."""
    words = {figure.name: figure.words for figure in figures}
    rows = [row for sort in ("page", "figure", "file") for row in _sort(found, sort, words)]
    if found.leaving:
        rows.append(
            f"no longer needed, and kept for this time: {counted(len(found.leaving), 'file')} that "
            "open pages may ask for"
        )
    if found.foreign:
        rows.append(f"of others, and left alone: {_few(found.foreign)}")
    return rows


def _sort(found: Changes, sort: Sort, words: dict[str, str]) -> list[str]:
    groups = {
        kind: [name for name in names if sort_of(name) == sort and name != MARKER]
        for kind, names in (
            ("added", found.added),
            ("changed", found.changed),
            ("vanishing", found.vanishing),
        )
    }
    if not any(groups.values()):
        return []
    counts = ", ".join(f"{len(names)} {kind}" for kind, names in groups.items() if names)
    rows = [f"{sort}s: {counts}"]
    for kind, names in groups.items():
        for name in names[:_MOST]:
            what = f": {words[name]}" if name in words else ""
            rows.append(f"  {_MARKS[kind]} {name}{what}")
        if len(names) > _MOST:
            rows.append(f"  {_MARKS[kind]} … {len(names) - _MOST} more")
    return rows


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
