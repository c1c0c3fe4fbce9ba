"""Search in a real browser: Portuguese words are found in all forms, nobody else is asked."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import chromium, page
from tests.readable import Blog

__all__ = ["chromium", "page"]

WORDS = {
    "um": ("Um título", "As conclusões vêm das funções e das imagens de dois cães."),
    "dois": ("Outro título", "A conclusão depende da função, da imagem e da mão de um animal."),
    "tres": (
        "Terceiro",
        "Os animais e as redes neurais aprendem; são fáceis e a estimação converge.",
    ),
    "rascunho": ("Rascunho", "As conclusões de um rascunho."),
}


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder under /caderno/, as a host of project pages does."""

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix("/caderno"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the blog is."""
    return tmp_path_factory.mktemp("blog")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The address, with a path, at which a small blog is served."""
    (folder / "output").mkdir()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=str(folder / "output"))
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site = f"http://127.0.0.1:{server.server_port}/caderno"
    blog = Blog(folder, f"SITEURL = {site!r}\n")
    for slug, (title, text) in WORDS.items():
        head = "Status: draft\n" if slug == "rascunho" else ""
        blog.post(slug, f"{text}\n", title=title, head=head)
    blog.write("pages/sobre.md", "Title: Sobre\nSlug: sobre\n\nSobre estimações e outras coisas.\n")
    built = blog.build()
    assert built.status == 0, built.text
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


def found(page: Page, address: str, words: str) -> set[str]:
    """The addresses that the search page shows for `words`."""
    page.goto(f"{address}/busca.html?q={words}")
    expect(page.locator("#found")).not_to_be_empty(timeout=20_000)
    links = page.locator("#results a").evaluate_all("all => all.map(one => one.href)")
    return {link.rpartition("/")[2].removesuffix(".html") for link in links}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "pages"),
    [
        ("conclusões", {"um", "dois"}),
        ("conclusão", {"um", "dois"}),
        ("conclusao", {"um", "dois"}),
        ("CONCLUSOES", {"um", "dois"}),
        ("funções conclusão", {"um", "dois"}),
        ("estimação", {"tres", "sobre"}),
        ("imagem", {"um", "dois"}),
        ("imagens", {"um", "dois"}),
        ("animal", {"dois", "tres"}),
        ("animais", {"dois", "tres"}),
        ("rede", {"tres"}),
        ("cão", {"um"}),
        ("cães", {"um"}),
        ("mãos", {"dois"}),
        ("fácil", {"tres"}),
        ("inexistente", set()),
    ],
)
def test_a_word_is_found_in_singular_and_plural(
    page: Page, address: str, words: str, pages: set[str]
) -> None:
    assert found(page, address, words) == pages


@pytest.mark.slow
def test_searching_breaks_no_rule_of_the_page_and_asks_nobody_else(
    page: Page, address: str
) -> None:
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    assert found(page, address, "redes") == {"tres"}
    page.locator("#results a").first.click()
    page.wait_for_url("**/2020/01/tres.html")
    assert all(url.startswith(address) for url in asked)
    assert said == []


@pytest.mark.usefixtures("address")
def test_the_index_has_nothing_that_the_theme_does_not_use(folder: Path) -> None:
    names = {file.name for file in (folder / "output" / "pagefind").iterdir()}
    assert {"pagefind.js", "pagefind-entry.json", "wasm.pt-br.pagefind"} <= names
    assert not any("ui" in name for name in names)
