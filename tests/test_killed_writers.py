"""`kill -9` at any moment of a write: the last good state is there, the next write works."""

import os
import random
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from executable_posts import store
from executable_posts.fingerprint import Fingerprint

ROUNDS = 150
SEED = 20261125


def notebook(text: str) -> store.ExecutedNotebook:
    output = {"output_type": "stream", "name": "stdout", "text": text * 20_000}
    cell = store.ExecutedCell(1, "print()", (output,), execution_count=1)
    return store.ExecutedNotebook("T", (cell,), ("# T", ""), Fingerprint("python3", ("x",)), "3", 1)


def writer(path: Path, first: store.ExecutedNotebook, second: store.ExecutedNotebook) -> int:
    """The process id of a child that writes one after the other, for ever; it has begun."""
    told, tells = os.pipe()
    child = os.fork()
    if child == 0:
        # A child of a large process is slow at first: it copies the pages that it touches.
        store.write(path, second)
        os.write(tells, b"x")
        while True:
            store.write(path, first)
            store.write(path, second)
    os.close(tells)
    try:
        assert os.read(told, 1) == b"x"
    finally:
        os.close(told)
    return child


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks a writer")
def test_a_writer_killed_at_any_moment_leaves_the_old_or_the_new_notebook(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    first, second = notebook("a\n"), notebook("b\n")
    store.write(path, first)
    chance = random.Random(SEED)
    found = {"first": 0, "second": 0}
    unfinished = 0
    for _ in range(ROUNDS):
        child = writer(path, first, second)
        time.sleep(chance.uniform(0.0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

        after = store.read(path)
        assert after in (first, second), after
        found["first" if after == first else "second"] += 1
        unfinished += len(list(tmp_path.iterdir())) - 1
        store.sweep([tmp_path])
        assert list(tmp_path.iterdir()) == [path]
    # One at least was killed in the middle of a write, else this would have shown nothing.
    assert unfinished > 0
    assert min(found.values()) > 0
    assert store.write(path, replace(first, title="Outro"))
