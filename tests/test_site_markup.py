"""What Markdown becomes on the site: sections, quotes, formulas, tables, code."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import Markdown
from pelican.settings import DEFAULT_CONFIG
from readable_site.markup import configured, unread_formulas

CONFIGURED = configured(DEFAULT_CONFIG["MARKDOWN"], "pt-BR")


def html(text: str) -> str:
    return Markdown(**CONFIGURED).convert(text)


@pytest.mark.parametrize("marks", ["#", "##", "###"])
def test_the_sections_of_a_post_begin_at_h2_whatever_it_writes(marks: str) -> None:
    page = html(f"{marks} Uma seção\n\n{marks}# Menor\n")
    assert '<h2 id="uma-secao">Uma seção<a class="headerlink" href="#uma-secao"' in page
    assert '<h3 id="menor">' in page
    assert 'title="Link para esta seção"' in page
    assert "<h1" not in page


def test_quotes_open_and_close_also_where_a_blank_is_missing() -> None:
    assert html('Ele disse:"sim" e "não".') == (
        "<p>Ele disse:&ldquo;sim&rdquo; e &ldquo;não&rdquo;.</p>"
    )
    assert "--frozen" in html("O `x` e --frozen")


def test_formulas_between_dollars_become_mathml() -> None:
    page = html("Seja $x_1^2 < y$ a área.")
    assert '<math display="inline"><mrow><msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>' in page
    assert "$" not in page
    assert "a área." in page


def test_a_formula_may_be_a_paragraph_with_blank_lines_in_it() -> None:
    page = html("Antes\n\n$$\n\\sum_{i=1}^n i\n\n= \\frac{n(n+1)}{2}\n$$\n\nDepois $a*b*c$.")
    assert page.count('<div class="formula" tabindex="0"><math display="block">') == 1
    assert "<mfrac>" in page
    assert "<p>Depois <math" in page
    assert "<em>" not in page


@pytest.mark.parametrize(
    "text",
    [
        "Custa R$ 50 ou US$ 60.",
        "De R$50 a R$60.",
        "Entre US$5 e US$6, ou 5$ e 6$.",
        r"Um \$x\$ de verdade.",
        "O `$x$` do shell.",
        "```bash\necho $HOME e $USER\n```",
        "    echo $HOME e $USER",
        "Um $ sozinho e outro $ sozinho.",
        "Vazio $$ e $ $.",
    ],
)
def test_prices_shells_and_lonely_dollars_are_no_formulas(text: str) -> None:
    page = html(text)
    assert "<math" not in page
    assert re.sub(r"<[^>]+>", "", page).count("$") == text.replace(r"\$", "$").count("$")


def test_a_formula_that_cannot_be_read_stands_as_it_was_written() -> None:
    page = html("Veja $\\naoexiste{x} < 1$ e\n\n$$\n\\nada\n$$")
    assert '<code class="formula-unread">$\\naoexiste{x} &lt; 1$</code>' in page
    assert unread_formulas(page) == ["$\\naoexiste{x} < 1$", "$$\n\\nada\n$$"]


def test_columns_are_aligned_by_classes_not_styles() -> None:
    page = html("| a | b |\n|--:|:-:|\n| 1 | 2 |\n")
    assert '<td class="align-right">1</td>' in page
    assert '<th class="align-center">b</th>' in page
    assert "style=" not in page
    assert " align=" not in page


def test_code_has_line_numbers_and_marked_lines_where_it_asks_for_them() -> None:
    page = html('```python hl_lines="2" linenums="1"\na = 1\nb = 2\n```')
    assert '<span class="linenos" data-linenos="1 "></span>' in page
    assert re.search(r'<span class="hll"><span class="linenos" data-linenos="2 "></span>.*b', page)
    assert "linenos" not in html("```python\na = 1\n```")


def test_footnotes_say_in_portuguese_where_they_lead_back_to() -> None:
    page = html("Um texto.[^1]\n\n[^1]: A nota com $x$.")
    assert 'title="Voltar à nota 1 no texto"' in page
    assert "A nota com <math" in page


def test_what_a_site_configures_itself_is_kept() -> None:
    own = {
        "extensions": ["markdown.extensions.admonition"],
        "extension_configs": {
            "markdown.extensions.extra": {"footnotes": {"BACKLINK_TITLE": "acima"}},
            "markdown.extensions.codehilite": {},
        },
        "tab_length": 2,
    }
    both = configured(own, "fr")
    page = Markdown(**both).convert("!!! note\n  Atenção[^1]\n\n[^1]: x\n\n# T")
    assert 'class="admonition note"' in page
    assert 'title="acima"' in page
    assert 'title="Link to this section"' in page


@given(st.text(alphabet="$\\ab1 {}^_*`\n|R", max_size=60))
def test_dollars_anywhere_break_nothing_and_lose_no_word(text: str) -> None:
    page = html(f"início {text} fim")
    assert "início" in page
    assert "\x02" not in page
    assert page.count("<math") == page.count("</math>")
