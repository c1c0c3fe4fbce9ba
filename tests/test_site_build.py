"""The site around the posts, built: heads, feeds, sitemap, cards, languages, neighbours."""

import doctest
import importlib
import json
import pkgutil
import re
import sys
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import XML

import pytest
import readable_site
from PIL import Image

from tests.blog import ROOT
from tests.readable import PI, Blog

SITE = "https://exemplo.org/caderno"
ATOM = "{http://www.w3.org/2005/Atom}"
MAPS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def write_posts(blog: Blog) -> None:
    blog.borrow_executed_post()
    picture = Image.new("RGB", (800, 400), "teal")
    (blog.folder / "content/images").mkdir()
    picture.save(blog.folder / "content/images/mapa.png")
    Image.new("RGB", (20, 20), "red").save(blog.folder / "content/images/selo.png")
    blog.post(
        "um",
        """
        O *primeiro* parágrafo, sobre redes.

        ## Uma seção

        ![selo](/images/selo.png) ![mapa](/images/mapa.png) e [dois]({filename}dois.md), nota.[^1]

        [^1]: Uma nota.
        """,
        title="Um & outro",
        head="Tags: redes, mapas\nSeries: Curso\nAliases: /velho.html, /antigo/\n",
    )
    blog.post("dois", "Dois.", head="Tags: redes\nSeries: Curso\nSeries_index: 1\n")
    blog.post("tres", "Três.", head="Tags: outra coisa\nCategory: Única\nDescription: De três.\n")
    english = "Title: One\nDate: 2020-01-02 10:00\nSlug: um\nLang: en\n\nOne.\n"
    blog.write("posts/um-en.md", english)
    blog.post("rascunho", "Ainda não.", head="Status: draft\n")
    blog.write("pages/sobre.md", "Title: Sobre\nSlug: sobre\n\nSobre tudo.\n")


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Blog:
    """A small blog, built for the web, whose address has a path."""
    settings = f"SITEURL = {SITE!r}\nREPOSITORY = 'https://github.com/ana/caderno'\n"
    blog = Blog(tmp_path_factory.mktemp("blog"), settings)
    write_posts(blog)
    built = blog.build()
    assert built.status == 0, built.text
    return blog


class Head(HTMLParser):
    """What the elements in a page's head say."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.links: list[dict[str, str]] = []
        self.json_ld = ""
        self._inside = False
        self.feed(page.partition("</head>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = given.get("name") or given.get("property") or given.get("http-equiv") or ""
            self.meta.setdefault(name, given.get("content", ""))
        elif tag == "link":
            self.links.append(given)
        self._inside = tag == "script" and given.get("type") == "application/ld+json"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.json_ld += data

    def link(self, rel: str, **wanted: str) -> list[str]:
        return [
            one["href"]
            for one in self.links
            if one["rel"] == rel and all(one.get(key) == wanted[key] for key in wanted)
        ]


UM = "2020/01/um.html"


def test_a_head_says_what_a_post_is_to_search_engines_and_other_sites(blog: Blog) -> None:
    head = Head(blog.page(UM))
    assert head.meta["Content-Security-Policy"] == "default-src 'self'"
    assert head.meta["description"] == "O primeiro parágrafo, sobre redes."
    assert head.link("canonical") == [f"{SITE}/{UM}"]
    assert head.meta["og:url"] == f"{SITE}/{UM}"
    assert head.meta["og:title"] == "Um & outro"
    assert head.meta["og:type"] == "article"
    assert head.meta["og:locale"] == "pt_BR"
    assert head.meta["og:image"] == f"{SITE}/cards/2020/01/um.png"
    assert (head.meta["og:image:width"], head.meta["og:image:height"]) == ("1200", "630")
    assert head.meta["twitter:card"] == "summary_large_image"
    assert head.link("alternate", type="application/feed+json") == [f"{SITE}/feeds/all.json"]
    assert head.link("alternate", hreflang="pt-BR") == [f"{SITE}/{UM}"]
    assert head.link("alternate", hreflang="en") == [f"{SITE}/2020/01/um-en.html"]


def test_json_ld_is_a_blog_posting_with_whole_addresses(blog: Blog) -> None:
    told = json.loads(Head(blog.page(UM)).json_ld)
    assert told["@type"] == "BlogPosting"
    assert told["headline"] == "Um & outro"
    assert told["inLanguage"] == "pt-BR"
    assert told["url"] == told["mainEntityOfPage"] == f"{SITE}/{UM}"
    assert told["image"] == f"{SITE}/cards/2020/01/um.png"
    assert datetime.fromisoformat(told["datePublished"]).utcoffset() is not None
    assert told["author"] == [{"@type": "Person", "name": "diego"}]
    assert told["keywords"] == "redes, mapas"


def test_drafts_and_the_404_are_for_no_search_engine(blog: Blog) -> None:
    for file in ("drafts/rascunho.html", "404.html"):
        head = Head(blog.page(file))
        assert head.meta["robots"] == "noindex"
        assert head.link("canonical") == []
        assert "og:title" not in head.meta


def test_the_first_page_and_a_year_are_known_by_their_folders(blog: Blog) -> None:
    assert Head(blog.page("index.html")).link("canonical") == [f"{SITE}/"]
    assert Head(blog.page("2020/index.html")).link("canonical") == [f"{SITE}/2020/"]
    assert "Textos de 2020" in blog.page("2020/index.html")


def test_only_the_search_page_may_compile_webassembly(blog: Blog) -> None:
    for file in sorted(blog.output.rglob("*.html")):
        page = file.read_text(encoding="utf-8")
        policy = Head(page).meta.get("Content-Security-Policy", "")
        assert ("wasm" in policy) == (file.name == "busca.html"), file


def test_a_page_has_its_own_language(blog: Blog) -> None:
    assert '<html lang="pt-BR">' in blog.page(UM)
    assert "2 de janeiro de 2020" in blog.page(UM)
    english = blog.page("2020/01/um-en.html")
    assert '<html lang="en">' in english
    assert "January 2, 2020" in english
    assert Head(english).meta["og:locale"] == "en"
    assert json.loads(Head(english).json_ld)["inLanguage"] == "en"


def test_links_with_a_slash_lead_below_a_site_with_a_path(blog: Blog) -> None:
    page = blog.page(UM)
    assert f'src="{SITE}/images/mapa.png"' in page
    assert f'href="{SITE}/2020/01/dois.html"' in page
    assert 'src="/' not in page


def test_style_sheets_and_scripts_are_one_file_each_named_by_their_content(blog: Blog) -> None:
    page = blog.page(UM)
    [style] = re.findall(rf'{SITE}/(theme/site\.[0-9a-f]{{10}}\.css)"', page)
    [script] = re.findall(rf'{SITE}/(theme/site\.[0-9a-f]{{10}}\.js)"', page)
    assert len(blog.page(style)) < sum(
        file.stat().st_size for file in (ROOT / "theme/css").iterdir()
    )
    assert len(blog.page(script)) < 3 * 1024


def test_a_bundle_that_no_page_names_any_more_goes_and_no_other_file(blog: Blog) -> None:
    folder = blog.output / "theme"
    old, other = folder / "site.0123456789.css", folder / "site.mine.css"
    for file in (old, other):
        file.write_text("a{}")
    assert blog.build().status == 0
    assert not old.exists()
    assert other.exists()
    other.unlink()
    assert len(list(folder.glob("site.*.css"))) == 1


@pytest.mark.parametrize("name", ["feeds/all.atom.xml", "feeds/geral.atom.xml"])
def test_an_atom_feed_is_whole_in_text_and_addresses_and_says_its_language(
    blog: Blog, name: str
) -> None:
    root = XML(blog.page(name))
    assert root.get(XML_LANG) == "pt-BR"
    entries = {entry.findtext(f"{ATOM}title"): entry for entry in root.iter(f"{ATOM}entry")}
    entry = entries["Um & outro"]
    content = entry.findtext(f"{ATOM}content") or ""
    assert f'src="{SITE}/images/mapa.png"' in content
    assert f'href="{SITE}/{UM}#fn:1"' in content
    assert "headerlink" not in content
    addresses = re.findall(r'(?:href|src)="([^"]*)"', content)
    assert len(addresses) == 5
    assert all(address.startswith("https://") for address in addresses)
    for link in root.iter(f"{ATOM}link"):
        assert (link.get("href") or "").startswith(SITE)
    if "all" in name:
        assert entries["One"].get(XML_LANG) == "en"
        assert entry.get(XML_LANG) is None


def test_the_json_feed_is_one(blog: Blog) -> None:
    feed = json.loads(blog.page("feeds/all.json"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["language"] == "pt-BR"
    assert feed["feed_url"] == f"{SITE}/feeds/all.json"
    items = {item["url"]: item for item in feed["items"]}
    assert feed["items"][0]["url"] == f"{SITE}/2026/11/{PI}.html"
    item = items[f"{SITE}/{UM}"]
    assert item["id"] == item["url"]
    assert f'src="{SITE}/images/mapa.png"' in item["content_html"]
    assert item["summary"] == "O primeiro parágrafo, sobre redes."
    assert item["tags"] == ["redes", "mapas"]
    assert items[f"{SITE}/2020/01/um-en.html"]["language"] == "en"
    assert not any("rascunho" in url for url in items)


def test_the_sitemap_lists_every_page_that_is_for_all_and_no_other(blog: Blog) -> None:
    root = XML(blog.page("sitemap.xml"))
    urls = {url.findtext("s:loc", namespaces=MAPS): url for url in root.findall("s:url", MAPS)}
    pages = {
        file.relative_to(blog.output).as_posix().removesuffix("index.html")
        for file in blog.output.rglob("*.html")
        if "noindex" not in file.read_text(encoding="utf-8")
    }
    assert set(urls) == {f"{SITE}/{page}" for page in pages}
    assert len(pages) > 10
    versions = urls[f"{SITE}/{UM}"].findall("x:link", MAPS)
    assert [(one.get("hreflang"), one.get("href")) for one in versions] == [
        ("en", f"{SITE}/2020/01/um-en.html"),
        ("pt-BR", f"{SITE}/{UM}"),
    ]
    assert (
        urls[f"{SITE}/{UM}"].findtext("s:lastmod", namespaces=MAPS) == "2020-01-02T10:00:00-03:00"
    )


def test_robots_are_told_where_the_sitemap_is(blog: Blog) -> None:
    assert f"Sitemap: {SITE}/sitemap.xml" in blog.page("robots.txt").splitlines()


def test_every_page_has_a_card_of_the_size_that_other_sites_want(blog: Blog) -> None:
    named = {Head(f.read_text("utf-8")).meta.get("og:image") for f in blog.output.rglob("*.html")}
    cards = {address.removeprefix(f"{SITE}/") for address in named if address}
    assert {"cards/index.png", "cards/2020/01/um.png", f"cards/2026/11/{PI}.png"} <= cards
    for card in cards:
        with Image.open(blog.output / card) as picture:
            assert picture.size == (1200, 630)
            assert picture.format == "PNG"


def colours(file: Path) -> set[tuple[int, int, int]]:
    with Image.open(file) as picture:
        counted = picture.convert("RGB").getcolors(1 << 20) or []
    return {colour for count, colour in counted if count > 2000}  # type: ignore[misc]


def test_a_card_shows_the_first_picture_that_is_large_enough(blog: Blog) -> None:
    cards = blog.output / "cards/2020/01"
    assert (0, 128, 128) in colours(cards / "um.png")
    assert (255, 0, 0) not in colours(cards / "um.png")
    assert (0, 128, 128) not in colours(cards / "dois.png")


def test_a_second_build_draws_no_card_and_indexes_nothing_again(blog: Blog) -> None:
    files = [*blog.output.rglob("cards/**/*.png"), *blog.output.glob("pagefind/**/*")]
    assert len(files) > 10
    before = {file: file.stat().st_mtime_ns for file in files}
    assert blog.build().status == 0
    assert {file: file.stat().st_mtime_ns for file in files} == before


def test_cards_are_the_same_bytes_when_they_are_drawn_again() -> None:
    from readable_site.cards import Drawing, draw

    long = Drawing("Uma palavra comprida e depois outra, " * 12, "Caderno")
    assert draw(long) == draw(long)
    broken = Drawing("Um título", "Caderno", b"no picture")
    assert draw(broken) == draw(Drawing("Um título", "Caderno"))
    assert broken.key != long.key


def test_old_addresses_lead_to_the_post(blog: Blog) -> None:
    for file in ("velho.html", "antigo/index.html"):
        assert f'content="0; url={SITE}/{UM}"' in blog.page(file)
        assert f'<link rel="canonical" href="{SITE}/{UM}">' in blog.page(file)


def section(page: str, begin: str, end: str) -> str:
    return page.partition(begin)[2].partition(end)[0]


def test_posts_know_their_series_neighbours_and_relatives(blog: Blog) -> None:
    page = blog.page(UM)
    series = section(page, 'class="series"', "</aside>")
    assert "Parte 2 de 2" in series
    assert series.index("dois") < series.index("Um &amp; outro")
    related = section(page, 'id="relacionados"', "</section>")
    assert re.findall(r'href="[^"]*/(\w+)\.html"', related)[0] == "dois"
    assert "tres" not in related
    neighbours = section(page, 'class="neighbours"', "</nav>")
    assert f"2026/11/{PI}.html" in neighbours
    assert "tres" in neighbours


def test_a_description_of_its_own_comes_before_all_others(blog: Blog) -> None:
    assert Head(blog.page("2020/01/tres.html")).meta["description"] == "De três."


def test_provenance_is_linked_to_the_repository(blog: Blog) -> None:
    page = blog.page(f"2026/11/{PI}.html")
    assert f'href="https://github.com/ana/caderno/blob/main/content/posts/{PI}.md"' in page
    assert "https://colab.research.google.com/github/ana/caderno/blob/main/content/" in page
    assert "https://mybinder.org/v2/gh/ana/caderno/main?labpath=content%2Fnotebooks" in page
    assert f'href="{SITE}/notebooks/posts/{PI}.ipynb" download' in page
    assert 'class="provenance"' not in blog.page(UM)


def test_a_site_with_relative_addresses_works_from_any_folder(blog: Blog) -> None:
    built = blog.build("--relative-urls", output="relative")
    assert built.status == 0, built.text
    page = blog.page(UM, "relative")
    head = Head(page)
    # Machines elsewhere still need whole addresses.
    assert head.link("canonical") == [f"{SITE}/{UM}"]
    [style] = head.link("stylesheet")
    assert (blog.folder / "relative" / UM).parent.joinpath(style).resolve().is_file()
    assert 'src="../../images/mapa.png"' in page
    assert f'content="0; url=../{UM}"' in blog.page("antigo/index.html", "relative")
    content = blog.page("feeds/all.atom.xml", "relative")
    assert f"{SITE}/images/mapa.png" in content
    picture = blog.folder / "relative/cards/2020/01/um.png"
    assert (0, 128, 128) in colours(picture)


def test_at_home_there_is_neither_address_nor_sitemap(blog: Blog) -> None:
    built = blog.build(settings="SITEURL = ''", output="home")
    assert built.status == 0, built.text
    head = Head(blog.page(UM, "home"))
    assert head.link("canonical") == []
    assert "og:image" not in head.meta
    assert "url" not in json.loads(head.json_ld)
    assert not (blog.folder / "home/sitemap.xml").exists()
    assert 'url=/2020/01/um.html"' in blog.page("velho.html", "home")


def test_a_site_without_pagefind_has_all_but_the_search(blog: Blog, tmp_path: Path) -> None:
    absent = tmp_path / "pagefind.py"
    absent.write_text("raise ImportError('not installed')")
    bare = Blog(blog.folder, blog.settings, {"PYTHONPATH": str(tmp_path)})
    built = bare.build(output="bare")
    assert built.status == 0, built.text
    said = " ".join(built.text.split())
    assert "the site has no search: `pip install pagefind pagefind-bin` gives it one" in said
    assert "Traceback" not in built.text
    assert (blog.folder / "bare" / UM).is_file()
    assert not (blog.folder / "bare/pagefind").exists()
    for page in (UM, "404.html"):
        assert "busca.html" not in blog.page(page, "bare")
        assert "busca.html" in blog.page(page)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('REPOSITORY = "https://exemplo.org/x"', "REPOSITORY = 'https://exemplo.org/x' is not all"),
        ('REMOTE_PICTURES = "fetsh"', 'did you mean "fetch"? Allowed: fetch, local'),
        ('STYLE_SHEETS = ["css/nada.css"]', "theme/css/nada.css: No such file or directory"),
        ('STYLE_SHEETS = ["/x.css"]', '"/x.css" is no path from the folder of the theme'),
        ('SCRIPTS = "js/zoom.js"', "a list of files of the theme is expected"),
        ("SEARCH = 1", "SEARCH = 1 is not allowed: True or False is expected"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(tmp_path: Path, setting: str, said: str) -> None:
    blog = Blog(tmp_path)
    blog.post("um", "Um.")
    built = blog.build(settings=setting)
    assert built.status == 1
    assert said in " ".join(built.text.split())
    assert "Traceback" not in built.text


def test_a_broken_style_sheet_is_told_with_its_line(tmp_path: Path) -> None:
    from executable_posts.errors import ProblemError
    from readable_site.bundles import style_bundle

    (tmp_path / "x.css").write_text("a { color: red }\n\nb { color")
    with pytest.raises(ProblemError, match=r"x\.css:3: .*end of input"):
        style_bundle(tmp_path, ["x.css"])


def test_a_bundler_that_is_not_installed_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from executable_posts.errors import ProblemError
    from readable_site.bundles import script_bundle, style_bundle

    for name in ("lightningcss", "rjsmin"):
        monkeypatch.setitem(sys.modules, name, None)
    (tmp_path / "own.css").write_text("a { color: green }")
    with pytest.raises(ProblemError, match="need `pip install lightningcss`"):
        style_bundle(tmp_path, ["own.css"])
    with pytest.raises(ProblemError, match="need `pip install rjsmin`"):
        script_bundle(tmp_path, ["own.css"], "site")


def test_scripts_that_were_written_apart_do_not_run_into_one_another(tmp_path: Path) -> None:
    from readable_site.bundles import script_bundle

    (tmp_path / "a.js").write_text("const a = () => { return 1 }  // one\n")
    (tmp_path / "b.js").write_text('(function () { document.title = "x  y" })()\n')
    bundle = script_bundle(tmp_path, ["a.js", "b.js"], "site")
    assert bundle is not None
    assert bundle.text == ('const a=()=>{return 1};\n(function(){document.title="x  y"})();')


def test_the_examples_in_docstrings_hold() -> None:
    tried = 0
    for module in pkgutil.walk_packages(readable_site.__path__, "readable_site."):
        result = doctest.testmod(importlib.import_module(module.name))
        assert result.failed == 0, module.name
        tried += result.attempted
    assert tried > 10
