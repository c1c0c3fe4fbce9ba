"""A whole build by plain Pelican: what is run, what is shown, what stays."""

import base64
import json
from pathlib import Path

import pytest

from tests.blog import Site

FIGURE = """
```python
#| label: curva
#| fig-cap: Uma curva
import matplotlib.pyplot as plt
plt.plot([1, 2, {last}])
plt.show()
```
"""

RECORDED = """
Antes.


```python
print(6 * 7)
```

    41


Entre.


```python
import matplotlib.pyplot as plt
plt.plot([1, 2]);
```


![png](/assets/output_4_0.png)


Depois.
"""


def digests(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".cache" not in path.parts
    }


def test_a_new_post_is_run_and_its_outputs_are_shown(site: Site) -> None:
    site.post("soma", "\nTexto.\n\n```python\nprint(6 * 7)\n```\n\nFim.\n")
    built = site.build()
    assert built.status == 0, built.text
    assert "running content/posts/soma.md (1 cell): never run\n" in built.out
    assert built.counted("soma") == (0, 0, 0, 0)
    assert '<div class="cell-output text"><pre>42</pre></div>' in site.page("soma")
    assert site.notebook("soma").is_file()


def test_a_second_build_runs_nothing_and_changes_no_byte(site: Site) -> None:
    site.post("curva", FIGURE.format(last=3))
    assert site.build().status == 0
    before = digests(site.folder)
    built = site.build()
    assert "1 post up to date, not run again" in built.out
    assert digests(site.folder) == before


def test_what_needs_no_run_imports_neither_kernels_nor_what_posts_use(site: Site) -> None:
    site.post("curva", FIGURE.format(last=3))
    assert site.build().status == 0
    program = (
        "import sys, pelican\n"
        "pelican.main(['-s', 'pelicanconf.py'])\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'numpy', 'nbclient', 'jupyter_client',"
        " 'ipykernel', 'zmq', 'nbformat', 'IPython'}\n"
        "print('imported:', sorted(heavy & set(sys.modules)))\n"
    )
    built = site.run_python(program)
    assert built.status == 0, built.text
    assert "imported: []" in built.out


def test_recorded_outputs_are_replaced_and_their_names_kept(site: Site) -> None:
    site.write("posts/nota.md", "Title: Nota\nDate: 2020-01-02\nSlug: nota\n" + RECORDED)
    built = site.build()
    assert built.status == 0, built.text
    page = site.page("nota")
    assert "<pre>42</pre>" in page
    assert "<code>41" not in page
    assert page.count("/assets/output_4_0.png") == 1
    assert 'alt="png"' not in page
    assert (site.output / "assets" / "output_4_0.png").read_bytes().startswith(b"\x89PNG")


def test_a_tutorial_without_any_sign_is_not_run(site: Site) -> None:
    body = (
        "Title: T\nDate: 2020-01-02\nSlug: tutorial\n\nVeja:\n\n```python\nraise SystemExit\n```\n"
    )
    site.write("posts/tutorial.md", body)
    assert site.build().status == 0
    assert "SystemExit" in site.page("tutorial")
    assert not site.notebook("tutorial").exists()


def test_a_deleted_figure_comes_back_without_a_run(site: Site) -> None:
    site.post("curva", FIGURE.format(last=3))
    assert site.build().status == 0
    figure = site.output / "assets" / "curva" / "curva.png"
    before = figure.read_bytes()
    figure.unlink()
    built = site.build()
    assert "1 post up to date, not run again; 1 figure written from executed notebooks" in built.out
    assert figure.read_bytes() == before


def test_a_figure_is_rewritten_only_if_its_pixels_changed(site: Site) -> None:
    site.post("curva", FIGURE.format(last=3))
    assert site.build().status == 0
    figure = site.output / "assets" / "curva" / "curva.png"
    before = figure.stat().st_mtime_ns
    built = site.build_all_again()
    assert built.counted("curva") == (0, 0, 0, 1)
    assert figure.stat().st_mtime_ns == before
    site.post("curva", FIGURE.format(last=5))
    built = site.build()
    assert " s last time): cell 1 changed (line 7)\n" in built.out
    assert built.counted("curva") == (0, 0, 1, 0)
    assert figure.stat().st_mtime_ns != before


def test_running_again_with_the_same_result_leaves_every_byte(site: Site) -> None:
    body = (
        "\n```python\nimport sys\nprint(object())\nprint('aviso', file=sys.stderr)\nobject()\n```\n"
    )
    site.post("objeto", body + FIGURE.format(last=3))
    assert site.build().status == 0
    before = digests(site.folder)
    built = site.build_all_again()
    assert "): asked for\n" in built.out
    assert digests(site.folder) == before


def test_prose_and_captions_are_renewed_without_a_run(site: Site) -> None:
    site.post("curva", "Antigo.\n" + FIGURE.format(last=3))
    assert site.build().status == 0
    site.post("curva", "Novo.\n" + FIGURE.format(last=3).replace("Uma curva", "Outra legenda"))
    built = site.build()
    assert "1 post up to date" in built.out
    assert "<figcaption>Outra legenda</figcaption>" in site.page("curva")
    assert "Novo." in site.notebook("curva").read_text(encoding="utf-8")


def test_a_changed_data_file_makes_stale_and_a_touched_one_does_not(site: Site) -> None:
    data = site.write("data/notas.csv", "1\n2\n")
    site.post("notas", "\n```python\nprint(sum(map(int, open('../data/notas.csv'))))\n```\n")
    assert site.build().status == 0
    assert "<pre>3</pre>" in site.page("notas")
    data.touch()
    assert "1 post up to date" in site.build().out
    data.write_text("1\n4\n")
    built = site.build()
    assert "): content/data/notas.csv changed\n" in built.out
    assert "<pre>5</pre>" in site.page("notas")


def test_a_changed_local_module_makes_stale(site: Site) -> None:
    site.write("posts/ajuda.py", "VALOR = 1\n")
    site.post("modulo", "\n```python\nimport ajuda\nprint(ajuda.VALOR)\n```\n")
    assert site.build().status == 0
    site.write("posts/ajuda.py", "VALOR = 2\n")
    built = site.build()
    assert "): content/posts/ajuda.py changed\n" in built.out
    assert "<pre>2</pre>" in site.page("modulo")


def test_what_a_cell_writes_does_not_reach_the_sources(site: Site) -> None:
    site.write("data/notas.csv", "1\n")
    site.post(
        "escreve",
        """
        ```python
        open("novo.txt", "w").write("x")
        open("../data/notas.csv", "w").write("9")
        print(open("../data/notas.csv").read())
        ```
        """,
    )
    before = digests(site.folder / "content" / "data") | digests(site.folder / "content" / "posts")
    assert site.build().status == 0
    after = digests(site.folder / "content" / "data") | digests(site.folder / "content" / "posts")
    assert after == before


def test_an_inserted_cell_renames_no_figure(site: Site) -> None:
    figure = "\n```python\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()\n```\n"
    site.post("nomes", figure)
    assert site.build().status == 0
    assert {path.stem for path in (site.output / "assets" / "nomes").iterdir()} == {"cell-1"}
    other = figure.replace("plot([1, 2])", "bar([1, 2, 3], [4, 5, 6])")
    site.post("nomes", other + figure)
    assert site.build().status == 0
    page = site.page("nomes")
    assert page.index("cell-2.png") < page.index("cell-1.png")


def test_frozen_runs_nothing_and_refuses_what_is_stale(site: Site) -> None:
    site.post("soma", "\n```python\nprint(1)\n```\n")
    built = site.build_frozen()
    assert built.status == 1
    assert "content/posts/soma.md: stale: never run; this build runs nothing" in built.err
    assert site.build().status == 0
    assert site.build_frozen().status == 0
    site.post("soma", "\n```python\nprint(2)\n```\n")
    built = site.build_frozen()
    assert built.status == 1
    assert "content/posts/soma.md:7: stale: cell 1 changed; this build runs nothing" in built.err


def test_an_older_picture_in_content_does_not_overwrite_the_recomputed_one(site: Site) -> None:
    site.settings('STATIC_PATHS = ["assets"]')
    old = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
    site.write("assets/output_4_0.png", old)
    site.write("assets/outra.png", old)
    site.write("posts/nota.md", "Title: Nota\nDate: 2020-01-02\nSlug: nota\n" + RECORDED)
    assert site.build().status == 0
    assert (site.output / "assets" / "output_4_0.png").read_bytes().startswith(b"\x89PNG")
    assert (site.output / "assets" / "outra.png").read_bytes() == old


def test_figures_are_found_under_an_address_with_a_path(site: Site) -> None:
    site.settings('SITEURL = "https://exemplo.org/blog"')
    site.post("curva", FIGURE.format(last=3))
    assert site.build().status == 0
    assert 'src="https://exemplo.org/blog/assets/curva/curva.png"' in site.page("curva")


def test_stderr_is_hidden_counted_and_shown_on_request(site: Site) -> None:
    cell = "```python\n{option}import sys\nprint('um', 'aviso', file=sys.stderr)\n```\n"
    site.post("avisos", "\n" + cell.format(option=""))
    built = site.build()
    assert built.counted("avisos") == (1, 0, 0, 0)
    assert "um aviso" not in site.page("avisos")
    site.post("avisos", "\n" + cell.format(option="#| warning: true\n"))
    built = site.build()
    assert "1 post up to date" in built.out
    assert '<div class="cell-output stderr"><pre>um aviso</pre></div>' in site.page("avisos")


def test_an_output_without_a_recorded_counterpart_is_noted(site: Site) -> None:
    source = "Title: Nota\nDate: 2020-01-02\nSlug: nota\n" + RECORDED
    line = source.count("\n") + 2
    site.write("posts/nota.md", source + "\n```python\nprint('novo')\n```\n")
    built = site.build()
    note = f"note: content/posts/nota.md:{line}: cell 3 shows text that is not recorded"
    assert note in built.out


def test_the_executed_notebook_is_valid_and_holds_the_post(site: Site) -> None:
    import nbformat

    site.post("curva", "Um texto.\n" + FIGURE.format(last=3) + "\nO fim.\n")
    assert site.build().status == 0
    notebook = json.loads(site.notebook("curva").read_text(encoding="utf-8"))
    nbformat.validate(notebook)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    assert kinds == ["markdown", "code", "markdown"]
    assert "".join(notebook["cells"][0]["source"]) == "# Título de curva\n\nUm texto."
    assert (site.output / "notebooks" / "posts" / "curva.ipynb").is_file()


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_sources_are_never_written(site: Site, newline: str) -> None:
    text = "Title: Nota\nDate: 2020-01-02\nSlug: nota\n" + RECORDED
    source = site.write("posts/nota.md", "\ufeff" + text.replace("\n", newline))
    before = source.read_bytes()
    assert site.build().status == 0
    assert source.read_bytes() == before
    assert "<pre>42</pre>" in site.page("nota")


def test_a_file_that_is_named_as_data_makes_stale_too(site: Site) -> None:
    site.write("data/pesos.bin", b"1")
    cell = "```python\n#| data: ../data/pesos.bin\nimport subprocess\n"
    cell += "print(subprocess.check_output(['cat', '../data/pesos.bin']))\n```\n"
    site.post("nativo", "\n" + cell)
    assert site.build().status == 0
    assert "1 post up to date" in site.build().out
    site.write("data/pesos.bin", b"2")
    assert "): content/data/pesos.bin changed\n" in site.build().out
    site.post("nativo", "\n" + cell.replace("data: ../data/pesos", "data: ../data/outro"))
    built = site.build()
    assert built.status == 1
    assert 'content/posts/nativo.md:7: option "data": content/data/outro.bin is not there' in (
        built.err
    )


def test_changed_code_never_shows_what_the_old_one_wrote_to_stderr(site: Site) -> None:
    cell = (
        "```python\n#| warning: true\nimport sys\nprint('x')\nprint('{}', file=sys.stderr)\n```\n"
    )
    site.post("avisos", "\n" + cell.format("antigo"))
    assert site.build().status == 0
    assert "<pre>antigo</pre>" in site.page("avisos")
    site.post("avisos", "\n" + cell.format("novo"))
    assert site.build().status == 0
    assert "<pre>novo</pre>" in site.page("avisos")
    assert "<pre>antigo</pre>" not in site.page("avisos")


def test_stderr_that_is_shown_is_that_of_the_last_run(site: Site) -> None:
    site.write("data/aviso.txt", "antigo")
    read = "sys.stderr.write(open('../data/aviso.txt').read())"
    site.post("avisos", f"\n```python\n#| warning: true\nimport sys\n{read};\n```\n")
    assert site.build().status == 0
    site.write("data/aviso.txt", "novo")
    assert site.build().status == 0
    assert "<pre>novo</pre>" in site.page("avisos")
