"""What it costs to run posts, beside what others take for it: `invoke bench execute`.

The same posts are run by each contestant in turn, in fresh copies, by the command that its users
type. Nothing is cached but the files that the system keeps in memory: one run before is not
counted. Times of rivals are those of whole commands, as is ours.
"""

import argparse
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from tests.benchmarks.measure import write_json
from tests.benchmarks.posts import Post, keras, mixed, plain
from tests.benchmarks.processes import run
from tests.benchmarks.rivals import (
    NBCONVERT,
    OURS,
    Outputs,
    Rival,
    contestants,
    install,
    make_environment,
)
from tests.benchmarks.standings import Round, Standing, as_json, floor, notes, standing, table

_LIMIT = 20 * 60


def main(arguments: Sequence[str]) -> None:
    options = _options(arguments)
    # Ended from outside, it ends what it runs.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    cores = os.cpu_count() or 1
    versions = install()
    rivals = contestants(cores)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        contest = _Contest(rivals, Path(name), make_environment(Path(name)), cores)
        contest.held("warm-up", [plain(0), keras(1)], 1)
        facts = _facts(options.rounds, cores, versions)
        standings = []
        for title, posts in (case for size in options.sizes for case in _cases(size)):
            standings.append(contest.held(title, posts, options.rounds))
            # Who ends it before the last keeps what there is.
            write_json("execute", as_json(standings, facts))
            print(table(standings[-1]), flush=True)
    print(notes(facts))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="invoke bench execute")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(part) for part in text.split(",")],
        default=[1, 10, 40],
        help="how many posts, as in 1,10",
    )
    return parser.parse_args(arguments)


def _cases(size: int) -> list[tuple[str, list[Post]]]:
    if size == 1:
        return [("1 plain post", [plain(0)]), ("1 Keras post", [keras(0)])]
    posts = mixed(size)
    count = sum("import keras" in post.cells[0] for post in posts)
    return [(f"{size} posts, {count} of them with Keras", posts)]


class _Contest:
    """The contestants, and the folder in which they meet."""

    def __init__(
        self, rivals: Sequence[Rival], folder: Path, environment: Mapping[str, str], cores: int
    ) -> None:
        self._rivals = rivals
        self._folder = folder
        self._environment = environment
        self._cores = cores

    def held(self, title: str, posts: Sequence[Post], count: int) -> Standing:
        """The standing after `count` rounds; who failed is not asked again."""
        rounds: dict[str, list[Round]] = {rival.name: [] for rival in self._rivals}
        rounds |= {name: [] for name, _ in _FLOORS.values()}
        for number in range(count):
            ours: Mapping[str, str] = {}
            for rival in self._rivals:
                if any(one.problem for one in rounds[rival.name]):
                    continue
                one, outputs = self._run(rival, posts, ours, weigh=number == 0)
                ours = ours or outputs.lines
                rounds[rival.name].append(one)
                if rival.name in _FLOORS and not one.problem:
                    name, seconds = _FLOORS[rival.name]
                    cells = seconds(self._place(rival.name))
                    rounds[name].append(Round(floor(cells, self._cores)))
                said = one.problem or f"{one.seconds:.1f} s"
                print(f"{title}, round {number + 1}: {rival.name}: {said}", file=sys.stderr)
        return standing(title, posts, rounds, {rival.name: rival.gives for rival in self._rivals})

    def _place(self, name: str) -> Path:
        return self._folder / re.sub(r"\W+", "-", name)

    def _run(
        self, rival: Rival, posts: Sequence[Post], ours: Mapping[str, str], *, weigh: bool
    ) -> tuple[Round, Outputs]:
        place = self._place(rival.name)
        shutil.rmtree(place, ignore_errors=True)
        try:
            rival.prepare(place, posts)
        except OSError as error:
            return Round(0, problem=str(error)), Outputs({}, 0)
        outcome = run(
            rival.commands_for(posts), place, self._environment, limit=_LIMIT, weigh=weigh
        )
        try:
            outputs = rival.outputs(place)
        except (OSError, ValueError):
            outputs = Outputs({}, 0)
        missing, different = _compare(posts, outputs, ours)
        # A tool may end well, and fast, without having run anything.
        problem = outcome.problem or ("" if outputs.lines else "ended well, but gave no outputs")
        one = Round(
            seconds=outcome.seconds,
            cpu=outcome.cpu,
            memory=outcome.memory,
            missing=missing,
            different=different,
            left=outcome.left,
            problem=problem,
        )
        return one, outputs


def _compare(posts: Sequence[Post], outputs: Outputs, ours: Mapping[str, str]) -> tuple[int, int]:
    """How many lines and figures are missing, and how many are others than `ours` or too many."""
    marks = [mark for post in posts for mark in post.lines]
    figures = sum(post.figures for post in posts) - outputs.figures
    missing = sum(mark not in outputs.lines for mark in marks) + max(0, figures)
    different = sum(ours.get(mark, text) != text for mark, text in outputs.lines.items())
    return missing, different + max(0, -figures)


def _cells(folder: Path) -> Iterator[list[Mapping[str, Mapping[str, str]]]]:
    """The metadata of the code cells of each notebook in `folder`."""
    for file in sorted(folder.glob("*.ipynb")):
        notebook = json.loads(file.read_text(encoding="utf-8"))
        yield [cell["metadata"] for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _seconds_in_ours(folder: Path) -> list[list[float]]:
    """What each cell of each post took, by our executed notebooks."""
    return [
        [float(cell["executable_posts"]["seconds"]) for cell in cells]
        for cells in _cells(folder / "content" / "notebooks" / "posts")
    ]


def _seconds_in_notebooks(folder: Path) -> list[list[float]]:
    """The same by the times that nbclient writes into notebooks."""

    def seconds(times: Mapping[str, str]) -> float:
        start, end = (
            datetime.fromisoformat(times[name])
            for name in ("iopub.execute_input", "shell.execute_reply")
        )
        return (end - start).total_seconds()

    return [[seconds(cell["execution"]) for cell in cells] for cells in _cells(folder)]


_FLOORS = {
    OURS: ("floor: the cells' seconds in our kernels", _seconds_in_ours),
    NBCONVERT: ("floor: the cells' seconds in nbconvert's kernels", _seconds_in_notebooks),
}


def _facts(rounds: int, cores: int, versions: Mapping[str, str]) -> dict[str, object]:
    return {
        "rounds": f"{rounds}, in each of them all contestants in turn",
        "cores": cores,
        "ours": "plain `pelican`, with the settings and the theme of this blog",
        "kernels": "ipykernel of the blog's own environment for all, so packages are equal",
        "threads": "each contestant's defaults; no variable that limits them is set (ours limits"
        " its kernels to EXECUTE_THREADS)",
        "caches": "every run begins in a fresh folder; font lists and the like are in a home that"
        " all share, but in a folder of the blog for us",
        "mystmd": "writes the data of the site and no pages, for which it would download a theme",
        "jcache": "two commands, to add the notebooks and to run them",
        "CPU": "seconds that the processors worked meanwhile, the median",
        "MiB": "memory, most at a time of all processes, what they share counted once, in round 1",
        "missing, different": "printed lines and figures, of those expected and against ours",
        "left": "processes still there a second after the command ended; they are killed",
        "floor": "all cells' seconds over the cores, or those of the longest post if more",
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
