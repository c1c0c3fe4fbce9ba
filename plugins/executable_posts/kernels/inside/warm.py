"""What each cell of a post bound to names, kept so that any cell can be run again as it was.

The builder executes, silently, `before` and then `after` each cell of a warm kernel.
"""

from collections.abc import Iterable, Iterator, MutableMapping
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

_GONE: Any = object()
"""Bound by a cell to nothing: it deleted the name."""

_TEXTS_AND_NUMBERS = (bool, int, float, complex, str, bytes, type(None))


class Bindings:
    """The names of a post, and by which run of which cell each was bound to what."""

    def __init__(self, names: MutableMapping[str, Any], ours: Iterable[str] = ()) -> None:
        """`names` is the namespace in which cells run; those that are `ours` are left alone."""
        self._names = names
        self._ours = frozenset(ours)
        self._bound: dict[int, dict[str, Any]] = {}
        self._at_start: dict[str, Any] = dict(self._own())

    def restore(self, runs: Iterable[int]) -> None:
        """Let names be bound as they would be if only these runs had been, in this order.

        What is known of other runs is kept.
        """
        wanted: dict[str, Any] = {}
        for run in runs:
            wanted.update(self._bound[run])
        wanted = {name: value for name, value in wanted.items() if value is not _GONE}
        for name in [name for name, _ in self._own() if name not in wanted]:
            del self._names[name]
        self._names.update(wanted)
        self._at_start = wanted

    def keep(self, run: int, perhaps: Iterable[str]) -> None:
        """What was bound since `restore` is what `run` bound.

        So are the names that it bound `perhaps`, which may be bound to what they were before.
        """
        now = dict(self._own())
        before = self._at_start
        bound = {
            name: value for name, value in now.items() if before.get(name, _GONE) is not value
        }
        gone = {name: _GONE for name in before.keys() - now.keys()}
        known = {name: now.get(name, _GONE) for name in perhaps if name not in self._ours}
        self._bound[run] = known | bound | gone

    def same(self, run: int, other: int) -> list[str]:
        """The names that two runs bound to the same."""
        one, two = self._bound[run], self._bound[other]
        return sorted(name for name in one if name in two and _same(one[name], two[name]))

    def forget(self, runs: Iterable[int]) -> None:
        """Forget what these runs bound."""
        for run in runs:
            self._bound.pop(run, None)

    def _own(self) -> Iterator[tuple[str, Any]]:
        return (item for item in list(self._names.items()) if item[0] not in self._ours)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, ModuleType | BuiltinFunctionType | type) or one is _GONE:
        return one is other
    if isinstance(one, FunctionType) and one is other:
        # What is imported is the same each time; what is defined is not.
        return one.__module__ != "__main__"
    if type(one) is not type(other):
        return False
    if isinstance(one, _TEXTS_AND_NUMBERS):
        return repr(one) == repr(other)
    if type(one) is tuple and len(one) == len(other):
        return all(map(_same, one, other))
    return False
