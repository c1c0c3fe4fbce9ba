"""Why a post is stale, in words; and cells that keep their numbers whatever happens around them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from executable_posts.fingerprint import Fingerprint, cell_digest
from executable_posts.plan import KERNEL, Plan, Reason, plan
from executable_posts.post import Post, parse
from executable_posts.store import Damaged, ExecutedCell, ExecutedNotebook
from hypothesis import given, settings
from hypothesis import strategies as st

FRONT = "Title: Caso\nDate: 2020-01-02\n\n"
NO_FILES: Mapping[str, str] = {}
CODES = ("import numpy as np", "dados = np.arange(9)", "print(dados.mean())")


def source(codes: Sequence[str]) -> str:
    """A post with a cell for each of `codes`; the first is on line 6, all behind it as far on."""
    return FRONT + "".join(f"Texto.\n\n```python\n{code}\n```\n\n" for code in codes)


def read(text: str) -> Post:
    post = parse(text, "content/posts/x.md", "yes")
    assert post.problems == ()
    return post


def executed(planned: Plan, files: Mapping[str, str] | None = None) -> ExecutedNotebook:
    """What is stored once what `planned` says was run."""
    return ExecutedNotebook(
        title="Caso",
        cells=tuple(
            ExecutedCell(
                cell.number, cell.cell.code.strip("\n"), (), drawing=cell.cell.options.drawing
            )
            for cell in planned.cells
        ),
        prose=("",) * (len(planned.cells) + 1),
        fingerprint=Fingerprint(
            KERNEL,
            tuple(cell_digest(cell.cell) for cell in planned.cells),
            files or {},
            {"numpy": "2.4"},
        ),
        python="3.11.7",
        numbers_given=planned.numbers_given,
    )


def run(text: str, files: Mapping[str, str] | None = None) -> ExecutedNotebook:
    """The executed notebook of a post that was run for the first time."""
    return executed(plan(read(text), None, NO_FILES.get), files)


def reasons(
    text: str, stored: ExecutedNotebook | Damaged | None, now: Mapping[str, str] | None = None
) -> list[str]:
    planned = plan(read(text), stored, (now or NO_FILES).get)
    assert planned.stale == bool(planned.reasons)
    return [str(reason) for reason in planned.reasons]


# --- Reasons ------------------------------------------------------------------------------------

RUN = run(source(CODES))
ONE, TWO, THREE = CODES

CHANGES: dict[str, tuple[Sequence[str], list[str]]] = {
    "nothing": (CODES, []),
    "changed": ((ONE, "dados = np.arange(10)", THREE), ["cell 2 changed (line 12)"]),
    "changed in the first line of two": (
        ("import numpy as py\n", TWO, THREE),
        ["cell 1 changed (line 6)"],
    ),
    "written anew": (
        (ONE, "outra_coisa()", THREE),
        ["cell 2 is new (line 12)", "1 cell was removed"],
    ),
    "inserted": ((ONE, "outra_coisa()", TWO, THREE), ["cell 2 is new (line 12)"]),
    "a copy": ((ONE, TWO, TWO, THREE), ["cell 3 is new (line 18)"]),
    "added": ((*CODES, "outra_coisa()"), ["cell 4 is new (line 24)"]),
    "one removed": ((ONE, THREE), ["1 cell was removed"]),
    "two removed": ((TWO,), ["2 cells were removed"]),
    "moved": ((TWO, ONE, THREE), ["the order of the cells changed"]),
    "moved and changed": (
        ("dados = np.arange(8)", ONE, THREE),
        ["cell 1 changed (line 6)"],
    ),
    "all at once": (
        ("outra_coisa()", "dados = np.arange(8)", ONE),
        ["cell 1 is new (line 6)", "cell 2 changed (line 12)", "1 cell was removed"],
    ),
    "may raise": (
        (f"#| error: true\n{ONE}", TWO, THREE),
        ["cell 1 changed (line 6)"],
    ),
    "shown, no longer run": ((f"#| eval: false\n{ONE}", TWO, THREE), ["1 cell was removed"]),
    "no cell left": ((), []),
}


@pytest.mark.parametrize(("codes", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_what_changed_in_the_code_is_said(codes: Sequence[str], expected: list[str]) -> None:
    assert reasons(source(codes), RUN) == expected


DRAWN = run(source(["#| fig-width: 3\n#| fig-dark: true\nplt.show()", TWO]))


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["#| fig-dark: yes\n#| fig-width: 3.0\n#| fig-cap: A\nplt.show()", TWO], []),
        (["#| fig-width: 3\nplt.show()", TWO], ["fig-dark of cell 1 changed (line 6)"]),
        (["plt.show()", TWO], ["fig-dark, fig-width of cell 1 changed (line 6)"]),
        (
            ["#| fig-width: 3\n#| fig-dark: true\nplt.show()", f"#| fig-dpi: 50\n{TWO}"],
            ["fig-dpi of cell 2 changed (line 14)"],
        ),
        (["plt.show(block=True)", TWO], ["cell 1 changed (line 6)"]),
    ],
)
def test_what_changed_in_how_figures_are_drawn_is_said(
    codes: Sequence[str], expected: list[str]
) -> None:
    assert reasons(source(codes), DRAWN) == expected


def test_a_picture_that_a_run_was_not_to_keep_is_a_reason() -> None:
    before = source(["plt.savefig('a.png')"])
    stored = run(before)
    text = f"{before}![a](a.png) ![b](b.png)\n"
    there = {"content/posts/b.png": "0"}
    expected = ["the text shows a.png, which the last run was not to keep (line 10)"]
    assert reasons(text, stored, there) == expected
    assert reasons(text, replace(stored, asked_for=("a.png",)), there) == []


def test_a_post_that_was_never_run_says_so() -> None:
    assert reasons(source(CODES), None) == ["never run"]


def test_a_damaged_notebook_is_a_reason() -> None:
    damaged = Damaged(Path("x.ipynb"), "not JSON (line 1: Expecting value)")
    assert reasons(source(CODES), damaged) == [
        "the executed notebook is damaged: not JSON (line 1: Expecting value)"
    ]


@pytest.mark.parametrize("stored", [None, Damaged(Path("x.ipynb"), "not JSON"), RUN])
def test_a_post_without_cells_is_never_stale(stored: ExecutedNotebook | Damaged | None) -> None:
    assert reasons(FRONT + "Texto.\n", stored) == []


def test_another_kernel_is_the_only_reason_needed() -> None:
    other = replace(RUN, fingerprint=replace(RUN.fingerprint, kernel="ir"))
    assert reasons(source((TWO,)), other) == ["the kernel changed from ir to python3"]


FILES = {"content/data/b.csv": "1", "content/data/a.csv": "2"}

FILE_CHANGES: dict[str, tuple[Mapping[str, str], list[str]]] = {
    "nothing": (FILES, []),
    "another file": ({**FILES, "content/data/c.csv": "3"}, []),
    "changed": ({**FILES, "content/data/a.csv": "9"}, ["content/data/a.csv changed"]),
    "gone": ({"content/data/a.csv": "2"}, ["content/data/b.csv is gone"]),
    "both, by name": (
        {"content/data/b.csv": "9"},
        ["content/data/a.csv is gone", "content/data/b.csv changed"],
    ),
}


@pytest.mark.parametrize(("now", "expected"), FILE_CHANGES.values(), ids=FILE_CHANGES.keys())
def test_what_changed_in_the_files_is_said(now: Mapping[str, str], expected: list[str]) -> None:
    assert reasons(source(CODES), run(source(CODES), FILES), now) == expected


def test_code_is_named_before_files() -> None:
    found = reasons(source((ONE, TWO)), run(source(CODES), FILES), {})
    assert found == [
        "1 cell was removed",
        "content/data/a.csv is gone",
        "content/data/b.csv is gone",
    ]


def test_only_files_that_the_last_run_read_are_looked_at() -> None:
    asked: list[str] = []

    def file_digest(name: str) -> str | None:
        asked.append(name)
        return None

    plan(read(source(CODES)), run(source(CODES), FILES), file_digest)
    assert sorted(asked) == sorted(FILES)


def test_other_versions_of_packages_alone_are_no_reason() -> None:
    other = replace(RUN, fingerprint=replace(RUN.fingerprint, packages={"numpy": "1"}))
    assert reasons(source(CODES), other) == []


# Someone opened an executed notebook in Jupyter and saved it: the outputs in it may stand under
# other code than gave them, though the fingerprint says that all was run.
EDITED = {
    "a cell was deleted": (RUN.cells[:2], ["cell 3 is new (line 18)"]),
    "a cell was copied": ((*RUN.cells, RUN.cells[0]), ["1 cell was removed"]),
    "cells were moved": (RUN.cells[::-1], ["cell 1 changed (line 6)", "cell 3 changed (line 18)"]),
}


@pytest.mark.parametrize(("cells", "expected"), EDITED.values(), ids=EDITED.keys())
def test_an_executed_notebook_that_somebody_edited_is_stale(
    cells: tuple[ExecutedCell, ...], expected: list[str]
) -> None:
    assert reasons(source(CODES), replace(RUN, cells=cells)) == expected


def test_a_reason_names_its_line_if_it_has_one() -> None:
    assert str(Reason("cell 1 changed", 7)) == "cell 1 changed (line 7)"
    assert str(Reason("never run")) == "never run"


# --- What never makes stale ---------------------------------------------------------------------

POST = FRONT + "Antes.\n\n```python\nx = 1\n\nprint(x)\n```\n\n    1\n\nDepois.\n"
POST_RUN = run(POST)

HARMLESS = {
    "prose": POST.replace("Antes.", "Antes, porém outra coisa.\n\n- um\n- dois"),
    "front matter": POST.replace("Caso", "Outro").replace("Date:", "Tags: a\nDate:"),
    "a heading": POST.replace("Depois.", "# Depois\n"),
    "a comment": POST.replace("x = 1", "# Um.\nx = 1  # dois"),
    "blank lines": POST.replace("x = 1\n", "\n\n\nx = 1  \n\n\n"),
    "a caption": POST.replace("x = 1", "#| fig-cap: Uma curva\nx = 1"),
    "an alternative text": POST.replace("x = 1", "#| fig-alt: Uma curva\nx = 1"),
    "a label": POST.replace("x = 1", "#| label: curva\nx = 1"),
    "hidden code": POST.replace("x = 1", "#| echo: false\nx = 1"),
    "hidden outputs": POST.replace("x = 1", "#| output: false\nx = 1"),
    "shown warnings": POST.replace("x = 1", "#| warning: true\nx = 1"),
    "more time": POST.replace("x = 1", "#| timeout: 900\nx = 1"),
    "what is recorded": POST.replace("    1\n", "    2\n\n\n![png](a_1_0.png)\n"),
    "nothing recorded": POST.replace("    1\n", ""),
    "another language's fence": POST.replace("Antes.", "```r\nx <- 1\n```"),
    "a fence that is shown": POST.replace("Antes.", "```python\npip install x\n```"),
    "the fence itself": POST.replace("```python", "~~~~ {.py}").replace("```", "~~~~"),
    "line ends": POST.replace("\n", "\r\n"),
    "a byte order mark": "\ufeff" + POST,
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_changes_no_result_makes_no_post_stale(text: str) -> None:
    assert text != POST
    assert reasons(text, POST_RUN) == []


# --- Numbers ------------------------------------------------------------------------------------


def numbers(codes: Sequence[str], stored: ExecutedNotebook | None) -> list[int]:
    return [cell.number for cell in plan(read(source(codes)), stored, NO_FILES.get).cells]


def test_cells_are_numbered_from_one() -> None:
    assert numbers(CODES, None) == [1, 2, 3]
    assert RUN.numbers_given == 3


def test_a_planned_cell_knows_how_it_ran_last() -> None:
    planned = plan(read(source((TWO, "outra_coisa()"))), RUN, NO_FILES.get)
    assert [cell.last for cell in planned.cells] == [RUN.cells[1], None]
    assert planned.executed is RUN


def test_a_damaged_notebook_gives_no_numbers() -> None:
    planned = plan(read(source(CODES)), Damaged(Path("x.ipynb"), "not JSON"), NO_FILES.get)
    assert planned.executed is None
    assert [(cell.number, cell.last) for cell in planned.cells] == [(1, None), (2, None), (3, None)]


def cell_code(name: str) -> str:
    """Code that shares no word with that of another name."""
    return f"{name}_a = {name}_b({name}_c)"


# In each step any of these names has a cell, in any order.
STEPS = st.lists(
    st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1), min_size=1, max_size=6
)


@given(STEPS)
@settings(deadline=None)
def test_a_number_once_given_stays_with_its_cell_and_is_never_given_again(
    steps: list[list[str]],
) -> None:
    stored: ExecutedNotebook | None = None
    owners: dict[int, str] = {}
    before: dict[str, int] = {}
    for names in steps:
        planned = plan(read(source([cell_code(name) for name in names])), stored, NO_FILES.get)
        now = {name: cell.number for name, cell in zip(names, planned.cells, strict=True)}
        assert len(set(now.values())) == len(names)
        for name, number in now.items():
            if name in before:
                assert number == before[name]
            else:
                # Not even a cell that was removed and comes back gets a number that was given.
                assert number not in owners
                owners[number] = name
        assert planned.numbers_given == len(owners)
        stored = executed(planned)
        before = now


@given(st.permutations("abcde"), st.sampled_from("abcde"))
@settings(deadline=None)
def test_an_edited_cell_keeps_its_number_wherever_it_goes(order: list[str], name: str) -> None:
    stored = run(source([cell_code(letter) for letter in "abcde"]))
    codes = [cell_code(letter).replace(f"{name}_c", "outro") for letter in order]
    assert numbers(codes, stored) == ["abcde".index(letter) + 1 for letter in order]
