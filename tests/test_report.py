"""The lines in which a build says what it did."""

from executable_posts.errors import Problem
from executable_posts.figures import Written
from executable_posts.report import PostReport, State, failure, post_line, summary


def report(
    path: str = "content/posts/a.md",
    state: State = "run",
    *,
    why: str = "never run",
    cells: int = 2,
    seconds: float = 1.25,
    hidden: int = 0,
    notes: tuple[Problem, ...] = (),
) -> PostReport:
    return PostReport(path, state, why, cells, seconds, hidden, notes)


def written(**states: int) -> list[Written]:
    return [Written("a.png", state) for state, count in states.items() for _ in range(count)]


def test_a_post_without_figures() -> None:
    assert post_line(report(), []) == "content/posts/a.md: run (never run): 2 cells in 1.2 s"


def test_one_cell_is_not_several() -> None:
    line = post_line(report(cells=1, seconds=0.04, why="cell 1 changed (line 7)"), [])
    assert line == "content/posts/a.md: run (cell 1 changed (line 7)): 1 cell in 0.0 s"


def test_figures_are_counted_by_what_became_of_them() -> None:
    line = post_line(report(), written(unchanged=3, new=2, changed=1))
    assert line == (
        "content/posts/a.md: run (never run): 2 cells in 1.2 s; "
        "figures: 2 new, 1 changed, 3 unchanged"
    )
    line = post_line(report(), written(unchanged=1))
    assert line.endswith("; figures: 1 unchanged")


def test_hidden_lines_are_counted() -> None:
    line = post_line(report(hidden=1), [])
    assert line.endswith("2 cells in 1.2 s; 1 line of stderr hidden")
    line = post_line(report(hidden=30), written(new=1))
    assert line.endswith("2 cells in 1.2 s; figures: 1 new; 30 lines of stderr hidden")


def test_a_build_of_nothing_says_nothing() -> None:
    assert summary([], {}) == []
    assert summary([report(state="no cells"), report(state="failed")], {}) == []


def test_posts_that_were_run_have_a_line_each_and_the_others_one_together() -> None:
    reports = [
        report("content/posts/a.md"),
        report("content/posts/b.md", "up to date"),
        report("content/posts/c.md", "no cells"),
        report("content/posts/d.md", why="asked for"),
        report("content/posts/e.md", "failed"),
        report("content/posts/f.md", "up to date"),
    ]
    assert summary(reports, {"content/posts/d.md": written(new=1)}) == [
        "content/posts/a.md: run (never run): 2 cells in 1.2 s",
        "content/posts/d.md: run (asked for): 2 cells in 1.2 s; figures: 1 new",
        "2 posts up to date, not run again",
    ]


def test_figures_that_came_back_from_the_store_are_counted() -> None:
    reports = [report("a.md", "up to date")]
    assert summary(reports, {"a.md": written(new=1, unchanged=4)}) == [
        "1 post up to date, not run again; 1 figure written from executed notebooks"
    ]
    assert summary(reports, {"a.md": written(new=1, changed=1)}) == [
        "1 post up to date, not run again; 2 figures written from executed notebooks"
    ]
    assert summary(reports, {"a.md": written(unchanged=1)}) == ["1 post up to date, not run again"]


def test_figures_of_posts_that_were_run_are_not_counted_as_restored() -> None:
    reports = [report("a.md"), report("b.md", "up to date")]
    assert summary(reports, {"a.md": written(new=2)})[-1] == "1 post up to date, not run again"


def test_notes_stand_between_the_posts_and_the_count() -> None:
    note = Problem("content/posts/a.md", "cell 1 shows text", 7)
    assert summary([report(notes=(note,)), report(state="up to date")], {}) == [
        "content/posts/a.md: run (never run): 2 cells in 1.2 s",
        "note: content/posts/a.md:7: cell 1 shows text",
        "1 post up to date, not run again",
    ]


def test_the_last_line_of_a_failed_build_counts_the_problems() -> None:
    problem = Problem("content/posts/a.md", "wrong")
    assert failure([problem]) == "1 problem; what failed is shown as it last ran well"
    assert failure([problem] * 3) == "3 problems; what failed is shown as it last ran well"
