"""Which cells run again after an edit: running only those gives what a clean run gives."""

import io
import random
import re
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace

import pytest
from executable_posts.kernels.inside.warm import Bindings
from executable_posts.preview.dependencies import Logged, Pass, Ran
from executable_posts.preview.items import Code
from hypothesis import event, given, settings
from hypothesis import strategies as st


def printed(code: str, names: dict[str, object]) -> str:
    """What `code`, run with `names`, printed, and what it raised."""
    out = io.StringIO()
    with redirect_stdout(out):
        try:
            exec(code, names)  # noqa: S102  what is tested is what runs
        except Exception as error:
            out.write(f"{type(error).__name__}: {error}\n")
    return out.getvalue()


# A kernel that nobody seeded is not as another one; here it is.
random.seed(12345)
_AT_FIRST = random.getstate()


def clean_run(codes: list[str]) -> list[str]:
    """What each cell gives in a run; that which raises is the last."""
    random.setstate(_AT_FIRST)
    names: dict[str, object] = {"__name__": "__main__"}
    given = []
    for code in codes:
        given.append(printed(code, names))
        if "Error: " in given[-1]:
            break
    return given


@dataclass
class Warm:
    """A kernel without a kernel: its names, what ran in it, and what the page shows."""

    names: dict[str, object] = field(default_factory=lambda: {"__name__": "__main__"})
    cells: list[Ran] = field(default_factory=list)
    log: list[Logged] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = _AT_FIRST
        self.bindings = Bindings(self.names, {"__name__", "__builtins__"}.__contains__)

    def edit(self, codes: list[str]) -> tuple[list[str], list[int], bool]:
        """What is shown after the edit, which cells ran, and whether that is what a run gives."""
        now = [Code(code) for code in codes]
        way = Pass(self.cells, self.log, codes, now)
        foreseen = [needed.new for needed in way.whole()]
        ran: list[int] = []
        shown = dict(self.shown)
        stopped = None
        while (needed := way.next_cell()) is not None:
            self.bindings.restore(needed.behind)
            random.setstate(self.random)
            shown[codes[needed.new]] = printed(codes[needed.new], self.names)
            self.random = random.getstate()
            ran.append(needed.new)
            if "Error: " in shown[codes[needed.new]]:
                stopped = needed.new
                break
            self.bindings.keep(needed.run, needed.names)
            if needed.instead is not None:
                way.bound(self.bindings.same(needed.run, needed.instead))
        assert set(ran) <= set(foreseen)
        self.cells = way.ran(stopped_at=stopped)
        self.log = way.logged(self.cells)
        self.bindings.keep_only([cell.run for cell in self.cells if cell.run is not None])
        self.shown = shown
        last = len(codes) if stopped is None else stopped + 1
        exact = all(cell.exact for cell in self.cells[:last])
        return [shown[code] for code in codes[:last]], ran, exact


def after(old: list[str], new: list[str]) -> list[int]:
    """The cells that run when `old`, which has run, becomes `new`."""
    warm = Warm()
    assert warm.edit(old)[0] == clean_run(old)
    shown, ran, exact = warm.edit(new)
    if exact:
        assert shown == clean_run(new)
    return ran


def exactly(old: list[str], new: list[str]) -> bool:
    warm = Warm()
    warm.edit(old)
    shown, _, exact = warm.edit(new)
    if exact:
        assert shown == clean_run(new)
    return exact


POST = [
    "import math\nbase = 3",
    "rows = [base, base + 1]",
    "total = sum(rows)\nprint(total)",
    "other = 7\nprint(other)",
    "print(total * other)",
]


def changed(post: list[str], index: int, code: str) -> list[str]:
    return [*post[:index], code, *post[index + 1 :]]


def test_only_what_depends_on_the_changed_cell_runs() -> None:
    assert after(POST, changed(POST, 2, "total = sum(rows) + 1\nprint(total)")) == [2, 4]
    assert after(POST, changed(POST, 3, "other = 8\nprint(other)")) == [3, 4]
    assert after(POST, changed(POST, 4, "print(total - other)")) == [4]
    assert after(POST, changed(POST, 1, "rows = [base]")) == [1, 2, 4]


def test_what_binds_the_same_as_before_makes_nothing_run() -> None:
    assert after(POST, changed(POST, 0, "import math, json\nbase = 3")) == [0]
    assert after(POST, changed(POST, 3, "other = 14 // 2\nprint('!', other)")) == [3]


@pytest.mark.parametrize(
    ("old", "new", "ran"),
    [
        (["x = 1", "def f():\n    return x", "print(f())"], ["x = 2", None, None], [0, 2]),
        (["x = 1", "print([x for _ in 'ab'])"], ["x = 2", None], [0, 1]),
        (["x = 1", "x += 1", "print(x)"], ["x = 5", None, None], [0, 1, 2]),
        (["x = []", "y = x", "y.append(1)", "print(x)"], [None, None, "y.append(2)", None], [2, 3]),
        (["x = 1", "del x", "x = 3", "print(x)"], ["x = 2", None, None, None], [0, 1]),
        (["k = 1", "class A:\n    b = k", "print(A.b)"], ["k = 2", None, None], [0, 1, 2]),
        (["x = 1", "exec('y = x')", "print(y)"], ["x = 2", None, None], [0, 1, 2]),
        (
            ["import random", "random.seed(1)", "print(random.random())", "print(2)"],
            [None, "random.seed(2)", None, None],
            [1, 2],
        ),
        (
            ["d = {}", "def put(v):\n    d['k'] = v", "put(1)", "print(d)", "print(0)"],
            [None, None, "put(2)", None, None],
            [2, 3],
        ),
    ],
)
def test_dependents(old: list[str], new: list[str | None], ran: list[int]) -> None:
    edited = [then if now is None else now for then, now in zip(old, new, strict=True)]
    assert [index for index in after(old, edited) if index in ran] == ran
    # Of what does not depend on it, none.
    assert set(after(old, edited)) <= {*ran, *range(min(ran), len(old) - 1)}


def test_what_is_gone_came_or_moved_is_as_if_it_had_always_been_so() -> None:
    removed = ["x = 1", "x = 2", "print(x)"]
    assert after(removed, ["x = 1", "print(x)"]) == [1]
    assert after(["x = 1", "print(x)"], ["x = 1", "x = 2", "print(x)"]) == [1, 2]
    assert after(["print(1)", "x = 1", "print(x)"], ["x = 1", "print(x)", "print(1)"]) in (
        [2],
        [0, 1],
    )


def test_what_a_cell_changed_already_is_known_not_to_be_as_in_a_run() -> None:
    lists = ["x = []", "x.append(1)\nprint(x)"]
    assert not exactly(lists, ["x = []", "x.append(2)\nprint(x)"])
    assert exactly(lists, ["x = [0]", "x.append(1)\nprint(x)"])
    draws = ["import random\nrandom.seed(3)", "print(random.random())"]
    assert not exactly(draws, [draws[0], "print(random.random(), 1)"])
    assert exactly(draws, ["import random\nrandom.seed(4)", draws[1]])
    assert exactly(["x = 1", "x += 1\nprint(x)"], ["x = 1", "x += 2\nprint(x)"])


NAMES = st.sampled_from("abc")
NUMBERS = st.integers(0, 3).map(str)


@st.composite
def statement(draw: st.DrawFn) -> str:
    kind = draw(st.integers(0, 26))
    one, two, number = draw(NAMES), draw(NAMES), draw(NUMBERS)
    forms = [
        f"{one} = {number}",
        f"{one} = {two}",
        f"{one} = [{number}]",
        f"{one} = [{two}]",
        f"print({one})",
        f"print({one}, {two})",
        f"{one} += {number}",
        f"{one} += [{two}]",
        f"{one}.append({two})",
        f"{one}[0] = {number}",
        f"del {one}",
        f"def f():\n    return {one}",
        f"def f():\n    global {one}\n    {one} = {number}",
        f"def f(x={one}):\n    x.append({number})\n    return x",
        "print(f())",
        f"{one} = f()",
        f"f({one})",
        f"for {one} in [1, {number}]:\n    print({one})",
        f"if {one}:\n    {two} = {number}",
        f"{one} = (x for x in [1, 2, {number}])",
        f"print(sum({one}), list({two}))",
        f"class K:\n    v = {one}\n    def get(self):\n        return {two}",
        f"{one} = K()",
        f"print({one}.get(), K.v)",
        f"{one}.v = {number}",
        f"import random\nrandom.seed({number})",
        f"import random\n{one} = random.randint(0, 9)",
    ]
    return forms[kind]


CELL = st.lists(statement(), min_size=1, max_size=3).map("\n".join)
# Most names are there, so that most programs go on for a while.
PROGRAM = st.lists(CELL, min_size=1, max_size=6).map(
    lambda cells: ["a = 1\nb = [2]\nc = [b]\ndef f(x=3):\n    return x", *cells]
)


@st.composite
def edits(draw: st.DrawFn) -> list[list[str]]:
    """A program and what becomes of it, edit by edit."""
    versions = [draw(PROGRAM)]
    for _ in range(draw(st.integers(1, 4))):
        now = list(versions[-1])
        at = draw(st.integers(0, len(now) - 1))
        match draw(st.sampled_from(["change", "change", "remove", "insert", "move"])):
            case "change":
                now[at] = draw(CELL)
            case "remove" if len(now) > 1:
                del now[at]
            case "move":
                now.insert(draw(st.integers(0, len(now) - 1)), now.pop(at))
            case _:
                now.insert(at, draw(CELL))
        versions.append(now)
    return versions


@given(edits())
@settings(max_examples=300)
def test_running_only_what_depends_gives_what_a_run_gives(versions: list[list[str]]) -> None:
    # Texts of addresses and of functions differ from run to run.
    warm = Warm()
    for version in versions:
        # Cells are shown by their code, so each has one of its own.
        codes = _with_own_marks(version)
        shown, ran, exact = warm.edit(codes)
        event(f"exact: {exact}")
        event(f"spared: {len(ran) < len(codes)}")
        if exact:
            assert without_addresses(shown) == without_addresses(clean_run(codes))


def _with_own_marks(version: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    marked = []
    for code in version:
        seen[code] = seen.get(code, 0) + 1
        marked.append(f"{code}\n# {seen[code]}" if seen[code] > 1 else code)
    return marked


def without_addresses(texts: list[str]) -> list[str]:
    return [re.sub("0x[0-9a-f]+", "", text) for text in texts]


@given(edits())
@settings(max_examples=150)
def test_what_ran_in_no_kernel_runs_when_it_is_needed(versions: list[list[str]]) -> None:
    """The kernel is new, the outputs are known: as at the first edit of a post that has run."""
    before = _with_own_marks(versions[0])
    given = clean_run(before)
    if any("Error: " in text for text in given):
        return  # such a run is not stored
    warm = Warm(cells=[replace(Ran(code, Code(code))) for code in before])
    warm.shown = dict(zip(before, given, strict=True))
    for version in versions[1:]:
        codes = _with_own_marks(version)
        shown, _, exact = warm.edit(codes)
        if exact:
            assert without_addresses(shown) == without_addresses(clean_run(codes))
