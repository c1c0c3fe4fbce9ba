"""The lines in which a build says what it did."""

import pytest
from executable_posts.errors import Problem
from executable_posts.figures import Written
from executable_posts.report import PostReport, State, failure, summary
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len


def report(
    path: str = "content/posts/a.md",
    state: State = "run",
    *,
    cells: int = 2,
    seconds: float = 1.25,
    hidden: int = 0,
    saved: float = 0.0,
    notes: tuple[Problem, ...] = (),
) -> PostReport:
    return PostReport(path, state, cells, seconds, hidden, saved, notes)


def up_to_date(path: str, saved: float = 0.0) -> PostReport:
    return report(path, "up to date", seconds=0.0, saved=saved)


def written(**states: int) -> list[Written]:
    return [Written("a.png", state) for state, count in states.items() for _ in range(count)]


def test_a_post_that_was_run_has_a_row() -> None:
    assert summary(
        [report(hidden=30)], {"content/posts/a.md": written(new=2, unchanged=3)}, 80
    ) == [
        "post                cells  seconds  hidden lines  new  changed  unchanged",
        "content/posts/a.md      2      1.2            30    2        0          3",
    ]


def test_several_posts_have_a_row_each_and_a_total() -> None:
    reports = [
        report("content/posts/a.md", cells=1, seconds=0.04),
        report("content/posts/treinando-a-rede.md", cells=12, seconds=1234.5, hidden=1),
    ]
    figures = {
        "content/posts/a.md": written(unchanged=1),
        "content/posts/treinando-a-rede.md": written(new=2, changed=1, unchanged=3),
    }
    assert summary(reports, figures, 120) == [
        "post                               cells  seconds  hidden lines  new  changed  unchanged",
        "content/posts/a.md                     1      0.0             0    0        0          1",
        "content/posts/treinando-a-rede.md     12   1234.5             1    2        1          3",
        "2 posts                               13   1234.5             1    2        1          4",
    ]


def test_a_long_path_is_shortened_to_the_terminal() -> None:
    [head, row] = summary([report("content/posts/breve-tutorial-de-keras.md")], {}, 80)
    assert (
        head == "post                       cells  seconds  hidden lines  new  changed  unchanged"
    )
    assert row == "content...ial-de-keras.md      2      1.2             0    0        0          0"


def test_a_terminal_too_narrow_for_a_table_gets_a_list() -> None:
    reports = [
        report("content/posts/breve-tutorial-de-keras.md", hidden=2),
        report("content/posts/b.md", cells=1, hidden=1),
        report("content/posts/c.md"),
    ]
    figures = {reports[0].path: written(new=2, changed=1, unchanged=3)}
    assert summary(reports, figures, 40) == [
        "content/posts/breve-tutorial-de-keras.md",
        "  2 cells in 1.2 s; 2 hidden lines;",
        "  figures: 2 new, 1 changed, 3 unchanged",
        "content/posts/b.md",
        "  1 cell in 1.2 s; 1 hidden line",
        "content/posts/c.md",
        "  2 cells in 1.2 s",
        "3 posts",
        "  5 cells in 3.8 s; 3 hidden lines;",
        "  figures: 2 new, 1 changed, 3 unchanged",
    ]


NAMES = st.text(st.characters(exclude_categories=["Cc"]), min_size=1, max_size=300)
ROWS = st.lists(
    st.tuples(NAMES, st.integers(0, 10**6), st.floats(0, 10**7), st.integers(0, 10**6)),
    min_size=1,
    max_size=6,
)


@given(ROWS, st.integers(30, 250))
def test_no_line_is_wider_than_the_terminal(
    rows: list[tuple[str, int, float, int]], width: int
) -> None:
    reports = [
        report(name, cells=cells, seconds=seconds, hidden=hidden)
        for name, cells, seconds, hidden in rows
    ]
    figures = {name: written(new=12, changed=3, unchanged=100) for name, *_ in rows}
    lines = summary(reports, figures, width)
    assert max(cell_len(line) for line in lines) <= width


@given(ROWS, st.integers(100, 250))
def test_all_columns_align(rows: list[tuple[str, int, float, int]], width: int) -> None:
    reports = [
        report(name, cells=cells, seconds=seconds, hidden=hidden)
        for name, cells, seconds, hidden in rows
    ]
    head, *body = summary(reports, {}, width)
    assert len({cell_len(line) for line in [head, *body]}) == 1
    assert len(body) == len(rows) + (len(rows) > 1)
    # From the right, where there are no names: after each number comes a gap, in each line.
    ends = [len(head) - head.rindex(name) - len(name) for name in ("cells", "seconds", "changed")]
    for line in body:
        for end in ends:
            before = line[: len(line) - end]
            assert before[-1].isdigit()
            assert line[len(before) :][:2] in {"", "  "}


def test_a_build_of_nothing_says_nothing() -> None:
    assert summary([], {}, 80) == []
    assert summary([report(state="no cells"), report(state="failed")], {}, 80) == []


def test_what_was_not_run_is_counted_with_the_time_that_this_saved() -> None:
    assert summary([up_to_date("a.md", 12.34)], {}, 80) == [
        "1 post up to date, not run again; the store saved 12 s"
    ]
    assert summary([up_to_date("a.md", 60), up_to_date("b.md", 12)], {}, 80) == [
        "2 posts up to date, not run again; the store saved 1 min 12 s"
    ]


def test_no_time_worth_a_word_is_not_mentioned() -> None:
    assert summary([up_to_date("a.md", 0.04)], {}, 80) == ["1 post up to date, not run again"]


@pytest.mark.parametrize("state", ["run", "failed", "no cells"])
def test_only_posts_that_were_not_run_save_time(state: State) -> None:
    assert not any("saved" in line for line in summary([report("a.md", state, saved=9)], {}, 80))


def test_figures_that_came_back_from_the_store_are_counted() -> None:
    reports = [up_to_date("a.md", 1)]
    assert summary(reports, {"a.md": written(new=1, unchanged=4)}, 80) == [
        "1 post up to date, not run again; 1 figure written from executed notebooks; "
        "the store saved 1.0 s"
    ]
    assert summary([up_to_date("a.md")], {"a.md": written(new=1, changed=1)}, 80) == [
        "1 post up to date, not run again; 2 figures written from executed notebooks"
    ]
    assert summary([up_to_date("a.md")], {"a.md": written(unchanged=1)}, 80) == [
        "1 post up to date, not run again"
    ]


def test_figures_of_posts_that_were_run_are_not_counted_as_restored() -> None:
    reports = [report("a.md"), up_to_date("b.md")]
    assert summary(reports, {"a.md": written(new=2)}, 80)[-1] == "1 post up to date, not run again"


def test_notes_stand_between_the_posts_and_the_count() -> None:
    note = Problem("content/posts/a.md", "cell 1 shows text", 7)
    assert summary([report(notes=(note,)), up_to_date("b.md")], {}, 80)[2:] == [
        "note: content/posts/a.md:7: cell 1 shows text",
        "1 post up to date, not run again",
    ]


def test_the_last_line_of_a_failed_build_counts_the_problems() -> None:
    problem = Problem("content/posts/a.md", "wrong")
    assert failure([problem]) == "1 problem; what failed is shown as it last ran well"
    assert failure([problem] * 3) == "3 problems; what failed is shown as it last ran well"
