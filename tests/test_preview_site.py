"""The preview as a server: it shows what a build writes, to whom it is meant for, and ends."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from executable_posts.preview.overlay import injected
from playwright.sync_api import Page

from tests.blog import ROOT, Site
from tests.browser import chromium, page
from tests.previewing import Previewed, previewing, replace, shown, until, with_theme

__all__ = ["chromium", "page"]

PLUGIN = """
from pathlib import Path

from pelican import signals
from pelican.generators import Generator


class Words(Generator):
    def generate_output(self, writer):
        folder = Path(self.output_path)
        folder.mkdir(parents=True, exist_ok=True)
        titles = sorted(article.title for article in self.context["articles"])
        (folder / "titles.txt").write_text("\\n".join(titles))
        writer.write_file("extra.html", self.get_template("404"), self.context, url="extra.html")


def stamped(path, context):
    file = Path(path)
    if file.suffix == ".html":
        file.write_text(file.read_text() + "<!-- stamped -->")


def made(_):
    return Words


def all_read(generators):
    for article in generators[0].articles:
        article._content += f"<p>de {len(generators[0].articles)} textos</p>"


def register():
    signals.get_generators.connect(made)
    signals.content_written.connect(stamped)
    signals.all_generators_finalized.connect(all_read)
"""


def ask(
    port: int, path: str, headers: dict[str, str] | None = None, method: str = "GET"
) -> tuple[int, bytes, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers.get("Content-Type", "")
    finally:
        connection.close()


def compare(output: Path, preview: Previewed) -> int:
    """Compare all files that a build wrote with what the preview sends; how many there are.

    What is made of all written pages, for other sites and for searching, only a build has.
    """
    names = {file.relative_to(output).as_posix(): file for file in output.rglob("*")}
    files = {
        name: file
        for name, file in sorted(names.items())
        if file.is_file() and not name.startswith(("cards/", "pagefind/"))
    }
    for name, file in files.items():
        status, body, mime = ask(preview.port, f"/{name}")
        expected = file.read_bytes()
        if mime.startswith("text/html") and not name.startswith("assets/"):
            expected = injected(expected)
        assert (status, body) == (200, expected), name
    return len(files)


@pytest.mark.slow
def test_each_file_of_the_blog_is_what_a_build_writes_byte_for_byte(tmp_path: Path) -> None:
    site = Site(tmp_path, tmp_path)
    shutil.copytree(ROOT / "content", site.folder / "content", dirs_exist_ok=True)
    for name in ("theme", "plugins"):
        (site.folder / name).symlink_to(ROOT / name)
    settings = site.folder / "pelicanconf.py"
    settings.write_text((ROOT / "pelicanconf.py").read_text(encoding="utf-8"), encoding="utf-8")
    built = site.build_frozen()
    assert built.status == 0, built.text
    with previewing(site) as preview:
        preview.line("posts read")
        assert compare(site.output, preview) > 40
        status, body, _ = ask(preview.port, "/nada.html")
        assert (status, body) == (404, injected((site.output / "404.html").read_bytes()))


def test_plugins_that_write_change_and_add_find_what_a_build_gives_them(site: Site) -> None:
    with_theme(site, 'PLUGIN_PATHS = [*PLUGIN_PATHS, "more"]\nPLUGINS = [*PLUGINS, "words"]\n')
    (site.folder / "more").mkdir()
    (site.folder / "more" / "words.py").write_text(PLUGIN, encoding="utf-8")
    for number in range(3):
        site.write(f"posts/{number}.md", f"Title: T{number}\nDate: 2020-01-02\nTags: a\n\nTexto.\n")
    post = site.folder / "content" / "posts" / "1.md"
    with previewing(site) as preview:
        preview.line("3 posts read")
        replace(post, "Texto", "Prosa")
        while b"Prosa" not in ask(preview.port, "/2020/01/t1.html")[1]:
            time.sleep(0.05)
        assert site.build().status == 0
        assert "stamped" in site.page("t1")
        assert site.page("t1").count("de 3 textos") == 1
        assert compare(site.output, preview) > 8
        site.write("posts/3.md", "Title: T3\nDate: 2020-01-02\n\nTexto.\n")
        while ask(preview.port, "/2020/01/t3.html")[0] != 200:
            time.sleep(0.05)
        assert ask(preview.port, "/titles.txt")[1] == b"T0\nT1\nT2\nT3"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Previewed]:
    folder = tmp_path_factory.mktemp("site")
    site = with_theme(Site(folder, folder))
    site.write("posts/um.md", "Title: Um\nDate: 2020-01-02\n\nTexto.\n")
    with previewing(site) as preview:
        preview.line("1 post read")
        yield preview


def test_other_names_than_its_own_are_refused(small: Previewed) -> None:
    for host in ("127.0.0.1", "localhost"):
        assert ask(small.port, "/", {"Host": f"{host}:{small.port}"})[0] == 200
    for host in (f"blog.example:{small.port}", "127.0.0.1:1", f"192.168.0.7:{small.port}", ""):
        status, body, _ = ask(small.port, "/", {"Host": host})
        assert status == 403
        assert b"open the address that `invoke preview` says" in body


def test_pages_of_others_may_ask_nothing(small: Previewed) -> None:
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
        "Sec-WebSocket-Version": "13",
    }
    for path, headers in (("/", {}), ("/_preview/events", upgrade)):
        asked = {**headers, "Origin": "https://example.org"}
        status, body, _ = ask(small.port, path, asked)
        assert status == 403, path
        assert b"a page of https://example.org may not ask this preview" in body
    assert ask(small.port, "/", {"Origin": f"http://127.0.0.1:{small.port}"})[0] == 200


def test_no_address_leads_out_of_the_site(small: Previewed) -> None:
    for path in ("/../../../../../../etc/hostname", "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/hostname"):
        assert ask(small.port, path)[0] == 404
    for path in ("/_preview/../server.py", "/_preview/%2e%2e/hub.py", "//etc/hostname"):
        assert ask(small.port, path)[0] == 404


def test_with_lan_addresses_are_answered_and_names_of_others_are_not(site: Site) -> None:
    with previewing(with_theme(site), lan=True) as preview:
        preview.line("from other devices: http://")
        preview.line("posts read")
        for host in ("192.168.0.7", "127.0.0.1", socket.gethostname()):
            assert ask(preview.port, "/", {"Host": f"{host}:{preview.port}"})[0] in {200, 404}
        assert ask(preview.port, "/", {"Host": f"blog.example:{preview.port}"})[0] == 403


def test_a_port_that_is_taken_gives_the_next_and_says_so(site: Site) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with previewing(with_theme(site), port=taken) as preview:
            assert f"port {taken} is taken" in preview.said
            assert preview.port > taken


def test_ctrl_c_ends_all_at_once_while_a_cell_runs(site: Site) -> None:
    with_theme(site)
    site.post("longo", "```python\nimport time\nprint('a', flush=True)\ntime.sleep(600)\n```\n")
    with previewing(site) as preview:
        preview.line("1 post read")
        ask(preview.port, "/2020/01/longo.html")
        preview.line("cell 1 of 1 running")
        assert preview.interrupt() == 0
        preview.line("ended")
        left = subprocess.run(
            ["pgrep", "--session", str(preview.process.pid)], capture_output=True, check=False
        )
        assert left.stdout == b""
    assert [*site.scratch.iterdir()] == []
    assert not site.notebook("longo").exists()


def test_temporary_files_of_editors_are_no_posts_and_a_replaced_one_is_never_gone(
    site: Site, page: Page
) -> None:
    with_theme(site)
    post = site.write("posts/um.md", "Title: Um\nDate: 2020-01-02\n\nTexto.\n")
    with previewing(site) as preview:
        preview.line("1 post read")
        page.goto(f"{preview.address}2020/01/um.html")
        page.evaluate("window.states = []")
        page.evaluate(
            "document.addEventListener('preview:shown', () => states.push(document.title))"
        )
        for name in (".um.md.swp", "4913", "#um.md#", ".#um.md", "um.md.tmp"):
            site.write(f"posts/{name}", "Title: Não\nDate: 2020-01-02\n\nX.\n")
        # As Vim does: the old file is moved away, the new one written, the old one deleted.
        backup = post.rename(post.with_name("um.md~"))
        post.write_text("Title: Um\nDate: 2020-01-02\n\nNovo.\n", encoding="utf-8")
        backup.unlink()
        shown(page, "Novo.")
        # And as GIO: a new file is moved over the old one.
        other = site.write("posts/.goutputstream-X1", "Title: Um\nDate: 2020-01-02\n\nGio.\n")
        other.rename(post)
        shown(page, "Gio.")
        assert set(page.evaluate("states")) == {"Um"}
        assert ask(preview.port, "/2020/01/nao.html")[0] == 404


def test_code_and_figures_that_come_get_the_buttons_of_this_blogs_theme(
    site: Site, page: Page
) -> None:
    shutil.copy(ROOT / "pelicanconf.py", site.folder)
    for name in ("theme", "plugins", "content/data"):
        (site.folder / name).symlink_to(ROOT / name)
    site.write("images/x.png", next((ROOT / "content" / "images").rglob("*.png")).read_bytes())
    figure = '<figure><img src="{static}/images/x.png" alt="x"></figure>\n'
    code = "```python\nx = 1\n```\n"
    head = "Title: Um\nDate: 2020-01-02\nSlug: um\nExecute: no\n\n"
    post = site.write("posts/um.md", f"{head}{code}\n{figure}\nFim um.\n")
    with previewing(site) as preview:
        preview.line("1 post read")
        page.goto(f"{preview.address}2020/01/um.html")
        page.evaluate("window.neverReloaded = true")
        buttons = "[...document.querySelectorAll('.copy, .zoom img')].length === {}"
        until(page, buttons.format(2))
        replace(post, "Fim um.", f"{code}\n{figure}\nFim dois.")
        shown(page, "Fim dois.")
        until(page, buttons.format(4))
        replace(post, "Fim dois.", "Fim.")
        shown(page, "Fim.")
        until(page, buttons.format(4))
        page.locator(".zoom").last.click()
        assert page.locator("dialog img").count() == 1
        assert page.evaluate("neverReloaded")


def test_new_folders_are_followed_and_end_nothing(site: Site) -> None:
    with_theme(site)
    site.write("posts/um.md", "Title: Um\nDate: 2020-01-02\n\nTexto.\n")
    with previewing(site) as preview:
        preview.line("1 post read")
        (site.folder / "outra").mkdir()
        (site.folder / "outra" / "x.txt").write_text("x", encoding="utf-8")
        time.sleep(0.5)
        site.write("posts/nova/dois.md", "Title: Dois\nDate: 2020-01-02\n\nTexto.\n")
        while ask(preview.port, "/2020/01/dois.html")[0] != 200:
            time.sleep(0.05)


@pytest.mark.slow
def test_memory_stays_as_it_is_over_500_edits_and_none_is_lost(site: Site, page: Page) -> None:
    with_theme(site)
    for number in range(20):
        site.write(
            f"posts/{number}.md",
            f"Title: T{number}\nDate: 2020-01-02\n\nTexto 0x.\n\n" + "Muitas palavras. " * 2000,
        )
    post = site.folder / "content" / "posts" / "7.md"
    with previewing(site) as preview:
        preview.line("20 posts read")
        page.goto(f"{preview.address}2020/01/t7.html")
        after_a_hundred = 0
        for number in range(500):
            replace(post, f"Texto {number}x.", f"Texto {number + 1}x.")
            shown(page, f"Texto {number + 1}x.")
            if number == 100:
                after_a_hundred = preview.memory()
        assert preview.memory() < after_a_hundred + (8 << 20)


def test_the_task_serves_where_there_is_no_terminal(tmp_path: Path) -> None:
    for name in ("content", "theme", "plugins", "pelicanconf.py", "tasks.py"):
        (tmp_path / name).symlink_to(ROOT / name)
    invoke = Path(sys.executable).with_name("invoke")
    with subprocess.Popen(
        [invoke, "preview", "--port", "18000", "--no-open"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            preview = Previewed(process)
            assert re.search(r"\d posts read in", preview.line("posts read"))
            assert ask(preview.port, "/_preview/")[0] == 200
            assert json.dumps(preview.said).count("previewing at") == 1
        finally:
            process.terminate()
