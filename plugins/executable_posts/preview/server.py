"""The preview's web server: pages as they are now, and a socket that tells when they change."""

import asyncio
import errno
import ipaddress
import json
import mimetypes
import socket
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from .hub import Hub
from .messages import message
from .overlay import STATIC, bare, injected
from .overview import overview
from .showing import Answer
from .worker import Worker

_LOOPBACK = "127.0.0.1"
_PORTS_TRIED = 20
_LAST_PORT = 65535
_OVERVIEW = "_preview/"
_CHUNK = 2**18
# As the standard library knows it only where the system does.
_TYPES = {".webp": "image/webp", ".avif": "image/avif", ".woff2": "font/woff2"}
_INTERVAL = 0.08
"""Seconds between two messages to a browser: what comes between them is in the second."""


class Preview:
    """What the handlers of all requests share."""

    def __init__(
        self,
        hub: Hub,
        worker: Worker,
        names: frozenset[str],
        port: int,
        say: Callable[[str], None],
    ) -> None:
        self.hub, self._worker, self._say = hub, worker, say
        self.names, self.port = names, port
        self.sockets: set[_Events] = set()

    def may_ask(self, host: str) -> bool:
        """Whether a request to `host`, as its header has it, is meant for this server.

        A page of anybody can let its own name lead to this machine; but no address and none of
        this machine's own names.
        """
        try:
            parts = urlsplit(f"//{host}")
            name, port = (parts.hostname or "").rstrip("."), parts.port or 80
        except ValueError:
            return False
        if port != self.port:
            return False
        return name in self.names or ("*" in self.names and _is_address(name))

    async def do(self, work: Callable[[], object]) -> None:
        """Do `work` in the site's thread; a defect of ours is told of, and ends nothing."""
        try:
            await asyncio.wrap_future(self._worker.do(work))
        except Exception:
            self._say(f"a defect of the preview, which goes on:\n{traceback.format_exc()}")

    async def answer(self, path: str) -> Answer:
        """What is at `path`."""
        return await asyncio.wrap_future(self._worker.do(partial(_answer, self.hub, path)))

    async def message(self, path: str, has: str) -> dict[str, Any] | None:
        """What the browser needs that shows `has` of `path`; `None` for a defect of ours."""
        told: list[dict[str, Any]] = []
        await self.do(lambda: told.append(message(self.hub.showing, _answer(self.hub, path), has)))
        return told[0] if told else None

    def notify(self) -> None:
        """Something may have changed: each browser is told what concerns it."""
        for one in self.sockets:
            one.due.set()


def _answer(hub: Hub, path: str) -> Answer:
    if path.lstrip("/") == _OVERVIEW:
        return Answer(body=overview(hub.state), name="index.html", page=_OVERVIEW)
    answer = hub.answer(path)
    if answer.page is not None and not answer.body:
        title = "404: there is no such page" if answer.status == 404 else "not yet to be shown"
        return Answer(answer.status, bare(title), name="index.html", page=answer.page)
    return answer


class _Guarded(RequestHandler):
    """Answers nobody who did not mean this server."""

    preview: Preview

    def initialize(self, preview: Preview) -> None:
        self.preview = preview

    def prepare(self) -> None:
        host = self.request.headers.get("Host", "")
        origin = self.request.headers.get("Origin")
        if not self.preview.may_ask(host):
            self._refuse(
                f"this preview is not {host or 'a host without a name'}: open the address that "
                "`invoke preview` says, or start it with --lan to look at it from other devices"
            )
        elif origin is not None and urlsplit(origin).netloc != host:
            self._refuse(f"a page of {origin} may not ask this preview")

    def set_default_headers(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    def _refuse(self, why: str) -> None:
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{why}\n")


class _Pages(_Guarded):
    """All that the site has, and the overview."""

    async def get(self) -> None:
        answer = await self.preview.answer(unquote(self.request.path))
        if answer.location is not None:
            self.redirect(answer.location, status=answer.status)
            return
        self.set_status(answer.status)
        self.set_header("Content-Type", _mime(answer.name))
        if answer.file is not None:
            await self._send(answer)
        else:
            self.finish(injected(answer.body) if answer.page is not None else answer.body)

    async def head(self) -> None:
        await self.get()

    async def _send(self, answer: Answer) -> None:
        try:
            with answer.file.open("rb") as file:  # type: ignore[union-attr]
                while chunk := file.read(_CHUNK):
                    self.write(chunk)
                    if self.request.method == "GET":
                        await self.flush()
        except FileNotFoundError:
            self.set_status(404)
        except StreamClosedError:
            return
        self.finish()


class _Own(_Guarded):
    """The browser's side of the preview."""

    def get(self, name: str) -> None:
        self.set_header("Content-Type", _mime(name))
        self.finish((STATIC / name).read_bytes())


class _Events(_Guarded, WebSocketHandler):
    """One open page: told of all that concerns it, and of nothing twice."""

    def initialize(self, preview: Preview) -> None:
        super().initialize(preview)
        self.due = asyncio.Event()
        self._path: str | None = None
        self._has = ""
        self._telling: asyncio.Task[None] | None = None
        self._last = ""

    def check_origin(self, origin: str) -> bool:
        return urlsplit(origin).netloc == self.request.headers.get("Host")

    def on_message(self, text: str | bytes) -> None:
        try:
            asked = json.loads(text)
            self._path, self._has = str(asked["path"]), str(asked["version"])
        except (KeyError, TypeError, ValueError):
            self.close(1003, "what a page shows is expected: path and version")
            return
        self.preview.sockets.add(self)
        self.due.set()
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell())

    def on_close(self) -> None:
        self.preview.sockets.discard(self)
        if self._telling is not None:
            self._telling.cancel()

    async def _tell(self) -> None:
        while True:
            await self.due.wait()
            self.due.clear()
            told = await self.preview.message(unquote(self._path or "/"), self._has)
            if told is None:
                continue
            self._has = told["version"]
            text = json.dumps(told)
            if text != self._last:
                try:
                    await self.write_message(text)
                except WebSocketClosedError:
                    return
                # A page that was sent is not what the next message is compared with.
                self._last = json.dumps({**told, "html": None})
            await asyncio.sleep(_INTERVAL)


def _mime(name: str) -> str:
    ending = "." + name.rpartition(".")[2]
    mime = _TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_text = mime.startswith("text/") or mime.endswith(("xml", "json", "javascript"))
    return f"{mime}; charset=utf-8" if is_text else mime


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def bound(port: int, *, lan: bool) -> list[socket.socket]:
    """Sockets at `port`, or at the next one that is free; for this machine alone, or for all.

    Raises `OSError` if none is.
    """
    last = min(port + _PORTS_TRIED - 1, _LAST_PORT)
    for candidate in range(port, last + 1):
        try:
            address = "0.0.0.0" if lan else _LOOPBACK  # noqa: S104  asked for
            return bind_sockets(candidate, address, family=socket.AF_INET)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise OSError(errno.EADDRINUSE, f"no port is free from {port} to {last}")


def names(*, lan: bool) -> frozenset[str]:
    """By which names this machine may be asked; ``*`` stands for every address."""
    own = {"localhost", _LOOPBACK}
    if lan:
        host = socket.gethostname().lower()
        own |= {"*", host, f"{host.partition('.')[0]}.local"}
    return frozenset(own)


def lan_address() -> str | None:
    """The address by which others in the network reach this machine; nothing is sent for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: nobody's
        except OSError:
            return None
        return str(probe.getsockname()[0])


def serving(preview: Preview, sockets: list[socket.socket]) -> Callable[[], None]:
    """Begin to serve; what is returned ends it."""
    shared = {"preview": preview}
    own = r"/_preview/(preview\.js|preview\.css|idiomorph\.js)"
    handlers = [
        ("/_preview/events", _Events, shared),
        (own, _Own, shared),
        ("/_preview", _Overview, shared),
        (".*", _Pages, shared),
    ]
    application = Application(handlers, log_function=lambda _: None, websocket_ping_interval=30)
    server = HTTPServer(application)
    server.add_sockets(sockets)

    def end() -> None:
        server.stop()
        for one in list(preview.sockets):
            one.close()

    return end


class _Overview(_Guarded):
    def get(self) -> None:
        self.redirect("/_preview/")
