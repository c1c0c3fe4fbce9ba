"""Cell options: the ``#| key: value`` lines at the top of a cell.

The convention, the names and the values are those of Quarto and knitr; values are YAML scalars.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, Literal

import yaml

from ..errors import Problem, one_of
from . import option_values as values
from . import source

_OPTION_LINE = re.compile(r"^\s*#\|(?P<yaml>.*)$")
_KEY_LINE = re.compile(r"^\s*#\|\s*(?P<key>[\w-]+)\s*:")


def _option(default: Any, read: Callable[[str], Any], *, cell_only: bool = False) -> Any:
    return field(default=default, metadata={"read": read, "cell_only": cell_only})


def _list_option(read: Callable[[values.Raw], Any], *, cell_only: bool = False) -> Any:
    return field(default=(), metadata={"read": read, "list": True, "cell_only": cell_only})


@dataclass(frozen=True)
class Options:
    """The options of one cell; `None` where the cell leaves the choice to others."""

    eval: bool | None = _option(None, values.boolean, cell_only=True)
    """Run this fence or only show it, whatever the rules say."""
    echo: bool = _option(True, values.boolean)
    """Show the code."""
    output: bool | Literal["asis"] = _option(True, values.output)
    """Show the outputs; ``"asis"``: what is text is Markdown."""
    include: bool = _option(True, values.boolean)
    """Show anything of the cell at all."""
    warning: bool = _option(False, values.boolean)
    """Show what the cell writes to stderr."""
    timings: bool = _option(False, values.boolean)
    """Show how long progress bars took."""
    reprs: bool = _option(False, values.boolean)
    """Show a last value that is only a repr of what draws or trains."""
    error: bool | None = _option(None, values.boolean)
    """The cell is meant to raise: go on and show the traceback."""
    label: str | None = _option(None, values.label, cell_only=True)
    """Name of the cell and of its figure files."""
    fig_cap: tuple[str, ...] = _list_option(values.texts, cell_only=True)
    """Caption of the cell's figures: one for all, or one for each."""
    fig_alt: tuple[str, ...] = _list_option(values.texts, cell_only=True)
    """What the cell's figures show, for those who cannot see them; one for all or for each."""
    fig_width: float | None = _option(None, values.inches)
    """Width of a Matplotlib figure in inches, where the code gives it none."""
    fig_height: float | None = _option(None, values.inches)
    """Height, likewise."""
    fig_dpi: float | None = _option(None, values.dots_per_inch)
    """Dots an inch of a Matplotlib figure, where the code says nothing else."""
    fig_format: str | None = _option(None, values.word("png", "retina", "svg", "jpeg"))
    """What Matplotlib figures are drawn as; ``retina`` has two pixels for each of the page."""
    fig_dark: bool = _option(False, values.boolean)
    """Draw Matplotlib figures a second time, for dark pages."""
    code_fold: bool | Literal["show"] = _option(False, values.code_fold)
    """Let the reader fold the code; folded at first, or with ``"show"`` not."""
    code_summary: str | None = _option(None, str)
    """What stands in the place of code that is folded."""
    code_line_numbers: bool | str = _option(False, values.line_numbers)
    """Number the lines of the code; lines such as ``"2 4-6"`` are marked, too."""
    classes: tuple[str, ...] = _list_option(values.classes)
    """CSS classes of the cell."""
    timeout: float | None = _option(None, values.seconds)
    """Seconds after which the cell is stopped."""
    tolerance: float | None = _option(None, values.share)
    """By what share of itself a number may differ before it counts as drift."""
    data: tuple[str, ...] = _list_option(values.paths, cell_only=True)
    """Files the cell reads by means that Python does not see, from the folder of the post."""

    @property
    def shows_code(self) -> bool:
        """Whether a reader sees the code."""
        return self.echo and self.include

    @property
    def shows_output(self) -> bool:
        """Whether a reader sees what the cell gives."""
        return bool(self.output) and self.include

    def fig_cap_of(self, position: int) -> str | None:
        """The caption of the figure at `position`, from 0, if it has one."""
        return _of_each(self.fig_cap, position)

    def fig_alt_of(self, position: int) -> str | None:
        """The alternative text of the figure at `position`; "" says that it needs none."""
        return _of_each(self.fig_alt, position)

    @property
    def drawing(self) -> Mapping[str, float | str | bool]:
        """The options that change how figures are drawn, by name, where they are set."""
        return {
            name: getattr(self, _FIELDS[name].name)
            for name in _DRAWING
            if getattr(self, _FIELDS[name].name)
        }


def _of_each(texts: tuple[str, ...], position: int) -> str | None:
    """One text is for all figures; of several, each is for its own."""
    if len(texts) == 1:
        return texts[0]
    return texts[position] if position < len(texts) else None


_FIELDS = {spec.name.replace("_", "-"): spec for spec in fields(Options)}
_DRAWING = ("fig-width", "fig-height", "fig-dpi", "fig-format", "fig-dark")
_DEFAULTS = {name: spec for name, spec in _FIELDS.items() if not spec.metadata["cell_only"]}
# Front matter is open to every plugin and theme: `output: html_document` is R Markdown's, and
# `classes: wide` a theme's. Names that begin so can be nobody else's, and a mistake in one is told.
_OURS = ("fig-", "code-")
_FRONT_MATTER = frozenset({"echo", "warning", "timeout", "tolerance"})


@dataclass(frozen=True)
class Content:
    """What a fence holds: option lines and code, and the line of the source the code starts on."""

    option_lines: str
    code: str
    code_line: int
    options: Options
    problems: tuple[Problem, ...] = ()


def read(content: str, path: str, line: int, defaults: Options) -> Content:
    """The `content` of a fence, the first line of which is `line` of the file `path`.

    `defaults` holds where it says nothing. An option that cannot be read is a `Problem` that names
    the line, the word and the nearest allowed one.
    """
    lines = source.lines(content)
    count = 0
    while count < len(lines) and _OPTION_LINE.match(lines[count].rstrip("\r\n")):
        count += 1
    options, problems = _options(lines[:count], path, line, defaults)
    return Content(
        option_lines="".join(lines[:count]),
        code="".join(lines[count:]),
        code_line=line + count,
        options=options,
        problems=tuple(problems),
    )


def _options(
    rows: list[str], path: str, line: int, defaults: Options
) -> tuple[Options, list[Problem]]:
    if not rows:
        return defaults, []
    matches = (_OPTION_LINE.match(row.rstrip("\r\n")) for row in rows)
    text = "\n".join(match["yaml"].removeprefix(" ") for match in matches if match)
    try:
        # BaseLoader keeps every scalar a string: `fig-cap: 2019-07-29` is no date.
        loaded = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        message = (
            f"cell options: {getattr(error, 'problem', None) or 'not YAML'}; write one "
            '`#| key: value` a line, and quote a value that holds ": "'
        )
        return defaults, [Problem(path, message, line + (mark.line if mark else 0))]
    if not loaded:
        return defaults, []
    if not isinstance(loaded, Mapping):
        return defaults, [Problem(path, "cell options: write `#| key: value`", line)]

    key_lines = {
        found["key"]: line + index
        for index, row in enumerate(rows)
        if (found := _KEY_LINE.match(row))
    }
    read: dict[str, Any] = {}
    problems = []
    for key, raw in loaded.items():
        try:
            read |= _read(str(key), raw, _FIELDS)
        except ValueError as error:
            problems.append(Problem(path, str(error), key_lines.get(key, line)))
    return replace(defaults, **read), problems


def _read(key: str, raw: object, allowed: Mapping[str, Field[Any]]) -> dict[str, Any]:
    """The field for the option `key` with the value `raw`; raises `ValueError`."""
    spec = allowed.get(key)
    if spec is None:
        if key in _FIELDS:
            raise ValueError(f'option "{key}": it is for one cell and has no default')
        raise ValueError(f'unknown option "{key}": {one_of(key, allowed)}')
    try:
        if not isinstance(raw, str) and not (spec.metadata.get("list") and isinstance(raw, list)):
            raise ValueError("one value is expected, not several")
        return {spec.name: spec.metadata["read"](raw)}
    except ValueError as error:
        raise ValueError(f'option "{key}": {error}') from None


def from_settings(given: Mapping[str, object]) -> Options:
    """The defaults that a blog's settings give: option → value, as in a cell or as Python has it.

    Raises `ValueError` for an option that is none, or that only one cell can have.
    """
    read: dict[str, Any] = {}
    for key, value in given.items():
        raw = [_text(item) for item in value] if isinstance(value, list | tuple) else _text(value)
        read |= _read(str(key), raw, _DEFAULTS)
    return Options(**read)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def from_front_matter(
    head: source.Head, path: str, defaults: Options
) -> tuple[Options, list[Problem]]:
    """The defaults that a post's front matter gives, above those of the blog, and its mistakes.

    A key whose name could belong to nobody else is a mistake if it is no option.
    """
    read: dict[str, Any] = {}
    problems = []
    for key, written in head.values.items():
        if key not in _FRONT_MATTER and not key.startswith(_OURS):
            continue
        try:
            read |= _read(key, _unquoted(written), _DEFAULTS)
        except ValueError as error:
            problems.append(Problem(path, f"front matter: {error}", head.key_lines[key]))
    return replace(defaults, **read), problems


def _unquoted(written: str) -> str:
    """A value of front matter as YAML means it, where it is written so."""
    quoted = re.fullmatch(r"""(["'])(.*)\1""", written)
    return quoted[2] if quoted else written
