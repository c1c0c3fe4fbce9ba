"""Places to publish to, of each kind, as tests see them: what is online, what others put there."""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from site_publishing.changes import changes, with_leaving
from site_publishing.manifest import NAME, Manifest
from site_publishing.staging import with_marker
from site_publishing.targets.base import Target
from site_publishing.targets.named import chosen_target

Kind = Literal["git", "rsync", "folder"]
KINDS: tuple[Kind, ...] = ("git", "rsync", "folder")
ADDRESS = "https://blog.test"

Files = Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """A target of one kind in the folder `folder`, where the publisher has `clone`."""

    kind: Kind
    folder: Path
    clone: Path
    setting: str

    @property
    def base(self) -> Path:
        """Where the releases are, or the bare repository."""
        return self.folder / "blog"

    @property
    def target(self) -> Target:
        return chosen_target({"here": self.setting}, "", self.clone, ADDRESS)

    def online(self) -> dict[str, str]:
        """All files that readers can get now, but the manifest."""
        # Looked up once: an orphan of a publisher that was killed may still be at its end.
        if self.kind != "git":
            link = self.base / "current"
            top = link.resolve()
            files = [file for file in top.rglob("*") if file.is_file()] if link.exists() else []
            found = {file.relative_to(top).as_posix(): file.read_text() for file in files}
        elif not (commit := self.git("for-each-ref", "--format=%(objectname)", "refs/heads/pages")):
            found = {}
        else:
            command = ["git", "archive", "--format=tar", commit]
            tar = subprocess.run(command, cwd=self.base, capture_output=True, check=True).stdout
            with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
                entries = [entry for entry in archive.getmembers() if entry.isfile()]
                found = {entry.name: _text(archive, entry) for entry in entries}
        return {name: text for name, text in found.items() if name != NAME}

    def put_by_others(self, name: str, text: str) -> None:
        """What somebody else does: a file beside those of the publisher."""
        if self.kind != "git":
            file = self.base / "current" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            return
        work = self.folder / "others"
        subprocess.run(["rm", "-rf", work], check=True)
        subprocess.run(["git", "clone", "-q", "-b", "pages", self.base, work], check=True)
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text)
        for command in (["add", "-A"], ["commit", "-q", "-m", "theirs"], ["push", "-q"]):
            subprocess.run(["git", *IDENTITY, *command], cwd=work, check=True)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.base, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def leftovers(self) -> list[str]:
        """What a publisher that was killed has not tidied up."""
        if self.kind == "git":
            return []
        names = [entry.name for entry in (self.base / "releases").iterdir()]
        return [name for name in names if name.startswith(".")]


def _text(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> str:
    file = archive.extractfile(entry)
    assert file
    return file.read().decode()


IDENTITY = ("-c", "user.name=Ana", "-c", "user.email=ana@blog.test")


def make_place(kind: Kind, folder: Path, ssh_host: str) -> Place:
    """An empty place of the kind, and a clone that publishes there."""
    clone = folder / "clone"
    clone.mkdir()
    subprocess.run(["git", "init", "-q", clone], check=True)
    base = folder / "blog"
    if kind == "git":
        subprocess.run(["git", "init", "-q", "--bare", base], check=True)
        subprocess.run(["git", "remote", "add", "origin", base], cwd=clone, check=True)
    setting = {
        "git": "git:origin#pages",
        "rsync": f"rsync:{ssh_host}:{base}",
        "folder": f"folder:{base}",
    }[kind]
    return Place(kind, folder, clone, setting)


def site_in(folder: Path, files: Files) -> tuple[Path, Manifest]:
    """A built site of `files` in a new folder, and its manifest."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder, with_marker(folder, ADDRESS)


def publish(target: Target, folder: Path, manifest: Manifest) -> None:
    """Put a built site online as `invoke publish` does, without its questions."""
    with target.open() as session:
        found = changes(session.manifest, manifest, session.files)
        now = with_leaving(manifest, session.manifest, found).after(session.state)
        session.put(now, folder, set(found.foreign))


PUBLISHER = """
import sys
from pathlib import Path
from site_publishing.manifest import read_manifest
from site_publishing.targets.named import chosen_target
from tests.places import publish

setting, clone, folder, manifest = sys.argv[1:]
target = chosen_target({"here": setting}, "", Path(clone), "https://blog.test")
read = read_manifest(Path(manifest).read_text())
print("ready", flush=True)
publish(target, Path(folder), read)
print("done", flush=True)
"""


def start_publisher(place: Place, folder: Path, manifest: Manifest) -> "subprocess.Popen[str]":
    """The same in a process of its own, which says `ready` when it begins."""
    file = folder.with_suffix(".json")
    file.write_text(manifest.text())
    root = Path(__file__).resolve().parent.parent
    return subprocess.Popen(
        [sys.executable, "-c", PUBLISHER, place.setting, place.clone, folder, file],
        env=os.environ | {"PYTHONPATH": f"{root / 'plugins'}:{root}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
