"""What this machine has of what the blog needs, and how to get the rest.

It must work where hardly anything is installed: all imports are Python's own, or our own of such.
`python -m executable_posts.doctor` looks at the blog in the working folder.
"""

import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from .datasets import SUMS, known_sums
from .kernels.inside import landlock
from .kernels.inside.linux import NotAvailableError
from .pinned import Installed, compare
from .resources import available_memory, cores

State = Literal["ok", "missing", "optional"]
"""``missing`` keeps the blog from being built or a post from being run; ``optional`` does not."""

_OLDEST, _TOO_NEW = (3, 11), (3, 14)
_GIBIBYTE = 2**30
_NEEDED_DISK = 2 * _GIBIBYTE
_NEEDED_MEMORY = 1 * _GIBIBYTE
_PORT = 8000
_PORTS_TRIED = 20


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was looked for, what was found, and how to get it."""

    state: State
    what: str
    words: str
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f": {self.remedy}" if self.remedy else ""
        return f"{self.state:<8}  {self.what}: {self.words}{remedy}"


@dataclass(frozen=True)
class Program:
    """A program that a task starts; `packages` are its names for apt, dnf and brew."""

    names: tuple[str, ...]
    use: str
    apt: str
    dnf: str
    brew: str


PROGRAMS = (
    Program(("git",), "to keep and publish the blog", "git", "git", "git"),
    Program(("rsync",), "to publish to a machine of yours", "rsync", "rsync", "rsync"),
    Program(
        ("ssh",), "to publish to a machine of yours", "openssh-client", "openssh-clients", "openssh"
    ),
    Program(
        ("chromium", "chromium-browser", "google-chrome"),
        "for the tests with a browser",
        "chromium",
        "chromium",
        "--cask chromium",
    ),
    Program(
        ("java",), "for the test of the HTML", "default-jre-headless", "java-headless", "openjdk"
    ),
    Program(
        ("fc-list",), "so that the browser has fonts", "fontconfig", "fontconfig", "fontconfig"
    ),
)


def examine(root: Path) -> Iterator[Finding]:
    """Look at this machine and at the blog in the folder `root`, one finding after the other."""
    yield _python()
    yield _environment()
    yield from _packages(root)
    yield _nbconvert()
    yield from _running()
    yield _disk(root)
    yield _memory()
    yield from _datasets(root / "content" / "data")
    yield _port()
    yield from map(_program, PROGRAMS)


def main(root: Path, say: Callable[[str], None]) -> int:
    """Say what is found; returns the exit status, 1 if anything is missing that is needed."""
    missing = 0
    for finding in examine(root):
        say(str(finding))
        missing += finding.state == "missing"
    say(f"{missing} missing" if missing else "nothing is missing that a build needs")
    return 1 if missing else 0


def _python() -> Finding:
    found = sys.version.split()[0]
    if _OLDEST <= sys.version_info[:2] < _TOO_NEW:
        return Finding("ok", "Python", found)
    remedy = "`make build PYTHON=python3.12`, for instance, with one that is between"
    return Finding("missing", "Python", f"{found}, but 3.11 to 3.13 is needed", remedy)


def _environment() -> Finding:
    if sys.prefix != sys.base_prefix:
        return Finding("ok", "virtual environment", sys.prefix)
    return Finding("optional", "virtual environment", "this is the system's Python", "`make build`")


def _packages(root: Path) -> Iterator[Finding]:
    """The pinned packages of each purpose against those that are installed."""
    for name, use, state in (
        ("requirements-publish.txt", "to build the site", "missing"),
        ("requirements.txt", "to run posts", "missing"),
        ("requirements-dev.txt", "to run the tests", "optional"),
        ("requirements-dask.txt", "to run posts on a Dask cluster", "optional"),
    ):
        file = root / name
        if file.is_file():
            found = compare(file.read_text(encoding="utf-8"))
            yield _package_finding(
                name, use, found, "missing" if state == "missing" else "optional"
            )


def _package_finding(name: str, use: str, found: Installed, otherwise: State) -> Finding:
    what = f"packages {use}"
    if not found.differences:
        return Finding("ok", what, f"{found.count} as in {name}")
    words = f"{len(found.differences)} of {found.count} are not as in {name} ({found.example})"
    return Finding(otherwise, what, words, f"`pip install --require-hashes -r {name}`")


def _nbconvert() -> Finding:
    if find_spec("nbconvert"):
        return Finding("ok", "nbconvert", "`invoke import` can read notebooks")
    remedy = "`pip install --require-hashes -r requirements.txt`"
    return Finding("optional", "nbconvert", "not installed; `invoke import` needs it", remedy)


def _running() -> Iterator[Finding]:
    """What makes runs safe and fast, and is there on Linux alone."""
    try:
        version = landlock.version()
        yield Finding("ok", "Landlock", f"version {version}: cells write in their own folder alone")
    except NotAvailableError as error:
        words = f"cells can write what you can write ({error.strerror or error})"
        yield Finding(
            "optional", "Landlock", words, "Linux 5.13 or later, with Landlock switched on"
        )
    if sys.platform == "linux":
        yield Finding("ok", "kernel server", "kernels are forked from it")
    else:
        words = f"no forked kernels on {sys.platform}: every post imports its packages itself"
        yield Finding("optional", "kernel server", words, "Linux")


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    words = f"{free / _GIBIBYTE:.1f} GiB free in {root}"
    if free >= _NEEDED_DISK:
        return Finding("ok", "disk", words)
    return Finding(
        "missing", "disk", words, f"make room: {_NEEDED_DISK // _GIBIBYTE} GiB are needed"
    )


def _memory() -> Finding:
    free = available_memory()
    words = f"{free / _GIBIBYTE:.1f} GiB free, {cores()} cores"
    if free >= _NEEDED_MEMORY:
        return Finding("ok", "memory", words)
    return Finding(
        "optional", "memory", words, "end other programs: Keras takes about 1 GiB a post"
    )


def _datasets(folder: Path) -> Iterator[Finding]:
    """Each file whose sum is recorded: whether it is there, and is that file."""
    for name, recorded in sorted(known_sums(folder / SUMS).items()):
        file = folder / name
        what = f"dataset {name}"
        remedy = f"`git checkout -- content/data/{name}`"
        if not file.is_file():
            yield Finding("missing", what, "not there", remedy)
        elif sha256(file.read_bytes()).hexdigest() != recorded:
            yield Finding("missing", what, f"not the file of {SUMS}", remedy)
        else:
            yield Finding("ok", what, f"as in {SUMS}")


def _port() -> Finding:
    for port in range(_PORT, _PORT + _PORTS_TRIED):
        with socket.socket() as probe:
            # As the server binds it: what a connection of a minute ago left does not matter.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return Finding("ok", "port", f"{port} is free for `invoke serve`")
    last = _PORT + _PORTS_TRIED - 1
    return Finding("optional", "port", f"none is free from {_PORT} to {last}", "end what listens")


def _program(program: Program) -> Finding:
    found = next(filter(None, map(shutil.which, program.names)), None)
    name = program.names[0]
    if found:
        return Finding("ok", name, found)
    return Finding("optional", name, f"not found; needed {program.use}", _how_to_get(program))


def _how_to_get(program: Program) -> str:
    for manager, command in (
        ("apt-get", f"sudo apt-get install {program.apt}"),
        ("dnf", f"sudo dnf install {program.dnf}"),
        ("brew", f"brew install {program.brew}"),
    ):
        if shutil.which(manager):
            return f"`{command}`"
    return f"install {program.names[0]}"


if __name__ == "__main__":
    sys.exit(main(Path.cwd(), print))
