"""Defaults of cell options, in a blog's settings and in a post's front matter."""

import pytest
from executable_posts.errors import Problem
from executable_posts.post import Options, Post, Shown, parse
from executable_posts.post.options import from_settings

PATH = "content/posts/x.md"
CELL = "\n```python\n{}x = 1\n```\n"


def read(head: str, rows: str = "", defaults: Options | None = None) -> Post:
    source = f"Title: X\n{head}{CELL.format(rows)}"
    return parse(source, PATH, "yes", defaults=defaults or Options())


def options(head: str, rows: str = "", defaults: Options | None = None) -> Options:
    post = read(head, rows, defaults)
    assert post.problems == ()
    [cell] = post.cells
    return cell.options


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Options()),
        ({"fig-width": 6, "fig-height": 4.5}, Options(fig_width=6.0, fig_height=4.5)),
        ({"fig-width": "6"}, Options(fig_width=6.0)),
        ({"warning": True, "echo": False}, Options(warning=True, echo=False)),
        ({"classes": ["a", "b"]}, Options(classes=("a", "b"))),
        ({"classes": ("a",)}, Options(classes=("a",))),
        ({"code-fold": "show", "output": "asis"}, Options(code_fold="show", output="asis")),
        ({"error": True}, Options(error=True)),
    ],
)
def test_settings_give_defaults(given: dict[str, object], expected: Options) -> None:
    assert from_settings(given) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"fig_width": 6},
            'unknown option "fig_width": did you mean "fig-width"? Allowed: classes,',
        ),
        ({"fig-width": True}, 'option "fig-width": "true" is not a number'),
        ({"label": "a"}, 'option "label": it is for one cell and has no default'),
        ({"eval": False}, 'option "eval": it is for one cell and has no default'),
        ({"fig-alt": "a"}, 'option "fig-alt": it is for one cell and has no default'),
        ({"echo": ["a"]}, 'option "echo": one value is expected, not several'),
        ({1: 2}, 'unknown option "1": Allowed: classes,'),
    ],
)
def test_settings_that_cannot_be_read_are_named(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError) as refused:
        from_settings(given)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("Fig-width: 6\nFig-dark: yes\n", Options(fig_width=6.0, fig_dark=True)),
        ('fig-format: "svg"\n', Options(fig_format="svg")),
        ("Echo: no\nWarning: true\nTimeout: 9\n", Options(echo=False, warning=True, timeout=9.0)),
        ("Code-fold: show\nCode-summary: Ver\n", Options(code_fold="show", code_summary="Ver")),
        # These words belong to others: a theme, R Markdown, the author.
        ("Classes: wide\nOutput: html_document\nError: 3\nData: ontem\nLabel: x y\n", Options()),
    ],
)
def test_front_matter_gives_defaults(head: str, expected: Options) -> None:
    assert options(head) == expected


def test_the_nearest_to_the_cell_holds() -> None:
    defaults = Options(fig_width=5.0, fig_height=5.0, fig_dpi=50.0)
    found = options("Fig-height: 6\nFig-dpi: 60\n", "#| fig-dpi: 70\n", defaults)
    assert found == Options(fig_width=5.0, fig_height=6.0, fig_dpi=70.0)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (
            "Fig-widht: 6\n",
            'front matter: unknown option "fig-widht": did you mean "fig-width"? Allowed: ',
        ),
        ("Fig-cap: a\n", 'front matter: option "fig-cap": it is for one cell and has no default'),
        ("Fig-width: 6cm\n", 'front matter: option "fig-width": "6cm" is not a number'),
        ("Echo: talvez\n", 'front matter: option "echo": "talvez" is neither true nor false'),
    ],
)
def test_front_matter_that_cannot_be_read_is_named(head: str, message: str) -> None:
    [problem] = read(head).problems
    assert isinstance(problem, Problem)
    assert (problem.path, problem.line) == (PATH, 2)
    assert problem.message.startswith(message)


def test_front_matter_of_a_post_that_does_not_run_is_its_authors() -> None:
    source = f"Title: X\nFig-widht: 6\n{CELL.format('')}"
    assert parse(source, PATH, "no").problems == ()


def shown(rows: str, execute: bool = True) -> Options:
    source = f"Title: X\nCode-fold: true\nEcho: no\n\n```python\n{rows}\n```\n"
    [piece] = [
        piece
        for piece in parse(source, PATH, "yes" if execute else "no").pieces
        if isinstance(piece, Shown)
    ]
    return piece.options


def test_only_fences_that_ask_for_it_are_shown_as_cells_are() -> None:
    assert shown("#| eval: false\nx = 1") == Options(eval=False, echo=False, code_fold=True)
    assert shown("#| eval: false\n#| echo: true\nx = 1").shows_code
    assert shown("pip install keras") == Options()
    assert shown("#| eval: false\nx = 1", execute=False) == Options()


@pytest.mark.parametrize(
    ("given", "code", "output"),
    [
        (Options(), True, True),
        (Options(echo=False), False, True),
        (Options(output=False), True, False),
        (Options(output="asis"), True, True),
        (Options(include=False), False, False),
        (Options(include=False, echo=True, output="asis"), False, False),
    ],
)
def test_what_a_reader_sees(given: Options, code: bool, output: bool) -> None:
    assert (given.shows_code, given.shows_output) == (code, output)


def test_one_text_is_for_all_figures_and_of_several_each_is_for_its_own() -> None:
    one, two = Options(fig_cap=("a",)), Options(fig_cap=("a", "b"), fig_alt=("",))
    assert [one.fig_cap_of(n) for n in range(3)] == ["a", "a", "a"]
    assert [two.fig_cap_of(n) for n in range(3)] == ["a", "b", None]
    assert [two.fig_alt_of(0), one.fig_alt_of(0)] == ["", None]


def test_only_what_is_set_is_said_of_the_drawing() -> None:
    assert Options(echo=False).drawing == {}
    assert Options(fig_width=6.0, fig_dark=True).drawing == {"fig-width": 6.0, "fig-dark": True}
