"""The small inputs of `recorded_outputs/`: each line has the role that the file beside it says."""

from pathlib import Path

import pytest
from executable_posts.post import Cell, FrontMatter, Post, Prose, Recorded, Shown, parse
from executable_posts.post.source import lines

INPUTS = sorted((Path(__file__).parent / "recorded_outputs").glob("*.md"))

ROLES = {FrontMatter: "p", Prose: "p", Shown: "s", Cell: "c", Recorded: "r"}

NEWLINES = {"LF": "\n", "CRLF": "\r\n", "CR": "\r"}


def roles(post: Post) -> str:
    """One letter for each line of the source of `post`."""
    return "".join(ROLES[type(piece)] * len(lines(piece.text)) for piece in post.pieces)


def expected_roles(file: Path) -> str:
    return file.with_suffix(".roles").read_text(encoding="ascii").replace("\n", "")


def masked(found: str, expected: str) -> str:
    """`found`, with a dot where `expected` leaves the choice."""
    return "".join(
        "." if wanted == "." else role for role, wanted in zip(found, expected, strict=True)
    )


def test_the_inputs_are_all_there() -> None:
    assert [file.name[:2] for file in INPUTS] == [f"{number:02}" for number in range(1, 39)]


@pytest.mark.parametrize("newline", NEWLINES.values(), ids=NEWLINES.keys())
@pytest.mark.parametrize("file", INPUTS, ids=lambda file: file.stem)
def test_every_line_has_its_role_and_no_byte_is_lost(file: Path, newline: str) -> None:
    text = file.read_bytes().decode().replace("\n", newline)
    post = parse(text, file.name, "yes")
    assert post.text == text
    assert post.problems == ()
    expected = expected_roles(file)
    assert masked(roles(post), expected) == expected


@pytest.mark.parametrize("file", INPUTS, ids=lambda file: file.stem)
def test_a_post_that_does_not_run_has_neither_cells_nor_recorded_outputs(file: Path) -> None:
    text = file.read_bytes().decode()
    post = parse(text, file.name, "no")
    assert post.text == text
    assert set(roles(post)) <= {"p", "s"}
