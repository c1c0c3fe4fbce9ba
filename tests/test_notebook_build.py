"""Notebooks among the posts of a whole build by plain Pelican."""

import json

from tests.blog import Site
from tests.notebooks import PNG, code, notebook, result, text

HEAD = text("Title: Caderno\nDate: 2020-01-02\nSlug: caderno\n")


def post(site: Site, name: str, content: str) -> None:
    site.write(f"posts/{name}.ipynb", content)


def test_a_notebook_is_run_and_its_page_shows_what_the_run_gave(site: Site) -> None:
    cells = [
        HEAD,
        text("Um *texto*."),
        code("print(6 * 7)", outputs=[result(text_plain="41")]),
        text("```python\nraise SystemExit\n```\n\n<div>\n\n<!-- aberto"),
        code("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"),
        text("Fim, *mesmo*."),
    ]
    content = notebook(*cells, metadata={})
    post(site, "caderno", content)
    built = site.build()
    assert built.status == 0, built.text
    assert "running content/posts/caderno.ipynb (2 cells): never run\n" in built.out
    page = site.page("caderno")
    assert '<div class="cell-output text"><pre>42</pre></div>' in page
    assert "<pre>41" not in page
    assert "raise" in page
    assert "<p>Fim, <em>mesmo</em>.</p>" in page
    assert (site.output / "assets" / "caderno" / "cell-2.png").is_file()
    executed = json.loads(site.notebook("caderno").read_text(encoding="utf-8"))
    assert executed["metadata"]["title"] == "Caderno"
    source = site.folder / "content" / "posts" / "caderno.ipynb"
    assert source.read_text(encoding="utf-8") == content
    built = site.build()
    assert "1 post up to date, not run again" in built.out


def test_what_fails_is_named_by_its_line_in_the_notebook(site: Site) -> None:
    content = notebook(HEAD, code("def f():\n    return {}['acc']\n\nf()"), metadata={})
    line = next(at for at, row in enumerate(content.split("\n"), 1) if "['acc']" in row)
    post(site, "caderno", content)
    built = site.build()
    assert built.status == 1
    name = "content/posts/caderno.ipynb"
    assert f"{name}:{line}: cell 1 of 1: KeyError: 'acc'\n" in built.err
    assert f"    {name}:{line + 2}\n        f()\n" in built.err
    assert f"    {name}:{line}, in f\n        return {{}}['acc']\n" in built.err


def test_a_cell_in_one_string_is_named_by_its_own_line(site: Site) -> None:
    content = notebook(HEAD, code("\n\n\n\nx = 1\n1/0"), metadata={})
    data = json.loads(content)
    for cell in data["cells"]:
        cell["source"] = "".join(cell["source"])
    content = json.dumps(data, indent=1)
    line = next(at for at, row in enumerate(content.split("\n"), 1) if "1/0" in row)
    post(site, "caderno", content)
    built = site.build()
    assert f"content/posts/caderno.ipynb:{line}: cell 1 of 1: ZeroDivisionError" in built.err
    assert f"    content/posts/caderno.ipynb:{line}\n        1/0\n" in built.err


def test_a_notebook_and_a_markdown_post_of_one_name_are_refused(site: Site) -> None:
    site.post("caderno", "\n```python\nprint(1)\n```\n", slug="outro")
    post(site, "caderno", notebook(HEAD, code("print(2)"), metadata={}))
    built = site.build()
    assert built.status == 1
    assert (
        "content/posts/caderno.ipynb: content/posts/caderno.md has the same name but for its "
        "ending: rename one of the two" in built.err
    )
    assert "<pre>1</pre>" in site.page("outro")
    assert not (site.output / "2020" / "01" / "caderno.html").exists()


def test_a_notebook_without_a_date_is_named(site: Site) -> None:
    post(site, "caderno", notebook(text("# Caderno"), code("1"), metadata={}))
    built = site.build()
    assert built.status == 1
    assert "content/posts/caderno.ipynb: no date: make" in built.err


def test_what_is_no_notebook_is_named_and_the_others_go_on(site: Site) -> None:
    post(site, "quebrado", "{\n  nada\n}")
    site.post("soma", "\n```python\nprint(6 * 7)\n```\n")
    built = site.build()
    assert built.status == 1
    assert "content/posts/quebrado.ipynb:2: no notebook: not JSON (" in built.err
    assert "<pre>42</pre>" in site.page("soma")


def test_neither_executed_notebooks_nor_checkpoints_are_posts(site: Site) -> None:
    site.settings('ARTICLE_PATHS = [""]\nIGNORE_FILES = ["**/.*"]')
    post(site, "caderno", notebook(HEAD, code("print(6 * 7)"), metadata={}))
    site.write("posts/.ipynb_checkpoints/caderno-checkpoint.ipynb", notebook(HEAD, metadata={}))
    assert site.build().status == 0
    built = site.build()
    assert built.status == 0, built.text
    assert "1 post up to date" in built.out
    assert "ERROR" not in built.text
    assert "WARNING" not in built.text


def test_front_matter_mistakes_are_named_by_their_line(site: Site) -> None:
    content = notebook(text("Title: x\nDate: amanhã"), code("1"), metadata={})
    line = next(at for at, row in enumerate(content.split("\n"), 1) if "amanh" in row)
    post(site, "caderno", content)
    built = site.build()
    assert f"content/posts/caderno.ipynb:{line}: front matter: Date: " in built.err


def test_an_attached_picture_is_on_the_page(site: Site) -> None:
    cell = text("![foto](attachment:foto.png)", attachments={"foto.png": {"image/png": PNG}})
    post(site, "caderno", notebook(HEAD, cell, metadata={}))
    assert site.build().status == 0
    assert f'src="data:image/png;base64,{PNG}"' in site.page("caderno")


def test_a_cell_of_options_alone_is_no_defect(site: Site) -> None:
    post(site, "caderno", notebook(HEAD, code("#| eval: true"), metadata={}))
    assert site.build().status == 0
