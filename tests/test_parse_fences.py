"""Which fences of a post are looked at: those that CommonMark has, in Python's languages."""

import pytest
from executable_posts.post import (
    Shown,
)

from tests.parsing import fence, read

# --- Which fences are looked at -----------------------------------------------------------------

CANDIDATES = [
    "python",
    "python3",
    "py",
    "ipython",
    "ipython3",
    "PYTHON",
    "Python",
    "{python}",
    "{python, echo=FALSE}",
    "{.python .numberLines}",
    "{.python}",
    "{ .python }",
    "python hl_lines='1'",
    "python title=x",
    "  python  ",
]
OTHERS = [
    "",
    "pycon",
    "python2",
    "python-repl",
    "pythonx",
    "cython",
    "text",
    "bash",
    "r",
    "{r}",
    "{.r .python}",
    "text python",
    "console",
    "doctest",
]


@pytest.mark.parametrize("info", CANDIDATES)
def test_fences_in_pythons_languages_are_cells(info: str) -> None:
    assert [cell.code for cell in read(fence("x = 1", info)).cells] == ["x = 1\n"]


@pytest.mark.parametrize("info", OTHERS)
def test_fences_in_other_languages_are_shown(info: str) -> None:
    post = read(fence("x = 1", info))
    assert [piece.reason for piece in post.pieces if isinstance(piece, Shown)] == [
        "it is no Python"
    ]
    assert post.cells == ()


FORMS = {
    "tildes": ('~~~python\nx = """\n```\n"""\n~~~\n', 'x = """\n```\n"""\n'),
    "longer": ('````python\nx = """\n```\n"""\n````\n', 'x = """\n```\n"""\n'),
    "closed by a longer one": ("```python\nx\n`````\n", "x\n"),
    "indented by three": ("   ```python\n   if x:\n     y\n   ```\n", "if x:\n  y\n"),
    "in a quotation": ("> ```python\n> x\n> ```\n", "x\n"),
    "in a list": ("- um\n\n  ```python\n  x\n  ```\n", "x\n"),
    "behind a list marker": ("- ```python\n  x\n  ```\n", "x\n"),
    "in a list in a quotation": ("> - ```python\n>   x\n>   ```\n", "x\n"),
    "between HTML": ("<details>\n\n```python\nx\n```\n\n</details>\n", "x\n"),
    "at the end without a line end": ("```python\nx\n```", "x\n"),
}
NO_FENCES = {
    "indented by four": "    ```python\n    x\n    ```\n",
    "two ticks": "``python\nx\n``\n",
    "in a comment": "<!--\n```python\nx\n```\n-->\n",
    "in HTML": "<pre>\n```python\nx\n```\n</pre>\n",
    "in another fence": "````text\n```python\nx\n```\n````\n",
    "in a line": "Escreva ```python x``` assim.\n",
}


@pytest.mark.parametrize(("text", "code"), FORMS.values(), ids=FORMS.keys())
def test_fences_are_found_wherever_commonmark_has_them(text: str, code: str) -> None:
    assert [cell.code for cell in read(text).cells] == [code]


@pytest.mark.parametrize("text", NO_FENCES.values(), ids=NO_FENCES.keys())
def test_what_is_no_fence_in_commonmark_is_none(text: str) -> None:
    assert read(text).cells == ()
