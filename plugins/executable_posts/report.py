"""What a build did, in lines that a person reads: a table of what ran, then the rest."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Literal

from rich.cells import cell_len

from .errors import Problem
from .figures import Written
from .wording import count, duration, fit, padded

State = Literal["run", "up to date", "failed", "no cells"]

_HEADS = ("cells", "seconds", "hidden lines", "new", "changed", "unchanged")
_GAP = "  "
_SHORTEST_PATH = 20
"""Columns a path must have for the table to be of use; a narrower terminal gets a list."""


@dataclass(frozen=True)
class PostReport:
    """What became of one post; `seconds` is what its cells took if they were run.

    `saved_seconds` is what they took when they last were, if that is up to date.
    """

    path: str
    state: State
    cells: int
    seconds: float
    hidden_lines: int
    saved_seconds: float = 0.0
    notes: tuple[Problem, ...] = ()
    noise_lines: int = 0


@dataclass(frozen=True)
class _Row:
    """A post that was run, or several: what they are called, and what is counted of them."""

    name: str
    cells: int
    seconds: float
    hidden_lines: int
    figures: Mapping[str, int]

    @property
    def numbers(self) -> tuple[str, ...]:
        """In the order of the table's heads."""
        figures = (str(self.figures.get(state, 0)) for state in ("new", "changed", "unchanged"))
        return (str(self.cells), f"{self.seconds:.1f}", str(self.hidden_lines), *figures)


def summary(
    reports: Sequence[PostReport], written: Mapping[str, Sequence[Written]], width: int
) -> list[str]:
    """All lines at the end of a build but its problems, for a terminal of `width` columns."""
    rows = [
        _Row(
            report.path,
            report.cells,
            report.seconds,
            report.hidden_lines,
            Counter(figure.state for figure in written.get(report.path, ())),
        )
        for report in reports
        if report.state == "run"
    ]
    if len(rows) > 1:
        rows.append(_total(rows))
    lines = post_lines(rows, width)
    lines += [f"note: {note}" for report in reports for note in report.notes]
    noise = sum(report.noise_lines for report in reports if report.state == "run")
    if noise:
        lines.append(f"{count(noise, 'line')} of logs, warnings, downloads and reprs left out")
    kept = [report for report in reports if report.state == "up to date"]
    if kept:
        restored = sum(
            figure.state != "unchanged"
            for report in kept
            for figure in written.get(report.path, ())
        )
        saved = sum(report.saved_seconds for report in kept)
        parts = [f"{count(len(kept), 'post')} up to date, not run again"]
        if restored:
            parts.append(f"{count(restored, 'figure')} written from executed notebooks")
        if saved >= 0.05:
            parts.append(f"the store saved {duration(saved)}")
        lines.append("; ".join(parts))
    return lines


def failure(problems: Sequence[Problem]) -> str:
    """The last line of a build with `problems`."""
    return f"{count(len(problems), 'problem')}; what failed is shown as it last ran well"


def post_lines(rows: Sequence[_Row], width: int) -> list[str]:
    """The rows as a table, or as a list where a table is too wide; no line is over `width`."""
    if not rows:
        return []
    columns = list(zip(_HEADS, *(row.numbers for row in rows), strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    names = width - sum(len(_GAP) + column for column in widths)
    return _table(rows, widths, names) if names >= _SHORTEST_PATH else _list(rows, width)


def _table(rows: Sequence[_Row], widths: Sequence[int], most: int) -> list[str]:
    """Aligned columns of `widths`, behind names of at most `most` columns."""
    names = ["post", *(fit(row.name, most) for row in rows)]
    first = max(cell_len(name) for name in names)
    return [
        _GAP.join(
            [
                padded(name, first),
                *(cell.rjust(column) for cell, column in zip(cells, widths, strict=True)),
            ]
        )
        for name, cells in zip(names, [_HEADS, *(row.numbers for row in rows)], strict=True)
    ]


def _list(rows: Sequence[_Row], width: int) -> list[str]:
    """The same in words, below each name."""
    lines = []
    for row in rows:
        parts = [f"{count(row.cells, 'cell')} in {row.seconds:.1f} s"]
        if row.hidden_lines:
            parts.append(count(row.hidden_lines, "hidden line"))
        figures = [
            f"{row.figures[state]} {state}"
            for state in ("new", "changed", "unchanged")
            if row.figures.get(state)
        ]
        if figures:
            parts.append(f"figures: {', '.join(figures)}")
        lines.append(fit(row.name, width))
        lines += wrap("; ".join(parts), width, initial_indent="  ", subsequent_indent="  ")
    return lines


def _total(rows: Sequence[_Row]) -> _Row:
    figures: Counter[str] = Counter()
    for row in rows:
        figures.update(row.figures)
    return _Row(
        count(len(rows), "post"),
        sum(row.cells for row in rows),
        sum(row.seconds for row in rows),
        sum(row.hidden_lines for row in rows),
        figures,
    )


def interrupted(reports: Sequence[PostReport], unfinished: int) -> str:
    """The only line of a build that was interrupted with `unfinished` posts still to be run."""
    run = sum(report.state == "run" for report in reports)
    kept = f"{count(run, 'post')} had run and {'is' if run == 1 else 'are'} stored; " if run else ""
    was = "was" if unfinished == 1 else "were"
    return f"interrupted: {kept}{count(unfinished, 'post')} {was} not run; no kernel is left"
