"""What the README and docs/ say: their text, and every command in it."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.blog import ROOT

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^(`{3,})[^`\n]*\n.*?^\1$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_PROGRAM = re.compile(r"(make|(\.venv/bin/)?invoke|pelican|pip|jupyter|dask|git|python) \S")
# What these pages speak of, and nobody is to type: all commands of a kind, what posts show.
_NO_COMMANDS = {"make X", "make …", "invoke X", "invoke …", "pip install keras"}


def commands(text: str) -> Iterator[str]:
    """Every line of a block of shell commands in `text`, and every command in its sentences."""
    for block in _BLOCK.findall(text):
        yield from (line.partition("  #")[0].rstrip() for line in block.splitlines())
    for span in _SPAN.findall(_FENCE.sub("", text)):
        if _PROGRAM.match(span) and span not in _NO_COMMANDS:
            yield span


def broken_links(page: Path) -> list[str]:
    """Links of `page` to files, or to sections of pages, that are not there."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", _SPAN.sub("", text)):
        name, _, anchor = target.partition("#")
        if "://" in target:
            continue
        file = page.parent / name if name else page
        if not file.is_file() or (anchor and anchor not in _anchors(file)):
            found.append(target)
    return found


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", _FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
