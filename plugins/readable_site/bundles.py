"""Style sheets and scripts of a theme → one small file each, whose name tells its content."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from executable_posts.errors import Problem, ProblemError

NAME = re.compile(r"(site|search)\.[0-9a-f]{10}\.(css|js)")
"""How a bundle is called."""


@dataclass(frozen=True)
class Bundle:
    """A file of the site: `name` below the folder of the theme's static files, and its text."""

    name: str
    text: str


def style_bundle(theme: Path, names: Sequence[str]) -> Bundle | None:
    """The style sheets `names` of `theme`, in this order, as one; `None` if there are none.

    Raises `ProblemError` for a file that is not there or is no CSS.
    """
    if not names:
        return None
    return _named("site", ".css", "".join(_style(*_read(theme, name)) for name in names))


def script_bundle(theme: Path, names: Sequence[str], stem: str) -> Bundle | None:
    """The scripts `names` of `theme`, in this order, as one; `None` if there are none.

    Raises `ProblemError` for a file that is not there.
    """
    if not names:
        return None
    return _named(stem, ".js", "\n".join(_script(*_read(theme, name)) for name in names))


def _named(stem: str, suffix: str, text: str) -> Bundle:
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    return Bundle(f"{stem}.{digest}{suffix}", text)


def _read(theme: Path, name: str) -> tuple[str, str]:
    try:
        return name, (theme / name).read_text(encoding="utf-8")
    except OSError as error:
        why = f"{error.strerror}; it is named in STYLE_SHEETS, SCRIPTS or SEARCH_SCRIPTS"
        raise ProblemError(Problem(f"{theme.name}/{name}", why)) from None


def _installed(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError:
        problem = Problem("theme", f"style sheets and scripts need `pip install {package}`")
        raise ProblemError(problem) from None


@lru_cache(maxsize=64)
def _style(name: str, text: str) -> str:
    lightningcss = _installed("lightningcss")
    try:
        return str(lightningcss.process_stylesheet(text, filename=name))
    except ValueError as error:
        what, _, place = str(error).rpartition(f" at {name}:")
        line = place.partition(":")[0]
        # It counts lines from 0.
        problem = Problem(name, what or str(error), int(line) + 1 if line.isdigit() else None)
        raise ProblemError(problem) from None


@lru_cache(maxsize=64)
def _script(_: str, text: str) -> str:
    rjsmin = _installed("rjsmin")
    # Two files that were written apart may each rely on the end of theirs.
    return f"{str(rjsmin.jsmin(text)).strip().rstrip(';')};"
