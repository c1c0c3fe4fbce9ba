"""A warm kernel: what each cell of a post bound to names is kept, so that any can run as in a run.

The builder executes, silently, what `prepare` gives before each cell and what `conclude` gives
after it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from . import snapshots

MIME = "application/vnd.executable-posts.bound+json"

_GONE: Any = object()
"""Bound by a cell to nothing: it deleted the name."""

_TEXTS_AND_NUMBERS = (bool, int, float, complex, str, bytes, type(None))
# What IPython keeps of cells that ran.
_HISTORY = re.compile(r"_+|_i+|_i?\d+")


def begin() -> str:
    """Code to be run before anything else in a kernel that is no fork of another one."""
    return f"{_here('_begin')}()"


def take(address: str) -> str:
    """Code that has a snapshot taken, if that is possible, which listens at `address`."""
    return f"__import__('sys').modules[{snapshots.__name__!r}].take({address!r})"


def prepare(number: int, behind: Sequence[int]) -> str:
    """Code after which the next cell is the `number`-th, and finds what the runs `behind` bound."""
    return f"{_here('_prepare')}({number!r}, {[*behind]!r})"


def conclude(run: int, names: Sequence[str], instead: int | None) -> str:
    """Code that keeps what the last cell bound, and perhaps to `names`, as that of the run `run`.

    It publishes, as `MIME`, the names bound to the same as in the run `instead`.
    """
    return f"{_here('_conclude')}({run!r}, {[*names]!r}, {instead!r})"


def settle(runs: Sequence[int]) -> str:
    """Code that binds the names as these runs did, and forgets all others."""
    return f"{_here('_settle')}({[*runs]!r})"


def _here(function: str) -> str:
    return f"__import__('sys').modules[{__name__!r}].{function}"


class Bindings:
    """The names of a post, and by which run of which cell each was bound to what."""

    def __init__(
        self, names: MutableMapping[str, Any], is_ours: Callable[[str], object] = lambda _: False
    ) -> None:
        """`names` is the namespace in which cells run; those that are ours are left alone."""
        self._names = names
        self._is_ours = is_ours
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
        bound = {name: value for name, value in now.items() if before.get(name, _GONE) is not value}
        gone = dict.fromkeys(before.keys() - now.keys(), _GONE)
        known = {name: now.get(name, _GONE) for name in perhaps if not self._is_ours(name)}
        self._bound[run] = known | bound | gone

    def same(self, run: int, other: int) -> list[str]:
        """The names that two runs bound to the same."""
        one, two = self._bound[run], self._bound.get(other, {})
        return sorted(name for name in one if name in two and _same(one[name], two[name]))

    def keep_only(self, runs: Iterable[int]) -> None:
        """Forget what other runs bound."""
        self._bound = {run: self._bound[run] for run in runs}

    def _own(self) -> Iterator[tuple[str, Any]]:
        return (item for item in list(self._names.items()) if not self._is_ours(item[0]))


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


_now: list[Bindings] = []


def _bindings() -> Bindings:
    if not _now:
        at_first = frozenset(_shell().user_ns)
        is_own = at_first.__contains__
        _now.append(
            Bindings(_shell().user_ns, lambda name: is_own(name) or _HISTORY.fullmatch(name))
        )
    return _now[0]


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()


def _begin() -> None:
    snapshots.settle()
    _bindings()


def _prepare(number: int, behind: Sequence[int]) -> None:
    _bindings().restore(behind)
    _shell().execution_count = number


def _conclude(run: int, names: Sequence[str], instead: int | None) -> None:
    bindings = _bindings()
    bindings.keep(run, names)
    same = [] if instead is None else bindings.same(run, instead)
    _shell().display_pub.publish({MIME: same})


def _settle(runs: Sequence[int]) -> None:
    _bindings().restore(runs)
    _bindings().keep_only(runs)
