"""What the preview makes of what runs cells for it: here a script says what they give."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from executable_posts.errors import Problem
from executable_posts.jobs import CellResult, Conditions, Run
from executable_posts.preview.cells import (
    CellState,
    CellUpdate,
    Edit,
    RunEnded,
    ServerFor,
    Tell,
)
from executable_posts.preview.hub import Hub
from executable_posts.preview.messages import message

from tests.blog import Site
from tests.previewing import replace, with_theme

NAME = "content/posts/um.md"
PATH = "/2020/01/um.html"


class Scripted:
    """What is told of edits and runs nothing."""

    def __init__(
        self, conditions: Conditions, workers: int, server_for: ServerFor, tell: Tell
    ) -> None:
        self.edits: list[Edit] = []
        self.forgotten: list[str] = []

    def edited(self, edit: Edit) -> None:
        self.edits.append(edit)

    def forget(self, post: str) -> None:
        self.forgotten.append(post)

    def close(self) -> None:
        """Nothing runs."""


class Previewing:
    """A hub, its cells, and what it said."""

    def __init__(self, site: Site, scratch: Path) -> None:
        self.site = site
        self.said: list[str] = []
        self.hub = Hub(
            site.folder / "pelicanconf.py",
            scratch / "site",
            Scripted,
            lambda _: None,
            self.said.append,
        )
        self.post = site.post("um", "```python\nprint(1)\n```\n\n```python\nprint(2)\n```\n")
        self.hub.open()

    @property
    def cells(self) -> Scripted:
        assert self.hub.state.blog is not None
        cells = self.hub.state.blog.cells
        assert isinstance(cells, Scripted)
        return cells

    def save(self, old: str, new: str) -> None:
        replace(self.post, old, new)
        self.hub.changed({self.post})

    def page(self) -> dict[str, Any]:
        return message(self.hub.showing, self.hub.answer(PATH), "")

    def states(self) -> list[str]:
        return [cell["state"] for cell in self.page()["cells"]]

    def tell(self, cell: int, state: CellState, text: str | None = None, **more: Any) -> None:
        version = self.cells.edits[-1].version
        outputs = None if text is None else (stream(text),)
        self.hub.told([CellUpdate(NAME, version, cell, state, 0.5, outputs, **more)])

    def end(self, *texts: str, version: int | None = None) -> None:
        results = (CellResult((stream(text),), 0.1, at) for at, text in enumerate(texts, 1))
        version = version or self.cells.edits[-1].version
        self.hub.told([RunEnded(NAME, version, Run(tuple(results), (), ()))])

    def stored(self) -> list[str]:
        text = self.site.notebook("um").read_text(encoding="utf-8")
        cells = [one for one in json.loads(text)["cells"] if one["cell_type"] == "code"]
        return ["".join(one["outputs"][0]["text"]) for one in cells]


def stream(text: str) -> dict[str, str]:
    return {"output_type": "stream", "name": "stdout", "text": text}


@pytest.fixture
def preview(site: Site, tmp_path: Path) -> Iterator[Previewing]:
    made = Previewing(with_theme(site), tmp_path)
    yield made
    made.hub.close()


def test_a_stale_post_runs_once_it_is_looked_at_and_an_edit_of_prose_starts_nothing(
    preview: Previewing,
) -> None:
    assert preview.cells.edits == []
    preview.page()
    assert [edit.post for edit in preview.cells.edits] == [NAME]
    preview.save("```python\nprint(1)", "Antes.\n\n```python\nprint(1)")
    preview.page()
    assert len(preview.cells.edits) == 1
    preview.save("print(2)", "print(3)")
    assert [edit.version for edit in preview.cells.edits] == [1, 2]
    assert [cell.code for cell in preview.cells.edits[-1].job.cells] == ["print(1)\n", "print(3)\n"]


def test_outputs_are_shown_as_they_come_and_stored_only_after_a_run(preview: Previewing) -> None:
    preview.page()
    preview.tell(1, CellState.RUNNING, "parte")
    assert "parte" in preview.page()["html"]
    preview.tell(1, CellState.PROVISIONAL, "inteiro\n")
    preview.tell(2, CellState.PROVISIONAL, "dois\n")
    assert "inteiro" in preview.page()["html"]
    assert preview.states() == ["provisional", "provisional"]
    assert not preview.site.notebook("um").exists()
    preview.end("inteiro\n", "dois\n")
    assert preview.states() == ["done", "done"]
    assert preview.page()["before"] == {}
    assert preview.stored() == ["inteiro\n", "dois\n"]
    preview.hub.changed({preview.site.notebook("um")})
    assert preview.states() == ["done", "done"]
    assert len(preview.cells.edits) == 1


def test_a_run_that_gives_something_else_is_shown_beside_what_was_shown(
    preview: Previewing,
) -> None:
    preview.page()
    preview.tell(1, CellState.PROVISIONAL, "igual\n")
    preview.tell(2, CellState.PROVISIONAL, "do núcleo quente\n")
    preview.end("igual\n", "da execução limpa\n")
    shown = preview.page()
    assert "da execução limpa" in shown["html"]
    assert "do núcleo quente" not in shown["html"]
    assert [*shown["before"]] == [2]
    assert "do núcleo quente" in shown["before"][2]
    assert f"{NAME}: cell 2 gave something else than was shown" in preview.said
    assert preview.stored() == ["igual\n", "da execução limpa\n"]


def test_what_an_older_edit_gave_counts_for_nothing(preview: Previewing) -> None:
    preview.page()
    preview.save("print(2)", "print(3)")
    preview.hub.told([CellUpdate(NAME, 1, 2, CellState.DONE, 0.1, (stream("velho"),))])
    preview.end("a", "velho", version=1)
    assert "velho" not in preview.page()["html"]
    assert not preview.site.notebook("um").exists()


def test_outputs_of_cells_that_did_not_change_stay_while_the_others_run(
    preview: Previewing,
) -> None:
    preview.page()
    preview.tell(1, CellState.PROVISIONAL, "fica aqui\n")
    preview.save("print(2)", "print(3)")
    assert "fica aqui" in preview.page()["html"]
    preview.tell(1, CellState.QUEUED)
    assert "fica aqui" in preview.page()["html"]


def test_a_failed_run_names_the_cell_and_keeps_what_was_good(preview: Previewing) -> None:
    preview.page()
    preview.end("um\n", "dois\n")
    preview.save("print(2)", "print(nada)")
    preview.tell(1, CellState.PROVISIONAL, "um\n")
    problem = Problem(NAME, "cell 2 of 2: NameError: name 'nada' is not defined", 11)
    version = preview.cells.edits[-1].version
    preview.hub.told([RunEnded(NAME, version, problem)])
    assert preview.states() == ["provisional", "failed"]
    assert preview.page()["cells"][1]["problem"]["place"] == f"{NAME}:11"
    assert "dois" in preview.page()["html"]
    assert preview.stored() == ["um\n", "dois\n"]
    preview.save("print(nada)", "print(2)")
    assert preview.states() == []
    assert preview.cells.edits[-1].plan.stale is False
    assert "last run that succeeded" not in preview.page()["html"]


def test_an_option_that_is_wrong_ends_what_ran(preview: Previewing) -> None:
    preview.page()
    preview.save("print(1)", "#| lable: x\nprint(1)")
    assert preview.cells.forgotten == [NAME]
    assert preview.states() == []
    [problem] = preview.page()["problems"]
    assert problem["place"] == f"{NAME}:7"
    assert 'did you mean "label"?' in problem["message"]


def test_a_blog_whose_settings_are_wrong_waits_until_they_are_mended(
    site: Site, tmp_path: Path
) -> None:
    with_theme(site, 'EXECUTE = "allways"\n')
    made = Previewing(site, tmp_path)
    assert made.hub.state.blog is None
    [problem] = made.page()["problems"]
    assert "EXECUTE = 'allways' is not allowed" in problem["message"]
    with_theme(site)
    made.hub.changed({site.folder / "pelicanconf.py"})
    assert made.page()["problems"] == []
    assert "Título de um" in made.page()["html"]
    made.hub.close()


def test_a_template_that_is_wrong_from_the_start_waits_until_it_is_mended(
    site: Site, tmp_path: Path
) -> None:
    with_theme(site)
    template = site.folder / "theme" / "templates" / "article.html"
    replace(template, "{% endblock %}", "{% endblok %}")
    made = Previewing(site, tmp_path)
    [problem] = made.page()["problems"]
    assert problem["place"].startswith("theme/templates/article.html:")
    replace(template, "{% endblok %}", "{% endblock %}")
    made.hub.changed({template})
    assert made.page()["problems"] == []
    assert "Título de um" in made.page()["html"]
    made.hub.close()
