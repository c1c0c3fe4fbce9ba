"""Fresh outputs → the source of a post, in nbconvert's form, for those who read it on a forge.

Nothing but recorded outputs is touched, and what is written must be known again. So each change
is proved before it is made: the new source is parsed, and only if it has the same cells, the same
text by the author and, under this cell, the outputs that were written, is it taken. An output
that fails is left out, and said to be.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from itertools import takewhile
from urllib.parse import quote

from .errors import Problem
from .figures import Place, resolve
from .outputs import Display
from .post import Cell, Post, Prose, Recorded, RecordedOutput
from .post.source import lines
from .render import CellView
from .streams import without_addresses
from .terminal import as_terminal_leaves_it

# Blank lines that nbconvert writes before and after an output. What follows the cell is one further
# away, unless it is the end of the source. A result is known by the blank lines around it.
_STREAM, _RESULT, _FIGURE, _ERROR = (1, 1), (4, 2), (2, 1), (2, 1)
_SPACING = {"text": _STREAM, "figure": _FIGURE, "html": _RESULT, "latex": _RESULT}
_ALT = {"image/png": "png", "image/jpeg": "jpeg", "image/gif": "gif", "image/svg+xml": "svg"}
_ALT |= {"image/webp": "webp"}
_WHAT = {"text": "text", "figure": "the figure /{}", "html": "HTML", "latex": "Markdown"}
# What `post.recorded` asks of a figure's link.
_NUMBERED = re.compile(r"\d_\d+\.\w+$")

_TRACEBACK = "Traceback (most recent call last)"
_RAISED = re.compile(rf"(?:-{{3,}}\n+)?(?:\S.*)?{re.escape(_TRACEBACK)}")
_WIDTH = 75  # of IPython's tracebacks

_NEWLINE = re.compile(r"\r\n|\r|\n")
# On a terminal, control characters act; their pictures do not.
_PICTURES = {code: 0x2400 + code for code in range(32) if code != 9} | {0x7F: 0x2421}
_PICTURES |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)


@dataclass(frozen=True)
class Recording:
    """A source with fresh outputs in it, and what could not be recorded, by its lines."""

    text: str
    left_out: tuple[Problem, ...]


def record(
    post: Post, views: Mapping[int, CellView], place: Place, read: Callable[[str], Post]
) -> Recording:
    """The source of `post` with what `views`, by cell number, show written under its cells.

    `read` is what made `post` of its source. A cell without a view, or with a stale one, keeps
    what is recorded under it. To record the same in the result changes nothing.
    """
    left_out: list[Problem] = []
    # What one cell gains, another may be able to lose: on until a round changes nothing.
    for _ in range(len(post.cells) + 2):
        before = post.text
        left_out = []
        for number in (cell.number for cell in post.cells):
            if number in views and not views[number].stale:
                step = _Step(post, number, views[number], place, read)
                post = step.result
                left_out += step.left_out
        if post.text == before:
            break
    return Recording(post.text, tuple(left_out))


def difference(before: str, after: str, name: str) -> str:
    """What changes in the source `name`, as a unified diff for a terminal; "" if nothing does."""
    one, other = ([_printable(line) for line in lines(text)] for text in (before, after))
    return "".join(f"{line}\n" for line in unified_diff(one, other, name, name, lineterm=""))


def _printable(line: str) -> str:
    row = line.rstrip("\r\n")
    return row.translate(_PICTURES) + ("\n\\ No newline at end of file" if row == line else "")


@dataclass(frozen=True)
class _Item:
    """An output under a cell: one that is recorded there, or (`index` is `None`) a fresh one.

    `content` is what it says, of a figure the name of its file; `text` is its lines in the source,
    `gap` the blank ones before it, and `spacing` how many nbconvert writes before it and after.
    Without nbconvert's form or blank lines it is not `ours`: it may be the author's own block.
    """

    kind: str
    content: str
    text: str
    spacing: tuple[int, int]
    displays: tuple[Display, ...] = ()
    index: int | None = None
    gap: str = ""
    ours: bool = True
    line: int = 0


# Fresh outputs


def _fresh(cell: Cell, view: CellView, newline: str) -> list[_Item]:
    items: list[_Item] = []
    figures = iter(enumerate(view.figures))
    for display in view.displays:
        content = display.content.strip()
        if display.kind == "figure":
            position, figure = next(figures)
            image = f"![{_ALT[display.mime]}]({_link(cell, position, figure.name)}){newline}"
            items.append(_Item("figure", figure.name, image, _FIGURE))
        elif content and display.kind in {"html", "markdown", "latex"}:
            # LaTeX is all of Markdown that is known again.
            kind = "html" if display.kind == "html" else "latex"
            text = "".join(f"{row}{newline}" for row in _NEWLINE.split(content))
            items.append(_Item(kind, content, text, _RESULT))
        elif content:
            text = "".join(f"{row}{newline}" for row in _text_rows(display))
            result = _ERROR if display.kind == "error" else _STREAM
            items.append(_Item("text", "", text, _RESULT if display.mime else result, (display,)))
    return _joined(items, newline) if cell.options.shows_output else []


def _joined(items: Sequence[_Item], newline: str) -> list[_Item]:
    """`items`, with fresh texts that follow one another as the one block that they make."""
    joined: list[_Item] = []
    for item in items:
        if joined and joined[-1].displays and item.displays:
            first = joined.pop()
            gap = newline * (first.spacing[1] + item.spacing[0])
            spacing = (first.spacing[0], item.spacing[1])
            displays = first.displays + item.displays
            joined.append(_Item("text", "", f"{first.text}{gap}{item.text}", spacing, displays))
        else:
            joined.append(item)
    return joined


def _link(cell: Cell, position: int, name: str) -> str:
    """A link that is known again and yet leads to the file by the name that readers know.

    What shows that it was recorded, the numbers of cell and output, stands in its fragment where
    the name does not end in them.
    """
    link = quote(f"/{name}")
    fragment = f"#output_{cell.number}_{position}.{name.rpartition('.')[2]}"
    return link if _NUMBERED.search(link) else link + fragment


def _text_rows(display: Display) -> list[str]:
    """Blank lines at the ends say nothing in Markdown; those between, nbconvert indents, too."""
    rows = display.content.split("\n")
    visible = [index for index, row in enumerate(rows) if row.strip()]
    indented = [f"    {row}" for row in rows[visible[0] : visible[-1] + 1]]
    if display.kind != "error":
        return indented
    # Over an error stands that the cell raised: a recorded traceback lets it raise again.
    name = display.content.strip().partition("\n")[0].partition(":")[0]
    head = f"{name} {_TRACEBACK:>{max(0, _WIDTH - 1 - len(name))}}"
    return [f"    {'-' * _WIDTH}", "", f"    {head}", "", *indented]


# Recorded outputs


@dataclass(frozen=True)
class _Below:
    """A source in three: up to a cell's fence, its recorded outputs, what stands behind them."""

    head: str
    items: tuple[_Item, ...]
    rest: str


def _below(post: Post, cell: Cell, place: Place) -> _Below:
    at = next(index for index, piece in enumerate(post.pieces) if piece is cell)
    texts = [piece.text for piece in post.pieces]
    piece = post.pieces[at + 1] if at + 1 < len(texts) else None
    recorded = piece if isinstance(piece, Recorded) else Recorded(0, 0, "", ())
    source = lines(recorded.text)
    rest = "".join(texts[at + 1 :])[len(recorded.text) :]
    behind = lines(rest)
    at_end = _blanks(behind) == len(behind)
    spaced = _blanks(lines("".join(texts[:at]))[::-1]) > 1
    bounds = [*(output.line - recorded.line for output in recorded.outputs), len(source)]
    gap = source[: bounds[0]]
    items: list[_Item] = []
    for output, start, stop in zip(recorded.outputs, bounds, bounds[1:], strict=False):
        last = stop == len(source)
        end = stop - _blanks(source[start:stop][::-1])
        after = stop - end + (_blanks(behind) if last else 0)
        ended = after > 1 or (last and at_end and (after > 0 or spaced))
        ours = output.proof or (bool(gap) and ended)
        # Blank lines behind the last output are here only if they belong to it (nbconvert 6).
        text = "".join(source[start : stop if last else end])
        # The style and the table of a pandas Styler are one output, and two blocks of HTML.
        if items and output.kind == items[-1].kind == "html" and not gap:
            gap, text = lines(items[-1].gap), items.pop().text + text
        kind, (before, behind_it) = output.kind, _SPACING[output.kind]
        spacing = (_RESULT[0] if len(gap) >= _RESULT[0] else before, behind_it)
        content = text if kind == "html" else _content(output, place)
        known = (len(items), "".join(gap), ours, output.line)
        items.append(_Item(kind, content, text, spacing, (), *known))
        gap = source[end:stop]
    return _Below("".join(texts[: at + 1]), tuple(items), rest)


def _content(output: RecordedOutput, place: Place) -> str:
    if output.kind != "figure":
        return output.content
    try:
        return resolve(output.content, place)
    except ValueError:
        return ""


def _blanks(rows: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda row: not row.strip(), rows))


def _says(recorded: _Item, item: _Item) -> bool:
    """Whether what is recorded tells a reader what `item` does."""
    if recorded.kind != item.kind:
        return False
    if item.displays:
        return _tells(_seen(recorded.content), item.displays)
    return _seen(recorded.content) == _seen(item.content)


def _tells(rest: str, displays: Sequence[Display]) -> bool:
    """Whether a recorded text is that of `displays`, with blank lines between them."""
    for position, display in enumerate(displays):
        if position and not rest.startswith("\n\n"):
            return False
        rest = rest.lstrip("\n")
        text = _seen(display.content)
        if display.kind == "error":
            # Of a traceback, a reader sees the end only: where it went may be as it is.
            if display is displays[-1] and _RAISED.match(rest):
                return rest.endswith(f"\n{text}")
            text = _seen("\n".join(row[4:] for row in _text_rows(display)))
        if not rest.startswith(text) or rest[len(text) :][:1] not in {"", "\n"}:
            return False
        rest = rest[len(text) :]
    return not rest


def _seen(text: str) -> str:
    """`text` as `outputs` cleans it, and without what nobody sees."""
    cleaned = without_addresses(as_terminal_leaves_it("\n".join(_NEWLINE.split(text))))
    return "\n".join(row.rstrip() for row in cleaned.split("\n")).strip("\n")


# From one to the other


class _Step:
    """The outputs of one cell brought up to date: the post that `result`s, and what is left out."""

    def __init__(
        self, post: Post, number: int, view: CellView, place: Place, read: Callable[[str], Post]
    ) -> None:
        self._post, self._cell, self._view = post, post.cells[number - 1], view
        self._place, self._read = place, read
        self._below = _below(post, self._cell, place)
        self.result = post
        self.left_out: list[Problem] = []
        self._newline = [*_NEWLINE.findall(self._cell.text), "\n"][0]
        fresh = _fresh(self._cell, view, self._newline)
        if not self._cell.fence.top_level:
            for item in fresh:
                self._leave_out(item, "nothing under a cell in a list or a quotation is")
            return
        items = self._aligned(fresh)
        doubtful = [item for item in self._below.items if not item.ours and item not in items]
        if doubtful:
            message = (
                f"what stands under cell {number} has not the blank lines around it that nbconvert "
                "writes, and may be yours, so nothing is recorded there; if it is an output, "
                "delete it and record again"
            )
            self.left_out.append(Problem(post.path, message, doubtful[0].line))
        elif items != list(self._below.items):
            self._change(items)

    def _leave_out(self, item: _Item | None, why: str) -> None:
        what = _WHAT[item.kind].format(item.content) if item else "that it shows less now"
        message = f"cell {self._cell.number}: {what} is not recorded: {why}"
        self.left_out.append(Problem(self._post.path, message, self._cell.line))

    def _aligned(self, fresh: Sequence[_Item]) -> list[_Item]:
        """`fresh`, with those that are recorded already as they are recorded."""
        known = list(dict.fromkeys(fresh))
        told = [
            next((at for at, item in enumerate(known) if _says(recorded, item)), -1)
            for recorded in self._below.items
        ]
        items = list(fresh)
        matcher = SequenceMatcher(None, told, [known.index(item) for item in fresh], autojunk=False)
        for block in matcher.get_matching_blocks():
            items[block.b : block.b + block.size] = self._below.items[block.a :][: block.size]
        return items

    def _change(self, items: Sequence[_Item]) -> None:
        """Write `items` or, if they are not known again, as many of the fresh ones as are."""
        chosen = set(range(len(items)))
        best, why = self._attempt(items)
        if best is None:
            chosen = {at for at in chosen if items[at].index is not None}
            best, why = self._attempt([items[at] for at in sorted(chosen)])
        for at in sorted(set(range(len(items))) - chosen):
            tried, objection = self._attempt([items[i] for i in sorted({*chosen, at})])
            if tried is None:
                self._leave_out(items[at], objection)
            else:
                best = tried
                chosen.add(at)
        if best is not None:
            self.result = best
        elif not self.left_out:
            self._leave_out(None, why)

    def _attempt(self, items: Sequence[_Item]) -> tuple[Post | None, str]:
        """The post with `items` under the cell, or `None` and what speaks against it."""
        items = _joined(items, self._newline)
        post = self._read(_source(self._below, items, self._newline))
        why = next(self._objections(post, items), "")
        return (None, why) if why else (post, "")

    def _objections(self, after: Post, items: Sequence[_Item]) -> Iterator[str]:
        before, cell = self._post, self._cell
        if not after.runs:
            yield "nothing else shows that the post is to run; write `Execute: yes` at its head"
        if _all_else(after, cell.number) != _all_else(before, cell.number):
            yield "it could not be told from what stands around it"
        # Where outputs are kept away, nobody knows whether the cell raised.
        raised = any(display.kind == "error" for display in self._view.displays)
        may_lose = cell.number if cell.options.shows_output and not raised else None
        for old, new in zip(before.cells, after.cells, strict=True):
            if after.may_raise(new) and not before.may_raise(old):
                yield "it reads as a traceback, which would let the cell raise"
            if before.may_raise(old) and not after.may_raise(new) and new.number != may_lose:
                yield "only the traceback lets the cell raise; `#| error: true` does, too"
        now = _below(after, after.cells[cell.number - 1], self._place).items
        if len(now) != len(items) or not all(
            _says(one, item) if item.index is None else one.content == item.content
            for one, item in zip(now, items, strict=True)
        ):
            yield "it would not be known for a recorded output"
        # Recorded names go by position: one that is left out would shift the others.
        named = [item.content for item in now if item.kind == "figure"]
        names = [figure.name for figure in self._view.figures if cell.options.shows_output]
        if named != names[: len(named)]:
            yield "a figure would get another name"


def _source(below: _Below, items: Sequence[_Item], newline: str) -> str:
    """The source with `items` under the cell; what stays keeps its bytes, and those between."""
    text, at, after = below.head, -1, 0
    for item in items:
        text += "" if text.endswith(("\r", "\n")) else newline
        in_place = item.index is not None and item.index == at + 1
        text += item.gap if in_place else newline * (after + item.spacing[0])
        text += item.text
        at, after = len(below.items) if item.index is None else item.index, item.spacing[1]
    if not items or at == len(below.items) - 1:
        return text + below.rest
    text += "" if text.endswith(("\r", "\n")) else newline
    behind = lines(below.rest)
    blanks = _blanks(behind)
    return text + newline * (after + (blanks < len(behind)) - blanks) + below.rest


def _all_else(post: Post, number: int) -> list[object]:
    """All but the outputs of cell `number`, and blank lines below cells: they are anyone's."""
    parts: list[object] = []
    for piece in post.pieces:
        if isinstance(piece, Cell):
            at = piece.number
            # A fence at the very end may have got its line end.
            parts.append((at, piece.code, piece.options, piece.text.rstrip("\r\n")))
        elif isinstance(piece, Recorded):
            outputs = piece.outputs if at != number else ()
            parts += [(output.kind, output.content) for output in outputs]
        elif isinstance(piece, Prose):
            rows = lines(piece.text)
            parts += rows[_blanks(rows) :]
        else:
            parts.append(piece.text)
    return parts
