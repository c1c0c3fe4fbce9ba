"""Values in the prose: evaluated with the cells, written as the language of the post does."""

import json
import re
from decimal import Decimal

import pytest
from executable_posts.fingerprint import cell_digest
from executable_posts.inline_values import as_written, with_values
from executable_posts.post import parse
from executable_posts.post.inline import find
from hypothesis import given
from hypothesis import strategies as st

from tests.blog import Site

HEAD = "Title: Caso\nExecute: yes\n\n"
CELL = "```python\nx = 3\n```\n"


# Where they are


@pytest.mark.parametrize(
    ("text", "expressions"),
    [
        ("São `{python} x` imagens.", ["x"]),
        ("`{python} x` e `{python}  f(y)[0] `.", ["x", "f(y)[0]"]),
        ("# Perda de `{python} x`\n\n- `{python} y`\n\n| `{python} z` |\n", ["x", "y", "z"]),
        ("> `{python} x`\n", ["x"]),
        ("``{python} x`` e ```{python} x```", []),
        ("`python x` `{python}` `{r} x` `{python}x`", []),
        ("`{python} x\ny`", []),
        ("Texto.\n\n    `{python} x`\n", []),
        ("<div>\n`{python} x`\n</div>\n", []),
        ("- item\n\n  `{python} x`\n", ["x"]),
    ],
)
def test_which_code_is_an_inline_value(text: str, expressions: list[str]) -> None:
    assert [one.expression for one in find(text)] == expressions


def test_they_belong_to_the_cell_above_and_know_their_lines() -> None:
    post = parse(f"{HEAD}{CELL}\n`{{python}} x`\n\n{CELL}\nA\n`{{python}} y`\n", "p.md")
    assert [[(one.expression, one.line) for one in cell.inline] for cell in post.cells] == [
        [("x", 8)],
        [("y", 15)],
    ]
    assert post.problems == ()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("`{python} x`\n\n" + CELL, "p.md:4: inline value x: there is no cell above it"),
        (
            CELL + "\n`{python} x =`\n",
            "p.md:8: inline value x =: not an expression (invalid syntax)",
        ),
        (CELL + "\n`{python} x; y`\n", "p.md:8: inline value x; y: not an expression "),
    ],
)
def test_what_cannot_be_evaluated_is_named(body: str, message: str) -> None:
    [problem] = parse(HEAD + body, "p.md").problems
    assert str(problem).startswith(message)


def test_in_a_post_that_does_not_run_they_are_words_like_others() -> None:
    post = parse("Title: Caso\nExecute: no\n\n`{python} x =`\n", "p.md")
    assert post.problems == ()


def test_another_expression_is_another_cell() -> None:
    one, other = (
        parse(f"{HEAD}{CELL}\n`{{python}} {name}`\n", "p.md").cells[0] for name in ("x", "y")
    )
    assert cell_digest(one) != cell_digest(other)


# How they are written


@pytest.mark.parametrize(
    ("value", "portuguese", "english"),
    [
        (60_000, "60.000", "60,000"),
        (-1234, "-1.234", "-1,234"),
        (10**28, "10" + 9 * ".000", "10" + 9 * ",000"),
        (0.9731, "0,9731", "0.9731"),
        (1234.5, "1.234,5", "1,234.5"),
        (2.0, "2,0", "2.0"),
        (1e-07, "1e-07", "1e-07"),
        ("97.3%", "97,3%", "97.3%"),
        ("97.30 %", "97,30 %", "97.30 %"),
        ("1234.50", "1.234,50", "1,234.50"),
        ("12345%", "12.345%", "12,345%"),
        ("97%", "97%", "97%"),
        ("2019", "2019", "2019"),
        ("29.7.2019", "29.7.2019", "29.7.2019"),
        ("São Paulo", "São Paulo", "São Paulo"),
        (True, "True", "True"),
        ("nan", "nan", "nan"),
    ],
)
def test_a_number_is_written_as_the_language_does(
    value: object, portuguese: str, english: str
) -> None:
    assert as_written(value, "pt-BR") == portuguese
    assert as_written(value, "en") == english


def test_a_language_that_nobody_knows_leaves_a_number_as_it_is() -> None:
    assert as_written(60_000, "xx-klingon") == "60000"


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_no_digit_of_a_number_is_lost(value: float) -> None:
    written = as_written(value, "pt-BR")
    if "e" not in repr(value):
        assert Decimal(written.replace(".", "").replace(",", ".")) == Decimal(repr(value))


@pytest.mark.parametrize(
    ("text", "values", "written"),
    [
        ("A `{python} x` b", [3], "A 3 b"),
        ("A `{python} x` b `{python} y`", [3], "A 3 b `{python} y`"),
        ("A `{python} x`", ["*a_b* <c> | [d]"], r"A \*a\_b\* &lt;c> &#124; \[d\]"),
        ("`{python} x`. Abril", [3], "&#51;. Abril"),
        ("  `{python} x`) b", [12], "  &#49;2) b"),
        ("A", [3], "A"),
    ],
)
def test_a_value_stands_where_its_expression_stood(
    text: str, values: list[object], written: str
) -> None:
    assert with_values(text, values, "pt-BR") == (
        written,
        min(len(values), len(find(text))),
    )


# On a site

POST = """
```python
import numpy as np

imagens = np.int64(60_000)
acertos = 0.97312
```

São `{python} imagens` imagens, e `{python} f"{acertos:.1%}"` de acertos.

```python
#| output: false
imagens = 1
imagens
```

Agora é `{python} imagens`; antes, `{python} "a*b"`.
"""


def test_they_are_computed_with_the_cells_and_kept(site: Site) -> None:
    site.settings('DEFAULT_LANG = "pt-BR"\n')
    post = site.post("nota", POST)
    built = site.build()
    assert built.status == 0, built.text
    text = re.sub(r"<[^>]+>", "", site.page("nota"))
    assert "São 60.000 imagens, e 97,3% de acertos." in text
    assert "Agora é 1; antes, a*b." in text
    stored = json.loads(site.notebook("nota").read_text(encoding="utf-8"))
    assert "executable-posts.values+json" in json.dumps(stored)
    # They are found again without a run, and another expression is reason for one.
    assert site.build_frozen().status == 0
    assert "São 60.000 imagens" in re.sub(r"<[^>]+>", "", site.page("nota"))
    post.write_text(post.read_text("utf-8").replace("} imagens` imagens", "} imagens + 1` imagens"))
    assert "nota.md:7: stale: cell 1 changed" in site.build_frozen().text
    assert site.build().status == 0
    assert "São 60.001 imagens" in re.sub(r"<[^>]+>", "", site.page("nota"))


def test_one_that_raises_fails_as_a_cell_does_and_stores_nothing(site: Site) -> None:
    site.post("nota", "```python\nx = 1\n```\n\nSão `{python} y` imagens.\n")
    built = site.build()
    assert built.status == 1
    message = "content/posts/nota.md:10: inline value y: NameError: name 'y' is not defined"
    assert message in built.err
    assert not site.notebook("nota").exists()
