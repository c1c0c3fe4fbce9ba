"""Which cells an edit makes run again, in a kernel in which the post, as it was, has run.

Pure. What a cell bound to names can be put back exactly: the kernel keeps, for each cell, what it
bound. What it changed otherwise, the content of an object or the state of a random generator,
cannot. So an edit's cells are known, and whether running only them gives what a run would give.
"""

from collections.abc import Collection, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace

from ..matching import match
from .effects import effects_of
from .items import ALL, FILES, NOTHING, Code, Effects, touch


@dataclass(frozen=True)
class Ran:
    """A cell as it was, in the order of the post.

    `key` is all that decides what it does; cells with the same key are the same. `code` is judged.
    `run` is the number of the run that made what it bound, `None` if it has not run, to its end, in
    the kernel that there is. `good` says that what it gave is what it would give again; `exact`,
    that it found what it would find in a run.
    """

    key: str
    code: Code
    run: int | None = None
    good: bool = True
    exact: bool = True


@dataclass(frozen=True)
class Logged:
    """A run of a cell in the kernel, whether it came to its end or not."""

    run: int
    code: Code


_MOST_LOGGED = 60
_MANY = Code("%many")
"""Stands for many runs of long ago, of which nothing is known any more."""


_FILES_WRITTEN = Logged(-1, Code("open('')"))


def rewound(
    cells: Sequence[Ran], log: Sequence[Logged], then: Sequence[Ran], logged_then: Sequence[Logged]
) -> tuple[list[Ran], list[Logged]]:
    """The `cells` and the `log` if the kernel is what it was when only the first of the cells had
    run, which were `then` and `logged_then`. What was written to files stays written."""
    effects = effects_of([one.code for one in log])
    seen = {one.run for one in logged_then}
    files = any(
        touch(effect.writes, {FILES})
        for one, effect in zip(log, effects, strict=True)
        if one.run not in seen
    )
    first = [
        replace(now, run=before.run, exact=before.exact)
        for now, before in zip(cells, then, strict=False)
    ]
    rest = [
        replace(cell, run=None, good=cell.good and cell.exact, exact=True)
        for cell in cells[len(first) :]
    ]
    return [*first, *rest], [*logged_then, *([_FILES_WRITTEN] if files else [])]


@dataclass(frozen=True)
class Step:
    """A place in the post, as it was and as it is: the cell that was there, the one that is.

    Both indices are given for a cell that stayed, changed (`same` is false) or not.
    """

    old: int | None
    new: int | None
    same: bool = False


def steps(old: Sequence[str], new: Sequence[str]) -> list[Step]:
    """The cells with the keys `old` and `new`, in one order: those that moved went and came."""
    matched = match(old, new)
    stayed = _longest_rising(matched)
    result: list[Step] = []
    next_old = 0
    for ours, theirs in enumerate(matched):
        if theirs is None or ours not in stayed:
            result.append(Step(None, ours))
            continue
        result += [Step(gone, None) for gone in range(next_old, theirs)]
        result.append(Step(theirs, ours, same=old[theirs] == new[ours]))
        next_old = theirs + 1
    return result + [Step(gone, None) for gone in range(next_old, len(old))]


def _longest_rising(values: Sequence[int | None]) -> set[int]:
    """The positions of a longest rising subsequence of `values`."""
    best: dict[int, list[int]] = {}
    for position, value in enumerate(values):
        if value is not None:
            lower = [best[before] for before in best if (values[before] or 0) < value]
            best[position] = [*_longest(lower), position]
    return set(_longest(best.values()))


def _longest(some: Iterable[list[int]]) -> list[int]:
    return max(some, key=lambda one: len(one), default=[])  # noqa: PLW0108  mypy


@dataclass(frozen=True)
class Needed:
    """The next cell to run, by its index `new`.

    `run` is the number of that run, `behind` are the runs whose names it is to find, `instead` is
    the run of the cell that it was before its edit; `names` are those that it may bind. `exact`
    says whether what it finds is, beside the names, what it would find in a run; `fresh`, whether
    in this kernel nothing ran but the cells before it, in their order.
    """

    new: int
    run: int
    behind: tuple[int, ...]
    instead: int | None
    names: tuple[str, ...]
    exact: bool
    fresh: bool


class Pass:
    """One edit's way through the post: ask for `next_cell`, run it, say what it `bound`."""

    def __init__(
        self, old: Sequence[Ran], log: Sequence[Logged], keys: Sequence[str], codes: Sequence[Code]
    ) -> None:
        """From the cells `old` to those with `keys` and `codes`, one of each for each cell.

        `log` has what ran in the kernel, one after the other, as `logged` gives it.
        """
        self._old = old
        self._keys, self._codes = keys, codes
        effects = effects_of([*(cell.code for cell in old), *codes, *(one.code for one in log)])
        self._before, self._now = effects[: len(old)], effects[len(old) :]
        self._steps = steps([cell.key for cell in old], keys)
        self._log = [
            (one, effect) for one, effect in zip(log, self._now[len(codes) :], strict=True)
        ]
        self._next_run = max((one.run for one in log), default=-1) + 1
        self._needs = self._needed()
        self._place = 0
        self._tainted: set[str] = set()
        self._inexact: set[str] = set()
        self._runs: dict[int, int] = {}
        self._exact: dict[int, bool] = {}

    @property
    def kept(self) -> dict[int, int]:
        """The index that each cell had which is the same as before."""
        return {
            step.new: step.old
            for step in self._steps
            if step.same and step.new is not None and step.old is not None
        }

    def whole(self) -> list[Needed]:
        """The cells that may have to run, all in all; those that are found to have bound what they
        bound before may spare others."""
        ahead = copy(self)
        ahead._log, ahead._runs, ahead._exact = [*self._log], {**self._runs}, {**self._exact}
        ahead._tainted, ahead._inexact = {*self._tainted}, {*self._inexact}
        return [*iter(ahead.next_cell, None)]

    def next_cell(self) -> Needed | None:
        """The next cell that has to run; `None` if there is none any more."""
        while self._place < len(self._steps):
            step = self._steps[self._place]
            self._place += 1
            if step.new is None:
                self._tainted |= self._before_of(step).writes
            elif self._has_to_run(step, step.new):
                return self._begin(step, step.new)
            else:
                effects = self._now[step.new]
                self._tainted -= effects.sets
                if step.old is not None and not self._old[step.old].exact:
                    self._inexact |= effects.writes
                else:
                    self._inexact -= effects.sets
        return None

    def bound(self, same: Collection[str]) -> None:
        """The cell that was given last ran, and bound the names `same` to what they were bound to
        before by the cell that it was."""
        self._tainted -= {f"name:{name}" for name in same}

    def before(self) -> tuple[list[Ran], list[Logged]]:
        """The cells before the one that was given last, and what ran in the kernel before it."""
        cells = self.ran()[: max(self._runs)]
        return cells, [one for one, _ in self._log[:-1]]

    def ran(self, *, stopped_at: int | None = None) -> list[Ran]:
        """The cells as they are now; the one at `stopped_at` did not come to its end, nor did those
        begin that were to run after it."""
        undone = {needed.new for needed in self.whole()} | {stopped_at}
        result = []
        for step in self._steps:
            if step.new is None:
                continue
            key, code = self._keys[step.new], self._codes[step.new]
            if step.new in undone:
                exact = self._exact.get(step.new, True)
                result.append(Ran(key, code, run=None, good=False, exact=exact))
            elif step.new in self._runs:
                result.append(Ran(key, code, self._runs[step.new], exact=self._exact[step.new]))
            elif step.old is not None:
                result.append(replace(self._old[step.old], code=code))
        return result

    def logged(self, cells: Sequence[Ran]) -> list[Logged]:
        """What ran in the kernel, as far as it is needed, if `cells` are all that is left of it."""
        wanted = {cell.run for cell in cells}
        last = {one.code: one.run for one, _ in self._log if one.run not in wanted}
        kept: dict[int, Effects] = {}
        # What bound a name that another one needs decides what that one did.
        for one, effects in reversed(self._log):
            needed = any(touch(effects.writes, other.reads) for other in kept.values())
            if one.run in wanted or (last[one.code] == one.run and (effects.changes or needed)):
                kept[one.run] = effects if one.run not in wanted else NOTHING
        left = [one for one, _ in self._log if one.run in kept]
        others = [one for one in left if one.run not in wanted]
        if len(others) <= _MOST_LOGGED:
            return left
        gone = others[: -_MOST_LOGGED // 2]
        return [Logged(gone[0].run, _MANY), *(one for one in left if one not in gone)]

    def _before_of(self, step: Step) -> Effects:
        return NOTHING if step.old is None else self._before[step.old]

    def _has_to_run(self, step: Step, new: int) -> bool:
        if not step.same or step.old is None or not self._old[step.old].good:
            return True
        return new in self._needs or touch(self._now[new].reads, self._tainted)

    def _begin(self, step: Step, new: int) -> Needed:
        effects = self._now[new]
        exact = not touch(effects.reads, self._inexact) and self._finds_what_it_should(new)
        self._tainted -= effects.sets
        if new not in self._needs or not self._is_good(step):
            self._tainted |= effects.writes | self._before_of(step).writes
        if exact:
            self._inexact -= effects.sets
        else:
            self._inexact |= effects.writes
        run = self._runs[new] = self._next_run
        self._next_run += 1
        self._exact[new] = exact
        behind = [run for run, _ in self._runs_before()]
        fresh = exact and [one.run for one, _ in self._log] == behind
        self._log.append((Logged(run, self._codes[new]), effects))
        instead = None if step.old is None else self._old[step.old].run
        return Needed(new, run, tuple(behind), instead, tuple(effects.names), exact, fresh)

    def _is_good(self, step: Step) -> bool:
        return step.same and step.old is not None and self._old[step.old].good

    def _finds_what_it_should(self, new: int) -> bool:
        """Whether all that the cell reads was changed by the cells before it, each of them once and
        in their order, and by none else."""
        before = self._runs_before()
        log = [(one.run, effects) for one, effects in self._log]
        items = self._now[new].reads
        if ALL in items:
            items = frozenset({item for _, effects in self._log for item in effects.changes})
        return all(
            _changed_by(log, item) == _changed_by(before, item)
            for item in items
            if not item.startswith("name:")
        )

    def _runs_before(self) -> list[tuple[int, Effects]]:
        """The runs of the cells before the one that is to run."""
        return [
            (run, self._now[step.new])
            for step in self._steps[: self._place - 1]
            if step.new is not None and (run := self._run_of(step, step.new)) is not None
        ]

    def _run_of(self, step: Step, new: int) -> int | None:
        if new in self._runs:
            return self._runs[new]
        return self._old[step.old].run if step.same and step.old is not None else None

    def _needed(self) -> frozenset[int]:
        """The cells that gave what they would give, but not in this kernel, and whose doing is
        needed here by those that have to run."""
        needed: set[int] = set()
        while True:
            running = self._may_run(needed)
            wanted: set[str] = set()
            found = set()
            for step in reversed(self._steps):
                if step.new is None:
                    continue
                effects = self._now[step.new]
                here = step.same and step.old is not None and self._old[step.old].run is not None
                if step.new not in running and not here and touch(effects.writes, wanted):
                    found.add(step.new)
                if step.new in running or step.new in found:
                    wanted |= effects.reads
            if found <= needed:
                return frozenset(needed)
            needed |= found

    def _may_run(self, needed: Collection[int]) -> set[int]:
        """The cells that run if those that are `needed` do, whatever they turn out to bind."""
        tainted: set[str] = set()
        running = set()
        for step in self._steps:
            tainted |= NOTHING.writes if self._is_good(step) else self._before_of(step).writes
            if step.new is None:
                continue
            effects = self._now[step.new]
            reached = not self._is_good(step) or touch(effects.reads, tainted)
            if reached or step.new in needed:
                running.add(step.new)
            if reached:
                tainted |= effects.writes | self._before_of(step).writes
            else:
                tainted -= effects.sets
        return running


def _changed_by(log: Sequence[tuple[int, Effects]], item: str) -> list[int]:
    """The runs in `log` that made `item` what it is."""
    found: list[int] = []
    for run, effects in log:
        if item in effects.sets:
            found = [run]
        elif touch(effects.changes, {item}):
            found.append(run)
    return found
