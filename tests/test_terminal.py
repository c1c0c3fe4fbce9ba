"""What is left on a terminal: the last state of what overwrites itself, and nothing else."""

import tracemalloc

import pytest
from executable_posts.terminal import as_terminal_leaves_it
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("written", "left"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("one\ntwo\n", "one\ntwo\n", id="plain lines"),
        pytest.param("one\r\ntwo\r\n", "one\ntwo\n", id="CR LF is a line end"),
        pytest.param("one\rtwo\rsix\n", "six\n", id="CR begins the row again"),
        pytest.param("longer\rab\n", "abnger\n", id="CR erases nothing"),
        pytest.param("50%\r", "50%", id="CR at the end"),
        pytest.param("one\n\rtwo", "one\ntwo", id="CR on an empty row"),
        pytest.param("abc\b\bX", "aXc", id="BS moves back"),
        pytest.param("\b\b\bab", "ab", id="BS stops at the margin"),
        pytest.param("ab\n\bc", "ab\nc", id="BS does not go to the row above"),
        pytest.param("a\tb", "a\tb", id="a tab in plain text stays a tab"),
        pytest.param("x\ra\tb", "a       b", id="TAB goes to the next stop"),
        pytest.param("\r12345678\tb", "12345678        b", id="TAB on a stop goes to the next one"),
        pytest.param("abcdefghij\rx\ty", "xbcdefghyj", id="TAB erases nothing"),
        pytest.param("ab\ncd\x1b[AX", "abX\ncd", id="CUU keeps the column"),
        pytest.param("ab\ncd\x1b[9AX", "abX\ncd", id="CUU stops at the first row"),
        pytest.param("a\n\n\nb\x1b[2AX", "a\n X\n\nb", id="CUU by two"),
        pytest.param("ab\ncd\x1b[A\x1b[BX", "ab\ncdX", id="CUD"),
        pytest.param("a\x1b[2BX", "a\n\n X", id="CUD makes rows"),
        pytest.param("a\x1b[CX", "a X", id="CUF"),
        pytest.param("a\x1b[3CX", "a   X", id="CUF by three"),
        pytest.param("a\x1b[0CX", "a X", id="a count of 0 is 1"),
        pytest.param("abc\x1b[DX", "abX", id="CUB"),
        pytest.param("abc\x1b[9DX", "Xbc", id="CUB stops at the margin"),
        pytest.param("abc\x1b[GX", "Xbc", id="CHA"),
        pytest.param("abc\x1b[2GX", "aXc", id="CHA counts from 1"),
        pytest.param("a\x1b[5GX", "a   X", id="CHA beyond the end"),
        pytest.param("abcdef\r\x1b[2C\x1b[K", "ab", id="EL erases to the end"),
        pytest.param("abcdef\r\x1b[2C\x1b[0KX", "abX", id="EL 0"),
        pytest.param("abcdef\r\x1b[2C\x1b[1KX", "  Xdef", id="EL 1 erases up to the cursor"),
        pytest.param("ab\x1b[5G\x1b[1KX", "    X", id="EL 1 beyond the end"),
        pytest.param("abcdef\x1b[2KX", "      X", id="EL 2 keeps the column"),
        pytest.param("one\ntwo\nsix\x1b[2A\r\x1b[JX", "X", id="ED erases what follows"),
        pytest.param("one\ntwo\nsix\x1b[A\r\x1b[0JX", "one\nX", id="ED 0"),
        pytest.param("one\ntwo\nsix\x1b[A\r\x1b[C\x1b[1JX", "\n Xo\nsix", id="ED 1 erases above"),
        pytest.param("one\ntwo\x1b[2J\rX", "X", id="ED 2 erases all"),
        pytest.param("one\ntwo\x1b[3J\rX", "X", id="ED 3 erases all"),
        pytest.param("\x1b[31mred\x1b[0m and \x1b[1;38;5;9mbold\x1b[m", "red and bold", id="SGR"),
        pytest.param("\x1b[38:2::255:0:0mred\x1b[m", "red", id="SGR with colons"),
        pytest.param("\x1b[?25lhidden\x1b[?25h", "hidden", id="private modes"),
        pytest.param("\x1b[>4;2mkeys\x1b[=1u", "keys", id="other private parameters"),
        pytest.param("a\x1b[ qb", "ab", id="CSI with an intermediate byte"),
        pytest.param("\x1b]0;a title\x07text", "text", id="OSC ended by BEL"),
        pytest.param(
            "\x1b]8;;http://x.y\x1b\\a link\x1b]8;;\x1b\\", "a link", id="OSC ended by ST"
        ),
        pytest.param("\x1bPq#0;2;0\x1b\\text\x1b_Gf=100\x1b\\", "text", id="DCS and APC"),
        pytest.param("\x1b(B\x1b[mtext", "text", id="what `tput sgr0` writes"),
        pytest.param("\x1b7text\x1b8\x1b=\x1b>", "text", id="escapes of two characters"),
        pytest.param("a\x07b\x00c\x7fd", "abcd", id="BEL, NUL and DEL leave nothing"),
        pytest.param("text\x1b", "text", id="a lone ESC at the end"),
        pytest.param("text\x1b[12", "text12", id="a sequence without an end"),
        pytest.param("ação\r\x1b[3Cõ", "açãõ", id="letters beyond ASCII"),
        pytest.param("x  \ry  \n", "y\n", id="blanks at the end of a rewritten row are nothing"),
        pytest.param("plain  \n", "plain  \n", id="blanks at the end of plain text stay"),
    ],
)
def test_a_terminal_is_left_with(written: str, left: str) -> None:
    assert as_terminal_leaves_it(written) == left


# What `keras.utils.Progbar(3)` of Keras 3.15.1 writes, shown three times.
KERAS_3 = (
    "\r\x1b[1m1/3\x1b[0m \x1b[32m━━━━━━\x1b[0m\x1b[37m━━━━━━━━━━━━━━\x1b[0m \x1b[1m0s\x1b[0m"
    " 8us/step - accuracy: 0.5500 - loss: 0.5000" + "\b" * 70 + "\r"
    "\x1b[1m2/3\x1b[0m \x1b[32m━━━━━━━━━━━━━\x1b[0m\x1b[37m━━━━━━━\x1b[0m \x1b[1m0s\x1b[0m"
    " 50us/step - accuracy: 0.5750 - loss: 0.4167" + "\b" * 71 + "\r"
    "\x1b[1m3/3\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m0s\x1b[0m"
    " 33us/step - accuracy: 0.6500 - loss: 0.2500\n"
)
# The same without a target, as in the first epoch on a generator; two epochs.
KERAS_3_UNKNOWN = (
    "Epoch 1/2\n"
    "\r      1/Unknown \x1b[1m0s\x1b[0m 3us/step - loss: 1.0000" + "\b" * 42 + "\r"
    "      2/Unknown \x1b[1m0s\x1b[0m 8us/step - loss: 0.7500\n"
    "Epoch 2/2\n"
    "\r\x1b[1m1/2\x1b[0m \x1b[32m━━━━━━━━━━\x1b[0m\x1b[37m━━━━━━━━━━\x1b[0m \x1b[1m0s\x1b[0m"
    " 2us/step - loss: 0.5000" + "\b" * 51 + "\r"
    "\x1b[1m2/2\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m0s\x1b[0m"
    " 7us/step - loss: 0.2500\n"
)
# The Progbar of Keras 2, which TensorFlow 2.21 still carries (tensorflow/python/keras/utils).
KERAS_2 = (
    "Epoch 1/2\n"
    "\r1/3 [=========>....................] - ETA: 0s - loss: 1.0000" + "\b" * 61 + "\r"
    "2/3 [===================>..........] - ETA: 0s - loss: 0.7500" + "\b" * 61 + "\r"
    "3/3 [==============================] - 0s 55us/step - loss: 0.6111\n"
)
# tqdm 4: one bar, and one in another that it does not leave (`leave=False`).
TQDM = (
    "\rtreino:   0%|                         | 0/3 [00:00<?, ?it/s]"
    "\rtreino:  33%|####3        | 1/3 [00:00<00:00, 299593.14it/s]"
    "\rtreino: 100%|##############| 3/3 [00:00<00:00, 22836.50it/s]\n"
)
TQDM_NESTED = (
    "\rfora:   0%|       | 0/2 [00:00<?, ?it/s]"
    "\n\rdentro:   0%|     | 0/2 [00:00<?, ?it/s]\x1b[A"
    "\n\rdentro: 100%|#| 2/2 [00:00<00:00, 33744.\x1b[A"
    "\n\r                                        \x1b[A"
    "\rfora:  50%|5| 1/2 [00:00<00:00, 4837.72i"
    "\n\rdentro:   0%|     | 0/2 [00:00<?, ?it/s]\x1b[A"
    "\n\r                                        \x1b[A"
    "\rfora: 100%|#| 2/2 [00:00<00:00, 5922.68i"
    "\rfora: 100%|#| 2/2 [00:00<00:00, 5223.29i\n"
)
# rich's two tasks, drawn twice, each time after going back up and erasing.
RICH = (
    "\x1b[?25l\r\x1b[2Klendo \x1b[90m━━━━━━\x1b[0m \x1b[35m  0%\x1b[0m\n"
    "outro \x1b[90m━━━━━━\x1b[0m \x1b[35m  0%\x1b[0m"
    "\r\x1b[2K\x1b[1A\x1b[2Klendo \x1b[91m━━━━━╸\x1b[0m \x1b[35m 50%\x1b[0m\n"
    "outro \x1b[90m━━━━━━\x1b[0m \x1b[35m  0%\x1b[0m\n\x1b[?25h"
)


@pytest.mark.parametrize(
    ("written", "left"),
    [
        pytest.param(
            KERAS_3,
            "3/3 ━━━━━━━━━━━━━━━━━━━━ 0s 33us/step - accuracy: 0.6500 - loss: 0.2500\n",
            id="keras 3",
        ),
        pytest.param(
            KERAS_3_UNKNOWN,
            "Epoch 1/2\n      2/Unknown 0s 8us/step - loss: 0.7500\n"
            "Epoch 2/2\n2/2 ━━━━━━━━━━━━━━━━━━━━ 0s 7us/step - loss: 0.2500\n",
            id="keras 3 without a target",
        ),
        pytest.param(
            KERAS_2,
            "Epoch 1/2\n3/3 [==============================] - 0s 55us/step - loss: 0.6111\n",
            id="keras 2",
        ),
        pytest.param(
            TQDM, "treino: 100%|##############| 3/3 [00:00<00:00, 22836.50it/s]\n", id="tqdm"
        ),
        pytest.param(
            TQDM_NESTED, "fora: 100%|#| 2/2 [00:00<00:00, 5223.29i\n", id="tqdm in another"
        ),
        pytest.param(RICH, "lendo ━━━━━╸  50%\noutro ━━━━━━   0%\n", id="rich"),
    ],
)
def test_of_a_progress_bar_the_last_state_is_left(written: str, left: str) -> None:
    assert as_terminal_leaves_it(written) == left


@pytest.mark.parametrize("move", ["A", "B", "C", "D", "G", "K", "J"])
def test_huge_parameters_do_not_eat_memory(move: str) -> None:
    written = f"a\x1b[999999999999{move}b" * 200
    tracemalloc.start()
    try:
        as_terminal_leaves_it(written)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000


def test_a_parameter_longer_than_any_number_is_taken_for_a_large_one() -> None:
    assert as_terminal_leaves_it(f"abc\x1b[{'9' * 10_000}DX") == "Xbc"


def test_a_row_may_be_wider_than_the_cursor_is_ever_moved() -> None:
    wide = "x" * 20_000
    assert as_terminal_leaves_it(f"{wide}\x1b[Cy") == f"{wide}y"
    assert as_terminal_leaves_it(f"{wide}\ry") == f"y{wide[1:]}"


def test_there_may_be_more_rows_than_the_cursor_is_ever_moved() -> None:
    tall = "\n" * 20_000
    assert as_terminal_leaves_it(f"{tall}\x1b[B\rx") == f"{tall}x"


CONTROL = "".join(map(chr, [*range(0x20), 0x7F]))
PIECES = st.one_of(
    st.text(),
    st.text(alphabet=CONTROL),
    st.builds(
        lambda parameters, final: f"\x1b[{parameters}{final}",
        st.from_regex(r"[0-9;?]{0,3}", fullmatch=True),
        st.sampled_from("ABCDGJKHm"),
    ),
)
ANYTHING = st.lists(PIECES).map("".join)


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t")))
def test_text_without_control_characters_is_unchanged(text: str) -> None:
    assert as_terminal_leaves_it(text) == text


@given(ANYTHING)
def test_what_is_left_is_left_again_and_holds_no_control_characters(text: str) -> None:
    left = as_terminal_leaves_it(text)
    assert as_terminal_leaves_it(left) == left
    assert not set(left) & (set(CONTROL) - set("\n\t"))


@given(ANYTHING, st.text(alphabet="abc", min_size=1))
def test_a_row_written_last_is_left_whole(before: str, row: str) -> None:
    left = as_terminal_leaves_it(f"{before}\x1b\\\x07\n\r\x1b[2K{row}")
    assert row in left.split("\n")
