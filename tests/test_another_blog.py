"""The plugin in another blog: its wheel, in a site fresh from `pelican-quickstart`."""

import ast
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import packages_distributions
from pathlib import Path
from urllib.request import urlopen

import nbformat
import pytest
from packaging.requirements import Requirement
from PIL import Image

from tests.blog import ROOT
from tests.leftovers import processes_in, wait_until
from tests.quickstart import Quickstart, build_distributions, make

PACKAGE = ROOT / "plugins" / "executable_posts"
POST = """Title: A line
Date: 2020-01-02 10:00
Category: Notes

See how it grows:

```python
#| label: squares
#| fig-cap: Three squares.
import matplotlib.pyplot as plt
plt.plot([1, 4, 9])
plt.show()
print("sum", 1 + 4 + 9)
```

That is `{python} 1 + 4 + 9` in all.
"""
# Makes Python believe that what runs posts is not installed.
WITHOUT_JUPYTER = """
import sys
sys.modules["ipykernel"] = sys.modules["jupyter_client"] = None
"""


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return build_distributions(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, distributions: tuple[Path, Path]) -> Quickstart:
    """A new site with one post, built once; its settings are quickstart's, but for the theme."""
    blog = make(tmp_path_factory.mktemp("quickstart"), distributions[0])
    blog.settings('THEME = "simple"')
    blog.write("line.md", POST)
    status, said = blog.build()
    assert status == 0, said
    assert "running content/line.md (1 cell): never run" in said
    return blog


@pytest.fixture
def blog(built: Quickstart, tmp_path: Path) -> Quickstart:
    """A copy of that site, for a test that changes it."""
    shutil.copytree(built.folder, tmp_path / "site")
    return Quickstart(tmp_path / "site", built.python)


def sources() -> dict[str, bytes]:
    files = (file for file in PACKAGE.rglob("*") if file.is_file())
    kept = [file for file in files if "__pycache__" not in file.parts]
    return {file.relative_to(PACKAGE.parent).as_posix(): file.read_bytes() for file in kept}


def test_the_wheel_holds_the_sources_and_a_door_for_pelican(
    distributions: tuple[Path, Path],
) -> None:
    with zipfile.ZipFile(distributions[0]) as wheel:
        held = {name: wheel.read(name) for name in wheel.namelist() if ".dist-info/" not in name}
    door = held.pop("pelican/plugins/executable_posts/__init__.py")
    assert door == (ROOT / "pypi" / "namespace_plugin.py").read_bytes()
    assert held == sources()


def test_the_sdist_gives_the_same_wheel(distributions: tuple[Path, Path], tmp_path: Path) -> None:
    wheel, sdist = distributions
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    [folder] = tmp_path.iterdir()
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    assert (folder / "dist" / wheel.name).read_bytes() == wheel.read_bytes()


def imported_packages() -> set[str]:
    """Top-level modules that the plugin imports anywhere, without Python's own and its own."""
    names: set[str] = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(str(node.module).partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"executable_posts"}


def test_the_wheel_asks_for_what_the_plugin_imports(distributions: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(distributions[0]) as wheel:
        [metadata] = [name for name in wheel.namelist() if name.endswith("/METADATA")]
        text = wheel.read(metadata).decode()
    lines = re.findall(r"^Requires-Dist: (.*?)(?:; extra == '(?:run|dask)')?$", text, re.M)
    asked = {Requirement(line).name for line in lines if "extra ==" not in line}
    # What comes with one of those.
    asked |= {"blinker", "dask", "ipython", "jinja2", "matplotlib-inline", "traitlets"}
    # Looked at only in kernels whose post imports it.
    asked |= {"keras", "matplotlib", "numpy", "pandas"}
    owners = packages_distributions()
    for module in imported_packages():
        known = {owner.lower().replace("_", "-") for owner in owners.get(module, [module])}
        assert known & asked, module
    assert "# Executable posts" in text
    assert "Provides-Extra: run" in text


def test_the_page_shows_what_the_code_gives(built: Quickstart) -> None:
    page = built.page("a-line.html")
    assert '<img src="/assets/a-line/squares.png" alt="' in page
    assert "<figcaption>Three squares.</figcaption>" in page
    assert '<div class="cell-output text"><pre>sum 14</pre></div>' in page
    assert "<p>That is 14 in all.</p>" in page
    with Image.open(built.output / "assets" / "a-line" / "squares.png") as figure:
        assert min(figure.size) > 300
    notebook = built.folder / "content" / "notebooks" / "line.ipynb"
    nbformat.validate(json.loads(notebook.read_bytes()))


def test_a_second_build_runs_nothing(built: Quickstart) -> None:
    before = built.page("a-line.html")
    status, said = built.build()
    assert status == 0
    assert "1 post up to date, not run again" in said
    assert "running" not in said
    assert built.page("a-line.html") == before
    assert built.build("-e", 'EXECUTE_POSTS="frozen"')[0] == 0


def test_it_is_imported_cheaply_where_it_is_not_used(built: Quickstart) -> None:
    program = "import sys, pelican.plugins.executable_posts as p; print(p.register, *sys.modules)"
    done = subprocess.run(
        [built.python, "-c", program], capture_output=True, text=True, check=True, cwd="/"
    )
    loaded = set(done.stdout.split())
    assert "executable_posts" in loaded
    assert not loaded & {"executable_posts.plugin", "IPython", "jupyter_client"}


def test_a_site_that_does_not_name_it_gets_what_pelican_gives(blog: Quickstart) -> None:
    blog.settings("PLUGINS = []")
    status, said = blog.build("-o", "other")
    assert status == 0, said
    page = (blog.folder / "other" / "a-line.html").read_text(encoding="utf-8")
    assert "cell-output" not in page


def test_a_site_whose_settings_lie_among_its_posts_keeps_to_its_folder(blog: Quickstart) -> None:
    for file in [*(blog.folder / "content").iterdir()]:
        file.rename(blog.folder / file.name)
    shutil.rmtree(blog.folder / ".cache")
    blog.settings('PATH = "."')
    status, said = blog.build(".")
    assert status == 0, said
    assert "1 post up to date" in said
    assert (blog.folder / ".cache" / "executable_posts").is_dir()
    assert not (blog.folder.parent / ".cache").exists()


def test_figures_are_found_where_addresses_are_relative_or_below_a_path(blog: Quickstart) -> None:
    blog.settings("RELATIVE_URLS = True")
    assert blog.build()[0] == 0
    assert 'src="./assets/a-line/squares.png"' in blog.page("a-line.html")
    blog.settings('RELATIVE_URLS = False\nSITEURL = "https://example.org/notes"')
    assert blog.build()[0] == 0
    address = "https://example.org/notes/assets/a-line/squares"
    assert f'srcset="{address}.webp"><img src="{address}.png"' in blog.page("a-line.html")


def test_the_style_sheet_is_there_for_a_site_that_asks(blog: Quickstart) -> None:
    assert not (blog.output / "assets" / "executable_posts.css").exists()
    address = "/assets/executable_posts.css"
    blog.settings(f'EXECUTE_STYLESHEET = True\nSTYLESHEET_URL = "{address}"')
    status, said = blog.build()
    assert status == 0, said
    assert f'<link rel="stylesheet" type="text/css" href="{address}" />' in blog.page("a-line.html")
    style = (blog.output / "assets" / "executable_posts.css").read_text(encoding="utf-8")
    for name in ("cell-outputs", "stale-note", "ansi-red", "table-scroll"):
        assert f".{name}" in style
    assert style.count("{") == style.count("}")


def test_executed_notebooks_are_named_to_themes_where_they_are_published(blog: Quickstart) -> None:
    theme = blog.folder / "theme"
    (theme / "templates").mkdir(parents=True)
    (theme / "templates" / "article.html").write_text("[{{ article.executed_notebook }}]")
    blog.settings('THEME = "theme"')
    assert blog.build()[0] == 0
    assert blog.page("a-line.html") == "[]"
    blog.settings('STATIC_PATHS = ["images", "notebooks"]')
    assert blog.build()[0] == 0
    assert blog.page("a-line.html") == "[notebooks/line.ipynb]"
    assert (blog.output / "notebooks" / "line.ipynb").is_file()


def test_what_is_missing_to_run_posts_is_named_and_nothing_else_needs_it(
    blog: Quickstart, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_JUPYTER)
    status, said = blog.build(python_path=str(tmp_path))
    assert status == 0, said
    blog.write("line.md", POST.replace("9", "16"))
    before = blog.page("a-line.html")
    status, said = blog.build(python_path=str(tmp_path))
    assert status == 1
    message = (
        "content/line.md: is to be run, and here is not installed what runs posts (ipykernel, "
        'jupyter_client): `pip install "pelican-executable-posts[run]"`'
    )
    assert message in said
    assert "Traceback" not in said
    assert blog.page("a-line.html") == before


class Watching:
    """`pelican --listen --autoreload` at work, and what it has said."""

    def __init__(self, blog: Quickstart, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.blog = blog
        self.process = process
        self._log = log

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def builds(self) -> int:
        return self.said.count("Done: Processed")

    def wait_for(self, what: str) -> None:
        wait_until(lambda: what in self.said, lambda: f"no {what!r} in {self.said}", 60)

    def save(self, text: str) -> None:
        """Save the post until that is seen: Pelican does not watch while it builds."""
        seen, built = self.said.count("re-generating"), self.builds()
        for _ in range(20):
            self.blog.write("line.md", text)
            with suppress(AssertionError):
                wait_until(lambda: self.said.count("re-generating") > seen, str, 3)
                break
        wait_until(lambda: self.builds() > built, lambda: self.said, 60)


@contextmanager
def watching(blog: Quickstart, log: Path, *arguments: str) -> Iterator[Watching]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            [blog.python, "-m", "pelican", *arguments],
            cwd=blog.folder,
            env=os.environ | {"COLUMNS": "200", "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Watching(blog, process, log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=30)
        wait_until(lambda: not [*processes_in(blog.folder)], lambda: "processes are left", 20)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_pelicans_own_preview_goes_on_after_a_mistake(blog: Quickstart, tmp_path: Path) -> None:
    port = free_port()
    with watching(blog, tmp_path / "log", "-lr", "-b", "127.0.0.1", "-p", str(port)) as pelican:
        pelican.wait_for("Serving site at: ")
        pelican.wait_for("Done: Processed")
        pelican.save(POST.replace("9", "16"))
        assert "<pre>sum 21</pre>" in fetched(port)
        pelican.save(POST.replace("9", "nine"))
        pelican.wait_for("content/line.md:11: cell 1 of 1: NameError: name 'nine' is not defined")
        assert "<pre>sum 21</pre>" in fetched(port)
        pelican.save(POST.replace("9", "25"))
        assert "<pre>sum 30</pre>" in fetched(port)
        # It waited for a change before it ran the post again.
        assert "Caught exception" not in pelican.said
        runs = pelican.said.count("running content/line.md")
        assert 3 <= runs <= pelican.said.count("re-generating")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_one_ctrl_c_ends_pelicans_own_preview_while_a_post_runs(
    blog: Quickstart, tmp_path: Path
) -> None:
    blog.write("line.md", POST.replace("import", "import time; time.sleep(300)\nimport"))
    with watching(blog, tmp_path / "log", "-r") as pelican:
        pelican.wait_for("running content/line.md")
        os.killpg(pelican.process.pid, signal.SIGINT)
        pelican.process.wait(timeout=60)
        assert "interrupted: 1 post was not run" in pelican.said


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_pelicans_own_preview_ends_where_a_setting_is_wrong(
    blog: Quickstart, tmp_path: Path
) -> None:
    blog.settings("EXECUTE_TIMEOUT = -1")
    with watching(blog, tmp_path / "log", "-r") as pelican:
        assert pelican.process.wait(timeout=60) == 1
        assert (
            "settings: EXECUTE_TIMEOUT = -1 is not allowed: a number above zero is expected"
            in pelican.said
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetched(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/a-line.html", timeout=30) as answer:
        return str(answer.read().decode())
