"""Releases on a server, reached by ssh and rsync; it needs a POSIX shell, rsync and flock."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from executable_posts.errors import Problem, ProblemError

from .base import failed, refused
from .releases import UNFINISHED

_LOCK = """
mkdir -p {base}/releases && cd {base} && exec 9>>.publishing || exit 3
command -v flock >/dev/null || {{ echo 'flock is not installed there' >&2; exit 3; }}
command -v rsync >/dev/null || {{ echo 'rsync is not installed there' >&2; exit 3; }}
flock -n 9 || {{ echo busy; exit 0; }}
echo held
cat >/dev/null
"""
_CURRENT = """
cd {base} || exit 3
if [ -L current ]; then readlink current; elif [ -e current ]; then echo //; fi
"""
# -T keeps `mv` from moving the new link into the folder that the old one leads to.
_SWITCH = """
cd {base} && mv releases/{new} releases/{release} && rm -f .current-next || exit 3
ln -s releases/{release} .current-next && sync
mv -T .current-next current 2>/dev/null || mv -fh .current-next current
"""


@dataclass(frozen=True)
class RemoteHost:
    """The folder `base` on the machine `host`, which is as `ssh` takes it."""

    name: str
    host: str
    base: str

    @contextmanager
    def lock(self) -> Iterator[None]:
        # The server holds the lock for as long as this connection lives, so a killed publisher
        # leaves none behind.
        script = _LOCK.format(base=shlex.quote(self.base))
        process = subprocess.Popen(
            [*_shell(), self.host, _plain(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with process:
            assert process.stdout and process.stderr and process.stdin  # noqa: S101  all are pipes
            try:
                said = process.stdout.readline().decode().strip()
                if said == "busy":
                    raise refused(self.name)
                if said != "held":
                    process.stdin.close()
                    errors = process.stderr.read().decode(errors="replace")
                    raise failed(self.name, f"{self.host} cannot be used", errors or said)
                yield
            finally:
                process.stdin.close()
                process.stdout.close()
                process.stderr.close()

    def current(self) -> str | None:
        said = self._run(_CURRENT.format(base=shlex.quote(self.base))).decode().strip()
        if said == "//":
            message = (
                f"{self.host}:{self.base}/current is no link to a release: move it away, or name "
                "another folder"
            )
            raise ProblemError(Problem(f"target {self.name}", message))
        return said.rsplit("/", 1)[-1] or None

    def releases(self) -> list[str]:
        return self._run(f"cd {self._releases} && ls -A").decode().split("\n")[:-1]

    def names(self, release: str) -> list[str]:
        found = self._run(
            f"cd {self._releases}/{shlex.quote(release)} &&"
            r" find . \( -type f -o -type l \) -print0"
        )
        return [name.removeprefix("./") for name in found.decode().split("\0")[:-1]]

    def read(self, release: str, names: Collection[str]) -> Mapping[str, bytes]:
        with tempfile.TemporaryDirectory() as folder:
            self._rsync(
                ["-rL", "--ignore-missing-args"], names, self._remote(release), f"{folder}/"
            )
            files = {name: Path(folder, name) for name in names}
            return {name: file.read_bytes() for name, file in files.items() if file.is_file()}

    def begin(self, new: str) -> None:
        self._run(f"cd {self._releases} && mkdir -m 755 {shlex.quote(new)}")

    def send(self, folder: Path, names: Collection[str], new: str, like: str | None) -> None:
        # Times are not sent: what has the same content keeps the time that it has online.
        options = ["-r", "--perms", "--chmod=D755,F644", "--checksum"]
        options += [f"--link-dest=../{like}"] if like else []
        self._rsync(options, names, f"{folder}/", self._remote(new))

    def link(self, release: str, names: Collection[str], new: str) -> None:
        if names:
            one, other = shlex.quote(release), shlex.quote(new)
            self._run(
                f"cd {self._releases} && rsync -a --from0 --files-from=-"
                f" --link-dest=../{one} {one}/ {other}/",
                _list(names),
            )

    def write(self, new: str, name: str, data: bytes) -> None:
        place = shlex.quote(f"{new}/{name}")
        self._run(f"cd {self._releases} && cat >{place} && chmod 644 {place}", data)

    def switch(self, new: str, release: str) -> None:
        names = {"new": shlex.quote(new), "release": shlex.quote(release)}
        self._run(_SWITCH.format(base=shlex.quote(self.base), **names))

    def remove(self, releases: Collection[str]) -> None:
        names = " ".join(shlex.quote(release) for release in sorted(releases))
        # What is still being written by a publisher that was killed goes at the next try.
        forgiven = " || true" if any(name.startswith(UNFINISHED) for name in releases) else ""
        self._run(f"cd {self._releases} && {{ rm -rf {names}{forgiven}; }}")

    @property
    def _releases(self) -> str:
        return shlex.quote(f"{self.base}/releases")

    def _remote(self, release: str) -> str:
        return f"{self.host}:{self.base}/releases/{release}/"

    def _run(self, script: str, sent: bytes = b"") -> bytes:
        done = subprocess.run(
            [*_shell(), self.host, _plain(script)], input=sent, capture_output=True, check=False
        )
        if done.returncode:
            errors = done.stderr.decode(errors="replace")
            raise failed(self.name, f"{self.host} cannot be used", errors)
        return done.stdout

    def _rsync(self, options: list[str], names: Collection[str], source: str, place: str) -> None:
        command = ["rsync", *options, "--from0", "--files-from=-", "-e", shlex.join(_shell())]
        try:
            done = subprocess.run(
                [*command, source, place], input=_list(names), capture_output=True, check=False
            )
        except FileNotFoundError:
            raise failed(self.name, "rsync is not installed here", "") from None
        if done.returncode:
            errors = done.stderr.decode(errors="replace")
            raise failed(self.name, f"rsync failed (status {done.returncode})", errors)


def _shell() -> list[str]:
    """How to reach a server: as rsync does, by what RSYNC_RSH says, or else with ssh."""
    return shlex.split(os.environ.get("RSYNC_RSH") or "ssh")


def _plain(script: str) -> str:
    """`script` for whatever shell its user has there."""
    return f"exec sh -c {shlex.quote(script)}"


def _list(names: Collection[str]) -> bytes:
    return "".join(f"{name}\0" for name in sorted(names)).encode()
