"""Who follows an author in `invoke bench preview`: how each is started, and where a change is seen.

All have the same posts, with the plainest templates that a tool allows; ours has those of the blog.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Error, Page

from tests.benchmarks.corpus import make_blog, source
from tests.benchmarks.measure import RESULTS
from tests.benchmarks.rivals import install
from tests.blog import ROOT
from tests.previewing import PREVIEW

ELEVENTY = "3.1.8"
_LIMIT = 180
_PAUSE = 1.0
"""Seconds after a change is seen, in which a tool does what it does besides."""

SETTINGS = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pelicanconf import *
PATH = "content"
THEME = {str(ROOT / "theme")!r}
PLUGIN_PATHS = [{str(ROOT / "plugins")!r}]
EXECUTE_DATASETS = {{}}
EXECUTE_CELL_DEFAULTS = {{}}  # as the corpus was run
"""
_HUGO = {
    "hugo.toml": 'baseURL = "http://127.0.0.1/"\ntitle = "t"\n[permalinks]\nposts = "/:slug/"\n',
    "layouts/_default/single.html": "<!doctype html><html><head><title>{{ .Title }}</title></head>"
    "<body><main>{{ .Content }}</main></body></html>",
    "layouts/_default/list.html": "<!doctype html><html><head><title>t</title></head><body>"
    '{{ range .Pages }}<p><a href="{{ .RelPermalink }}">{{ .Title }}</a></p>{{ end }}'
    "</body></html>",
}
_ELEVENTY = {
    "_includes/post.html": "<!doctype html><html><head><title>{{ title }}</title></head>"
    "<body><main>{{ content }}</main></body></html>",
    "posts/posts.json": '{"layout": "post.html", "permalink": "/{{ slug }}/"}',
    "index.html": "<!doctype html><html><head><title>t</title></head><body>"
    '{% for post in collections.all %}<p><a href="{{ post.url }}">{{ post.url }}</a></p>'
    "{% endfor %}"
    "</body></html>",
}


@dataclass(frozen=True)
class Follower:
    """One way to follow an author.

    `prepare` makes a blog of so many posts in a folder, `command` starts the tool there for a port,
    `post` is the file to be edited; `seen` is the address of its page or, where the tool changes no
    open page, the file that it writes.
    """

    name: str
    seen_in: str
    prepare: Callable[[Path, int], None]
    command: Callable[[int], list[str]]
    post: str
    seen: str


def followers() -> list[Follower]:
    """All that are measured, ourselves first."""
    modules = RESULTS / "eleventy" / "node_modules" / "@11ty" / "eleventy" / "cmd.cjs"
    hugo = str(RESULTS / "rivals" / "bin" / "hugo")
    return [
        Follower(
            "ours",
            "Chromium, patched",
            _ours,
            lambda port: [sys.executable, "-c", PREVIEW, "settings.py", str(port), "here"],
            "content/posts/texto-7.md",
            "/2007/03/texto-7.html",
        ),
        Follower(
            "Hugo",
            "Chromium, loaded anew",
            _hugo,
            lambda port: [hugo, "server", "--port", str(port), "--bind", "127.0.0.1"],
            "content/posts/texto-7.md",
            "/texto-7/",
        ),
        Follower(
            "Eleventy --incremental",
            "Chromium, patched",
            _eleventy,
            lambda port: [
                *("node", str(modules), "--serve", "--incremental"),
                f"--port={port}",
            ],
            "posts/texto-7.md",
            "/texto-7/",
        ),
        Follower(
            "pelican -r",
            "file on disk",
            _ours,
            lambda _: [sys.executable, "-m", "pelican", "-r", "-s", "settings.py"],
            "content/posts/texto-7.md",
            "output/2007/03/texto-7.html",
        ),
    ]


def install_followers() -> dict[str, str]:
    """What is not there yet, in the versions that are pinned; returns these."""
    versions = {"hugo": install()["hugo"], "eleventy": ELEVENTY}
    folder = RESULTS / "eleventy"
    package = folder / "node_modules" / "@11ty" / "eleventy" / "package.json"
    if not package.is_file() or json.loads(package.read_text())["version"] != ELEVENTY:
        folder.mkdir(parents=True, exist_ok=True)
        wanted = f"@11ty/eleventy@{ELEVENTY}"
        command = ["npm", "install", "--silent", "--prefix", str(folder), wanted]
        subprocess.run(command, check=True)
    return versions


def word_edits(follower: Follower, folder: Path, posts: int, count: int, page: Page) -> list[float]:
    """Seconds from the save of a word to its being seen, `count` times."""
    follower.prepare(folder, posts)
    post = folder / follower.post
    text = post.read_text(encoding="utf-8")
    port = free_port()
    taken = []
    with started(follower.command(port), folder):
        _edit(post, text, "antes")  # the first is seen in whatever way
        look = _looker(follower, folder, port, page)
        _wait(lambda: look("antes") or _again(follower, page, port))
        for number in range(count):
            time.sleep(_PAUSE)
            word = f"palavra{number}x"
            begun = time.perf_counter()
            _edit(post, text, word)
            _wait(lambda word=word: look(word))  # type: ignore[misc]
            taken.append(time.perf_counter() - begun)
    return taken


def _edit(post: Path, text: str, word: str) -> None:
    post.write_text(text.replace(".\n\n", f" {word}.\n\n", 1), encoding="utf-8")


def _looker(follower: Follower, folder: Path, port: int, page: Page) -> Callable[[str], bool]:
    if not follower.seen.startswith("/"):
        file = folder / follower.seen
        return lambda word: file.is_file() and word in file.read_text(encoding="utf-8")
    _again(follower, page, port)

    def look(word: str) -> bool:
        try:
            return bool(page.evaluate("word => document.body.textContent.includes(word)", word))
        except Error:  # it is being loaded
            return False

    return look


def _again(follower: Follower, page: Page, port: int) -> bool:
    """Open the page as long as the tool is still starting."""
    if follower.seen.startswith("/"):
        try:
            page.goto(f"http://127.0.0.1:{port}{follower.seen}", timeout=60_000)
        except Error:
            time.sleep(0.5)
    return False


def _wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + _LIMIT
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"nothing was seen within {_LIMIT} s")
        time.sleep(0.002)


@contextmanager
def started(
    command: list[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A command that runs in `folder`, with all that it starts, until this is left."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment or os.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ours(folder: Path, count: int) -> None:
    made = folder.parent / f"corpus-{count}"
    if not made.exists():
        make_blog(made, count)
    shutil.copytree(made, folder)
    (folder / "settings.py").write_text(SETTINGS, encoding="utf-8")


def _hugo(folder: Path, count: int) -> None:
    _write(folder, _HUGO)
    _write(folder, {f"content/posts/texto-{n}.md": _with_yaml(n) for n in range(count)})


def _eleventy(folder: Path, count: int) -> None:
    _write(folder, _ELEVENTY)
    _write(folder, {f"posts/texto-{n}.md": _with_yaml(n) for n in range(count)})
    shutil.rmtree(folder / "_site", ignore_errors=True)


def _with_yaml(number: int) -> str:
    """The same post with its front matter as others have it."""
    head, _, body = source(number).partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    tags = ", ".join(f'"{tag}"' for tag in fields["Tags"].split(", "))
    date = re.sub(r" .*", "", fields["Date"])
    return (
        f'---\ntitle: "{fields["Title"]}"\ndate: {date}\nslug: {fields["Slug"]}\n'
        f'categories: ["{fields["Category"]}"]\ntags: [{tags}]\n---\n\n{body}'
    )


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
