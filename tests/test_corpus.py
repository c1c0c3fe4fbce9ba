"""Posts of every form, as `title . input . expected`: what each line of them is taken for.

A form that was misread becomes one more input in `corpus/`. Words in braces in a title say what a
text file cannot hold: {CRLF}, {CR}, {BOM}, {no end}, {latin-1}.

What is expected has a line for each piece: what it is, its first and last line, and of a cell its
code, of recorded outputs their kinds, of a fence that is shown the reason; then the problems.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from executable_posts.errors import ProblemError
from executable_posts.outputs import Display
from executable_posts.post import Cell, FrontMatter, Post, Prose, Recorded, Shown, decode, parse
from executable_posts.post.source import lines
from executable_posts.render import WORDS, CellView, fill, render
from markdown import Markdown

CORPUS = Path(__file__).parent / "corpus"
PATH = "content/posts/caso.md"
# The author's own words, as they stand in no output and no label of ours.
WORD = re.compile(r"[^\W_]+")
# Behind it stands what to do, which is tested elsewhere.
_SENTENCE = re.compile(r"[;?] |; |, column ")


@dataclass(frozen=True)
class Case:
    """One input of the corpus, as bytes, and what is expected of it."""

    title: str
    data: bytes
    expected: str


def cases() -> Iterator[Case]:
    for file in sorted(CORPUS.glob("*.txt")):
        parts = file.read_text(encoding="utf-8").split("\n.\n")
        assert len(parts) % 3 == 1, file
        for title, text, expected in zip(parts[::3], parts[1::3], parts[2::3], strict=False):
            name = title.strip("\n")
            yield Case(f"{file.stem}: {name}", as_bytes(f"{text}\n", name), expected)


def as_bytes(text: str, title: str) -> bytes:
    if "{no end}" in title:
        text = text.rstrip("\n")
    for name, end in (("{CRLF}", "\r\n"), ("{CR}", "\r")):
        if name in title:
            text = text.replace("\n", end)
    if "{BOM}" in title:
        text = f"\ufeff{text}"
    return text.encode("latin-1" if "{latin-1}" in title else "utf-8")


CASES = list(cases())


def described(data: bytes) -> str:
    """`data` as a post, one line a piece, in the form of `expected`."""
    try:
        post = parse(decode(data, PATH), PATH)
    except ProblemError as error:
        return f"problem {error.problem.line} {_SENTENCE.split(error.problem.message)[0]}"
    assert post.text.encode() == data
    rows = [piece_row(piece) for piece in post.pieces]
    rows += [f"problem {one.line} {_SENTENCE.split(one.message)[0]}" for one in post.problems]
    return "\n".join(rows)


def piece_row(piece: FrontMatter | Prose | Shown | Cell | Recorded) -> str:
    place = f"{piece.line}-{piece.line + len(lines(piece.text)) - 1}"
    match piece:
        case FrontMatter():
            return f"front {place}"
        case Cell():
            return f"cell {place} {' | '.join(piece.code.splitlines())}"
        case Recorded():
            return f"recorded {place} {', '.join(output.kind for output in piece.outputs)}"
        case Shown():
            return f"shown {place} {piece.reason}"
    return f"prose {place}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_each_line_is_taken_for_what_it_is(case: Case) -> None:
    assert described(case.data) == case.expected


def test_there_are_enough_of_them_and_no_two_have_one_name() -> None:
    assert len(CASES) >= 60
    assert len({case.title for case in CASES}) == len(CASES)


READABLE = [case for case in CASES if not case.expected.startswith("problem")]


@pytest.mark.parametrize("case", READABLE, ids=lambda case: case.title)
def test_no_word_of_the_author_changes(case: Case) -> None:
    post = parse(decode(case.data, PATH), PATH)
    shown = {cell.number: CellView((Display("text", "§"),)) for cell in post.cells}
    rendered = render(post, shown, "Caso", WORDS["pt"])
    # In the Markdown, every piece of prose stands as it was written, to the last byte.
    position = 0
    for piece in post.pieces:
        if isinstance(piece, Prose | FrontMatter):
            text = piece.text.removeprefix("\ufeff")
            found = rendered.markdown.find(text, position)
            assert found >= 0, text
            position = found + len(text)
    # On the page stand the same words as where nothing is run, but for recorded outputs.
    assert words(fill(convert(rendered.markdown), rendered.blocks)) == words(
        convert("".join(written(post)))
    )


def written(post: Post) -> Iterator[str]:
    """The source as its author wrote it: without recorded outputs and option lines."""
    for piece in post.pieces:
        if isinstance(piece, Cell):
            code = re.escape(piece.fence.code)
            options = len(lines(piece.fence.code)) - len(lines(piece.code))
            yield piece.text if code and not options else without_options(piece.text, options)
        elif isinstance(piece, Shown):
            options = len(lines(piece.fence.code)) - len(lines(piece.code))
            yield without_options(piece.text, options)
        elif isinstance(piece, Recorded):
            yield "\n"
        else:
            yield piece.text.removeprefix("\ufeff")


def without_options(text: str, count: int) -> str:
    rows = lines(text)
    return "".join([rows[0], *rows[1 + count :]])


def convert(markdown: str) -> str:
    extensions = ["extra", "meta", "pymdownx.superfences", "pymdownx.highlight"]
    return Markdown(extensions=extensions, output_format="html").convert(markdown)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found += WORD.findall(data)


def words(page: str) -> list[str]:
    parser = _Words()
    parser.feed(page)
    return parser.found
