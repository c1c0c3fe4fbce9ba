"""Building from executed notebooks where nothing that runs posts is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_blog import ROOT, copy_of_the_project

ABSENT = ("tensorflow", "keras", "matplotlib", "numpy", "ipykernel", "jupyter_client", "nbformat")


@pytest.mark.slow
def test_a_frozen_build_needs_nothing_that_runs_posts(tmp_path: Path) -> None:
    clone = copy_of_the_project(tmp_path / "clone")
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    pip = f"{python} -m pip install --quiet --require-hashes -r requirements-publish.txt"
    subprocess.run(pip.split(), cwd=ROOT, check=True)
    for name in ABSENT:
        assert subprocess.run(
            [python, "-c", f"import {name}"], capture_output=True, check=False
        ).returncode

    frozen = subprocess.run(
        [environment / "bin" / "invoke", "build", "--frozen"],
        cwd=clone,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert frozen.returncode == 0, frozen.stdout + frozen.stderr
    assert "4 posts up to date, not run again; 11 figures written" in frozen.stdout
    figure = clone / "output" / "assets" / "output_14_0.png"
    assert figure.read_bytes().startswith(b"\x89PNG")
