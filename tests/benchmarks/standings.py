"""From the rounds of a contest to its tables: medians, ratios, what is missing."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from tests.benchmarks.posts import Post


@dataclass(frozen=True)
class Round:
    """What one contestant did once.

    `cpu` is the seconds of all its processes, `memory` is in bytes, 0 where it was not weighed.
    `missing` counts lines and figures that should be there and are not, `different` those that
    are not as ours; `left` the processes that it left running. `problem` is empty if it ended well.
    """

    seconds: float
    cpu: float = 0
    memory: int = 0
    missing: int = 0
    different: int = 0
    left: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Entry:
    """All rounds of one contestant; `ratio` is its median in medians of the first."""

    name: str
    gives: str
    seconds: tuple[float, ...]
    median: float | None
    ratio: float | None
    cpu: float | None
    memory: int
    missing: int
    different: int
    left: int
    problem: str


@dataclass(frozen=True)
class Standing:
    """The contest on one set of posts."""

    title: str
    posts: int
    lines: int
    figures: int
    entries: tuple[Entry, ...]


def standing(
    title: str,
    posts: Sequence[Post],
    rounds: Mapping[str, Sequence[Round]],
    gives: Mapping[str, str],
) -> Standing:
    """The contest on `posts`, from the rounds of each contestant, the one to compare with first.

    Only rounds that ended well count for times.
    """
    medians = {
        name: _median([one.seconds for one in taken if not one.problem])
        for name, taken in rounds.items()
    }
    base = next(iter(medians.values()))
    return Standing(
        title,
        len(posts),
        sum(len(post.lines) for post in posts),
        sum(post.figures for post in posts),
        tuple(
            Entry(
                name=name,
                gives=gives.get(name, ""),
                seconds=tuple(one.seconds for one in taken if not one.problem),
                median=medians[name],
                ratio=_ratio(medians[name], base),
                cpu=_median([one.cpu for one in taken if not one.problem]),
                memory=max((one.memory for one in taken), default=0),
                missing=max((one.missing for one in taken), default=0),
                different=max((one.different for one in taken), default=0),
                left=max((one.left for one in taken), default=0),
                problem=next((one.problem for one in taken if one.problem), ""),
            )
            for name, taken in rounds.items()
        ),
    )


def floor(posts: Sequence[Sequence[float]], cores: int) -> float:
    """The seconds below which nothing gets that runs `posts`, given by what their cells take.

    A post's cells run one after the other, and `cores` run at most as many posts at a time.
    """
    return max(sum(map(sum, posts)) / cores, *map(sum, posts))


def table(one: Standing) -> str:
    """A standing in Markdown."""
    count = f"{one.lines} lines and {one.figures} figures"
    return "\n".join(
        [f"**{one.title}** ({count})", "", _HEAD, *(_line(entry) for entry in one.entries), ""]
    )


def notes(facts: Mapping[str, object]) -> str:
    """What one must know to read the tables, in Markdown."""
    return "\n".join(f"* {name}: {value}" for name, value in facts.items())


def as_json(standings: Sequence[Standing], facts: Mapping[str, object]) -> dict[str, object]:
    """The same for machines."""
    return {"title": _TITLE, "standings": [asdict(one) for one in standings], "facts": dict(facts)}


_TITLE = "running posts, cold"
_HEAD = (
    "| | gives | median, s | from – to | × ours | CPU, s | MiB | missing | different | left |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|"
)


def _line(entry: Entry) -> str:
    if entry.median is None:
        return f"| {entry.name} | failed: {entry.problem.replace('|', '/')} |||||||||"
    parts = [
        entry.name if not entry.problem else f"{entry.name} (but once: {entry.problem})",
        entry.gives,
        f"{entry.median:.2f}",
        f"{min(entry.seconds):.2f} – {max(entry.seconds):.2f}",
        "" if entry.ratio is None else f"{entry.ratio:.2f}",
        f"{entry.cpu:.2f}" if entry.cpu else "",
        str(round(entry.memory / 2**20)) if entry.memory else "",
        *(str(count) for count in (entry.missing, entry.different, entry.left)),
    ]
    return f"| {' | '.join(parts)} |"


def _median(seconds: Sequence[float]) -> float | None:
    return statistics.median(seconds) if seconds else None


def _ratio(median: float | None, base: float | None) -> float | None:
    return None if median is None or base is None else median / base
