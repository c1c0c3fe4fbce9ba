"""Publishing to real places on this machine: a bare repository, an sshd with rsync, a folder."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from executable_posts.errors import ProblemError
from site_publishing.changes import changes, with_leaving
from site_publishing.manifest import MARKER, NAME
from site_publishing.targets.named import chosen_target

from tests.places import KINDS, Kind, Place, make_place, publish, site_in, start_publisher
from tests.programs import SshServer, ssh_server

OLD = {"index.html": "old", "a/page.html": "a", "fig.png": "1", "theme/x-1.css": "x1"}
NEW = {"index.html": "new", "a/page.html": "a", "fig.png": "2", "b.html": "b", "theme/x-2.css": "2"}
THEIRS = {"CNAME": "blog.test\n", ".well-known/key": "k", "pr/7/index.html": "preview"}


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("ssh")) as server:
        os.environ["RSYNC_RSH"] = server.shell
        yield server
        del os.environ["RSYNC_RSH"]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, ssh: SshServer) -> Place:
    kind: Kind = request.param
    return make_place(kind, tmp_path, ssh.host)


def put(place: Place, name: str, files: dict[str, str]) -> str:
    folder, manifest = site_in(place.folder / name, files)
    publish(place.target, folder, manifest)
    return manifest.version


def put_theirs(place: Place) -> None:
    for name, text in THEIRS.items():
        place.put_by_others(name, text)


def roll_back(place: Place) -> None:
    with place.target.open() as session:
        assert session.manifest
        assert session.manifest.before
        before = session.earlier(session.manifest.before)
        assert before
        found = changes(session.manifest, before, session.files)
        now = with_leaving(before, session.manifest, found)
        session.restore(now, session.manifest.before, set(found.foreign))


def test_a_site_comes_online_and_what_others_put_there_stays(place: Place) -> None:
    version = put(place, "one", OLD)
    assert place.online() == {**OLD, MARKER: f"{version}\n"}
    put_theirs(place)
    version = put(place, "two", NEW)
    # The style sheet of the version before stays for those who have a page of that open.
    now = {**NEW, "theme/x-1.css": "x1", MARKER: f"{version}\n"}
    assert place.online() == {**now, **THEIRS}
    version = put(place, "three", {**NEW, "index.html": "newest"})
    now = {**NEW, "index.html": "newest", MARKER: f"{version}\n"}
    assert place.online() == {**now, **THEIRS}


def test_rolling_back_goes_back_one_version_a_time(place: Place) -> None:
    versions = [{"index.html": str(number), f"{number}.html": "x"} for number in range(3)]
    names = [put(place, f"v{number}", files) for number, files in enumerate(versions)]
    put_theirs(place)
    for number in (1, 0):
        roll_back(place)
        assert place.online() == {**versions[number], MARKER: f"{names[number]}\n", **THEIRS}
    with place.target.open() as session:
        assert session.manifest
        assert session.manifest.before is None
    # What is published now comes after the version that is online.
    put(place, "v4", {"index.html": "4"})
    roll_back(place)
    assert place.online() == {**versions[0], MARKER: f"{names[0]}\n", **THEIRS}


def test_of_two_publishers_the_second_is_refused(place: Place) -> None:
    put(place, "one", OLD)
    with place.target.open(), pytest.raises(ProblemError) as caught, place.target.open():
        pass
    assert str(caught.value) == (
        "target here: somebody publishes there just now; try again when they are done"
    )
    put(place, "two", NEW)


def test_what_somebody_puts_there_meanwhile_stays(place: Place) -> None:
    put(place, "one", OLD)
    folder, manifest = site_in(place.folder / "two", NEW)
    with place.target.open() as session:
        found = changes(session.manifest, manifest, session.files)
        now = with_leaving(manifest, session.manifest, found).after(session.state)
        place.put_by_others("pr/8/index.html", "late")
        session.put(now, folder, set(found.foreign))
    assert place.online()["pr/8/index.html"] == "late"
    assert place.online()["index.html"] == "new"


@pytest.mark.slow
def test_a_publisher_that_is_killed_at_any_moment_leaves_one_whole_version(place: Place) -> None:
    """Killed with its children at ten moments, spread over the time that a publish takes."""
    states = []
    for number in (0, 1):
        files = {f"p{page}.html": f"{number} {page}" for page in range(60)} | {"index.html": "i"}
        states.append(site_in(place.folder / f"s{number}", files))
    publish(place.target, *states[0])
    put_theirs(place)

    def whole(number: int) -> dict[str, str]:
        folder = states[number][0]
        files = (file for file in folder.rglob("*") if file.is_file())
        found = {file.relative_to(folder).as_posix(): file.read_text() for file in files}
        return {name: text for name, text in found.items() if name != NAME} | THEIRS

    begin = time.monotonic()
    publish(place.target, *states[1])
    duration = time.monotonic() - begin
    chance = random.Random(8)
    online, killed = 1, 0
    for attempt in range(10):
        process = start_publisher(place, *states[1 - online])
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        begin = time.monotonic()
        try:
            process.wait(duration * (attempt + chance.random()) / 10)
            # The machine was busier when it was measured.
            duration = time.monotonic() - begin
        except subprocess.TimeoutExpired:
            with_children = attempt % 2 == 0  # else they end by themselves
            number = (signal.SIGKILL, signal.SIGTERM)[attempt // 2 % 2]
            (os.killpg if with_children else os.kill)(process.pid, number)
        process.communicate(timeout=60)
        killed += process.returncode < 0
        shown = place.online()
        assert shown in (whole(0), whole(1)), attempt
        # An orphaned push or copy may still be at its end: then the next has to wait.
        online = published_at_last(place, states[1 - online], 1 - online)
        assert place.online() == whole(online)
        assert place.leftovers() == []
    assert killed > 4


def published_at_last(place: Place, state: tuple[Path, object], number: int) -> int:
    for _ in range(100):
        try:
            publish(place.target, *state)  # type: ignore[arg-type]
            return number
        except ProblemError:
            time.sleep(0.1)
    raise AssertionError("never free again")


def test_a_folder_that_cannot_be_written_leaves_the_target_as_it_was(
    tmp_path: Path, ssh: SshServer
) -> None:
    (tmp_path / "file").write_text("")
    place = make_place("folder", tmp_path, ssh.host)
    put(place, "one", OLD)
    target = chosen_target({"x": f"folder:{tmp_path / 'file'}/blog"}, "", tmp_path, "")
    with pytest.raises(ProblemError) as caught, target.open():
        pass
    assert str(caught.value).startswith(
        f"target x: {tmp_path / 'file'}/blog cannot be written; what is online is as it was\n"
    )


def test_a_release_that_cannot_be_finished_leaves_the_target_as_it_was(place: Place) -> None:
    put(place, "one", OLD)
    before = place.online()
    folder, manifest = site_in(place.folder / "two", NEW)
    (folder / "b.html").unlink()
    with pytest.raises(ProblemError) as caught:
        publish(place.target, folder, manifest)
    assert "; what is online is as it was" in str(caught.value)
    assert place.online() == before
    put(place, "three", NEW)
    assert place.online()["index.html"] == "new"
    assert place.leftovers() == []


def test_a_current_that_is_no_link_is_not_touched(tmp_path: Path, ssh: SshServer) -> None:
    for kind in ("folder", "rsync"):
        folder = tmp_path / kind
        folder.mkdir()
        place = make_place(kind, folder, ssh.host)
        (place.base / "current").mkdir(parents=True)
        with pytest.raises(ProblemError) as caught, place.target.open():
            pass
        assert "/current is no link to a release: move it away, or name another folder" in str(
            caught.value
        )


def test_unchanged_files_are_linked_and_few_releases_stay(tmp_path: Path, ssh: SshServer) -> None:
    for kind in ("folder", "rsync"):
        folder = tmp_path / kind
        folder.mkdir()
        place = make_place(kind, folder, ssh.host)
        for number in range(7):
            put(place, f"v{number}", {"index.html": str(number), "same.png": "same"})
        assert (place.base / "current" / "same.png").stat().st_nlink == 5
        assert len(list((place.base / "releases").iterdir())) == 5
        assert oct((place.base / "current" / "index.html").stat().st_mode)[-3:] == "644"
        assert oct((place.base / "current").stat().st_mode)[-3:] == "755"


@pytest.mark.usefixtures("ssh")
def test_a_server_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    target = chosen_target({"s": "rsync:nobody@127.0.0.1:/srv/blog"}, "", tmp_path, "")
    with pytest.raises(ProblemError) as caught, target.open():
        pass
    assert str(caught.value).startswith(
        "target s: nobody@127.0.0.1 cannot be used; what is online is as it was\n"
    )
    assert "Permission denied" in str(caught.value)


def test_a_remote_that_is_not_there_is_named(tmp_path: Path) -> None:
    place = make_place("git", tmp_path, "")
    target = chosen_target({"p": "git:upstream#pages"}, "", place.clone, "")
    with pytest.raises(ProblemError) as caught, target.open():
        pass
    assert str(caught.value).startswith("target p: upstream cannot be read; what is online is ")


def test_a_push_that_is_forbidden_leaves_the_branch_as_it_was(tmp_path: Path) -> None:
    place = make_place("git", tmp_path, "")
    put(place, "one", OLD)
    before = place.git("rev-parse", "pages")
    hook = place.base / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho this branch is protected >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ProblemError) as caught:
        put(place, "two", NEW)
    assert "target here: origin refused the push; what is online is as it was" in str(caught.value)
    assert "this branch is protected" in str(caught.value)
    assert place.git("rev-parse", "pages") == before


def test_a_publish_is_one_commit_and_leaves_the_clone_alone(tmp_path: Path) -> None:
    place = make_place("git", tmp_path, "")
    (place.clone / "post.md").write_text("text")
    git = ["git", "-c", "user.name=Ana", "-c", "user.email=ana@blog.test"]
    subprocess.run([*git, "add", "post.md"], cwd=place.clone, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "A post"], cwd=place.clone, check=True)
    (place.clone / "post.md").write_text("edited")
    (place.clone / "staged.md").write_text("staged")
    subprocess.run(["git", "add", "staged.md"], cwd=place.clone, check=True)

    def state() -> list[str]:
        commands = (["status", "--porcelain"], ["branch"], ["rev-parse", "HEAD"])
        return [
            subprocess.run(
                ["git", *command], cwd=place.clone, capture_output=True, text=True, check=True
            ).stdout
            for command in commands
        ]

    (place.clone / ".git" / "info" / "exclude").write_text(".cache\n")
    before = state()
    first = put(place, "one", OLD)
    put_theirs(place)
    put(place, "two", NEW)
    assert state() == before
    log = place.git("log", "--format=%an: %s", "pages").split("\n")
    assert log[-1].endswith(f": Publish {first}")
    assert len(log) == 2 + len(THEIRS)
    assert "made of" in place.git("log", "-1", "--format=%b", "pages")


def test_a_shallow_clone_publishes_and_rolls_back(tmp_path: Path) -> None:
    """What actions/checkout gives."""
    place = make_place("git", tmp_path, "")
    put(place, "one", OLD)
    put(place, "two", NEW)
    shallow = tmp_path / "shallow"
    source = f"file://{place.base}"
    command = ["git", "clone", "-q", "--depth=1", "-b", "pages", source, str(shallow)]
    subprocess.run(command, check=True)
    other = Place("git", tmp_path, shallow, "git:origin#pages")
    put(other, "three", {**NEW, "c.html": "c"})
    assert other.online()["c.html"] == "c"
    roll_back(other)
    assert "c.html" not in other.online()
    roll_back(other)
    assert other.online()["index.html"] == "old"


def test_a_branch_that_another_clone_published_to_meanwhile_is_not_overwritten(
    tmp_path: Path,
) -> None:
    place = make_place("git", tmp_path, "")
    put(place, "one", OLD)
    elsewhere = tmp_path / "elsewhere"
    subprocess.run(["git", "clone", "-q", place.base, elsewhere], check=True)
    other = Place("git", tmp_path, elsewhere, "git:origin#pages")
    folder, manifest = site_in(tmp_path / "two", NEW)
    with place.target.open() as session:
        found = changes(session.manifest, manifest, session.files)
        put(other, "three", {"index.html": "theirs"})
        with pytest.raises(ProblemError, match="somebody publishes there just now"):
            session.put(manifest.after(session.state), folder, set(found.foreign))
    assert place.online()["index.html"] == "theirs"
