"""What one does with this blog: `invoke TASK`, or `make TASK` where nothing is installed yet."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from invoke import Context, Exit, task

ROOT = Path(__file__).resolve().parent
OUTPUT = ROOT / "output"


def _pelican(*arguments: str) -> None:
    """Run Pelican in this process, so that Ctrl-C reaches it once; exits as Pelican does."""
    from pelican import main

    os.chdir(ROOT)
    main(["--settings", "pelicanconf.py", *arguments])


def _run(*command: str) -> None:
    """Run a tool of this environment; exits as it does."""
    tool = Path(sys.executable).with_name(command[0])
    environment = os.environ | {"PYTHONPATH": str(ROOT / "plugins")}
    status = subprocess.run([tool, *command[1:]], cwd=ROOT, env=environment, check=False).returncode
    if status:
        raise Exit(code=status)


@task
def build(_: Context) -> None:
    """Build the site into output/, running the posts that are stale."""
    _pelican()


@task
def rebuild(_: Context) -> None:
    """Run every post again in a fresh kernel, then build the site."""
    _pelican("--extra-settings", 'EXECUTE_POSTS="all"')


@task(help={"port": "where to begin to look for a free port"})
def serve(_: Context, port: int = 8000) -> None:
    """Show the built site at http://127.0.0.1:8000/."""
    sys.path.insert(0, str(ROOT / "plugins"))
    from executable_posts.preview import serve as serve_folder

    try:
        serve_folder(OUTPUT, port, lambda line: print(line, flush=True))
    except OSError as error:
        raise Exit(str(error), code=1) from None


@task
def clean(_: Context) -> None:
    """Remove the built site; executed notebooks and sources stay."""
    shutil.rmtree(OUTPUT, ignore_errors=True)


@task
def check(_: Context) -> None:
    """Check format, lint, types and the order of the modules."""
    _run("ruff", "format", "--check", "--quiet")
    _run("ruff", "check", "--quiet")
    _run("mypy", "--no-error-summary")
    _run("lint-imports", "--no-cache")


@task(pre=[check])
def test(_: Context) -> None:
    """Check the code and run all tests."""
    _run("pytest")


@task
def requirements(_: Context) -> None:
    """Pin what pyproject.toml asks for anew (needs uv)."""
    common = ["uv", "pip", "compile", "--quiet", "--upgrade", "--universal", "--generate-hashes"]
    common += ["--no-annotate", "--python-version", "3.11"]
    common += ["--custom-compile-command", "invoke requirements", "pyproject.toml"]
    site = ["--extra", "blog", "--output-file", "requirements.txt"]
    tools = ["--extra", "blog", "--extra", "dev", "--constraints", "requirements.txt"]
    tools += ["--output-file", "requirements-dev.txt"]
    for arguments in (site, tools):
        subprocess.run([*common, *arguments], cwd=ROOT, check=True)
