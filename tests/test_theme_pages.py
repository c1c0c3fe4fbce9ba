"""The theme's pages as files: headings, languages, weights, texts, colours."""

import gzip
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise, product
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from fontTools.ttLib import TTFont
from jinja2 import Environment, nodes
from jinja2.ext import extract_from_ast

from tests.test_output_colours import contrast
from tests.theme_site import ENGLISH, FIRST, GALLERY, READING, Built, built

__all__ = ["built"]

ROOT = Path(__file__).resolve().parent.parent
THEME = ROOT / "theme"
TEMPLATES = sorted((THEME / "templates").glob("*.html"))
LANGUAGES = ("pt_BR", "en")


class Seen(HTMLParser):
    """The tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def named(self, *names: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def test_each_page_has_one_h1_and_no_level_is_left_out(built: Built) -> None:
    for page in built.pages():
        levels = [int(tag[1]) for tag, _ in Seen(page.read_text("utf-8")).tags if tag[0] == "h"
                  and tag[1:].isdigit()]  # fmt: skip
        assert levels.count(1) == 1, page
        assert levels[0] == 1, page
        assert all(after <= before + 1 for before, after in pairwise(levels)), page


def test_headings_of_a_post_have_anchors(built: Built) -> None:
    ids = [found["id"] for found in Seen(built.text(FIRST)).named("h2", "h3") if "id" in found]
    assert {"introducao", "dados", "sucinta-exploracao-dos-dados"} <= set(ids)
    links = [found["href"] for found in Seen(built.text(FIRST)).named("a")]
    of_theme = {"execucao", "relacionados"}
    assert all(links.count(f"#{one}") == 2 for one in {*ids} - of_theme)  # its sign, the contents


def test_nothing_is_inline_and_no_other_host_is_asked(built: Built) -> None:
    for page in built.pages():
        seen = Seen(page.read_text("utf-8"))
        for tag, attributes in seen.tags:
            assert tag != "style", page
            assert "style" not in attributes, (page, tag)
            assert not [name for name in attributes if name.startswith("on")], (page, tag)
            if tag == "script":
                assert attributes.get("src") or attributes["type"] == "application/ld+json"
            for name in ("src", "srcset", "poster"):
                assert "//" not in attributes.get(name, ""), (page, tag)
        for link in seen.named("link"):
            assert link["rel"] in {"canonical", "alternate"} or "//" not in link["href"]


def compressed(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), mtime=0))


def test_the_first_post_weighs_little(built: Built) -> None:
    page = Seen(built.text(FIRST))
    files = [built.output / FIRST]
    files += [built.output / one["src"].lstrip("/") for one in page.named("script") if "src" in one]
    files += [built.output / one["href"].lstrip("/") for one in page.named("link")
              if one["rel"] == "stylesheet"]  # fmt: skip
    assert len(files) == 3
    assert sum(map(compressed, files)) <= 20 * 1000


def test_the_scripts_are_small(built: Built) -> None:
    [script] = (built.output / "theme").glob("site.*.js")
    assert script.stat().st_size < 3 * 1024


def test_the_font_of_formulas_is_small_and_has_what_they_need() -> None:
    file = THEME / "static" / "fonts" / "caderno-math.woff2"
    assert file.stat().st_size <= 32 * 1024
    font = TTFont(file)
    names = font.getBestCmap()
    assert {0x221A, ord("∑"), ord("∫"), 0x1D465, 0x1D6FC, 0x211D} <= names.keys()
    variants = font["MATH"].table.MathVariants
    upright = dict(
        zip(variants.VertGlyphCoverage.glyphs, variants.VertGlyphConstruction, strict=True)
    )
    for sign in (0x221A, ord("("), ord("["), ord("{")):
        assert upright[names[sign]].GlyphAssembly is not None
    assert "GUST Font License" in (file.parent / "GUST-FONT-LICENSE.txt").read_text("utf-8")
    assert not {"Latin Modern Math"} & {str(record) for record in font["name"].names}


# Texts


def catalogue(language: str) -> Catalog:
    file = THEME / "locale" / language / "LC_MESSAGES" / "site.po"
    with file.open("rb") as source:
        return read_po(source, locale=language, abort_invalid=True)


def wanted() -> set[str]:
    """Every text that the templates ask for."""
    environment = Environment(extensions=["jinja2.ext.i18n"])  # noqa: S701
    found = set()
    for template in TEMPLATES:
        text = template.read_text("utf-8")
        for _, _, message in extract_from_ast(environment.parse(text)):
            texts = (message,) if isinstance(message, str) else message or ()
            found |= {text for text in texts[:1] if text}
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_the_catalogue_and_translated(language: str) -> None:
    known = {message.id if isinstance(message.id, str) else message.id[0]: message
             for message in catalogue(language) if message.id}  # fmt: skip
    assert known.keys() == wanted()
    for text, message in known.items():
        said = [message.string] if isinstance(message.string, str) else [*(message.string or ())]
        assert said, text
        assert all(said), text
        assert not message.fuzzy
        assert not [error for error in message.check(catalogue(language)) if error]
        names = set(re.findall(r"%\(\w+\)d|%\(\w+\)s", text))
        assert all(set(re.findall(r"%\(\w+\)d|%\(\w+\)s", one)) == names for one in said), text


def texts_of(template: Path) -> Iterator[str]:
    """What a template says by itself, between its tags and in attributes that people hear."""
    environment = Environment(extensions=["jinja2.ext.i18n"])  # noqa: S701
    plain = "".join(
        data.data if isinstance(data, nodes.TemplateData) else "\N{REPLACEMENT CHARACTER}"
        for output in environment.parse(template.read_text("utf-8")).find_all(nodes.Output)
        for data in output.nodes
    )
    yield from re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', plain)
    yield re.sub(r"<[^>]*>", " ", plain)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.stem))
def test_no_template_has_words_of_its_own(template: Path) -> None:
    words = {word for text in texts_of(template) for word in re.findall(r"[^\W\d_]{2,}", text)}
    # A name, and what is left of tags that an expression cuts in two.
    assert words <= {"Python"}, words


def test_the_theme_speaks_the_language_of_a_page(built: Built) -> None:
    portuguese, english = built.text(READING), built.text(ENGLISH)
    assert '<html lang="pt-BR">' in portuguese
    assert "Neste texto" in portuguese
    assert "2 de outubro de 2026" in portuguese
    assert '<html lang="en">' in english
    assert "In this post" in english
    assert "October 3, 2026" in english
    assert "Pular" not in english


# Finding


def test_a_post_leads_to_others(built: Built) -> None:
    page = Seen(built.text(READING))
    assert [one["href"] for one in page.named("a") if one.get("rel") == "prev"]
    assert [one["href"] for one in page.named("a") if one.get("rel") == "next"]
    text = built.text(READING)
    assert "Textos relacionados" in text
    assert "Parte 1 de" in text
    assert "minuto de leitura" in text
    first = Seen(built.text(FIRST))
    assert not [one for one in first.named("a") if one.get("rel") == "prev"]


def test_series_stand_beside_the_categories(built: Built) -> None:
    page = built.text("categories.html")
    assert "Provas</h3>" in page
    assert page.index(">Leitura</a>") < page.index(">Reading</a>")


def test_an_executed_post_says_where_its_outputs_come_from(built: Built) -> None:
    for page in (FIRST, GALLERY):
        text = built.text(page)
        assert "Saídas confirmadas." in text
        assert "Python" in text
        assert re.search(r"\d+,\d s", text)
        assert re.search(r"numpy \d", text)
        assert 'href="/notebooks/posts/' in text
        assert "Colab" not in text  # no repository is set
    assert "Saídas confirmadas." not in built.text(READING)


def test_the_archive_is_by_year_and_404_can_search(built: Built) -> None:
    archive = built.text("archives.html")
    years = re.findall(r'<h2 id="ano-(\d{4})"', archive)
    assert years == ["2026", "2019"]
    assert (built.output / "2019" / "index.html").is_file()
    [form] = Seen(built.text("404.html")).named("form")
    assert form["action"] == "/busca.html"


# Colours

COLOURS = (THEME / "css" / "colours.css").read_text("utf-8")
PAIRS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", COLOURS)
}
ON_PAGE = ("text", "quiet", "link", "result", "warn", "error")
ON_CODE = ("text", "quiet", "comment", "keyword", "string", "number", "name", "operator")


def test_every_colour_is_a_property() -> None:
    for sheet in sorted((THEME / "css").glob("*.css")):
        if sheet.name in {"colours.css", "results.css"}:
            continue
        rules = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?=[;,) ])|rgba?\(|hsla?\(", rules), sheet


@pytest.mark.parametrize(("name", "scheme"), [*product(ON_PAGE, (0, 1))])
def test_text_can_be_read(name: str, scheme: int) -> None:
    assert contrast(PAIRS[name][scheme], PAIRS["page"][scheme]) >= 7


@pytest.mark.parametrize(("name", "scheme"), [*product(ON_CODE, (0, 1))])
def test_code_can_be_read_in_both_schemes(name: str, scheme: int) -> None:
    assert contrast(PAIRS[name][scheme], PAIRS["code"][scheme]) >= 7
    assert contrast(PAIRS[name][scheme], PAIRS["marked"][scheme]) >= 4.5


@pytest.mark.parametrize(("name", "scheme"), [*product(("warn", "error"), (0, 1))])
def test_what_went_wrong_can_be_read(name: str, scheme: int) -> None:
    assert contrast(PAIRS[name][scheme], PAIRS[f"{name}-ground"][scheme]) >= 7
