"""Bytes → text → lines → front matter, losing nothing on the way."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import Problem, ProblemError

BOM = "\ufeff"

# The line ends of CommonMark and Python-Markdown; str.splitlines knows more (form feed, U+2028 …)
# and would count other lines than every editor and both parsers do.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

# Python-Markdown's `meta` extension, which is how Pelican reads front matter.
_KEY = re.compile(r"^ {0,3}(?P<key>[A-Za-z0-9_-]+):\s*(?P<value>.*)$")
_MORE = re.compile(r"^ {4,}(?P<value>.*)$")
_BEGIN = re.compile(r"^-{3}")
_END = re.compile(r"^(-{3}|\.{3})")


def decode(data: bytes, path: str) -> str:
    """The text of a source file; a byte order mark stays in it, so that nothing is lost.

    Raises `ProblemError` naming line and byte offset if `data` is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = len(lines(data[: error.start].decode("utf-8") + "?"))
        raise ProblemError(
            Problem(
                path,
                f"not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}; "
                "save the file as UTF-8",
                line,
            )
        ) from None


def lines(text: str) -> list[str]:
    """`text` cut after each line end; joining gives it back."""
    return _LINE.findall(text)


@dataclass(frozen=True)
class Head:
    """Keys in lower case with their first value, the line of each, and the lines they take."""

    values: Mapping[str, str]
    key_lines: Mapping[str, int]
    length: int


def head(source: list[str]) -> Head:
    """What Pelican will read as metadata at the head of `source`, by the same rules."""
    values: dict[str, str] = {}
    key_lines: dict[str, int] = {}
    key = None
    position = 0
    for position, raw in enumerate(source):
        line = raw.removeprefix(BOM).rstrip("\r\n") if position == 0 else raw.rstrip("\r\n")
        if position == 0 and _BEGIN.match(line):
            continue
        if not line.strip() or _END.match(line):
            return Head(values, key_lines, position + 1 if key or position else 0)
        if found := _KEY.match(line):
            key = found["key"].lower()
            values.setdefault(key, found["value"].strip())
            key_lines.setdefault(key, position + 1)
        elif key is None or not _MORE.match(line):
            return Head(values, key_lines, position if key else 0)
    return Head(values, key_lines, position + 1 if key else 0)
