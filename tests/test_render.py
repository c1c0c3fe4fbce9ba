"""The page: what a cell gave stands under it once, as its options say."""

import re
from typing import Any

import pytest
from executable_posts.figures import Figure, Variant
from executable_posts.outputs import Display
from executable_posts.render import WORDS, CellView, Words, fill, words_for
from markdown import Markdown

from tests.rendering import (
    BLOG,
    PLAIN,
    RECORDED,
    html,
    page,
    picture,
    pieces,
    rendered,
    shown,
    text,
)

# Outputs


def test_an_output_stands_between_its_cell_and_the_prose_below() -> None:
    seen = text(page("Antes.\n\n```python\nmostra()\n```\n\nDepois.\n"))
    assert seen.split() == ["Antes.", "mostra()", "saída", "1", "Depois."]


def test_recorded_outputs_are_replaced_and_not_doubled() -> None:
    view = CellView(
        (Display("text", "recalculado"), Display("figure", "", "image/png")),
        (Figure("assets/output_4_0.png", b"", (64, 48)),),
    )
    seen = page(RECORDED, {1: view})
    assert text(seen).split() == ["Antes.", "mostra()", "recalculado", "Depois."]
    assert seen.count("<img") == seen.count("output_4_0.png") == 1
    assert "{static}/assets/output_4_0.png" in seen


def test_a_cell_that_never_ran_keeps_what_is_recorded_as_its_author_left_it() -> None:
    seen = page(RECORDED, {})
    assert text(seen).split() == ["Antes.", "mostra()", "gravado", "Depois."]
    assert '<img alt="png" src="/assets/output_4_0.png"' in seen
    assert rendered(RECORDED, {}).markdown.endswith(RECORDED.partition("```\n\n")[2])


def test_a_cell_that_shows_nothing_leaves_nothing_of_what_was_recorded() -> None:
    seen = page(RECORDED, {1: CellView(())})
    assert text(seen).split() == ["Antes.", "mostra()", "Depois."]
    assert "cell-outputs" not in seen
    assert "<img" not in seen


def test_only_the_cells_that_ran_lose_what_is_recorded() -> None:
    other = "\n```python\noutra()\n```\n\n    gravado também\n\n\nFim.\n"
    seen = text(page(RECORDED + other, {2: shown("novo")})).split()
    assert seen == ["Antes.", "mostra()", "gravado", "Depois.", "outra()", "novo", "Fim."]


def test_outputs_come_in_their_order_and_in_one_group() -> None:
    displays = (
        Display("text", "um"),
        Display("figure", "", "image/png"),
        Display("html", "<b>dois</b>", "text/html"),
        Display("markdown", "*três*", "text/markdown"),
        Display("stderr", "quatro"),
        Display("error", "KeyError: 'cinco'"),
    )
    view = CellView(displays, (Figure("assets/a.png", b"", None),))
    seen = page("```python\nmostra()\n```\n", {1: view})
    assert seen.count('class="cell-outputs"') == 1
    assert text(seen, "div.cell-outputs").split() == [
        "um", "dois", "três", "quatro", "KeyError:", "'cinco'",
    ]  # fmt: skip
    kinds = ["text", "figure", "html", "markdown", "stderr", "error"]
    assert re.findall(r'class="cell-output (\w+)"', seen) == kinds


def test_a_cell_is_a_group_with_a_name() -> None:
    seen = page("```python\nx = 1\n```\n\n```python\ny = 2\n```\n")
    assert re.findall(r'<div class="cell" role="group" aria-label="(.*?)">', seen) == [
        "Célula 1",
        "Célula 2",
    ]


def test_the_language_of_the_site_is_that_of_its_words() -> None:
    seen = page("```python\nx = 1\n```\n", {1: picture("a.png")}, words=WORDS["en"])
    assert 'aria-label="Cell 1"' in seen
    assert 'alt="Figure 1 of “Caso”"' in seen


@pytest.mark.parametrize(
    ("language", "code"),
    [("pt", "Código"), ("pt-BR", "Código"), ("PT_br", "Código"), ("en-GB", "Code"), ("fr", "?")],
)
def test_words_are_chosen_by_the_language(language: str, code: str) -> None:
    assert words_for(language, Words(code="?")).code == code


def test_outputs_of_an_earlier_run_say_so() -> None:
    body = "```python\nx = 1\n```\n"
    old = page(body, {1: CellView((Display("text", "antigo"),), stale=True)})
    assert '<div class="cell-outputs stale" role="group"' in old
    assert text(old, "p.stale-note") == "Saída da última execução que deu certo."
    assert "stale" not in page(body, {1: shown("novo")})
    assert "stale" not in page(body, {1: CellView((), stale=True)})


# What HTML and Markdown take for signs


@pytest.mark.parametrize("kind", ["text", "stderr", "error"])
@pytest.mark.parametrize(
    "output",
    [
        "<b>a</b> & &amp; \"b\" 'c'",
        "*a* _b_ `c` [d](e) # f\n- g\n\n\n    h",
        "```\na\n```",
        "</pre></div><script>alert(1)</script>",
        r"\1 \g<0> {static}/a [TOC]",
        "x000000000000cell1openx",
        "   1  2\n3   4",
    ],
)
def test_text_is_shown_to_the_letter(kind: str, output: str) -> None:
    result = rendered("```python\nx = 1\n```\n", {1: shown(output, kind)})
    seen = fill(Markdown(**PLAIN).convert(result.markdown), result.blocks)
    within = [data for open_, data in pieces(seen) if f"div.cell-output {kind} pre" in open_]
    assert "".join(within) == output


def test_html_is_no_markdown() -> None:
    output = "<div>\n\n*a* &amp; b\n\n    c\n</div>"
    seen = page("```python\nx = 1\n```\n", {1: shown(output, "html")})
    assert f'<div class="cell-output html">{output}</div>' in seen


def test_tables_of_pandas_are_styled_by_the_site() -> None:
    output = (
        "<div>\n<style scoped>\n    .dataframe th { a: b; }\n\n</style>\n"
        '<table border="1" class="dataframe"><tr><td>1</td></tr></table>\n</div>'
    )
    seen = page("```python\nx = 1\n```\n", {1: shown(output, "html")})
    assert (
        '<div aria-label="Tabela de 1 linha e 1 coluna" class="table-scroll" role="region"'
        ' tabindex="0"><table class="dataframe data"><tr><td class="number">1</td></tr></table>'
    ) in seen
    assert "a: b" not in seen


def test_markdown_is_converted_with_the_page() -> None:
    output = "## Parte\n\n**forte**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- item"
    seen = page("```python\nx = 1\n```\n\nDepois.\n", {1: shown(output, "markdown")})
    (inside,) = re.findall(r'(?s)<div class="cell-output markdown">(.*?)</div>', seen)
    assert '<h2 id="parte">Parte</h2>' in inside
    assert "<strong>forte</strong>" in inside
    assert "<td>2</td>" in inside
    assert "<li>item</li>" in inside
    assert "Depois." not in inside


def test_markdown_in_a_list_stays_in_its_item() -> None:
    body = "- item\n\n    ```python\n    x = 1\n    ```\n\n- outro\n"
    result = rendered(body, {1: shown("*um*\n\n*dois*", "markdown")})
    seen = html(result, BLOG)
    assert [data for open_, data in pieces(seen) if open_.endswith("p em")] == ["um", "dois"]
    assert seen.count("<li>") == 2
    assert seen.count("<ul>") == 1


# Figures


@pytest.mark.parametrize(
    ("options", "from_kernel", "alt"),
    [
        ("#| fig-alt: Alt\n#| fig-cap: Legenda\n", "Eixos", "Alt"),
        ('#| fig-alt: ""\n', "Eixos", ""),
        ("#| fig-cap: Legenda\n", "Eixos", "Gráfico de linhas “Eixos”"),
        ("", "Eixos", "Gráfico de linhas “Eixos”"),
        ("#| fig-cap: Legenda\n", "", "Legenda"),
        ("", "", "Figura 1 de “Caso”"),
    ],
)
def test_the_nearest_to_the_author_describes_a_figure(
    options: str, from_kernel: str, alt: str
) -> None:
    seen = page(f"```python\n{options}x = 1\n```\n", {1: picture("a.png", title=from_kernel)})
    assert f' alt="{alt}" ' in seen


def test_a_caption_makes_a_caption() -> None:
    seen = page("```python\n#| fig-cap: Perda & acerto\nx = 1\n```\n", {1: picture("a.png")})
    assert "<figcaption>Perda &amp; acerto</figcaption></figure>" in seen
    assert "figcaption" not in page("```python\nx = 1\n```\n", {1: picture("a.png")})


@pytest.mark.parametrize("where", ["fig-alt", "fig-cap", "kernel", "title"])
def test_words_for_a_figure_cannot_break_out_of_its_tag(where: str) -> None:
    words = "\"a\" 'b' <c> & {d} {0}"
    option = f"#| {where}: '{words.replace(chr(39), chr(39) * 2)}'\n" if "fig" in where else ""
    view = picture("a.png", title=words if where == "kernel" else "")
    title = words if where == "title" else "Caso"
    seen = page(f"```python\n{option}x = 1\n```\n", {1: view}, title=title)
    escaped = "&quot;a&quot; &#x27;b&#x27; &lt;c&gt; &amp; {d} {0}"
    if where == "title":
        escaped = f"Figura 1 de “{escaped}”"
    if where == "kernel":
        escaped = f"Gráfico de linhas “{escaped}”"
    assert f' alt="{escaped}" width' in seen


def test_figures_are_loaded_late_from_the_second_on() -> None:
    body = "```python\nx = 1\n```\n\n```python\ny = 2\n```\n"
    seen = page(body, {1: picture("a.png", "b.png"), 2: picture("c.png")})
    assert re.findall(r'<img src="\{static\}/(\w)\.png"[^>]*?( loading="lazy")?>', seen) == [
        ("a", ""),
        ("b", ' loading="lazy"'),
        ("c", ' loading="lazy"'),
    ]
    assert re.findall('alt="(.*?)"', seen) == [f"Figura {n} de “Caso”" for n in (1, 2, 3)]


def test_each_figure_of_a_cell_has_its_own_words() -> None:
    rows = "#| fig-cap: [Um, Dois]\n#| fig-alt: [A, B]\n"
    seen = page(f"```python\n{rows}x = 1\n```\n", {1: picture("a.png", "b.png", "c.png")})
    assert re.findall("<figcaption>(.*?)<", seen) == ["Um", "Dois"]
    assert re.findall('alt="(.*?)"', seen) == ["A", "B", "Figura 3 de “Caso”"]


def test_a_figure_says_what_ground_it_needs() -> None:
    def classes(view: CellView) -> list[str]:
        return re.findall('<figure class="(.*?)"', page("```python\nx = 1\n```\n", {1: view}))

    dark = Variant("a.dark.png", b"", "image/png", dark=True)
    light = Variant("a.webp", b"", "image/webp")
    needs = {"needs_background": "dark"}
    assert classes(picture("a.png")) == ["cell-output figure"]
    assert classes(picture("a.png", variants=(light,))) == ["cell-output figure"]
    assert classes(picture("a.png", variants=(dark, light))) == ["cell-output figure has-dark"]
    assert classes(picture("a.png", metadata=needs)) == ["cell-output figure on-dark"]


def test_figures_have_their_size() -> None:
    body = "```python\nx = 1\n```\n"
    assert ' width="640" height="480"' in page(body, {1: picture("a.png", size=(640, 480))})
    assert "width" not in page(body, {1: picture("a.svg", size=None)})


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("assets/output_14_0.png", "assets/output_14_0.png"),
        ("assets/uma curva.png", "assets/uma%20curva.png"),
        ("assets/gráfico.png", "assets/gráfico.png"),
        ('assets/"><script>.png', "assets/%22%3E%3Cscript%3E.png"),
        ("assets/a?b#c&d%20.png", "assets/a%3Fb%23c%26d%2520.png"),
    ],
)
def test_the_name_of_a_figure_is_an_address(name: str, address: str) -> None:
    seen = page("```python\nx = 1\n```\n", {1: picture(name)})
    assert f'<img src="{{static}}/{address}" alt=' in seen


# Options


def test_echo_false_hides_the_code_and_shows_the_output() -> None:
    seen = text(page("```python\n#| echo: false\nmostra()\n```\n\nDepois.\n")).split()
    assert seen == ["saída", "1", "Depois."]


def test_output_false_shows_the_code_and_hides_the_output() -> None:
    body = RECORDED.replace("mostra()", "#| output: false\nmostra()")
    seen = page(body)
    assert text(seen).split() == ["Antes.", "mostra()", "Depois."]
    assert "<img" not in seen


OPTIONS = "#| label: curva\n#| fig-cap: Legenda\n"


@pytest.mark.parametrize("execute", ["yes", "no"])
@pytest.mark.parametrize("more", ["", "#| eval: false\n", "#|error: true\n"])
@pytest.mark.parametrize("opening", ["```python", "~~~python", "````python", "```{python}"])
def test_option_lines_are_never_shown(opening: str, more: str, execute: str) -> None:
    closing = opening.rstrip("{python}")
    body = f"Antes.\n\n{opening}\n{OPTIONS}{more}mostra()\n{closing}\n\nDepois.\n"
    seen = page(body, {}, execute=execute)
    assert text(seen).split() == ["Antes.", "mostra()", "Depois."]
    assert text(seen, "code").split() == ["mostra()"]


def test_option_lines_in_a_list_or_a_quotation_are_never_shown() -> None:
    lines = ["```python", *OPTIONS.splitlines(), "mostra()", "```"]
    for prefix in ("    ", "> "):
        start = "- item\n\n" if prefix.isspace() else ""
        body = start + "".join(f"{prefix}{line}\n" for line in lines)
        for eval_ in ("", f"{prefix}#| eval: false\n"):
            result = rendered(body.replace(f"{prefix}mostra", f"{eval_}{prefix}mostra"), {})
            assert text(html(result, BLOG), "code").split() == ["mostra()"]


# How a cell is shown


def test_what_shows_nothing_leaves_nothing() -> None:
    for rows in ("#| include: false\n", "#| echo: false\n#| output: false\n"):
        body = f"Antes.\n\n```python\n{rows}x = 1\n```\n\nDepois.\n"
        assert "cell" not in page(body)
        assert text(page(body)).split() == ["Antes.", "Depois."]
        assert "cell" not in page(body, {})


def test_output_may_stand_without_code_and_code_without_output() -> None:
    assert text(page("```python\n#| echo: false\nx = 1\n```\n")).split() == ["saída", "1"]
    assert text(page("```python\n#| output: false\nx = 1\n```\n")).split() == ["x", "=", "1"]


@pytest.mark.parametrize("markdown", [PLAIN, BLOG])
def test_code_can_be_folded(markdown: dict[str, Any]) -> None:
    def folded(rows: str) -> str:
        return html(rendered(f"```python\n{rows}x = 1\n```\n"), markdown)

    seen = folded("#| code-fold: true\n")
    assert '<details class="cell-code"><summary>Código</summary>' in seen
    assert text(seen, "details.cell-code").split() == ["Código", "x", "=", "1"]
    assert text(seen, "div.cell-outputs").split() == ["saída", "1"]
    assert '<details class="cell-code" open>' in folded("#| code-fold: show\n")
    named = folded("#| code-fold: true\n#| code-summary: a < b\n")
    assert "<summary>a &lt; b</summary>" in named
    assert "details" not in folded("#| code-fold: false\n")


def test_lines_of_code_can_have_numbers_and_be_marked() -> None:
    def shown(rows: str, more: str = "") -> str:
        inline = {"pymdownx.highlight": {"linenums_style": "pymdownx-inline"}}
        post = rendered(f"```python\n{more}#| {rows}\nx = 1\ny = 2\n```\n")
        return html(post, BLOG | {"extension_configs": inline})

    numbered = shown("code-line-numbers: true")
    assert re.findall(r'data-linenos="(\d)', numbered) == ["1", "2"]
    assert "hll" not in numbered
    assert text(numbered, "div.highlight").split() == ["x", "=", "1", "y", "=", "2"]
    marked = shown("code-line-numbers: 2")
    assert "y" in text(marked, "span.hll") and "x" not in text(marked, "span.hll")
    assert "data-linenos" not in shown("code-line-numbers: false")
    only_shown = shown("code-line-numbers: true", "#| eval: false\n")
    assert re.findall(r'data-linenos="(\d)', only_shown) == ["1", "2"]


def test_code_that_is_only_shown_can_be_folded_or_left_out() -> None:
    body = "```python\n#| eval: false\n#| {}\nx = 1\n```\n\nDepois.\n"
    folded = page(body.format("code-fold: true"))
    assert text(folded, "details.cell-code").split() == ["Código", "x", "=", "1"]
    assert text(page(body.format("echo: false"))).split() == ["Depois."]
    assert text(page(body.format("include: false"))).split() == ["Depois."]


@pytest.mark.parametrize("before", ["- item\n\n    ", "> "])
def test_code_in_a_container_is_folded_there(before: str) -> None:
    prefix = re.sub(r"[^>\s]", " ", before.rpartition("\n")[2])
    rows = f"```python\n{prefix}#| code-fold: true\n{prefix}x = 1\n{prefix}```\n\nfim\n"
    seen = html(rendered(before + rows), BLOG)
    assert text(seen, "details.cell-code").split() == ["Código", "x", "=", "1"]
    assert ("p", "fim") in pieces(seen)


def test_right_behind_a_list_marker_nothing_is_folded() -> None:
    seen = html(rendered("- ```python\n  #| code-fold: true\n  x = 1\n  ```\n"), BLOG)
    assert "details" not in seen
    assert "saída 1" in text(seen)


def test_a_cell_has_the_classes_that_its_author_gives_it() -> None:
    seen = page("```python\n#| classes: .largo claro\nx = 1\n```\n")
    assert '<div class="cell largo claro" role="group" aria-label="Célula 1">' in seen
