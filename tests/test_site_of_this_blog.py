"""This blog as it goes online: it asks no other host, and tells of its runs as they were."""

import json
import re
import shutil
from pathlib import Path
from xml.etree.ElementTree import XML

import pytest
from executable_posts import store
from PIL import Image

from tests.blog import ROOT
from tests.readable import Blog
from tests.test_site_build import ATOM, SITE, XML_LANG, Head, section
from tests.test_site_remote import Asked

FIRST = "2019/07/breve-tutorial-de-keras.html"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Blog:
    """The blog, published from its executed notebooks."""
    blog = Blog(tmp_path_factory.mktemp("blog"), f"SITEURL = {SITE!r}\n")
    shutil.copytree(ROOT / "content", blog.folder / "content")
    built = blog.build()
    assert built.status == 0, built.text
    return blog


def pages(site: Blog) -> list[Path]:
    found = sorted(site.output.rglob("*.html"))
    assert len(found) > 15
    return [file for file in found if "assets" not in file.parts]


def test_no_page_asks_another_host_for_anything(site: Blog) -> None:
    for file in pages(site):
        asked = Asked()
        asked.feed(file.read_text(encoding="utf-8"))
        strangers = [one for one in asked.addresses if "//" in one and not one.startswith(SITE)]
        assert strangers == [], file


def test_the_remote_picture_of_the_first_post_is_a_link(site: Blog) -> None:
    page = site.page(FIRST)
    assert (
        '<a class="remote" href="https://miro.medium.com/max/1400/1*ZB6H4HuF58VcMOWbdpcRxQ.png">'
        "Imagem em miro.medium.com</a>"
    ) in page
    assert page.count("miro.medium.com") == 2


def test_the_provenance_on_each_page_is_that_of_its_notebook(site: Blog) -> None:
    told = 0
    for notebook in sorted((site.folder / "content/notebooks/posts").glob("*.ipynb")):
        known = store.read(notebook)
        assert isinstance(known, store.ExecutedNotebook)
        [file] = site.output.rglob(f"{notebook.stem}.html")
        said = section(file.read_text(encoding="utf-8"), 'class="provenance"', "</section>")
        text = " ".join(re.sub(r"<[^>]+>", " ", said).split())
        assert "Saídas confirmadas" in text
        assert f"Python {known.python}" in text
        for name, version in known.fingerprint.packages.items():
            assert f"{name} {version}" in text
        seconds = sum(cell.seconds for cell in known.cells)
        assert f"{seconds:.1f}".replace(".", ",") in text
        told += 1
    assert told >= 3


def test_every_post_is_told_to_machines(site: Blog) -> None:
    feed = XML(site.page("feeds/all.atom.xml"))
    assert feed.get(XML_LANG) == "pt-BR"
    links = [entry.find(f"{ATOM}link") for entry in feed.iter(f"{ATOM}entry")]
    addresses = [link.get("href") or "" for link in links if link is not None]
    assert f"{SITE}/{FIRST}" in addresses
    for address in addresses:
        name = address.removeprefix(f"{SITE}/")
        head = Head(site.page(name))
        told = json.loads(head.json_ld)
        assert told["url"] == head.meta["og:url"] == address
        assert 0 < len(head.meta["description"]) <= 160
        with Image.open(site.output / told["image"].removeprefix(f"{SITE}/")) as card:
            assert card.size == (1200, 630)
    contents = [entry.findtext(f"{ATOM}content") or "" for entry in feed.iter(f"{ATOM}entry")]
    assert f'src="{SITE}/assets/output_14_0.png"' in "".join(contents)
    for content in contents:
        for address in re.findall(r'(?:href|src)="([^"]*)"', content):
            assert address.startswith(("https://", "http://", "mailto:")), address
