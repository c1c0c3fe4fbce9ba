"""The search index: Pagefind reads the written pages, and the browser reads its index.

Nothing else of the site depends on it: where Pagefind is not installed, there is no search.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from .files import write

FOLDER = "pagefind"
# Of what Pagefind writes, its own user interfaces are left out: the theme has one.
_UNUSED = ("pagefind-*ui.*", "pagefind-highlight.js")
_LONGEST = 600
"""Seconds that it may take."""


class NoSearch(Exception):
    """Why there is no index, in words for a person."""


def index(output: Path, pages: Sequence[str], memory: Path) -> bool:
    """Index `pages`, files below `output`, into ``pagefind/`` there.

    Returns whether anything had changed since the last time, which the file `memory` knows.
    Raises `NoSearch` if Pagefind is not installed or fails; an older index is then gone, too, since
    it would lead readers to what is not there.
    """
    texts = {page: (output / page).read_bytes() for page in pages}
    key = _key(texts)
    made = output / FOLDER
    if _remembered(memory).get(str(output)) == key and (made / "pagefind.js").is_file():
        return False
    shutil.rmtree(made, ignore_errors=True)
    if not texts:
        return False
    with tempfile.TemporaryDirectory(prefix="search-") as scratch:
        site, bundle = Path(scratch, "site"), Path(scratch, FOLDER)
        for page, text in texts.items():
            (site / page).parent.mkdir(parents=True, exist_ok=True)
            (site / page).write_bytes(text)
        _run(site, bundle)
        for pattern in _UNUSED:
            for file in bundle.glob(pattern):
                file.unlink()
        shutil.copytree(bundle, made)
    _remember(memory, str(output), key)
    return True


def is_installed() -> bool:
    """Whether there is a Pagefind that could index anything."""
    return _program() is not None


def _run(site: Path, bundle: Path) -> None:
    command = [str(_pagefind()), "--site", str(site), "--output-path", str(bundle), "--quiet"]
    try:
        # Its Python side waits 0.1 s for each page; the program itself reads thousands in a second.
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_LONGEST
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoSearch(f"the site has no search: Pagefind failed: {error}") from None
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        raise NoSearch(f"the site has no search: Pagefind failed: {said}")


def _pagefind() -> Path:
    program = _program()
    if program is None:
        raise NoSearch("the site has no search: `pip install pagefind pagefind-bin` gives it one")
    return program


def _program() -> Path | None:
    try:
        from pagefind.service import get_executable
    except ImportError:
        return None
    return get_executable()


def _key(texts: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for page in sorted(texts):
        digest.update(f"{page}\0{len(texts[page])}\0".encode() + texts[page])
    return digest.hexdigest()


def _remembered(memory: Path) -> dict[str, str]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(memory: Path, output: str, key: str) -> None:
    write(memory, json.dumps(_remembered(memory) | {output: key}, indent=1).encode())
