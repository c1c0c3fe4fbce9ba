"""Lighthouse, as `invoke tools` installed it, on pages of this machine."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from tests.browser import chromium_path
from tests.npm_tools import npm_file


@dataclass(frozen=True)
class Verdict:
    """`scores`: performance, accessibility, best practices, SEO, each of 100; `failed` says why."""

    scores: tuple[int, ...]
    shift: float
    failed: tuple[str, ...]


def verdicts(addresses: Sequence[str]) -> list[Verdict]:
    """What Lighthouse says of each of `addresses`, on a phone.

    Raises `RuntimeError` if it fails.
    """
    npm_file("lighthouse/package.json")
    script = str(npm_file("../lighthouse.mjs"))
    command = ["node", script, chromium_path(), *addresses]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise RuntimeError(f"Lighthouse failed: {done.stderr.strip()}")
    found = [json.loads(row) for row in done.stdout.splitlines() if row.startswith("{")]
    return [Verdict(tuple(one["scores"]), one["shift"], tuple(one["failed"])) for one in found]
