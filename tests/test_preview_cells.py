"""Cells that run because their author edited them: seen in a real browser, told in the terminal."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.blog import Site
from tests.browser import chromium, page
from tests.previewing import Previewed, gone, previewing, replace, shown, until, with_theme

__all__ = ["chromium", "page"]

SLOW = """\
Antes.

```python
print("sempre")
```

No meio.

```python
import time

for passo in range(1000):
    print("passo", passo, flush=True)
    time.sleep(0.05)
    if passo == LAST:
        break
```

Depois.
"""
FIGURE = """\
```python
import matplotlib.pyplot as plt

plt.figure(figsize=(LARGE, 2))
plt.plot([1, 2])
plt.show()
```
"""
HEAD = "Title: Título\nDate: 2020-01-02 10:00\nSlug: {slug}\nExecute: yes\n\n"


@dataclass(frozen=True)
class Blog:
    site: Site
    preview: Previewed

    def post(self, name: str, body: str) -> Path:
        return self.site.write(f"posts/{name}.md", HEAD.format(slug=name) + body)

    def open(self, page: Page, name: str) -> None:
        """The page of the post, once it is there, until it is loaded anew."""
        address = f"{self.preview.address}2020/01/{name}.html"
        while (answer := page.goto(address)) is None or answer.status == 404:
            page.wait_for_timeout(50)
        page.evaluate("window.neverReloaded = true")

    def stored(self, name: str) -> str:
        """What the last cell of the post gave, as its executed notebook has it."""
        notebook = json.loads(self.site.notebook(name).read_text(encoding="utf-8"))
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        return "".join("".join(one["text"]) for one in cells[-1]["outputs"])


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blog]:
    with tempfile.TemporaryDirectory(prefix="blog-") as scratch:
        site = with_theme(Site(tmp_path_factory.mktemp("site"), Path(scratch)))
        head = HEAD.format(slug="um")
        site.write("posts/um.md", f"{head}Um.\n\n```python\nprint(6 * 7)\n```\n")
        with previewing(site) as preview:
            preview.line("1 post read")
            yield Blog(site, preview)


def state(page: Page, cell: int) -> str | None:
    found = page.locator(f'preview-cell[data-cell="{cell}"]')
    return found.get_attribute("data-state") if found.count() else None


def wait(page: Page, cell: int, state: str) -> None:
    """Wait until the badge of `cell` says `state`."""
    badge = page.locator(f'preview-cell[data-cell="{cell}"][data-state="{state}"] > span')
    badge.wait_for(timeout=30_000)


def test_a_post_that_is_stale_runs_when_it_is_looked_at(blog: Blog, page: Page) -> None:
    blog.open(page, "um")
    wait(page, 1, "done")
    assert page.locator(".cell-outputs").inner_text().strip() == "42"
    assert page.evaluate("window.neverReloaded")
    blog.preview.line("content/posts/um.md: 1 cell queued")
    blog.preview.line("content/posts/um.md: cell 1 of 1 running")
    blog.preview.line("content/posts/um.md: a run confirms it")
    assert blog.stored("um") == "42\n"


def test_output_is_seen_while_a_cell_runs_and_a_newer_save_ends_it(blog: Blog, page: Page) -> None:
    post = blog.post("fluxo", SLOW.replace("LAST", "2"))
    blog.open(page, "fluxo")
    wait(page, 2, "done")
    page.get_by_text("Depois.").scroll_into_view_if_needed()
    replace(post, "passo == 2", "passo == 900")
    wait(page, 2, "running")
    shown(page, "passo 10")
    assert state(page, 1) in {"done", "provisional"}
    assert state(page, 2) == "running"
    assert "running" in page.locator('preview-cell[data-cell="2"]').inner_text()
    # Prose is followed meanwhile, and ends nothing.
    replace(post, "No meio.", "Bem no meio.")
    shown(page, "Bem no meio.")
    assert state(page, 2) == "running"
    replace(post, "passo == 900", "passo == 3")
    wait(page, 2, "done")
    assert page.locator(".cell-outputs").last.inner_text().strip().endswith("passo 3")
    assert blog.stored("fluxo").endswith("passo 3\n")
    assert page.evaluate("window.neverReloaded")


def test_an_error_is_shown_in_its_cell_above_the_last_good_output(blog: Blog, page: Page) -> None:
    post = blog.post(
        "erro", "Texto.\n\n```python\nx = 1\nprint('bom', x)\n```\n\n" + "Linha.\n\n" * 60
    )
    blog.open(page, "erro")
    wait(page, 1, "done")
    page.mouse.wheel(0, 400)
    until(page, "scrollY === 400")
    replace(post, "print('bom', x)", "print('bom', y)")
    wait(page, 1, "failed")
    problem = page.locator(".preview-problem")
    assert "NameError: name 'y' is not defined" in problem.inner_text()
    assert "content/posts/erro.md:10" in problem.inner_text()
    assert "print('bom', y)" in problem.inner_text()
    order = "document.querySelector('.preview-problem').compareDocumentPosition("
    order += "document.querySelector('.cell-outputs')) & Node.DOCUMENT_POSITION_FOLLOWING"
    assert page.evaluate(order)
    assert "bom 1" in page.locator(".cell-outputs").inner_text()
    assert blog.stored("erro") == "bom 1\n"
    blog.preview.line("content/posts/erro.md:10: cell 1 of 1: NameError")
    replace(post, "print('bom', y)", "print('bom', x + 1)")
    wait(page, 1, "done")
    gone(page, ".preview-problem")
    assert page.evaluate("scrollY") == 400
    assert page.evaluate("window.neverReloaded")
    assert "bom 2" in page.locator(".cell-outputs").inner_text()


def test_what_no_run_has_confirmed_yet_stays_while_its_cell_is_written_anew_and_fails(
    blog: Blog, page: Page
) -> None:
    post = blog.post("aos-poucos", "Texto.\n\n```python\nx = 1\nprint('bom', x)\n```\n")
    blog.open(page, "aos-poucos")
    wait(page, 1, "done")
    outputs = page.locator(".cell-outputs")
    replace(post, "x = 1", "x = 2")
    wait(page, 1, "provisional")
    replace(post, "x = 2", "import time; time.sleep(3); x = 3")
    wait(page, 1, "running")
    assert "bom 2" in outputs.inner_text()
    replace(post, "import time; time.sleep(3); x = 3", "x = y")
    wait(page, 1, "failed")
    assert "name 'y' is not defined" in page.locator(".preview-problem").inner_text()
    assert "bom 2" in outputs.inner_text()
    replace(post, "x = y", "x = 4")
    shown(page, "bom 4")


def test_a_cell_that_is_no_python_is_named_and_the_page_stays(blog: Blog, page: Page) -> None:
    post = blog.post("mal", "Texto.\n\n```python\nprint('bom')\n```\n")
    blog.open(page, "mal")
    wait(page, 1, "done")
    replace(post, "print('bom')", "print('bom'")
    page.locator("preview-bar .preview-problem").wait_for()
    assert "content/posts/mal.md:9" in page.locator("preview-bar").inner_text()
    assert "bom" in page.locator(".cell-outputs").inner_text()
    replace(post, "print('bom'", "print('bom')")
    gone(page, "preview-bar")


@pytest.mark.slow
def test_a_figure_that_changes_is_loaded_anew(blog: Blog, page: Page) -> None:
    post = blog.post("figura", FIGURE.replace("LARGE", "3"))
    blog.open(page, "figura")
    wait(page, 1, "done")
    until(page, "document.querySelector('figure img').naturalWidth > 0")
    before = page.evaluate("document.querySelector('figure img').naturalWidth")
    replace(post, "figsize=(3, 2)", "figsize=(6, 2)")
    until(page, f"document.querySelector('figure img').naturalWidth > 1.5 * {before}")
    assert page.evaluate("window.neverReloaded")


def test_cells_in_list_markers_show_how_they_stand(blog: Blog, page: Page) -> None:
    blog.post("lista", "1. ```python\n   print('item')\n   ```\n2. Fim.\n")
    blog.open(page, "lista")
    wait(page, 1, "done")
    shown(page, "item")


def test_a_data_file_that_changes_runs_the_posts_that_read_it(blog: Blog, page: Page) -> None:
    data = blog.site.write("data/n.txt", "3")
    blog.post("dados", "```python\nprint('lido', open('../data/n.txt').read())\n```\n")
    blog.open(page, "dados")
    shown(page, "lido 3")
    wait(page, 1, "done")
    data.write_text("4", encoding="utf-8")
    shown(page, "lido 4")
