"""Runs of whole posts for the preview, where there are no warm kernels; in real, plain kernels."""

import queue
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from executable_posts.errors import Problem
from executable_posts.jobs import Run
from executable_posts.plan import plan
from executable_posts.post import parse
from executable_posts.preview.cells import CellState, CellUpdate, Edit, Event, RunEnded
from executable_posts.preview.whole_runs import WholeRuns

from tests.running import Bench

STREAM = "import time\nfor n in range(600):\n    print('n', n, flush=True)\n    time.sleep(0.05)\n"


class Runs:
    """Whole runs, and what they tell."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.cells = WholeRuns(bench.conditions, 1, lambda _: None, self.events.put)
        self.version = 0

    def edit(self, *codes: str, name: str = "x", stale: bool = True) -> None:
        self.version += 1
        text = "Execute: yes\n\n" + "".join(f"```python\n{code}\n```\n\n" for code in codes)
        post = parse(text if stale else "Texto.\n", f"content/posts/{name}.md")
        planned = plan(post, None, lambda _: None)
        self.cells.edited(Edit(self.version, planned, self.bench.job(*codes, name=name)))

    def until_end(self) -> list[Event]:
        """What is told until a run has ended, the end included."""
        told: list[Event] = []
        while not told or not isinstance(told[-1], RunEnded):
            told.append(self.events.get(timeout=60))
        return told

    def until_output(self, text: str) -> CellUpdate:
        while True:
            event = self.events.get(timeout=60)
            if isinstance(event, CellUpdate) and event.outputs and text in str(event.outputs):
                return event


@pytest.fixture
def runs(tmp_path: Path, run_cache: Path) -> Iterator[Runs]:
    made = Runs(Bench(tmp_path, run_cache, None))
    yield made
    made.cells.close()


def states(events: list[Event]) -> list[tuple[int, CellState]]:
    found = [(one.cell, one.state) for one in events if isinstance(one, CellUpdate)]
    return list(dict.fromkeys(found))


def test_each_cell_is_queued_runs_and_is_done(runs: Runs) -> None:
    runs.edit("print('um')", "print('dois')")
    told = runs.until_end()
    assert states(told) == [
        (1, CellState.QUEUED),
        (2, CellState.QUEUED),
        (1, CellState.RUNNING),
        (1, CellState.DONE),
        (2, CellState.RUNNING),
        (2, CellState.DONE),
    ]
    ended = told[-1]
    assert isinstance(ended, RunEnded)
    assert isinstance(ended.result, Run)
    assert [cell.outputs[0]["text"] for cell in ended.result.cells] == ["um\n", "dois\n"]


def test_output_is_told_while_the_cell_runs_and_a_newer_edit_ends_it(runs: Runs) -> None:
    runs.edit(STREAM)
    seen = runs.until_output("n 3")
    assert seen.state is CellState.RUNNING
    assert seen.seconds is not None
    runs.edit("print('novo')")
    told = runs.until_end()
    assert "n 599" not in str(told)
    assert isinstance(told[-1], RunEnded)
    assert told[-1].version == 2
    assert {event.version for event in told if isinstance(event, RunEnded)} == {2}


def test_a_cell_that_fails_is_told_with_its_line_and_those_behind_it_do_not_run(
    runs: Runs,
) -> None:
    runs.edit("print('um')", "1 / 0", "print('nunca')")
    told = runs.until_end()
    assert states(told)[-1] == (2, CellState.FAILED)
    [failed] = [one for one in told if isinstance(one, CellUpdate) and one.problem]
    ended = told[-1]
    assert isinstance(ended, RunEnded)
    assert failed.problem == ended.result
    assert isinstance(ended.result, Problem)
    assert ended.result.line == 20
    assert "ZeroDivisionError" in ended.result.message


def test_a_post_that_is_not_stale_runs_nothing_and_ends_what_ran(runs: Runs) -> None:
    runs.edit(STREAM)
    runs.until_output("n 1")
    runs.edit("print('um')", stale=False)
    runs.edit("print('outro')", name="y")
    told = runs.until_end()
    assert {event.post for event in told if isinstance(event, RunEnded)} == {"content/posts/y.md"}


def test_nothing_is_told_after_the_end(runs: Runs) -> None:
    runs.edit(STREAM)
    runs.until_output("n 1")
    runs.cells.close()
    while not runs.events.empty():
        runs.events.get()
    time.sleep(0.3)
    assert runs.events.empty()
