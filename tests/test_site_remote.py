"""Pages ask no other host: addresses are made whole or local, pictures kept or linked."""

import io
import os
import threading
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from readable_site.addresses import absolute, below, is_remote
from readable_site.copies import FOLDER, Copies, download, stem
from readable_site.remote import Kept, without_remote, words_for

from tests.readable import Blog

PORTUGUESE = words_for("pt-BR")
PAGE = "https://exemplo.org/caderno/2020/01/x.html"


def test_feeds_get_whole_addresses_whatever_the_page_says() -> None:
    content = (
        '<h2 id="a">A<a class="headerlink" href="#a" title="Link"> </a></h2>'
        '<a href="/sobre.html">s</a> <a href="y.html?a=1&amp;b=2">y</a> <a href="#a">a</a>'
        '<img alt="x > y" src="../../assets/a.png"> <a href="mailto:a@b.c">@</a>'
        "<source srcset=\"/p.webp 2x, q.webp 1x\"><a href='https://c.org/'>c</a>"
    )
    assert absolute(content, PAGE) == (
        '<h2 id="a">A</h2>'
        '<a href="https://exemplo.org/sobre.html">s</a>'
        ' <a href="https://exemplo.org/caderno/2020/01/y.html?a=1&amp;b=2">y</a>'
        f' <a href="{PAGE}#a">a</a>'
        '<img alt="x > y" src="https://exemplo.org/caderno/assets/a.png">'
        ' <a href="mailto:a@b.c">@</a>'
        '<source srcset="https://exemplo.org/p.webp 2x,'
        ' https://exemplo.org/caderno/2020/01/q.webp 1x">'
        "<a href='https://c.org/'>c</a>"
    )


def test_what_begins_with_a_slash_is_put_below_a_site_that_has_a_path() -> None:
    content = (
        '<img src="/assets/a.png" srcset="/b.png 2x"><a href="//c.org/">c</a><a href="d">d</a>'
    )
    site = "https://exemplo.org/caderno"
    assert below(content, site) == (
        f'<img src="{site}/assets/a.png" srcset="{site}/b.png 2x">'
        '<a href="//c.org/">c</a><a href="d">d</a>'
    )
    assert below(content, "") == content
    assert below('<img src="/a.png">', "../..") == '<img src="../../a.png">'


def test_code_that_shows_html_is_no_html() -> None:
    code = "<pre><code>&lt;img src=&quot;https://a.org/x.png&quot;&gt;</code></pre>"
    assert absolute(code, PAGE) == code
    assert without_remote(code, lambda _: None, PORTUGUESE).content == code


def test_an_address_that_is_none_stays_as_it_is() -> None:
    broken = '<a href="http://[x">x</a>'
    assert absolute(broken, PAGE) == broken


def test_a_remote_picture_becomes_its_copy_with_size_and_alt() -> None:
    shown = without_remote(
        '<p><img class="foto" src="https://a.org/x.png" srcset="https://a.org/y.png 2x"></p>',
        lambda _: Kept("{static}/images/remote/x.png", 640, 480),
        PORTUGUESE,
    )
    assert shown.missing == ()
    assert shown.content == (
        '<p><img loading="lazy" class="foto" src="{static}/images/remote/x.png" width="640"'
        ' height="480" alt="Imagem de a.org, sem descrição"></p>'
    )


def test_a_remote_picture_without_a_copy_becomes_a_link() -> None:
    content = (
        '<img src="https://www.a.org/x.png?a=1&amp;b=2"><img src="//b.org/y.png" alt="Um gato">'
    )
    shown = without_remote(content, lambda _: None, PORTUGUESE)
    assert shown.missing == ("https://www.a.org/x.png?a=1&b=2", "//b.org/y.png")
    assert shown.content == (
        '<a class="remote" href="https://www.a.org/x.png?a=1&amp;b=2">Imagem em a.org</a>'
        '<a class="remote" href="//b.org/y.png">Um gato</a>'
    )


def test_frames_and_films_become_links_and_scripts_go() -> None:
    content = (
        '<iframe src="https://v.org/1" title="Uma aula"><p>sem frames</p></iframe>'
        '<video src="https://v.org/2.mp4" controls></video><script src="//s.org/x.js"></script>'
        '<link rel="stylesheet" href="https://s.org/x.css"><img src="/local.png">'
        '<picture><source srcset="https://a.org/b.webp"><img src="/b.png"></picture>'
    )
    assert without_remote(content, lambda _: None, PORTUGUESE).content == (
        '<a class="remote" href="https://v.org/1">Uma aula</a>'
        '<a class="remote" href="https://v.org/2.mp4">Conteúdo em v.org</a>'
        '<img src="/local.png"><picture><img src="/b.png"></picture>'
    )


class Asked(HTMLParser):
    """The addresses that a browser would ask for by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        loads = {"object": {"data"}, "video": {"src", "poster"}, "a": set()}.get(tag, {"src"})
        # Of two attributes of one name, browsers take the first.
        first = dict(reversed(attrs))
        self.addresses += [value for name, value in first.items() if name in loads and value]


ATTRIBUTES = st.lists(
    st.sampled_from(
        [
            *(' src="https://a.org/x.png"', " src='//b.org/y'", " src=https://c.org/z"),
            *(' alt="a > b"', " alt='<i>'", ' SRC="https://d.org/"', ' src="/local"'),
            *(' poster="https://e.org/p.png"', ' data="https://f.org/o"', " hidden", ' title="é"'),
        ]
    ),
    max_size=3,
).map("".join)
ELEMENTS = st.lists(
    st.one_of(
        st.builds(
            lambda name, attributes: f"<{name}{attributes}>",
            st.sampled_from(["img", "iframe", "video", "object", "embed", "audio", "a", "IMG"]),
            ATTRIBUTES,
        ),
        st.sampled_from(
            ["</iframe>", "</video>", "</object>", "</a>", "texto", " ", "&lt;", "<p>"]
        ),
    ),
    max_size=8,
).map("".join)


@given(ELEMENTS, st.booleans())
def test_no_page_asks_another_host_whatever_the_post_says(content: str, has_copies: bool) -> None:
    copy = Kept("/images/remote/x.png", 1, 1) if has_copies else None
    asked = Asked()
    asked.feed(without_remote(content, lambda _: copy, PORTUGUESE).content)
    assert [address for address in asked.addresses if is_remote(address)] == []


def png(width: int = 640, height: int = 480) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, "PNG")
    return written.getvalue()


class Host(BaseHTTPRequestHandler):
    """Another host: it has one picture, one page, and notes what it is asked for."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/slow.png":
            time.sleep(30)
        found = {"/gato.png": png(), "/page.png": b"<html>"}.get(self.path)
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(found or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def host() -> Iterator[tuple[str, list[str]]]:
    Host.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Host.asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_copy_is_got_once_and_is_then_a_file_of_the_blog(
    tmp_path: Path, host: tuple[str, list[str]]
) -> None:
    address, asked = host
    for _ in range(2):
        copies = Copies(tmp_path, tmp_path / "silent.json", download)
        kept = copies.kept(f"{address}/gato.png")
    name = f"{FOLDER}/{stem(f'{address}/gato.png')}.png"
    assert kept == Kept(f"{{static}}/{name}", 640, 480)
    assert asked == ["/gato.png"]
    assert (tmp_path / name).read_bytes() == png()


def test_what_is_no_picture_or_not_there_is_asked_for_once_a_day(
    tmp_path: Path, host: tuple[str, list[str]]
) -> None:
    address, asked = host
    for _ in range(2):
        copies = Copies(tmp_path, tmp_path / "silent.json", download)
        assert copies.kept(f"{address}/page.png") is None
        assert copies.kept(f"{address}/nada.png") is None
    assert asked == ["/page.png", "/nada.png"]
    assert copies.kept(f"{address}/gato.png") is not None


def test_a_host_that_does_not_answer_is_asked_for_one_picture_only(tmp_path: Path) -> None:
    asked = []

    def offline(address: str) -> bytes:
        asked.append(address)
        raise OSError("no route to host")

    copies = Copies(tmp_path, tmp_path / "silent.json", offline)
    assert [copies.kept(f"https://a.org/{number}.png") for number in range(9)] == [None] * 9
    assert asked == ["https://a.org/0.png"]


def test_a_host_that_keeps_us_waiting_is_given_up(
    host: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("readable_site.copies._SECONDS", 0.2)
    with pytest.raises(OSError, match=r"did not answer|timed out"):
        download(f"{host[0]}/slow.png")


def test_nothing_but_the_web_is_asked() -> None:
    with pytest.raises(ValueError, match="no address of the web"):
        download("file:///etc/hostname")


def test_a_build_keeps_a_copy_and_leaves_the_source_alone(
    tmp_path: Path, host: tuple[str, list[str]]
) -> None:
    address, asked = host
    blog = Blog(tmp_path, environment={"REMOTE_PICTURES": "fetch"})
    body = f'Veja:\n\n<img src="{address}/gato.png">\n'
    source = blog.post("gato", body)
    before = source.read_bytes()
    built = blog.build()
    assert built.status == 0, built.text
    name = f"images/remote/{stem(f'{address}/gato.png')}.png"
    assert f'src="/{name}" width="640" height="480"' in blog.page("2020/01/gato.html")
    assert (blog.output / name).read_bytes() == png()
    assert source.read_bytes() == before
    # A blog that has the copy asks nobody, and says nothing of it.
    again = blog.build("-e", 'REMOTE_PICTURES="local"')
    assert asked == ["/gato.png"]
    assert "gato.png" not in again.err


def test_a_build_says_at_which_line_a_picture_or_formula_is_not_shown(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    assert os.environ["REMOTE_PICTURES"] == "local"
    body = 'Veja:\n\n<img src="https://a.org/gato.png">\n\nE $x$, e $\\naoexiste$.\n'
    blog.post("gato", body)
    built = blog.build()
    assert built.status == 0, built.text
    name = stem("https://a.org/gato.png")
    assert (
        "note: content/posts/gato.md:7: the picture https://a.org/gato.png is shown as a link, "
        f"since there is no copy of it: content/images/remote/{name}.png would be one\n"
    ) in built.err
    assert (
        "note: content/posts/gato.md:9: this formula cannot be read and is shown as it is: "
        "$\\naoexiste$\n"
    ) in built.err
    page = blog.page("2020/01/gato.html")
    assert '<code class="formula-unread">$\\naoexiste$</code>' in page
    assert '<p><a class="remote" href="https://a.org/gato.png">Imagem em a.org</a></p>' in page
