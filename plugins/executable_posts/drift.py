"""Drift: what a fresh run gave that differs from what readers saw until now.

Compared is what a reader sees: text by its lines, figures by their pixels. What a cell writes to
stderr, addresses, and the times of progress bars do not count.
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from itertools import zip_longest

from PIL import Image, ImageChops

from .outputs import Display, display
from .plan import NEVER_RUN, Plan
from .post import RecordedOutput
from .store import ExecutedCell

_MOST_LINES = 12


@dataclass(frozen=True)
class Drift:
    """One difference: the cell, what of it drifted in words, and lines that show how."""

    path: str
    line: int
    number: int
    what: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = list(self.details[:_MOST_LINES])
        if len(self.details) > _MOST_LINES:
            shown.append(f"… {len(self.details) - _MOST_LINES} lines more")
        first = f"{self.path}:{self.line}: cell {self.number} drifted: {self.what}"
        return "\n".join([first, *(f"    {row}" for row in shown)])


def of_post(plan: Plan, fresh: Sequence[ExecutedCell]) -> list[Drift]:
    """What of the post of `plan` drifted, where `fresh` is how its cells ran now, one for one.

    A post that was up to date is compared with its executed notebook, one that never ran with the
    text that is recorded in its source. Of one whose code or data changed, other outputs are what
    its author wants.
    """
    if plan.reasons not in {(), (NEVER_RUN,)}:
        return []
    drifts = []
    for planned, executed in zip(plan.cells, fresh, strict=True):
        cell = planned.cell
        after = display(executed.outputs).displays
        if planned.last is not None:
            found = _differences(display(planned.last.outputs).displays, after)
        else:
            found = _since_recorded(plan.post.recorded(cell), after)
        drifts += [
            Drift(plan.post.path, cell.line, cell.number, what, details) for what, details in found
        ]
    return drifts


def _differences(
    before: Sequence[Display], after: Sequence[Display]
) -> list[tuple[str, tuple[str, ...]]]:
    rows = tuple(unified_diff(_rows(before), _rows(after), "before", "now", lineterm="", n=1))
    found: list[tuple[str, tuple[str, ...]]] = [("text", rows[2:])] if rows else []
    figures = zip_longest(_figures(before), _figures(after))
    for number, (one, other) in enumerate(figures, start=1):
        if one is None:
            found.append((f"figure {number} is new", ()))
        elif other is None:
            found.append((f"figure {number} is gone", ()))
        elif (what := _pictures(one, other)) is not None:
            found.append((f"figure {number}: {what}", ()))
    return found


def _since_recorded(
    recorded: Sequence[RecordedOutput], after: Sequence[Display]
) -> list[tuple[str, tuple[str, ...]]]:
    """As `_differences`, but nbconvert joins outputs with blank lines, and recorded no pixels."""
    then = [output.content for output in recorded if output.kind == "text"]
    if not then or any(output.is_traceback for output in recorded):
        return []
    one = [row.rstrip() for text in then for row in text.splitlines() if row.strip()]
    other = [row.rstrip() for row in _rows(after) if row.strip()]
    rows = tuple(unified_diff(one, other, "recorded", "now", lineterm="", n=1))
    return [("text", rows[2:])] if rows else []


def _rows(displays: Sequence[Display]) -> list[str]:
    texts = (shown.content for shown in displays if shown.kind not in {"figure", "stderr"})
    return [row for text in texts for row in text.split("\n")]


def _figures(displays: Sequence[Display]) -> list[Display]:
    return [shown for shown in displays if shown.kind == "figure"]


def _pictures(one: Display, other: Display) -> str | None:
    """How two pictures differ, in words; `None` if they show the same."""
    if one.content == other.content:
        return None
    try:
        first, second = _pixels(one), _pixels(other)
    except (ValueError, OSError):
        return "its drawing changed"
    if first.size != second.size:
        (width, height), (now_width, now_height) = first.size, second.size
        return f"it was {width} × {height} pixels and is {now_width} × {now_height}"
    bands = ImageChops.difference(first, second).split()
    strongest = bands[0]
    for band in bands[1:]:
        strongest = ImageChops.lighter(strongest, band)
    counts = strongest.histogram()
    largest = max(value for value, count in enumerate(counts) if count)
    if not largest:
        return None
    share = 1 - counts[0] / sum(counts)
    return f"{max(share, 0.0001):.2%} of its pixels differ, by at most {largest} of 255"


def _pixels(shown: Display) -> Image.Image:
    with Image.open(io.BytesIO(base64.b64decode(shown.content))) as image:
        return image.convert("RGBA")
