"""Charts that are drawn in the browser: in frames of their own, with scripts of this site."""

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from executable_posts.charts import Chart, chart, document, document_name
from executable_posts.outputs import comparable, display
from executable_posts.store import Output
from executable_posts.typeset import Spot, typeset
from executable_posts.words import OUTPUT_WORDS

from tests.blog import ROOT, Site

RECORDED = Path(__file__).parent / "charts"
WORDS = OUTPUT_WORDS["pt"]


def recorded(name: str) -> list[Output]:
    """What a kernel sent for a small chart of the library `name`."""
    bundles = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return [{"output_type": "display_data", "data": data, "metadata": {}} for data in bundles]


def drawn(name: str) -> Chart:
    [shown] = display(recorded(name)).displays
    assert shown.kind == "chart"
    assert shown.chart is not None
    return shown.chart


@pytest.mark.parametrize(("name", "height", "title"), [("plotly", 450, "T"), ("bokeh", 200, "B")])
def test_a_chart_is_known_with_its_height_and_title(name: str, height: int, title: str) -> None:
    found = drawn(name)
    assert (found.library, found.height, found.title) == (name, height, title)


def test_what_bokeh_sends_to_load_itself_shows_nothing() -> None:
    assert display(recorded("bokeh-loads")).displays == ()


def test_a_chart_of_altair_needs_a_notebook_unless_it_comes_with_a_picture() -> None:
    [shown] = display(recorded("altair")).displays
    assert (shown.kind, shown.chart) == ("chart", None)
    page = typeset(shown, Spot(1, 1, "f/"), WORDS)
    assert "Este gráfico é interativo: ele precisa do notebook." in page
    with_picture = recorded("altair")
    with_picture[0]["data"]["image/svg+xml"] = "<svg/>"
    [shown] = display(with_picture).displays
    assert shown.kind == "figure"


def test_a_frame_is_loaded_when_it_comes_near_and_has_a_name() -> None:
    [shown] = display(recorded("plotly")).displays
    assert typeset(shown, Spot(2, 1, "{static}/assets/nota/"), WORDS) == (
        '<div class="cell-output chart"><iframe class="chart" src="{static}/assets/nota/'
        f'{document_name(drawn("plotly"))}" title="T" height="450" loading="lazy"></iframe></div>'
    )


@pytest.mark.parametrize("name", ["plotly", "bokeh"])
def test_a_document_takes_nothing_from_another_host_and_says_what_it_needs(name: str) -> None:
    page = document(drawn(name), WORDS.chart, "pt-BR")
    assert re.findall(r'src="([^"]+)"', page) == [f"../scripts/{name}.min.js", "../scripts/draw.js"]
    assert "default-src 'self'" in page
    assert '<div id="place"><p>Este gráfico é interativo' in page
    [spec] = re.findall(r'<script type="application/json" id="chart">(.*?)</script>', page)
    assert json.loads(spec) == drawn(name).spec


def test_a_closing_tag_in_the_data_does_not_end_the_script() -> None:
    page = document(Chart("plotly", {"data": ["</script><b>"]}, 9), "x", "pt")
    assert "</script><b>" not in page
    assert r"\u003c/script>\u003cb>" in page


def test_the_same_chart_of_bokeh_has_the_same_name_in_every_run() -> None:
    again = recorded("bokeh")
    name = re.search(r'"docid":"([0-9a-f-]{36})"', again[-1]["data"]["application/javascript"])
    assert name is not None
    for output in again:
        for mime, value in output["data"].items():
            other = "0f0f0f0f-0000-4000-8000-0f0f0f0f0f0f"
            output["data"][mime] = value.replace(name[1], other)
    [shown] = display(again).displays
    assert shown.chart is not None
    assert document_name(shown.chart) == document_name(drawn("bokeh"))
    assert comparable(again) == comparable(recorded("bokeh"))


BROKEN: list[dict[str, Any]] = [
    {},
    {"application/vnd.plotly.v1+json": "x"},
    {"application/vnd.bokehjs_exec.v0+json": ""},
    {
        "application/vnd.bokehjs_exec.v0+json": "",
        "application/javascript": "const docs_json = {};\nconst render_items = [];",
    },
    {
        "application/vnd.bokehjs_exec.v0+json": "",
        "application/javascript": "const docs_json = {x};\nconst render_items = [];",
    },
    {
        "application/vnd.bokehjs_exec.v0+json": "",
        "application/javascript": 'const docs_json = {"a": 3};\nconst render_items = [];',
    },
]


@pytest.mark.parametrize("data", BROKEN)
def test_what_is_no_chart_that_can_be_read_is_none(data: dict[str, Any]) -> None:
    assert chart(data) is None


@pytest.mark.parametrize(
    ("layout", "height", "title"),
    [
        ({}, 450, ""),
        ({"title": "<b>T</b> x"}, 450, "T  x"),
        ({"height": 300.0, "title": {"text": "T"}}, 300, "T"),
        ({"height": None, "title": None}, 450, ""),
    ],
)
def test_a_layout_of_plotly_in_any_form(layout: Any, height: int, title: str) -> None:
    found = chart({"application/vnd.plotly.v1+json": {"data": [], "layout": layout}})
    assert found is not None
    assert (found.height, found.title) == (height, title)


# On a site

POST = """
```python
from IPython.display import publish_display_data
publish_display_data({bundle!r})
```
"""


def test_the_script_of_the_installed_library_is_on_the_site_once(site: Site) -> None:
    site.post("nota", POST.format(bundle=recorded("plotly")[0]["data"]))
    # A plotly of one line: what counts is where its script is taken from.
    site.post("outra", POST.format(bundle=recorded("plotly")[0]["data"]))
    library = site.folder / "plotly" / "package_data"
    library.mkdir(parents=True)
    (library.parent / "__init__.py").touch()
    (library / "plotly.min.js").write_text("window.Plotly = {};", encoding="utf-8")
    site.settings(f"import sys\nsys.path.insert(0, {str(site.folder)!r})\n")
    built = site.build()
    assert built.status == 0, built.text
    assets = site.output / "assets"
    assert sorted(file.name for file in (assets / "scripts").iterdir()) == [
        "draw.js",
        "plotly.min.js",
    ]
    [frame] = re.findall(r'<iframe class="chart" src="([^"]+)"', site.page("nota"))
    assert (site.output / frame.lstrip("/")).is_file()
    assert "<script" not in site.page("nota")
    # None of it is an orphan.
    paths = [str(ROOT / "plugins"), str(site.folder)]
    status = site.run_python(
        f"import sys; sys.path[:0] = {paths!r}\n"
        "from pathlib import Path\n"
        "from executable_posts.commands import site_status\n"
        "from executable_posts.site import load\n"
        "print(site_status(load(Path('pelicanconf.py'))).orphans)"
    )
    assert status.out == "()\n", status.err


@pytest.mark.skipif(find_spec("plotly") is not None, reason="plotly is installed here")
def test_a_library_that_is_not_there_is_named(site: Site) -> None:
    site.post("nota", POST.format(bundle=recorded("plotly")[0]["data"]))
    built = site.build()
    assert built.status == 1
    assert (
        "content/posts/nota.md:7: a chart of plotly stays empty, since plotly is not installed "
        "here, and with it the script that draws it; `pip install plotly`"
    ) in built.text
