"""A fresh folder for each build; whatever a publisher that was killed left is swept by the next."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from executable_posts.errors import Problem, ProblemError

from .manifest import MARKER, Manifest, digests, version_of
from .reading import names_in

_RUN = "run-"


@contextmanager
def staging(cache: Path) -> Iterator[Path]:
    """An empty folder below `cache` that is gone afterwards.

    Raises `ProblemError` if another publisher of this clone is at work.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = "`invoke publish` is at work in this folder already; wait for it"
            raise ProblemError(Problem(cache.name, message)) from None
        for left in cache.glob(f"{_RUN}*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=_RUN, dir=cache))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def with_marker(folder: Path, siteurl: str) -> Manifest:
    """The manifest of the site in `folder`, into which the file that names its version is put."""
    files = digests(folder, names_in(folder))
    version = version_of(files)
    (folder / MARKER).write_text(f"{version}\n", encoding="ascii")
    return Manifest(version, siteurl, files | digests(folder, [MARKER]))
