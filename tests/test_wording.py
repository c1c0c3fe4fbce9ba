"""Numbers, durations and long names in messages."""

import pytest
from executable_posts.wording import count, duration, fit, padded
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len


def test_one_is_not_several() -> None:
    assert [count(number, "post") for number in (0, 1, 2)] == ["0 posts", "1 post", "2 posts"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (1.25, "1.2 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (72, "1 min 12 s"),
        (3599.7, "1 h 0 min"),
        (7384, "2 h 3 min"),
    ],
)
def test_durations_are_as_precise_as_one_wants_to_know(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_long_path_is_shortened_in_the_middle_and_keeps_its_end() -> None:
    path = "content/posts/breve-tutorial-de-keras.md"
    assert fit(path, 40) == path
    assert fit(path, 30) == "content/p...torial-de-keras.md"
    assert fit(path, 3) == "..."
    assert fit(path, 0) == ""


def test_a_name_with_a_line_feed_stays_on_one_line() -> None:
    assert fit("a\nb\x1b[2Jc\udce9.md", 80) == "a?b?[2Jc?.md"


@given(st.text(), st.integers(0, 60))
def test_what_was_made_to_fit_fits(text: str, width: int) -> None:
    shown = fit(text, width)
    assert cell_len(shown) <= width
    assert shown.isprintable()
    assert cell_len(padded(shown, 60)) == 60
