"""What kernel servers import, and in which order and beside which others runs begin: pure rules."""

from pathlib import Path

import pytest
from executable_posts.jobs import Job, JobCell
from executable_posts.preloading import imported, preloads
from executable_posts.schedule import UNKNOWN_MEMORY, in_order, need, next_job
from hypothesis import given
from hypothesis import strategies as st


def job(
    *codes: str, name: str = "x", memory: int | None = None, seconds: float | None = None
) -> Job:
    cells = tuple(JobCell(code, 1, False, 60) for code in codes)
    return Job(name, Path("/posts"), cells, memory, seconds)


@pytest.mark.parametrize(
    ("code", "packages"),
    [
        ("import numpy", {"numpy"}),
        ("import numpy as np, os", {"numpy", "os"}),
        ("from keras.layers import Dense", {"keras"}),
        ("  import matplotlib.pyplot as plt", {"matplotlib"}),
        ("x = 1\nfrom a import (b,\n  c)", {"a"}),
        ("important = 1", set()),
        ("", set()),
    ],
)
def test_imports_are_seen(code: str, packages: set[str]) -> None:
    assert imported(code) == packages


@given(st.one_of(st.text(), st.text("import from as.,\n\t ax", max_size=60)))
def test_any_code_has_imports_that_are_names(code: str) -> None:
    assert all(name and "." not in name and name.strip() == name for name in imported(code))


def test_what_two_jobs_import_is_worth_a_server() -> None:
    one, other = job("import numpy", name="a"), job("import numpy, pandas", name="b")
    assert preloads([one, other], {}) == {one: ("numpy",), other: ("numpy",)}


def test_a_job_alone_has_none() -> None:
    one = job("import numpy")
    assert preloads([one], {}) == {one: None}
    assert preloads([], {}) == {}


def test_slow_and_quick_jobs_have_servers_of_their_own() -> None:
    quick = [job("import numpy", name=name) for name in "ab"]
    slow = [job("import numpy, keras", name=name) for name in "cd"]
    wanted = preloads([*quick, *slow], {})
    assert {wanted[known] for known in quick} == {("numpy",)}
    assert {wanted[known] for known in slow} == {("numpy", "keras")}


def test_a_slow_job_alone_takes_nobody_into_its_server() -> None:
    quick = [job("import numpy", name=name) for name in "ab"]
    slow = job("import keras", name="c")
    wanted = preloads([*quick, slow], {})
    assert wanted[slow] is None
    assert wanted[quick[0]] == ("numpy",)


def test_keras_with_another_backend_is_not_imported_beforehand() -> None:
    jobs = [job("import keras, numpy", name=name) for name in "ab"]
    assert preloads(jobs, {"KERAS_BACKEND": "jax"})[jobs[0]] == ("numpy",)
    assert preloads(jobs, {"KERAS_BACKEND": "tensorflow"})[jobs[0]] == ("numpy", "keras")


def test_only_what_stands_a_fork_is_imported_beforehand() -> None:
    jobs = [job("import plotly, tqdm, torch, jax, numpy", name=name) for name in "ab"]
    assert preloads(jobs, {})[jobs[0]] == ("numpy",)


IMPORTS = st.lists(
    st.sampled_from(["numpy", "keras", "tensorflow", "pandas", "plotly", "os"]), max_size=3
)


@given(st.lists(IMPORTS, max_size=6))
def test_every_job_is_told_and_none_waits_for_what_is_slow_without_need(
    imports: list[list[str]],
) -> None:
    jobs = [
        job(*(f"import {package}" for package in packages), name=str(number))
        for number, packages in enumerate(imports)
    ]
    wanted = preloads(jobs, {})
    assert list(wanted) == jobs
    for known, packages in zip(jobs, imports, strict=True):
        modules = wanted[known] or ()
        assert "plotly" not in modules
        if {"keras", "tensorflow"} & set(modules):
            assert {"keras", "tensorflow"} & set(packages)


def test_the_longest_goes_first_and_who_never_ran_counts_a_minute() -> None:
    long, short, new = job(seconds=300, name="l"), job(seconds=1, name="s"), job(name="n")
    assert in_order([short, new, long]) == [long, new, short]


GIBIBYTE = 2**30


def test_no_more_run_than_there_are_workers() -> None:
    ready = [job(memory=1)]
    assert next_job(ready, [job(memory=1)], workers=1, memory=GIBIBYTE) is None
    assert next_job(ready, [job(memory=1)], workers=2, memory=GIBIBYTE) == ready[0]


def test_one_that_fits_goes_before_one_that_does_not() -> None:
    large, small = job(memory=3 * GIBIBYTE, name="l"), job(memory=GIBIBYTE, name="s")
    running = [job(memory=GIBIBYTE)]
    assert next_job([large, small], running, workers=4, memory=2 * GIBIBYTE) == small
    assert next_job([large], running, workers=4, memory=2 * GIBIBYTE) is None


def test_one_that_needs_more_than_there_is_goes_alone() -> None:
    large = job(memory=30 * GIBIBYTE)
    assert next_job([large], [], workers=4, memory=GIBIBYTE) == large
    assert next_job([job(name="a")], [large], workers=4, memory=GIBIBYTE) is None


def test_who_never_ran_is_taken_to_need_a_gibibyte() -> None:
    assert need(job()) == UNKNOWN_MEMORY
    assert next_job([job(name="b")], [job(name="a")], workers=2, memory=GIBIBYTE) is None


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 8 * GIBIBYTE)), max_size=8),
    st.integers(1, 4),
    st.integers(0, 8 * GIBIBYTE),
)
def test_all_get_their_turn_and_never_too_many(
    memories: list[int | None], workers: int, memory: int
) -> None:
    waiting = [job(name=str(number), memory=known) for number, known in enumerate(memories)]
    running: list[Job] = []
    while waiting or running:
        found = next_job(waiting, running, workers=workers, memory=memory)
        if found is None:
            assert running, "what waits would wait for ever"
            running.pop()
            continue
        waiting.remove(found)
        running.append(found)
        assert len(running) <= workers
        assert len(running) == 1 or sum(map(need, running)) <= memory
