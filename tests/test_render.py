"""The page: what a cell gave stands under it once, and the author's text is all there."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import pytest
from executable_posts.figures import Figure, Variant
from executable_posts.outputs import Display
from executable_posts.post import parse
from executable_posts.render import WORDS, CellView, Rendered, Words, fill, render, words_for
from hypothesis import given
from hypothesis import strategies as st
from markdown import Markdown

# Plain Python-Markdown, and the extensions of this blog: only they see an indented fence.
PLAIN: dict[str, Any] = {"extensions": ["extra", "codehilite", "meta", "toc"]}
BLOG: dict[str, Any] = {
    "extensions": ["extra", "meta", "toc", "pymdownx.superfences", "pymdownx.highlight"],
    "output_format": "html",
}
HEAD = "Title: Caso\nDate: 2020-01-02 10:00\n\n"
TOKEN = re.compile(r"x[0-9a-f]{12}cell")


def shown(text: str, kind: Any = "text") -> CellView:
    return CellView((Display(kind, text),))


def picture(
    *names: str,
    title: str = "",
    size: tuple[int, int] | None = (64, 48),
    variants: tuple[Variant, ...] = (),
    metadata: Mapping[str, Any] | None = None,
) -> CellView:
    """Figures that Matplotlib gave the title `title`."""
    facts = {"axes": [{"title": title, "charts": {"line": 1}}]} if title else {}
    said = {"executable_posts": {"figure": facts}, **(metadata or {})}
    display = Display("figure", "", "image/png", {"metadata": said})
    figures = tuple(Figure(name, b"", size, variants) for name in names)
    return CellView((display,) * len(names), figures)


def rendered(
    body: str,
    views: Mapping[int, CellView] | None = None,
    *,
    title: str = "Caso",
    words: Words = WORDS["pt"],
    execute: Any = "yes",
) -> Rendered:
    """The post with `body`; a cell without a view of its own shows ``saída`` and its number."""
    post = parse(HEAD + body, "content/posts/caso.md", execute)
    if views is None:
        views = {cell.number: shown(f"saída {cell.number}") for cell in post.cells}
    return render(post, views, title, words)


def html(result: Rendered, markdown: dict[str, Any] = PLAIN) -> str:
    page = fill(Markdown(**markdown).convert(result.markdown), result.blocks)
    assert not TOKEN.search(page)
    return page


def page(body: str, views: Mapping[int, CellView] | None = None, **options: Any) -> str:
    return html(rendered(body, views, **options))


class _Text(HTMLParser):
    """The text of a page, with the elements in which each piece stands."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pieces: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"br", "hr", "img"}:
            self.open.append(f"{tag}.{dict(attrs).get('class') or ''}".rstrip("."))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content."""

    def handle_endtag(self, tag: str) -> None:
        # Every element is closed, in the order in which they were opened.
        assert self.open.pop().partition(".")[0] == tag

    def handle_data(self, data: str) -> None:
        self.pieces.append((" ".join(self.open), data))


def pieces(page: str) -> list[tuple[str, str]]:
    parser = _Text()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser.pieces


def text(page: str, inside: str = "") -> str:
    """The text of `page` that stands in elements of which one is `inside`."""
    return "".join(data for open_, data in pieces(page) if not inside or inside in open_.split())


# Outputs

RECORDED = """\
Antes.

```python
mostra()
```

    gravado


![png](/assets/output_4_0.png)


Depois.
"""


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


# Fences


@pytest.mark.parametrize(
    "opening",
    ["```python", "```py", "```ipython3", "```{python}", "``` { .python }", "~~~~ python"],
)
def test_a_cell_is_highlighted_however_its_fence_is_written(opening: str) -> None:
    closing = re.match(r"[`~]+", opening)
    assert closing is not None
    seen = page(f"{opening}\nfor x in []:\n    pass\n{closing[0]}\n")
    assert text(seen, "div.codehilite") == "for x in []:\n    pass\n"
    assert '<span class="k">for</span>' in seen


@pytest.mark.parametrize("execute", ["yes", "no"])
def test_a_fence_for_knitr_is_highlighted_where_it_is_only_shown(execute: str) -> None:
    body = "```{python}\n#| eval: false\nfor x in []:\n    pass\n```\n"
    assert '<span class="k">for</span>' in page(body, execute=execute)
    body = "```{python}\n# for x in []:\n```\n"
    assert '<span class="c1"># for x in []:</span>' in page(body, execute=execute)


@pytest.mark.parametrize(
    "fence",
    [
        "```bash\npip install keras\n```\n",
        "```{.console .saida}\n$ ls\n```\n",
        '```{ .js hl_lines="1" }\nlet x\n```\n',
        "```{r}\nx <- 1\n```\n",
        "```{note}\ntexto\n```\n",
        '```{.python hl_lines="1"}\npip install keras\n```\n',
        "~~~\nlivre\n~~~\n",
        "````markdown\n```python\nx = 1\n```\n````\n",
        "```python\n>>> 1 + 1\n2\n```\n",
        "    ```python\n    indentado\n    ```\n",
    ],
)
def test_a_fence_without_options_that_is_not_run_stays_as_it_is(fence: str) -> None:
    body = f"Antes.\n\n{fence}\nDepois.\n"
    assert rendered(body).markdown == HEAD + body


FENCE_INSIDE = 'texto = """\n```\nx\n````python\n~~~\n"""\n'


@pytest.mark.parametrize("markup", ["`````", "~~~~"])
@pytest.mark.parametrize("markdown", [PLAIN, BLOG])
def test_code_may_hold_fences(markup: str, markdown: dict[str, Any]) -> None:
    seen = html(rendered(f"{markup}python\n{FENCE_INSIDE}{markup}\n\nDepois.\n"), markdown)
    assert text(seen, "code") == FENCE_INSIDE
    assert text(seen, "div.cell-outputs").split() == ["saída", "1"]


@pytest.mark.parametrize("indent", [" ", "  ", "   "])
@pytest.mark.parametrize("markdown", [PLAIN, BLOG])
def test_a_fence_may_be_indented_by_less_than_four(indent: str, markdown: dict[str, Any]) -> None:
    body = "".join(f"{indent}{line}\n" for line in ("```python", "if x:", "    y", "```"))
    seen = html(rendered(f"Antes.\n\n{body}\nDepois.\n"), markdown)
    assert text(seen, "pre").startswith("if x:\n    y\n")
    assert text(seen, "div.cell-outputs").split() == ["saída", "1"]


@pytest.mark.parametrize("character", ["\x0c", "\x1c", "\u2028", "\x85"])
def test_what_only_python_takes_for_a_line_end_is_left_in_the_code(character: str) -> None:
    # str.splitlines would begin a new line there, with the mark of a quotation before it.
    code = f"x = '{character}'"
    result = rendered(f"> ```python\n> {code}\n> ```\n")
    assert f"\n> {code}\n" in result.markdown


def test_a_cell_needs_no_blank_lines_around_it() -> None:
    seen = page(
        "Antes:\n```python\nmostra()\n```\nDepois.\n\n# Título\n```python\ny\n```\n- item\n"
    )
    assert text(seen).split() == [
        "Antes:", "mostra()", "saída", "1", "Depois.", "Título", "y", "saída", "2", "item",
    ]  # fmt: skip
    assert ("h1", "Título") in pieces(seen)
    assert ("ul li", "item") in pieces(seen)


def test_a_line_of_hyphens_below_a_cell_is_a_rule_and_makes_no_heading() -> None:
    seen = page("```python\nx\n```\n---\nDepois.\n")
    assert "<hr" in seen
    assert "<h2" not in seen


def test_an_empty_line_in_the_code_stays() -> None:
    assert text(page("```python\nx = 1\n\n\ny = 2\n```\n"), "code") == "x = 1\n\n\ny = 2\n"


# Lists and quotations

IN_CONTAINERS = {
    "bullet": ("- item\n\n", "    ", "\n    no item\n\n- outro\n"),
    "number": ("1. item\n\n", "    ", "\n    no item\n\n2. outro\n"),
    "quotation": ("> item\n>\n", "> ", ">\n> no item\n\noutro\n"),
    "quotation in a list": ("- item\n\n", "    > ", "\n    no item\n\n- outro\n"),
}


@pytest.mark.parametrize("name", IN_CONTAINERS)
def test_a_cell_in_a_container_stays_in_it(name: str) -> None:
    before, prefix, after = IN_CONTAINERS[name]
    code = [f"{prefix}{line}\n" for line in ("```python", "if x:", "    y = 1", "```")]
    seen = html(rendered(before + "".join(code) + after), BLOG)
    assert text(seen).split() == [
        "item", "if", "x:", "y", "=", "1", "saída", "1", "no", "item", "outro",
    ]  # fmt: skip
    assert text(seen, "code") == "if x:\n    y = 1\n"
    containers = {"ul", "ol", "blockquote"}
    inside = {
        data.strip(): [tag for tag in open_.split() if tag in containers]
        for open_, data in pieces(seen)
    }
    assert inside["saída 1"] == (
        ["ul", "blockquote"] if name == "quotation in a list" else inside["item"]
    )
    assert inside["item"] == inside["no item"] != []
    assert seen.count("<ul>") + seen.count("<ol>") <= 1


@pytest.mark.parametrize("name", IN_CONTAINERS)
@pytest.mark.parametrize("markdown", [PLAIN, BLOG])
@pytest.mark.parametrize("view", [shown("saída"), picture("a.png"), CellView(())])
def test_of_a_cell_in_a_container_no_word_is_lost(
    name: str, markdown: dict[str, Any], view: CellView
) -> None:
    before, prefix, after = IN_CONTAINERS[name]
    code = "".join(f"{prefix}{line}\n" for line in ("```python", "mostra()", "```"))
    seen = text(html(rendered(before + code + after, {1: view}), markdown))
    assert [word for word in ("item", "mostra()", "no item", "outro") if word not in seen] == []


@pytest.mark.parametrize("marker", ["- ", "1. ", "* > "])
def test_of_a_cell_right_behind_a_list_marker_no_word_is_lost(marker: str) -> None:
    blank = re.sub(r"[^>]", " ", marker)
    body = f"{marker}```python\n{blank}mostra()\n{blank}```\n{blank}\n{blank}no item\n\noutro\n"
    for markdown in (PLAIN, BLOG):
        seen = text(html(rendered(body), markdown))
        lost = [w for w in ("mostra()", "saída 1", "no item", "outro") if w not in seen]
        assert lost == []


# Sources as editors save them


@pytest.mark.parametrize("body", [RECORDED, *map("".join, IN_CONTAINERS.values())])
def test_line_ends_and_byte_order_mark_make_no_difference(body: str) -> None:
    def converted(source: str) -> tuple[str, Any]:
        post = parse(source, "content/posts/caso.md", "yes")
        result = render(post, {cell.number: shown("saída") for cell in post.cells}, "", Words())
        markdown = Markdown(**PLAIN)
        content = fill(markdown.convert(result.markdown), result.blocks)
        return content, markdown.Meta  # type: ignore[attr-defined]

    source = HEAD + body
    expected = converted(source)
    assert expected[1] == {"title": ["Caso"], "date": ["2020-01-02 10:00"]}
    assert converted(source.replace("\n", "\r\n")) == expected
    assert converted(f"\ufeff{source}") == expected


# Everything the author wrote

FRAGMENTS = [
    "{}\n",
    "{} *{}* **{}** `{}`\n",
    "# {}\n",
    "{}\n===\n",
    "- {}\n- {}\n",
    "1. {}\n\n    {}\n\n2. {}\n",
    "> {}\n> {}\n",
    "> - {}\n",
    "[{}](http://a.b)\n",
    "<div>\n{}\n</div>\n\n",  # a blank line ends HTML
    "<p>{}\n\n{}</p>\n\n",
    "{}\n\n    {}\n",
    "```bash\n{}\n```\n",
    "```\n{}\n\n{}\n```\n",
    "~~~~{{.js}}\n{}\n~~~~\n",
    "| {} | {} |\n|---|---|\n| {} | {} |\n",
    "{}\n:   {}\n",
    "{}[^1]\n\n[^1]: {}\n",
    "![png](foto.png) {}\n",
    "***\n{}\n",
    "{}  \n{}\n",
    "$$ {} $$ {}\n",
    "{} x000000000000cell1openx\n",
]
CELLS = [
    "```python\n{} = 1\n```\n",
    "```{{python}}\n#| label: rótulo-{}\n{} = 1\n\n{} = 2\n```\n",
    "~~~py\n{} = '''\n```\n'''\n~~~\n",
]


def worded(fragments: list[str]) -> tuple[list[str], list[str]]:
    """`fragments` with a word of its own in each gap, and the words that a reader sees."""
    words: list[str] = []
    result = []
    for fragment in fragments:
        gaps = fragment.replace("{{", "").count("{}")
        mine = [f"palavra{len(words) + index}q" for index in range(gaps)]
        words += mine
        result.append(fragment.format(*mine))
    hidden = {word for word in words for part in result if f"rótulo-{word}" in part}
    return result, [word for word in words if word not in hidden]


@given(
    st.lists(st.sampled_from([*FRAGMENTS, *CELLS]), max_size=8),
    # Four blank lines are how nbconvert sets a result: what follows them may be one.
    st.sampled_from(["", "\n", "\n\n"]),
    st.booleans(),
    st.sampled_from([PLAIN, BLOG]),
)
def test_no_word_of_the_author_is_lost_doubled_or_moved(
    fragments: list[str], gap: str, ran: bool, markdown: dict[str, Any]
) -> None:
    written, words = worded(fragments)
    # A footnote is where the converter puts it; one number may be used once.
    notes = [fragment for fragment in fragments if "[^1]" in fragment]
    result = rendered(gap.join(written), None if ran else {})
    page = fill(Markdown(**markdown).convert(result.markdown), result.blocks)
    seen = re.findall(r"palavra\d+q", re.sub(r"<[^>]*>", " ", page))
    if len(notes) <= 1:
        assert sorted(seen) == sorted(words)
    if not notes:
        assert seen == words
    assert TOKEN.findall(page) == ["x000000000000cell"] * page.count("x000000000000cell1openx")
    outputs = re.findall(r"<pre>saída (\d+)</pre>", page)
    cells = parse(HEAD + gap.join(written), "content/posts/caso.md", "yes").cells
    assert outputs == [str(cell.number) for cell in cells if ran]


# Tokens


def test_unknown_tokens_are_left_alone() -> None:
    content = "<p>x0123456789abcell1openx</p> x0123456789abcell2openx <p>xcell</p>"
    assert fill(content, {}) == content
    assert fill(content, {"x0123456789abcell2openx": "<i>"}) == content.replace(
        "x0123456789abcell2openx", "<i>"
    )


def test_the_paragraph_around_a_token_goes_with_it() -> None:
    blocks = {"x0123456789abcell1openx": r"<div>\1", "x0123456789abcell1closex": "</div>"}
    content = "<p>x0123456789abcell1openx</p>\n<p>a</p>\n<p>x0123456789abcell1closex\n</p>"
    assert fill(content, blocks) == "<div>\\1\n<p>a</p>\n</div>"


def test_the_tokens_of_a_post_are_its_own() -> None:
    one = rendered("```python\nx = 1\n```\n")
    other = rendered("```python\nx = 2\n```\n")
    assert not one.blocks.keys() & other.blocks.keys()
    assert one.blocks.keys() == set(re.findall(r"x[0-9a-f]{12}cell\w+x", one.markdown))


def test_a_post_that_does_not_run_is_as_its_author_wrote_it() -> None:
    result = rendered(RECORDED, execute="no")
    assert result.markdown == HEAD + RECORDED
    assert result.blocks == {}


@pytest.mark.parametrize("closing", ["````", "  ```", "```  "])
def test_a_shown_fence_that_ends_unusually_swallows_no_cell(closing: str) -> None:
    body = f"```bash\nls\n{closing}\n\nEntre.\n\n```python\nprint(1)\n```\n\nDepois.\n"
    result = page(body, {1: shown("1")})
    assert "```" not in result
    assert '<div class="cell-output text"><pre>1</pre></div>' in result
    assert "<p>Entre.</p>" in result
    assert "<p>Depois.</p>" in result
