"""The W3C's own HTML checker, where this machine has it: https://validator.github.io/validator."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from executable_posts.errors import Problem, ProblemError

from .model import Finding

_ADDRESS = re.compile(r'(?:src|href)="([^"]+)')
_IN_PROJECT = Path("node_modules", "vnu-jar", "build", "dist", "vnu.jar")


def command(root: Path) -> list[str] | None:
    """How to start it: a program `vnu`, or Java and the jar that VNU_JAR names or npm installed."""
    if program := shutil.which("vnu"):
        return [program]
    java, jar = shutil.which("java"), Path(os.environ.get("VNU_JAR") or root / _IN_PROJECT)
    return [java, "-jar", str(jar)] if java and jar.is_file() else None


def findings(command: list[str], folder: Path) -> list[Finding]:
    """What it calls an error in the pages below `folder`. Raises `ProblemError` if it fails."""
    options = ["--format", "json", "--exit-zero-always", "--skip-non-html", str(folder)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    try:
        messages = json.loads(done.stderr)["messages"]
    except (ValueError, KeyError):
        said = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise ProblemError(Problem("vnu", f"cannot check the pages: {said}")) from None
    return [
        Finding(
            _name(message["url"], folder),
            message.get("lastLine"),
            f"HTML: {message['message']}",
            _words(message.get("extract", "")),
        )
        for message in messages
        if message["type"] == "error"
    ]


def _words(extract: str) -> str:
    found = _ADDRESS.search(extract)
    return found[1] if found else ""


def _name(url: str, folder: Path) -> str:
    return Path(unquote(urlsplit(url).path)).relative_to(folder.resolve()).as_posix()
