"""Colours of a terminal as classes, and text that keeps its colours while it is cleaned."""

import re

import pytest
from executable_posts.looks import COLOURS, look_after, look_of_css, nearest
from executable_posts.styled import Mark, Styled
from executable_posts.terminal import as_terminal_leaves_it, styled_as_terminal_leaves_it
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("before", "parameters", "after"),
    [
        ("", "31", "ansi-red"),
        ("", "91", "ansi-red"),
        ("", "1;32", "ansi-bold ansi-green"),
        ("ansi-red", "34", "ansi-blue"),
        ("ansi-bold ansi-red", "39", "ansi-bold"),
        ("ansi-bold ansi-red", "0", ""),
        ("ansi-bold ansi-red", "", ""),
        ("ansi-bold", "22", ""),
        ("", "3;4;9", "ansi-italic ansi-strike ansi-underline"),
        ("", "7", "ansi-inverse"),
        ("ansi-inverse", "27", ""),
        ("", "41", "ansi-on-red"),
        ("", "103", "ansi-on-yellow"),
        ("ansi-on-red", "49", ""),
        ("", "38;5;9", "ansi-red"),
        ("", "38;5;196", "ansi-red"),
        ("", "38;5;21", "ansi-blue"),
        ("", "38;5;240", "ansi-black"),
        ("", "38;2;0;180;0", "ansi-green"),
        ("", "38:2::0:0:200", "ansi-blue"),
        ("", "48;2;250;250;0;1", "ansi-bold ansi-on-yellow"),
        ("ansi-red", "38", ""),
        ("ansi-red", "38;7", ""),
        ("ansi-red", "98", "ansi-red"),
        ("ansi-red", "2;5;8;53", "ansi-red"),
    ],
)
def test_what_a_sequence_makes_of_a_look(before: str, parameters: str, after: str) -> None:
    assert look_after(before, parameters) == after


@given(st.text("0123456789;:"))
def test_any_parameters_give_classes_that_are_known(parameters: str) -> None:
    faces = {"bold", "italic", "underline", "inverse", "strike"}
    known = {f"ansi-{name}" for name in faces | {*COLOURS}}
    known |= {f"ansi-on-{name}" for name in COLOURS}
    assert set(look_after("", parameters).split()) <= known


@given(*[st.integers(0, 255)] * 3)
def test_every_colour_has_a_nearest_one(red: int, green: int, blue: int) -> None:
    assert 0 <= nearest(red, green, blue) < len(COLOURS)


@pytest.mark.parametrize(
    ("style", "classes"),
    [
        ("color: #00af00", ["ansi-green"]),
        ("COLOR:#C00 !important; font-weight: bold", ["ansi-red", "ansi-bold"]),
        ("color: rgb(0, 0, 200)", ["ansi-blue"]),
        ("background-color: #ff000080", ["ansi-on-red"]),
        ("color: red; text-align: right", ["ansi-red", "align-right"]),
        ("color: black; background: white", []),
        ("color: #111; background: #fefefe", []),
        ("color: var(--x); width: 3em; font-family: x", []),
        ("no style at all", []),
    ],
)
def test_what_a_style_says_in_classes(style: str, classes: list[str]) -> None:
    assert list(look_of_css(style)) == classes


def looks(styled: Styled) -> list[tuple[str, str]]:
    return [(styled.text[mark.start : mark.end], mark.look) for mark in styled.marks]


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("\x1b[31mred\x1b[0m and \x1b[1mbold\x1b[m", [("red", "ansi-red"), ("bold", "ansi-bold")]),
        ("\x1b[31mred\nred", [("red", "ansi-red"), ("red", "ansi-red")]),
        ("\x1b[31mred\r\x1b[32mg", [("g", "ansi-green"), ("ed", "ansi-red")]),
        ("\x1b[31mred\x1b[0m\rplain", []),
        ("\x1b[31mred\x1b[0m\x1b[2K\rx", []),
        ("\x1b[41m  \x1b[0m.", [("  ", "ansi-on-red")]),
        ("\x1b[31mabcd\r\x1b[0m\x1b[2P", [("cd", "ansi-red")]),
        ("\x1b[31mab\r\x1b[0m\x1b[@", [("ab", "ansi-red")]),
        ("\x1b[31mab\r\x1b[X", [("b", "ansi-red")]),
    ],
)
def test_colours_stay_with_what_they_colour(written: str, seen: list[tuple[str, str]]) -> None:
    styled = styled_as_terminal_leaves_it(written)
    assert looks(styled) == seen
    assert styled.text == as_terminal_leaves_it(written)


ABC = Styled("abc def ghi", (Mark(0, 3, "r"), Mark(4, 11, "g")))


@pytest.mark.parametrize(
    ("pattern", "replacement", "seen"),
    [
        ("b", "", [("ac", "r"), ("def ghi", "g")]),
        ("abc ", "", [("def ghi", "g")]),
        ("def", "<cell>", [("abc", "r"), ("<cell> ghi", "g")]),
        ("c d", "c", [("abc", "r"), ("ef ghi", "g")]),
        ("(e)f g", r"\1", [("abc", "r"), ("dehi", "g")]),
        ("x", "y", [("abc", "r"), ("def ghi", "g")]),
        ("$", "!", [("abc", "r"), ("def ghi!", "g")]),
        (".*", "", []),
    ],
)
def test_colours_move_with_the_text(
    pattern: str, replacement: str, seen: list[tuple[str, str]]
) -> None:
    done = ABC.sub(re.compile(pattern), replacement)
    assert done.text == re.sub(pattern, replacement, ABC.text)
    assert looks(done) == seen


@given(st.text("ab\n"), st.sampled_from(["a", "b+", "a*b", r"\n", "(a)b", "^a", ""]))
def test_cleaning_gives_the_same_text_with_and_without_colours(text: str, pattern: str) -> None:
    marks = tuple(Mark(place, place + 1, "r") for place in range(0, len(text), 2))
    done = Styled(text, marks).sub(re.compile(pattern), "a")
    assert done.text == re.sub(pattern, "a", text)
    ends = [0, *(place for mark in done.marks for place in (mark.start, mark.end)), len(done.text)]
    assert ends == sorted(ends)


def test_line_ends_at_both_ends_go() -> None:
    styled = Styled("\n\nab\n", (Mark(2, 3, "r"),)).strip_line_ends()
    assert styled == Styled("ab", (Mark(0, 1, "r"),))
    assert Styled("\n\n", (Mark(0, 1, "r"),)).strip_line_ends() == Styled("")
