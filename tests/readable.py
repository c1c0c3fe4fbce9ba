"""A small blog with the theme and settings of this one, for tests of the site around the posts."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

from tests.blog import ROOT, Built

PI = "quanto-vale-pi-pergunte-ao-acaso"
"""An executed post of this blog, which small blogs borrow."""

SETTINGS = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pelicanconf import *
PATH = "content"
OUTPUT_PATH = "output"
THEME = {str(ROOT / "theme")!r}
PLUGIN_PATHS = [{str(ROOT / "plugins")!r}]
EXECUTE_POSTS = "frozen"
"""


@dataclass(frozen=True)
class Blog:
    """A blog in a folder of its own; `settings` are added to those of this blog."""

    folder: Path
    settings: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def write(self, name: str, content: str | bytes) -> Path:
        file = self.folder / "content" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def post(self, slug: str, body: str, *, head: str = "", title: str = "") -> Path:
        """Write a post of 2020-01-02; the body begins on line 5 + that many lines as `head` has."""
        front = f"Title: {title or slug}\nDate: 2020-01-02 10:00\nSlug: {slug}\n{head}\n"
        return self.write(f"posts/{slug}.md", front + dedent(body))

    def borrow_executed_post(self) -> None:
        for name in (f"posts/{PI}.md", f"notebooks/posts/{PI}.ipynb"):
            self.write(name, (ROOT / "content" / name).read_bytes())

    def build(self, *arguments: str, settings: str = "", output: str = "output") -> Built:
        text = SETTINGS + dedent(self.settings) + dedent(settings)
        (self.folder / "siteconf.py").write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pelican", "-s", "siteconf.py", "-o", output, *arguments],
            cwd=self.folder,
            env=os.environ | {"COLUMNS": "200"} | self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Built(done.returncode, done.stdout, done.stderr)

    def page(self, file: str, output: str = "output") -> str:
        return (self.folder / output / file).read_text(encoding="utf-8")

    def git(self, *arguments: str, date: str = "2026-01-02T12:00:00-03:00") -> str:
        """Say something to git, as somebody, at `date`."""
        who = {
            f"GIT_{role}_{what}": "a@b.c"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=os.environ | who | dates | own,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def clone(self, folder: Path, *options: str) -> "Blog":
        """A clone of it in `folder`, made by git."""
        shutil.rmtree(folder, ignore_errors=True)
        source = f"file://{self.folder}"
        subprocess.run(["git", "clone", "--quiet", *options, source, str(folder)], check=True)
        return Blog(folder, self.settings, self.environment)
