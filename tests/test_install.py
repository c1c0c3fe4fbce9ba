"""What the tests use is there, or is named."""

import subprocess
import sys
from pathlib import Path

from tests.blog import ROOT
from tests.install import PACKAGES, PROGRAMS


def run(path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.install"],
        cwd=ROOT,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_where_all_is_there_nothing_is_done() -> None:
    done = run("/usr/local/bin:/usr/bin:/bin")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_cannot_be_had_is_named(tmp_path: Path) -> None:
    done = run(str(tmp_path))
    assert done.returncode == 1
    assert "the tests need packages of your system: install chromium" in done.stderr


def test_each_package_is_known_by_its_programs() -> None:
    assert PACKAGES.read_text(encoding="utf-8").split() == sorted(PROGRAMS)
