"""What progress bars say of time differs from run to run, and tells a reader nothing."""

import pytest
from executable_posts.outputs import comparable, display
from executable_posts.streams import without_timings
from hypothesis import given
from hypothesis import strategies as st

BARS = {
    "313/313 ━━━━━━━━━━ 0s 33ms/step - loss: 0.5": "313/313 ━━━━━━━━━━ - loss: 0.5",
    "32/32 ━━━━━━━━━━ 1:02 2s/step - accuracy: 0.1": "32/32 ━━━━━━━━━━ - accuracy: 0.1",
    "7/10 ━━━━━━━━━━━━━━━━━━━━ 5s": "7/10 ━━━━━━━━━━━━━━━━━━━━",
    "10/10 [==============================] - 0s 1ms/step - loss: 0.5": (
        "10/10 [==============================] - loss: 0.5"
    ),
    "32/32 - 0s - 6ms/step - loss: 0.3": "32/32 - loss: 0.3",
    "5/5 - 9s": "5/5",
    "100%|████| 30/30 [00:00<00:00, 95.2it/s]": "100%|████| 30/30",
    "30it [00:00, 95.2it/s]": "30it",
    "3/? [01:05<?, 12.1s/it]": "3/?",
}


@pytest.mark.parametrize(("bar", "shown"), BARS.items())
def test_a_bar_is_shown_without_its_times(bar: str, shown: str) -> None:
    assert without_timings(bar) == shown
    assert without_timings(shown) == shown


@pytest.mark.parametrize(
    "text",
    ["10/10 - loss 3 - 4s", "1:05 [12:30]", "em 9s", "12/25 alunos", "1/2 s", "[00:10, fim]"],
)
def test_other_numbers_stay(text: str) -> None:
    assert without_timings(text) == text


@given(st.text())
def test_it_takes_any_text_and_twice_is_once(text: str) -> None:
    once = without_timings(text)
    assert without_timings(once) == once


def test_two_runs_that_differ_in_times_only_are_the_same() -> None:
    def run(time: str) -> list[dict[str, str]]:
        text = f"Epoch 1/1\n\r1/2 ━━━ 9s 9s/step\r2/2 ━━━ {time} - loss: 0.5\n"
        return [{"output_type": "stream", "name": "stdout", "text": text}]

    assert comparable(run("0s 33ms/step")) == comparable(run("1s 40ms/step"))
    assert comparable(run("0s 33ms/step"))[0]["text"] == "Epoch 1/1\n2/2 ━━━ - loss: 0.5\n"
    [shown] = display(run("0s 33ms/step")).displays
    assert shown.content == "Epoch 1/1\n2/2 ━━━ - loss: 0.5"
