"""The files that charts need: a document for each, and once a site the script that draws it."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .charts import DRAW, SCRIPTS, Chart, document, document_name
from .errors import Problem
from .figures import Figure
from .views import View
from .words import OutputWords

_SCRIPTS = "assets/scripts"


@dataclass(frozen=True)
class ChartFiles:
    """What is to be written, and what keeps a chart from being drawn."""

    files: tuple[Figure, ...] = ()
    problems: tuple[Problem, ...] = ()


def chart_files(shown: View, words: OutputWords) -> ChartFiles:
    """The files of all charts in `shown`; scripts come from the packages that are installed."""
    files: dict[str, Figure] = {}
    problems: dict[str, Problem] = {}
    for folder, line, drawn in _charts(shown):
        name = f"{folder}/{document_name(drawn)}"
        files[name] = Figure(name, document(drawn, words.chart, words.language).encode(), None)
        if (script := _script(drawn.library)) is not None:
            for one in (Figure(f"{_SCRIPTS}/draw.js", DRAW.encode(), None), script):
                files[one.name] = one
        else:
            message = (
                f"a chart of {drawn.library} stays empty, since {drawn.library} is not installed "
                f"here, and with it the script that draws it; `pip install {drawn.library}`"
            )
            problems[drawn.library] = Problem(shown.plan.post.path, message, line)
    return ChartFiles(tuple(files.values()), tuple(problems.values()))


def _charts(shown: View) -> Iterator[tuple[str, int, Chart]]:
    for planned, cell in zip(shown.plan.cells, shown.cells, strict=True):
        for display in cell.displays if cell else ():
            if cell and display.chart is not None:
                yield cell.folder, planned.cell.line, display.chart


@cache
def _script(library: str) -> Figure | None:
    package, name = SCRIPTS[library]
    found = importlib.util.find_spec(package)
    for folder in (found.submodule_search_locations or ()) if found else ():
        file = Path(folder) / name
        if file.is_file():
            return Figure(f"{_SCRIPTS}/{library}.min.js", file.read_bytes(), None)
    return None
