"""Recognising the outputs that nbconvert wrote under a cell (DESIGN.md §6).

Ownership needs proof: an output is recorded only if it has one of nbconvert's forms *and* stands
where its cell's outputs stand. In doubt it is prose.

nbconvert's Markdown template writes, after the closing fence: one blank line and the indented text
of a stream; four blank lines, a result, three blank lines; two blank lines and an image.
"""

import re
from collections.abc import Mapping, Sequence

from markdown_it.token import Token

from .elements import OpenElements
from .model import Recorded, RecordedOutput

_BLANKS_BEFORE_RESULT = 4
_BLANKS_AFTER_RESULT = 3
_BLANKS_AFTER_STREAM = 2

# The figure's format as alternative text, and a file name that ends in cell and output number;
# what lies on another host was not written by a build of this site.
_IMAGE = (
    r"!\[(?:png|jpeg|jpg|svg|gif)\]"
    r"\(\s*+<?+(?![a-zA-Z][\w+.-]*:|//)"
    r"(?P<link>[^<>\r\n]*?\d+_\d+\.(?:png|jpe?g|svg|gif))>?\s*(?:\"[^\"\r\n]*\")?\s*\)"
)
_IMAGE_LINE = re.compile(rf" {{0,3}}{_IMAGE}\s*")
_WRAPPED_IMAGE = re.compile(rf"\s*<(?P<tag>\w+)[^<>]*>\s*{_IMAGE}\s*</(?P=tag)>\s*")
_LATEX_LINE = re.compile(r"\$\\displaystyle.*\$\s*|\$\$.*\$\$\s*")
_HTML_START = re.compile(r"<[A-Za-z]")
_EMPTY_CHUNK = re.compile(r" {4}\s*")

# HTML that only programs write: pandas (frame, Styler), statsmodels, scikit-learn, plotly,
# Altair, Bokeh, Keras by way of rich.
_MACHINE_HTML = re.compile(
    r'class="dataframe"|class="simpletable"|<style type="text/css">\s*#T_|<table id="T_'
    r'|id="sk-container-id-|<style>#sk-container-id|class="plotly-graph-div|<div id="altair-viz-'
    r'|data-root-id="|class="bk-root"|<pre style="white-space:pre;overflow-x:auto;'
)


def find(
    lines: Sequence[str], start: int, first: int, blocks: Mapping[int, Token]
) -> Recorded | None:
    """The recorded outputs that begin at or after `start`, the line behind a cell's fence.

    Lines count from 0. `first` is the line of the cell's opening fence, `blocks` maps a line to
    the top-level block, or the fence at any level, that begins on it.
    """
    outputs: list[RecordedOutput] = []
    end = start
    while True:
        at = _after_blanks(lines, end)
        found = _recognise(lines, at, at - end, blocks, first) if at < len(lines) else None
        if found is None:
            break
        output, end = found
        outputs.append(output)
    if not outputs:
        return None
    return Recorded(start + 1, end - start, "".join(lines[start:end]), tuple(outputs))


def _recognise(
    lines: Sequence[str], at: int, blanks: int, blocks: Mapping[int, Token], first: int
) -> tuple[RecordedOutput, int] | None:
    """The output that begins at line `at`, after `blanks` blank lines, and where it ends."""
    line = lines[at]
    block = blocks.get(at)
    if block is not None and block.type == "code_block" and block.map is not None:
        end = at + block.map[1] - block.map[0]
        proof = blanks >= _BLANKS_BEFORE_RESULT or (
            blanks == 1
            and _blanks_after(lines, end) >= _BLANKS_AFTER_STREAM
            and _blanks_before(lines, first) >= 2
        )
        return RecordedOutput("text", at + 1, block.content, proof), end

    if image := _IMAGE_LINE.fullmatch(line):
        return _figure(image["link"], lines, at, at + 1)

    if _HTML_START.match(line) and (region := _balanced(lines, at, blocks)) is not None:
        content = "".join(lines[at:region])
        if image := _WRAPPED_IMAGE.fullmatch(content):
            return _figure(image["link"], lines, at, region)
        alone = _stands_alone(lines, blanks, region)
        if alone or _MACHINE_HTML.search(content):
            return RecordedOutput("html", at + 1, content, True), region

    if _LATEX_LINE.fullmatch(line) and _stands_alone(lines, blanks, at + 1):
        return RecordedOutput("latex", at + 1, line.strip(), True), at + 1
    return None


def _figure(link: str, lines: Sequence[str], at: int, end: int) -> tuple[RecordedOutput, int]:
    # nbconvert 6 sets an image between two lines of four spaces.
    while end < len(lines) and _EMPTY_CHUNK.fullmatch(lines[end]):
        end += 1
    return RecordedOutput("figure", at + 1, link, True), end


def _stands_alone(lines: Sequence[str], blanks: int, end: int) -> bool:
    """Whether a block has around it the blank lines that nbconvert sets around a result."""
    after = _blanks_after(lines, end)
    last = end + after >= len(lines)
    return blanks >= _BLANKS_BEFORE_RESULT and (last or after >= _BLANKS_AFTER_RESULT)


def _after_blanks(lines: Sequence[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _blanks_after(lines: Sequence[str], end: int) -> int:
    return _after_blanks(lines, end) - end


def _blanks_before(lines: Sequence[str], at: int) -> int:
    before = at
    while before > 0 and not lines[before - 1].strip():
        before -= 1
    return at - before


def _balanced(lines: Sequence[str], at: int, blocks: Mapping[int, Token]) -> int | None:
    """The line behind the one on which every element opened since line `at` is closed again.

    No output reaches beyond the next fence.
    """
    elements = OpenElements()
    for end in range(at, len(lines)):
        if end in blocks and blocks[end].type == "fence":
            return None
        elements.feed(lines[end])
        if elements.broken:
            return None
        if not elements.open and not elements.rawdata:
            return end + 1
    return None
