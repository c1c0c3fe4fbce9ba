"""What counts in code and what does not: comments and blank lines never make a post stale, and
whatever could change a result always does."""

import io
import tokenize
from pathlib import Path

import pytest
from executable_posts.fingerprint import cell_digest, digest, file_digest, normalise
from executable_posts.post import parse
from hypothesis import given, settings
from hypothesis import strategies as st

STATEMENTS = [
    "x = 1",
    "import numpy as np",
    "print('# no comment')",
    "y = \"a # b\" + '#'",
    "if x:\n    y = 2\nelse:\n    y = 3",
    "for i in range(3):\n    x += i\n    print(x)",
    'text = """um\n\n  # dois  \n\ttrês\t\n"""',
    "text = r'''a\\b'''",
    "text = 'um \\\n   dois'",
    "f(\n    1,\n    2,\n)",
    "x = 1 + \\\n    2",
    "def f(x):\n    '''Doc.\n\n    # Mais.\n    '''\n    return x",
    "class A:\n    pass",
    "f'{x!r:>{y}}'",
    "f'{x[\"#\"]} # {y}'",
    "f'''{x}\n\n# {y}\n'''",
    "b'\\x00#'",
    "x = [\n    i\n    for i in y\n]",
    "é = 'á\u2028\x0c'",
    "async def g():\n    await h()",
]
MAGICS = ["%matplotlib inline", "!ls -l", "%timeit f(1)", "!echo a#b"]

# What may stand between statements, and behind the last line of one.
BETWEEN = st.lists(
    st.sampled_from(
        ["\n", "   \n", "\t\n", "# nada\n", "    # nada  \n", "# C:\\\n", "#\n", "\x0c\n"]
    ),
    max_size=3,
).map("".join)
BEHIND = st.sampled_from(["", "  ", "\t", "  # nada", "# 'nada\"", "  # nada \\"])


def lines(statements: list[str]) -> str:
    return "".join(f"{statement}\n" for statement in statements)


@given(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=4), st.data())
@settings(deadline=None, max_examples=200)
def test_comments_and_blanks_between_statements_do_not_count(
    statements: list[str], data: st.DataObject
) -> None:
    noisy = "".join(
        f"{data.draw(BETWEEN)}{statement}{data.draw(BEHIND)}\n" for statement in statements
    )
    noisy += data.draw(BETWEEN)
    assert normalise(noisy) == normalise(lines(statements))


@given(st.lists(st.sampled_from(STATEMENTS + MAGICS), min_size=1, max_size=4), st.data())
@settings(deadline=None, max_examples=200)
def test_nor_do_they_between_statements_and_magics(
    statements: list[str], data: st.DataObject
) -> None:
    noisy = "".join(f"{data.draw(BETWEEN)}{statement}\n" for statement in statements)
    noisy += data.draw(BETWEEN)
    assert normalise(noisy) == normalise(lines(statements))


@given(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=3), st.data())
@settings(deadline=None, max_examples=300)
def test_every_token_counts(statements: list[str], data: st.DataObject) -> None:
    code = lines(statements)
    rows = [f"{row}\n" for row in code.split("\n")]
    silent = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    tokens = [
        token
        for token in tokenize.generate_tokens(io.StringIO(code).readline)
        if token.type not in silent
    ]
    token = data.draw(st.sampled_from(tokens))
    row, column = token.start
    # One letter more: another name or number, or no Python at all, but not the same.
    rows[row - 1] = f"{rows[row - 1][:column]}z{rows[row - 1][column:]}"
    assert normalise("".join(rows)) != normalise(code)


@given(st.sampled_from(["x = {}", "def f():\n    {}\n    return 1", "f({},\n  1)"]), st.data())
@settings(deadline=None)
def test_every_character_of_a_string_over_lines_counts(code: str, data: st.DataObject) -> None:
    content = "um\n\n  # dois  \n\ttrês\t\n"
    at = data.draw(st.integers(0, len(content)))
    more = data.draw(st.sampled_from([" ", "\n", "\t", "#", "\x0c", "\u2028"]))
    for string in ("'''{}'''", 'r"""{}"""', "f'''{}'''"):
        one = code.format(string.format(content))
        other = code.format(string.format(content[:at] + more + content[at:]))
        assert normalise(one) != normalise(other)


@given(st.lists(st.sampled_from(STATEMENTS + MAGICS), max_size=4).map(lines))
@settings(deadline=None)
def test_normalising_twice_changes_nothing_more(code: str) -> None:
    assert normalise(normalise(code)) == normalise(code)


@given(st.lists(st.sampled_from([*STATEMENTS, *MAGICS, "%%time", "x = (", "\n"]), max_size=4))
@settings(deadline=None)
def test_neither_line_ends_nor_blank_lines_around_the_code_count(statements: list[str]) -> None:
    # The executed notebook keeps the code without them.
    code = lines(statements)
    assert normalise(code.strip("\n")) == normalise(code)
    assert normalise(code.replace("\n", "\r\n")) == normalise(code)


@given(st.text())
@settings(deadline=None)
def test_anything_can_be_normalised(code: str) -> None:
    normalise(code)


SAME = {
    "comments in brackets": ("f(\n    1,  # um\n    # dois\n\n    2,\n)", "f(\n    1,\n    2,\n)"),
    "comments in blocks": ("if x:\n# um\n\n    y = 2\n", "if x:\n    y = 2\n"),
    "a comment in an indented cell": ("    x = 1  # um\n    y = 2", "    x = 1\n    y = 2"),
    "a comment beside a magic": ("%pwd\nx = 1  # um\n# dois\ny = 2", "%pwd\nx = 1\ny = 2"),
    "a comment beside a magic in a block": ("if x:\n    !ls\n    # um\n", "if x:\n    !ls\n"),
    "nothing but comments": ("# um\n\n# dois", ""),
    "blank lines around a magic": ("\n\n%pwd\n\n\n!ls\n", "%pwd\n!ls\n"),
    "blank lines around a cell magic": ("%%time\nx\n\n", "%%time\nx\n"),
}

DIFFERENT = {
    "a string that looks like a comment": ("x = '# um'", "x = '# dois'"),
    "a comment in a string over lines": ('"""\n# um\n"""', '"""\n# dois\n"""'),
    "a blank line in a string": ('"""a\n\nb"""', '"""a\nb"""'),
    "a blank at the end of a row of a string": ('"""a \nb"""', '"""a\nb"""'),
    "a form feed in a string": ("'a\x0cb'", "'a\x1cb'"),
    "a line separator in a string": ("'''a\u2028b'''", "'''a\nb'''"),
    "a blank behind a backslash's row in a string": ("'a \\\nb'", "'a\\\nb'"),
    "an f-string": ("f'{x}  # a'", "f'{x}  # b'"),
    "indentation": ("if x:\n    a\n    b", "if x:\n    a\nb"),
    # A blank line behind a backslash ends the statement, and a comment is one.
    "a blank line behind a backslash": ("x = 1, \\\n\n-y", "x = 1, \\\n-y"),
    "a comment behind a backslash": ("x = 1, \\\n# a\n-y", "x = 1, \\\n-y"),
    "a sign in a shell line": ("!echo a#b", "!echo a#c"),
    "a sign in a shell line among code": ("x = 1\n!echo a #b", "x = 1\n!echo a #c"),
    "a sign in an assigned shell line": ("x = !echo a#b", "x = !echo a#c"),
    "a sign in a magic": ("%config A = '#b'", "%config A = '#c'"),
    "a shell line over two rows": ("!ls \\\n-l #a", "!ls \\\n-l #b"),
    "what a cell magic writes": ("%%writefile a\n# b", "%%writefile a\n# c"),
    "blank lines of what a cell magic writes": ("%%writefile a\nb\n\nc", "%%writefile a\nb\nc"),
    "the order": ("x = 1\ny = 2", "y = 2\nx = 1"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_what_does_not_count(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_counts(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def options_digest(options: str) -> str:
    [cell] = parse(f"```python\n{options}x = 1\n```\n", "x.md", "yes").cells
    return cell_digest(cell)


PLAIN = options_digest("")


@pytest.mark.parametrize(
    "option",
    [
        "echo: false",
        "output: false",
        "warning: true",
        "label: a",
        "fig-cap: Um",
        "fig-alt: Um",
        "timeout: 9",
        "eval: true",
        "include: false",
        "code-fold: true",
        "code-line-numbers: true",
        "code-summary: a",
        "classes: a",
        "output: asis",
        "data: a.csv",
        "tolerance: 0.1",
    ],
)
def test_options_that_change_no_result_do_not_count(option: str) -> None:
    assert options_digest(f"#| {option}\n") == PLAIN


@pytest.mark.parametrize(
    "option",
    ["fig-width: 8", "fig-height: 8", "fig-dpi: 80", "fig-format: svg", "fig-dark: true"],
)
def test_options_that_say_how_figures_are_drawn_count(option: str) -> None:
    assert options_digest(f"#| {option}\n") != PLAIN


def test_whether_a_cell_may_raise_counts() -> None:
    # If it does raise, what the cells behind it find depends on it.
    digests = {PLAIN, options_digest("#| error: true\n"), options_digest("#| error: false\n")}
    assert len(digests) == 3


def test_files_are_known_by_their_content(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    assert file_digest(file) is None
    file.write_bytes(b"1\n" * 100_000)
    assert file_digest(file) == digest(b"1\n" * 100_000)
    assert file_digest(tmp_path) is None
