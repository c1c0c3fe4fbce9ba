"""Every command in the README and in docs/ does what is said there."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from nbformat import v4

from tests.blog import ROOT
from tests.documentation import TEXT, commands
from tests.quickstart import Quickstart, environment, new_site
from tests.test_blog import copy_of_the_project
from tests.test_ci_templates import PUBLISHING

POST = """Title: X
Date: 2020-01-02 10:00
Slug: x

Seis vezes sete.

```python
#| label: seis
print(6 * 7)
```
"""

# In this order, in a project with one small post: what is typed, and what it says.
IN_THE_PROJECT = {
    "make rebuild": r"ran content/posts/x\.md",
    "make build": "1 post up to date, not run again",
    "make status": "1 up to date",
    "make check": "nothing to mend",
    "make doctor": "^ok +Python: ",
    "pelican content": "1 post up to date, not run again",
    "pelican -q": "^$",
    ".venv/bin/invoke --list": "^  build +Build the site",
    "invoke build --frozen": "1 post up to date, not run again",
    "invoke status --check": "1 up to date",
    "invoke status --json": '"state": "up to date"',
    "invoke rebuild --check": "no drift: every run gave what is stored",
    "invoke rebuild content/posts/x.md": r"running content/posts/x\.md .*: asked for",
    "invoke record content/posts/x.md": r"^\+    42$",
    'invoke new "Título do post"': r"content/posts/titulo-do-post\.md: written",
    "invoke import x.ipynb": r"content/posts/x-do-notebook\.md: written",
    "invoke clean --figures": "^$",
    "pip install --require-hashes -r requirements-dask.txt": "^$",
    "make clean": "^$",
}
AN_ENVIRONMENT_OF_ITS_TIME = [
    "git log --oneline -- requirements.txt",
    "git show COMMIT:requirements.txt > then.txt",
    "python -m venv then",
    "then/bin/pip install --require-hashes -r then.txt",
    "then/bin/invoke rebuild content/posts/x.md",
]
WHEEL = "pip wheel --no-deps --wheel-dir dist ."
INSTALL_WHEEL = 'pip install "dist/pelican_executable_posts-0.1.0-py3-none-any.whl[run]"'
IN_ANOTHER_BLOG = {
    "pelican": r"running content/squares\.md \(1 cell\): never run",
    """pelican -e EXECUTE_POSTS='"all"'""": r"running content/squares\.md .*: asked for",
    """pelican -e EXECUTE_POSTS='["content/squares.md"]'""": r"running content/squares\.md",
    """pelican -e EXECUTE_POSTS='"frozen"'""": "1 post up to date, not run again",
}
# By which file they are run, and the words in it that do.
ELSEWHERE = {
    "make test": (".ci/run", "exec make test"),
    "make lint": ("tasks.py", "@task(pre=[lint, tools])\ndef test("),
    "make tools": ("tasks.py", "@task(pre=[lint, tools])\ndef test("),
    "make preview": ("Makefile", "livereload check clean: $(VENV)/installed"),
    "invoke preview": ("tests/test_preview_site.py", '[invoke, "preview", "--port", "18000"'),
    "invoke preview --port 9000 --no-open": (
        "tests/test_preview_site.py",
        '[invoke, "preview", "--port", "18000", "--no-open"]',
    ),
    "pelican -l -r": ("tests/test_another_blog.py", '"-lr"'),
    "dask scheduler --no-dashboard": ("tests/cluster.py", '_BIN / "dask", "scheduler"'),
    "invoke worker tcp://host:8786 --runs 2": ("tests/test_remote.py", 'worker("--runs", "2"'),
    'invoke worker tcp://host:8786 --resources "GPU=1, MEMORY=16"': (
        "tests/cluster.py",
        'worker("--resources", "GPU=1, MEMORY=4")',
    ),
    "pip install --require-hashes -r requirements-publish.txt": (
        "tests/test_publish_environment.py",
        "pip install --quiet --require-hashes -r requirements-publish.txt",
    ),
}
NBCONVERT = "jupyter nbconvert --to markdown"
SERVE = "make serve"


def test_every_command_is_run_by_a_test() -> None:
    run = {
        *IN_THE_PROJECT,
        *AN_ENVIRONMENT_OF_ITS_TIME,
        *IN_ANOTHER_BLOG,
        *ELSEWHERE,
        *PUBLISHING,
        *(WHEEL, INSTALL_WHEEL, NBCONVERT, SERVE),
    }
    assert set(commands(TEXT)) - run == set(), "no test runs these: add them here"
    assert run - set(commands(TEXT)) == set(), "no page names these any more"


@pytest.mark.parametrize("command", ELSEWHERE)
def test_what_is_run_elsewhere_is_still_there(command: str) -> None:
    file, words = ELSEWHERE[command]
    assert words in (ROOT / file).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with one post that runs in no time, and an environment as `make` leaves it."""
    folder = copy_of_the_project(tmp_path_factory.mktemp("documented"))
    for part in ("posts", "notebooks"):
        shutil.rmtree(folder / "content" / part)
    (folder / "content" / "posts").mkdir()
    (folder / "content" / "posts" / "x.md").write_text(POST, encoding="utf-8")
    notebook = v4.new_notebook(
        metadata={"language_info": {"name": "python"}},
        cells=[
            v4.new_markdown_cell("Title: Do notebook\nDate: 2020-01-02\nSlug: x-do-notebook"),
            v4.new_code_cell("print('sim')", outputs=[v4.new_output("stream", text="sim\n")]),
            v4.new_code_cell(
                "6 * 7",
                outputs=[v4.new_output("execute_result", {"text/plain": "41"})],
            ),
        ],
    )
    (folder / "x.ipynb").write_text(v4.writes(notebook), encoding="utf-8")
    (folder / ".venv").mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / part).symlink_to(Path(sys.prefix) / part)
    for mark in ("installed", "installed-dev"):
        (folder / ".venv" / mark).touch()
    return folder


def typed(
    folder: Path, command: str, programs: Path, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """What comes of `command`, typed in `folder` where `programs` is the active environment."""
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    # What would install into the environment of the tests only says what it would do.
    outside = {"PATH": path, "COLUMNS": "200", "PIP_QUIET": "1", "PIP_DRY_RUN": "1"}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=os.environ | outside | environment,
        input="y\n",
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", IN_THE_PROJECT)
def test_a_command_in_the_project(project: Path, command: str) -> None:
    done = typed(project, command, project / ".venv" / "bin")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(IN_THE_PROJECT[command], done.stdout, re.MULTILINE), done.stdout


def test_serving(project: Path) -> None:
    (project / "output").mkdir(exist_ok=True)
    (project / "output" / "index.html").write_text("<h1>Aqui</h1>")
    process = subprocess.Popen(
        ["bash", "-c", f"exec {SERVE}"],
        cwd=project,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        address = re.match(r"serving (http://127\.0\.0\.1:\d+/) ", process.stdout.readline())
        assert address
        with urlopen(address[1], timeout=30) as answer:  # noqa: S310
            assert "<h1>Aqui</h1>" in answer.read().decode()
    finally:
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert "ended" in out


@pytest.mark.slow
def test_an_environment_of_its_time(project: Path) -> None:
    """With a short list of requirements: how pip installs a long one is tested elsewhere."""
    whole = (project / "requirements.txt").read_text(encoding="utf-8")
    [short] = re.findall(r"^invoke==.*\n(?:    --hash.*\n)+", whole, re.MULTILINE)
    (project / "requirements.txt").write_text(short, encoding="utf-8")
    author = "git -c user.name=Ana -c user.email=ana@example.org commit --quiet --message=then"
    made = typed(project, f"git init --quiet && git add . && {author}", project)
    assert made.returncode == 0, made.stderr
    (project / "requirements.txt").write_text(whole, encoding="utf-8")
    said = ""
    for command in AN_ENVIRONMENT_OF_ITS_TIME:
        if command.startswith("then/bin/invoke"):
            [packages] = (project / "then" / "lib").glob("python*/site-packages")
            [borrowed] = (Path(sys.prefix) / "lib").glob("python*/site-packages")
            assert (packages / "invoke").is_dir()
            (packages / "borrowed.pth").write_text(f"{borrowed}\n", encoding="utf-8")
        command_now = command.replace("COMMIT", said.split(" ", maxsplit=1)[0])
        done = typed(project, command_now, project / ".venv" / "bin", PIP_DRY_RUN="0")
        assert done.returncode == 0, done.stdout + done.stderr
        said = said or done.stdout
    assert said.endswith(" then\n")
    assert (project / "then.txt").read_text(encoding="utf-8") == short
    assert "running content/posts/x.md" in done.stdout


@pytest.fixture(scope="module")
def another(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Quickstart:
    """A new site, and an environment in which the wheel is installed as is written."""
    folder = tmp_path_factory.mktemp("another")
    python = environment(folder / "venv")
    for command in (WHEEL, INSTALL_WHEEL):
        done = typed(
            project,
            command,
            project / ".venv" / "bin",
            PIP_DRY_RUN="0",
            **({"PIP_PYTHON": str(python)} if command == INSTALL_WHEEL else {}),
        )
        assert done.returncode == 0, done.stdout + done.stderr
    site = new_site(folder / "site", python)
    [example] = re.findall(r"^````markdown\n(Title: Squares\n.*?)^````$", TEXT, re.M | re.S)
    site.write("squares.md", example.replace("2026-11-25", "2020-01-02"))
    return site


@pytest.mark.slow
def test_the_commands_in_another_blog(another: Quickstart) -> None:
    for command, words in IN_ANOTHER_BLOG.items():
        done = typed(another.folder, command, another.python.parent)
        assert done.returncode == 0, done.stdout + done.stderr
        assert re.search(words, done.stdout), done.stdout
    assert (another.output / "assets" / "squares" / "cell-1.png").is_file()


@pytest.mark.slow
def test_what_nbconvert_writes_runs_as_it_is(project: Path) -> None:
    done = typed(project, f"{NBCONVERT} x.ipynb", project / ".venv" / "bin")
    assert done.returncode == 0, done.stderr
    written = (project / "x.md").read_text(encoding="utf-8")
    assert "    sim\n" in written
    post = project / "content" / "posts" / "y.md"
    # nbconvert ends a first cell with a blank line, and Pelican front matter.
    post.write_text(written.lstrip().replace("x-do-notebook", "y"), encoding="utf-8")
    done = typed(project, "invoke rebuild content/posts/y.md", project / ".venv" / "bin")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ran content/posts/y.md" in done.stdout
    page = (project / "output/2020/01/y.html").read_text(encoding="utf-8")
    shown = re.findall(r'<div class="cell-output text"><pre[^>]*>(.*?)</pre>', page)
    assert shown == ["sim", "42"]
    post.unlink()
