"""Which posts are confirmed by a run and which are not, and why; nothing is started for it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from .errors import Problem
from .plan import NEVER_RUN, Plan

State = Literal["up to date", "stale", "never run", "failed last time", "no cells", "wrong"]


@dataclass(frozen=True)
class PostStatus:
    """One post. `reasons` say why it is not up to date, `seconds` is what its cells last took.

    `notes` are changes that do not make it stale: the versions of packages.
    """

    path: str
    state: State
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cells: int = 0
    seconds: float | None = None


@dataclass(frozen=True)
class Status:
    """All posts, and the figure files on this machine that no post names any more."""

    posts: tuple[PostStatus, ...]
    orphans: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether a frozen build would succeed."""
        return all(post.state in {"up to date", "no cells"} for post in self.posts)


def of_plan(plan: Plan, failure: str | None) -> PostStatus:
    """The status of the post of `plan`; `failure` is what went wrong when it was last run."""
    reasons = tuple(str(reason) for reason in plan.reasons)
    state: State = "up to date"
    if not plan.cells:
        state = "no cells"
    elif plan.stale:
        state = "never run" if plan.reasons == (NEVER_RUN,) else "stale"
        if failure is not None:
            state, reasons = "failed last time", (failure, *reasons)
    last = [cell.last.seconds for cell in plan.cells if cell.last]
    return PostStatus(
        path=plan.post.path,
        state=state,
        reasons=reasons,
        notes=tuple(str(note) for note in plan.notes),
        cells=len(plan.cells),
        seconds=round(sum(last), 1) if plan.executed else None,
    )


def of_problems(problems: Iterable[Problem]) -> list[PostStatus]:
    """The posts that `problems` keep from being run at all, with what is wrong with each."""
    by_path: dict[str, list[str]] = {}
    for problem in problems:
        place = "" if problem.line is None else f" (line {problem.line})"
        by_path.setdefault(problem.path, []).append(f"{problem.message}{place}")
    return [PostStatus(path, "wrong", tuple(reasons)) for path, reasons in by_path.items()]


def lines(status: Status) -> list[str]:
    """What a terminal shows: one line a post, then the orphans, then the sum of it."""
    width = max((len(post.state) for post in status.posts), default=0)
    rows = [_line(post, width) for post in status.posts]
    rows += [
        f"orphan  /{name}: no post names it; `invoke clean --figures` removes it"
        for name in status.orphans
    ]
    counts = {state: sum(post.state == state for post in status.posts) for state in _ORDER}
    total = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return [*rows, total or "no posts"]


_ORDER: Sequence[State] = (
    "up to date",
    "stale",
    "never run",
    "failed last time",
    "wrong",
    "no cells",
)


def _line(post: PostStatus, width: int) -> str:
    seconds = "" if post.seconds is None else f" [{post.seconds:g} s]"
    words = "; ".join((*post.reasons, *post.notes))
    return f"{post.state:<{width}}  {post.path}{seconds}{': ' if words else ''}{words}"


def as_json(status: Status) -> str:
    """The same for machines: an object with `posts` and `orphans`."""
    return json.dumps(asdict(status), ensure_ascii=False, indent=1)
