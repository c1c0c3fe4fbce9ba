"""Releases on a server, reached by ssh and rsync; it needs a POSIX shell, rsync and flock."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from executable_posts.errors import Problem, ProblemError

from ..manifest import NAME
from .base import failed, refused
from .releases import UNFINISHED, Look

_SOCKETS = "publish-ssh-"
_LOCK = """
mkdir -p {base}/releases && cd {base} && exec 9>>.publishing || exit 3
command -v flock >/dev/null || {{ echo 'flock is not installed there' >&2; exit 3; }}
command -v rsync >/dev/null || {{ echo 'rsync is not installed there' >&2; exit 3; }}
flock -n 9 || {{ echo busy; exit 0; }}
rm -rf releases/{unfinished}*
echo held
cat >/dev/null
"""
# Parts with a NUL between: the release that is online, all releases, those before, the manifest,
# and the files that are online.
_LOOK = r"""
cd {base} || exit 3
if [ -L current ]; then readlink current; elif [ -e current ]; then echo //; fi
printf '\0'; ls -A releases
printf '\0'; cd releases; grep -m 1 '^ "before": "' */{manifest} /dev/null
cd ..; printf '\0'; cat current/{manifest}
printf '\0'; [ ! -L current ] || {find}
"""
_FIND = r"cd {folder} && find . \( -type f -o -type l \) -print0"
_BEFORE = re.compile(r'([^/\n]+)/[^\n]*? "before": "([^"\n]+)"')
# -T keeps `mv` from moving the new link into the folder that the old one leads to.
_SWITCH = """
cd {base} && mv releases/{new} releases/{release} && rm -f .current-next || exit 3
ln -s releases/{release} .current-next && sync
mv -T .current-next current 2>/dev/null || mv -fh .current-next current || exit 3
cd releases && rm -rf {old} || true
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
        script = _LOCK.format(base=shlex.quote(self.base), unfinished=UNFINISHED)
        with (
            _connections(),
            subprocess.Popen(
                [*_shell(), self.host, _plain(script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            ) as process,
        ):
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

    def look(self) -> Look:
        script = _LOOK.format(
            base=shlex.quote(self.base), manifest=NAME, find=_FIND.format(folder="current/")
        )
        current, releases, before, manifest, names = self._run(script).split(b"\0", 4)
        if current.strip() == b"//":
            message = (
                f"{self.host}:{self.base}/current is no link to a release: move it away, or name "
                "another folder"
            )
            raise ProblemError(Problem(f"target {self.name}", message))
        known: dict[str, str | None] = dict.fromkeys(releases.decode().split("\n")[:-1])
        known |= {one: other for one, other in _BEFORE.findall(before.decode()) if one in known}
        online = current.decode().strip().rsplit("/", 1)[-1] or None
        return Look(online, _names(names), known, manifest or None)

    def names(self, release: str) -> frozenset[str]:
        folder = f"{self._releases}/{shlex.quote(release)}"
        return _names(self._run(_FIND.format(folder=folder)))

    def read(self, release: str, names: Collection[str]) -> Mapping[str, bytes]:
        with tempfile.TemporaryDirectory() as folder:
            self._rsync(
                ["-rL", "--ignore-missing-args"], names, self._remote(release), f"{folder}/"
            )
            files = {name: Path(folder, name) for name in names}
            return {name: file.read_bytes() for name, file in files.items() if file.is_file()}

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

    def switch(self, new: str, release: str, old: Collection[str]) -> None:
        removed = " ".join(shlex.quote(name) for name in sorted(old)) or "''"
        names = {"new": shlex.quote(new), "release": shlex.quote(release), "old": removed}
        self._run(_SWITCH.format(base=shlex.quote(self.base), **names))

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
    """How to reach a server: as rsync does, by what RSYNC_RSH says, or else with ssh.

    The connection that holds the lock carries all others, which are many and short.
    """
    program, *options = shlex.split(os.environ.get("RSYNC_RSH") or "ssh")
    if Path(program).name == "ssh":
        socket = _socket_folder() / "socket"
        options = ["-o", "ControlMaster=auto", "-o", f"ControlPath={socket}", *options]
    return [program, *options]


def _socket_folder() -> Path:
    """A short name, since the system allows no long ones for sockets."""
    return Path(tempfile.gettempdir(), f"{_SOCKETS}{os.getuid()}-{os.getpid()}")


@contextmanager
def _connections() -> Iterator[None]:
    """A folder for the socket of ssh, and none of those that publishers left which were killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_SOCKETS}{os.getuid()}-*"):
        if not _lives(int(left.name.rsplit("-", 1)[1])):
            shutil.rmtree(left, ignore_errors=True)
    folder = _socket_folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _plain(script: str) -> str:
    """`script` for whatever shell its user has there."""
    return f"exec sh -c {shlex.quote(script)}"


def _names(found: bytes) -> frozenset[str]:
    return frozenset(name.removeprefix("./") for name in found.decode().split("\0")[:-1])


def _list(names: Collection[str]) -> bytes:
    return "".join(f"{name}\0" for name in sorted(names)).encode()
