"""Source text → post: nothing lost, every line where it was, front matter as Pelican reads it."""

import pytest
from executable_posts.errors import ProblemError
from executable_posts.post import (
    Cell,
    Execute,
    FrontMatter,
    Piece,
    Post,
    Recorded,
    Shown,
    decode,
    parse,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.parsing import BOM, EXECUTES, FRAGMENTS, PATH, fence, posts, read

# --- Whatever the text is -----------------------------------------------------------------------


def line_ends(text: str) -> int:
    """Counted in another way than `source.lines` does."""
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


def check(text: str, execute: Execute) -> Post:
    """What must be true of every post."""
    post = read(text, execute)
    assert post.text == text
    at = 0
    for piece in post.pieces:
        assert piece.text
        assert piece.line == 1 + line_ends(text[:at])
        at += len(piece.text)
    before: Piece | None = None
    for piece in post.pieces:
        if isinstance(piece, FrontMatter):
            assert before is None
        if isinstance(piece, Recorded):
            assert isinstance(before, Cell)
            assert piece.outputs
            assert post.recorded(before) == piece.outputs
        if isinstance(piece, Cell | Shown):
            unended = not piece.text.endswith(("\n", "\r"))
            assert piece.fence.line_count == line_ends(piece.text) + unended
        before = piece
    assert [cell.number for cell in post.cells] == list(range(1, len(post.cells) + 1))
    assert post.runs or not post.cells
    assert len({cell.line for cell in post.cells}) == len(post.cells)
    for problem in post.problems:
        assert problem.line is not None
        assert 1 <= problem.line <= line_ends(text) + 1
        assert "\n" not in str(problem)
    return post


@given(st.text(), EXECUTES)
@settings(deadline=None, max_examples=300)
def test_any_text_is_read_and_given_back(text: str, execute: Execute) -> None:
    check(text, execute)


@given(posts(), EXECUTES)
@settings(deadline=None, max_examples=800)
@example("```python\nx\n```\n\n\n\n\n<div>\n\n```python\ny\n```\n\n</div>\n\n\n\nFim.\n", "yes")
@example("```python\nx\n```\n\n\n\n\n<div>\n\n- ```python\n  y\n  ```\n\n</div>\n", "yes")
@example("```python\n#| label: " + "[" * 3000 + "\n```\n", "yes")
@example("```python\n" + "-" * 50_000 + "1\n```\n", "yes")
def test_any_mixture_of_what_posts_hold_is_read_and_given_back(text: str, execute: Execute) -> None:
    check(text, execute)


def skeleton(post: Post) -> list[tuple[str, int, str]]:
    """What a post is, whatever its line ends are."""
    return [
        (
            type(piece).__name__,
            piece.line,
            piece.code if isinstance(piece, Cell | Shown) else "",
        )
        for piece in post.pieces
    ]


@given(st.lists(FRAGMENTS, max_size=8).map("".join), EXECUTES)
@settings(deadline=None, max_examples=200)
def test_neither_line_ends_nor_a_byte_order_mark_change_what_is_read(
    text: str, execute: Execute
) -> None:
    # A lone CR, or a mark in the text itself, would make other lines of it.
    text = text.replace("\r", "").replace(BOM, "")
    plain = read(text, execute)
    if not text:
        return
    for other in (text.replace("\n", "\r\n"), text.replace("\n", "\r"), BOM + text):
        found = read(other, execute)
        assert skeleton(found) == skeleton(plain)
        assert [str(problem) for problem in found.problems] == [
            str(problem) for problem in plain.problems
        ]


def test_an_empty_post_has_no_pieces() -> None:
    assert read("").pieces == ()


def test_a_form_feed_or_a_line_separator_ends_no_line() -> None:
    post = read("Um\x0cdois\u2028três\n\n" + fence("#| label: a\nx = '\u2028'\n\x0c\ny = 2"))
    [cell] = post.cells
    assert (cell.line, cell.code_line) == (3, 5)
    assert cell.code == "x = '\u2028'\n\x0c\ny = 2\n"
    # Nothing of an option is taken for code; to YAML, the separator is a line end and so a blank.
    [cell] = read(fence('#| fig-cap: "a\u2028b"\nx = 1')).cells
    assert (cell.code, cell.code_line) == ("x = 1\n", 3)
    assert cell.options.fig_cap[0].split() == ["a", "b"]


def test_a_post_may_begin_with_a_byte_order_mark_and_a_fence() -> None:
    post = read(BOM + fence("x = 1") + "\nFim.\n")
    [cell] = post.cells
    assert (cell.line, cell.fence.prefix, cell.code) == (1, "", "x = 1\n")


# --- Front matter -------------------------------------------------------------------------------

HEADS = {
    "keys": ("Title: Um\nDate: 2020\n\nTexto.\n", 3, {"title": "Um", "date": "2020"}),
    "dashes": ("---\nTitle: Um\n---\nTexto.\n", 3, {"title": "Um"}),
    "dots": ("---\nTitle: Um\n...\nTexto.\n", 3, {"title": "Um"}),
    "mark": (BOM + "Title: Um\n\nTexto.\n", 2, {"title": "Um"}),
    "continued": ("Title: Um\n    dois\n\nTexto.\n", 3, {"title": "Um"}),
    "twice": ("Tags: a\nTags: b\n\nTexto.\n", 3, {"tags": "a"}),
    "case": ("TITLE: Um\n\nTexto.\n", 2, {"title": "Um"}),
    "colon in value": ("Title: Um: dois\n\n", 2, {"title": "Um: dois"}),
    "ended by prose": ("Title: Um\nTexto sem linha em branco.\n", 1, {"title": "Um"}),
    "ended by a fence": ("Title: Um\n```python\nx\n```\n", 1, {"title": "Um"}),
    "none": ("Texto.\n\nTitle: Um\n", 0, {}),
    "none after a blank line": ("\nTitle: Um\n", 0, {}),
    "all": ("Title: Um\n", 1, {"title": "Um"}),
}


@pytest.mark.parametrize(("text", "length", "values"), HEADS.values(), ids=HEADS.keys())
def test_front_matter_is_read_as_pelican_reads_it(
    text: str, length: int, values: dict[str, str]
) -> None:
    post = read(text)
    assert dict(post.metadata) == values
    head = post.pieces[0].text if isinstance(post.pieces[0], FrontMatter) else ""
    assert line_ends(head) == length


ANSWERS = {
    "yes": ("Execute: yes", True),
    "no": ("Execute: no", False),
    "capitals": ("EXECUTE: YES", True),
    "true": ("Execute: true", True),
    "False": ("Execute: False", False),
    "quoted": ('Execute: "yes"', True),
    "the first of two": ("Execute: no\nExecute: yes", False),
}


@pytest.mark.parametrize("setting", ["yes", "no", "auto"])
@pytest.mark.parametrize(("line", "runs"), ANSWERS.values(), ids=ANSWERS.keys())
def test_front_matter_decides_whatever_the_setting_says(
    line: str, setting: Execute, runs: bool
) -> None:
    post = read(f"Title: Um\n{line}\n\n{fence('x')}", setting)
    assert (post.runs, len(post.cells)) == (runs, int(runs))
    assert post.why == f'Execute is "{"yes" if runs else "no"}" in its front matter'
    assert post.problems == ()


BAD_ANSWERS = {
    "yess": 'did you mean "yes"? Allowed: no, yes',
    "auto": "Allowed: no, yes",
    "1": "Allowed: no, yes",
    "": "Allowed: no, yes",
}


@pytest.mark.parametrize(("word", "hint"), BAD_ANSWERS.items())
def test_another_word_for_execute_is_named_and_nothing_runs(word: str, hint: str) -> None:
    post = read(f"Title: Um\nDate: 2020\nExecute: {word}\n\n{fence('x')}")
    assert [str(problem) for problem in post.problems] == [
        f'{PATH}:3: front matter: Execute: "{word}" is not allowed; {hint}'
    ]
    assert not post.runs
    assert post.cells == ()


def test_resources_are_names_and_amounts() -> None:
    post = read(f"Title: Um\nDate: 2020\nResources: GPU=1, MEMORY = 0.5,\n\n{fence('x')}")
    assert post.resources == (("GPU", 1), ("MEMORY", 0.5))
    assert not post.problems
    assert read(fence("x")).resources == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("GPU", '"GPU" is not a name and a number, such as GPU=1'),
        ("2 GPUs=1", '"2 GPUs=1" is not a name and a number, such as GPU=1'),
        ("GPU=uma", 'GPU: "uma" is not a number'),
        ("GPU=", 'GPU: "" is not a number'),
        ("GPU=0", 'GPU: "0" is not an amount above zero'),
        ("GPU=nan", 'GPU: "nan" is not an amount above zero'),
        ("GPU=1, MEMORY=inf", 'MEMORY: "inf" is not an amount above zero'),
        ("GPU=1, GPU=2", '"GPU" stands there twice'),
    ],
)
def test_resources_that_are_none_are_named(value: str, message: str) -> None:
    post = read(f"Title: Um\nResources: {value}\n\n{fence('x')}")
    assert list(map(str, post.problems)) == [f"{PATH}:2: front matter: Resources: {message}"]


@given(st.text(st.characters(exclude_characters="\r\n")))
def test_any_resources_are_read_or_named(value: str) -> None:
    post = read(f"Title: Um\nResources: {value}\n\n{fence('x')}")
    assert all(amount > 0 for _, amount in post.resources)
    assert all(problem.line == 2 for problem in post.problems)


def test_execute_below_the_front_matter_is_prose() -> None:
    assert not read(f"Texto.\n\nExecute: yes\n\n{fence('x')}", "auto").runs


def test_another_setting_is_refused() -> None:
    with pytest.raises(ValueError, match=r'did you mean "yes"\? Allowed: auto, no, yes'):
        parse("", PATH, "yess")  # type: ignore[arg-type]


# --- Bytes --------------------------------------------------------------------------------------


@given(st.text())
def test_what_is_utf8_is_decoded(text: str) -> None:
    assert decode(text.encode(), PATH) == text


def test_a_byte_order_mark_stays_in_the_text() -> None:
    assert decode(b"\xef\xbb\xbfTitle: Um\n", PATH) == BOM + "Title: Um\n"


BAD_BYTES = {
    "Latin-1": ("Title: Ação".encode("latin-1"), 1, "0xe7", 8),
    "in line 3": (b"a\n\n\xff", 3, "0xff", 3),
    "after CRLF": (b"a\r\n\r\nb\xff", 3, "0xff", 6),
    "after CR": (b"a\r\rb\xff", 3, "0xff", 4),
    "behind letters with accents": ("é\né".encode() + b"\x80", 2, "0x80", 5),
    "cut off": ("fim\né".encode()[:-1], 2, "0xc3", 4),
    "UTF-16": ("Title: Um\n".encode("utf-16-le") + b"\xff", 2, "0xff", 20),
    "UTF-16 with its mark": (b"\xff\xfeT\0", 1, "0xff", 0),
    "a surrogate": (b"x\n\xed\xa0\x80", 2, "0xed", 2),
}


@pytest.mark.parametrize(
    ("data", "line", "byte", "offset"), BAD_BYTES.values(), ids=BAD_BYTES.keys()
)
def test_what_is_not_utf8_is_told_with_line_and_offset(
    data: bytes, line: int, byte: str, offset: int
) -> None:
    with pytest.raises(ProblemError) as caught:
        decode(data, PATH)
    assert str(caught.value) == (
        f"{PATH}:{line}: not UTF-8: byte {byte} at offset {offset}; save the file as UTF-8"
    )
