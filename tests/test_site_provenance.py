"""Provenance: what a page says of a run is what the executed notebook and git say."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from executable_posts import store
from hypothesis import given
from hypothesis import strategies as st
from readable_site.history import Version, since
from readable_site.provenance import Files, Provenance, provenance
from readable_site.repository import Repository, repository
from readable_site.runs import Runs, essence

from tests.blog import ROOT
from tests.readable import PI, Blog

NOTEBOOK = f"content/notebooks/posts/{PI}.ipynb"
FILES = Files(f"content/posts/{PI}.md", NOTEBOOK, f"notebooks/posts/{PI}.ipynb")
HOME = repository("https://github.com/ana/caderno", "main")
MORNING = datetime(2026, 1, 2, 15, tzinfo=UTC)


@pytest.fixture
def blog(tmp_path: Path) -> Blog:
    """A blog whose one post ran before the commit of 2026-01-02."""
    blog = Blog(tmp_path / "blog")
    blog.borrow_executed_post()
    blog.git("init", "--quiet", "--initial-branch=main")
    commit(blog, "2026-01-02T12:00:00-03:00")
    return blog


def commit(blog: Blog, date: str) -> None:
    blog.git("add", "content")
    blog.git("commit", "--quiet", "--message=x", date=date)


def change(blog: Blog, old: str, new: str) -> None:
    """Change the notebook's text without anybody's leave; only `essence` reads it here."""
    file = blog.folder / NOTEBOOK
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def when(blog: Blog) -> datetime | None:
    """When it ran, asked twice: the second time it is remembered."""
    memory = blog.folder / ".cache/runs.json"
    asked, again = (
        Runs(blog.folder, blog.folder / "content", memory).when(NOTEBOOK) for _ in range(2)
    )
    assert asked == again
    return asked


def test_all_that_is_said_of_a_run_stands_in_its_notebook(blog: Blog) -> None:
    known = store.read(blog.folder / NOTEBOOK)
    assert isinstance(known, store.ExecutedNotebook)
    said = provenance(blog.folder, FILES, MORNING, HOME, confirmed=True)
    raw = json.loads((blog.folder / NOTEBOOK).read_text(encoding="utf-8"))
    assert said == Provenance(
        executed=MORNING,
        python=raw["metadata"]["executable_posts"]["python"],
        named=tuple(
            (name, version)
            for name, version in known.fingerprint.packages.items()
            if name in {"matplotlib", "numpy"}
        ),
        packages=tuple(raw["metadata"]["executable_posts"]["fingerprint"]["packages"].items()),
        seconds=sum(cell.seconds for cell in known.cells),
        confirmed=True,
        notebook_url=f"notebooks/posts/{PI}.ipynb",
        source_url=f"https://github.com/ana/caderno/blob/main/content/posts/{PI}.md",
        colab_url=f"https://colab.research.google.com/github/ana/caderno/blob/main/{NOTEBOOK}",
        binder_url="https://mybinder.org/v2/gh/ana/caderno/main?labpath="
        + NOTEBOOK.replace("/", "%2F"),
    )
    assert ("numpy", "2.4.6") in said.packages
    assert 0 < said.seconds < 60


def test_without_a_repository_nothing_is_linked_but_the_notebook(blog: Blog) -> None:
    said = provenance(blog.folder, FILES, None, None, confirmed=False)
    assert said is not None
    assert (said.source_url, said.colab_url, said.binder_url) == (None, None, None)
    assert said.notebook_url == f"notebooks/posts/{PI}.ipynb"


def test_a_damaged_notebook_proves_nothing(blog: Blog) -> None:
    change(blog, "314", "315")
    assert provenance(blog.folder, FILES, MORNING, HOME, confirmed=True) is None


def test_it_ran_when_the_outputs_were_committed(blog: Blog) -> None:
    assert when(blog) == MORNING


def test_a_change_of_prose_is_no_run(blog: Blog) -> None:
    change(blog, "Imagine um quadrado", "Pense em um quadrado")
    commit(blog, "2026-02-02T12:00:00-03:00")
    change(blog, "Pense em um quadrado", "Imagine um quadrado")
    assert when(blog) == MORNING


def test_a_run_that_gave_something_new_is_dated_by_its_commit(blog: Blog) -> None:
    change(blog, "pontos dentro", "pontos no alvo")
    commit(blog, "2026-02-02T12:00:00-03:00")
    change(blog, "Imagine um quadrado", "Pense em um quadrado")
    commit(blog, "2026-03-03T12:00:00-03:00")
    assert when(blog) == datetime(2026, 2, 2, 15, tzinfo=UTC)


def test_what_is_not_committed_is_as_old_as_the_file(blog: Blog) -> None:
    change(blog, "pontos dentro", "pontos no alvo")
    written = datetime.fromtimestamp((blog.folder / NOTEBOOK).stat().st_mtime, UTC)
    assert when(blog) == written
    shutil.rmtree(blog.folder / ".git")
    assert when(blog) == written


def test_a_shallow_clone_knows_no_date_rather_than_a_wrong_one(blog: Blog, tmp_path: Path) -> None:
    blog.write("posts/outro.txt", "x")
    commit(blog, "2026-02-02T12:00:00-03:00")
    assert when(blog.clone(tmp_path / "shallow", "--depth=1")) is None
    assert when(blog.clone(tmp_path / "whole")) == MORNING


def test_a_history_that_cannot_be_read_tells_no_date(
    blog: Blog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert when(blog) is None


def test_a_repository_without_a_commit_leaves_the_date_of_the_file(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    blog.borrow_executed_post()
    blog.git("init", "--quiet")
    assert when(blog) == datetime.fromtimestamp((blog.folder / NOTEBOOK).stat().st_mtime, UTC)


def test_a_blog_in_a_folder_of_a_repository_has_a_history_too(tmp_path: Path) -> None:
    outer = Blog(tmp_path)
    outer.git("init", "--quiet")
    inner = Blog(tmp_path / "meu blog")
    inner.borrow_executed_post()
    outer.git("add", ".")
    outer.git("commit", "--quiet", "--message=x")
    assert when(inner) == MORNING


VERSIONS = st.lists(st.sampled_from("ab"), min_size=1, max_size=6)


@given(VERSIONS, st.booleans())
def test_since_is_the_begin_of_the_newest_stretch_of_equal_versions(
    contents: list[str], is_cut: bool
) -> None:
    days = [MORNING - timedelta(days=age) for age in range(len(contents))]
    versions = [
        Version(str(index), day, first=is_cut and index == len(contents) - 1)
        for index, day in enumerate(days)
    ]
    found = since(versions, lambda version: contents[int(version.commit)] == contents[0])
    stretch = next((i for i, one in enumerate(contents) if one != contents[0]), len(contents))
    unknown = is_cut and stretch == len(contents)
    assert found == (None if unknown else days[stretch - 1])


@given(st.binary(max_size=50))
def test_what_is_no_notebook_has_no_essence(data: bytes) -> None:
    assert essence(data) is None


def test_hosts_have_their_own_addresses() -> None:
    gitlab = repository("https://gitlab.com/grupo/sub/nome.git", "principal/x")
    assert gitlab == Repository("gitlab.com", "grupo/sub/nome", "principal/x")
    assert (
        gitlab.source("a b.md") == "https://gitlab.com/grupo/sub/nome/-/blob/principal/x/a%20b.md"
    )
    assert gitlab.colab("a.ipynb") is None
    assert gitlab.binder("a.ipynb") == (
        "https://mybinder.org/v2/gl/grupo%2Fsub%2Fnome/principal%2Fx?labpath=a.ipynb"
    )
    codeberg = repository("https://codeberg.org/ana/caderno/", "main")
    assert codeberg is not None
    assert codeberg.source("a.md") == "https://codeberg.org/ana/caderno/src/branch/main/a.md"
    assert codeberg.binder("a.ipynb") is None


@pytest.mark.parametrize(
    "address",
    ["github.com/ana/caderno", "https://exemplo.org/ana/caderno", "https://github.com/ana", "x"],
)
def test_a_repository_somewhere_else_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"at one of github\.com, gitlab\.com, codeberg\.org"):
        repository(address, "main")


def test_a_stale_post_is_not_confirmed_and_its_page_says_so(blog: Blog) -> None:
    built = blog.build()
    assert built.status == 0, built.text
    page = f"2026/11/{PI}.html"
    assert "Saídas confirmadas" in blog.page(page)
    assert ">2 de janeiro de 2026<" in blog.page(page)
    source = blog.folder / "content/posts" / f"{PI}.md"
    text = source.read_text(encoding="utf-8").replace("n = 2_000", "n = 3_000")
    source.write_text(text, encoding="utf-8")
    assert blog.build().status == 1
    assert "Saídas confirmadas" not in blog.page(page)
    assert ROOT / "content" not in source.parents
