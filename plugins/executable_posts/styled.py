"""Text of which parts have a look: what a terminal colours, kept apart from what it says."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """The look of the characters from `start` up to `end`: names of classes, blanks between."""

    start: int
    end: int
    look: str


@dataclass(frozen=True)
class Styled:
    """A text, and marks in it that are in order and do not overlap."""

    text: str
    marks: tuple[Mark, ...] = ()

    def sub(self, pattern: re.Pattern[str], replacement: str) -> "Styled":
        """As `pattern.sub`; what is put in place of something has the look of its beginning."""
        if not self.marks:
            return Styled(pattern.sub(replacement, self.text))
        edits = []
        for found in pattern.finditer(self.text):
            text = found.expand(replacement)
            edits.append(_Edit(found.start(), found.end(), _shared(found[0], text), text))
        return self._edited(edits)

    def without(self, spans: Iterable[tuple[int, int]]) -> "Styled":
        """This without the characters of `spans`, which are in order and do not overlap."""
        return self._edited([_Edit(start, end, 0) for start, end in spans])

    def strip_line_ends(self) -> "Styled":
        """This without the line ends at its two ends."""
        first = len(self.text) - len(self.text.lstrip("\n"))
        last = max(first, len(self.text.rstrip("\n")))
        return self.without([(0, first), (last, len(self.text))])

    def _edited(self, edits: "list[_Edit]") -> "Styled":
        pieces = []
        ends, shifts = [], []
        position = shift = 0
        for edit in edits:
            pieces += [self.text[position : edit.start], edit.text]
            position = edit.end
            shift += len(edit.text) - (edit.end - edit.start)
            ends.append(edit.end)
            shifts.append(shift)
        pieces.append(self.text[position:])

        def moved(place: int) -> int:
            before = bisect_right(ends, place)
            shifted = place + (shifts[before - 1] if before else 0)
            if before == len(edits) or place <= edits[before].start:
                return shifted
            edit = edits[before]
            return shifted - (place - edit.start) + min(place - edit.start, edit.kept)

        marks = (Mark(moved(mark.start), moved(mark.end), mark.look) for mark in self.marks)
        return Styled("".join(pieces), tuple(mark for mark in marks if mark.start < mark.end))


@dataclass(frozen=True)
class _Edit:
    """The characters from `start` to `end` become `text`, of which the first `kept` were there."""

    start: int
    end: int
    kept: int
    text: str = ""


def _shared(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return count
