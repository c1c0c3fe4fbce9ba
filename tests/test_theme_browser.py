"""The theme in a real browser: access, security policy, weight, reading, and what scripts do."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.browser import chromium
from tests.lighthouse import verdicts
from tests.npm_tools import npm_file
from tests.theme_site import FIRST, GALLERY, PAGES, READING, address, built

__all__ = ["address", "built", "chromium"]

pytestmark = pytest.mark.slow

PHONE, LAPTOP = 390, 1280
# axe passes over what is far from the window and not laid out yet.
ALL_LAID_OUT = ".cell { content-visibility: visible !important }"


def until(page: Page, condition: str) -> None:
    """Wait for what a page's own policy keeps Playwright from watching (it would take `eval`)."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


@contextmanager
def reader(
    browser: Browser, width: int = LAPTOP, scheme: Any = "light", **more: Any
) -> Iterator[Page]:
    """A page of a reader who has been nowhere yet; errors of its scripts and policy fail."""
    context: BrowserContext = browser.new_context(
        locale="pt-BR", viewport={"width": width, "height": 900}, color_scheme=scheme, **more
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    try:
        yield page
        assert said == []
    finally:
        context.close()


@pytest.mark.parametrize("path", PAGES)
def test_nobody_is_kept_out(chromium: Browser, address: str, path: str) -> None:
    """axe finds nothing, and nothing is wider than the page."""
    axe = npm_file("axe-core/axe.min.js").read_text("utf-8")
    for scheme in ("light", "dark"):
        # axe is not of the page, so its policy would forbid it.
        with reader(chromium, PHONE, scheme, bypass_csp=True) as page:
            page.goto(f"{address}/{path}")
            page.add_style_tag(content=ALL_LAID_OUT)
            page.evaluate(axe)
            for width in (PHONE, LAPTOP):
                page.set_viewport_size({"width": width, "height": 900})
                found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
                wrong = [
                    (one["id"], node["html"])
                    for one in found["violations"]
                    for node in one["nodes"]
                ]
                assert wrong == [], (scheme, width)
                assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_is_kept_and_no_other_host_is_asked(
    chromium: Browser, address: str, path: str
) -> None:
    with reader(chromium) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/{path}", wait_until="networkidle")
        policy = page.get_attribute('meta[http-equiv="Content-Security-Policy"]', "content")
        assert policy is not None
        assert policy.startswith("default-src 'self'")
        assert "unsafe-inline" not in policy
        assert all(url.startswith(address) for url in asked)


def test_the_first_post_is_light(chromium: Browser, address: str) -> None:
    """At most 6 requests, all of the page scrolled through, and 20 KB without pictures."""
    with reader(chromium, PHONE) as page:
        done: list[Request] = []
        page.on("requestfinished", lambda request: done.append(request))  # noqa: PLW0108
        page.goto(f"{address}/{FIRST}", wait_until="networkidle")
        page.mouse.wheel(0, 20_000)
        page.wait_for_load_state("networkidle")
        sizes = {request.url: request.sizes() for request in done}
        assert len(sizes) <= 6
        words = sum(
            size["responseBodySize"] + size["responseHeadersSize"]
            for url, size in sizes.items()
            if not url.endswith((".webp", ".png", ".svg", ".ico"))
        )
        assert words <= 20 * 1000


def test_nothing_moves_while_a_post_loads(chromium: Browser, address: str) -> None:
    for path in (FIRST, GALLERY, READING):
        with reader(chromium, PHONE) as page:
            page.add_init_script(
                "window.shift = 0; new PerformanceObserver(list => list.getEntries()"
                ".forEach(entry => window.shift += entry.value))"
                ".observe({ type: 'layout-shift', buffered: true })"
            )
            page.goto(f"{address}/{path}", wait_until="networkidle")
            assert page.evaluate("window.shift") == 0, path


def test_all_is_there_without_scripts(chromium: Browser, address: str) -> None:
    """The same words as with them, and the switch that would do nothing is gone."""
    words = {}
    for scripts in (True, False):
        with reader(chromium, java_script_enabled=scripts) as page:
            page.goto(f"{address}/{READING}")
            words[scripts] = page.inner_text("main").replace("Copiar\n", "").split()
            assert page.locator(".scheme").is_visible() is scripts
            page.goto(f"{address}/busca.html")
            assert page.locator("noscript p").is_visible() is not scripts
            page.goto(f"{address}/{FIRST}")
            assert page.locator("figure img").first.is_visible()
    assert words[True] == words[False]


# The characters of each line of the paragraphs, as the browser breaks them.
LINES = """
() => [...document.querySelectorAll('.prose > p')].flatMap((paragraph) => {
  const range = document.createRange(), lines = new Map();
  const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    for (let at = 0; at < walker.currentNode.length; at += 1) {
      range.setStart(walker.currentNode, at);
      range.setEnd(walker.currentNode, at + 1);
      const box = range.getBoundingClientRect(), line = Math.round(box.bottom / 8);
      if (box.width) lines.set(line, (lines.get(line) ?? 0) + 1);
    }
  }
  return [...lines.values()].slice(0, -1);  // the last one is as long as it is
})
"""


def test_lines_are_as_long_as_one_reads_them(chromium: Browser, address: str) -> None:
    """65 to 75 characters in the middle, on a wide page; never justified."""
    with reader(chromium) as page:
        page.goto(f"{address}/{FIRST}")
        lengths = sorted(page.evaluate(LINES))
        assert len(lengths) > 20
        assert 65 <= lengths[len(lengths) // 2] <= 75
        assert (
            page.eval_on_selector(".prose p", "one => getComputedStyle(one).textAlign") == "start"
        )


def ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


LIGHT, DARK = "rgb(253, 252, 249)", "rgb(22, 24, 28)"


def test_the_switch_is_remembered_and_figures_follow_it(chromium: Browser, address: str) -> None:
    shown = "document.querySelector('figure img').currentSrc"
    with reader(chromium, scheme="light") as page:
        page.goto(f"{address}/{FIRST}", wait_until="networkidle")
        assert ground(page) == LIGHT
        switch = page.get_by_role("button", name="Cores:")
        switch.click()
        assert ground(page) == LIGHT
        switch.click()
        assert ground(page) == DARK
        until(page, f"{shown}.includes('.dark.')")
        page.goto(f"{address}/{GALLERY}")
        assert ground(page) == DARK
        page.reload(wait_until="networkidle")
        assert ground(page) == DARK
        until(page, f"{shown}.includes('.dark.')")
        switch.click()
        assert ground(page) == LIGHT  # as the system has it
    with reader(chromium, scheme="dark") as page:
        page.goto(f"{address}/{FIRST}")
        assert ground(page) == DARK
        assert page.evaluate(shown).endswith(".dark.webp")
        page.get_by_role("button", name="Cores:").click()
        assert ground(page) == LIGHT
        until(page, f"!{shown}.includes('.dark.')")


def test_code_is_copied_without_numbers_and_prompts(chromium: Browser, address: str) -> None:
    allowed = ["clipboard-read", "clipboard-write"]
    with reader(chromium, permissions=allowed) as page:
        page.goto(f"{address}/{READING}")
        assert page.locator(".hll").count() == 1
        assert page.locator("[data-linenos]").count() == 2
        for number, start in ((0, "x = 1\ny = x"), (1, "1 + 1")):
            block = page.locator(".highlight").nth(number)
            block.hover()
            block.get_by_role("button", name="Copiar").click()
            block.get_by_role("button", name="Copiado").wait_for()
            copied = page.evaluate("navigator.clipboard.readText()")
            assert copied.startswith(start)
            assert ">>>" not in copied


def test_a_figure_is_enlarged_and_closed_again(chromium: Browser, address: str) -> None:
    with reader(chromium, PHONE) as page:
        page.goto(f"{address}/{FIRST}", wait_until="networkidle")
        figure = page.get_by_role("button", name="10 imagens")
        before = page.locator("figure img").first.bounding_box()
        figure.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Ampliar")
        large = dialog.locator("img")
        large.wait_for()
        after = large.bounding_box()
        assert before and after
        assert after["width"] > before["width"]
        page.keyboard.press("Escape")
        dialog.wait_for(state="detached")
        assert figure.evaluate("one => one === document.activeElement")


def test_the_contents_follow_the_reader(chromium: Browser, address: str) -> None:
    with reader(chromium) as page:
        page.goto(f"{address}/{FIRST}")
        here = page.locator('.toc [aria-current="location"]')
        assert here.inner_text() == "Introdução"
        page.locator("#dados").scroll_into_view_if_needed()
        page.evaluate("document.getElementById('sucinta-exploracao-dos-dados').scrollIntoView()")
        until(
            page, "document.querySelector('.toc [aria-current]').textContent.startsWith('Sucinta')"
        )
        box = page.locator(".toc").bounding_box()
        assert box
        assert 0 <= box["y"] < 100  # it came along
    with reader(chromium, PHONE) as page:
        page.goto(f"{address}/{FIRST}")
        link = page.get_by_role("link", name="Dados", exact=True)
        assert not link.is_visible()
        page.get_by_text("Neste texto").click()
        assert link.is_visible()


def test_footnotes_stand_beside_the_text_where_there_is_room(
    chromium: Browser, address: str
) -> None:
    with reader(chromium) as page:
        page.goto(f"{address}/{READING}")
        note = page.locator(".sidenote").first
        said, text = note.bounding_box(), page.locator(".prose p").first.bounding_box()
        assert said and text
        assert said["x"] > text["x"] + text["width"]
        assert abs(said["y"] - text["y"]) < 60
        assert said["x"] + said["width"] <= LAPTOP
        assert not page.locator(".footnote").is_visible()
        page.emulate_media(media="print")
        assert page.locator(".footnote").is_visible()
        assert not note.is_visible()
        assert not page.locator(".scheme").is_visible()
        page.set_viewport_size({"width": PHONE, "height": 900})
        page.emulate_media(media="screen")
        assert page.locator(".footnote").is_visible()
        assert not note.is_visible()


def test_what_is_wide_scrolls_by_itself(chromium: Browser, address: str) -> None:
    with reader(chromium, PHONE) as page:
        page.goto(f"{address}/{READING}")
        for region in (".highlight pre", ".table-scroll"):
            wide = page.locator(region).first
            assert wide.evaluate("one => one.scrollWidth > one.clientWidth")
            assert wide.get_attribute("aria-label") in {"Código", "Tabela"}
            wide.focus()
            page.keyboard.press("ArrowRight")
            until(page, f"document.querySelector({region!r}).scrollLeft > 0")


def test_formulas_are_drawn_with_the_font_of_the_site(chromium: Browser, address: str) -> None:
    with reader(chromium) as page:
        page.goto(f"{address}/{READING}", wait_until="networkidle")
        assert page.locator("math").count() == 2
        loaded = page.evaluate(
            "document.fonts.ready.then(() => [...document.fonts].map(one => one.status))"
        )
        assert loaded == ["loaded"]
        root = page.locator("msqrt").bounding_box()
        assert root
        assert root["height"] > 10
    with reader(chromium) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/{FIRST}", wait_until="networkidle")
        assert not [url for url in asked if url.endswith(".woff2")]  # it has no formula


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("redes neurais", "Treinando uma rede neural com Keras"),
        ("estação", "Leitura"),
        ("estações", "Leitura"),
        ("mão", "Leitura"),
        ("cães", "Leitura"),
        ("cão", "Leitura"),
        ("ESTAÇÕES", "Leitura"),
    ],
)
def test_the_search_finds_other_forms_of_a_word(
    chromium: Browser, address: str, words: str, title: str
) -> None:
    with reader(chromium) as page:
        page.set_default_timeout(10_000)
        page.goto(f"{address}/404.html")
        page.get_by_role("searchbox").fill(words)
        page.get_by_role("button", name="Busca").click()
        page.get_by_role("link", name=title).wait_for()
        assert "encontrado" in page.inner_text("#found")
        page.get_by_role("link", name=title).click()
        assert page.inner_text("h1") == title


def test_the_search_says_when_it_finds_nothing(chromium: Browser, address: str) -> None:
    with reader(chromium) as page:
        page.goto(f"{address}/busca.html")
        page.get_by_role("searchbox").fill("zzzzqqq")
        page.get_by_text("Nada foi encontrado.").wait_for()
        assert page.url.endswith("?q=zzzzqqq")
        page.get_by_role("searchbox").fill("")
        until(page, "!document.getElementById('found').textContent")


def test_html_is_valid(built: Any) -> None:
    """The Nu HTML checker finds no error in any page."""
    command = ["java", "-jar", str(npm_file("vnu-jar/build/dist/vnu.jar"))]
    command += ["--errors-only", "--format", "json", "--stdout", *map(str, built.pages())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["messages"]
    assert [(one["url"], one["lastLine"], one["message"]) for one in found] == []


def test_lighthouse_finds_nothing_in_the_first_post(address: str) -> None:
    """Its speed is measured by `invoke bench reader`: here other tests run beside it."""
    [verdict] = verdicts([f"{address}/{FIRST}"])
    assert verdict.scores[1:] == (100, 100, 100), verdict.failed
    assert verdict.shift == 0
