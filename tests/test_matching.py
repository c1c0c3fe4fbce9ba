"""Which cell is which after an edit: figures keep their names because of it."""

from collections import Counter
from string import ascii_lowercase

import pytest
from executable_posts.matching import match
from hypothesis import given, settings
from hypothesis import strategies as st

# Few letters, so that there are codes that are the same and codes that are alike.
CODES = st.lists(st.text("ab \n", max_size=6), max_size=8)

WORDS = st.text(ascii_lowercase, min_size=4, max_size=9)


@st.composite
def distinct_cells(draw: st.DrawFn) -> list[list[str]]:
    """Cells, each a list of its words; no word is in two of them."""
    words = draw(st.lists(WORDS, min_size=4, max_size=40, unique=True))
    return [words[at : at + 4] for at in range(0, len(words) - 3, 4)]


def code(words: list[str]) -> str:
    return "{} = {}({})\n{}.plot()".format(*words)


@given(CODES, CODES)
@settings(deadline=None)
def test_no_cell_is_given_twice_and_what_is_the_same_comes_first(
    old: list[str], new: list[str]
) -> None:
    found = match(old, new)
    assert len(found) == len(new)
    given_indices = [index for index in found if index is not None]
    assert len(set(given_indices)) == len(given_indices)
    assert set(given_indices) <= set(range(len(old)))
    same = Counter(
        ours
        for ours, index in zip(new, found, strict=True)
        if index is not None and old[index] == ours
    )
    assert same == Counter(old) & Counter(new)


@given(CODES)
def test_what_is_unchanged_is_itself(codes: list[str]) -> None:
    assert match(codes, codes) == list(range(len(codes)))


@given(st.lists(st.text(max_size=30), unique=True, max_size=10), st.data())
@settings(deadline=None)
def test_inserted_removed_and_moved_cells_leave_the_others_themselves(
    codes: list[str], data: st.DataObject
) -> None:
    kept = data.draw(st.integers(0, len(codes)))
    old, inserted = codes[:kept], codes[kept:]
    survivors = [text for text in old if data.draw(st.booleans())]
    new = data.draw(st.permutations([*survivors, *inserted]))
    found = match(old, new)
    for text in survivors:
        assert found[new.index(text)] == old.index(text)


@given(distinct_cells(), st.data())
@settings(deadline=None)
def test_a_cell_with_a_word_changed_is_still_itself_wherever_it_stands(
    cells: list[list[str]], data: st.DataObject
) -> None:
    old = [code(words) for words in cells]
    edited = []
    for words in cells:
        at = data.draw(st.integers(0, 4))
        # The word behind the last is none: some cells are not edited.
        edited.append(code([*words[:at], *(["outro"] if at < 4 else []), *words[at + 1 :]]))
    order = data.draw(st.permutations(range(len(cells))))
    assert match(old, [edited[index] for index in order]) == list(order)


@given(distinct_cells())
@settings(deadline=None)
def test_cells_that_share_no_word_are_never_taken_for_each_other(cells: list[list[str]]) -> None:
    half = len(cells) // 2
    texts = ["{} = {}({})\n{}".format(*words) for words in cells]
    assert match(texts[:half], texts[half:]) == [None] * (len(cells) - half)


PLOT = "plt.plot(x)\nplt.show()"

EDITS: dict[str, tuple[list[str], list[str], list[int | None]]] = {
    "nothing": ([], [], []),
    "a first run": ([], ["x"], [None]),
    "all removed": (["x"], [], []),
    "inserted before": (["a = 1"], ["novo()", "a = 1"], [None, 0]),
    "inserted between the same": (["x", "x"], ["x", "y", "x"], [0, None, 1]),
    "a copy is new": (["a = 1"], ["a = 1", "a = 1"], [0, None]),
    "a number changed": (["print(1)"], ["print(2)"], [0]),
    "an argument more": ([PLOT], ["plt.plot(x, y)\nplt.show()"], [0]),
    "a line more": ([PLOT], [f"plt.figure()\n{PLOT}"], [0]),
    "written anew": ([PLOT], ["modelo.fit(entrada, alvo)"], [None]),
    "moved and changed": (
        ["a = carrega('um.csv')", PLOT],
        ["plt.plot(y)\nplt.show()", "a = carrega('dois.csv')"],
        [1, 0],
    ),
    "the more alike is the same": (
        ["f(a, b, c, d)"],
        ["f(a, b, x, y)", "f(a, b, c, x)"],
        [None, 0],
    ),
    "of equals, the nearer": (["f(a, b)", "f(c, b)"], ["f(x, b)", "f(y, b)"], [0, 1]),
}


@pytest.mark.parametrize(("old", "new", "expected"), EDITS.values(), ids=EDITS.keys())
def test_what_edits_make_of_cells(
    old: list[str], new: list[str], expected: list[int | None]
) -> None:
    assert match(old, new) == expected
