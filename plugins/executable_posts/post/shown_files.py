"""Pictures that the prose of a post shows from its own folder: a cell may be what makes them."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from .model import Post, Prose
from .source import lines

EXTENSIONS = ("png", "jpg", "jpeg", "gif", "svg", "webp")
"""Endings of the names of pictures."""

# An image, the definition of a reference, an element. What stands in code is found as well; of it
# there is no image on the page, and nothing comes of it.
_LINK = re.compile(
    r"""!\[[^\]]*\]\(\s*<?(?P<image>[^\s)>]+)
      | ^[ ]{0,3}\[[^\]]+\]:\s*<?(?P<reference>[^\s>]+)
      | <img\b[^>]*?\bsrc\s*=\s*["'](?P<element>[^"']+)""",
    re.VERBOSE | re.IGNORECASE,
)
_PREFIX = re.compile(r"[{|](?:static|attach|filename)[}|]")


@dataclass(frozen=True)
class ShownFile:
    """A link to a picture, as written, its path from the folder of the post, and its line."""

    link: str
    path: str
    line: int


def shown_files(post: Post) -> tuple[ShownFile, ...]:
    """The pictures that the prose of `post` shows by links that are relative to its source."""
    found: dict[str, ShownFile] = {}
    for link, line in _links(post):
        path = path_of(link)
        if path is not None:
            found.setdefault(link, ShownFile(link, path, line))
    return tuple(found.values())


def path_of(link: str) -> str | None:
    """The path, from the folder of the post, of the picture that `link` leads to, if it does."""
    written = _PREFIX.sub("", link, count=1)
    parts = urlsplit(written)
    path = posixpath.normpath(unquote(parts.path)) if parts.path else ""
    if parts.scheme or parts.netloc or path.startswith("/") or "\\" in path:
        return None
    return path if path.lower().endswith(tuple(f".{end}" for end in EXTENSIONS)) else None


def _links(post: Post) -> Iterator[tuple[str, int]]:
    for piece in post.pieces:
        if not isinstance(piece, Prose):
            continue
        for number, row in enumerate(lines(piece.text), start=piece.line):
            for found in _LINK.finditer(row):
                yield found["image"] or found["reference"] or found["element"], number
