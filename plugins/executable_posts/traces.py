"""Where an error came from, as far as that is in the post: the frames of an IPython traceback."""

import re
from dataclasses import dataclass

from .store import Output

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(
    r"^\s*(?:Cell|Input) In\s?\[(?P<cell>\d+)\],? (?:in )?line:? ?(?P<line>\d+)"
    r"(?:,? in (?P<function>[^(\n]+?)(?:\(.*)?)?\s*$"
)
_CODE = re.compile(r"^-+>\s*(?P<line>\d+) ?(?P<code>.*)$")
_MOST = 6


@dataclass(frozen=True)
class Frame:
    """A line of a cell, by the number of its run, from 1, and the function that it is in."""

    cell: int
    line: int
    code: str
    function: str = ""


def frames(error: Output) -> tuple[Frame, ...]:
    """The frames in cells, outermost first; of an endless recursion the first and the last ones.

    `error` is an nbformat output of the type ``error``.
    """
    found: list[Frame] = []
    rows = _ANSI.sub("", "\n".join(map(str, error.get("traceback", ())))).splitlines()
    for number, row in enumerate(rows):
        if (head := _FRAME.match(row)) is None:
            continue
        line = int(head["line"])
        function = (head["function"] or "").strip()
        found.append(
            Frame(
                cell=int(head["cell"]),
                line=line,
                code=_code(rows[number + 1 :], line),
                function="" if function == "<module>" else function,
            )
        )
    half = _MOST // 2
    return tuple(found if len(found) <= _MOST else [*found[:half], *found[-half:]])


def _code(rows: list[str], line: int) -> str:
    """The code at the arrow of a frame, where it is that of `line`."""
    for row in rows:
        if _FRAME.match(row) or row.startswith("File "):
            return ""
        if (arrow := _CODE.match(row)) is not None:
            return arrow["code"].strip() if int(arrow["line"]) == line else ""
    return ""
