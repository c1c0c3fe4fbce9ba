"""The server that shows the built site, as a process of its own."""

import errno
import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest
from executable_posts.preview import serve

from tests.blog import ROOT

HOST = "127.0.0.1"
SERVE = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "plugins")!r})
from executable_posts.preview import serve

serve(Path(sys.argv[1]), int(sys.argv[2]), lambda line: print(line, flush=True))
"""
PAGES = {
    "index.html": "<h1>Início</h1>",
    "2019/07/redes.html": "<h1>Redes</h1>",
    "sobre/index.html": "<h1>Sobre</h1>",
    "404.html": "<h1>Não há</h1>",
}


@dataclass(frozen=True)
class Server:
    process: "subprocess.Popen[str]"
    port: int

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: str


@contextmanager
def serving(folder: Path, port: int = 0) -> Iterator[Server]:
    """A server of `folder`; with port 0 at one that the system chooses."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        said = process.stdout.readline().rstrip("\n")
        before, _, rest = said.partition(f"http://{HOST}:")
        number, _, after = rest.partition("/")
        assert (before, after) == ("serving ", " (Ctrl-C ends it)")
        yield Server(process, int(number))
        process.kill()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("output")
    for name, content in PAGES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    (folder.parent / "segredo.txt").write_text("segredo", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[Server]:
    with serving(site) as started:
        yield started


def ask(server: Server, path: str, method: str = "GET") -> Answer:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=60)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read().decode())
    finally:
        connection.close()


@contextmanager
def taken(port: int = 0) -> Iterator[int]:
    """A port at which somebody else listens."""
    with socket.socket() as other:
        other.bind((HOST, port))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "index.html"),
        ("/index.html", "index.html"),
        ("/2019/07/redes.html", "2019/07/redes.html"),
        ("/sobre/", "sobre/index.html"),
        ("/?a=b", "index.html"),
    ],
)
def test_a_page_is_sent(server: Server, path: str, name: str) -> None:
    answer = ask(server, path)
    assert (answer.status, answer.body) == (200, PAGES[name])
    assert answer.headers["Content-Type"] == "text/html"


def test_what_is_not_there_gets_the_page_of_the_site_with_status_404(server: Server) -> None:
    for path in ("/nada.html", "/2019/nada/", "/assets/nada.png"):
        answer = ask(server, path)
        assert (answer.status, answer.body) == (404, PAGES["404.html"])
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Content-Length"] == str(len(PAGES["404.html"].encode()))


def test_a_site_without_such_a_page_still_says_404(tmp_path: Path) -> None:
    with serving(tmp_path) as bare:
        answer = ask(bare, "/nada.html")
    assert answer.status == 404
    assert "File not found" in answer.body


@pytest.mark.parametrize(
    ("path", "name", "status"), [("/", "index.html", 200), ("/n", "404.html", 404)]
)
def test_head_is_answered_without_a_body(server: Server, path: str, name: str, status: int) -> None:
    answer = ask(server, path, "HEAD")
    assert (answer.status, answer.body) == (status, "")
    assert answer.headers["Content-Length"] == str(len(PAGES[name].encode()))


@pytest.mark.parametrize("path", ["/", "/sobre", "/nada.html"])
def test_nothing_may_be_cached(server: Server, path: str) -> None:
    assert ask(server, path).headers["Cache-Control"] == "no-store"


def test_a_page_that_is_built_again_is_sent_anew(tmp_path: Path) -> None:
    with serving(tmp_path) as started:
        for content in ("antes", "depois"):
            (tmp_path / "a.html").write_text(content, encoding="utf-8")
            assert ask(started, "/a.html").body == content


@pytest.mark.parametrize("path", ["/../segredo.txt", "/%2e%2e/segredo.txt", "//../../segredo.txt"])
def test_nothing_outside_of_the_folder_is_sent(server: Server, path: str) -> None:
    assert ask(server, path).status == 404


def test_what_a_site_cannot_do_is_refused(server: Server) -> None:
    assert ask(server, "/", "POST").status == 501


def test_a_port_that_is_taken_leads_to_the_next_one(site: Path) -> None:
    with taken() as port, serving(site, port) as started:
        assert port < started.port < port + 20
        assert ask(started, "/").status == 200


def test_no_free_port_is_an_error_that_says_where_was_looked(tmp_path: Path) -> None:
    # The last port there is: whoever holds it, no other can follow.
    with taken(65535), pytest.raises(OSError, match="no port is free from 65535 to 65535") as error:
        serve(tmp_path, 65535, print)
    assert error.value.errno == errno.EADDRINUSE


def test_a_port_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no port is free from 70000 "):
        serve(tmp_path, 70000, print)


def test_a_missing_folder_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as error:
        serve(tmp_path / "output", 0, print)
    assert str(error.value) == "output/ is not there: run `invoke build` first"


def test_ctrl_c_ends_the_server_with_status_0(site: Path) -> None:
    with serving(site) as started:
        # A browser keeps connections open on which it asks nothing.
        with socket.create_connection((HOST, started.port)):
            assert ask(started, "/").status == 200
            started.process.send_signal(signal.SIGINT)
            assert started.line() == "ended"
            assert started.process.wait() == 0
        assert started.process.stderr is not None
        assert started.process.stderr.read() == ""


def test_pages_are_sent_without_a_line_each(site: Path) -> None:
    with serving(site) as started:
        for path in ("/", "/nada.html"):
            ask(started, path)
        started.process.send_signal(signal.SIGINT)
        out, err = started.process.communicate()
    assert (out, err) == ("ended\n", "")
