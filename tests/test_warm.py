"""Warm kernels: after an edit only what it changed runs, and shows what a run would show."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from executable_posts.executed import from_run
from executable_posts.jobs import Run
from executable_posts.kernels.supervisor import descendants
from executable_posts.preview.cells import CellState, CellUpdate, RunEnded
from executable_posts.preview.post_worker import Pace
from executable_posts.run import run
from hypothesis import HealthCheck, Phase, given, settings

from tests.leftovers import own_memory, wait_until
from tests.running import Bench
from tests.test_dependencies import edits
from tests.warming import author, source

CHANCE = "import os\nprint(os.urandom(8).hex())"


def test_only_the_changed_cell_and_what_depends_on_it_run(bench: Bench) -> None:
    with author(bench) as one:
        first = one.write(CHANCE, "x = 2", "y = x + 1\nprint(y)", "print('apart')", "print(y * 2)")
        assert first[1:] == ["", "3", "apart", "6"]
        assert one.ran == [1, 2, 3, 4, 5]
        then = one.write(CHANCE, "x = 2", "y = x + 5\nprint(y)", "print('apart')", "print(y * 2)")
        assert one.ran == [3, 5]
        assert then == [first[0], "", "7", "apart", "14"]
        assert {update.state for update in one.cells().values()} == {CellState.PROVISIONAL}


def test_cells_that_come_go_and_move(bench: Bench) -> None:
    with author(bench) as one:
        [chance, *_] = one.write(CHANCE, "x = 1", "x = 2", "print(x)")
        assert one.write(CHANCE, "x = 1", "print(x)") == [chance, "", "1"]
        assert one.ran == [3]
        assert one.write(CHANCE, "x = 1", "x += 5", "print(x)") == [chance, "", "", "6"]
        assert one.ran == [3, 4]
        assert one.write("print('new')", CHANCE, "x = 1", "x += 5", "print(x)")[0] == "new"
        assert one.ran == [1]


def test_streams_are_seen_while_the_cell_runs(bench: Bench) -> None:
    with author(bench) as one:
        waits = "import time\nprint('begun', flush=True)\ntime.sleep(60)"
        one.save(source(waits))
        one.wait(lambda: 1 in one.cells() and one.text(1) == "begun")
        assert one.cells()[1].state is CellState.RUNNING


@pytest.mark.parametrize("deaf", [False, True])
def test_a_newer_save_cancels_what_runs(bench: Bench, deaf: bool) -> None:
    with author(bench) as one:
        [chance, _] = one.write(CHANCE, "print(1)")
        sleeps = "import time\ntime.sleep(60)"
        never = (
            "print(7, flush=True)\nwhile True:\n    try:\n"
            "        while True: pass\n    except BaseException: pass"
        )
        one.save(source(CHANCE, f"print(7, flush=True)\n{never if deaf else sleeps}"))
        one.wait(lambda: 2 in one.cells() and one.text(2).startswith("7"))
        assert one.write(CHANCE, "print(2)") == [chance, "2"]
        assert one.ran == [2]


def test_a_cell_that_fails_and_is_mended(bench: Bench) -> None:
    with author(bench) as one:
        [chance, *_] = one.write(CHANCE, "x = [1]", "print(x)", "print('last')")
        one.write(CHANCE, "x.append(1)\nx = 1 / 0", "print(x)", "print('last')")
        assert one.failure.startswith(
            "content/posts/x.md:7: cell 2 of 4: NameError: name 'x' is not defined"
        )
        one.write(CHANCE, "x = [1]\nx.append(2)\n1 / 0", "print(x)", "print('last')")
        assert one.failure == (
            "content/posts/x.md:9: cell 2 of 4: ZeroDivisionError: division by zero\n"
            "    content/posts/x.md:9\n        1 / 0"
        )
        assert one.cells()[3].state is CellState.QUEUED
        now = one.write(CHANCE, "x = [1]\nx.append(2)", "print(x)", "print('last')")
        assert now == [chance, "", "[1, 2]", "last"]
        assert one.ran == [2, 3]


def test_what_a_cell_changed_is_undone_before_it_runs_again(bench: Bench) -> None:
    """Where forking is possible, by a snapshot: as if it had never run."""
    with author(bench) as one:
        post = [CHANCE, "import random\nrandom.seed(3)\nx = [1]", "x.append(random.random())"]
        last = "print(len(x), round(x[-1], 6), random.randint(0, 9))"
        first = one.write(*post, last)
        for count in range(2, 5):
            again = one.write(*post[:2], f"{post[2]}\nx *= {count}", last)
            assert one.ran == [3, 4]
            assert again[0] == first[0]
            assert again[3] == f"{2 * count}{first[3][1:]}"
        assert one.write(*post, last) == first


def test_no_snapshot_is_taken_where_a_file_is_open_or_a_thread_runs(bench: Bench) -> None:
    with author(bench) as one:
        for held in (
            "file = open('there.txt', 'w')",
            "import threading, time\nthreading.Thread(target=time.sleep, args=[60], daemon=True)"
            ".start()",
        ):
            post = [held, "x = []", "x.append(1)\nprint(x)"]
            assert one.write(*post)[2] == "[1]"
            # It is not as in a run, and that is why it is called provisional.
            assert one.write(*post[:2], "x.append(2)\nprint(x)")[2] == "[1, 2]"
            assert one.ran == [3]


def test_options_and_inline_values_are_as_in_a_run(bench: Bench) -> None:
    with author(bench) as one:
        raises = "#| error: true\nx = 1\nraise ValueError(x)"
        one.write("x = 3", raises, "print(x)", prose="It is `{python} x + 1`.")
        assert one.text(3).startswith("1")
        update = one.cells()[3]
        assert update.outputs is not None
        [values] = [output["data"] for output in update.outputs if "data" in output]
        assert list(values.values()) == [[{"expression": "x + 1", "value": 2}]]
        one.write("x = 3", raises, "print(x)", prose="It is `{python} x + 2`.")
        assert one.ran == [3]
        one.write("x = 3", raises, "print(x)", prose="It is `{python} z`.")
        assert "inline value z: NameError: name 'z' is not defined" in one.failure


def test_figure_options_hold_for_the_cell_alone(bench: Bench) -> None:
    plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    show = "print(plt.rcParams['figure.figsize'])"
    with author(bench) as one:
        one.write(f"#| fig-width: 3\n#| fig-dpi: 40\n{plot}", show)
        narrow = _size(one.cells()[1])
        assert one.text(2) == "[6.4, 4.8]"
        one.write(f"#| fig-width: 6\n#| fig-dpi: 40\n{plot}", show)
        assert 1 in one.ran
        assert _size(one.cells()[1]) > narrow * 1.7


def _size(update: CellUpdate) -> int:
    import base64

    [data] = [out["data"]["image/png"] for out in update.outputs or () if "data" in out]
    return int.from_bytes(base64.b64decode(data)[16:20])


def test_a_time_limit_is_told_and_the_next_edit_works(bench: Bench) -> None:
    with author(bench) as one:
        [chance, _] = one.write(CHANCE, "print(1)")
        one.write(CHANCE, "#| timeout: 1\nimport time\ntime.sleep(60)")
        assert "cell 2 of 2: did not end within 1 s; allow it more with" in one.failure
        assert one.write(CHANCE, "print(3)") == [chance, "3"]
        assert one.ran == [2]


def test_a_kernel_that_is_killed_from_outside_is_replaced(bench: Bench) -> None:
    with author(bench) as one:
        [chance, pid] = one.write(CHANCE, "import os\nprint(os.getpid())")
        os.kill(int(pid), signal.SIGKILL)
        [again, other] = one.write(CHANCE, "import os\nprint(os.getpid(), 'other')")
        assert again == chance
        assert other.split()[0] != pid
        one.write(CHANCE, "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
        assert "cell 2 of 2: the kernel was killed by SIGSEGV" in one.failure
        assert one.write(CHANCE, "print('well')") == [chance, "well"]


def test_a_run_confirms_in_a_pause_exactly_what_a_build_stores(bench: Bench) -> None:
    (bench.posts / "numbers.txt").write_text("1 2 3")
    cells = ["text = open('numbers.txt').read()", "print(text, 5)", "import math\nprint(math.pi)"]
    with author(bench, Pace(pause=0.2, idle=600)) as one:
        one.write(*cells)
        edit = one.edit
        assert edit is not None
        ended = one.confirmed()
        built = run(edit.job, bench.conditions, None, lambda _: None, lambda _: None)
        assert isinstance(ended.result, Run), ended.result
        assert isinstance(built, Run)
        assert [cell.outputs for cell in ended.result.cells] == [
            cell.outputs for cell in built.cells
        ]
        notebooks = [
            from_run(edit.plan, result, lambda name: name) for result in (ended.result, built)
        ]
        assert notebooks[0].fingerprint == notebooks[1].fingerprint
        assert ended.result.files == ("content/posts/numbers.txt",)


def test_a_run_tells_where_the_warm_kernel_was_wrong(bench: Bench) -> None:
    with author(bench, Pace(pause=0.2, idle=600)) as one:
        held = "file = open('there.txt', 'w')"
        one.write(held, "x = []", "x.append(1)\nprint(x)")
        one.confirmed()
        assert one.write(held, "x = []", "x.append(2)\nprint(x)")[2] == "[1, 2]"
        result = one.confirmed().result
        assert isinstance(result, Run)
        assert result.cells[2].outputs[0]["text"] == "[2]\n"


def test_a_save_cancels_the_run_that_would_confirm(bench: Bench) -> None:
    marker = bench.root / "begun"
    bench.conditions = replace(bench.conditions, writable=(bench.root,))
    code = (
        "import os, time\nif os.nice(0) >= 10:\n"
        f"    open({str(marker)!r}, 'w').close()\n    time.sleep(60)"
    )
    with author(bench, Pace(pause=0.1, idle=600)) as one:
        one.write(code)
        wait_until(marker.exists, lambda: "the run did not begin", 60)
        begin = time.monotonic()
        assert one.write("print(1)") == ["1"]
        result = one.confirmed().result
        assert isinstance(result, Run)
        assert time.monotonic() - begin < 50
        assert {event.version for event in one.events if hasattr(event, "result")} == {2}


def test_an_edit_does_not_wait_for_the_end_of_a_cancelled_run(bench: Bench) -> None:
    marker = bench.root / "begun"
    bench.conditions = replace(bench.conditions, writable=(bench.root,))
    code = (
        "import os, time\nif os.nice(0) >= 10:\n"
        f"    open({f'{marker}.part'!r}, 'w').write(str(os.getppid()))\n"
        f"    os.rename({f'{marker}.part'!r}, {str(marker)!r})\n    time.sleep(60)"
    )
    with author(bench, Pace(pause=0.1, idle=600)) as one:
        one.write(code)
        wait_until(marker.exists, lambda: "the run did not begin", 60)
        supervisor = int(marker.read_text())
        os.kill(supervisor, signal.SIGSTOP)  # so that this run cannot end
        try:
            assert one.write("print(1)") == ["1"]
            assert not [event for event in one.events if isinstance(event, RunEnded)]
            assert Path(f"/proc/{supervisor}").exists()
        finally:
            os.kill(supervisor, signal.SIGCONT)
        assert isinstance(one.confirmed().result, Run)
        wait_until(lambda: not Path(f"/proc/{supervisor}").exists(), lambda: "it goes on", 30)
        assert {event.version for event in one.events if isinstance(event, RunEnded)} == {2}


def test_a_post_that_ran_before_runs_only_what_is_needed(bench: Bench) -> None:
    cells = ["x = 1", "print('slow')", "y = x + 1", "print(y)"]
    with author(bench, Pace(pause=0.1, idle=600)) as one:
        one.write(*cells)
        ended = one.confirmed()
        assert one.edit is not None
        assert isinstance(ended.result, Run)
        stored = from_run(one.edit.plan, ended.result, lambda _: None)
    with author(bench) as other:
        other.stored = stored
        assert other.write(*cells) == ["", "slow", "", "2"]
        assert other.ran == []
        assert {update.state for update in other.cells().values()} == {CellState.DONE}
        assert other.write(*cells[:3], "print(y, '!')") == ["", "slow", "", "2 !"]
        assert other.ran == [1, 3, 4]


def test_a_file_that_the_post_read_is_read_anew_when_it_changed(bench: Bench) -> None:
    data = bench.posts / "data.txt"
    data.write_text("one")
    with author(bench) as one:
        assert one.write("print(open('data.txt').read())", "print(2)") == ["one", "2"]
        data.write_text("other")
        assert one.write("print(open('data.txt').read())", "print(2)") == ["other", "2"]
        assert one.ran == [1, 2]
        (bench.posts / "more.txt").write_text("more")
        assert one.write("print(open('data.txt').read())", "print(open('more.txt').read())") == [
            "other",
            "more",
        ]


def test_an_idle_kernel_ends_and_the_next_edit_starts_another(bench: Bench) -> None:
    with author(bench, Pace(pause=0.1, idle=0.3)) as one:
        [_, pid] = one.write("x = 4", "import os\nprint(os.getpid())")
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), lambda: "it goes on", 30)
        assert one.write("x = 4", "print(x)") == ["", "4"]


def test_kernels_are_few_however_many_posts_are_edited(bench: Bench) -> None:
    with author(bench) as one:
        pids = []
        for number in range(7):
            one.save(source("import os\nprint(os.getpid())"), name=f"post{number}")
            one.settle()
            pids.append(one.text(1))

        def alive() -> int:
            return sum(Path(f"/proc/{pid}").exists() for pid in pids)

        wait_until(lambda: alive() <= 4, lambda: f"{alive()} kernels", 30)
        assert Path(f"/proc/{pids[-1]}").exists()


def test_a_post_that_is_forgotten_leaves_nothing(hostile: Bench) -> None:
    with author(hostile) as one:
        one.write("x = 1", "print(x)")
        one.save(source("x = 1", "import time\ntime.sleep(60)"))
        one.wait(lambda: 2 in one.cells() and one.cells()[2].state is CellState.RUNNING)
        one.posts.forget("content/posts/x.md")
        told = len(one.events)
        one.posts.close()
        assert len(one.events) == told


@pytest.mark.slow
def test_five_hundred_edits_leave_nothing_behind(bench: Bench) -> None:
    if bench.servers is None:
        pytest.skip("kernels of both kinds are the same once they have started")
    with author(bench) as one:
        looks: list[tuple[int, ...]] = []
        for number in range(500):
            # Every tenth goes back to a snapshot, the others go on.
            cell = f"x.append({number})" if number % 10 == 0 else "x.append(1)"
            assert one.write("x = []", cell, f"print(len(x), {number})")[2] == f"1 {number}"
            one.events.clear()
            if number in {60, 499}:
                looks.append(
                    (
                        len(list(Path("/proc/self/fd").iterdir())),
                        len(list(Path("/proc/self/task").iterdir())),
                        own_memory() >> 20,
                        len(descendants(os.getpid())),
                    )
                )
        early, late = looks
        # Threads that end a cell that is deaf wait for half a second.
        allowed = (2, 8, 10, 2)
        assert all(
            after <= before + more for before, after, more in zip(early, late, allowed, strict=True)
        ), looks


def test_kernels_end_when_the_preview_is_killed(bench: Bench) -> None:
    if bench.servers is not None:
        pytest.skip("what ends them is the same")
    root, cache = bench.root / "other", bench.conditions.cache
    code = f"""
import sys, time
from pathlib import Path
from tests.running import Bench
from tests.warming import Author
one = Author(Bench(Path({str(root)!r}), Path({str(cache)!r}), None))
print(*one.write("x = 1", "import os; print(os.getpid())", "print(x)"), flush=True)
time.sleep(60)
"""
    project = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": f"{project / 'plugins'}:{project}"}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment
    ) as preview:
        assert preview.stdout is not None
        started = preview.stdout.readline().split()
        assert started[-1] == "1"
        below = descendants(preview.pid)
        # Supervisor, trunk, the kernel, and what it was before the second and the third cell.
        assert len(below) >= 5
        preview.kill()
    wait_until(
        lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), lambda: str(below), 20
    )


@pytest.mark.slow
def test_programs_give_in_a_warm_kernel_what_they_give_in_a_run(bench: Bench) -> None:
    if bench.servers is None:
        pytest.skip("kernels of both kinds are the same once they have started")

    @given(edits())
    @settings(
        max_examples=6,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        phases=[Phase.generate],  # to make a failure small would take hours
    )
    def check(versions: list[list[str]]) -> None:
        with author(bench) as one:
            for version in versions:
                codes = [f"{code}\n# {number}" for number, code in enumerate(version)]
                one.write(*codes)
                updates = one.cells()
                failed = [n for n in updates if updates[n].state is CellState.FAILED]
                assert one.edit is not None
                [clean] = bench.results(one.edit.job)
                if failed or not isinstance(clean, Run):
                    assert failed
                    assert str(updates[failed[0]].problem) == str(clean)
                    continue
                shown = [updates[number].outputs for number in sorted(updates)]
                assert shown == [cell.outputs for cell in clean.cells]

    check()


@pytest.mark.slow
def test_keras_is_trained_from_a_snapshot_as_in_a_run(bench: Bench) -> None:
    if bench.servers is not None:
        pytest.skip("TensorFlow is imported by the post itself")
    data = "import keras, numpy as np\nkeras.utils.set_random_seed(1)\nx = np.random.rand(64, 3)"
    fit = (
        "model = keras.Sequential([keras.layers.Dense({units}), keras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "print(model.fit(x, x[:, 0], epochs=2, verbose=0).history['loss'])"
    )
    with author(bench) as one:
        one.write(data, fit.format(units=2), "print(model.evaluate(x, x[:, 0], verbose=0))")
        shown = one.write(data, fit.format(units=3), "print(model.evaluate(x, x[:, 0], verbose=0))")
        assert one.ran == [2, 3]
        assert one.edit is not None
        [clean] = bench.results(one.edit.job)
        assert isinstance(clean, Run)
        # What TensorFlow says of missing graphics processors comes with the time of day.
        printed = [
            [output["text"] for output in cell.outputs if output.get("name") == "stdout"]
            for cell in clean.cells[1:]
        ]
        assert [text.splitlines()[0] for text in shown[1:]] == [text.strip() for [text] in printed]
