"""What a reader sees of one output → HTML for the page; pictures are set by `render`."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from .animations import Motion
from .charts import Chart, document_name
from .formulas import as_mathml
from .html_outputs import clean
from .outputs import Display
from .styled import Mark
from .traces import Frame
from .trees import as_tree
from .words import OutputWords

# A text that is longer folds behind its first lines; of a very long one the notebook has the rest.
_LONGEST = 40
_FIRST = 20
_MOST = 1_000


@dataclass(frozen=True)
class Spot:
    """Where on a page an output stands.

    `cell` and `number` say which output of which cell it is, `folder` where its files are.
    """

    cell: int
    number: int
    folder: str

    @property
    def ids(self) -> str:
        """What begins each id of this output, and of no other on the page."""
        return f"c{self.cell}-{self.number}-"


def typeset(shown: Display, spot: Spot, words: OutputWords) -> str:
    """`shown`, which is neither a figure nor Markdown, as HTML."""
    match shown.kind:
        case "html":
            content = clean(shown.content).on_page(spot.ids, spot.folder, words.size)
        case "latex":
            content = _formula(shown, words)
        case "json":
            content = as_tree(shown.data, words)
        case "widget":
            content = _note(words.widget) + _preformatted(shown.content, (), words)
        case "chart":
            content = _chart(shown.chart, spot, words)
        case "error":
            trace = _trace(shown.frames, spot, words)
            content = trace + _preformatted(shown.content, (), words)
        case _:
            content = _preformatted(shown.content, shown.marks, words)
    return f'<div class="cell-output {shown.kind}">{content}</div>'


def folded(motion: Motion, picture: str, words: OutputWords) -> str:
    """`picture`, which moves, so that it does when a reader wants it to (WCAG 2.2, 2.2.2)."""
    summary = words.animation.format(
        count=words.count(motion.frames), seconds=words.seconds(motion.seconds)
    )
    return (
        f'<details class="animation"><summary>{html.escape(summary)}</summary>{picture}</details>'
    )


def _note(sentence: str) -> str:
    return f'<p class="output-note">{html.escape(sentence)}</p>'


def _chart(drawn: Chart | None, spot: Spot, words: OutputWords) -> str:
    if drawn is None:
        return _note(words.undrawn)
    title = html.escape(drawn.title or words.chart_title.format(number=spot.cell))
    return (
        f'<iframe class="chart" src="{spot.folder}{document_name(drawn)}" title="{title}"'
        f' height="{drawn.height}" loading="lazy"></iframe>'
    )


def _formula(shown: Display, words: OutputWords) -> str:
    mathml = as_mathml(shown.content)
    if mathml is None:
        return _preformatted(shown.plain or shown.content, (), words)
    return f'<div class="formula" tabindex="0">{mathml}</div>'


def _preformatted(text: str, marks: Sequence[Mark], words: OutputWords) -> str:
    lines = text.split("\n")
    if len(lines) <= _LONGEST:
        return f"<pre>{_marked(text, marks, 0, len(text))}</pre>"
    cut = len("\n".join(lines[:_FIRST]))
    end = len("\n".join(lines[:_MOST]))
    rest = ""
    if len(lines) > _MOST:
        left = words.in_notebook.format(count=words.count(len(lines) - _MOST))
        rest = _note(left)
    more = html.escape(words.more_lines.format(count=words.count(len(lines) - _FIRST)))
    return (
        f"<pre>{_marked(text, marks, 0, cut)}</pre>"
        f'<details class="more"><summary>{more}</summary>'
        f"<pre>{_marked(text, marks, cut + 1, end)}</pre>{rest}</details>"
    )


def _marked(text: str, marks: Sequence[Mark], start: int, end: int) -> str:
    """The characters from `start` up to `end`, with their looks."""
    parts = []
    position = start
    for mark in marks:
        first, last = max(mark.start, position), min(mark.end, end)
        if first < last:
            parts.append(html.escape(text[position:first], quote=False))
            inside = html.escape(text[first:last], quote=False)
            parts.append(f'<span class="{mark.look}">{inside}</span>')
            position = last
    parts.append(html.escape(text[position:end], quote=False))
    return "".join(parts)


def _trace(frames: Sequence[Frame], spot: Spot, words: OutputWords) -> str:
    if not frames:
        return ""
    elsewhere = any(frame.cell != spot.cell for frame in frames)
    rows = "".join(f"<li>{_frame(frame, words, elsewhere=elsewhere)}</li>" for frame in frames)
    return f'<ol class="trace" aria-label="{html.escape(words.trace)}">{rows}</ol>'


def _frame(frame: Frame, words: OutputWords, *, elsewhere: bool) -> str:
    place = words.trace_cell if elsewhere else words.trace_line
    text = html.escape(place.format(cell=frame.cell, line=frame.line))
    if frame.function:
        function = f"<code>{html.escape(frame.function, quote=False)}</code>"
        text += html.escape(words.trace_function).format(function=function)
    return f"{text}: <code>{html.escape(frame.code, quote=False)}</code>" if frame.code else text
