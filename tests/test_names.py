"""Names of figures stay with their cells, whatever happens around them (DESIGN.md §7)."""

import base64
import io
from dataclasses import dataclass

from executable_posts.executed import current, from_run
from executable_posts.figures import Place
from executable_posts.jobs import CellResult, Run
from executable_posts.plan import plan
from executable_posts.post import parse
from executable_posts.store import ExecutedNotebook
from executable_posts.views import view
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

PLACE = Place("texto", "2020/01", "posts")


def picture(shade: int) -> dict[str, object]:
    file = io.BytesIO()
    Image.new("L", (2, 2), shade).save(file, format="PNG")
    data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": "<Figure>"}
    return {"output_type": "display_data", "data": data, "metadata": {}}


@dataclass(frozen=True)
class Drawn:
    """A cell of the author's: which it is, how often it was edited, how many figures it draws."""

    identity: int
    edits: int
    figures: int

    @property
    def code(self) -> str:
        words = " ".join(f"termo{self.identity}x{position}," for position in range(6))
        return f"dados = [{words} {self.edits}]\ndesenha(dados)\n"


def build(cells: list[Drawn], before: ExecutedNotebook | None) -> ExecutedNotebook:
    """What a build makes of a post with `cells` after that which made `before`."""
    body = "\n".join(f"Texto.\n\n```python\n{cell.code}```\n" for cell in cells)
    post = parse(f"Title: T\n\n{body}", "content/posts/x.md", "yes")
    planned = plan(post, before, lambda _: None)
    results = [
        CellResult(tuple(picture(index) for index in range(cell.figures)), 0.1, position + 1)
        for position, cell in enumerate(cells)
    ]
    fresh = from_run(planned, Run(tuple(results), (), ()), lambda _: None)
    shown = view(planned, fresh.cells, PLACE, stale=False)
    return current(fresh, planned, "T", shown.figure_names)


@st.composite
def edits(draw: st.DrawFn) -> list[list[Drawn]]:
    """Versions of a post, each made of the one before by an edit of its author's."""
    number = draw(st.integers(1, 5))
    cells = [Drawn(identity, 0, draw(st.integers(0, 3))) for identity in range(number)]
    versions = [cells]
    for _ in range(draw(st.integers(1, 6))):
        cells = list(cells)
        kind = draw(st.sampled_from(["insert", "remove", "move", "edit"]))
        position = draw(st.integers(0, max(0, len(cells) - 1)))
        if kind == "insert" or not cells:
            cells.insert(position, Drawn(number, 0, draw(st.integers(0, 3))))
            number += 1
        elif kind == "remove":
            del cells[position]
        elif kind == "move":
            cells.insert(draw(st.integers(0, len(cells) - 1)), cells.pop(position))
        else:
            old = cells[position]
            cells[position] = Drawn(old.identity, old.edits + 1, old.figures)
        versions.append(cells)
    return versions


@settings(max_examples=60, deadline=None)
@given(edits())
def test_a_surviving_cell_keeps_the_names_of_its_figures(versions: list[list[Drawn]]) -> None:
    notebook = None
    kept: dict[int, tuple[str, ...]] = {}
    ever: dict[str, int] = {}
    for cells in versions:
        notebook = build(cells, notebook)
        names = [name for cell in notebook.cells for name in cell.figures]
        assert len(set(names)) == len(names)
        for cell, executed in zip(cells, notebook.cells, strict=True):
            assert len(executed.figures) == cell.figures
            if cell.identity in kept:
                assert executed.figures == kept[cell.identity]
            for name in executed.figures:
                # Nor is the name of a cell that is gone ever given to another.
                assert ever.setdefault(name, cell.identity) == cell.identity
        kept = {
            cell.identity: executed.figures
            for cell, executed in zip(cells, notebook.cells, strict=True)
        }
