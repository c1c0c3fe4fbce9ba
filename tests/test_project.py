"""Rules that hold for the repository as a whole."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ["requirements.txt", "requirements-dev.txt", "tests/benchmarks/requirements.txt"]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_and_hashed_and_names_no_index(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text.partition("\n#    invoke requirements\n")[2])
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[\w.-]+==\S+ ", entry), entry
        assert "--hash=sha256:" in entry, entry
    assert "http" not in text
    assert "index" not in text.replace("pythonhosted", "")


def test_what_the_blog_needs_is_pinned_alike_for_tests() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return set(re.findall(r"^[\w.-]+==\S+", text, re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_make_only_passes_tasks_on() -> None:
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 30
    assert "\t@$(VENV)/bin/invoke $@" in lines


def test_make_refuses_a_python_that_is_too_old(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\necho "Python 3.11 to 3.13 is needed" >&2; exit 1\n')
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "build", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Python 3.11 to 3.13 is needed" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_the_dataset_is_the_recorded_one() -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"],
        cwd=ROOT / "content" / "data",
        check=False,
    )
    assert done.returncode == 0


def test_no_module_is_longer_than_400_lines() -> None:
    for file in (ROOT / "plugins").rglob("*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 400, file
