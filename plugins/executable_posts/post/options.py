"""Cell options: the ``#| key: value`` lines at the top of a cell.

The convention, the names and the values are those of Quarto and knitr; values are YAML scalars.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import yaml

from ..errors import Problem, one_of
from . import source

_OPTION_LINE = re.compile(r"^\s*#\|(?P<yaml>.*)$")
_KEY_LINE = re.compile(r"^\s*#\|\s*(?P<key>[\w-]+)\s*:")
_LABEL = re.compile(r"[^\W_][\w-]*")
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError(f'"{text}" is neither true nor false') from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise ValueError(f'"{text}" is not a number of seconds') from None
    if not 0 < seconds < float("inf"):
        raise ValueError(f'"{text}" is not a time in which a cell could end')
    return seconds


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        raise ValueError(f'"{text}" is not a number') from None
    if not 0 <= share < 1:
        raise ValueError(f'"{text}" is not between 0 and 1')
    return share


def _label(text: str) -> str:
    if not _LABEL.fullmatch(text):
        raise ValueError(f'"{text}" cannot name a file; use letters, digits, "-" and "_"')
    return text


def _paths(raw: str | list[str]) -> tuple[str, ...]:
    paths = (raw,) if isinstance(raw, str) else tuple(raw)
    for path in paths:
        if not isinstance(path, str) or not path or path.startswith(("/", "\\")):
            raise ValueError(f'"{path}" is no path from the folder of the post')
    return paths


def _option(default: Any, read: Callable[[str], Any]) -> Any:
    return field(default=default, metadata={"read": read})


def _list_option(read: Callable[[str | list[str]], Any]) -> Any:
    return field(default=(), metadata={"read": read, "list": True})


@dataclass(frozen=True)
class Options:
    """The options of one cell; `None` where the cell leaves the choice to others."""

    eval: bool | None = _option(None, _boolean)
    """Run this fence or only show it, whatever the rules say."""
    echo: bool = _option(True, _boolean)
    """Show the code."""
    output: bool = _option(True, _boolean)
    """Show the outputs."""
    warning: bool = _option(False, _boolean)
    """Show what the cell writes to stderr."""
    timings: bool | None = _option(None, _boolean)
    """Show how long progress bars took."""
    reprs: bool | None = _option(None, _boolean)
    """Show a last value that is only a repr of what draws or trains."""
    error: bool | None = _option(None, _boolean)
    """The cell is meant to raise: go on and show the traceback."""
    label: str | None = _option(None, _label)
    """Name of the cell and of its figure files."""
    fig_cap: str | None = _option(None, str)
    """Caption of the cell's figures."""
    fig_alt: str | None = _option(None, str)
    """What the cell's figures show, for those who cannot see them."""
    timeout: float | None = _option(None, _seconds)
    """Seconds after which the cell is stopped."""
    tolerance: float | None = _option(None, _share)
    """By what share of itself a number may differ before it counts as drift."""
    data: tuple[str, ...] = _list_option(_paths)
    """Files the cell reads by means that Python does not see, from the folder of the post."""


_FIELDS = {spec.name.replace("_", "-"): spec for spec in fields(Options)}


@dataclass(frozen=True)
class Content:
    """What a fence holds: option lines and code, and the line of the source the code starts on."""

    option_lines: str
    code: str
    code_line: int
    options: Options
    problems: tuple[Problem, ...] = ()


def read(content: str, path: str, line: int) -> Content:
    """The `content` of a fence, the first line of which is `line` of the file `path`.

    An option that cannot be read is a `Problem` that names the line, the word and the nearest
    allowed one.
    """
    lines = source.lines(content)
    count = 0
    while count < len(lines) and _OPTION_LINE.match(lines[count].rstrip("\r\n")):
        count += 1
    options, problems = _options(lines[:count], path, line)
    return Content(
        option_lines="".join(lines[:count]),
        code="".join(lines[count:]),
        code_line=line + count,
        options=options,
        problems=tuple(problems),
    )


def _options(rows: list[str], path: str, line: int) -> tuple[Options, list[Problem]]:
    if not rows:
        return Options(), []
    matches = (_OPTION_LINE.match(row.rstrip("\r\n")) for row in rows)
    text = "\n".join(match["yaml"].removeprefix(" ") for match in matches if match)
    try:
        # BaseLoader keeps every scalar a string: `fig-cap: 2019-07-29` is no date.
        loaded = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        message = (
            f"cell options: {getattr(error, 'problem', None) or 'not YAML'}; write one "
            '`#| key: value` a line, and quote a value that holds ": "'
        )
        return Options(), [Problem(path, message, line + (mark.line if mark else 0))]
    if not loaded:
        return Options(), []
    if not isinstance(loaded, Mapping):
        return Options(), [Problem(path, "cell options: write `#| key: value`", line)]

    key_lines = {
        found["key"]: line + index
        for index, row in enumerate(rows)
        if (found := _KEY_LINE.match(row))
    }
    values: dict[str, Any] = {}
    problems = []
    for key, raw in loaded.items():
        try:
            spec = _FIELDS.get(key)
            if spec is None:
                raise ValueError(one_of(str(key), _FIELDS))
            if not isinstance(raw, str) and not (
                spec.metadata.get("list") and isinstance(raw, list)
            ):
                raise ValueError("one value is expected, not several")
            values[spec.name] = spec.metadata["read"](raw)
        except ValueError as error:
            what = "option" if key in _FIELDS else "unknown option"
            problems.append(Problem(path, f'{what} "{key}": {error}', key_lines.get(key, line)))
    return Options(**values), problems
