"""What is known of a text: how long it takes to read, what it is about, its sections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readable_site.text import Section, description, reading_minutes, sections, shortened

HTML = st.lists(
    st.sampled_from(
        [
            *("<h2 id='a'>", "</h2>", '<h3 id="b">', "</h3>", "<h4>", "</h4>", "<p>", "</p>"),
            *("<pre>", "</pre>", "<em>", "</em>", "ação", "&amp;", "<", ">", '"', " ", "\n"),
        ]
    )
).map("".join)


def test_prose_is_read_at_200_words_a_minute_and_code_and_tables_are_not_read() -> None:
    prose = "<p>" + "palavra " * 600 + "</p>"
    assert reading_minutes(prose) == 3
    beside = "<pre>" + "x " * 5000 + "</pre><table><tr><td>" + "1 " * 5000 + "</td></tr></table>"
    assert reading_minutes(prose + beside) == 3
    assert reading_minutes("<p>Oi.</p>") == 1


def test_a_description_is_the_summary_or_else_the_first_paragraph_that_says_something() -> None:
    page = (
        "<pre>import x</pre><p> </p><h2>Não</h2><p>O <em>primeiro</em>\nparágrafo.</p><p>Dois</p>"
    )
    assert description("<p>Um resumo &amp; tanto</p>", page) == "Um resumo & tanto"
    assert description("", page) == "O primeiro parágrafo."
    assert description("", "<pre>só código</pre>") == ""


def test_a_long_description_ends_between_two_words() -> None:
    said = description("palavra " * 50, "")
    assert len(said) <= 160
    assert said.endswith("palavra…")
    assert shortened("um, dois, três", 9) == "um, dois…"
    assert shortened("x" * 20, 10) == "x" * 9 + "…"


def test_sections_are_nested_as_they_are_deep_and_without_their_links() -> None:
    page = (
        '<h2 id="um">Um<a class="headerlink" href="#um" title="Link"> </a></h2>'
        '<h3 id="um-a">A &lt; <code>b</code></h3><h4 id="fundo">Fundo</h4><h3 id="um-b">B</h3>'
        '<h2 id="dois">Dois<sup id="fnref:1"><a href="#fn:1">1</a></sup></h2><h3>sem id</h3>'
    )
    assert sections(page) == (
        Section(
            "um",
            "Um",
            2,
            (
                Section("um-a", "A < b", 3, (Section("fundo", "Fundo", 4),)),
                Section("um-b", "B", 3),
            ),
        ),
        Section("dois", "Dois", 2),
    )


def flat(found: tuple[Section, ...]) -> list[Section]:
    return [one for section in found for one in (section, *flat(section.sections))]


@given(HTML)
def test_any_html_has_sections_each_deeper_than_the_one_it_is_in(content: str) -> None:
    for section in flat(sections(content)):
        assert all(inner.level > section.level for inner in section.sections)
        assert section.title == " ".join(section.title.split())


@given(HTML, HTML)
def test_any_html_has_a_description_in_one_short_line(summary: str, content: str) -> None:
    said = description(summary, content)
    assert len(said) <= 160
    assert "\n" not in said


@pytest.mark.parametrize("length", [5, 9, 20])
@given(text=st.text(alphabet="ab ,.—ção", max_size=60))
def test_what_is_shortened_is_short_and_begins_as_it_did(length: int, text: str) -> None:
    cut = shortened(text, length)
    assert len(cut) <= max(length, 1)
    assert text.startswith(cut.removesuffix("…"))
