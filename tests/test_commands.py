"""Status, old figures, recording and importing, on blogs that real builds made."""

import json
import re
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from executable_posts import commands, status, store
from executable_posts.errors import ProblemError
from executable_posts.site import load
from nbformat import v4

from tests.blog import Site

CELL = "\n```python\nprint({value})\n```\n"
PLOT = "\n```python\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()\n```\n"


def shown(site: Site) -> list[str]:
    """The lines of the status; what a cell took depends on the machine."""
    known = commands.site_status(load(site.folder / "pelicanconf.py"))
    return [re.sub(r"\[[\d.]+ s\]", "[0 s]", line) for line in status.lines(known)]


def clean(site: Site) -> bool:
    return commands.site_status(load(site.folder / "pelicanconf.py")).clean


def test_status_has_a_line_for_each_post_with_the_reason_in_words(site: Site) -> None:
    site.post("fresco", CELL.format(value=1))
    site.post("mudado", CELL.format(value=1))
    site.write("posts/calado.md", "Title: C\nDate: 2020-01-02\n\n```python\nprint(1)\n```\n")
    assert site.build().status == 0
    assert clean(site)
    site.post("mudado", CELL.format(value=2))
    site.post("novo", CELL.format(value=1))
    site.post("errado", "\n```python\nprint 1\n```\n")
    assert shown(site) == [
        "no cells    content/posts/calado.md",
        "wrong       content/posts/errado.md: not Python (Missing parentheses in call to 'print'. "
        "Did you mean print(...)?, column 1); if this code is only to be shown, make "
        "`#| eval: false` its first line (line 8)",
        "up to date  content/posts/fresco.md [0 s]",
        "stale       content/posts/mudado.md [0 s]: cell 1 changed (line 7)",
        "never run   content/posts/novo.md: never run",
        "1 up to date, 1 stale, 1 never run, 1 wrong, 1 no cells",
    ]
    assert not clean(site)


def test_status_remembers_what_failed_last_time(site: Site) -> None:
    site.post("ruim", CELL.format(value="nada"))
    assert site.build().status == 1
    [line, _] = shown(site)
    assert line == (
        "failed last time  content/posts/ruim.md: cell 1 of 1: NameError: name 'nada' is not "
        "defined (line 8); never run"
    )
    site.post("ruim", CELL.format(value=1))
    assert site.build().status == 0
    assert shown(site)[0].startswith("up to date")


def test_status_knows_what_a_run_read(site: Site) -> None:
    site.write("data/a.csv", "1")
    site.post("le", CELL.format(value="open('../data/a.csv').read()"))
    assert site.build().status == 0
    site.write("data/a.csv", "2")
    assert "stale" in shown(site)[0]
    assert "content/data/a.csv changed" in shown(site)[0]
    site.write("data/a.csv", "1")
    assert shown(site)[0].startswith("up to date")
    (site.folder / "content/data/a.csv").unlink()
    assert "content/data/a.csv is gone" in shown(site)[0]


def test_other_versions_are_told_and_rerun_only_on_demand(site: Site) -> None:
    site.post("usa", "\n```python\nimport numpy\nprint(1)\n```\n")
    assert site.build().status == 0
    notebook = store.read(site.notebook("usa"))
    assert isinstance(notebook, store.ExecutedNotebook)
    now = notebook.fingerprint.packages["numpy"]
    older = replace(notebook.fingerprint, packages={"numpy": "1.0"})
    store.write(site.notebook("usa"), replace(notebook, fingerprint=older))

    assert shown(site)[0].startswith("up to date")
    assert f"numpy 1.0 → {now} (not re-run: EXECUTE_ON_ENVIRONMENT_CHANGE is off)" in shown(site)[0]
    assert "1 post up to date" in site.build().out
    site.settings("EXECUTE_ON_ENVIRONMENT_CHANGE = True")
    assert f"): numpy 1.0 → {now}\n" in site.build().out


def test_status_for_machines_says_the_same(site: Site) -> None:
    site.post("soma", CELL.format(value=1))
    assert site.build().status == 0
    known = json.loads(status.as_json(commands.site_status(load(site.folder / "pelicanconf.py"))))
    [post] = known["posts"]
    assert post.pop("seconds") >= 0
    assert post == {
        "path": "content/posts/soma.md",
        "state": "up to date",
        "reasons": [],
        "notes": [],
        "cells": 1,
    }
    assert known["orphans"] == []


def test_figures_that_no_post_names_any_more_are_listed_and_removed_on_demand(site: Site) -> None:
    site.post("curva", PLOT)
    assert site.build().status == 0
    figure = site.output / "assets" / "curva" / "cell-1.png"
    site.write("images/minha.png", figure.read_bytes())
    site.post("curva", PLOT.replace("#|", "").replace("python\n", "python\n#| label: nova\n"))
    assert site.build().status == 0
    assert figure.is_file()
    assert (
        "orphan  /assets/curva/cell-1.png: no post names it; `invoke clean --figures` removes it"
        in shown(site)
    )
    removed = commands.remove_orphans(load(site.folder / "pelicanconf.py"))
    assert removed == [figure, figure.with_suffix(".webp")]
    assert not figure.exists()
    assert (site.output / "assets" / "curva" / "nova.png").is_file()
    assert (site.output / "images" / "minha.png").is_file()


def test_one_post_can_be_run_again_alone(site: Site) -> None:
    site.post("um", CELL.format(value=1))
    site.post("dois", CELL.format(value=1))
    assert site.build().status == 0
    built = site.build("--extra-settings", 'EXECUTE_POSTS=["content/posts/um.md"]')
    assert "running content/posts/um.md" in built.out
    assert "running content/posts/dois.md" not in built.out
    built = site.build("--extra-settings", 'EXECUTE_POSTS=["content/posts/umm.md"]')
    assert built.status == 1
    assert (
        'content/posts/umm.md: there is no such post; did you mean "content/posts/um.md"?'
        in built.err
    )


def test_record_writes_outputs_into_the_source_and_nothing_else(site: Site) -> None:
    source = site.post("soma", "Antes.\n\n\n```python\nprint(6 * 7)\n```\n\nDepois.\n")
    assert site.build().status == 0
    before = source.read_text(encoding="utf-8")
    blog = load(site.folder / "pelicanconf.py")
    found = commands.recorded(blog, "content/posts/soma.md")
    assert source.read_text(encoding="utf-8") == before
    assert "+    42\n" in found.difference
    found.write()
    after = source.read_text(encoding="utf-8")
    assert "print(6 * 7)\n```\n\n    42\n\n" in after
    assert [line for line in after.splitlines() if line.strip() and line != "    42"] == [
        line for line in before.splitlines() if line.strip()
    ]
    assert commands.recorded(blog, "content/posts/soma.md").difference == ""
    assert "1 post up to date" in site.build().out


def test_record_refuses_what_is_stale_or_not_there(site: Site) -> None:
    site.post("soma", CELL.format(value=1))
    blog = load(site.folder / "pelicanconf.py")
    with pytest.raises(ProblemError, match=r"soma\.md: stale: never run; run `invoke build` first"):
        commands.recorded(blog, "content/posts/soma.md")
    with pytest.raises(ProblemError, match=r"some\.md: there is no such post; did you mean"):
        commands.recorded(blog, "content/posts/some.md")


def test_an_imported_notebook_is_a_post_that_runs(site: Site, tmp_path: Path) -> None:
    cells = [
        v4.new_markdown_cell("# Um caderno\n\nTexto."),
        v4.new_code_cell("print(6 * 7)", outputs=[v4.new_output("stream", text="41\n")]),
    ]
    file = tmp_path / "caderno.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), file)
    blog = load(site.folder / "pelicanconf.py")
    post, _ = commands.import_post(blog, file, "2020-01-02 10:00")
    assert post.parent == site.folder / "content" / "posts"
    assert site.build().status == 0
    page = site.page(post.stem)
    assert "<pre>42</pre>" in page
    with pytest.raises(ProblemError, match="is there already; nothing was written"):
        commands.import_post(blog, file, "2020-01-02 10:00")


def test_another_environment_is_told_without_its_values(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.settings('EXECUTE_ENVIRONMENT = ["CHAVE"]')
    site.post("usa", "\n```python\nimport os\nprint('CHAVE' in os.environ)\n```\n")
    monkeypatch.setenv("CHAVE", "segredo")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert site.build().status == 0
    assert shown(site)[0].startswith("up to date")
    assert "changed" not in shown(site)[0]
    assert "segredo" not in site.notebook("usa").read_text(encoding="utf-8")
    monkeypatch.setenv("CHAVE", "outro")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert shown(site)[0].endswith(
        "CHAVE changed; KERAS_BACKEND changed (not re-run: EXECUTE_ON_ENVIRONMENT_CHANGE is off)"
    )
