"""Charts of Altair in real kernels."""

import pytest
from executable_posts.outputs import comparable, display

from tests.running import Bench

CHART = """\
import altair as alt
import pandas as pd
{}
alt.Chart(pd.DataFrame({{"x": [1, 2], "y": [3, 4]}}), title="T").mark_line().encode(x="x", y="y")
"""


def test_a_chart_of_altair_is_a_picture(bench: Bench) -> None:
    first, second = (bench.outputs(CHART.format(""))[0].outputs for _ in range(2))
    [shown] = display(first).displays
    assert (shown.kind, shown.mime) == ("figure", "image/svg+xml")
    assert ">T</text>" in shown.content
    assert comparable(first) == comparable(second)


@pytest.mark.parametrize(
    ("choice", "mime"), [("png", "image/png"), ("mimetype", "vnd.vegalite"), ("html", "text/html")]
)
def test_the_renderer_that_a_post_chooses_holds(bench: Bench, choice: str, mime: str) -> None:
    [output] = bench.outputs(CHART.format(f'alt.renderers.enable("{choice}")'))[0].outputs
    assert any(mime in known for known in output["data"])
    assert "image/svg+xml" not in output["data"]
