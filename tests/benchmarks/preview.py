"""How soon an author sees what was saved, here and elsewhere: `invoke bench preview`.

A word of one post of 1,000 is changed under each tool, and a cell of a Keras post; from the save of
the file to the changed text in Chromium, or on disk where a tool changes no open page.
"""

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.followers import (
    SETTINGS,
    Follower,
    followers,
    free_port,
    install_followers,
    started,
    word_edits,
)
from tests.benchmarks.measure import RESULTS, write_json
from tests.benchmarks.posts import Post, keras, write_blog, write_notebooks, write_sphinx
from tests.benchmarks.rivals import make_environment
from tests.browser import chromium_path
from tests.previewing import PREVIEW

POSTS = 1000
_LIMIT = 300
_PAUSE = 1.0


@dataclass(frozen=True)
class Edits:
    """What one tool took for each edit, in seconds, and where they were seen."""

    name: str
    seen_in: str
    seconds: tuple[float, ...]
    problem: str = ""


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="invoke bench preview")
    parser.add_argument("--rounds", type=int, default=20, help="edits under each tool")
    parser.add_argument("--sizes", type=int, default=POSTS, help="how many posts there are")
    options = parser.parse_args(arguments)
    versions = install_followers()
    facts = {
        "posts": f"{options.sizes}, of 880 words and four blocks of code each",
        "edits": options.rounds,
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "p95": "of 20 edits, the 19th when they are sorted",
        "templates": "ours, and pelican's: the theme of this blog; the others: three lines each",
        "cell": "the last cell of a post that trains a small Keras network in the one before",
    }
    with tempfile.TemporaryDirectory(prefix="bench-") as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page()
        words: list[Edits] = []
        for one in followers():
            words.append(_words(one, Path(name), options.sizes, options.rounds, page))
            # Who ends it before the last keeps what there is.
            write_json("preview", {"words": _json(words), "cells": [], "facts": facts})
        print(table("**a word of a post**", words), flush=True)
        cells = _cells(Path(name), options.rounds, page)
        browser.close()
    write_json("preview", {"words": _json(words), "cells": _json(cells), "facts": facts})
    print(table("**a cell of a Keras post**", cells))
    print("\n".join(f"* {fact}: {value}" for fact, value in facts.items()))


def _words(one: Follower, folder: Path, posts: int, count: int, page: Page) -> Edits:
    place = folder / one.name.replace(" ", "-")
    try:
        taken = word_edits(one, place, posts, count, page)
    except (OSError, subprocess.SubprocessError) as error:
        return Edits(one.name, one.seen_in, (), str(error))
    print(f"{one.name}: {statistics.median(taken):.3f} s", file=sys.stderr, flush=True)
    return Edits(one.name, one.seen_in, tuple(taken))


def _cells(folder: Path, count: int, page: Page) -> list[Edits]:
    post = keras(0)
    environment = make_environment(folder)
    rivals = RESULTS / "rivals" / "bin"
    jcache, sphinx = str(rivals / "jcache"), str(rivals / "sphinx-build")
    edits = [_our_cells(folder / "cells", post, count, page)]
    for name, prepare, commands, found in (
        (
            "jupyter-cache",
            _with_jcache,
            ((jcache, "project", "execute", "--timeout", "300"),),
            ".jupyter_cache/executed/*/base.ipynb",
        ),
        (
            "MyST-NB",
            _with_cached_sphinx,
            ((sphinx, "-q", "-b", "html", ".", "_build/html"),),
            f"_build/html/{post.name}.html",
        ),
    ):
        place = folder / name
        prepare(place, post, environment, jcache)

        def edit(number: int, place: Path = place) -> None:
            write_notebooks(place, [edited(post, number)])

        def run(
            word: str,
            place: Path = place,
            commands: tuple[tuple[str, ...], ...] = commands,
            found: str = found,
        ) -> None:
            for command in commands:
                done = subprocess.run(
                    command, cwd=place, env=environment, capture_output=True, check=False
                )
                if done.returncode:
                    raise OSError(done.stderr.decode()[-300:])
            if not any(word in file.read_text(encoding="utf-8") for file in place.glob(found)):
                raise OSError(f"{word} is in no output")

        edits.append(_timed(name, "file on disk, by its command", count, edit, run))
    return edits


def _our_cells(folder: Path, post: Post, count: int, page: Page) -> Edits:
    write_blog(folder, [post], SETTINGS)
    port = free_port()

    def edit(number: int) -> None:
        _write_post(folder, edited(post, number))

    def look(word: str) -> None:
        end = time.monotonic() + _LIMIT
        told = f".cell-outputs:has-text('{word}')"
        page.locator(told).wait_for(timeout=max(end - time.monotonic(), 0) * 1000)

    with started([sys.executable, "-c", PREVIEW, "settings.py", str(port), "here"], folder):
        time.sleep(10)  # an author has looked at the post before the first edit
        page.goto(f"http://127.0.0.1:{port}/2020/01/{post.name}.html")
        look(post.lines[-1])
        time.sleep(10)
        return _timed("ours", "Chromium, patched", count, edit, look)


def _write_post(folder: Path, post: Post) -> None:
    with tempfile.TemporaryDirectory() as name:
        write_blog(Path(name) / "blog", [post], "")
        file = f"content/posts/{post.name}.md"
        (folder / file).write_bytes((Path(name) / "blog" / file).read_bytes())


def edited(post: Post, number: int) -> Post:
    """`post` with another last cell, which prints ``edição NUMBER``."""
    *before, last = post.cells
    return Post(
        post.name,
        (*before, f"{last}print('edi' + 'ção', {number})\n"),
        (*post.lines, f"edição {number}"),
        post.figures,
    )


def _timed(
    name: str, seen_in: str, count: int, edit: Callable[[int], None], look: Callable[[str], None]
) -> Edits:
    taken = []
    try:
        for number in range(1000, 1000 + count):
            begun = time.perf_counter()
            edit(number)
            look(f"edição {number}")
            taken.append(time.perf_counter() - begun)
            time.sleep(_PAUSE)
    except OSError as error:
        return Edits(name, seen_in, (), str(error))
    print(f"{name}, a cell: {statistics.median(taken):.3f} s", file=sys.stderr, flush=True)
    return Edits(name, seen_in, tuple(taken))


def _with_jcache(folder: Path, post: Post, environment: Mapping[str, str], jcache: str) -> None:
    write_notebooks(folder, [post])
    (folder / ".jupyter_cache").mkdir()  # it asks a person whether to make it
    command = [jcache, "notebook", "add", f"{post.name}.ipynb"]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def _with_cached_sphinx(folder: Path, post: Post, _: Mapping[str, str], __: str) -> None:
    write_sphinx(folder, [post])
    settings = folder / "conf.py"
    text = settings.read_text(encoding="utf-8").replace('"force"', '"cache"')
    settings.write_text(text, encoding="utf-8")


def percentile(seconds: Sequence[float], share: float) -> float:
    """The smallest of `seconds` that `share` of them do not exceed."""
    return sorted(seconds)[max(math.ceil(len(seconds) * share) - 1, 0)]


def table(title: str, edits: Sequence[Edits]) -> str:
    """In Markdown: the first is what the others are compared with."""
    lines = [title, "", "| | seen in | median, s | p95, s | × ours |", "|---|---|---:|---:|---:|"]
    base = statistics.median(edits[0].seconds) if edits[0].seconds else None
    for one in edits:
        if not one.seconds:
            lines.append(f"| {one.name} | failed: {one.problem.replace('|', '/')} |||")
            continue
        median = statistics.median(one.seconds)
        ratio = f"{median / base:.1f}" if base else ""
        p95 = percentile(one.seconds, 0.95)
        lines.append(f"| {one.name} | {one.seen_in} | {median:.3f} | {p95:.3f} | {ratio} |")
    return "\n".join([*lines, ""])


def _json(edits: Sequence[Edits]) -> list[dict[str, object]]:
    return [
        asdict(one)
        | (
            {"median": statistics.median(one.seconds), "p95": percentile(one.seconds, 0.95)}
            if one.seconds
            else {}
        )
        for one in edits
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
