"""The templates for CI services: valid, careful with forks, and every command in them works."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documentation import TEXT
from tests.programs import web_server
from tests.publish_blog import ROOT, make_blog
from tests.test_readme import example

WORKFLOW = ROOT / ".github" / "workflows" / "site.yml"
PIPELINE = ROOT / ".gitlab-ci.yml"
ADDRESS = "http://blog.test"


def workflow() -> Any:
    return yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))


def pipeline() -> Any:
    return yaml.safe_load(PIPELINE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("schema", "file"), [("vendor.github-workflows", WORKFLOW), ("vendor.gitlab-ci", PIPELINE)]
)
def test_the_services_schemas_know_them(schema: str, file: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    command += ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
    done = subprocess.run([*command, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_are_pinned_and_nothing_of_a_fork_sees_a_secret() -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    known = workflow()
    uses = [
        step["uses"] for job in known["jobs"].values() for step in job["steps"] if "uses" in step
    ]
    assert len(uses) > 5
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", name) for name in uses), uses
    assert "pull_request_target" not in text
    assert "secrets." not in text
    # YAML 1.1 takes the key `on` for true.
    assert known[True] == {"pull_request": None, "push": {"branches": ["main"]}}
    assert known["permissions"] == {}
    jobs = known["jobs"]
    permissions = {name: job["permissions"] for name, job in jobs.items()}
    assert permissions == {
        "site": {"contents": "read"},
        "drift": {"contents": "read"},
        "publish": {"contents": "write"},
    }
    assert jobs["drift"]["if"] == (
        "github.event_name == 'pull_request' && "
        "github.event.pull_request.head.repo.full_name == github.repository"
    )
    assert jobs["publish"]["if"] == "github.event_name == 'push'"
    # What others wrote never becomes a part of a command.
    assert not [line for line in commands_of(known["jobs"]) if "${{" in line]
    [rule] = pipeline()["drift"]["rules"]
    assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID" in rule["if"]


def commands_of(jobs: Mapping[str, Any]) -> list[str]:
    return [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of a small blog with these templates, and its remote, which publishes gh-pages."""
    folder = tmp_path / "clone"
    folder.mkdir()
    blog = make_blog(folder)
    text = blog.settings_file.read_text()
    (folder / "pelicanconf.py").write_text(f'{text}\nSITEURL = ""\nRELATIVE_URLS = True\n')
    targets = re.search(r"PUBLISH_TARGETS = \{.*?\n\}", (ROOT / "publishconf.py").read_text(), re.S)
    assert targets
    blog.settings(f'import os\nSITEURL = os.environ["SITEURL"]\n{targets[0]}\n')
    blog.post("pi", "```python\nprint(355 / 113)\n```\n", head="Execute: yes\n")
    for name in ("tasks.py", "requirements.txt", "requirements-publish.txt"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "plugins").symlink_to(ROOT / "plugins")
    remote, served = tmp_path / "remote.git", tmp_path / "served"
    served.mkdir()
    subprocess.run(["git", "init", "-q", "--bare", remote], check=True)
    hook = remote / "hooks" / "post-receive"
    hook.write_text(f"#!/bin/sh\ngit --work-tree={served} checkout -f gh-pages\n")
    hook.chmod(0o755)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "remote", "add", "origin", remote], cwd=folder, check=True)
    return folder


@pytest.fixture
def environment(tmp_path: Path, clone: Path) -> Iterator[dict[str, str]]:
    """What a service gives its jobs; pip looks at what it is to install, and installs nothing."""
    programs = tmp_path / "programs"
    programs.mkdir()
    pip = programs / "pip"
    pip.write_text(f'#!/bin/sh\nexec {sys.executable} -m pip "$@" --dry-run --no-deps --quiet\n')
    pip.chmod(0o755)
    (tmp_path / "nginx").mkdir()
    with web_server(clone.parent / "served", tmp_path / "nginx") as port:
        tools = f"{programs}:{Path(sys.executable).parent}"
        yield {
            **os.environ,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "SITEURL": ADDRESS,
            "http_proxy": f"http://127.0.0.1:{port}",
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        }


def run(lines: str, clone: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", lines],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{lines}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_every_command_of_the_workflow_works(
    clone: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    run("invoke build", clone, environment)  # what the author did before the pull request
    shutil.rmtree(clone / "output")
    jobs = workflow()["jobs"]
    for name in ("site", "drift", "publish"):
        for command in commands_of({name: jobs[name]}):
            run(command, clone, environment)
    assert (clone / "output" / "index.html").is_file()
    assert "no drift: every run gave what is stored" in (tmp_path / "summary.md").read_text()
    assert (clone / ".cache" / "drift.html").is_file()
    assert "3.14159" in (tmp_path / "served" / "pi.html").read_text()
    assert (tmp_path / "served" / ".nojekyll").is_file()


# What docs/publishing.md says, in its order, and what comes of it.
PUBLISHING = {
    "invoke publish --check": "HTML by html5lib: nothing is wrong",
    "invoke publish --dry-run": "pages: 5 added",
    "invoke publish": r"Publish this to pages .*\? \[y/N\] published",
    "invoke publish --yes --verify": "http://blog.test/ shows",
    "invoke publish --target public --yes": r"\npublished [0-9a-f]{12}\r",
    "invoke publish --rollback": "target pages: there is nothing before",
}


@pytest.mark.slow
def test_every_command_of_the_documentation_works(clone: Path, environment: dict[str, str]) -> None:
    """In a terminal, in which somebody types y."""
    run("invoke build", clone, environment)
    for command, words in PUBLISHING.items():
        said = typed(command, clone, environment)
        assert re.search(words, said), said
    assert (clone / "public" / "pi.html").is_file()


@pytest.mark.slow
def test_the_documented_session_is_what_a_publish_says(
    clone: Path, environment: dict[str, str]
) -> None:
    """With the README's own example, in which a line is dashed after the first publish."""
    [session] = re.findall(r"```\n\$ invoke publish\n(.*?)```", TEXT, re.DOTALL)
    post = clone / "content" / "posts" / "duas-linhas.md"
    post.write_text(example().replace("2026-11-25", "2020-01-02"))
    run("invoke build && invoke publish --yes", clone, environment)
    post.write_text(post.read_text().replace("(x, x)", '(x, x, "--")'))
    run("invoke build", clone, environment)
    said = typed("invoke publish", clone, environment).replace("\r\n", "\n").removeprefix("y\n")
    # What is typed is shown by the terminal where it is typed.
    assert alike(said.replace("[y/N] ", "[y/N] y\n")) == alike(session), said


def alike(session: str) -> str:
    """A session without what is another number each time."""
    session = re.sub(r"https?://[\w./-]+", "ADDRESS", session)
    session = re.sub(r"\b[0-9a-f]{12}\b", "VERSION", session)
    return re.sub(r"\d+(\.\d+)?( kB|%| addresses| of 255)", r"N\2", session)


def typed(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    master, slave = os.openpty()
    os.write(master, b"y\n")
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    said = b""
    with suppress(OSError):  # Linux's way to say that nobody has the other end open
        while chunk := os.read(master, 1 << 16):
            said += chunk
    process.wait(60)
    os.close(master)
    return said.decode()


@pytest.mark.slow
def test_every_command_of_the_pipeline_works(
    clone: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    run("invoke build", clone, environment)
    jobs = pipeline()
    for name in ("site", "drift", "pages"):
        run("\n".join(jobs[name]["script"]), clone, environment)
    assert "3.14159" in (clone / "public" / "pi.html").read_text()
    # Online now; the next job begins with a fresh clone, and hands over all of the site again.
    served = tmp_path / "served"
    shutil.copytree(clone / "public", served, dirs_exist_ok=True)
    shutil.rmtree(clone / "public")
    said = run(jobs["pages"]["script"][-1], clone, environment)
    assert "already" in said
    assert (clone / "public" / "index.html").is_file()
    (clone / "content" / "posts" / "um.md").unlink()
    done = subprocess.run(
        ["bash", "-c", jobs["pages"]["script"][-1]],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "um.html: this published page would be gone" in done.stderr
