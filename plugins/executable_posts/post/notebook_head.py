"""The front matter of a notebook, in the form in which Pelican reads that of a Markdown post.

Where a key comes from, first place that has it: the cell at the notebook's head that consists of
``Key: value`` lines; ``metadata.pelican``; a key of that name in the notebook's metadata, with
``title`` and ``authors`` as nbformat defines them; for the title, the first heading.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from markdown_it import MarkdownIt

from ..errors import Problem, ProblemError
from . import fences, source
from .closing import Line
from .located import line_of

# One of these makes `Key: value` lines front matter; without any, a cell such as
# "Note: a draft" is prose.
_KNOWN = frozenset(
    {"title", "date", "modified", "slug", "category", "tags", "author", "authors", "summary"}
    | {"status", "lang", "translation", "template", "save_as", "url", "execute"}
    | {"resources"}
)
# What a notebook's metadata says under such a name is meant for readers, whoever wrote it.
_DIRECT = ("title", "authors", "author", "date", "modified", "slug", "category", "tags", "summary")


class Head(NamedTuple):
    """Lines of front matter, and how many lines of the text that was looked at they replace."""

    lines: list[Line]
    length: int


def of_cell(lines: Sequence[Line]) -> Head:
    """The front matter at the head of a cell, by the rules for a Markdown post."""
    texts = [line.text for line in lines]
    head = source.head(texts)
    if not _KNOWN.intersection(head.values):
        return Head([], 0)
    kept = [line for line in lines[: head.length] if not _is_frame(line.text)]
    return Head(kept, head.length)


def _is_frame(line: str) -> bool:
    return not line.strip() or line.startswith(("---", "..."))


def of_metadata(metadata: Mapping[str, Any], known: set[str], path: str) -> list[Line]:
    """Lines for the keys in a notebook's `metadata` that are not `known` yet; these become so.

    Raises `ProblemError` for what ``metadata.pelican`` holds that is no text.
    """
    lines = []
    for key, value in _entries(metadata, path):
        if key in known or (text := _text(value)) in {"", None}:
            continue
        known.add(key)
        lines.append(Line(f"{key.capitalize()}: {text}\n", line_of(value)))
    return lines


def _entries(metadata: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    ours = metadata.get("pelican", {})
    if not isinstance(ours, Mapping):
        message = 'metadata.pelican: an object is expected: {"date": "2020-01-31", …}'
        raise ProblemError(Problem(path, message, line_of(ours)))
    for name, value in ours.items():
        if _text(value) is None or not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            message = f"metadata.pelican.{name}: front matter is a name and a text"
            raise ProblemError(Problem(path, message, line_of(value)))
        yield name.lower(), value
    direct = {name.lower(): value for name, value in metadata.items()}
    yield from ((key, direct[key]) for key in _DIRECT if key in direct)


def _text(value: object) -> str | None:
    """`value` in one line; `None` if it is no text."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return " ".join(str(value).split())
        case {"name": name}:  # an author
            return _text(name)
        case list():
            items = [_text(item) for item in value]
            texts = [item for item in items if item]
            # Pelican cuts at semicolons, if there are any, else at commas.
            several = "; ".join(texts) + ";" if any("," in text for text in texts) else None
            return None if None in items else several or ", ".join(texts)
        case _:
            return None


def of_heading(lines: Sequence[Line], *, first: bool) -> Head:
    """The title in the first heading of `lines`, the text of a cell.

    If they are the `first` of the notebook and begin with that heading, it is taken out of the
    text, where it would be shown a second time; but not if it says more than the title can.
    """
    tokens = fences.block_tokens("".join(line.text for line in lines))
    for index, token in enumerate(tokens):
        if token.type != "heading_open" or token.map is None:
            continue
        written = tokens[index + 1].content
        title = _plain(written)
        if not title:
            continue
        begin, end = token.map
        moved = first and index == 0 and token.tag == "h1" and title == written
        return Head([Line(f"Title: {title}\n", lines[begin].place)], end if moved else 0)
    return Head([], 0)


def _plain(inline: str) -> str:
    (block,) = MarkdownIt("commonmark").parseInline(inline)
    parts = (
        " " if token.type in {"softbreak", "hardbreak"} else token.content
        for token in block.children or ()
        if token.type != "html_inline"
    )
    return " ".join("".join(parts).split())
