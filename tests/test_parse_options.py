"""What the options of a cell say, and what is said of those that cannot be read."""

from dataclasses import fields

import pytest
from executable_posts.post import (
    Options,
    Shown,
)

from tests.parsing import PATH, fence, read

# --- Options ------------------------------------------------------------------------------------

OPTIONS = {
    "eval": ("eval: true", Options(eval=True)),
    "yes": ("echo: yes", Options(echo=True)),
    "no": ("echo: no", Options(echo=False)),
    "False": ("echo: False", Options(echo=False)),
    "output": ("output: false", Options(output=False)),
    "warning": ("warning: true", Options(warning=True)),
    "error": ("error: true", Options(error=True)),
    "error false": ("error: false", Options(error=False)),
    "label": ("label: fig-curva_2", Options(label="fig-curva_2")),
    "label with accents": ("label: iteração", Options(label="iteração")),
    "fig-cap": ("fig-cap: Uma curva", Options(fig_cap=("Uma curva",))),
    "fig-cap, quoted": ('fig-cap: "Curva: erro"', Options(fig_cap=("Curva: erro",))),
    "fig-cap, a date": ("fig-cap: 2019-07-29", Options(fig_cap=("2019-07-29",))),
    "fig-cap, a number": ("fig-cap: 1e3", Options(fig_cap=("1e3",))),
    "fig-cap, yes": ("fig-cap: yes", Options(fig_cap=("yes",))),
    "fig-cap over two lines": ("fig-cap: |\n#|   Um\n#|   dois", Options(fig_cap=("Um\ndois",))),
    "fig-alt": ("fig-alt: Dez dígitos", Options(fig_alt=("Dez dígitos",))),
    "fig-alt of nothing": ('fig-alt: ""', Options(fig_alt=("",))),
    "fig-cap, one for each": ("fig-cap: [a, b]", Options(fig_cap=("a", "b"))),
    "fig-alt, one for each": ("fig-alt:\n#|   - a\n#|   - b", Options(fig_alt=("a", "b"))),
    "fig-width": ("fig-width: 8", Options(fig_width=8.0)),
    "fig-height": ("fig-height: 2.5", Options(fig_height=2.5)),
    "fig-dpi": ("fig-dpi: 200", Options(fig_dpi=200.0)),
    "fig-format": ("fig-format: SVG", Options(fig_format="svg")),
    "fig-dark": ("fig-dark: true", Options(fig_dark=True)),
    "code-fold": ("code-fold: true", Options(code_fold=True)),
    "code-fold, open": ("code-fold: show", Options(code_fold="show")),
    "code-line-numbers": ("code-line-numbers: true", Options(code_line_numbers=True)),
    "code-line-numbers, marked": (
        "code-line-numbers: 2,4-6",
        Options(code_line_numbers="2 4-6"),
    ),
    "code-summary": ("code-summary: Como?", Options(code_summary="Como?")),
    "classes, of Pandoc": ("classes: .largo .claro", Options(classes=("largo", "claro"))),
    "classes, a list": ("classes: [largo]", Options(classes=("largo",))),
    "output as it is": ("output: asis", Options(output="asis")),
    "include": ("include: false", Options(include=False)),
    "data, one path": ("data: ../data/a.csv", Options(data=("../data/a.csv",))),
    "data, several": ("data: [a.csv, b.csv]", Options(data=("a.csv", "b.csv"))),
    "timings": ("timings: true", Options(timings=True)),
    "reprs": ("reprs: true", Options(reprs=True)),
    "tolerance": ("tolerance: 1e-3", Options(tolerance=0.001)),
    "timeout": ("timeout: 90", Options(timeout=90)),
    "timeout, a fraction": ("timeout: 0.5", Options(timeout=0.5)),
    "two": ("echo: false\n#| label: a", Options(echo=False, label="a")),
    "nothing": ("", Options()),
}


@pytest.mark.parametrize(("rows", "options"), OPTIONS.values(), ids=OPTIONS.keys())
def test_options_are_read(rows: str, options: Options) -> None:
    post = read(fence(f"#| {rows}\nx = 1"))
    assert post.problems == ()
    [cell] = post.cells
    assert cell.options == options
    assert cell.code == "x = 1\n"
    assert cell.code_line == cell.line + rows.count("\n") + 2


ALLOWED = (
    "Allowed: classes, code-fold, code-line-numbers, code-summary, data, echo, error, eval, "
    "fig-alt, fig-cap, fig-dark, fig-dpi, fig-format, fig-height, fig-width, include, label, "
    "output, reprs, timeout, timings, tolerance, warning"
)

BAD_OPTIONS = {
    "unknown": ("#| lable: a", 2, f'unknown option "lable": did you mean "label"? {ALLOWED}'),
    "unknown, in Python's spelling": (
        "#| fig_cap: a",
        2,
        f'unknown option "fig_cap": did you mean "fig-cap"? {ALLOWED}',
    ),
    "unknown, like nothing": ("#| zzz: a", 2, f'unknown option "zzz": {ALLOWED}'),
    "unknown, on its line": ("#| echo: no\n#| evall: no", 3, 'unknown option "evall": did you'),
    "no boolean": ("#| echo: talvez", 2, 'option "echo": "talvez" is neither true nor false'),
    "no boolean, a number": ("#| eval: 1", 2, 'option "eval": "1" is neither true nor false'),
    "no value": ("#| echo:", 2, 'option "echo": "" is neither true nor false'),
    "an absolute path": (
        "#| data: /etc/hosts",
        2,
        'option "data": "/etc/hosts" is no path from the folder of the post',
    ),
    "no share": ("#| tolerance: 2", 2, 'option "tolerance": "2" is not between 0 and 1'),
    "no seconds": ("#| timeout: 2min", 2, 'option "timeout": "2min" is not a number of seconds'),
    "no time": (
        "#| timeout: 0",
        2,
        'option "timeout": "0" is not a time in which a cell could end',
    ),
    "no end": (
        "#| timeout: inf",
        2,
        'option "timeout": "inf" is not a time in which a cell could end',
    ),
    "no time at all": (
        "#| timeout: nan",
        2,
        'option "timeout": "nan" is not a time in which a cell could end',
    ),
    "no file name": (
        "#| label: ../a",
        2,
        'option "label": "../a" cannot name a file; use letters, digits, "-" and "_"',
    ),
    "no file name, empty": ("#| label:", 2, 'option "label": "" cannot name a file'),
    "no file name, a blank": ("#| label: a b", 2, 'option "label": "a b" cannot name a file'),
    "a list": ("#| label: [a, b]", 2, 'option "label": one value is expected, not several'),
    "a list over lines": (
        "#| echo: no\n#| code-summary:\n#|   - a\n#|   - b",
        3,
        'option "code-summary": one value is expected, not several',
    ),
    "a list in a list": ("#| fig-cap: [[a]]", 2, 'option "fig-cap": a text is expected, or a list'),
    "a word that is none": (
        "#| fig-format: jpg",
        2,
        'option "fig-format": "jpg" is not known; did you mean "jpeg"? Allowed: jpeg, png, retina',
    ),
    "no inches": (
        "#| fig-width: 6in",
        2,
        'option "fig-width": "6in" is not a number',
    ),
    "too many inches": (
        "#| fig-height: 640",
        2,
        'option "fig-height": "640" is not a size in inches, more than 0 and at most 50',
    ),
    "no resolution": (
        "#| fig-dpi: 1200",
        2,
        'option "fig-dpi": "1200" is not a number of dots an inch, from 10 to 600',
    ),
    "not a number at all": ("#| fig-dpi: nan", 2, 'option "fig-dpi": "nan" is not a number of'),
    "no way to show": (
        "#| output: raw",
        2,
        'option "output": "raw" is neither true, false nor asis',
    ),
    "no way to fold": (
        "#| code-fold: open",
        2,
        'option "code-fold": "open" is neither true, false nor show',
    ),
    "no lines": (
        "#| code-line-numbers: 0-3",
        2,
        'option "code-line-numbers": "0-3" is neither true, false nor lines such as 2,4-6',
    ),
    "no class": ("#| classes: largo 2x", 2, 'option "classes": "2x" is no name of a CSS class'),
    "no option": ("#| echo", 2, "cell options: write `#| key: value`"),
    "a value to be quoted": (
        "#| echo: no\n#| fig-cap: Curva: erro",
        3,
        "cell options: mapping values are not allowed here; write one `#| key: value` a line, "
        'and quote a value that holds ": "',
    ),
    "an open bracket": ("#| fig-cap: [a", 2, "cell options: "),
    "a character that YAML does not take": ("#| fig-cap: a\x0cb", 2, "cell options: not YAML; "),
    "nested too deep": ("#| fig-cap: " + "[" * 3000, 2, "cell options: not YAML; "),
}


@pytest.mark.parametrize(("rows", "line", "message"), BAD_OPTIONS.values(), ids=BAD_OPTIONS.keys())
def test_options_that_cannot_be_read_are_named(rows: str, line: int, message: str) -> None:
    post = read(fence(f"{rows}\nx = 1"))
    [problem] = post.problems
    assert str(problem).startswith(f"{PATH}:{line}: {message}")
    assert [piece.reason for piece in post.pieces if isinstance(piece, Shown)] == [
        "its options cannot be read"
    ]


def test_every_bad_option_of_a_cell_is_told() -> None:
    post = read(fence("#| lable: a\n#| echo: talvez\nx"))
    assert [problem.line for problem in post.problems] == [2, 3]


def test_every_option_is_tested() -> None:
    changed = {
        spec.name
        for _, options in OPTIONS.values()
        for spec in fields(Options)
        if getattr(options, spec.name) != spec.default
    }
    assert changed == {spec.name for spec in fields(Options)}


def test_option_lines_end_where_code_begins() -> None:
    [cell] = read(fence("#| label: a\nx = 1\n#| label: b")).cells
    assert cell.options.label == "a"
    assert cell.code == "x = 1\n#| label: b\n"


def test_option_lines_may_be_indented_with_their_cell() -> None:
    [cell] = read("1. um\n\n    ```python\n      #| label: a\n      x = 1\n    ```\n").cells
    assert cell.options.label == "a"
    assert (cell.code, cell.code_line) == ("  x = 1\n", 5)


def test_what_is_shown_shows_no_option_lines() -> None:
    [piece] = read(fence("#| eval: false\nx = 1")).pieces
    assert isinstance(piece, Shown)
    assert piece.code == "x = 1\n"
