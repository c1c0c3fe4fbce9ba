"""Drift: what a fresh run gave that differs from what readers saw until now.

Compared is what a reader sees: text by its lines, figures by their pixels. What a cell writes to
stderr, addresses, and the times of progress bars do not count.
"""

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from itertools import zip_longest
from math import isclose

from PIL import Image, ImageChops

from .figures import decode, same_pixels
from .inline_values import values
from .outputs import Display, display, settled
from .plan import NEVER_RUN, Plan
from .post import RecordedOutput
from .store import ExecutedCell, Output

_MOST_LINES = 12
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Texts:
    """Text before and now, by lines."""

    before: tuple[str, ...]
    now: tuple[str, ...]

    @property
    def diff(self) -> list[str]:
        """The lines of a unified diff, without its head."""
        return list(unified_diff(self.before, self.now, lineterm="", n=1))[2:]


@dataclass(frozen=True)
class Pictures:
    """A figure before and now, as the displays that hold it; `None` where there is none."""

    before: Display | None
    now: Display | None


@dataclass(frozen=True)
class Drift:
    """One difference: the cell, its code, what of it drifted in words, and both states of it."""

    path: str
    line: int
    number: int
    code: str
    what: str
    states: Texts | Pictures

    def __str__(self) -> str:
        rows = self.states.diff if isinstance(self.states, Texts) else []
        if len(rows) > _MOST_LINES:
            rows = [*rows[:_MOST_LINES], f"… {len(rows) - _MOST_LINES} lines more"]
        first = f"{self.path}:{self.line}: cell {self.number} drifted: {self.what}"
        return "\n".join([first, *(f"    {row}" for row in rows)])


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
            before = display(planned.last.outputs).displays
            found = _differences(before, after, cell.options.tolerance)
            then, now = _values(planned.last.outputs), _values(executed.outputs)
            if not same_within(then, now, cell.options.tolerance or 0.0):
                found.append(("inline values", Texts(then, now)))
        else:
            found = _since_recorded(plan.post.recorded(cell), after, cell.options.tolerance)
        drifts += [
            Drift(plan.post.path, cell.line, cell.number, cell.code, what, states)
            for what, states in found
        ]
    return drifts


_Found = list[tuple[str, Texts | Pictures]]


def _differences(
    before: Sequence[Display], after: Sequence[Display], tolerance: float | None
) -> _Found:
    texts = Texts(_rows(before), _rows(after))
    alike = same_within(texts.before, texts.now, tolerance or 0.0)
    found: _Found = [] if alike else [("text", texts)]
    figures = zip_longest(_figures(before), _figures(after))
    for number, (one, other) in enumerate(figures, start=1):
        if (what := _pictures(one, other)) is not None:
            found.append((f"figure {number}{what}", Pictures(one, other)))
    return found


def _since_recorded(
    recorded: Sequence[RecordedOutput], after: Sequence[Display], tolerance: float | None
) -> _Found:
    """As `_differences`, but nbconvert joins outputs with blank lines, and recorded no pixels.

    What was recorded as HTML or LaTeX does not count, nor then what is shown as such now.
    """
    then = [settled(output.content) for output in recorded if output.kind == "text"]
    if not then or any(output.is_traceback for output in recorded):
        return []
    one = tuple(row.rstrip() for text in then for row in text.splitlines() if row.strip())
    now = [shown for shown in after if shown.kind in {"text", "error"}]
    other = tuple(row.rstrip() for row in _rows(now) if row.strip())
    alike = same_within(one, other, tolerance or 0.0)
    return [] if alike else [("text", Texts(one, other))]


def same_within(before: Sequence[str], now: Sequence[str], tolerance: float) -> bool:
    """Whether lines say the same, but for numbers that differ by no more than `tolerance` of them.

    >>> same_within(["perda: 0.1234"], ["perda: 0.1235"], 0.01)
    True
    """
    if before == now:
        return True
    if not tolerance or len(before) != len(now):
        return False
    return all(_same_row(one, other, tolerance) for one, other in zip(before, now, strict=True))


def _same_row(one: str, other: str, tolerance: float) -> bool:
    if _NUMBER.split(one) != _NUMBER.split(other):
        return False
    numbers = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(isclose(float(a), float(b), rel_tol=tolerance) for a, b in numbers)


def _values(outputs: Sequence[Output]) -> tuple[str, ...]:
    return tuple(str(value) for value in values(outputs))


def _rows(displays: Sequence[Display]) -> tuple[str, ...]:
    texts = (shown.content for shown in displays if shown.kind not in {"figure", "stderr"})
    return tuple(row for text in texts for row in text.split("\n"))


def _figures(displays: Sequence[Display]) -> list[Display]:
    return [shown for shown in displays if shown.kind == "figure"]


def _pictures(one: Display | None, other: Display | None) -> str | None:
    """How two pictures differ, in words; `None` if they show the same."""
    if one is None or other is None:
        return " is new" if one is None else " is gone"
    if _alike(one, other):
        return None
    try:
        first, second = pixels(one), pixels(other)
    except ValueError:
        return ": its drawing changed"
    if first.size != second.size:
        (width, height), (now_width, now_height) = first.size, second.size
        return f": it was {width} × {height} pixels and is {now_width} × {now_height}"
    counts = strongest_difference(first, second).histogram()
    largest = max(value for value, count in enumerate(counts) if count)
    if not largest:
        return None
    share = 1 - counts[0] / sum(counts)
    return f": {max(share, 0.0001):.2%} of its pixels differ, by at most {largest} of 255"


def _alike(one: Display, other: Display) -> bool:
    """Whether two pictures show the same, whatever they are encoded as."""
    try:
        return one == other or same_pixels(decode(one, "").data, decode(other, "").data)
    except ValueError:
        return one.content == other.content


def strongest_difference(first: Image.Image, second: Image.Image) -> Image.Image:
    """For each pixel of two pictures of one size the difference of the band that differs most."""
    bands = ImageChops.difference(first, second).split()
    strongest = bands[0]
    for band in bands[1:]:
        strongest = ImageChops.lighter(strongest, band)
    return strongest


def pixels(shown: Display) -> Image.Image:
    """The picture that a display holds.

    Raises `ValueError` if it holds none, or one that RGBA cannot hold: one that moves, or that has
    more than eight bits a channel.
    """
    try:
        with Image.open(io.BytesIO(base64.b64decode(shown.content))) as image:
            if getattr(image, "n_frames", 1) == 1 and not image.mode.startswith(("I", "F")):
                return image.convert("RGBA")
    except Exception as error:  # Pillow raises what its decoders come across: SyntaxError, too
        raise ValueError(f"{shown.mime}: {error}") from None
    raise ValueError(f"{shown.mime}: more than RGBA can hold")
