"""What it costs to know that nothing is stale: `invoke bench stale`.

A blog of 1,000 posts with executed notebooks is built by Pelican with the plugin and without it
(without: the same Markdown, its fences highlighted as any other), in turn, into a warm output
folder; and its status is asked for.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.corpus import make_blog
from tests.benchmarks.measure import command, in_turn, publish
from tests.blog import ROOT, SETTINGS

POSTS = 1000


def main() -> None:
    parser = argparse.ArgumentParser(prog="invoke bench stale")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        make_blog(folder, POSTS)
        (folder / "with.py").write_text(SETTINGS + 'OUTPUT_PATH = "with"\n', encoding="utf-8")
        (folder / "without.py").write_text(
            SETTINGS + 'OUTPUT_PATH = "without"\nPLUGINS = []\n', encoding="utf-8"
        )
        pelican = [sys.executable, "-m", "pelican", "-q", "-s"]
        rows = in_turn(
            {
                "pelican without the plugin": command([*pelican, "without.py"], folder),
                "pelican with the plugin": command([*pelican, "with.py"], folder),
                "status": command([sys.executable, "-c", _STATUS, "with.py"], folder),
            },
            rounds,
        )
        sizes = [
            file.stat().st_size for file in (folder / "content" / "notebooks").rglob("*.ipynb")
        ]
        facts = {
            "posts": POSTS,
            "cells": POSTS * 4,
            "size of an executed notebook, median, KiB": round(statistics.median(sizes) / 1024, 1),
        }
        print(publish("stale", f"{POSTS} posts, nothing stale", rows, facts))


_STATUS = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "plugins")!r})
from executable_posts import status
from executable_posts.commands import site_status
from executable_posts.site import load
known = site_status(load(Path(sys.argv[1])))
assert known.clean, status.lines(known)[-1]
"""


if __name__ == "__main__":
    main()
