"""What `invoke bench execute` stands on: equal posts for all, honest counting. Runs no rival."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from executable_posts.post import parse

from tests.benchmarks.posts import Post, keras, mixed, plain, write_blog, write_notebooks
from tests.benchmarks.rivals import NBCONVERT, OURS, Outputs, Rival, contestants
from tests.benchmarks.standings import Round, as_json, floor, notes, standing, table
from tests.blog import ROOT

POSTS = mixed(10)


def contestant(name: str) -> Rival:
    [found] = (rival for rival in contestants(2) if rival.name == name)
    return found


@pytest.mark.parametrize("post", POSTS, ids=lambda post: post.name)
def test_a_post_and_a_notebook_hold_the_same_code(post: Post, tmp_path: Path) -> None:
    write_blog(tmp_path / "blog", [post], "")
    write_notebooks(tmp_path / "notebooks", [post])
    file = tmp_path / "blog" / "content" / "posts" / f"{post.name}.md"
    in_post = [cell.code for cell in parse(file.read_text(encoding="utf-8"), file.name).cells]
    notebook = nbformat.read(tmp_path / "notebooks" / f"{post.name}.ipynb", as_version=4)
    in_notebook = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert [code.rstrip("\n") for code in in_post] == in_notebook
    assert in_notebook == [code.rstrip("\n") for code in post.cells]


def test_every_contestant_gets_every_post(tmp_path: Path) -> None:
    for number, rival in enumerate(contestants(2)):
        if rival.name == "ours, nothing stale":
            (tmp_path / OURS / "content" / "notebooks").mkdir(parents=True)
        folder = tmp_path / str(number)
        rival.prepare(folder, POSTS)
        names = {file.stem for file in folder.rglob("texto-*")}
        assert names == {post.name for post in POSTS}, rival.name
        assert rival.outputs(folder) == Outputs({}, 0), rival.name


def test_a_quarter_of_the_posts_are_keras_posts() -> None:
    for count, expected in ((10, 2), (40, 10)):
        found = sum("import keras" in "".join(post.cells) for post in mixed(count))
        assert found == expected
    assert len({"".join(post.cells) for post in mixed(40)}) == 40


@pytest.mark.slow
def test_posts_give_what_they_say_and_nothing_else(tmp_path: Path) -> None:
    """By our own build, as the benchmark runs it."""
    posts = [plain(0), keras(1)]
    ours = contestant(OURS)
    ours.prepare(tmp_path / OURS, posts)
    [command] = ours.commands_for(posts)
    subprocess.run(command, cwd=tmp_path / OURS, check=True, capture_output=True)
    outputs = ours.outputs(tmp_path / OURS)
    assert set(outputs.lines) == {mark for post in posts for mark in post.lines}
    assert outputs.figures == sum(post.figures for post in posts)
    assert outputs.lines["001/2"] == "705 pesos"


def test_outputs_are_found_in_notebooks_and_not_in_their_code(tmp_path: Path) -> None:
    nbconvert = contestant(NBCONVERT)
    nbconvert.prepare(tmp_path, [plain(0)])
    assert nbconvert.outputs(tmp_path) == Outputs({}, 0)
    file = tmp_path / "texto-000.ipynb"
    notebook = json.loads(file.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": ["000/1: um\n", "000/2: dois\n"]},
        {"output_type": "display_data", "data": {"image/png": "AAAA"}, "metadata": {}},
    ]
    file.write_text(json.dumps(notebook), encoding="utf-8")
    assert nbconvert.outputs(tmp_path) == Outputs({"000/1": "um", "000/2": "dois"}, 1)


def test_names_of_posts_are_given_to_commands() -> None:
    [command] = contestant(NBCONVERT).commands_for([plain(0), keras(1)])
    assert command[-2:] == ["texto-000.ipynb", "texto-001.ipynb"]
    assert "{posts}" not in command


ROUNDS = {
    "ours": [Round(2.0, cpu=1.0), Round(4.0, cpu=1.5, memory=2**20), Round(3.0, cpu=1.2)],
    "slow": [Round(6.0, missing=1), Round(9.0, left=2), Round(7.5, different=3)],
    "once": [Round(5.0), Round(9.0, problem="stopped after 9 s")],
    "never": [Round(0.1, problem="exit status 1: no | such thing")],
}
STANDING = standing("2 posts", [plain(0), keras(1)], ROUNDS, {"ours": "site"})


def test_medians_and_ratios_are_of_the_rounds_that_ended_well() -> None:
    found = {entry.name: (entry.median, entry.ratio) for entry in STANDING.entries}
    assert found == {
        "ours": (3.0, 1.0),
        "slow": (7.5, 2.5),
        "once": (5.0, 5 / 3),
        "never": (None, None),
    }


def test_the_worst_round_counts_for_all_else() -> None:
    ours, slow, *_ = STANDING.entries
    assert (slow.missing, slow.different, slow.left) == (1, 3, 2)
    assert ours.memory == 2**20


def test_there_are_no_ratios_to_who_failed() -> None:
    found = standing("", [plain(0)], {"ours": ROUNDS["never"], "slow": ROUNDS["slow"]}, {})
    assert [entry.ratio for entry in found.entries] == [None, None]


def test_the_table_says_who_failed_and_why() -> None:
    lines = table(STANDING).splitlines()
    assert lines[0] == "**2 posts** (9 lines and 3 figures)"
    assert lines[4:8] == [
        "| ours | site | 3.00 | 2.00 – 4.00 | 1.00 | 1.20 | 1 | 0 | 0 | 0 |",
        "| slow |  | 7.50 | 6.00 – 9.00 | 2.50 |  |  | 1 | 3 | 2 |",
        "| once (but once: stopped after 9 s) |  | 5.00 | 5.00 – 5.00 | 1.67 |  |  | 0 | 0 | 0 |",
        "| never | failed: exit status 1: no / such thing |||||||||",
    ]
    assert notes({"cores": 2}) == "* cores: 2"


def test_results_are_json() -> None:
    known = json.loads(json.dumps(as_json([STANDING], {"cores": 2})))
    assert known["standings"][0]["entries"][1]["seconds"] == [6.0, 9.0, 7.5]


def test_nothing_is_below_the_floor() -> None:
    assert floor([[1.0, 2.0], [3.0], [4.0, 2.0]], 2) == 6.0
    assert floor([[1.0, 2.0], [9.0]], 2) == 9.0
    assert floor([[1.0, 2.0]], 2) == 3.0


# In a process of its own, since all that runs below it is ended.
_RUN = """
import json, os, sys
from dataclasses import asdict
from pathlib import Path
from tests.benchmarks.processes import descendants, run
commands, limit = json.loads(sys.argv[1])
outcome = run(commands, Path(sys.argv[2]), os.environ, limit=limit, weigh=True)
print(json.dumps({**asdict(outcome), "below": descendants()}))
"""


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def outcome_of(commands: list[list[str]], folder: Path, limit: float = 60) -> dict[str, object]:
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _RUN, json.dumps([commands, limit]), str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return dict(json.loads(done.stdout))


@linux_only
def test_a_run_is_timed_and_weighed_and_what_it_leaves_is_ended(tmp_path: Path) -> None:
    hungry = "import time; kept = bytearray(b'x') * 200_000_000; time.sleep(1.5)"
    leaving = ["sh", "-c", "setsid sleep 600 & setsid sh -c 'sleep 600 & sleep 600' &"]
    outcome = outcome_of([[sys.executable, "-c", hungry], leaving], tmp_path / "run")
    assert 1.5 < float(str(outcome["seconds"])) < 15
    assert 200_000_000 < int(str(outcome["memory"])) < 400_000_000
    assert float(str(outcome["cpu"])) > 0.05
    assert outcome["left"] == 4
    assert outcome["below"] == []
    assert outcome["problem"] == ""


@linux_only
def test_what_nobody_waits_for_has_worked_too(tmp_path: Path) -> None:
    """As kernels do that a server forks."""
    works = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "if os.fork() == 0:\n"
        "    while time.process_time() < 2: pass\n"
        "    os._exit(0)\n"
        "try: os.wait()\n"
        "except ChildProcessError: pass"
    )
    outcome = outcome_of([[sys.executable, "-c", works]], tmp_path / "run")
    assert outcome["problem"] == ""
    assert float(str(outcome["cpu"])) > 1.9


@linux_only
def test_a_run_that_fails_says_its_last_line_and_ends_there(tmp_path: Path) -> None:
    commands = [["sh", "-c", "echo no such thing; echo; exit 3"], ["touch", "reached"]]
    outcome = outcome_of(commands, tmp_path / "run")
    assert outcome["problem"] == "exit status 3: no such thing"
    assert not (tmp_path / "run" / "reached").exists()


@linux_only
def test_a_run_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    outcome = outcome_of([["sh", "-c", "echo asleep; sleep 600"]], tmp_path / "run", limit=1)
    assert outcome["problem"] == "stopped after 1 s: asleep"
    assert outcome["below"] == []
