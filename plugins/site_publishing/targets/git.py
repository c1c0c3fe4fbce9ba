"""A branch of any remote: one commit a publish, made beside the work tree and its index."""

import os
import re
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from executable_posts.errors import Problem, ProblemError

from ..manifest import NAME, Manifest, read_manifest
from .base import Session, failed, refused
from .local import LocalHost

_ENTRY = re.compile(r"(\d{6}) (?:blob|commit) ([0-9a-f]+)\t(.*)", re.DOTALL)
_TRIES = 5
_NOBODY = {"NAME": "invoke publish", "EMAIL": "invoke-publish@users.noreply.invalid"}


@dataclass(frozen=True)
class GitTarget:
    """The branch `branch` of `remote`, a remote's name or an address.

    `repository` is the clone whose remotes, credentials and author count; what is fetched and
    committed goes into it under ``refs/publishing/NAME``, and nowhere else. `cache` holds the lock.
    """

    name: str
    repository: Path
    remote: str
    branch: str
    cache: Path

    # Without it GitHub runs Jekyll on the branch, which drops what begins with `_` or a dot.
    extra = frozenset({".nojekyll"})
    keeps = True

    @property
    def where(self) -> str:
        return f"branch {self.branch} of {self.remote}"

    @contextmanager
    def open(self) -> Iterator[Session]:
        # Publishers elsewhere are told apart by the branch itself, see `_Session.put`.
        with LocalHost(self.name, self.cache / self.name).lock():
            git = _Git(self.name, self.repository)
            yield _Session(self, git)


class _Git:
    """Runs git in the clone."""

    def __init__(self, name: str, repository: Path) -> None:
        self._name = name
        self._repository = repository
        self.environment = {**os.environ, "LC_ALL": "C"}
        if self.ends("var", "GIT_COMMITTER_IDENT"):
            for role in ("AUTHOR", "COMMITTER"):
                self.environment |= {f"GIT_{role}_{key}": value for key, value in _NOBODY.items()}

    def ends(self, *arguments: str) -> int:
        return self.run(*arguments).returncode

    def run(
        self, *arguments: str, sent: bytes = b"", index: str = ""
    ) -> "subprocess.CompletedProcess[bytes]":
        environment = self.environment | ({"GIT_INDEX_FILE": index} if index else {})
        return subprocess.run(
            ["git", *arguments],
            cwd=self._repository,
            env=environment,
            input=sent,
            capture_output=True,
            check=False,
        )

    def out(self, *arguments: str, sent: bytes = b"", index: str = "") -> bytes:
        """What a command writes. Raises `ProblemError` if it fails."""
        done = self.run(*arguments, sent=sent, index=index)
        if done.returncode:
            said = done.stderr.decode(errors="replace")
            raise failed(self._name, f"git {arguments[0]} failed", said)
        return done.stdout

    def word(self, *arguments: str, sent: bytes = b"", index: str = "") -> str:
        """The one word that a command writes."""
        return self.out(*arguments, sent=sent, index=index).decode().strip()


class _Session:
    def __init__(self, target: GitTarget, git: _Git) -> None:
        self._target = target
        self._git = git
        self._look()

    def _look(self) -> None:
        """Fetch the branch and see what is on it."""
        self.state = self._fetch()
        self._entries = self._tree(self.state) if self.state else {}
        self.files = frozenset(self._entries)
        self.manifest = self.earlier(self.state) if self.state else None

    def _fetch(self) -> str | None:
        remote, branch = self._target.remote, f"refs/heads/{self._target.branch}"
        found = self._git.run("ls-remote", "--exit-code", remote, branch)
        if found.returncode == 2:  # the remote has no such branch
            return None
        if found.returncode:
            said = found.stderr.decode(errors="replace")
            raise failed(self._target.name, f"{remote} cannot be read", said)
        self._git.out("fetch", *self._options, remote, f"+{branch}:{self._reference}")
        return self._git.word("rev-parse", self._reference)

    @property
    def _options(self) -> list[str]:
        """A clone that has all history must not become one that has not; one of CI may stay so."""
        shallow = self._git.word("rev-parse", "--is-shallow-repository") == "true"
        return ["--no-tags", "--no-write-fetch-head", *(["--depth=1"] if shallow else [])]

    @property
    def _reference(self) -> str:
        return f"refs/publishing/{self._target.name}"

    def _tree(self, commit: str) -> dict[str, tuple[str, str]]:
        """Name → mode and object of every file of a commit."""
        listed = self._git.out("ls-tree", "-r", "-z", "--full-tree", commit).decode()
        found = (_ENTRY.fullmatch(entry) for entry in listed.split("\0"))
        return {entry[3]: (entry[1], entry[2]) for entry in found if entry}

    def read(self, names: Collection[str]) -> Mapping[str, bytes]:
        return {name: self._blob(self._entries[name][1]) for name in self.files & set(names)}

    def _blob(self, identity: str) -> bytes:
        return self._git.out("cat-file", "blob", identity)

    def earlier(self, state: str) -> Manifest | None:
        if self._git.ends("cat-file", "-e", f"{state}^{{commit}}"):
            self._git.run("fetch", *self._options, self._target.remote, state)
            if self._git.ends("cat-file", "-e", f"{state}^{{commit}}"):
                return None
        entry = self._tree(state).get(NAME)
        if entry is None:
            return None
        try:
            return read_manifest(self._blob(entry[1]).decode())
        except ValueError as error:
            raise ProblemError(Problem(f"target {self._target.name}", str(error))) from None

    def put(self, manifest: Manifest, folder: Path, foreign: Collection[str]) -> None:
        names = sorted(manifest.files)
        paths = "".join(f"{folder.resolve() / name}\n" for name in names).encode()
        made = self._git.out("hash-object", "-w", "--no-filters", "--stdin-paths", sent=paths)
        owned = {
            name: ("100644", identity)
            for name, identity in zip(names, made.decode().split(), strict=True)
        }
        self._push(manifest, owned, foreign)

    def restore(self, manifest: Manifest, state: str, foreign: Collection[str]) -> None:
        then = self._tree(state)
        self._push(manifest, {name: then[name] for name in manifest.files}, foreign)

    def _push(
        self, manifest: Manifest, owned: Mapping[str, tuple[str, str]], foreign: Collection[str]
    ) -> None:
        kept = set(foreign)
        for _ in range(_TRIES):
            stay = {name: self._entries[name] for name in {*manifest.leaving, *kept}}
            commit = self._commit(manifest, {**stay, **owned})
            if self._is_taken(commit):
                return
            before = self.state, self.files, self._entries.get(NAME)
            self._look()
            if self._entries.get(NAME) != before[2]:
                raise refused(self._target.name)
            # Somebody else changed files of theirs: those stay, and ours come upon them.
            kept |= self.files - before[1] - owned.keys()
            kept &= self.files
        raise failed(self._target.name, f"{self._target.where} changes all the time", "")

    def _commit(self, manifest: Manifest, entries: Mapping[str, tuple[str, str]]) -> str:
        text = manifest.text().encode()
        kept = self._git.word("hash-object", "-w", "--no-filters", "--stdin", sent=text)
        listed = {**entries, NAME: ("100644", kept)}
        lines = "".join(f"{mode} {blob}\t{name}\0" for name, (mode, blob) in listed.items())
        with tempfile.TemporaryDirectory() as folder:
            index = str(Path(folder, "index"))
            self._git.out("update-index", "-z", "--index-info", sent=lines.encode(), index=index)
            tree = self._git.word("write-tree", index=index)
        parents = ["-p", self.state] if self.state else []
        head = self._git.run("rev-parse", "--verify", "--quiet", "HEAD").stdout.decode().strip()
        message = f"Publish {manifest.version}\n\nAt {manifest.siteurl}"
        message += f", made of {head}\n" if head else "\n"
        return self._git.word("commit-tree", tree, *parents, sent=message.encode())

    def _is_taken(self, commit: str) -> bool:
        """Push `commit` if the branch is still as it was; whether it was."""
        branch = f"refs/heads/{self._target.branch}"
        done = self._git.run(
            "push",
            "--no-verify",
            "--porcelain",
            f"--force-with-lease={branch}:{self.state or ''}",
            self._target.remote,
            f"{commit}:{branch}",
        )
        if done.returncode == 0:
            self._git.out("update-ref", self._reference, commit)
            return True
        said = (done.stdout + done.stderr).decode(errors="replace")
        if "(stale info)" in said or "(fetch first)" in said or "cannot lock ref" in said:
            return False
        raise failed(self._target.name, f"{self._target.remote} refused the push", said)
