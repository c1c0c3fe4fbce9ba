"""What one does with this blog: `invoke TASK`, or `make TASK` where nothing is installed yet."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from invoke import Context, Exit, task

if TYPE_CHECKING:
    from executable_posts.site import Site

ROOT = Path(__file__).resolve().parent
OUTPUT = ROOT / "output"
sys.path.insert(0, str(ROOT / "plugins"))


def _pelican(*arguments: str) -> None:
    """Run Pelican in this process, so that Ctrl-C reaches it once; exits as Pelican does."""
    from pelican import main

    os.chdir(ROOT)
    main(["--settings", "pelicanconf.py", *arguments])


def posts_as_options(arguments: list[str]) -> list[str]:
    """`rebuild a.md b.md` as `rebuild --post a.md --post b.md`: the rest stays as it is.

    invoke knows only positional arguments that must be given, and takes others for tasks.
    """
    result: list[str] = []
    task_name = ""
    for argument in arguments:
        is_post = argument.endswith((".md", ".ipynb")) and result[-1:] != ["--post"]
        if task_name == "rebuild" and is_post:
            result += ["--post", argument]
            continue
        if not argument.startswith("-") and not is_post:
            task_name = argument
        result.append(argument)
    return result


if Path(sys.argv[0]).name in {"invoke", "inv"} and posts_as_options(sys.argv) != sys.argv:
    # invoke has parsed its arguments before it reads this file: begin again with others.
    os.execv(sys.executable, [sys.executable, *posts_as_options(sys.argv)])  # noqa: S606


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong is said in one line, and the exit status is 1."""
    from executable_posts.errors import ProblemError

    try:
        yield
    except ProblemError as error:
        raise Exit(str(error), code=1) from None


def _site() -> "Site":
    """The blog, as its commands see it."""
    from executable_posts.site import load

    with _told():
        return load(ROOT / "pelicanconf.py")


def _name(post: str) -> str:
    """How the project names the file `post`, given from anywhere."""
    file = Path(post).resolve()
    return file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else post


def _run(*command: str) -> None:
    """Run a tool of this environment; exits as it does."""
    tool = Path(sys.executable).with_name(command[0])
    environment = os.environ | {"PYTHONPATH": str(ROOT / "plugins")}
    status = subprocess.run([tool, *command[1:]], cwd=ROOT, env=environment, check=False).returncode
    if status:
        raise Exit(code=status)


def _build(posts: object) -> None:
    _pelican("--extra-settings", f"EXECUTE_POSTS={json.dumps(posts)}")


@task(help={"frozen": "run nothing: a post that is stale is an error"})
def build(_: Context, frozen: bool = False) -> None:
    """Build the site into output/, running the posts that are stale."""
    _build("frozen" if frozen else "stale")


@task(
    iterable=["post"],
    help={
        "post": "only this one (may be given several times)",
        "check": "store nothing; exit with status 1 if outputs differ from the stored ones",
    },
)
def rebuild(_: Context, post: list[str], check: bool = False) -> None:
    """Run every post again in a fresh kernel, then build the site."""
    names = [_name(name) for name in post]
    if not check:
        _build(names or "all")
        return
    from executable_posts import commands
    from executable_posts.drift_report import page
    from executable_posts.progress import print_what_can_be, progress_for
    from rich.console import Console

    print_what_can_be(sys.stdout)
    progress = progress_for(Console(), quiet=False)
    with _told():
        drifts, problems = commands.check_drift(_site(), names, progress)
    for drift in drifts:
        print(drift)
    for problem in problems:
        print(problem, file=sys.stderr)
    report = ROOT / ".cache" / "drift.html"
    report.parent.mkdir(exist_ok=True)
    report.write_text(page(drifts), encoding="utf-8")
    print(f"side by side in {report.relative_to(ROOT)}")
    if drifts or problems:
        raise Exit(code=1)
    print("no drift: every run gave what is stored")


@task(
    help={
        "json": "for machines",
        "check": "exit with status 1 if a frozen build would fail",
    }
)
def status(_: Context, json: bool = False, check: bool = False) -> None:
    """Say which posts are up to date and which are not, and why."""
    from executable_posts import commands
    from executable_posts import status as texts

    known = commands.site_status(_site())
    print(texts.as_json(known) if json else "\n".join(texts.lines(known)))
    if check and not known.clean:
        raise Exit(code=1)


@task(help={"port": "where to begin to look for a free port"})
def serve(_: Context, port: int = 8000) -> None:
    """Show the built site at http://127.0.0.1:8000/."""
    from executable_posts.preview import serve as serve_folder

    try:
        serve_folder(OUTPUT, port, lambda line: print(line, flush=True))
    except OSError as error:
        raise Exit(str(error), code=1) from None


@task(
    help={
        "port": "where to begin to look for a free port",
        "lan": "let other devices of the network look at it, too",
        "open": "open a browser, where there is a terminal",
    }
)
def preview(_: Context, port: int = 8000, lan: bool = False, open: bool = True) -> None:  # noqa: A002  the option is --no-open
    """Show pages as they are while you write, until Ctrl-C."""
    from executable_posts.preview.command import Options
    from executable_posts.preview.command import preview as follow

    options = Options(port, lan, open and sys.stdout.isatty())
    try:
        follow(ROOT / "pelicanconf.py", options, lambda line: print(line, flush=True))
    except OSError as error:
        raise Exit(str(error), code=1) from None


@task(positional=["post"], help={"post": "its file", "yes": "write without asking"})
def record(_: Context, post: str, yes: bool = False) -> None:
    """Write a post's outputs back into its Markdown, in nbconvert's form; shows the diff first."""
    from executable_posts import commands

    site = _site()
    with _told():
        found = commands.recorded(site, _name(post))
    for problem in found.left_out:
        print(f"not recorded: {problem}", file=sys.stderr)
    if not found.difference:
        print(f"{post}: nothing to record")
        return
    print(found.difference, end="")
    if not yes and input("Write this? [y/N] ").strip().lower() not in {"y", "yes"}:
        raise Exit("nothing was written", code=1)
    found.write()
    print(f"{post}: written")


@task(
    name="import",
    positional=["notebook"],
    help={"notebook": "an .ipynb file", "date": "of the post, if the notebook has none"},
)
def import_(_: Context, notebook: str, date: str = "") -> None:
    """Make a Markdown post of a notebook, in content/posts/."""
    from executable_posts import commands

    when = date or datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    with _told():
        post, notes = commands.import_post(_site(), Path(notebook), when)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"{post.relative_to(ROOT)}: written; `invoke build` runs it")


@task(help={"figures": "remove only the figures that no post names any more"})
def clean(_: Context, figures: bool = False) -> None:
    """Remove the built site; executed notebooks and sources stay."""
    if not figures:
        shutil.rmtree(OUTPUT, ignore_errors=True)
        return
    from executable_posts.commands import remove_orphans

    for file in remove_orphans(_site()):
        print(f"removed {file.relative_to(ROOT)}")


@task(
    positional=["name"],
    help={
        "name": "a module in tests/benchmarks/: execute, preview, reader or stale",
        "rounds": "how often each contestant is measured",
        "sizes": "execute: how many posts, as in 1,10,40",
    },
)
def bench(_: Context, name: str, rounds: int = 0, sizes: str = "") -> None:
    """Measure, and write a table and .cache/bench/NAME.json."""
    options = [f"--rounds={rounds}"] if rounds else []
    options += [f"--sizes={sizes}"] if sizes else []
    _run("python", "-m", f"tests.benchmarks.{name}", *options)


@task(
    positional=["scheduler"],
    help={
        "scheduler": "address of the cluster's scheduler: tcp://host:8786",
        "runs": "posts that it runs side by side",
        "resources": "what it has beside that, for posts that ask: GPU=1",
    },
)
def worker(_: Context, scheduler: str, runs: int = 1, resources: str = "") -> None:
    """Run posts for a blog whose EXECUTE_SCHEDULER names this scheduler, until Ctrl-C."""
    command = ["dask", "worker", scheduler, "--nthreads", str(runs), "--no-dashboard"]
    command += ["--resources", resources] if resources else []
    tool = Path(sys.executable).with_name("dask")
    if not tool.is_file():
        raise Exit("Dask is not installed: `pip install -r requirements-dask.txt`", code=1)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "plugins")}
    os.execve(tool, command, environment)  # noqa: S606  signals go to it, not to us


@task
def check(_: Context) -> None:
    """Check format, lint, types and the order of the modules."""
    _run("ruff", "format", "--check", "--quiet")
    _run("ruff", "check", "--quiet")
    _run("mypy", "--no-error-summary")
    _run("lint-imports", "--no-cache")


@task
def browser(_: Context) -> None:
    """Install Chromium, Java and the npm packages that tests use.

    What is there is left as it is; packages of the system need root or sudo.
    """
    chromium = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    wanted = {"chromium": chromium, "default-jre-headless": ("java",), "nodejs": ("node",)}
    wanted["npm"] = ("npm",)
    missing = [package for package, names in wanted.items() if not any(map(shutil.which, names))]
    if missing:
        _install(missing)
    checks = ROOT / "tests" / "npm"
    lock, known = checks / "package-lock.json", checks / "node_modules" / ".installed"
    if known.is_file() and known.read_bytes() == lock.read_bytes():
        return
    if subprocess.run(
        [shutil.which("npm") or "npm", "ci", "--silent"], cwd=checks, check=False
    ).returncode:
        raise Exit("the npm packages of tests/npm could not be installed: see above", code=1)
    shutil.copyfile(lock, known)


def _install(packages: list[str]) -> None:
    """Install packages of the system."""
    apt = shutil.which("apt-get")
    sudo = [] if os.geteuid() == 0 else [shutil.which("sudo") or ""]
    names = ", ".join(packages)
    if apt is None or sudo == [""]:
        raise Exit(f"the tests need packages of your system: install {names}", code=1)
    install = [*sudo, apt, "install", "--yes", "--no-install-recommends", *packages]
    subprocess.run([*sudo, apt, "update", "--quiet"], check=False)
    if subprocess.run(install, check=False).returncode:
        raise Exit(f"{names} could not be installed: see above", code=1)


@task(pre=[check, browser])
def test(_: Context) -> None:
    """Check the code and run all tests."""
    _run("pytest", "--numprocesses", "auto", "--dist", "loadfile", "--quiet")


@task
def requirements(_: Context) -> None:
    """Pin what pyproject.toml asks for anew (needs uv)."""
    common = ["uv", "pip", "compile", "--quiet", "--upgrade", "--universal", "--generate-hashes"]
    common += ["--no-annotate", "--python-version", "3.11"]
    common += ["--custom-compile-command", "invoke requirements"]
    # The rivals of the benchmark live in an environment of their own.
    rivals = Path("tests", "benchmarks", "requirements.in")
    output = ["--output-file", str(rivals.with_suffix(".txt"))]
    subprocess.run([*common, str(rivals), *output], cwd=ROOT, check=True)
    pins: list[str] = []
    # From the whole to the part, so that a package has one version in all of them.
    for name, extras in (
        ("requirements-dev.txt", ["site", "run", "posts", "dask", "dev"]),
        ("requirements-dask.txt", ["site", "run", "posts", "dask"]),
        ("requirements.txt", ["site", "run", "posts"]),
        ("requirements-publish.txt", ["site"]),
    ):
        chosen = [part for extra in extras for part in ("--extra", extra)]
        output = ["--output-file", name]
        command = [*common, "pyproject.toml", *chosen, *pins, *output]
        subprocess.run(command, cwd=ROOT, check=True)
        pins = ["--constraints", name]
