"""`invoke preview`: from a settings file to a server that follows the author, until Ctrl-C."""

import asyncio
import contextlib
import gc
import logging
import shutil
import signal
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pelican.log import init as init_logging

from .cells import CellUpdate, Event, MakeCells
from .hub import Hub
from .server import Preview, bound, lan_address, names, serving
from .warm import AVAILABLE, WarmPosts
from .watching import changes
from .whole_runs import WholeRuns
from .worker import Worker

_INTERVAL = 0.1
"""Seconds between two looks at what cells have told."""

Say = Callable[[str], None]


_CELLS: MakeCells = WarmPosts if AVAILABLE else WholeRuns


@dataclass(frozen=True)
class Options:
    """How to serve: from which port on, to whom, and whether to open a browser."""

    port: int = 8000
    lan: bool = False
    open: bool = False


def preview(
    settings_file: Path, options: Options, say: Say, make_cells: MakeCells = _CELLS
) -> None:
    """Serve the blog of `settings_file` and follow its author until Ctrl-C or SIGTERM.

    Raises `OSError` if no port is free.
    """
    sockets = bound(options.port, lan=options.lan)
    init_logging(level=logging.WARNING, name="pelican")
    output = Path(tempfile.mkdtemp(prefix="executable-posts-preview-"))
    try:
        asyncio.run(_serve(settings_file.resolve(), output, sockets, options, say, make_cells))
    except KeyboardInterrupt:
        pass
    finally:
        shutil.rmtree(output, ignore_errors=True)
        gc.freeze()  # a last look for garbage in all posts would take longer than the end
        say("ended")


class _Told:
    """What cells have told, until the site has time for it: of each cell the newest is enough."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[object, Event] = {}

    def add(self, event: Event) -> None:
        key: object = event.post
        if isinstance(event, CellUpdate):
            key = (event.post, event.cell, event.state)
        with self._lock:
            self._events.pop(key, None)
            self._events[key] = event

    def take(self) -> list[Event]:
        with self._lock:
            events, self._events = list(self._events.values()), {}
        return events


async def _serve(
    settings_file: Path,
    output: Path,
    sockets: Iterable[object],
    options: Options,
    say: Say,
    make_cells: MakeCells,
) -> None:
    told = _Told()
    worker = Worker()
    hub = Hub(settings_file, output, make_cells, told.add, say)
    listening = list(sockets)
    port = listening[0].getsockname()[1]  # type: ignore[attr-defined]
    shared = Preview(hub, worker, names(lan=options.lan), port, say)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, ValueError):
            loop.add_signal_handler(number, stop.set)
    end = serving(shared, listening)  # type: ignore[arg-type]
    _announce(port, options, say)
    # First of all, so that nothing that is saved while the blog is read is missed.
    watching = asyncio.create_task(_watch(hub, shared))
    listens = asyncio.create_task(_listen(hub, shared, told))
    reading = asyncio.create_task(_read(hub, shared, say))
    try:
        await stop.wait()
    finally:
        for task in (watching, listens, reading):
            task.cancel()
        end()
        hub.close()


def _announce(port: int, options: Options, say: Say) -> None:
    address = f"http://127.0.0.1:{port}/"
    if port != options.port and options.port:
        say(f"port {options.port} is taken")
    say(f"previewing at {address} (Ctrl-C ends it); all posts: {address}_preview/")
    if options.lan:
        found = lan_address()
        say(f"from other devices: http://{found}:{port}/" if found else "there is no network")
    if options.open:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


async def _read(hub: Hub, shared: Preview, say: Say) -> None:
    begun = asyncio.get_running_loop().time()
    await shared.do(hub.open)
    if (blog := hub.state.blog) is not None:
        seconds = asyncio.get_running_loop().time() - begun
        count = len(blog.posts.known)
        say(f"{count} {'post' if count == 1 else 'posts'} read in {seconds:.1f} s")
    shared.notify()


async def _watch(hub: Hub, shared: Preview) -> None:
    """Follow the author: what is saved while something is done waits, and is done next."""
    root = hub.settings_file.parent

    def more() -> list[Path]:
        """A theme that lies elsewhere."""
        theme = Path(hub.state.blog.pelican.theme) if hub.state.blog else root
        return [] if theme.is_relative_to(root) else [theme]

    async for files in changes(root, more, (root / "output", root / ".cache")):
        await shared.do(partial(hub.changed, files))
        shared.notify()


async def _listen(hub: Hub, shared: Preview, told: _Told) -> None:
    while True:
        if events := told.take():
            await shared.do(partial(hub.told, events))
            shared.notify()
        await asyncio.sleep(_INTERVAL)
