"""Small blogs for the tests, built by the real Pelican in processes of their own."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parent.parent

SETTINGS = f"""
AUTHOR = "diego"
SITENAME = "Testes"
SITEURL = ""
TIMEZONE = "America/Sao_Paulo"
DEFAULT_LANG = "pt-BR"
PATH = "content"
OUTPUT_PATH = "output"
ARTICLE_PATHS = ["posts"]
STATIC_PATHS = ["images", "notebooks"]
ARTICLE_URL = ARTICLE_SAVE_AS = "{{date:%Y}}/{{date:%m}}/{{slug}}.html"
IGNORE_FILES = [".*"]
THEME = "simple"
PLUGIN_PATHS = [{str(ROOT / "plugins")!r}]
PLUGINS = ["executable_posts"]
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = None
AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
"""


@dataclass(frozen=True)
class Built:
    """How a build ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    def counted(self, name: str) -> tuple[int, int, int, int]:
        """What the table says of the post: hidden lines, figures new, changed, unchanged."""
        pattern = rf"^content/posts/{name}\.md +\d+ +\d+\.\d +(\d+) +(\d+) +(\d+) +(\d+)$"
        [(hidden, new, changed, unchanged)] = re.findall(pattern, self.out, re.MULTILINE)
        return int(hidden), int(new), int(changed), int(unchanged)


class Site:
    """A blog in a folder of its own."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder = folder
        self.scratch = scratch
        """The temporary folder of its builds."""
        self.output = folder / "output"
        self.settings("")
        (folder / "content" / "posts").mkdir(parents=True)

    def be_like(self, other: "Site") -> None:
        """Hold what `other` holds: its posts, and what its builds have left."""
        shutil.copytree(other.folder, self.folder, dirs_exist_ok=True)

    def settings(self, more: str) -> None:
        text = SETTINGS + dedent(more)
        (self.folder / "pelicanconf.py").write_text(text, encoding="utf-8")

    def post(self, name: str, body: str, *, slug: str = "", head: str = "") -> Path:
        """Write a post of 2020-01-02 that is meant to run; the body begins on line 7 + `head`."""
        front = f"Title: Título de {name}\nDate: 2020-01-02 10:00\nSlug: {slug or name}\n"
        front += f"Execute: yes\n{head}\n"
        return self.write(f"posts/{name}.md", front + dedent(body))

    def write(self, name: str, content: str | bytes) -> Path:
        file = self.folder / "content" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "pelican", "-s", "pelicanconf.py", *arguments]

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=os.environ | {"COLUMNS": "200", "TMPDIR": str(self.scratch)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def build(self, *arguments: str) -> Built:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        return Built(process.returncode, out, err)

    def run_python(self, program: str) -> Built:
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return Built(done.returncode, done.stdout, done.stderr)

    def build_all_again(self) -> Built:
        return self.build("--extra-settings", 'EXECUTE_POSTS="all"')

    def build_frozen(self) -> Built:
        return self.build("--extra-settings", 'EXECUTE_POSTS="frozen"')

    def page(self, slug: str) -> str:
        return (self.output / "2020" / "01" / f"{slug}.html").read_text(encoding="utf-8")

    def notebook(self, name: str) -> Path:
        return self.folder / "content" / "notebooks" / "posts" / f"{name}.ipynb"
