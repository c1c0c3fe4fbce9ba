"""Options for the figures of one cell, in real kernels."""

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from executable_posts.jobs import CellResult, Job, JobCell, Run
from executable_posts.kernels.inside.figure_options import call
from PIL import Image

from tests.running import Bench

Drawing = Mapping[str, float | str | bool]

PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('t'); plt.show()"
SETTINGS = "print(plt.rcParams['figure.figsize'], plt.rcParams['figure.dpi'])"


def results(bench: Bench, *cells: tuple[str, Drawing]) -> list[CellResult]:
    made = (JobCell(code, 1, True, 60, setup=call(drawing)) for code, drawing in cells)
    [run] = bench.results(Job("content/posts/x.md", bench.posts, tuple(made)))
    assert isinstance(run, Run), run
    return list(run.cells)


def figures(cell: CellResult) -> list[Any]:
    return [output for output in cell.outputs if "image/png" in output.get("data", {})]


def image(output: Any, mime: str = "image/png") -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(output["data"][mime])))


def printed(cell: CellResult) -> list[str]:
    text = "".join(str(output.get("text", "")) for output in cell.outputs)
    return text.splitlines()


def test_no_option_needs_no_code() -> None:
    assert call({}) == ""


def test_options_hold_for_one_cell_and_the_code_goes_before_them(bench: Bench) -> None:
    cells = results(
        bench,
        (f"{PLOT}\n{SETTINGS}", {"fig-width": 3.0, "fig-dpi": 50.0}),
        (f"{PLOT}\n{SETTINGS}", {}),
        ("1 / 0", {"fig-height": 9.0}),
        ("plt.rcParams['figure.dpi'] = 70", {"fig-dpi": 50.0}),
        (f"{SETTINGS}\nplt.subplots(figsize=(1, 2))[0].get_size_inches()", {"fig-width": 3.0}),
    )
    assert printed(cells[0]) == ["[3.0, 4.8] 50.0"]
    assert printed(cells[1]) == ["[6.4, 4.8] 100.0"]
    assert printed(cells[4]) == ["[3.0, 4.8] 70.0"]
    assert cells[4].outputs[1]["data"]["text/plain"] == "array([1., 2.])"
    [small], [usual] = figures(cells[0]), figures(cells[1])
    assert image(small).width < 200
    assert 500 < image(usual).width < 640
    assert image(small).info["dpi"] == pytest.approx((50, 50), abs=0.1)


def test_formats_hold_for_one_cell(bench: Bench) -> None:
    cells = results(
        bench,
        (PLOT, {"fig-format": "svg", "fig-dark": True}),
        (PLOT, {"fig-format": "retina", "fig-dark": True}),
        (PLOT, {"fig-format": "jpeg"}),
        (PLOT, {}),
    )
    dark = "application/vnd.executable-posts.dark+"
    types = [
        {mime for output in cell.outputs for mime in output["data"]} - {"text/plain"}
        for cell in cells
    ]
    assert types == [
        {"image/svg+xml", "image/png", f"{dark}svg", f"{dark}png"},
        {"image/png", f"{dark}png"},
        {"image/jpeg"},
        {"image/png"},
    ]
    [double], [single] = figures(cells[1]), figures(cells[3])
    assert image(double).width == pytest.approx(2 * image(single).width, abs=2)
    assert image(double, f"{dark}png").size == image(double).size
    assert double["metadata"]["image/png"]["width"] == image(double).width // 2
    facts = {"axes": [{"title": "t", "charts": {"line": 1}}]}
    assert [figures(cell)[0]["metadata"]["executable_posts"] for cell in (cells[0], cells[3])] == [
        {"figure": facts}
    ] * 2


def test_a_drawing_without_pixels_is_the_same_in_every_run(bench: Bench) -> None:
    svg = (PLOT + "; plt.savefig('a.svg'); print(open('a.svg').read())", {"fig-format": "svg"})
    [first], [second] = (results(bench, svg) for _ in range(2))
    assert first.outputs == second.outputs


def test_what_sets_up_a_cell_is_no_part_of_the_session(bench: Bench) -> None:
    names = "print(*sorted(name for name in dir() if not name.startswith('_')))"
    with_setup, without = (
        results(bench, (names, drawing), ("print(_ih, In, _)", {}))
        for drawing in ({"fig-width": 3.0}, {})
    )
    assert [cell.outputs for cell in with_setup] == [cell.outputs for cell in without]


def test_a_cell_without_matplotlib_does_not_import_it(bench: Bench) -> None:
    code = "import sys; print('matplotlib' in sys.modules, 'PIL' in sys.modules)"
    [cell] = results(bench, (code, {"fig-width": 3.0, "fig-format": "svg", "fig-dark": True}))
    assert printed(cell) == ["False False"]


def test_options_hold_for_matplotlib_without_pyplot(bench: Bench) -> None:
    code = "from matplotlib.figure import Figure\nprint(Figure().get_size_inches())"
    [cell] = results(bench, (code, {"fig-width": 3.0}))
    assert printed(cell) == ["[3.  4.8]"]


def test_a_figure_that_is_the_value_of_a_cell_says_what_it_shows(bench: Bench) -> None:
    code = PLOT.replace("plt.show()", "fig = plt.gcf(); plt.close(); fig")
    [cell] = results(bench, (code, {}))
    [shown] = figures(cell)
    assert shown["output_type"] == "execute_result"
    assert shown["metadata"]["executable_posts"]["figure"]["axes"][0]["title"] == "t"


def test_two_that_wait_for_one_module_are_both_called() -> None:
    import subprocess
    import sys

    package = "executable_posts.kernels.inside.after_import"
    program = (
        f"import sys; sys.path.insert(0, 'plugins'); from {package} import after_import\n"
        "for n in (1, 2): after_import('colorsys', lambda module, n=n: print(n, module.__name__))\n"
        "import colorsys\n"
        "after_import('colorsys', lambda module: print(3, module.__name__))\n"
    )
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "1 colorsys\n2 colorsys\n3 colorsys\n"
