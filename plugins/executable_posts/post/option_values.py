"""The values of cell options: YAML scalars as text → what they mean.

Every reader raises `ValueError` with words for a person if the text means nothing.
"""

import re
from collections.abc import Callable
from typing import Literal

from ..errors import one_of

_LABEL = re.compile(r"[^\W_][\w-]*")
_CLASS = re.compile(r"-?[A-Za-z_][\w-]*", re.ASCII)
_LINES = re.compile(r"[1-9]\d{0,4}(?:-[1-9]\d{0,4})?")
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}
# A figure larger than this is a slip: fifty inches at 600 dots each are 30,000 pixels.
_MOST_INCHES = 50
_MOST_DPI = 600

Raw = str | list[str]
"""A value as YAML gives it, where several are allowed."""


def boolean(text: str) -> bool:
    """Yes or no."""
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError(f'"{text}" is neither true nor false') from None


def output(text: str) -> bool | Literal["asis"]:
    """Whether outputs are shown, or ``asis``: text as the Markdown that it is."""
    if text.lower() == "asis":
        return "asis"
    try:
        return boolean(text)
    except ValueError:
        raise ValueError(f'"{text}" is neither true, false nor asis') from None


def code_fold(text: str) -> bool | Literal["show"]:
    """Whether code can be folded, and whether it is at first; ``show``: it is not."""
    if text.lower() == "show":
        return "show"
    try:
        return boolean(text)
    except ValueError:
        raise ValueError(f'"{text}" is neither true, false nor show') from None


def line_numbers(text: str) -> bool | str:
    """Whether lines have numbers, or which are marked: ``2,4-6``, given back as ``2 4-6``."""
    parts = [part for part in re.split(r"[,\s]+", text.strip()) if part]
    if parts and all(map(_LINES.fullmatch, parts)):
        return " ".join(parts)
    try:
        return boolean(text)
    except ValueError:
        raise ValueError(f'"{text}" is neither true, false nor lines such as 2,4-6') from None


def word(*allowed: str) -> Callable[[str], str]:
    """A reader of one of the words `allowed`."""

    def read(text: str) -> str:
        if text.lower() in allowed:
            return text.lower()
        raise ValueError(f'"{text}" is not known; {one_of(text, allowed)}')

    return read


def seconds(text: str) -> float:
    """A time limit."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f'"{text}" is not a number of seconds') from None
    if not 0 < value < float("inf"):
        raise ValueError(f'"{text}" is not a time in which a cell could end')
    return value


def share(text: str) -> float:
    """A part of one."""
    value = _number(text)
    if not 0 <= value < 1:
        raise ValueError(f'"{text}" is not between 0 and 1')
    return value


def inches(text: str) -> float:
    """A width or a height of a figure."""
    value = _number(text)
    if not 0 < value <= _MOST_INCHES:
        raise ValueError(f'"{text}" is not a size in inches, more than 0 and at most 50')
    return value


def dots_per_inch(text: str) -> float:
    """A resolution of a figure."""
    value = _number(text)
    if not 10 <= value <= _MOST_DPI:
        raise ValueError(f'"{text}" is not a number of dots an inch, from 10 to 600')
    return value


def label(text: str) -> str:
    """A name that can be that of a file."""
    if not _LABEL.fullmatch(text):
        raise ValueError(f'"{text}" cannot name a file; use letters, digits, "-" and "_"')
    return text


def paths(raw: Raw) -> tuple[str, ...]:
    """Files, from the folder of the post."""
    found = (raw,) if isinstance(raw, str) else tuple(raw)
    for path in found:
        if not isinstance(path, str) or not path or path.startswith(("/", "\\")):
            raise ValueError(f'"{path}" is no path from the folder of the post')
    return found


def texts(raw: Raw) -> tuple[str, ...]:
    """One text for all, or one for each."""
    found = (raw,) if isinstance(raw, str) else tuple(raw)
    if not all(isinstance(text, str) for text in found):
        raise ValueError("a text is expected, or a list of texts")
    return found


def classes(raw: Raw) -> tuple[str, ...]:
    """Names of CSS classes, with or without the dot of Pandoc, in a list or with blanks between."""
    written = raw.split() if isinstance(raw, str) else raw
    names = tuple(str(name).removeprefix(".") for name in written)
    for name in names:
        if not _CLASS.fullmatch(name):
            raise ValueError(f'"{name}" is no name of a CSS class')
    return names


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f'"{text}" is not a number') from None
