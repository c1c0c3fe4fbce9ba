"""What a run needs elsewhere: which files of the project, which version of this plugin."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ..jobs import Conditions, Job
from ..scratch import files_for
from .parcel import File, pack, unpack

_PACKAGE = Path(__file__).resolve().parent.parent


def engine_digest() -> str:
    """What tells versions of this plugin apart: SHA-256 of its sources, as they are on disk."""
    known = hashlib.sha256()
    for file in sorted(_PACKAGE.rglob("*.py")):
        source = file.read_bytes().replace(b"\r\n", b"\n")
        known.update(f"{file.relative_to(_PACKAGE).as_posix()} {len(source)}\n".encode() + source)
    return known.hexdigest()


class Contents:
    """Bundles of the files that the runs of one build need.

    Data that all posts share, and what lies beside several of them, is in bundles of its own, which
    are read once and need to travel once.
    """

    def __init__(self, conditions: Conditions) -> None:
        self._root = conditions.root
        self._content = conditions.content
        self._datasets = frozenset(Path(known.path) for known in conditions.datasets.values())
        self._bundle = cache(self._packed)
        self._shared = cache(self._shared_files)

    def bundles(self, job: Job) -> list[bytes]:
        """What `job` needs. Raises `OSError`, with the project's name of it, for a file that cannot
        be read."""
        data, beside = self._shared(job.folder)
        read = {self._root / name for name in job.files} - data - beside
        # What is gone does not keep the post from running here either.
        sets = (data, beside, frozenset(file for file in read if file.is_file()))
        return [self._bundle(files) for files in sets if files]

    def _shared_files(self, folder: Path) -> tuple[frozenset[Path], frozenset[Path]]:
        """The data of all posts, and what else the posts in `folder` find."""
        copied = {file for file in files_for(self._content, folder) if file.is_file()}
        data = {file for file in copied if file.is_relative_to(self._content / "data")}
        return frozenset(data | self._datasets), frozenset(copied - data - self._datasets)

    def _packed(self, files: Iterable[Path]) -> bytes:
        names = {file.relative_to(self._root).as_posix(): file for file in files}
        return pack({name: _read(file, name) for name, file in names.items()})


def unpack_into(root: Path, bundle: bytes) -> None:
    """Write the files of `bundle` below the folder `root`."""
    for name, file in unpack(bundle).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        if file.executable:
            path.chmod(0o755)


def _read(file: Path, name: str) -> File:
    try:
        return File(file.read_bytes(), bool(file.stat().st_mode & 0o100))
    except OSError as error:
        raise OSError(error.errno, error.strerror, name) from None
