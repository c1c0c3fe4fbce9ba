"""What a cell depends on and what it may change: sets of *items*.

An item is ``name:x``, what the name x is bound to; ``object:x``, the content of the
object that x stands for, and of those it may share; ``state:…``, what the whole process has in
common, such as generators of random numbers, styles, files; and `ALL`, all of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

ALL = "all"
STYLE, SETTINGS, FILES = "state:style", "state:settings", "state:files"
CHANGES_ARGUMENTS = "state:arguments"
"""Written by a function that may change what it is given."""


@dataclass(frozen=True)
class Effects:
    """`reads` are the items on which a cell depends, `writes` those it may change, `sets` those
    of them that are afterwards what it says, whatever they were before."""

    reads: frozenset[str]
    writes: frozenset[str]
    sets: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """The names that it may bind."""
        return sorted(item.removeprefix("name:") for item in self.writes if item[:5] == "name:")

    @property
    def changes(self) -> frozenset[str]:
        """What it may change and that is no binding: what cannot be put back."""
        return frozenset(item for item in self.writes if not item.startswith("name:"))


def touch(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether two sets of items have one in common."""
    first, second = frozenset(some), frozenset(others)
    if ALL in first or ALL in second:
        return bool(first and second)
    return not first.isdisjoint(second)


def random_state(generator: str) -> str:
    """The state of a generator of random numbers, as an item."""
    return f"state:random.{generator}"


NOTHING = Effects(frozenset(), frozenset())
UNKNOWN = Effects(frozenset({ALL}), frozenset({ALL}))
"""Of code of which nothing is known."""


@dataclass(frozen=True)
class Code:
    """The code of a cell; where it may raise, any part of it may not have been run."""

    text: str
    may_raise: bool = False
