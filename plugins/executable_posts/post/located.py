"""JSON whose strings know the line of the file that they stand on."""

import json
from bisect import bisect_left
from json.decoder import scanstring  # type: ignore[attr-defined]  # the stubs lack both
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from typing import Any

from . import source


class LocatedStr(str):
    """A string of a JSON file; its `line` counts from 1."""

    __slots__ = ("line",)
    line: int


def line_of(value: object) -> int:
    """The line on which `value` stands or, for a list or an object, its first string; else 1."""
    if isinstance(value, LocatedStr):
        return value.line
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((line_of(item) for item in inner if isinstance(item, LocatedStr | list | dict)), 1)


def loads(text: str) -> Any:
    """As `json.loads`, with a `LocatedStr` for each string that is no key.

    Raises `json.JSONDecodeError`, and `RecursionError` for what is nested too deeply.
    """
    return _Decoder(text).decode(text)


class _Decoder(json.JSONDecoder):
    def __init__(self, text: str) -> None:
        super().__init__()
        ends: list[int] = []
        at = 0
        for line in source.lines(text):
            at += len(line)
            ends.append(at)

        def located(text: str, end: int, strict: bool = True) -> tuple[LocatedStr, int]:
            value, after = scanstring(text, end, strict)
            result = LocatedStr(value)
            result.line = bisect_left(ends, end) + 1
            return result, after

        # The scanner in C, which is the usual one, asks nobody how to read a string.
        self.parse_string = located
        self.scan_once = py_make_scanner(self)
