"""What an author changes around cells, seen in a real browser without a reload."""

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

TALL = "\n\n".join(f"Parágrafo {number} de um texto longo." for number in range(60))


@dataclass(frozen=True)
class Blog:
    site: Site
    preview: Previewed

    @property
    def post(self) -> Path:
        return self.site.folder / "content" / "posts" / "um.md"

    @property
    def address(self) -> str:
        return f"{self.preview.address}2020/01/um.html"


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blog]:
    with tempfile.TemporaryDirectory(prefix="blog-") as scratch:
        site = with_theme(Site(tmp_path_factory.mktemp("site"), Path(scratch)))
        site.write(
            "posts/um.md",
            f"Title: Um\nDate: 2020-01-02 10:00\nTags: azul\n\nUma palavra aqui.\n\n{TALL}\n",
        )
        site.write("posts/dois.md", "Title: Dois\nDate: 2020-01-03 10:00\n\nOutro texto.\n")
        site.write("images/x.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="9"/>')
        with previewing(site) as preview:
            preview.line("2 posts read")
            yield Blog(site, preview)


@pytest.fixture
def at_post(blog: Blog, page: Page) -> Page:
    """The post in a browser that tells when it is loaded anew, and when it is refused anything."""
    page.goto(blog.address)
    page.evaluate("window.neverReloaded = true")
    return page


def same_document(page: Page) -> bool:
    return bool(page.evaluate("window.neverReloaded === true"))


def test_a_word_changes_without_a_reload_and_all_else_stays(blog: Blog, at_post: Page) -> None:
    at_post.locator("summary").click()
    at_post.get_by_label("busca").fill("meio escrito")
    at_post.mouse.wheel(0, 900)
    until(at_post, "scrollY === 900")
    replace(blog.post, "Parágrafo 30 de", "Parágrafo trinta de")
    shown(at_post, "Parágrafo trinta de")
    assert same_document(at_post)
    assert at_post.evaluate("scrollY") == 900
    assert at_post.evaluate("document.querySelector('details').open")
    assert at_post.evaluate("document.activeElement.ariaLabel") == "busca"
    assert at_post.get_by_label("busca").input_value() == "meio escrito"


def test_what_scripts_of_the_theme_have_made_of_the_page_stays(blog: Blog, page: Page) -> None:
    post = blog.site.write(
        "posts/citado.md",
        "Title: Citado\nDate: 2020-01-02\n\n"
        "> Primeira.\n\n![x]({static}/images/x.svg)\n\nFim um.\n",
    )
    while (answer := page.goto(f"{blog.preview.address}2020/01/citado.html")) is None or (
        answer.status == 404
    ):
        page.wait_for_timeout(50)
    until(page, "document.querySelectorAll('button.copy, button.zoom img').length === 2")
    page.wait_for_timeout(300)
    replace(post, "Fim um", "Fim dois")
    shown(page, "Fim dois")
    replace(post, "Primeira", "Segunda")
    shown(page, "Segunda")
    assert page.locator("blockquote button.copy").count() == 1
    assert page.locator("button.zoom img").count() == 1
    assert page.locator("img").count() == 1
    replace(post, "![x]", "![outro]")
    until(page, "document.querySelector('img').alt === 'outro'")
    assert page.locator("img").count() == 1
    post.unlink()


def test_a_page_with_a_strict_policy_is_refused_nothing(blog: Blog, page: Page) -> None:
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))
    page.goto(blog.address)
    page.evaluate("window.neverReloaded = true")
    replace(blog.post, "Uma palavra", "Uma expressão")
    shown(page, "Uma expressão")
    replace(blog.post, "Uma expressão", "Uma palavra")
    shown(page, "Uma palavra")
    assert same_document(page)
    assert refused == []


def test_the_style_sheet_is_changed_without_a_reload(blog: Blog, at_post: Page) -> None:
    assert (
        at_post.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(1, 2, 3)"
    )
    replace(blog.site.folder / "theme" / "static" / "site.css", "1, 2, 3", "4, 5, 6")
    until(at_post, "getComputedStyle(document.querySelector('h1')).color === 'rgb(4, 5, 6)'")
    assert same_document(at_post)
    assert at_post.locator('link[href*="site.css"]').count() == 1
    # What comes next goes on to show the new one.
    replace(blog.post, "Parágrafo 2 ", "Parágrafo dois ")
    shown(at_post, "Parágrafo dois ")
    assert (
        at_post.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(4, 5, 6)"
    )


def test_a_template_is_followed_and_a_mistake_in_it_is_shown_over_the_page(
    blog: Blog, at_post: Page
) -> None:
    template = blog.site.folder / "theme" / "templates" / "base.html"
    replace(template, "<main>", "<main><p>do modelo</p>")
    shown(at_post, "do modelo")
    at_post.mouse.wheel(0, 700)
    until(at_post, "scrollY === 700")
    replace(template, "{% endblock %}</main>", "{% endblok %}</main>")
    problem = at_post.locator("preview-bar .preview-problem")
    problem.wait_for()
    assert "theme/templates/base.html:11" in problem.inner_text()
    assert "endblok" in problem.inner_text()
    assert at_post.get_by_text("Parágrafo 9 ").count() == 1
    # Who comes now sees the same.
    at_post.context.new_page().goto(blog.address)
    assert at_post.context.pages[-1].get_by_text("Parágrafo 9 ").count() == 1
    replace(template, "{% endblok %}</main>", "{% endblock %}</main>")
    gone(at_post, "preview-bar")
    assert at_post.evaluate("scrollY") == 700
    assert same_document(at_post)
    replace(template, "<p>do modelo</p>", "")


def test_an_error_that_a_template_raises_names_its_line(blog: Blog, at_post: Page) -> None:
    template = blog.site.folder / "theme" / "templates" / "article.html"
    replace(template, "<h1>{{ article.title }}</h1>", "<h1>{{ article.nada.nada }}</h1>")
    problem = at_post.locator("preview-bar .preview-problem")
    problem.wait_for()
    assert "theme/templates/article.html:4" in problem.inner_text()
    assert "has no attribute 'nada'" in problem.inner_text()
    replace(template, "<h1>{{ article.nada.nada }}</h1>", "<h1>{{ article.title }}</h1>")
    gone(at_post, "preview-bar")


def test_front_matter_that_is_wrong_is_named_and_the_page_stays(blog: Blog, at_post: Page) -> None:
    replace(blog.post, "Date: 2020-01-02", "Date: 2020-31-02")
    problem = at_post.locator("preview-bar .preview-problem")
    problem.wait_for()
    assert "content/posts/um.md:2" in problem.inner_text()
    assert at_post.get_by_text("Parágrafo 9 ").count() == 1
    blog.preview.line("content/posts/um.md:2: front matter")
    replace(blog.post, "Date: 2020-31-02", "Date: 2020-01-02")
    gone(at_post, "preview-bar")
    assert same_document(at_post)


def test_lists_say_what_the_posts_say(blog: Blog, page: Page) -> None:
    page.goto(blog.preview.address)
    page.evaluate("window.neverReloaded = true")
    replace(blog.post, "Title: Um", "Title: Primeiro")
    shown(page, "Primeiro")
    replace(blog.post, "Title: Primeiro", "Title: Um\nSlug: um")
    page.get_by_role("link", name="Um", exact=True).wait_for()
    replace(blog.post, "\nSlug: um", "")
    assert same_document(page)


def test_posts_that_are_new_renamed_and_deleted(blog: Blog, page: Page) -> None:
    page.goto(blog.preview.address)
    new = blog.site.write("posts/tres.md", "Title: Três\nDate: 2020-01-04 10:00\n\nNovo.\n")
    page.get_by_role("link", name="Três").wait_for()
    new = new.rename(new.with_name("quatro.md"))
    replace(new, "Title: Três", "Title: Quatro")
    page.get_by_role("link", name="Quatro").wait_for()
    assert page.get_by_role("link", name="Três").count() == 0
    page.goto(f"{blog.preview.address}2020/01/quatro.html")
    new.unlink()
    shown(page, "nada aqui")


def test_static_files_that_change_and_come(blog: Blog, page: Page) -> None:
    page.goto(blog.preview.address)
    replace(blog.post, "Uma palavra", "![x]({static}/images/x.svg) Uma palavra")
    page.goto(blog.address)
    image = page.locator("img[src*='x.svg']")
    until(page, "document.querySelector('img').naturalWidth === 9")
    replace(blog.site.folder / "content" / "images" / "x.svg", 'width="9"', 'width="7"')
    until(page, "document.querySelector('img').naturalWidth === 7")
    blog.site.write("images/y.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="5"/>')
    replace(blog.post, "images/x.svg", "images/y.svg")
    until(page, "document.querySelector('img').naturalWidth === 5")
    assert image.count() == 0
    replace(blog.post, "![x]({static}/images/y.svg) Uma", "Uma")


def test_drafts_and_posts_of_days_to_come_are_there_and_marked(blog: Blog, page: Page) -> None:
    draft = blog.site.write("posts/r.md", "Title: R\nDate: 2020-01-05\nStatus: draft\n\nX.\n")
    future = blog.site.write("posts/f.md", "Title: F\nDate: 2999-01-05\n\nX.\n")
    page.goto(f"{blog.preview.address}_preview/")
    page.get_by_role("link", name="F").wait_for()
    page.goto(f"{blog.preview.address}drafts/r.html")
    shown(page, "draft: r.md is in no list, and is not published")
    page.goto(f"{blog.preview.address}2999/01/f.html")
    shown(page, "dated 2999-01-05: not published before that day")
    draft.unlink()
    future.unlink()


def test_the_settings_are_followed_and_mistakes_in_them_end_nothing(
    blog: Blog, at_post: Page
) -> None:
    settings = blog.site.folder / "pelicanconf.py"
    replace(settings, 'SITENAME = "Testes"', 'SITENAME = "Testes')
    problem = at_post.locator("preview-bar .preview-problem")
    problem.wait_for()
    line = settings.read_text(encoding="utf-8").splitlines().index('SITENAME = "Testes') + 1
    assert f"pelicanconf.py:{line}" in problem.inner_text()
    assert "unterminated string literal" in problem.inner_text()
    assert at_post.get_by_text("Parágrafo 9 ").count() == 1
    replace(settings, 'SITENAME = "Testes', 'SITENAME = "Provas"')
    gone(at_post, "preview-bar")
    at_post.goto(blog.preview.address)
    assert at_post.title() == "Provas"


def test_a_list_of_all_posts_with_what_is_wrong_first(blog: Blog, page: Page) -> None:
    wrong = blog.site.write("posts/mal.md", "Title: Mal\nDate: 2020-01-09\n\n```python\n1 +\n```\n")
    replace(wrong, "Title: Mal", "Title: Mal\nExecute: yes")
    page.goto(f"{blog.preview.address}_preview/")
    row = page.locator("tbody tr").first
    until(page, "document.querySelector('tbody tr').dataset.state === 'wrong'")
    assert "content/posts/mal.md" in row.inner_text()
    assert "invalid syntax" in row.inner_text()
    wrong.unlink()
    until(page, "document.querySelector('tbody tr').dataset.state !== 'wrong'")
