"""Which files have changed: soon, each once, and only those that authors mean to change."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

from watchfiles import Change, awatch

_STEP = 5
"""Milliseconds of quiet after which changes are told of."""
_LONGEST = 50
"""Milliseconds for which more and more changes are waited for."""
_BACK_AGAIN = 0.15
"""Seconds within which a file that an editor has moved away or emptied is there again."""
_OVERLAP = 2.0

# Vim, Emacs, Kate, gedit and GIO, JetBrains, LibreOffice, sed -i, what we write ourselves.
_TEMPORARY = re.compile(
    r"^\.|~$|^#.*#$|\.sw[a-z]$|\.(?:tmp|temp|bak|orig|part|crdownload)$|\.tmp\.|\.kate-swp$"
    r"|___jb_(?:tmp|old)___$|^4913$|^sed\w{6}$|^__pycache__$|\.py[co]$"
)
_NOT_SOURCES = {"node_modules", "__pycache__"}


def is_temporary(file: Path, root: Path) -> bool:
    """Whether `file`, below `root`, is one that programs leave there, or in a hidden folder."""
    parts = file.relative_to(root).parts if file.is_relative_to(root) else (file.name,)
    return any(_TEMPORARY.search(part) for part in parts)


def folders(root: Path, apart: Iterable[Path]) -> list[Path]:
    """The folders of the project `root` in which sources may lie; those in `apart` are none."""
    not_wanted = {folder.resolve() for folder in apart}
    return [
        folder
        for folder in sorted(root.iterdir())
        if folder.is_dir()
        and not folder.name.startswith(".")
        and folder.name not in _NOT_SOURCES
        and folder.resolve() not in not_wanted
        and not (folder / "pyvenv.cfg").exists()
    ]


async def changes(
    root: Path, more: Callable[[], Iterable[Path]], apart: Iterable[Path]
) -> AsyncIterator[set[Path]]:
    """Sets of files below `root` and the folders `more` that were changed, made or removed.

    The folders `apart` do not count; `more` is asked again and again. A file that is gone or empty
    for a moment only, as when an editor replaces it, is told of once, when it is there again.
    """
    watch = _Watch(root, tuple(apart))
    loop = asyncio.get_running_loop()
    shallow = asyncio.create_task(watch.look([root], deep=False))
    deep: asyncio.Task[None] | None = None
    watched: list[Path] = []
    try:
        while True:
            if (wanted := [*folders(root, watch.apart), *more()]) != watched:
                if deep is not None:  # only once the next one looks, so that nothing is missed
                    loop.call_later(_OVERLAP, deep.cancel)
                watched, deep = wanted, asyncio.create_task(watch.look(wanted, deep=True))
            seen = await watch.found.get()
            doubtful = {file for file in seen if _may_come_back(file)}
            if seen - doubtful:
                yield seen - doubtful
            if doubtful:
                await asyncio.sleep(_BACK_AGAIN)
                while not watch.found.empty():
                    doubtful |= watch.found.get_nowait()
                yield doubtful
    finally:
        shallow.cancel()
        if deep is not None:
            deep.cancel()


class _Watch:
    """What is looked at, and what was found."""

    def __init__(self, root: Path, apart: tuple[Path, ...]) -> None:
        self.found: asyncio.Queue[set[Path]] = asyncio.Queue()
        self.apart = apart
        self._root = root

    async def look(self, paths: Iterable[Path], *, deep: bool) -> None:
        async for seen in awatch(
            *paths,
            watch_filter=self._wanted,
            stop_event=asyncio.Event(),  # its own: a look that is cancelled sets it
            debounce=_LONGEST,
            step=_STEP,
            rust_timeout=500,
            recursive=deep,
        ):
            await self.found.put({Path(name) for _, name in seen})

    def _wanted(self, _: Change, name: str) -> bool:
        file = Path(name)
        return not is_temporary(file, self._root) and not any(
            file.is_relative_to(folder) for folder in self.apart
        )


def _may_come_back(file: Path) -> bool:
    try:
        return file.stat().st_size == 0
    except OSError:
        return True
