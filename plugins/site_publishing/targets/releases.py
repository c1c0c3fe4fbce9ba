"""A folder of releases and a link to the one that is online, here or on a server.

::

    current → releases/20261130-081500-1f2e3d4c5b6a
    releases/20261130-081500-1f2e3d4c5b6a/       what a web server shows
    releases/.new-…                              one that is being written, or was never finished

A web server that is told to show `current` opens each file through the link, so that renaming
another link over it changes all pages at once. Files that do not change are hard links.
"""

import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from executable_posts.errors import Problem, ProblemError

from ..manifest import NAME, Manifest, read_manifest
from .base import Session

KEPT = 5
"""Releases that stay, the one online included."""

UNFINISHED = ".new-"
_RELEASE = re.compile(r"\d{8}-\d{6}-[0-9a-f]{12}(?:-\d+)?")


@dataclass(frozen=True)
class Look:
    """What there is: the release that is online, its files, and all releases with those before."""

    current: str | None = None
    names: frozenset[str] = frozenset()
    before: Mapping[str, str | None] = field(default_factory=dict)
    manifest: bytes | None = None


class Host(Protocol):
    """Where the releases lie: the few things that must be done there. Names are relative to it."""

    @property
    def name(self) -> str:
        """As the settings call the target."""

    def lock(self) -> AbstractContextManager[None]:
        """Shut others out, for as long as this process lives at most.

        Makes folders that are missing, removes releases that were never finished.
        """

    def look(self) -> Look:
        """What there is. Raises `ProblemError` where `current` is no link to a release."""

    def names(self, release: str) -> frozenset[str]:
        """The files and links below a release."""

    def read(self, release: str, names: Collection[str]) -> Mapping[str, bytes]:
        """The content of those of `names` that the release has."""

    def send(self, folder: Path, names: Collection[str], new: str, like: str | None) -> None:
        """Copy files of a folder here into a release; what is the same in `like` is linked."""

    def link(self, release: str, names: Collection[str], new: str) -> None:
        """Link files of a release into another."""

    def switch(self, new: str, release: str, old: Collection[str]) -> None:
        """Give the unfinished release its name, put it online, and remove `old` ones."""


@dataclass(frozen=True)
class ReleaseTarget:
    """A target of releases on `host`."""

    name: str
    where: str
    host: Host
    extra: frozenset[str] = frozenset()
    keeps: bool = True

    @contextmanager
    def open(self) -> Iterator[Session]:
        with self.host.lock():
            yield _Session(self.host)


class _Session:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._seen = host.look()
        self.state = self._seen.current
        self.files = self._seen.names
        self.manifest = self._understood(self._seen.manifest)

    def read(self, names: Collection[str]) -> Mapping[str, bytes]:
        there = self.files & set(names)
        return self._host.read(self.state, there) if self.state and there else {}

    def earlier(self, state: str) -> Manifest | None:
        if state not in self._seen.before:
            return None
        return self._understood(self._host.read(state, [NAME]).get(NAME))

    def _understood(self, text: bytes | None) -> Manifest | None:
        try:
            return None if text is None else read_manifest(text.decode())
        except ValueError as error:
            raise ProblemError(Problem(f"target {self._host.name}", str(error))) from None

    def put(self, manifest: Manifest, folder: Path, foreign: Collection[str]) -> None:
        new = f"{UNFINISHED}{manifest.version}"
        (folder / NAME).write_text(manifest.text(), encoding="utf-8")
        self._host.send(folder, {*manifest.files, NAME}, new, self.state)
        self._finish(manifest, new, foreign)

    def restore(self, manifest: Manifest, state: str, foreign: Collection[str]) -> None:
        new = f"{UNFINISHED}{manifest.version}"
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, NAME).write_text(manifest.text(), encoding="utf-8")
            self._host.send(Path(folder), {NAME}, new, state)
        self._host.link(state, manifest.files, new)
        self._finish(manifest, new, foreign)

    def _finish(self, manifest: Manifest, new: str, foreign: Collection[str]) -> None:
        if self.state is not None:
            # Others may have put something there since we looked.
            late = self._host.names(self.state) - self.files - manifest.files.keys()
            self._host.link(self.state, {*manifest.leaving, *foreign, *late}, new)
        known = self._seen.before
        release = free_name(manifest.version, known)
        kept = self._chain(manifest, release)
        old = {name for name in known if _RELEASE.fullmatch(name)} - kept
        self._host.switch(new, release, old)

    def _chain(self, manifest: Manifest, release: str) -> set[str]:
        """The release that will be online, and those that `rollback` would come to, one by one.

        The one that was online until now is kept too: readers are in the middle of it.
        """
        kept = {release} | ({self.state} if self.state else set())
        before = manifest.before
        while before in self._seen.before and len(kept) < KEPT:
            kept.add(str(before))
            before = self._seen.before[str(before)]
        return kept


def free_name(version: str, known: Collection[str]) -> str:
    """A name for a release of now that none of `known` has."""
    plain = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{version}"
    number = 1
    name = plain
    while name in known:
        number += 1
        name = f"{plain}-{number}"
    return name
