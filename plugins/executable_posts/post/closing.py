"""Markdown cells of a notebook made fit to stand beside others.

Jupyter shows every cell by itself: what one leaves open ends with it, and its fences are examples.
In one text an open fence, comment or element would swallow what follows, and a Python fence would
be run. Lines are added to a cell, and the language of its Python fences gets another name;
nothing is taken away.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from markdown_it.token import Token

from . import fences, source
from .elements import OpenElements
from .model import Fence


class Line(NamedTuple):
    """A line with its end, and the line of the notebook's file that it comes from."""

    text: str
    place: int


SHOWN_PYTHON = "py3"
"""A name by which Pygments knows Python, and which is none of those that mark a cell."""

# The HTML blocks of CommonMark that do not end at a blank line: how they begin and end.
_UNENDING = (
    (re.compile(r"\s*<(script|pre|style|textarea)(?=[\s>]|$)", re.IGNORECASE), r"</\1>"),
    (re.compile(r"\s*<!--"), "-->"),
    (re.compile(r"\s*<\?"), "?>"),
    (re.compile(r"\s*<!\[CDATA\["), "]]>"),
    (re.compile(r"\s*<![A-Za-z]"), ">"),
)
# Without one of these there is neither a fence nor HTML.
_MARK = re.compile(r"```|~~~|<")
_LANGUAGE = re.compile(r"(?P<before>\s*\{?:?\s*\.?)[\w+#-]*")


def isolated(cell: Sequence[Line]) -> list[Line]:
    """`cell`, whole lines of Markdown, with everything closed and no Python fence in it."""
    lines = list(cell)
    if not any(_MARK.search(line.text) for line in lines):
        return lines
    for found in reversed(_fences(lines)):
        _isolate_fence(lines, found)
    if (end := _end_of_html_block(lines)) is not None:
        lines.append(Line(f"{end}\n", lines[-1].place))
    closing = [Line(f"{end}\n", lines[-1].place) for end in _ends_of_elements(lines)]
    return [*lines, *closing]


def _tokens(lines: Sequence[Line]) -> list[Token]:
    return fences.block_tokens("".join(line.text for line in lines))


def _fences(lines: Sequence[Line]) -> list[tuple[Fence, bool]]:
    """The fences among `lines`, each with whether it is closed.

    What is content and what is not shows in the token: a closing fence is in its lines and not in
    its content.
    """
    tokens = [token for token in _tokens(lines) if token.type == "fence" and token.map]
    found = fences.find(tokens, [line.text for line in lines], 0)
    return [
        (fence, fence.line_count == fence.code.count("\n") + 2)
        for fence, token in zip(found, tokens, strict=True)
    ]


def _isolate_fence(lines: list[Line], found: tuple[Fence, bool]) -> None:
    """Close the fence if it is open, and let it be no cell."""
    fence, closed = found
    first = fence.line - 1
    after = first + fence.line_count
    if not closed:
        in_container = re.sub(r"[^>\s]", " ", fence.prefix)
        closing = f"{in_container}{fence.markup}\n"
        lines.insert(after, Line(closing, lines[after - 1].place))
    if fences.language(fence.info) in fences.PYTHON:
        opening = fence.prefix + fence.markup
        info = lines[first].text[len(opening) :]
        if re.match(r"\{\s*\w", fence.info):  # {python}, by which Quarto marks a cell
            info = f"{SHOWN_PYTHON}\n"
        else:
            info = _LANGUAGE.sub(rf"\g<before>{SHOWN_PYTHON}", info, count=1)
        lines[first] = lines[first]._replace(text=opening + info)


def _end_of_html_block(lines: Sequence[Line]) -> str | None:
    """What ends the HTML block that `lines` leave open, if they do."""
    probe = Line("```\n", 0)
    tokens = _tokens([*lines, Line("\n", 0), probe, probe])
    last = tokens[-1]
    if last.type == "fence" and last.level == 0 and last.map == [len(lines) + 1, len(lines) + 3]:
        return None
    for begin, end in _UNENDING:
        if found := begin.match(last.content):
            return found.expand(end)
    return None


def _ends_of_elements(lines: Sequence[Line]) -> list[str]:
    """What closes the elements that the HTML blocks of `lines` leave open, innermost first.

    CommonMark does not mind them; Python-Markdown takes all that follows for HTML.
    """
    elements = OpenElements()
    for token in _tokens(lines):
        if token.type == "html_block" and token.level == 0:
            elements.feed(token.content)
    comment = ["<!-- -->"] if elements.rawdata.startswith("<!--") else []
    return [*comment, *(f"</{tag}>" for tag in reversed(elements.open))]


def cut(text: str, place: int) -> list[Line]:
    """`text` as lines that all come from the same line of the file."""
    return [Line(line.rstrip("\r\n") + "\n", place) for line in source.lines(text)]
