"""What a cell showed before a run gave something else, as HTML that stands beside its page."""

import hashlib
import re
from dataclasses import replace

from ..figures import Figure
from ..render import Words, render, words_for
from ..store import ExecutedCell, Output
from ..views import view
from .posts import Loaded

FOLDER = "_preview/before"
"""Where its figures are, so that they are not taken for those of the page."""


def fragment(
    loaded: Loaded, number: int, outputs: tuple[Output, ...], words: Words
) -> tuple[str, dict[str, bytes]]:
    """The HTML of `outputs` under the cell `number`, from 1, and the files that it shows by name.

    `words` are those of the site.
    """
    plan = loaded.plan
    planned = plan.cells[number - 1]
    cells: list[ExecutedCell | None] = [None] * len(plan.cells)
    cells[number - 1] = ExecutedCell(planned.number, planned.cell.code, outputs)
    shown = view(plan, cells, loaded.source.place, stale=False).cells[number - 1]
    if shown is None:
        return "", {}
    figures = tuple(map(_apart, shown.figures))
    own = words_for(plan.post.metadata.get("lang", ""), words)
    rendered = render(plan.post, {number: replace(shown, figures=figures)}, "", own)
    parts = [
        html for token, html in rendered.blocks.items() if re.search(rf"cell{number}output", token)
    ]
    files = {figure.name: figure.data for figure in figures}
    return "".join(parts).replace("{static}/", "/"), files


def _apart(figure: Figure) -> Figure:
    digest = hashlib.sha256(figure.data).hexdigest()[:16]
    ending = figure.name.rpartition(".")[2]
    return Figure(f"{FOLDER}/{digest}.{ending}", figure.data, figure.size)
