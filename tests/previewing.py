"""Previews for the tests: processes of their own, with blogs that have a theme of their own."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Page

from tests.blog import ROOT, Site

PREVIEW = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "plugins")!r})
from executable_posts.preview.command import Options, preview

options = Options(int(sys.argv[2]), lan=sys.argv[3] == "lan")
preview(Path(sys.argv[1]), options, lambda line: print(line, flush=True))
"""
THEME = {
    "templates/base.html": """<!doctype html>
<html lang="pt-BR">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'self'">
<title>{% block title %}{{ SITENAME }}{% endblock %}</title>
<link rel="stylesheet" href="{{ SITEURL }}/theme/site.css">
<script src="{{ SITEURL }}/theme/site.js" defer></script>
</head>
<body>
<main>{% block content %}{% endblock %}</main>
</body>
</html>
""",
    "templates/article.html": """{% extends "base.html" %}
{% block title %}{{ article.title }}{% endblock %}
{% block content %}
<h1>{{ article.title }}</h1>
<details><summary>mais</summary><p>escondido</p></details>
<input aria-label="busca">
{{ article.content }}
{% endblock %}
""",
    "templates/index.html": """{% extends "base.html" %}
{% block content %}
{% for article in articles_page.object_list %}
<h2><a href="{{ SITEURL }}/{{ article.url }}">{{ article.title }}</a></h2>{{ article.summary }}
{% endfor %}
{% endblock %}
""",
    "templates/404.html": '{% extends "base.html" %}{% block content %}nada aqui{% endblock %}',
    # As themes do: a button is added to each block, and another is put around each picture.
    "static/site.js": """
for (const block of document.querySelectorAll("blockquote")) {
  const button = document.createElement("button");
  button.className = "copy";
  button.textContent = "copiar";
  block.append(button);
}
for (const image of document.querySelectorAll("img")) {
  const button = document.createElement("button");
  button.className = "zoom";
  image.replaceWith(button);
  button.append(image);
}
""",
    "static/site.css": "h1 { color: rgb(1, 2, 3); }\nmain { max-width: 600px; }\n",
}
SETTINGS = """
THEME = "theme"
DIRECT_TEMPLATES = ["index", "tags", "categories", "archives", "404"]
FEED_ALL_ATOM = "feeds/all.atom.xml"
DRAFT_SAVE_AS = DRAFT_URL = "drafts/{slug}.html"
"""
_WAIT = 60


class Previewed:
    """A preview that runs, and what it says."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.said: list[str] = []
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", self.line("previewing at"))
        assert found is not None
        self.port = int(found[1])
        self.address = found[0]

    def _read(self) -> None:
        assert self.process.stdout is not None
        with suppress(ValueError):  # it is closed while this thread reads
            for line in self.process.stdout:
                self._lines.put(line.rstrip("\n"))

    def line(self, part: str) -> str:
        """The next line that it says with `part` in it."""
        end = time.monotonic() + _WAIT
        while True:
            try:
                line = self._lines.get(timeout=max(end - time.monotonic(), 0))
            except queue.Empty:
                raise AssertionError(f"{part!r} was not said, but {self.said}") from None
            self.said.append(line)
            if part in line:
                return line

    def memory(self) -> int:
        """The bytes that it holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) * 1024

    def interrupt(self) -> int:
        """Press Ctrl-C; the status with which it ends."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(_WAIT)


def with_theme(site: Site, more: str = "") -> Site:
    """`site` with a theme that allows its pages nothing but what is their own."""
    for name, text in THEME.items():
        file = site.folder / "theme" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    site.settings(SETTINGS + more)
    return site


@contextmanager
def previewing(site: Site, *, port: int = 0, lan: bool = False) -> Iterator[Previewed]:
    """A preview of `site`, with all of its posts read."""
    arguments = [str(site.folder / "pelicanconf.py"), str(port), "lan" if lan else "here"]
    with subprocess.Popen(
        [sys.executable, "-c", PREVIEW, *arguments],
        cwd=site.folder,
        env=os.environ | {"TMPDIR": str(site.scratch), "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Previewed(process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


def shown(page: Page, text: str) -> None:
    """Wait until `page` shows `text`."""
    page.get_by_text(text).first.wait_for(timeout=_WAIT * 1000, state="attached")


def until(page: Page, expression: str) -> None:
    """Wait until `expression` is true on `page`; one way that a strict policy allows."""
    end = time.monotonic() + _WAIT
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never: {expression}"
        page.wait_for_timeout(20)


def gone(page: Page, selector: str) -> None:
    """Wait until nothing on `page` is `selector`."""
    page.locator(selector).first.wait_for(timeout=_WAIT * 1000, state="detached")


def replace(file: Path, old: str, new: str) -> None:
    """Change a file as an author does."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
