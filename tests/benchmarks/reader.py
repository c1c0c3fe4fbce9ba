"""What a reader gets: the first post under several themes, `invoke bench reader`.

Each contestant is given the same source, as its author wrote it, with the figure that stands in it;
its picture of another host is a link for all, since that host is not asked here, and ours makes it
one. Rivals' npm and Python packages are installed into .cache/bench/reader, once.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from playwright.sync_api import Page, Request, sync_playwright

from tests.benchmarks.measure import RESULTS, write_json
from tests.browser import chromium_path
from tests.lighthouse import verdicts
from tests.npm_tools import npm_file
from tests.serving import served
from tests.test_blog import ROOT, copy_of_the_project, run_task

PLACE = RESULTS / "reader"
SOURCE = ROOT / "content" / "posts" / "breve-tutorial-de-keras.md"
PICTURES = (".png", ".webp", ".svg", ".ico", ".jpg")
_NPM = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]


@dataclass(frozen=True)
class Reading:
    """What was found: Lighthouse's four scores, axe's nodes, what was sent, layout that moved.

    `sent` and `whole` are bytes without pictures, as sent and unpacked; `overflow` is by how many
    pixels the page is wider than a phone of 390.
    """

    name: str
    scores: tuple[int, ...]
    failed: tuple[str, ...]
    axe_light: int
    axe_dark: int
    sent: int
    whole: int
    requests: int
    shift: float
    overflow: int
    h1: int


def body() -> str:
    """The post without its front matter, its remote picture as a link."""
    text = SOURCE.read_text(encoding="utf-8").split("\n\n", 1)[1]
    link = r"[Imagem em miro.medium.com](\1)"
    return re.sub(r'<img src="(https://miro\.medium\.com/[^"]*)">', link, text)


def run(command: list[str], folder: Path) -> None:
    environment = os.environ | {"ASTRO_TELEMETRY_DISABLED": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout)[-2000:]}")


def fresh(name: str, keep: str = "node_modules") -> Path:
    """The folder of a contestant, empty but for what was installed into it."""
    folder = PLACE / name
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name != keep:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return folder


def with_figure(folder: Path, ours: Path) -> None:
    """Put the figure of the post where its source says."""
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    shutil.copy(ours / "assets" / "output_14_0.png", folder / "assets")


def build_ours() -> tuple[Path, dict[str, str]]:
    """Our site, the gallery published; its folder and the pages that are measured."""
    folder = copy_of_the_project(fresh("ours"))
    gallery = folder / "content" / "posts" / "galeria-de-saidas.md"
    text = gallery.read_text(encoding="utf-8")
    gallery.write_text(text.replace("Status: draft\n", ""), encoding="utf-8")
    done = run_task(folder, "build", "--frozen")
    if done.returncode:
        raise RuntimeError(done.stderr)
    return folder / "output", {
        "ours": "2019/07/breve-tutorial-de-keras.html",
        "ours, first page": "index.html",
        "ours, gallery of outputs": "2026/11/galeria-de-saidas.html",
    }


_PELICAN = """
AUTHOR = "diego"
SITENAME = "Caderno de dados"
SITEURL = ""
DEFAULT_LANG = "pt-BR"
PATH = "content"
OUTPUT_PATH = "output"
STATIC_PATHS = ["assets"]
PLUGINS = []
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = None
AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
THEME = {theme!r}
# Reflex fails without it.
CC_LICENSE = {{}}
"""


def build_pelican(name: str, theme: str, ours: Path) -> tuple[Path, str]:
    folder = fresh(name)
    content = folder / "content"
    content.mkdir()
    front = SOURCE.read_text(encoding="utf-8").split("\n\n", 1)[0]
    (content / "post.md").write_text(f"{front}\n\n{body()}", encoding="utf-8")
    with_figure(content, ours)
    (folder / "settings.py").write_text(_PELICAN.format(theme=theme), encoding="utf-8")
    run([sys.executable, "-m", "pelican", "-s", "settings.py", "--fatal", "errors"], folder)
    return folder / "output", "breve-tutorial-de-keras.html"


def build_reflex(ours: Path) -> tuple[Path, str]:
    """Reflex, the one descendant of Flex on PyPI; Flex itself is not there."""
    packages = PLACE / "reflex-packages"
    if not packages.is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
        run([*pip, str(packages), "pelican-theme-reflex==4.0.1"], ROOT)
    found = sorted(packages.rglob("templates/base.html"))
    return build_pelican("reflex", str(found[0].parent.parent), ours)


def npm_site(name: str) -> Path:
    """A folder with what tests/benchmarks/reader_sites has for `name`, its packages installed."""
    folder = fresh(name)
    shutil.copytree(Path(__file__).with_name("reader_sites") / name, folder, dirs_exist_ok=True)
    run(_NPM, folder)
    return folder


def build_eleventy(ours: Path) -> tuple[Path, str]:
    """The starter of Eleventy that npm has (a blog made with 5.0.2), without its analytics."""
    folder = npm_site("eleventy")
    run(["npm", "pack", "--silent", "eleventy-base-blog@5.0.2"], folder)
    run(["tar", "-xzf", "eleventy-base-blog-5.0.2.tgz", "--strip-components=1",
         "--exclude=package/package.json"], folder)  # fmt: skip
    for post in (folder / "posts").glob("*.md"):
        post.unlink()
    layout = folder / "_includes" / "layouts" / "base.njk"
    text = layout.read_text(encoding="utf-8")
    text = re.sub(r"<!-- Global site tag.*?</script>\s*<script>.*?</script>", "", text, flags=re.S)
    layout.write_text(text.replace('lang="en"', 'lang="pt-BR"'), encoding="utf-8")
    front = "---\ntitle: Breve tutorial de Keras\ndescription: Um tutorial de Keras\n"
    front += "date: 2019-07-29\nlayout: layouts/post.njk\n---\n\n"
    (folder / "posts" / "breve-tutorial-de-keras.md").write_text(front + body(), encoding="utf-8")
    run(["npx", "eleventy"], folder)
    with_figure(folder / "_site", ours)
    return folder / "_site", "posts/breve-tutorial-de-keras/index.html"


def build_starlight(ours: Path) -> tuple[Path, str]:
    folder = npm_site("starlight")
    docs = folder / "src" / "content" / "docs"
    docs.mkdir(parents=True)
    front = "---\ntitle: Breve tutorial de Keras\ndescription: Um tutorial de Keras\n---\n\n"
    (docs / "breve-tutorial-de-keras.md").write_text(front + body(), encoding="utf-8")
    with_figure(folder / "public", ours)
    run(["npx", "astro", "build"], folder)
    return folder / "dist", "breve-tutorial-de-keras/index.html"


def rivals(ours: Path) -> Mapping[str, Callable[[], tuple[Path, str]]]:
    return {
        "eleventy-base-blog": partial(build_eleventy, ours),
        "Starlight": partial(build_starlight, ours),
        "Reflex (of Flex)": partial(build_reflex, ours),
        "Pelican simple": partial(build_pelican, "simple", "simple", ours),
        "Pelican notmyidea": partial(build_pelican, "notmyidea", "notmyidea", ours),
    }


def read(name: str, address: str) -> Reading:
    """Everything about the page at `address`; Lighthouse first, alone."""
    [verdict] = verdicts([address])
    axe = npm_file("axe-core/axe.min.js").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu"]
        )
        nodes = {}
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": 390, "height": 844},
                color_scheme="light" if scheme == "light" else "dark",
                bypass_csp=True,
            )
            page = context.new_page()
            asked: list[Request] = []
            keep = partial(_keep, asked)
            page.on("requestfinished", keep)
            page.goto(address, wait_until="networkidle")
            if scheme == "light":
                overflow = page.evaluate("document.documentElement.scrollWidth") - 390
                sent, whole, requests = _weight(page, asked)
                h1 = page.locator("h1").count()
            page.add_style_tag(content="* { content-visibility: visible !important }")
            page.evaluate(axe)
            found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
            nodes[scheme] = sum(len(one["nodes"]) for one in found["violations"])
            context.close()
        browser.close()
    return Reading(
        name, verdict.scores, verdict.failed, nodes["light"], nodes["dark"], sent, whole, requests,
        round(verdict.shift, 3), max(0, overflow), h1,
    )  # fmt: skip


def _keep(asked: list[Request], request: Request) -> None:
    asked.append(request)


def _weight(page: Page, asked: list[Request]) -> tuple[int, int, int]:
    """Bytes without pictures, as sent and unpacked, and how many requests the whole page takes."""
    page.mouse.wheel(0, 50_000)
    page.wait_for_load_state("networkidle")
    texts = [one for one in asked if not one.url.split("?")[0].endswith(PICTURES)]
    sent = sum(
        one.sizes()["responseBodySize"] + one.sizes()["responseHeadersSize"] for one in texts
    )
    whole = 0
    for one in texts:
        response = one.response()
        whole += len(response.body()) if response else 0
    return sent, whole, len(asked)


_HEAD = (
    "| | Lighthouse | axe light/dark | KB sent | KB whole | requests | CLS | too wide, px | h1 |\n"
    "|---|---|---|---:|---:|---:|---:|---:|---:|"
)


def line(one: Reading) -> str:
    parts = [
        one.name,
        "/".join(map(str, one.scores)),
        f"{one.axe_light}/{one.axe_dark}",
        f"{one.sent / 1000:.1f}",
        f"{one.whole / 1000:.1f}",
        *(str(value) for value in (one.requests, one.shift, one.overflow, one.h1)),
    ]
    return f"| {' | '.join(parts)} |"


def main() -> None:
    output, pages = build_ours()
    found, problems = [], {}
    with served(output) as address:
        found += [read(name, f"{address}/{page}") for name, page in pages.items()]
    for name, build in rivals(output).items():
        try:
            folder, page = build()
            with served(folder) as address:
                found.append(read(name, f"{address}/{page}"))
        except (RuntimeError, OSError) as error:
            problems[name] = str(error)
    print("\n".join([_HEAD, *map(line, found)]))
    for one in found:
        if one.failed:
            print(f"* {one.name}: {', '.join(one.failed)}")
    for name, why in problems.items():
        print(f"* {name} failed: {why}")
    write_json("reader", {"readings": [asdict(one) for one in found], "problems": problems})


if __name__ == "__main__":
    main()
