"""Inline values: an expression in the prose, written as Quarto writes it, `{python} expression`.

They belong to the cell above them, and are evaluated when it has run.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .. import syntax
from ..errors import Problem
from . import fences, source
from .model import Cell, InlineValue, Piece, Prose

# In backticks as Markdown has them: one, with none beside it.
_VALUE = re.compile(r"(?<!`)`\{python\}[ \t]+(?P<expression>[^`\r\n]+?)[ \t]*`(?!`)")


@dataclass(frozen=True)
class Found:
    """An expression, where it stands in a text, and the line of the text, from 0."""

    start: int
    end: int
    expression: str
    row: int


def find(text: str) -> list[Found]:
    """The inline values in `text`; what is in a block of code or of HTML shows itself."""
    if "`{python}" not in text:
        return []
    blocks = {
        row
        for token in fences.block_tokens(text)
        if token.type in {"code_block", "html_block", "fence"} and token.map
        for row in range(*token.map)
    }
    found = []
    position = 0
    for row, line in enumerate(source.lines(text)):
        if row not in blocks:
            found += [
                Found(position + one.start(), position + one.end(), one["expression"], row)
                for one in _VALUE.finditer(line)
            ]
        position += len(line)
    return found


def attach(pieces: Sequence[Piece], path: str) -> tuple[tuple[Piece, ...], list[Problem]]:
    """`pieces`, whose cells know the inline values below them, and what is wrong with any."""
    result = list(pieces)
    problems = []
    cell: int | None = None
    values: dict[int, list[InlineValue]] = {}
    for index, piece in enumerate(pieces):
        if isinstance(piece, Cell):
            cell = index
        elif isinstance(piece, Prose):
            for found in find(piece.text):
                line = piece.line + found.row
                if cell is None:
                    message = f"inline value {found.expression}: there is no cell above it"
                    problems.append(Problem(path, message, line))
                elif (why := _mistake(found.expression)) is not None:
                    message = f"inline value {found.expression}: not an expression ({why})"
                    problems.append(Problem(path, message, line))
                else:
                    values.setdefault(cell, []).append(InlineValue(found.expression, line))
    for index, inline in values.items():
        above = pieces[index]
        if isinstance(above, Cell):
            result[index] = replace(above, inline=tuple(inline))
    return tuple(result), problems


def _mistake(expression: str) -> str | None:
    try:
        syntax.tree(expression.strip(), mode="eval")
    except SyntaxError as error:
        return error.msg
    return None
