"""Taking times side by side: rivals in turn, medians, a table and JSON."""

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[2] / ".cache" / "bench"


@dataclass(frozen=True)
class Row:
    """What one rival took, in seconds, and how often that is what the first took."""

    name: str
    seconds: tuple[float, ...]
    ratio: float

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def in_turn(rivals: Mapping[str, Callable[[], object]], rounds: int) -> list[Row]:
    """The time of each of `rivals`, run `rounds` times, one after the other in each round.

    In turn, so that a disturbance of the machine hits all of them; one round before is not
    counted, since it pays for caches.
    """
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    for count in range(rounds + 1):
        for name, run in rivals.items():
            start = time.perf_counter()
            run()
            if count:
                taken[name].append(time.perf_counter() - start)
    base = statistics.median(next(iter(taken.values())))
    return [
        Row(name, tuple(seconds), statistics.median(seconds) / base)
        for name, seconds in taken.items()
    ]


def command(arguments: Sequence[str], folder: Path) -> Callable[[], object]:
    """Running a command to its end; an exit status other than 0 is an error."""

    def run() -> None:
        subprocess.run(
            arguments, cwd=folder, check=True, capture_output=True, env=os.environ | {"CI": "1"}
        )

    return run


def publish(name: str, title: str, rows: Sequence[Row], facts: Mapping[str, object]) -> str:
    """Write the rows to ``.cache/bench/<name>.json``; returns them as a table."""
    width = max(len(row.name) for row in rows)
    lines = [title, f"{'':<{width}}   median     min     max   ratio"]
    lines += [
        f"{row.name:<{width}}  {row.median:6.2f} s {min(row.seconds):6.2f}  {max(row.seconds):6.2f}"
        f"  {row.ratio:6.2f}"
        for row in rows
    ]
    lines += [f"{fact}: {value}" for fact, value in facts.items()]
    known = [
        {"name": row.name, "median": row.median, "ratio": row.ratio, "seconds": row.seconds}
        for row in rows
    ]
    write_json(name, {"title": title, "rows": known, "facts": dict(facts)})
    return "\n".join(lines)


def write_json(name: str, results: Mapping[str, object]) -> None:
    """Write `results`, and where they were measured, to ``.cache/bench/<name>.json``."""
    known = {"python": platform.python_version(), "cores": os.cpu_count(), **results}
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(known, indent=1), encoding="utf-8")
