"""Releases in a folder of this machine."""

import fcntl
import filecmp
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from executable_posts.errors import Problem, ProblemError

from ..manifest import NAME, read_manifest
from .base import failed, refused
from .releases import UNFINISHED, Look

_LOCK = ".publishing"
_NEXT = ".current-next"


@dataclass(frozen=True)
class LocalHost:
    """The folder `base`, in which `current` will be."""

    name: str
    base: Path

    @contextmanager
    def lock(self) -> Iterator[None]:
        with self._told("cannot be written"):
            self._releases.mkdir(parents=True, exist_ok=True)
            file = (self.base / _LOCK).open("a", encoding="ascii")
        with file:
            try:
                # The system gives it back when this process ends, however that was.
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise refused(self.name) from None
            for left in self._releases.glob(f"{UNFINISHED}*"):
                shutil.rmtree(left, ignore_errors=True)
            yield

    def look(self) -> Look:
        link = self.base / "current"
        if link.exists() and not link.is_symlink():
            message = f"{link} is no link to a release: move it away, or name another folder"
            raise ProblemError(Problem(f"target {self.name}", message))
        current = link.readlink().name if link.is_symlink() else None
        before = {entry.name: self._before(entry.name) for entry in self._releases.iterdir()}
        if current is None:
            return Look(before=before)
        manifest = self.read(current, [NAME]).get(NAME)
        return Look(current, self.names(current), before, manifest)

    def _before(self, release: str) -> str | None:
        try:
            return read_manifest((self._releases / release / NAME).read_text("utf-8")).before
        except (OSError, ValueError):  # damaged, or no release of ours
            return None

    def names(self, release: str) -> frozenset[str]:
        folder = self._releases / release
        return frozenset(
            Path(where, name).relative_to(folder).as_posix()
            for where, folders, files in os.walk(folder)
            for name in (*files, *(f for f in folders if Path(where, f).is_symlink()))
        )

    def read(self, release: str, names: Collection[str]) -> Mapping[str, bytes]:
        files = {name: self._releases / release / name for name in names}
        return {name: file.read_bytes() for name, file in files.items() if file.is_file()}

    def send(self, folder: Path, names: Collection[str], new: str, like: str | None) -> None:
        with self._told("cannot be written"):
            for name in sorted(names):
                place = self._place(new, name)
                old = self._releases / like / name if like else None
                if old and old.is_file() and filecmp.cmp(folder / name, old, shallow=False):
                    _link(old, place)
                else:
                    _write(place, (folder / name).read_bytes())

    def link(self, release: str, names: Collection[str], new: str) -> None:
        with self._told("cannot be written"):
            for name in sorted(names):
                _link(self._releases / release / name, self._place(new, name))

    def switch(self, new: str, release: str, old: Collection[str]) -> None:
        with self._told("cannot be switched"):
            (self._releases / new).rename(self._releases / release)
            following = self.base / _NEXT
            following.unlink(missing_ok=True)
            following.symlink_to(Path("releases", release))
            following.replace(self.base / "current")
        for one in old:
            shutil.rmtree(self._releases / one, ignore_errors=True)

    @property
    def _releases(self) -> Path:
        return self.base / "releases"

    def _place(self, new: str, name: str) -> Path:
        """Where the file `name` will be; its folders are made, for a web server to read."""
        place = self._releases / new / name
        for folder in reversed(place.relative_to(self._releases).parents[:-1]):
            if not (self._releases / folder).is_dir():
                (self._releases / folder).mkdir()
                (self._releases / folder).chmod(0o755)
        return place

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise failed(self.name, f"{self.base} {what}", str(error)) from None


def _link(file: Path, place: Path) -> None:
    try:
        os.link(file, place, follow_symlinks=False)
    except PermissionError:  # another user's file, of which the system allows no links
        shutil.copy2(file, place, follow_symlinks=False)


def _write(place: Path, data: bytes) -> None:
    with place.open("xb") as file:
        file.write(data)
        file.flush()
        # Else a machine that loses power may have switched to a release of empty files.
        os.fsync(file.fileno())
    place.chmod(0o644)
