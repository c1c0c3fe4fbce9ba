"""`invoke publish` from the first line to the last: a blog of the tests' own, real builds."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from executable_posts.errors import ProblemError
from site_publishing.manifest import MARKER
from site_publishing.publishing import Wish

from tests.programs import web_server
from tests.pseudoterminal import on_terminal
from tests.publish_blog import ROOT, PublishBlog, make_blog
from tests.test_blog import copy_of_the_project

RUN = """
import sys
from pathlib import Path
from site_publishing.command import run
from site_publishing.publishing import Wish
options = {name: True for name in sys.argv[2:] if name != "back"}
sys.exit(run(Path(sys.argv[1]), Wish(**options), back="back" in sys.argv[2:]))
"""


@pytest.fixture
def blog(tmp_path: Path) -> PublishBlog:
    return make_blog(tmp_path)


def command(blog: PublishBlog, *options: str) -> list[str]:
    return [sys.executable, "-c", RUN, str(blog.settings_file), *options]


ENVIRONMENT = {"PYTHONPATH": str(ROOT / "plugins")}


def run(blog: PublishBlog, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(blog, *options),
        env=os.environ | ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_session_from_the_first_publish_to_a_rollback(blog: PublishBlog) -> None:
    said = blog.publish()
    assert said[:3] == [
        "0 posts confirmed by a run: nothing is stale, failed or drifted",
        "building with publishconf.py for https://blog.test/caderno",
        f"checked: 3 pages, 1 feed, {said[2].split()[5]} addresses, HTML by html5lib: nothing is "
        "wrong",
    ]
    version = (blog.online / MARKER).read_text().strip()
    assert said[3:] == [
        f"{blog.folder}/www: nothing published → {version}",
        "pages: 4 added",
        "  + dois.html",
        "  + feeds/all.atom.xml",
        "  + index.html",
        "  + um.html",
        "figures: 1 added",
        "  + images/ponto.png: 98 B, 40 × 30 pixels",
        "files: 1 added",
        "  + theme/main.css",
        "side by side in .cache/publish.html",
        f"published {version}",
    ]
    assert blog.asked == [f"Publish this to here ({blog.folder}/www)?"]
    assert '<a href="https://blog.test/caderno/dois.html">' in (blog.online / "um.html").read_text()

    said = blog.publish()
    assert said[3:] == [f"{blog.folder}/www has version {version} already"]
    assert blog.asked == []

    blog.figure("images/ponto.png", "blue")
    (blog.online / "CNAME").write_text("blog.test")
    said = blog.publish(Wish(dry_run=True))
    assert said[3].startswith(f"{blog.folder}/www: {version} → ")
    assert said[4:] == [
        "figures: 1 changed",
        "  ~ images/ponto.png: 98 B → 99 B; 100.00% of its pixels differ, by at most 255 of 255",
        "of others, and left alone: CNAME",
        "side by side in .cache/publish.html",
    ]
    report = (blog.folder / ".cache" / "publish.html").read_text()
    assert report.count("<img src=") == 3
    assert "<figcaption>before</figcaption>" in report
    assert (blog.online / MARKER).read_text().strip() == version

    blog.answer = False
    with pytest.raises(ProblemError, match=r"^publish: nothing was published$"):
        blog.publish()
    blog.publish(Wish(yes=True))
    assert (blog.online / MARKER).read_text().strip() != version
    said = blog.roll_back(Wish(yes=True))
    assert said[-1] == f"restored {version}"
    assert "figures: 1 changed" in said
    assert (blog.online / MARKER).read_text().strip() == version
    assert (blog.online / "CNAME").read_text() == "blog.test"
    with pytest.raises(ProblemError, match=r"^target here: there is nothing before what is online"):
        blog.roll_back(Wish(yes=True))
    assert [entry.name for entry in (blog.folder / ".cache" / "publish").iterdir()] == ["lock"]


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_published(blog: PublishBlog) -> None:
    blog.settings('SITEURL = "https://example.org"\nPUBLISH_TARGETS = {"here": "folder:www"}')
    blog.post("tres", "Texto.\n\n[nada](nada.html), [seção](#nada)\n\n![](/images/ponto.png)\n")
    feed = "output/feeds/all.atom.xml"
    assert [line.removeprefix("refused: ") for line in blog.publish()] == [
        'publishconf.py: SITEURL "https://example.org" is only a placeholder: write the address '
        "of the blog there",
        'content/posts/tres.md:7: link to "nada.html": there is no nada.html in the site '
        "[tres.html:7]",
        'content/posts/tres.md:7: link to "#nada": there is no place #nada on this page '
        "[tres.html:7]",
        f'{feed}:4: link to "nada.html": there is no feeds/nada.html in the site',
        f'{feed}:4: link to "#nada": there is no place #nada in the feed',
        f'{feed}:4: relative address "nada.html" in a feed',
        f'{feed}:5: relative address "/images/ponto.png" in a feed',
    ]
    assert not blog.online.exists()


def test_a_post_that_no_run_confirms_is_not_published(blog: PublishBlog) -> None:
    blog.post("novo", "```python\n1 + 1\n```\n", head="Execute: yes\n")
    assert blog.publish() == ["refused: content/posts/novo.md: never run; `invoke build` runs it"]
    assert not blog.online.exists()


def test_a_page_or_figure_that_readers_know_does_not_vanish(blog: PublishBlog) -> None:
    blog.figure("images/velho.png", "green")
    blog.publish()
    (blog.folder / "content" / "images" / "velho.png").unlink()
    (blog.folder / "content" / "posts" / "um.md").unlink()
    (blog.folder / "theme" / "static" / "main.css").rename(
        blog.folder / "theme" / "static" / "main.2.css"
    )
    base = (blog.folder / "theme" / "templates" / "base.html").read_text()
    blog.write("theme/templates/base.html", base.replace("main.css", "main.2.css"))
    assert blog.publish(Wish(yes=True)) == [
        "refused: images/velho.png: this published figure would be gone: keep it or say "
        "--allow-removals",
        "refused: um.html: this published page would be gone: keep it, let a post name its address "
        "(Aliases: /um.html), or say --allow-removals",
    ]
    assert (blog.online / "um.html").exists()
    said = blog.publish(Wish(yes=True, allow_removals=True))
    assert "  - um.html" in said
    assert any(line.startswith("  - images/velho.png: 9") for line in said)
    assert "no longer needed, and kept for this time: 1 file that open pages may ask for" in said
    assert not (blog.online / "um.html").exists()
    assert (blog.online / "theme" / "main.css").exists()


def test_files_of_others_with_names_of_ours_are_taken_over_only_if_that_is_said(
    blog: PublishBlog,
) -> None:
    release = blog.folder / "www" / "releases" / "mine"
    release.mkdir(parents=True)
    blog.online.symlink_to("releases/mine")
    (release / "index.html").write_text("by hand")
    (release / "CNAME").write_text("blog.test")
    assert blog.publish(Wish(yes=True)) == [
        "refused: target here: 1 files of the site are there already and no publish put them "
        "there: index.html; --adopt takes them over"
    ]
    (release / "theme").write_text("a file where the site has a folder")
    assert blog.publish(Wish(yes=True, adopt=True)) == [
        "refused: target here: theme is of others, and the site has a folder or a file in its place"
    ]
    (release / "theme").unlink()
    blog.publish(Wish(yes=True, adopt=True))
    assert "by hand" not in (blog.online / "index.html").read_text()
    assert (blog.online / "CNAME").read_text() == "blog.test"


def test_what_is_asked_in_a_terminal_and_where_there_is_none(blog: PublishBlog) -> None:
    done = run(blog)
    assert done.returncode == 1
    assert done.stderr == (
        "publish: there is no terminal to ask in: say --yes to publish, or --dry-run to look\n"
    )
    shown = on_terminal(
        command(blog),
        blog.folder,
        environment=ENVIRONMENT,
        interrupt_when=lambda text: "[y/N]" in text,
    )
    assert shown.status == 130
    assert shown.last.lines[-1] == "stopped: readers get the old version or the new one, whole"
    assert not blog.online.exists()
    done = run(blog, "yes")
    assert done.returncode == 0, done.stderr
    assert blog.online.exists()
    done = run(blog, "back", "yes")
    assert done.returncode == 1
    assert done.stderr.startswith("target here: there is nothing before what is online")


def test_a_build_that_is_killed_leaves_nothing(blog: PublishBlog) -> None:
    blog.publish()
    version = (blog.online / MARKER).read_text()
    blog.figure("images/ponto.png", "blue")
    process = subprocess.Popen(
        command(blog, "yes"), env=os.environ | ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert any("building" in line for line in process.stdout)
    with pytest.raises(ProblemError, match=r"^publish: `invoke publish` is at work in this folder"):
        blog.publish()
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (blog.online / MARKER).read_text() == version
    # The build in a process of its own ends with who started it, and frees the lock.
    blog.publish(Wish(yes=True))
    assert (blog.online / MARKER).read_text() != version
    assert [entry.name for entry in (blog.folder / ".cache" / "publish").iterdir()] == ["lock"]


def test_verifying_asks_the_published_address(
    blog: PublishBlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is not to be found on any network: nginx answers for it, as a proxy would."""
    blog.settings('SITEURL = "http://blog.test"\nPUBLISH_TARGETS = {"here": "folder:www"}')
    (blog.folder / "nginx").mkdir()
    with web_server(blog.online, blog.folder / "nginx") as port:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        # urllib asks for proxies once a process, and keeps what it learnt.
        monkeypatch.setattr(urllib.request, "_opener", None)
        said = blog.publish(Wish(yes=True, verify=True))
        version = (blog.online / MARKER).read_text().strip()
        assert said[-1] == f"http://blog.test/ shows {version}"


@pytest.mark.parametrize(
    ("settings", "target", "message"),
    [
        ("", "", "PUBLISH_TARGETS: no target is named. Write into publishconf.py, for example:"),
        ("PUBLISH_TARGETS = 'x'", "", "PUBLISH_TARGETS: a dictionary is expected"),
        (
            'PUBLISH_TARGETS = {"a": "folder:a", "b": "folder:b"}',
            "",
            "target a: there is nothing before what is online that could be restored",
        ),
        (
            'PUBLISH_TARGETS = {"pages": "folder:a"}',
            "page",
            'PUBLISH_TARGETS: there is no target "page"; did you mean "pages"? Allowed: pages',
        ),
        (
            'PUBLISH_TARGETS = {"a": "ftp:b"}',
            "",
            'PUBLISH_TARGETS: target "a": "ftp:b" is none of these:',
        ),
        (
            'PUBLISH_TARGETS = {"a b": "folder:b"}',
            "",
            'PUBLISH_TARGETS: the name "a b" may have letters, digits, - and _ only',
        ),
        ("SITENAME = 1 / 0", "", "publishconf.py: ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_wrong_with_the_settings_is_said(
    blog: PublishBlog, settings: str, target: str, message: str
) -> None:
    blog.settings(settings)
    with pytest.raises(ProblemError) as caught:
        blog.roll_back(Wish(target=target))
    assert str(caught.value).startswith(message)


def test_without_settings_there_is_nothing_to_publish(tmp_path: Path) -> None:
    with pytest.raises(
        ProblemError, match=r"^publishconf\.py: is not there; it holds the settings"
    ):
        PublishBlog(tmp_path).publish()


def test_a_manifest_that_is_damaged_stops_the_publish(blog: PublishBlog) -> None:
    blog.publish()
    (blog.online / "published.json").write_text("{}")
    with pytest.raises(ProblemError, match=r"^target here: published\.json is none of this"):
        blog.publish()


def test_a_theme_that_is_broken_is_told(blog: PublishBlog) -> None:
    blog.write("theme/templates/index.html", "{% if %}")
    [problem] = blog.publish()
    assert problem.startswith("refused: publishconf.py: the build failed (status 1)\n")
    assert "Expected an expression, got 'end of statement block'" in problem


def test_the_executed_notebook_of_a_draft_stays_at_home(blog: PublishBlog) -> None:
    code = "```python\nprint(6 * 7)\n```\n"
    blog.post("pronto", code, head="Execute: yes\n")
    blog.post("rascunho", code, head="Execute: yes\nStatus: draft\nCategory: Geral\n")
    output = blog.folder / "output"
    command = [sys.executable, "-m", "pelican", "-s", str(blog.settings_file)]
    command += ["-o", str(output)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    notebooks = blog.folder / "content" / "notebooks" / "posts"
    assert {file.name for file in notebooks.iterdir()} == {"pronto.ipynb", "rascunho.ipynb"}
    assert [file.name for file in output.rglob("*.ipynb")] == ["pronto.ipynb"]
    assert "2 posts confirmed by a run" in blog.publish(Wish(check=True))[0]


@pytest.mark.slow
@pytest.mark.parametrize("siteurl", ["https://blog.test", "https://blog.test/caderno"])
def test_this_blog_can_be_published_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, siteurl: str
) -> None:
    clone = copy_of_the_project(tmp_path_factory.mktemp("clone"))
    done = subprocess.run(
        [Path(sys.executable).with_name("invoke"), "publish", "--check"],
        cwd=clone,
        env=os.environ | {"SITEURL": siteurl},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("nothing is wrong")
