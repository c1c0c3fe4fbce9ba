"""What a run depends on: code, kernel, the files it read and the packages it imported.

The parts are kept apart and by name, so that *why* a post is stale needs no guess.
"""

import hashlib
import io
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

from . import syntax
from .post import Cell, Options

# A line magic or shell line; what a cell magic (%%) makes of the lines below it, nobody knows.
_MAGIC = re.compile(r"^([ \t]*)(?:%(?!%)|!).*(?<!\\)$", re.MULTILINE)


@dataclass(frozen=True)
class Fingerprint:
    """What one run depended on.

    `code` holds for each cell, in order, the SHA-256 of its normalised code (the code itself is in
    the executed notebook), `files` the SHA-256 of every file of the project that the run read (by
    its name from the project's root), `packages` the versions of the packages it imported,
    `environment` the variables that decide what is computed.
    """

    kernel: str
    code: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


def normalise(code: str) -> str:
    """`code` without what cannot change a result: comments, blank lines, trailing blanks.

    >>> normalise("x = 1  # one\\n\\n\\ny = '# two'\\n")
    "x = 1\\ny = '# two'\\n"

    Lines of magics are kept as they are, since a ``#`` may mean something there; so is all code
    that even without them is no plain Python, but for blanks at its ends.
    """
    code = code.replace("\r\n", "\n")
    plain = code
    if not _is_python(code):
        plain = _MAGIC.sub(r"\1pass", code)
        if not _is_python(plain):
            return code.strip() + "\n"
    tokens = list(tokenize.generate_tokens(io.StringIO(plain).readline))
    # As Python counts them: a form feed, which str.splitlines takes for an end, may be in a string.
    kept = dict(enumerate(code.split("\n"), start=1))
    for token in tokens:
        if token.type == tokenize.COMMENT:
            row, column = token.start
            kept[row] = kept[row][:column]
    inside = _rows_inside_strings(tokens)
    text = []
    goes_on = False
    for row, line in kept.items():
        # What follows a backslash ends the statement if it is blank.
        if row in inside or goes_on or line.strip():
            text.append(line if row in inside else line.rstrip())
        goes_on = line.endswith("\\")
    return "".join(f"{line}\n" for line in text)


def _is_python(code: str) -> bool:
    try:
        syntax.tree(dedent(code))
    except SyntaxError:
        return False
    return True


def _rows_inside_strings(tokens: Sequence[tokenize.TokenInfo]) -> set[int]:
    """Rows whose end lies within a string, so that every blank in them counts."""
    rows: set[int] = set()
    opened: list[int] = []
    for token in tokens:
        name = tokenize.tok_name[token.type]
        if token.type == tokenize.STRING:
            rows.update(range(token.start[0], token.end[0]))
        elif name in {"FSTRING_START", "TSTRING_START"}:  # from Python 3.12 on
            opened.append(token.start[0])
        elif name in {"FSTRING_END", "TSTRING_END"}:
            rows.update(range(opened.pop(), token.end[0]))
    return rows


def cell_digest(cell: Cell) -> str:
    """SHA-256 of what counts in a cell: code, inline values, options that change its result."""
    inline = "".join(f"inline = {one.expression}\n" for one in cell.inline)
    return digest((_running_options(cell.options) + inline + normalise(cell.code)).encode())


def _running_options(options: Options) -> str:
    # Whether a cell may raise decides what the cells behind it find; a time limit decides nothing.
    error = "" if options.error is None else f"error = {options.error}\n"
    return error + "".join(f"{name} = {value}\n" for name, value in options.drawing.items())


def digest(data: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def file_digest(path: Path) -> str | None:
    """SHA-256 of a file's content; `None` if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
