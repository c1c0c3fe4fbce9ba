"""What builds remember on this machine, in ``.cache``: which posts failed or drifted, which figures
there are.

Nothing depends on it: without it, `status` knows of no failure and of no orphan.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from .store import write_atomically

_FAILURES = "failures.json"
_FIGURES = "figures.json"
_DRIFTS = "drifts.json"


def failures(cache: Path) -> dict[str, str]:
    """Post → what went wrong when it was last run."""
    return {name: str(why) for name, why in _read(cache / _FAILURES).items()}


def remember_failures(cache: Path, succeeded: Iterable[str], failed: Mapping[str, str]) -> None:
    """Note which posts ran well and which did not, and why."""
    before = failures(cache)
    well = set(succeeded)
    after = {name: why for name, why in before.items() if name not in well} | dict(failed)
    if after != before:
        _write(cache / _FAILURES, after)


def drifts(cache: Path) -> dict[str, str]:
    """Post → SHA-256 of the executed notebook from which it drifted when that was last checked."""
    return {name: str(digest) for name, digest in _read(cache / _DRIFTS).items()}


def remember_drifts(cache: Path, same: Iterable[str], drifted: Mapping[str, str]) -> None:
    """Note which posts gave the `same` when that was checked, and which `drifted` from what."""
    before = drifts(cache)
    alike = set(same)
    after = {name: digest for name, digest in before.items() if name not in alike} | dict(drifted)
    if after != before:
        _write(cache / _DRIFTS, after)


def figures(cache: Path, output: Path) -> set[str]:
    """The figures that builds ever wrote below the folder `output`."""
    known = _read(cache / _FIGURES).get(str(output.resolve()))
    return {str(name) for name in known} if isinstance(known, list) else set()


def remember_figures(cache: Path, output: Path, names: Iterable[str]) -> None:
    """Note that the figures `names` are all that builds wrote and that is below `output`."""
    now = set(names)
    if now != figures(cache, output):
        _write(cache / _FIGURES, _read(cache / _FIGURES) | {str(output.resolve()): sorted(now)})


def _read(file: Path) -> dict[str, object]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(file: Path, known: Mapping[str, object]) -> None:
    write_atomically(file, json.dumps(known, indent=1, sort_keys=True).encode())
