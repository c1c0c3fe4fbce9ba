"""What a person sees while posts run: lines, the live view, the estimate; no build here."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from executable_posts.progress import (
    Board,
    Expected,
    LineProgress,
    LiveProgress,
    Progress,
    QuietProgress,
    print_what_can_be,
    progress_for,
    time_left,
    view,
)
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tests.pseudoterminal import Screen


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def post(path: str, seconds: float | None = None, cells: int = 3) -> Expected:
    return Expected(path, cells, seconds, "never run" if seconds is None else "cell 1 changed")


def board(*posts: Expected) -> tuple[Board, Clock]:
    clock = Clock()
    made = Board(clock)
    made.begin(posts)
    return made, clock


class Terminal(io.StringIO):
    """A file that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def log() -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, width=40), file


def terminal(width: int = 80) -> tuple[Console, io.StringIO]:
    file = Terminal()
    return Console(file=file, width=width, height=20, force_terminal=True, _environ={}), file


def screen_of(file: io.StringIO, width: int) -> Screen:
    screen = Screen(width)
    # As a terminal's driver would send it on.
    screen.feed(file.getvalue().replace("\n", "\r\n"))
    return screen


# ---- lines


def test_a_log_gets_a_line_when_a_post_begins_and_one_when_it_ends() -> None:
    console, file = log()
    progress = LineProgress(console)
    progress.begin([post("content/posts/a.md", 12.3, 9), post("content/posts/b.md", cells=1)])
    progress.cell_started("content/posts/a.md", 7, 1, 9)
    progress.cell_started("content/posts/b.md", 8, 1, 1)
    progress.cell_started("content/posts/a.md", 11, 2, 9)
    progress.post_ended("content/posts/b.md", failed=True)
    progress.post_ended("content/posts/a.md", failed=False)
    progress.end()
    assert file.getvalue().splitlines() == [
        "running content/posts/a.md (9 cells, 12 s last time): cell 1 changed",
        "running content/posts/b.md (1 cell): never run",
        "FAILED content/posts/b.md (0.0 s)",
        "ran content/posts/a.md (0.0 s)",
    ]


def test_a_post_whose_kernel_never_came_up_has_no_seconds() -> None:
    console, file = log()
    progress = LineProgress(console)
    progress.begin([post("a.md")])
    progress.post_ended("a.md", failed=True)
    assert file.getvalue() == "FAILED a.md\n"


def test_a_path_that_looks_like_markup_is_printed_as_it_is() -> None:
    console, file = log()
    LineProgress(console).note("content/[bold]a[/bold] :smile: http://x/" + "long" * 30)
    assert file.getvalue() == "content/[bold]a[/bold] :smile: http://x/" + "long" * 30 + "\n"


def test_quiet_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    progress = QuietProgress()
    tell_everything(progress, 3)
    assert capfd.readouterr() == ("", "")


def test_a_character_that_an_encoding_does_not_have_is_a_question_mark() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="latin-1")
    print_what_can_be(stream)
    LineProgress(Console(file=stream)).note("ação → fim")
    stream.flush()
    assert raw.getvalue() == b"a\xe7\xe3o ? fim\n"


# ---- which kind


def test_each_console_gets_the_kind_that_suits_it() -> None:
    assert isinstance(progress_for(terminal()[0], quiet=False), LiveProgress)
    assert isinstance(progress_for(terminal()[0], quiet=True), QuietProgress)
    assert isinstance(progress_for(log()[0], quiet=False), LineProgress)
    assert isinstance(progress_for(log()[0], quiet=True), QuietProgress)


def test_a_log_is_no_terminal_whatever_force_color_says() -> None:
    console = Console(file=io.StringIO(), _environ={"FORCE_COLOR": "1"})
    assert console.is_terminal
    assert isinstance(progress_for(console, quiet=False), LineProgress)


def test_a_terminal_that_cannot_move_its_cursor_gets_lines() -> None:
    console = Console(file=Terminal(), _environ={"TERM": "dumb"})
    assert isinstance(progress_for(console, quiet=False), LineProgress)


# ---- the live view


def test_the_view_tells_the_sum_and_what_runs() -> None:
    made, clock = board(
        post("content/posts/a.md", 30, 9), post("content/posts/b.md", 10), post("c.md", 8, 1)
    )
    made.cell_started("content/posts/a.md", 7, 1, 9)
    made.cell_started("content/posts/b.md", 17, 1, 3)
    clock.time += 4
    made.cell_started("content/posts/a.md", 25, 4, 9)
    clock.time += 2
    assert view(made.now(), 80) == [
        "0/3 posts, 3/13 cells, 6.0 s, about 24 s left",
        "content/posts/a.md: cell 4 of 9, line 25, 2.0 s",
        "content/posts/b.md: cell 1 of 3, line 17, 6.0 s",
    ]
    made.post_ended("content/posts/b.md", failed=True)
    assert view(made.now(), 80) == [
        "1/3 posts, 1 failed, 6/13 cells, 6.0 s, about 24 s left",
        "content/posts/a.md: cell 4 of 9, line 25, 2.0 s",
    ]
    made.post_ended("content/posts/a.md", failed=False)
    made.cell_started("c.md", 7, 1, 1)
    made.post_ended("c.md", failed=False)
    assert view(made.now(), 80) == ["3/3 posts, 1 failed, 13/13 cells, 6.0 s"]


def test_a_narrow_terminal_gets_short_paths() -> None:
    made, clock = board(post("content/posts/breve-tutorial-de-keras.md", 30, 1))
    made.cell_started("content/posts/breve-tutorial-de-keras.md", 7, 1, 1)
    clock.time += 1
    assert view(made.now(), 40) == [
        "0/1 post, 0/1 cell, 1.0 s, about 29 s",
        "left",
        "con...ras.md: cell 1 of 1, line 7, 1.0 s",
    ]


@given(
    st.text(st.characters(max_codepoint=0x17F, exclude_categories=["Cc"]), min_size=1),
    st.integers(20, 200),
    st.integers(1, 10**5),
    st.floats(0, 10**6),
)
def test_no_line_of_the_view_is_wider_than_the_terminal(
    path: str, width: int, cells: int, seconds: float
) -> None:
    made, clock = board(post(path, 30, cells))
    made.cell_started(path, 12345, 1, cells)
    clock.time += seconds
    lines = view(made.now(), width)
    assert max(len(line) for line in lines) <= width
    assert lines[-1].isprintable()


# ---- the estimate


def test_nothing_stored_is_no_estimate() -> None:
    made, _ = board(post("a.md"), post("b.md"))
    assert time_left(made.now()) is None


def test_posts_that_never_ran_count_as_a_mean_one() -> None:
    made, _ = board(post("a.md", 10), post("b.md", 20), post("c.md"))
    assert time_left(made.now()) == 45


def test_what_ran_already_is_no_longer_left_but_still_tells_of_others() -> None:
    made, clock = board(post("a.md", 10), post("b.md"))
    made.cell_started("a.md", 7, 1, 3)
    clock.time += 4
    assert time_left(made.now()) == 6 + 10
    made.post_ended("a.md", failed=False)
    assert time_left(made.now()) == 10


def test_posts_side_by_side_share_the_time() -> None:
    made, _ = board(*(post(f"{number}.md", 10) for number in range(6)))
    for number in range(3):
        made.cell_started(f"{number}.md", 7, 1, 3)
    assert time_left(made.now()) == 20
    for number in range(3):
        made.post_ended(f"{number}.md", failed=False)
    # Three more will run side by side, as three did.
    assert time_left(made.now()) == 10


def test_no_estimate_is_shorter_than_the_longest_post() -> None:
    made, _ = board(post("a.md", 60), post("b.md", 2))
    made.cell_started("a.md", 7, 1, 3)
    made.cell_started("b.md", 7, 1, 3)
    assert time_left(made.now()) == 60


def test_a_post_that_takes_longer_than_it_did_is_no_reason_to_promise_anything() -> None:
    made, clock = board(post("a.md", 10))
    made.cell_started("a.md", 7, 1, 3)
    clock.time += 11
    assert time_left(made.now()) is None
    assert view(made.now(), 80)[0] == "0/1 post, 0/3 cells, 11 s"


# ---- threads


def tell_everything(progress: Progress, posts: int, cells: int = 20) -> None:
    """A whole build of `posts`, each in a thread of its own."""
    names = [f"content/posts/{number}.md" for number in range(posts)]
    together = threading.Barrier(posts)

    def run(name: str) -> None:
        together.wait()
        for number in range(1, cells + 1):
            progress.cell_started(name, 7 * number, number, cells)
            progress.note(f"note of {name}: {number}")
        progress.post_ended(name, failed=name.endswith("0.md"))

    progress.begin([post(name, 1, cells) for name in names])
    try:
        with ThreadPoolExecutor(posts) as executor:
            list(executor.map(run, names))
    finally:
        progress.end()


def test_lines_of_several_threads_do_not_mix() -> None:
    console, file = log()
    tell_everything(LineProgress(console), 8)
    lines = file.getvalue().splitlines()
    assert sorted(lines) == sorted(
        [
            line
            for number in range(8)
            for line in [
                f"running content/posts/{number}.md (20 cells, 1.0 s last time): cell 1 changed",
                *(f"note of content/posts/{number}.md: {cell}" for cell in range(1, 21)),
                f"{'FAILED' if number == 0 else 'ran'} content/posts/{number}.md (0.0 s)",
            ]
        ]
    )


def test_the_live_view_is_told_by_several_threads_and_leaves_only_the_lines() -> None:
    console, file = terminal(width=100)
    tell_everything(LiveProgress(console), 8)
    screen = screen_of(file, 100)
    assert screen.cursor_visible
    assert len(screen.lines) == 8 + 8 * 20 + 1
    assert all(line.startswith(("running ", "note of ", "FAILED ")) for line in screen.lines)


# ---- the end


def test_an_exception_leaves_a_visible_cursor_and_no_thread() -> None:
    console, file = terminal()
    progress = LiveProgress(console)
    before = threading.active_count()
    try:
        progress.begin([post("a.md")])
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        progress.end()
    screen = screen_of(file, 80)
    assert "\x1b[?25l" in file.getvalue()
    assert screen.cursor_visible
    assert screen.lines == []
    for thread in threading.enumerate():
        if type(thread).__name__ == "_RefreshThread":
            thread.join(5)
    assert threading.active_count() == before


def test_the_end_of_what_never_began_says_nothing() -> None:
    console, file = terminal()
    LiveProgress(console).end()
    assert file.getvalue() == ""


def test_without_colour_no_colour_is_sent() -> None:
    file = Terminal()
    console = Console(file=file, _environ={"NO_COLOR": "1", "TERM": "xterm"}, force_terminal=True)
    tell_everything(LiveProgress(console), 2)
    assert "\x1b[3" not in file.getvalue()
