"""The folder a run works in: what is beside the post appears in it, what is written stays in it."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_LONGEST_FOLDER = 60
_LARGE = 16 * 2**20

# Sources of posts are no data of theirs, and a thousand of them may stand beside one another.
_POSTS = ("*.md", "*.markdown", "*.mkd", "*.mdown", "*.rst", "*.ipynb")
_NEVER_COPIED = shutil.ignore_patterns(*_POSTS, ".*", "__pycache__")


@dataclass(frozen=True)
class Scratch:
    """The folders of one run.

    `content` mirrors the content folder as far as the post may need it; `working` is in it, where
    the post is in the original; `home` is the kernel's home. `folder`, which holds them all and
    the kernel's sockets, is for this user alone.
    """

    folder: Path
    content: Path
    working: Path
    home: Path


Place = Callable[[str, str], object]
"""Makes the file of the first name appear under the second."""


def link_if_large(file: str, name: str) -> None:
    """Let a file appear as a copy, or, if that would take long, as a link.

    For those who cannot write through the link: a copy can be written, and is thrown away.
    """
    if Path(file).stat().st_size > _LARGE:
        Path(name).symlink_to(file)
    else:
        shutil.copy2(file, name)


@contextlib.contextmanager
def scratch(content: Path, post_folder: Path, place: Place = shutil.copy2) -> Iterator[Scratch]:
    """A fresh `Scratch` for a post that lies in `post_folder`, in `content`; removed at the end.

    In it appear, by `place`, the files and folders beside the post and those of ``content/data``,
    which is also there as ``data`` in the working folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="executable-posts-", dir=_short_temporary_folder()))
    try:
        made = Scratch(
            folder=folder,
            content=folder / "content",
            working=folder / "content" / post_folder.relative_to(content),
            home=folder / "home",
        )
        (made.home / "tmp").mkdir(parents=True)
        shutil.copytree(post_folder, made.working, ignore=_NEVER_COPIED, copy_function=place)
        data = content / "data"
        if data.is_dir() and not (made.content / "data").exists():
            shutil.copytree(
                data,
                made.content / "data",
                ignore=shutil.ignore_patterns(".*"),
                copy_function=place,
            )
        if data.is_dir() and not (made.working / "data").exists():
            (made.working / "data").symlink_to(made.content / "data")
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def written(paths: Iterable[str], folders: Scratch, post_folder: Path) -> dict[str, bytes]:
    """The content of those of `paths`, from the working folder, that the run wrote there."""
    found = {}
    for path in paths:
        file, original = folders.working / path, post_folder / path
        inside = file.resolve().is_relative_to(folders.content.resolve())
        # Copies have the time of their original.
        if inside and file.is_file() and _time(file) != _time(original):
            found[path] = file.read_bytes()
    return found


def _time(file: Path) -> int | None:
    return file.stat().st_mtime_ns if file.is_file() else None


def _short_temporary_folder() -> str:
    """A temporary folder in which the name of a Unix socket fits (104 bytes on macOS)."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) <= _LONGEST_FOLDER else "/tmp"  # noqa: S108
