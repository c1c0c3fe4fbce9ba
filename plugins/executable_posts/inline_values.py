"""Inline values: evaluated beside a cell, kept with its outputs, set as the language writes them.

The kernel sends them as one more output of the cell, of a MIME type of our own, so that they are
stored, compared and published like all that a run gave.
"""

import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext

from .errors import Problem
from .post import Cell
from .post.inline import find
from .store import Output

MIME = "application/vnd.executable-posts.values+json"

# Runs in the kernel once the cell has run; a name of its own would be a name in the post.
_EVALUATE = f"""
def plain(value):
    if getattr(value, "shape", None) == () and hasattr(value, "numpy"):
        value = value.numpy()
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    if type(value) is float and value - value != 0:
        return str(value)
    return value if type(value) in (bool, int, float, str) else str(value)


def evaluated(expression):
    try:
        return {{"value": plain(eval(expression, shell.user_ns))}}
    except Exception as error:
        return {{"error": f"{{type(error).__name__}}: {{error}}"}}


def report(result):
    shell.events.unregister("post_run_cell", report)
    values = [{{"expression": one, **evaluated(one)}} for one in expressions]
    shell.display_pub.publish({{{MIME!r}: values}})


shell.events.register("post_run_cell", report)
"""

_FRACTION = re.compile(r"(?P<number>[-+−]?\d+\.\d+)(?P<rest> ?%)?")
_WHOLE_PERCENT = re.compile(r"(?P<number>[-+−]?\d{4,})(?P<rest> ?%)")
# What Markdown would take for more than a sign, and how it is written so that it does not.
_SIGNS = {sign: f"\\{sign}" for sign in "\\`*_[]{}"} | {"<": "&lt;", "&": "&amp;", "|": "&#124;"}
_SIGN = re.compile(r"[\\`*_\[\]{}<&|]")


def setup(cell: Cell) -> str:
    """Code that, run before `cell`, has its inline values sent when it has run."""
    if not cell.inline:
        return ""
    expressions = [one.expression.strip() for one in cell.inline]
    return f"exec({_EVALUATE!r}, {{'shell': get_ipython(), 'expressions': {expressions!r}}})"


def failures(path: str, cells: Iterable[tuple[Cell, Sequence[Output]]]) -> list[Problem]:
    """What went wrong with inline values of the post `path`, where the `cells` gave outputs."""
    problems = []
    for cell, outputs in cells:
        for value, sent in zip(cell.inline, _sent(outputs), strict=False):
            if "error" in sent:
                message = f"inline value {value.expression}: {sent['error']}"
                problems.append(Problem(path, message, value.line))
    return problems


def values(outputs: Iterable[Output]) -> tuple[object, ...]:
    """The inline values among the outputs of a cell, in order."""
    return tuple(sent.get("value", "") for sent in _sent(outputs))


def _sent(outputs: Iterable[Output]) -> list[dict[str, object]]:
    return [
        dict(sent)
        for output in outputs
        for sent in (output["data"].get(MIME, ()) if "data" in output else ())
    ]


def with_values(text: str, given: Sequence[object], language: str) -> tuple[str, int]:
    """`text`, Markdown, with `given` in the place of its inline values; how many it took.

    Where there are fewer, as in a post that never ran, the expression stays as it was written.
    """
    parts = []
    position = taken = 0
    for found in find(text)[: len(given)]:
        parts += [text[position : found.start], _as_markdown(given[taken], language)]
        at_start = not text[: found.start].rpartition("\n")[2].strip()
        if at_start and parts[-1].isdigit():
            # `3. Abril` at the beginning of a line would be a list.
            parts[-1] = f"&#{ord(parts[-1][0])};{parts[-1][1:]}"
        position = found.end
        taken += 1
    return "".join([*parts, text[position:]]), taken


def _as_markdown(value: object, language: str) -> str:
    return _SIGN.sub(lambda sign: _SIGNS[sign[0]], as_written(value, language))


def as_written(value: object, language: str) -> str:
    """A value as people write it in `language` (BCP 47); text is left as it is.

    A number gets the language's point and groups; so does a text that is one with a fraction, or
    with `%`, since that is how a program rounds: ``f"{x:.1%}"``.

    >>> as_written(60000, "pt-BR"), as_written("97.3%", "pt-BR"), as_written("2019", "pt-BR")
    ('60.000', '97,3%', '2019')
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return str(value)
    if isinstance(value, str):
        found = _FRACTION.fullmatch(value.strip()) or _WHOLE_PERCENT.fullmatch(value.strip())
        if found is None:
            return value
        number = found["number"].replace("−", "-")
        return _number(Decimal(number), language) + (found["rest"] or "")
    if isinstance(value, float) and (not math.isfinite(value) or "e" in repr(value)):
        return repr(value)
    return _number(Decimal(repr(value)), language)


def _number(number: Decimal, language: str) -> str:
    from babel import Locale, UnknownLocaleError
    from babel.numbers import format_decimal

    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return str(number)
    digits = max(0, -int(number.as_tuple().exponent))
    pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
    with localcontext() as context:
        # No digit may be lost, however many there are.
        context.prec = len(str(number)) + digits + 1
        return format_decimal(number, format=pattern, locale=locale)
