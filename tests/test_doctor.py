"""What is said of a machine that lacks something; each time of a real process that lacks it."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from executable_posts.pinned import compare

from tests.blog import ROOT
from tests.test_blog import copy_of_the_project, run_task

LINE = re.compile(r"(ok|missing|optional) +([^:]+): (.*)")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_project(tmp_path_factory.mktemp("clone"))


def examined(
    folder: Path, *python: str, path: str | None = None
) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit status, and what is said of each thing: its state and the words."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "plugins")}
    if path is not None:
        environment["PATH"] = path
    command = [sys.executable, *python, "-m", "executable_posts.doctor"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    rows = [LINE.fullmatch(line) for line in done.stdout.splitlines()[:-1]]
    return done.returncode, {row[2]: (row[1], row[3]) for row in rows if row}


def test_nothing_is_missing_where_the_tests_run(clone: Path) -> None:
    done = run_task(clone, "doctor")
    assert done.returncode == 0, done.stdout
    *rows, last = done.stdout.splitlines()
    assert all(LINE.fullmatch(row) for row in rows), done.stdout
    assert last == "nothing is missing that a build needs"
    for what in ("Python", "packages to run posts", "dataset mnist.npz", "git", "port", "disk"):
        assert re.search(rf"^ok +{what}: ", done.stdout, re.MULTILINE), done.stdout


def test_what_is_not_installed_is_named_with_the_command_that_installs_it(clone: Path) -> None:
    # -S: without site-packages, as an empty environment has it.
    status, found = examined(clone, "-S")
    assert status == 1
    state, words = found["packages to build the site"]
    assert state == "missing"
    assert re.fullmatch(
        r"\d+ of \d+ are not as in requirements-publish.txt \(no \S+, no \S+, no \S+, …\): "
        r"`pip install --require-hashes -r requirements-publish.txt`",
        words,
    )
    assert found["packages to run the tests"][0] == "optional"
    assert found["nbconvert"] == (
        "optional",
        "not installed; `invoke import` needs it: "
        "`pip install --require-hashes -r requirements.txt`",
    )


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "`sudo apt-get install openssh-client`"),
        ("dnf", "`sudo dnf install openssh-clients`"),
        ("brew", "`brew install openssh`"),
        ("", "install ssh"),
    ],
)
def test_a_program_that_is_not_there_comes_with_the_command_of_this_system(
    clone: Path, tmp_path: Path, manager: str, command: str
) -> None:
    if manager:
        (tmp_path / manager).write_text("#!/bin/sh\n")
        (tmp_path / manager).chmod(0o755)
    status, found = examined(clone, path=str(tmp_path))
    assert status == 0
    assert found["ssh"] == (
        "optional",
        f"not found; needed to publish to a machine of yours: {command}",
    )
    assert {found[name][0] for name in ("git", "rsync", "chromium", "java")} == {"optional"}


def test_a_dataset_that_is_damaged_or_away_is_missing(clone: Path, tmp_path: Path) -> None:
    data = tmp_path / "content" / "data"
    shutil.copytree(clone / "content" / "data", data)
    (data / "mnist.npz").write_bytes(b"half")
    status, found = examined(tmp_path)
    remedy = "`git checkout -- content/data/mnist.npz`"
    assert status == 1
    assert found["dataset mnist.npz"] == ("missing", f"not the file of SHA256SUMS: {remedy}")
    (data / "mnist.npz").unlink()
    assert examined(tmp_path)[1]["dataset mnist.npz"] == ("missing", f"not there: {remedy}")


def test_a_port_that_is_taken_is_passed_over(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8000))
        except OSError:
            pass  # it is taken by somebody else, which is as good
        else:
            taken.listen()
        state, words = examined(tmp_path)[1]["port"]
    assert state == "ok"
    assert re.fullmatch(r"80(0[1-9]|1\d) is free for `invoke serve`", words)


def test_an_old_python_is_told_which_it_is(tmp_path: Path) -> None:
    program = (
        "import sys; sys.version_info = (3, 10, 2); sys.version = '3.10.2 (old)';"
        "from pathlib import Path; from executable_posts.doctor import main;"
        "sys.exit(main(Path.cwd(), print))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT / "plugins")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.startswith("missing   Python: 3.10.2, but 3.11 to 3.13 is needed: ")


def test_make_doctor_installs_nothing(clone: Path) -> None:
    done = subprocess.run(
        ["make", "doctor", f"PYTHON={sys.executable}"],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("ok ")
    assert not (clone / ".venv").exists()


def test_pins_are_compared_where_their_markers_hold() -> None:
    found = compare(
        "pelican==0.1 \\\n    --hash=sha256:0\n"
        "nothing-of-that-name==1 \\\n    --hash=sha256:0\n"
        "colorama==1 ; sys_platform == 'win32' \\\n    --hash=sha256:0\n"
    )
    assert found.count == 2
    assert found.differences[0].endswith(", pinned is 0.1")
    assert found.differences[1] == "no nothing-of-that-name"
