"""The page: however a fence is written and wherever it stands, no word is lost."""

import re
from typing import Any

import pytest
from executable_posts.post import parse
from executable_posts.render import CellView, Words, fill, render
from hypothesis import given
from hypothesis import strategies as st
from markdown import Markdown

from tests.rendering import (
    BLOG,
    HEAD,
    PLAIN,
    RECORDED,
    TOKEN,
    html,
    page,
    picture,
    pieces,
    rendered,
    shown,
    text,
)

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
