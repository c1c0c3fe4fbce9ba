"""Pages in their own language: texts from catalogues, dates and durations as people write them."""

import re
from datetime import date
from pathlib import Path

import pytest
from executable_posts.errors import ProblemError
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from readable_site.languages import Catalogues, duration, install, locale, long_date, tag

CATALOGUE = """
msgid ""
msgstr ""
"Language: pt_BR\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "Search"
msgstr "Busca"

#, fuzzy
msgid "Perhaps"
msgstr "Quem sabe"

msgid "%(num)d post"
msgid_plural "%(num)d posts"
msgstr[0] "%(num)d texto"
msgstr[1] "%(num)d textos"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    file = tmp_path / "pt_BR" / "LC_MESSAGES" / "site.po"
    file.parent.mkdir(parents=True)
    file.write_text(CATALOGUE.strip(), encoding="utf-8")
    return tmp_path


class Post:
    """A post in a language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang


def rendered(folder: Path, template: str, **context: object) -> str:
    environment = Environment()  # noqa: S701  Pelican's does not escape either
    install(environment, Catalogues(folder))
    return environment.from_string(template).render({"DEFAULT_LANG": "pt-BR", **context})


def test_texts_are_those_of_the_page_and_not_of_the_site(folder: Path) -> None:
    template = "{{ _('Search') }} {{ ngettext('%(num)d post', '%(num)d posts', 2) }}"
    assert rendered(folder, template) == "Busca 2 textos"
    assert rendered(folder, template, article=Post("pt-br")) == "Busca 2 textos"
    assert rendered(folder, template, article=Post("en")) == "Search 2 posts"
    assert rendered(folder, template, page=Post("xx")) == "Search 2 posts"
    assert rendered(folder, "{% trans %}Search{% endtrans %} {{ _('Untold') }}") == "Busca Untold"


def test_a_translation_that_nobody_has_looked_at_is_not_shown(folder: Path) -> None:
    assert rendered(folder, "{{ _('Perhaps') }}") == "Perhaps"


def test_dates_and_durations_are_in_the_language_of_the_page(folder: Path) -> None:
    template = "{{ day|long_date }}; {{ day|day_and_month }}; {{ 3.14|duration }}"
    day = date(2019, 7, 29)
    assert rendered(folder, template, day=day) == "29 de julho de 2019; 29 de julho; 3,1 s"
    assert (
        rendered(folder, template, day=day, article=Post("en")) == "July 29, 2019; July 29; 3.1 s"
    )


def test_a_changed_catalogue_is_read_again(folder: Path) -> None:
    file = folder / "pt_BR/LC_MESSAGES/site.po"
    assert rendered(folder, "{{ _('Search') }}") == "Busca"
    file.write_text(CATALOGUE.strip().replace("Busca", "Procura"), encoding="utf-8")
    assert rendered(folder, "{{ _('Search') }}") == "Procura"


def test_a_broken_catalogue_is_told_by_its_name(folder: Path) -> None:
    file = folder / "pt_BR/LC_MESSAGES/site.po"
    file.write_text('msgid "x"\nmsgstrr "y"\n', encoding="utf-8")
    with pytest.raises(
        ProblemError,
        match=r"site\.po:2: no catalogue that gettext can read: Unknown or misformatted",
    ):
        Catalogues(folder).check()


@given(st.text(max_size=12))
def test_any_word_for_a_language_gives_dates(language: str) -> None:
    assert "2019" in long_date(date(2019, 7, 29), language)
    assert locale(language)


@given(st.floats(min_value=0, max_value=1e6))
def test_any_duration_has_words(seconds: float) -> None:
    assert re.search(r"\d", duration(seconds, "pt-BR"))


@pytest.mark.parametrize(
    ("language", "written"),
    [("pt-br", "pt-BR"), ("EN", "en"), ("pt_PT", "pt-PT"), ("zh-hans", "zh-hans")],
)
def test_languages_are_written_as_html_wants_them(language: str, written: str) -> None:
    assert tag(language) == written
