"""What git knows of executed notebooks: since when each holds what it holds.

An executed notebook has no date in it, so that running again with the same result leaves it as it
is. The date of its last run that gave something new is that of the commit which brought it.
"""

import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_COMMIT = "\x01"
Essence = Callable[[bytes], object]
"""What of a file's bytes has to change for it to count as another version."""


@dataclass(frozen=True)
class Version:
    """A file as a commit left it. `first` says that nothing before it is known."""

    commit: str
    when: datetime
    first: bool = False


class History:
    """The commits that touched files below a folder; asks git once, and later for contents."""

    def __init__(self, root: Path, versions: Mapping[str, Sequence[Version]], dirty: set[str]):
        self._root = root
        self._versions = versions
        self._dirty = dirty

    def since(self, name: str, essence: Essence) -> datetime | None:
        """Since when the file `name` below the root has the essence that it has.

        What is not committed yet is as old as the file. `None` where the history is cut off (a
        shallow clone) before the commit that would tell.
        """
        file = self._root / name
        versions = self._versions.get(name, ())
        if not versions:
            return _date_of(file)
        now = essence(file.read_bytes())
        if name in self._dirty and now != essence(self._content(versions[0], name)):
            return _date_of(file)
        return since(versions, lambda version: essence(self._content(version, name)) == now)

    def newest(self, name: str) -> str | None:
        """The last commit that touched the file `name`; `None` if it was never committed."""
        versions = self._versions.get(name)
        return versions[0].commit if versions else None

    def _content(self, version: Version, name: str) -> bytes:
        # Of a path in `<commit>:./<path>`, git knows that it begins at the working folder.
        return _git(self._root, "show", f"{version.commit}:./{name}") or b""


def since(versions: Sequence[Version], same: Callable[[Version], bool]) -> datetime | None:
    """When the oldest of the newest `versions` that are still the `same` was made.

    `None` if that is the one before which nothing is known.
    """
    found = None
    for version in versions:
        if not same(version):
            break
        found = version
    return None if found is None or found.first else found.when


def read(root: Path, folder: str) -> History | None:
    """The history of the files in `folder` below `root`.

    `None` if there is one that nobody can read: git is not installed, or refuses a repository of
    another user. The files of a checkout are no older than that, so that their dates tell nothing.
    """
    log = _git(
        root,
        *("log", "--no-renames", "--diff-merges=first-parent", "-z", "--name-only", "--relative"),
        *(f"--format={_COMMIT}%H %at", "--", folder),
    )
    if log is None:  # no repository, or nothing committed yet, or not for us
        is_one = any((above / ".git").exists() for above in (root, *root.parents))
        has_none = _git(root, "rev-parse", "--git-dir") is not None or not is_one
        return History(root, {}, set()) if has_none else None
    versions: dict[str, list[Version]] = {}
    cut = frozenset(_cut(root))
    for commit, seconds, names in commits(log.decode("utf-8", "surrogateescape")):
        when = datetime.fromtimestamp(seconds, UTC)
        for name in names:
            versions.setdefault(name, []).append(Version(commit, when, commit in cut))
    changed = _git(root, "diff", "--name-only", "--relative", "-z", "HEAD", "--", folder) or b""
    return History(root, versions, set(changed.decode("utf-8", "surrogateescape").split("\0")))


def commits(log: str) -> Iterator[tuple[str, int, list[str]]]:
    """Commit, seconds since 1970, names of files, of each entry of what git wrote.

    >>> list(commits("\\x01abc 10\\0\\0a.ipynb\\0b.ipynb\\0\\x01def 9\\0\\0a.ipynb\\0"))
    [('abc', 10, ['a.ipynb', 'b.ipynb']), ('def', 9, ['a.ipynb'])]
    """
    for entry in log.split(_COMMIT)[1:]:
        head, _, names = entry.partition("\0")
        commit, _, seconds = head.strip().partition(" ")
        yield commit, int(seconds), [name.strip("\n") for name in names.split("\0") if name.strip()]


def _cut(root: Path) -> Iterable[str]:
    """The commits whose parents a shallow clone has left out."""
    path = _git(root, "rev-parse", "--git-path", "shallow")
    try:
        return (root / (path or b"").decode().strip()).read_text(encoding="ascii").split()
    except OSError:
        return ()


def _date_of(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _git(root: Path, *arguments: str) -> bytes | None:
    """What git says; `None` if there is no git, no repository or no commit."""
    command = ["git", "-c", "core.quotePath=false", "-C", str(root), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
