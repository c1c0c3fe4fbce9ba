"""Whole builds on a real terminal: the live view, what stays on the screen, Ctrl-C."""

import re
import sys

import pytest

from tests.blog import ROOT, Site
from tests.pseudoterminal import on_terminal

SLOW = "\n```python\nimport time\ntime.sleep({seconds})\nprint('fim')\n```\n"
NUMBERS = r" +\d+ +\d+\.\d +0 +0 +0 +0"


def test_a_terminal_shows_what_runs_and_is_left_clean(site: Site) -> None:
    site.post("um", SLOW.format(seconds=1) + SLOW.format(seconds=0.5))
    site.post("dois", SLOW.format(seconds=0.8))
    site.post("ruim", "\n```python\n1 / 0\n```\n")
    shown = on_terminal(site.command(), site.folder)
    assert shown.status == 1
    assert shown.ever(r"0/3 posts, 0/4 cells, \d\.\d s")
    assert shown.ever(r"content/posts/um\.md: cell 1 of 2, line 8, \d\.\d s")
    assert shown.ever(r"content/posts/um\.md: cell 2 of 2, line 14, 0\.\d s")
    assert shown.ever(r"content/posts/dois\.md: cell 1 of 1, line 8, 0\.\d s")
    assert shown.ever(r"\d/3 posts, 1 failed, \d/4 cells, \d\.\d s")
    lines = shown.last.lines
    assert shown.last.cursor_visible
    assert not [
        line for line in lines if re.search(r": cell \d of \d, line|\d/\d post|\.\.\.$", line)
    ]
    for name, cells in (("um", "2 cells"), ("dois", "1 cell"), ("ruim", "1 cell")):
        assert f"running content/posts/{name}.md ({cells}): never run" in lines
    assert [line for line in lines if line.startswith("FAILED content/posts/ruim.md (")]
    head = lines.index(
        "post                   cells  seconds  hidden lines  new  changed  unchanged"
    )
    assert re.fullmatch(r"content/posts/dois\.md" + NUMBERS, lines[head + 1])
    assert re.fullmatch(r"content/posts/um\.md" + NUMBERS, lines[head + 2])
    assert re.fullmatch("2 posts" + NUMBERS, lines[head + 3])
    assert "content/posts/ruim.md:8: cell 1 of 1: ZeroDivisionError: division by zero" in lines


def test_the_second_time_there_is_an_estimate_and_what_the_store_saved(site: Site) -> None:
    site.post("um", SLOW.format(seconds=2))
    site.post("dois", SLOW.format(seconds=0.3))
    assert site.build().status == 0
    names = 'EXECUTE_POSTS=["content/posts/um.md"]'
    shown = on_terminal([*site.command(), "--extra-settings", names], site.folder)
    assert shown.status == 0
    assert shown.ever(r"0/1 post, 0/1 cell, 0\.\d s, about 2\.\d s left")
    assert shown.ever(r"0/1 post, 0/1 cell, \d\.\d s, about 1\.\d s left")
    text = "\n".join(shown.last.lines)
    assert re.search(r"^running .*um\.md \(1 cell, 2\.\d s last time\): asked for$", text, re.M)
    assert re.search(r"^1 post up to date, not run again; the store saved 0\.\d s$", text, re.M)


def test_the_table_says_what_a_run_took_this_time(site: Site) -> None:
    site.write("data/pausa.txt", "1")
    read = "time.sleep(float(open('../data/pausa.txt').read()))"
    site.post("pausa", f"\n```python\nimport time\n{read}\n```\n")
    assert re.search(r"pausa\.md +1 +1\.\d ", site.build().out)
    site.write("data/pausa.txt", "0")
    assert re.search(r"pausa\.md +1 +0\.\d ", site.build().out)


def test_forty_columns_are_enough(site: Site) -> None:
    site.post("um-nome-bastante-comprido-para-um-terminal", SLOW.format(seconds=0.6))
    shown = on_terminal(site.command(), site.folder, width=40)
    assert shown.status == 0
    assert shown.ever(r"con\.\.\.nal\.md: cell 1 of 1, line 8, 0\.\d s")
    lines = shown.last.lines
    assert shown.last.cursor_visible
    [row] = [line for line in lines if re.fullmatch(r"  1 cell in \d\.\d s", line)]
    assert lines[lines.index(row) - 1] == "content/post...prido-para-um-terminal.md"
    assert max(len(line) for line in lines) <= 40


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_terminal_that_is_not_utf_8_works(site: Site, encoding: str) -> None:
    site.post("ação", SLOW.format(seconds=0.4), slug="acao")
    shown = on_terminal(site.command(), site.folder, encoding=encoding)
    assert shown.status == 0, shown.sent
    name = "ação" if encoding == "latin-1" else "a??o"
    assert f"running content/posts/{name}.md (1 cell): never run" in shown.last.lines
    assert shown.last.cursor_visible


def test_no_color_is_respected(site: Site) -> None:
    site.post("um", SLOW.format(seconds=0.4))
    shown = on_terminal(site.command(), site.folder, environment={"NO_COLOR": "1"})
    assert shown.status == 0
    colours = {
        number
        for numbers in re.findall(r"\x1b\[([\d;]*)m", shown.sent)
        for number in numbers.split(";")
        if number and int(number) >= 30
    }
    assert colours == set()


def test_a_terminal_without_cursor_movement_gets_lines(site: Site) -> None:
    site.post("um", SLOW.format(seconds=0.1))
    shown = on_terminal(site.command(), site.folder, environment={"TERM": "dumb"})
    assert shown.status == 0
    assert shown.ever(r"ran content/posts/um\.md \(\d\.\d s\)")
    assert "\x1b" not in shown.sent


def test_ctrl_c_gives_the_terminal_back(site: Site) -> None:
    site.post("lento", SLOW.format(seconds=60))
    shown = on_terminal(
        site.command(), site.folder, interrupt_when=lambda sent: "cell 1 of 1, line 8" in sent
    )
    assert shown.status == 130
    assert shown.last.cursor_visible
    text = " ".join(shown.last.lines)
    assert "interrupted" in text
    assert "0/1 post" not in text
    assert "cell 1 of 1" not in text


CHECK = f"""
import sys
sys.path.insert(0, {str(ROOT / "plugins")!r})
from pathlib import Path
from executable_posts import commands
from executable_posts.progress import progress_for
from executable_posts.site import load
from rich.console import Console

site = load(Path("pelicanconf.py"))
print(commands.check_drift(site, [], progress_for(Console(), quiet=False)))
"""


def test_a_check_for_drift_has_a_view_of_its_own(site: Site) -> None:
    site.post("um", SLOW.format(seconds=0.6))
    shown = on_terminal([sys.executable, "-c", CHECK], site.folder)
    assert shown.status == 0
    assert shown.ever(r"0/1 post, 0/1 cell, \d\.\d s")
    assert shown.ever(r"content/posts/um\.md: cell 1 of 1, line 8, 0\.\d s")
    assert shown.last.cursor_visible
    assert shown.last.lines == ["running content/posts/um.md (1 cell): never run", "([], [])"]


def test_ctrl_c_in_a_check_gives_the_terminal_back(site: Site) -> None:
    site.post("lento", SLOW.format(seconds=60))
    shown = on_terminal(
        [sys.executable, "-c", CHECK],
        site.folder,
        interrupt_when=lambda sent: "cell 1 of 1, line 8" in sent,
    )
    assert shown.status != 0
    assert shown.last.cursor_visible
    assert "cell 1 of 1, line 8" not in "\n".join(shown.last.lines)


def test_a_log_gets_plain_lines(site: Site) -> None:
    site.post("um", SLOW.format(seconds=0.1))
    site.post("ruim", "\n```python\n1 / 0\n```\n")
    built = site.build()
    assert "\x1b" not in built.text
    assert "running content/posts/um.md (1 cell): never run\n" in built.out
    assert re.search(r"^ran content/posts/um\.md \(\d\.\d s\)$", built.out, re.M)
    assert re.search(r"^FAILED content/posts/ruim\.md \(\d\.\d s\)$", built.out, re.M)


def test_quiet_is_quiet(site: Site) -> None:
    site.post("um", SLOW.format(seconds=0.1))
    built = site.build("-q")
    assert built.status == 0
    assert "content/posts" not in built.text
    assert "up to date" not in site.build("-q").text
