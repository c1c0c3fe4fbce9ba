"""Cells that were collected to break an engine: each ends in time, gives something, leaves nothing.

What each is to say is tested where its kind is; here all kinds meet both kinds of kernel.
"""

import json
import sys
import time
from pathlib import Path

import pytest
from executable_posts.errors import Problem
from executable_posts.jobs import Run

from tests.running import Bench

_COLLECTED: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("hostile_cells.json").read_text(encoding="utf-8")
)
_KERAS = [name for name, cells in _COLLECTED.items() if "tensorflow" in cells[0]]
POSTS = {name: cells for name, cells in _COLLECTED.items() if name not in _KERAS}
# One post, since each would import TensorFlow anew.
POSTS["keras"] = [cell for name in _KERAS for cell in _COLLECTED[name]]
_TIMEOUT = 5


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if name == "keras" else name for name in POSTS],
)
def test_it_ends_and_leaves_nothing(hostile: Bench, name: str) -> None:
    cells = POSTS[name]
    timeout = _TIMEOUT
    if name == "keras":
        hostile.limit(memory=4 << 30)
        timeout = 60
    begin = time.monotonic()
    [result] = hostile.results(hostile.job(*cells, timeout=timeout))
    # It is said a little later than the last cell's time is over.
    assert time.monotonic() - begin < timeout * len(cells) + 20
    if isinstance(result, Problem):
        assert result.line in range(10, 10 * len(cells) + 10)
        assert "cell " in result.message
        assert "Traceback" not in str(result)
    else:
        assert isinstance(result, Run)
        assert len(result.cells) == len(cells)
