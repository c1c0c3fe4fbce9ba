"""What one does with this blog: `invoke TASK`, or `make TASK` where nothing is installed yet."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from invoke import Context, Exit, Task, task

if TYPE_CHECKING:
    from executable_posts.site import Site

ROOT = Path(__file__).resolve().parent
OUTPUT = ROOT / "output"
sys.path.insert(0, str(ROOT / "plugins"))

from executable_posts.task_names import posts_as_options, what_to_type  # noqa: E402


def _pelican(*arguments: str) -> None:
    """Run Pelican in this process, so that Ctrl-C reaches it once; exits as Pelican does."""
    from pelican import main

    os.chdir(ROOT)
    main(["--settings", "pelicanconf.py", *arguments])


_IS_INVOKE = Path(sys.argv[0]).name in {"invoke", "inv"}
if _IS_INVOKE and posts_as_options(sys.argv) != sys.argv:
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
    """Build the site into output/, running stale posts"""
    _build("frozen" if frozen else "stale")


@task(
    iterable=["post"],
    help={
        "post": "only this one (may be given several times)",
        "check": "store nothing; exit with status 1 if outputs differ from the stored ones",
    },
)
def rebuild(_: Context, post: list[str], check: bool = False) -> None:
    """Run every post again, then build the site"""
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
    """Say which posts are up to date, which are not, and why"""
    from executable_posts import commands
    from executable_posts import status as texts

    known = commands.site_status(_site())
    print(texts.as_json(known) if json else "\n".join(texts.lines(known)))
    if check and not known.clean:
        raise Exit(code=1)


@task(help={"port": "where to begin to look for a free port"})
def serve(_: Context, port: int = 8000) -> None:
    """Show the built site at http://127.0.0.1:8000/"""
    from executable_posts.preview import serve as serve_folder

    try:
        serve_folder(OUTPUT, port, lambda line: print(line, flush=True))
    except OSError as error:
        raise Exit(str(error), code=1) from None


@task(help={"port": "where to begin to look for a free port"})
def reserve(context: Context, port: int = 8000) -> None:
    """Build the site, then show it"""
    build(context)
    serve(context, port)


@task(positional=["title"], help={"title": "of the post, in quotation marks"})
def new(_: Context, title: str) -> None:
    """Begin a post: a draft with title, date and slug"""
    from executable_posts.starting import new_post, now

    site = _site()
    with _told():
        post = new_post(site, title, now(site))
    print(f"{site.name(post)}: written; it is a draft until you remove its line Status")


@task
def check(_: Context) -> None:
    """Check posts, settings and the built site; runs nothing"""
    from executable_posts.commands import check_site
    from site_publishing.publishing import site_problems

    site = _site()
    problems, notes = check_site(site)
    if not problems:
        with _told():
            problems = site_problems(ROOT / "publishconf.py")
    for note in notes:
        print(f"note: {note}")
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        raise Exit(f"{len(problems)} to mend", code=1)
    print(f"{len(site.sources)} posts and pages: nothing to mend")


@task
def doctor(_: Context) -> None:
    """Say what is missing on this machine, and how to get it"""
    from executable_posts import doctor as machine

    if machine.main(ROOT, print):
        raise Exit(code=1)


@task(
    help={
        "target": "where to: a name in the setting PUBLISH_TARGETS",
        "check": "build and check the site, and stop",
        "dry_run": "show what would change, and stop",
        "yes": "publish without asking",
        "verify": "wait until readers get the new version",
        "rollback": "put the version before online again",
        "allow_removals": "let published pages and figures disappear",
        "adopt": "take over files that are there and have names of the site's",
    },
)
def publish(  # noqa: PLR0913, PLR0917  each is an option
    _: Context,
    target: str = "",
    check: bool = False,
    dry_run: bool = False,
    yes: bool = False,
    verify: bool = False,
    rollback: bool = False,
    allow_removals: bool = False,
    adopt: bool = False,
) -> None:
    """Check the site, show what changes, and put it online"""
    from site_publishing.command import run
    from site_publishing.publishing import Wish

    wish = Wish(target, check, dry_run, yes, verify, allow_removals, adopt)
    status = run(ROOT / "publishconf.py", wish, back=rollback)
    if status:
        raise Exit(code=status)


@task(
    help={
        "port": "where to begin to look for a free port",
        "lan": "let other devices of the network look at it, too",
        "open": "open a browser, where there is a terminal",
    }
)
def preview(_: Context, port: int = 8000, lan: bool = False, open: bool = True) -> None:  # noqa: A002  the option is --no-open
    """Show each page as it is now, and follow what you write"""
    from executable_posts.preview.command import Options
    from executable_posts.preview.command import preview as follow

    options = Options(port, lan, open and sys.stdout.isatty())
    try:
        follow(ROOT / "pelicanconf.py", options, lambda line: print(line, flush=True))
    except OSError as error:
        raise Exit(str(error), code=1) from None


@task(positional=["post"], help={"post": "its file", "yes": "write without asking"})
def record(_: Context, post: str, yes: bool = False) -> None:
    """Write a post's outputs into its Markdown, after a look"""
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
    """Make a Markdown post of a notebook"""
    from executable_posts import commands
    from executable_posts.starting import now

    site = _site()
    with _told():
        post, notes = commands.import_post(site, Path(notebook), date or now(site))
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"{post.relative_to(ROOT)}: written; `invoke build` runs it")


@task(help={"figures": "remove only the figures that no post names any more"})
def clean(_: Context, figures: bool = False) -> None:
    """Remove the built site; sources and notebooks stay"""
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
    """Measure, and write .cache/bench/NAME.json"""
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
    """Run posts for a Dask scheduler, until Ctrl-C"""
    from executable_posts.packages import how_to_install

    command = ["dask", "worker", scheduler, "--nthreads", str(runs), "--no-dashboard"]
    command += ["--resources", resources] if resources else []
    tool = Path(sys.executable).with_name("dask")
    if not tool.is_file():
        raise Exit(f"Dask is not installed: `{how_to_install('dask')}`", code=1)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "plugins")}
    os.execve(tool, command, environment)  # noqa: S606  signals go to it, not to us


@task
def lint(_: Context) -> None:
    """Check the code: format, lint, types, order of modules"""
    _run("ruff", "format", "--check", "--quiet")
    _run("ruff", "check", "--quiet")
    _run("mypy", "--no-error-summary")
    _run("lint-imports", "--no-cache")


@task
def tools(_: Context) -> None:
    """Install what tests use: Chromium, servers, npm packages"""
    _run("python", "-m", "tests.install")


@task(pre=[lint, tools])
def test(_: Context) -> None:
    """Check the code and run all tests"""
    _run("pytest", "-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder", "--quiet")


@task
def requirements(_: Context) -> None:
    """Pin anew what pyproject.toml asks for (needs uv)"""
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


if _IS_INVOKE:
    _NAMES = [one.name for one in globals().values() if isinstance(one, Task)]
    if message := what_to_type(sys.argv[1:], _NAMES):
        raise Exit(message, code=1)
