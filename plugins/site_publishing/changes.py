"""What publishing a version will change at a target. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal

from .manifest import NAME, Manifest

PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif"}
_PAGES = {".html", ".htm", ".xml", ".atom", ".rss"}
# What pages are made with; a name of which nobody notes down.
_PARTS = {
    ".css",
    ".js",
    ".mjs",
    ".map",
    ".woff",
    ".woff2",
    ".ttf",
    ".otf",
    ".json",
    ".txt",
    ".wasm",
}
_PARTS |= {".pf_fragment", ".pf_index", ".pf_meta", ".pagefind"}

Sort = Literal["page", "figure", "file"]


@dataclass(frozen=True)
class Changes:
    """Names of files. `vanishing` are those that readers know and that would be there no more.

    `foreign` are files of others, which stay; `taken` are those of others that have names of ours.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    vanishing: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether readers would see another site than now."""
        return bool(self.added or self.changed or self.vanishing or self.leaving or self.taken)


def sort_of(name: str) -> Sort:
    """What a reader would call the file `name`."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _PAGES:
        return "page"
    return "figure" if suffix in PICTURES else "file"


def changes(
    before: Manifest | None, now: Manifest, there: Mapping[str, str] | Iterable[str]
) -> Changes:
    """What `now` changes where `before` was published and the files `there` are.

    A file that is there no more, though `before` says so, is added anew.
    """
    names = set(there) - {NAME}
    owned = before.owned if before else {}
    mine = {name: owned[name] for name in names & owned.keys()}
    gone = mine.keys() - now.files.keys()
    was_leaving = gone & (before.leaving.keys() if before else set())
    going = gone - was_leaving
    known = {name for name in going if not _is_part(name)}
    return Changes(
        added=_sorted(now.files.keys() - names),
        changed=_sorted(
            name for name in now.files.keys() & mine.keys() if now.files[name] != mine[name]
        ),
        vanishing=_sorted(known),
        leaving=_sorted(going - known),
        removed=_sorted(was_leaving),
        foreign=_sorted(names - owned.keys() - now.files.keys()),
        taken=_sorted((names - owned.keys()) & now.files.keys()),
    )


def _is_part(name: str) -> bool:
    """Whether nobody asks for `name` but pages and servers."""
    path = PurePosixPath(name)
    return path.suffix.lower() in _PARTS or path.name.startswith(".")


def in_the_way(now: Manifest, foreign: Iterable[str]) -> list[str]:
    """Files of others that cannot stay beside those of `now`: one's file is the other's folder."""
    folders = {str(folder) for name in now.files for folder in PurePosixPath(name).parents}
    return sorted(
        name
        for name in foreign
        if name in folders
        or any(str(folder) in now.files for folder in PurePosixPath(name).parents)
    )


def with_leaving(now: Manifest, before: Manifest | None, found: Changes) -> Manifest:
    """`now` with what it keeps of `before` for readers who have a page of that open."""
    owned = before.owned if before else {}
    return replace(now, leaving={name: owned[name] for name in found.leaving})


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
