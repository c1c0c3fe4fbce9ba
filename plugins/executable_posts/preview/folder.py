"""A web server for the built site, as a host of static pages would serve it."""

import errno
import socket
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_HOST = "127.0.0.1"
_PORTS_TRIED = 20
_LAST_PORT = 65535


class _Handler(SimpleHTTPRequestHandler):
    """Sends the site's own page for what is not there, and lets nothing be cached."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = Path(self.directory, "404.html")
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        content = page.read_bytes()
        self.send_response(code, message)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """One line a page would drown what a person waits for."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # Python's own looks the host up by name, which takes seconds where there is no network.
        socket.socket.bind(self.socket, self.server_address)
        self.server_name, self.server_port = _HOST, self.socket.getsockname()[1]


def serve(folder: Path, port: int, announce: Callable[[str], None]) -> None:
    """Serve `folder` to this machine alone, at `port` or the next one that is free, until Ctrl-C.

    Raises `FileNotFoundError` if there is no such folder, `OSError` if no port is free.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder.name}/ is not there: run `invoke build` first")
    with _bound(folder, port) as server:
        announce(f"serving http://{_HOST}:{server.server_port}/ (Ctrl-C ends it)")
        try:
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            announce("ended")


def _bound(folder: Path, port: int) -> _Server:
    handler = partial(_Handler, directory=str(folder))
    last = min(port + _PORTS_TRIED - 1, _LAST_PORT)
    for candidate in range(port, last + 1):
        try:
            return _Server((_HOST, candidate), handler)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise OSError(errno.EADDRINUSE, f"no port is free from {port} to {last}")
