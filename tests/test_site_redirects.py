"""Old addresses lead to new ones, and never take the place of anything."""

import posixpath
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readable_site.redirects import Target, file_of, line_of, named, page, redirects

from tests.readable import Blog


def target(*aliases: str, source: str = "content/posts/x.md", line: int | None = 4) -> Target:
    return Target(source, line, aliases, "2020/01/x.html", "Título <x>", "pt-BR")


@given(st.text(alphabet="a./\\?# é\n", max_size=12))
def test_an_alias_is_a_file_of_the_site_or_no_alias(alias: str) -> None:
    try:
        file = file_of(alias)
    except ValueError:
        return
    assert file.split("/")[0] not in {"", ".."}
    assert posixpath.normpath(file) == file
    assert file.rpartition("/")[2]


@pytest.mark.parametrize(
    ("alias", "file"),
    [
        ("/2019/velho.html", "2019/velho.html"),
        ("velho", "velho/index.html"),
        ("/a/b/", "a/b/index.html"),
        ("/", "index.html"),
        ("/a/../b.php", "b.php"),
    ],
)
def test_an_address_is_answered_by_a_file(alias: str, file: str) -> None:
    assert file_of(alias) == file


@pytest.mark.parametrize(
    ("alias", "why"),
    [
        ("https://exemplo.org/x", "an address on this site is expected"),
        ("//exemplo.org/x", "an address on this site is expected"),
        ("/../x.html", "it leads out of the site"),
        ("/?p=123", "an address without ?, #"),
        ("/x#y", "an address without ?, #"),
    ],
)
def test_what_is_no_address_of_the_site_is_told(alias: str, why: str) -> None:
    found, [problem] = redirects([target(alias)], {})
    assert found == []
    assert str(problem).startswith(f'content/posts/x.md:4: alias "{alias}": {why}')


def test_an_alias_that_somebody_has_is_told_with_both_places() -> None:
    taken = {"2020/01/y.html": "content/posts/y.md"}
    _, problems = redirects(
        [target("/a", "/2020/01/y.html"), target("/a/", source="content/posts/z.md", line=9)], taken
    )
    assert [str(problem) for problem in problems] == [
        'content/posts/x.md:4: alias "/2020/01/y.html": that is the address of content/posts/y.md',
        'content/posts/z.md:9: alias "/a/": content/posts/x.md:4 has the same alias',
    ]


def test_the_page_of_a_redirect_leads_on_without_a_script() -> None:
    [redirect], _ = redirects([target("/a")], {})
    text = page(redirect, "/b&c", "https://exemplo.org/b&c")
    assert '<meta http-equiv="refresh" content="0; url=/b&amp;c">' in text
    assert '<link rel="canonical" href="https://exemplo.org/b&amp;c">' in text
    assert '<a href="/b&amp;c">Título &lt;x&gt;</a>' in text
    assert '<html lang="pt-BR">' in text


def test_aliases_are_named_between_commas_or_on_lines_of_their_own() -> None:
    assert named("/a, /b ,") == named(["/a", "/b"]) == ("/a", "/b")
    assert named("") == ()
    assert line_of("Title: x\naliases : /a\n") == 2
    assert line_of("Title: x\n") is None


def test_a_build_says_all_that_is_wrong_with_aliases_and_writes_nothing(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    blog.post("um", "Um.", head="Aliases: /2020/01/dois.html, /tags.html, /category/geral.html\n")
    blog.post("dois", "Dois.", head="Tags: x\nAliases: /images/a.png, /../fora.html\n")
    blog.write("images/a.png", b"x")
    built = blog.build()
    assert built.status == 1
    said = " ".join(built.text.split())
    for problem in (
        'content/posts/um.md:4: alias "/2020/01/dois.html": that is the address of'
        " content/posts/dois.md",
        'content/posts/um.md:4: alias "/tags.html": that is the address of the page tags',
        'content/posts/um.md:4: alias "/category/geral.html": that is the address of the page of'
        ' the category "Geral"',
        'content/posts/dois.md:5: alias "/images/a.png": that is the address of the file'
        " images/a.png",
        'content/posts/dois.md:5: alias "/../fora.html": it leads out of the site',
    ):
        assert problem in said
    assert "Traceback" not in built.text
    assert not list(blog.output.rglob("*.html"))
