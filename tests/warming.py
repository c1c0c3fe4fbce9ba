"""An author who saves a post, and what the preview is told of its cells by warm kernels."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from executable_posts import inline_values
from executable_posts.fingerprint import file_digest
from executable_posts.jobs import Job, JobCell
from executable_posts.kernels.inside.figure_options import call
from executable_posts.plan import plan
from executable_posts.post import parse
from executable_posts.preview.cells import CellState, CellUpdate, Edit, Event, RunEnded
from executable_posts.preview.post_worker import Pace
from executable_posts.preview.warm import WarmPosts
from executable_posts.store import ExecutedNotebook

from tests.running import Bench

_PATIENCE = 120.0
PATIENT = Pace(pause=600, idle=600)


def source(*codes: str, prose: str = "") -> str:
    """A post with these cells."""
    return "\n\n".join(f"```python\n{code}\n```" for code in codes) + f"\n\n{prose}\n"


class Author:
    """Saves posts, and looks at what becomes of their cells."""

    def __init__(self, bench: Bench, pace: Pace = PATIENT) -> None:
        self.bench = bench
        self.events: list[Event] = []
        self.version = 0
        self.edit: Edit | None = None
        self._changed = threading.Condition()
        self.stored: ExecutedNotebook | None = None
        server = bench.servers.server(bench.conditions) if bench.servers else None
        self.posts = WarmPosts(bench.conditions, 2, lambda _: server, self._told, pace)

    def _told(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def save(self, text: str, name: str = "x") -> Edit:
        """Save the post; what is told until it is saved again is about this."""
        path = f"content/posts/{name}.md"
        post = parse(text, path, "yes")
        assert not post.problems
        planned = plan(post, self.stored, lambda file: file_digest(self.bench.root / file))
        cells = tuple(
            JobCell(
                cell.code,
                cell.code_line,
                post.may_raise(cell),
                cell.options.timeout or 60,
                cell.lines,
                f"{call(cell.options.drawing)}\n{inline_values.setup(cell)}".strip(),
            )
            for cell in post.cells
        )
        self.version += 1
        self.edit = Edit(self.version, planned, Job(path, self.bench.posts, cells))
        self.posts.edited(self.edit)
        return self.edit

    def cells(self) -> dict[int, CellUpdate]:
        """The last word on each cell of the post as it was saved last."""
        return {event.cell: event for event in self._now() if isinstance(event, CellUpdate)}

    def _now(self) -> list[Event]:
        return [event for event in list(self.events) if event.version == self.version]

    def wait(self, condition: Callable[[], object]) -> None:
        """Wait until something is told by which `condition` comes to be."""
        with self._changed:
            told = self._changed.wait_for(condition, _PATIENCE)
        assert told, {number: str(update.state) for number, update in self.cells().items()}

    def settle(self) -> None:
        """Wait until every cell has run, or one has failed."""
        assert self.edit is not None
        count = len(self.edit.job.cells)

        def settled() -> bool:
            states = [update.state for update in self.cells().values()]
            ended = not {CellState.QUEUED, CellState.RUNNING} & {*states}
            return (len(states) == count and ended) or CellState.FAILED in states

        self.wait(settled)

    def write(self, *codes: str, prose: str = "") -> list[str]:
        """Save these cells and wait; what each shows then."""
        self.save(source(*codes, prose=prose))
        self.settle()
        return [self.text(number) for number in range(1, len(codes) + 1)]

    def text(self, number: int) -> str:
        """What the cell shows as text."""
        outputs = self.cells()[number].outputs or ()
        parts = [
            output.get("text", "") or output.get("data", {}).get("text/plain", "")
            for output in outputs
        ]
        return "".join(parts).strip()

    @property
    def ran(self) -> list[int]:
        """The cells that ran since the post was saved last."""
        running = [
            event.cell
            for event in self._now()
            if isinstance(event, CellUpdate) and event.state is CellState.RUNNING
        ]
        return sorted(set(running))

    @property
    def failure(self) -> str:
        """What went wrong with the cell that failed."""
        [problem] = [update.problem for update in self.cells().values() if update.problem]
        return str(problem)

    def confirmed(self) -> RunEnded:
        """What the run gave that confirms what is shown; waits for it."""

        def ended() -> list[RunEnded]:
            return [event for event in self._now() if isinstance(event, RunEnded)]

        self.wait(ended)
        return ended()[0]


@contextmanager
def author(bench: Bench, pace: Pace = PATIENT) -> Iterator[Author]:
    """An author, who closes the preview at the end."""
    one = Author(bench, pace)
    try:
        yield one
    finally:
        begin = time.monotonic()
        one.posts.close()
        assert time.monotonic() - begin < 30
