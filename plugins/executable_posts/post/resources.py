"""What a post asks of the machine that runs it: ``Resources: GPU=1, MEMORY=4`` in its front matter.

Names and numbers are Dask's: whoever starts a worker says which it has, and how much of each.
"""

import re
from math import isfinite

from ..errors import Problem
from .source import Head

_KEY = "resources"
_NAME = re.compile(r"[A-Za-z_]\w*")


def read(head: Head, path: str) -> tuple[tuple[tuple[str, float], ...], list[Problem]]:
    """The resources by name, in the order in which they are written, and what is wrong with any.

    `path` is how messages name the file.
    """
    found: dict[str, float] = {}
    problems = []
    for item in head.values.get(_KEY, "").strip("\"'").split(","):
        if not item.strip():
            continue
        try:
            name, amount = _resource(item.strip())
            if name in found:
                raise ValueError(f'"{name}" stands there twice')
            found[name] = amount
        except ValueError as error:
            message = f"front matter: Resources: {error}"
            problems.append(Problem(path, message, head.key_lines[_KEY]))
    return tuple(found.items()), problems


def _resource(item: str) -> tuple[str, float]:
    name, equals, text = (part.strip() for part in item.partition("="))
    if not equals or not _NAME.fullmatch(name):
        raise ValueError(f'"{item}" is not a name and a number, such as GPU=1')
    try:
        amount = float(text)
    except ValueError:
        raise ValueError(f'{name}: "{text}" is not a number') from None
    if not (isfinite(amount) and amount > 0):
        raise ValueError(f'{name}: "{text}" is not an amount above zero')
    return name, amount
