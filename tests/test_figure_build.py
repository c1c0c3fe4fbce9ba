"""Figures on the pages of real blogs: their files, their links, what makes them stale."""

import io
import json
import re
from typing import Any

import pytest
from executable_posts.commands import site_status
from executable_posts.site import load
from PIL import Image

from tests.blog import Site

PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2], label='a'); plt.legend(); plt.show()\n"
GALLERY = f"""
```python
#| label: curva
#| fig-dark: true
{PLOT}```

```python
#| fig-format: svg
plt.bar([1, 2], [2, 1]); plt.title("Votos"); plt.show()
```

```python
#| fig-format: retina
#| fig-alt: ""
plt.imshow([[1, 2], [2, 1]]); plt.show()
```
"""
FILES = [
    "cell-2.png", "cell-2.svg", "cell-3.png", "cell-3.webp",
    "curva.dark.png", "curva.dark.webp", "curva.png", "curva.webp",
]  # fmt: skip


def files(site: Site) -> dict[str, tuple[bytes, int]]:
    """The figures that were written: content and time of each."""
    found = (file for file in (site.output / "assets").rglob("*") if file.is_file())
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in sorted(found)}


def addresses(page: str) -> list[str]:
    """All that the figures of a page lead to."""
    lists = re.findall(r'<source [^>]*srcset="([^"]*)"|<img [^>]*src="([^"]*)"', page)
    return [part.split()[0] for found in lists for part in (found[0] or found[1]).split(",")]


def notebook(site: Site, name: str) -> Any:
    return json.loads(site.notebook(name).read_text(encoding="utf-8"))


def test_every_figure_has_the_files_that_suit_its_readers(site: Site) -> None:
    site.post("figuras", GALLERY)
    built = site.build()
    assert built.status == 0, built.text
    assert re.search(r"^content/posts/figuras.md +3 ", built.out, re.MULTILINE)
    assert list(files(site)) == FILES
    page = site.page("figuras")
    source = r'<source type="image/([^"]*)"( media="\(prefers-color-scheme: dark\)")?'
    assert re.findall(source, page) == [
        ("webp", ' media="(prefers-color-scheme: dark)"'),
        ("png", ' media="(prefers-color-scheme: dark)"'),
        ("webp", ""),
        ("svg+xml", ""),
        ("webp", ""),
    ]  # fmt: skip
    assert re.findall('alt="([^"]*)"', page) == [
        "Gráfico de linhas; a",
        "Gráfico de barras “Votos”",
        "",
    ]
    assert page.count('loading="lazy"') == 2
    # What is drawn with two pixels for each of the page is not twice as large on it.
    width, height = Image.open(site.output / "assets/figuras/cell-3.png").size
    assert f'width="{width // 2}" height="{height // 2}"' in page
    # Nothing that changed: nothing is written.
    before = files(site)
    for again in (site.build(), site.build_frozen(), site.build_all_again()):
        assert again.status == 0, again.text
        assert files(site) == before


def test_all_files_of_a_figure_are_found_wherever_the_site_and_the_page_are(site: Site) -> None:
    site.post("figuras", GALLERY)
    feed = 'FEED_ALL_ATOM = "feeds/all.xml"\nFEED_DOMAIN = SITEURL\n'
    site.settings(f'SITEURL = "https://a.org/blog"\n{feed}')
    assert site.build().status == 0
    pages = [site.page("figuras"), (site.output / "feeds/all.xml").read_text(encoding="utf-8")]
    for page in pages:
        unescaped = page.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
        assert {address.rpartition("/")[2] for address in addresses(unescaped)} == set(FILES)
        for address in addresses(unescaped):
            assert address.startswith("https://a.org/blog/assets/figuras/")
    site.settings("RELATIVE_URLS = True")
    assert site.build().status == 0
    assert set(addresses(site.page("figuras"))) == {f"../../assets/figuras/{n}" for n in FILES}
    index = (site.output / "index.html").read_text(encoding="utf-8")
    assert set(addresses(index)) <= {f"./assets/figuras/{name}" for name in FILES}


def test_the_language_of_the_post_is_that_of_its_figures(site: Site) -> None:
    site.post("figures", f"\n```python\n{PLOT}```\n", head="Lang: en\n")
    assert site.build().status == 0
    page = (site.output / "figures-en.html").read_text(encoding="utf-8")
    assert 'alt="Line chart; a"' in page
    assert 'aria-label="Cell 1"' in page


def test_figures_without_words_are_named_until_they_have_some(site: Site) -> None:
    body = "\n```python\nimport matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()\n```\n"
    message = (
        "note: content/posts/a.md:7: the figure /assets/a/cell-1.png has no alt text: "
        "say what it shows in `#| fig-alt: …`"
    )
    site.post("a", body)
    assert message in site.build().out.splitlines()
    assert message in site.build_frozen().out.splitlines()
    assert 'alt="Gráfico de linhas: Figura 1 de “Título de a”"' in site.page("a")
    site.post("a", body.replace("import", "#| fig-alt: Um ponto.\nimport", 1))
    built = site.build()
    assert "alt text" not in built.out
    assert "1 post up to date" in built.out


# Options and staleness


def test_only_options_that_change_the_drawing_make_a_post_stale(site: Site) -> None:
    def built(rows: str, head: str = "") -> str:
        site.post("a", f"\n```python\n{rows}{PLOT}```\n", head=head)
        done = site.build()
        assert done.status == 0, done.text
        return done.out

    assert ": never run" in built("")
    for display in ("fig-cap: A", "code-fold: true", "classes: largo", "echo: false"):
        assert "1 post up to date" in built(f"#| {display}\n")
    assert ": fig-width of cell 1 changed (line 7)" in built("#| fig-width: 3\n")
    small = Image.open(site.output / "assets/a/cell-1.png").size
    assert "1 post up to date" in built("#| fig-width: 3.0\n#| fig-cap: A\n")
    assert ": fig-height, fig-width of cell 1 changed (line 8)" in built("", "Fig-height: 9\n")
    high = Image.open(site.output / "assets/a/cell-1.png").size
    assert high[0] > small[0]
    assert high[1] > 1.5 * small[1]
    site.settings('EXECUTE_CELL_DEFAULTS = {"fig-dpi": 50}')
    assert ": fig-dpi of cell 1 changed (line 8)" in built("", "Fig-height: 9\n")
    assert "1 post up to date" in site.build().out


def test_what_is_no_longer_drawn_for_dark_pages_is_an_orphan(site: Site) -> None:
    site.post("a", f"\n```python\n#| fig-dark: true\n{PLOT}```\n")
    assert site.build().status == 0
    settings = site.folder / "pelicanconf.py"
    assert site_status(load(settings)).orphans == ()
    site.post("a", f"\n```python\n{PLOT}```\n")
    assert site.build().status == 0
    assert site_status(load(settings)).orphans == (
        "assets/a/cell-1.dark.png",
        "assets/a/cell-1.dark.webp",
    )


# What cells save and the prose shows

SAVES = """
```python
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.savefig("perda.png")
plt.close()
```

Veja ![a perda](perda.png) aqui.
"""


def test_a_picture_that_a_cell_saves_is_a_figure_of_the_post(site: Site) -> None:
    site.post("redes", SAVES)
    built = site.build()
    assert built.status == 0, built.text
    assert list(files(site)) == ["perda.png", "perda.webp"]
    page = site.page("redes")
    assert '<img alt="a perda" src="/assets/redes/perda.png" width="640" height="480"' in page
    assert 'srcset="/assets/redes/perda.webp"' in page
    assert not (site.folder / "content" / "posts" / "perda.png").exists()
    prose = notebook(site, "redes")["cells"][-1]
    assert "![a perda](attachment:perda.png)" in "".join(prose["source"])
    assert list(prose["attachments"]) == ["perda.png"]
    before, stored = files(site), site.notebook("redes").read_bytes()
    for again in (site.build(), site.build_frozen(), site.build_all_again()):
        assert again.status == 0, again.text
        assert files(site) == before
    ours = re.compile(rb'"seconds": [\d.]+|"sha256:\w+"')
    assert ours.sub(b"", site.notebook("redes").read_bytes()) == ours.sub(b"", stored)
    (site.output / "assets/redes/perda.png").unlink()
    assert site.build_frozen().status == 0
    assert (site.output / "assets/redes/perda.png").read_bytes() == before["perda.png"][0]


def test_a_picture_that_the_prose_begins_to_show_makes_the_post_stale_once(site: Site) -> None:
    cell = SAVES.partition("Veja")[0]
    site.post("redes", cell)
    assert site.build().status == 0
    assert not (site.output / "assets").exists()
    site.post("redes", cell + "Veja ![a](perda.png) e ![b](falta.png).\n")
    reason = "the text shows perda.png, which the last run was not to keep (line 14)"
    assert f": {reason}" in site.build().out
    assert list(files(site)) == ["perda.png", "perda.webp"]
    assert 'src="falta.png"' in site.page("redes")
    assert "1 post up to date" in site.build().out


def test_a_committed_picture_gives_way_to_the_one_that_is_saved_now(site: Site) -> None:
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "PNG")
    site.write("posts/perda.png", file.getvalue())
    site.post("redes", SAVES.replace("perda.png)", "./perda.png)"))
    assert site.build().status == 0
    assert Image.open(site.output / "assets/redes/perda.png").size == (640, 480)
    assert (site.folder / "content/posts/perda.png").read_bytes() == file.getvalue()
    # What is there and no cell writes is its author's matter.
    site.post("redes", SAVES.replace("savefig", "imread"))
    assert site.build().status == 0
    assert 'src="perda.png"' in site.page("redes")


def test_two_figures_of_one_name_are_told(site: Site) -> None:
    drawn = "```python\n#| label: perda\nplt.plot([1]); plt.show()\n```\n"
    site.post("redes", f"{SAVES}\n{drawn}")
    built = site.build()
    assert built.status == 1
    assert (
        "content/posts/redes.md:14: the figure /assets/redes/perda.png is also claimed by "
        "content/posts/redes.md:16; give one of them another name" in built.err
    )


@pytest.mark.parametrize(
    "content", ["open('a.png', 'w').write('x')", "import os; os.mkdir('a.png')"]
)
def test_what_is_saved_and_no_picture_is_left_out(site: Site, content: str) -> None:
    site.post("redes", f"\n```python\n{content};\n```\n\n![a](a.png)\n")
    built = site.build()
    assert built.status == 0, built.text
    assert 'src="a.png"' in site.page("redes")
    if "write" in content:
        assert (
            "note: content/posts/redes.md:11: a cell saves a.png: no picture that can be read; "
            "it is left out" in built.out
        )


def test_a_link_out_of_the_content_folder_keeps_nothing(site: Site) -> None:
    (site.folder / "a.png").write_bytes(b"\x89PNG")
    site.post("redes", "\n```python\n'../../a.png'; 'save';\n```\n\n![a](../../a.png)\n")
    built = site.build()
    assert built.status == 0, built.text
    assert not (site.output / "assets").exists()
