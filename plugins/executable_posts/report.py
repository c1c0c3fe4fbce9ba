"""What a build did, in lines that a person reads."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .errors import Problem
from .figures import Written

State = Literal["run", "up to date", "failed", "no cells"]


@dataclass(frozen=True)
class PostReport:
    """What became of one post; `why` says why it was run, `seconds` is what its cells took."""

    path: str
    state: State
    why: str
    cells: int
    seconds: float
    hidden_lines: int
    notes: tuple[Problem, ...] = ()
    noise_lines: int = 0


def post_line(report: PostReport, written: Sequence[Written]) -> str:
    """One line on a post that was run."""
    parts = [f"{_count(report.cells, 'cell')} in {report.seconds:.1f} s"]
    states = Counter(figure.state for figure in written)
    if states:
        counts = (
            f"{states[state]} {state}" for state in ("new", "changed", "unchanged") if states[state]
        )
        parts.append(f"figures: {', '.join(counts)}")
    if report.hidden_lines:
        parts.append(f"{_count(report.hidden_lines, 'line')} of stderr hidden")
    if report.noise_lines:
        parts.append(f"{_count(report.noise_lines, 'line')} of noise left out")
    return f"{report.path}: run ({report.why}): {'; '.join(parts)}"


def summary(reports: Sequence[PostReport], written: Mapping[str, Sequence[Written]]) -> list[str]:
    """All lines at the end of a build but its problems."""
    lines = [
        post_line(report, written.get(report.path, ()))
        for report in reports
        if report.state == "run"
    ]
    lines += [f"note: {note}" for report in reports for note in report.notes]
    states = Counter(report.state for report in reports)
    restored = sum(
        figure.state != "unchanged"
        for report in reports
        if report.state == "up to date"
        for figure in written.get(report.path, ())
    )
    if states["up to date"]:
        line = f"{_count(states['up to date'], 'post')} up to date, not run again"
        if restored:
            line += f"; {_count(restored, 'figure')} written from executed notebooks"
        lines.append(line)
    return lines


def failure(problems: Sequence[Problem]) -> str:
    """The last line of a build with `problems`."""
    return f"{_count(len(problems), 'problem')}; what failed is shown as it last ran well"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
