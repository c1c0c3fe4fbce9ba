"""Who runs posts in `invoke bench execute`: how each is told to, and where its outputs are."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.benchmarks.measure import RESULTS
from tests.benchmarks.posts import (
    KERNEL,
    Post,
    write_blog,
    write_mystmd,
    write_notebooks,
    write_sphinx,
)
from tests.blog import ROOT

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_VENV = RESULTS / "rivals"
OURS = "ours"
NBCONVERT = "nbconvert"
# What decides how many threads or which kernel there are: every one has its own defaults.
_UNSET = re.compile(
    r"OMP_|MKL_NUM|OPENBLAS_NUM|NUMEXPR_|TF_NUM|PYTHON|JUPYTER|IPYTHON|MPL|VIRTUAL_ENV"
)
# The blog's own settings, for the posts beside this file.
_SETTINGS = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pelicanconf import *
PATH = "content"
THEME = {str(ROOT / "theme")!r}
PLUGIN_PATHS = [{str(ROOT / "plugins")!r}]
EXECUTE_DATASETS = {{}}
"""


@dataclass(frozen=True)
class Outputs:
    """What can be read where a rival puts its outputs: text by the mark of the line, figures."""

    lines: Mapping[str, str]
    figures: int


@dataclass(frozen=True)
class Rival:
    """One way to run posts.

    `prepare` makes a fresh folder of posts and is not timed; `commands` are given the files of the
    posts behind `{posts}`; `outputs` reads what they made.
    """

    name: str
    gives: str
    prepare: Callable[[Path, Sequence[Post]], None]
    commands: tuple[tuple[str, ...], ...]
    outputs: Callable[[Path], Outputs]

    def commands_for(self, posts: Sequence[Post]) -> list[list[str]]:
        names = [f"{post.name}.ipynb" for post in posts]
        return [
            [part for word in command for part in (names if word == "{posts}" else [word])]
            for command in self.commands
        ]


def contestants(cores: int) -> list[Rival]:
    """All that are measured, ourselves first."""
    pelican = (sys.executable, "-m", "pelican", "-s", "settings.py")
    jcache = str(_VENV / "bin" / "jcache")
    sphinx = (str(_VENV / "bin" / "sphinx-build"), "-q", "-b", "html")
    myst = (str(_VENV / "bin" / "myst"), "build", "--site", "--execute")
    pages = partial(_in_pages, "_build/html", "_images/")

    def with_jcache(name: str, executor: str) -> Rival:
        run = (jcache, "project", "execute", "--executor", executor, "--timeout", "300")
        add = (jcache, "notebook", "add", "{posts}")
        outputs = partial(_in_json, ".jupyter_cache/executed/*/base.ipynb")
        return Rival(name, "notebooks", _prepare_jcache, (add, run), outputs)

    return [
        Rival(
            OURS,
            "site",
            partial(write_blog, settings=_SETTINGS),
            (pelican,),
            partial(_in_pages, "output", "assets/"),
        ),
        Rival(
            "ours, nothing stale",
            "site",
            _prepare_second_build,
            ((*pelican, "--extra-settings", 'EXECUTE_POSTS="frozen"'),),
            partial(_in_pages, "output", "assets/"),
        ),
        Rival(
            NBCONVERT,
            "notebooks",
            write_notebooks,
            (
                (
                    *(str(_VENV / "bin" / "jupyter"), "nbconvert", "--execute", "--inplace"),
                    *("--to", "notebook", "{posts}"),
                ),
            ),
            partial(_in_json, "*.ipynb"),
        ),
        with_jcache("jcache, serial", "local-serial"),
        with_jcache("jcache, parallel", "local-parallel"),
        Rival("MyST-NB", "site", write_sphinx, ((*sphinx, ".", "_build/html"),), pages),
        Rival(
            f"MyST-NB, -j {cores}",
            "site",
            write_sphinx,
            ((*sphinx, "-j", str(cores), ".", "_build/html"),),
            pages,
        ),
        Rival(
            "mystmd", "data of a site", write_mystmd, (myst,), partial(_in_json, _MYSTMD_CONTENT)
        ),
        Rival(
            f"mystmd, parallel {cores}",
            "data of a site",
            write_mystmd,
            ((*myst, "--execute-parallel", str(cores)),),
            partial(_in_json, _MYSTMD_CONTENT),
        ),
    ]


def install() -> dict[str, str]:
    """Make the rivals' environment if it is not what is pinned; returns the versions that count."""
    stamp = _VENV / "installed.txt"
    pinned = _REQUIREMENTS.read_text(encoding="utf-8")
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != pinned:
        print(f"installing rivals into {_VENV.relative_to(ROOT)}", file=sys.stderr, flush=True)
        shutil.rmtree(_VENV, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", _VENV], check=True)
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pip += ["--require-hashes", "--compile", "--requirement", str(_REQUIREMENTS)]
        subprocess.run([_VENV / "bin" / "python", *pip], check=True)
        stamp.write_text(pinned, encoding="utf-8")
    names = re.findall(r"^[\w-]+", _REQUIREMENTS.with_suffix(".in").read_text(), re.MULTILINE)
    program = (
        "import json, sys\nfrom importlib.metadata import version\n"
        "print(json.dumps({name: version(name) for name in sys.argv[1:]}))"
    )
    known = subprocess.run(
        [_VENV / "bin" / "python", "-c", program, *names, "nbclient"],
        check=True,
        capture_output=True,
    )
    return dict(json.loads(known.stdout))


def make_environment(folder: Path) -> dict[str, str]:
    """The environment of all contestants: a home in `folder`, and our kernels for all of them."""
    kernel = folder / "jupyter" / "kernels" / KERNEL
    kernel.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    known = {"argv": command, "display_name": KERNEL, "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(known), encoding="utf-8")
    home = folder / "home"
    (home / ".jupyter").mkdir(parents=True)
    # mystmd starts a server, which does not start as root (as in a container) unless told to.
    (home / ".jupyter" / "jupyter_server_config.json").write_text(
        json.dumps({"ServerApp": {"allow_root": True}}), encoding="utf-8"
    )
    passed = {name: value for name, value in os.environ.items() if not _UNSET.match(name)}
    return passed | {
        "HOME": str(home),
        "JUPYTER_PATH": str(folder / "jupyter"),
        "PATH": f"{_VENV / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "NO_UPDATE_NOTIFIER": "1",
    }


def _prepare_jcache(folder: Path, posts: Sequence[Post]) -> None:
    write_notebooks(folder, posts)
    # It asks a person whether to make it.
    (folder / ".jupyter_cache").mkdir()


def _prepare_second_build(folder: Path, posts: Sequence[Post]) -> None:
    """The blog as our build before has left it, without the site."""
    write_blog(folder, posts, _SETTINGS)
    shutil.copytree(
        folder.with_name(OURS) / "content" / "notebooks", folder / "content" / "notebooks"
    )


_MYSTMD_CONTENT = "_build/site/content/*.json"
_LINE = re.compile(r"^\s*(\d{3}/\d+): (.*?)\s*$", re.MULTILINE)


def _in_pages(place: str, figures: str, folder: Path) -> Outputs:
    """What is in the pages below `place`, whose figures' addresses hold `figures`."""
    pages = [file.read_text(encoding="utf-8") for file in (folder / place).rglob("texto-*.html")]
    texts = (html.unescape(re.sub(r"<[^>]*>", "", page)) for page in pages)
    pictures = re.compile(rf'<img\b[^>]*\ssrc="[^"]*{figures}')
    count = sum(len(pictures.findall(page)) for page in pages)
    return Outputs(dict(found for text in texts for found in _LINE.findall(text)), count)


def _in_json(pattern: str, folder: Path) -> Outputs:
    """What is in the notebooks, or other files in Jupyter's terms, that match `pattern`."""
    lines: dict[str, str] = {}
    figures = 0
    for file in folder.glob(pattern):
        for key, value in _walk(json.loads(file.read_text(encoding="utf-8"))):
            figures += key == "image/png"
            if isinstance(value, str):
                lines |= dict(_LINE.findall(value))
    return Outputs(lines, figures)


def _walk(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    yield key, value
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _walk(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from _walk(part)
