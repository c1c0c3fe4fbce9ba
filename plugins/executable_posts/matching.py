"""Which cell of the last run is which cell of the post now.

Cells are matched by their code, as git matches renamed files: first those that are the same, then
those that are alike. So a cell keeps its number, and its figures their names, when others are
inserted, removed or moved around it.
"""

import re
from collections import defaultdict, deque
from collections.abc import Sequence
from difflib import SequenceMatcher

# git calls a file renamed from half its lines on (`git diff -M50%`).
_ALIKE = 0.5

# Compared are words: by characters, fifty edited cells took eleven seconds.
_WORD = re.compile(r"\w+")


def match(old: Sequence[str], new: Sequence[str]) -> list[int | None]:
    """For each code in `new` the index of its counterpart in `old`, or `None` for a new cell.

    No index is given twice.
    """
    result: list[int | None] = [None] * len(new)
    same: dict[str, deque[int]] = defaultdict(deque)
    for index, code in enumerate(old):
        same[code].append(index)
    for index, code in enumerate(new):
        if same[code]:
            result[index] = same[code].popleft()

    taken = {index for index in result if index is not None}
    old_words, new_words = ([_WORD.findall(code) for code in codes] for codes in (old, new))
    pairs = [
        (_likeness(old_words[theirs], words), -abs(theirs - ours), theirs, ours)
        for ours, words in enumerate(new_words)
        if result[ours] is None
        for theirs in range(len(old))
        if theirs not in taken
    ]
    for likeness, _, theirs, ours in sorted(pairs, reverse=True):
        if likeness >= _ALIKE and theirs not in taken and result[ours] is None:
            result[ours] = theirs
            taken.add(theirs)
    return result


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()
