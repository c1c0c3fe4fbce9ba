"""What a terminal shows after a stream was written to it.

Progress bars overwrite themselves with ``\\r``, ``\\b`` and cursor movements; a reader is to see
the last state only. Carried out are CR, LF, BS, TAB and, of ECMA-48, CUU, CUD, CUF, CUB, CHA, EL
and ED; all other control sequences, colours among them, are left out.
"""

import re

_PART = re.compile(
    r"""
      (?P<sequence>\x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~]))
    | (?P<string>\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\))  # a window's title, a link, a picture
    | (?P<other>\x1b[ -/]*[0-~])
    | (?P<control>[\r\n\b\t\x00-\x1f\x7f])
    | (?P<text>[^\x00-\x1f\x7f]+)
    """,
    re.VERBOSE,
)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_TAB = 8
# A program may move the cursor a billion places away; no reader follows it there.
_FARTHEST = 9999


def as_terminal_leaves_it(text: str) -> str:
    """`text` as it stands on an endless screen once all of it was written."""
    text = text.replace("\r\n", "\n")
    if not _CONTROL.search(text.replace("\t", " ")):
        return text
    screen = _Screen()
    for part in _PART.finditer(text):
        if part["text"]:
            screen.put(part["text"])
        elif part["control"]:
            screen.control(part["control"])
        elif part["sequence"]:
            screen.sequence(part["parameters"], part["final"])
    return screen.text()


class _Screen:
    """Rows of characters that grow as needed, and a cursor."""

    def __init__(self) -> None:
        self._rows: list[list[str]] = [[]]
        self._row = 0
        self._column = 0

    def text(self) -> str:
        return "\n".join("".join(row).rstrip() for row in self._rows)

    def put(self, text: str) -> None:
        row = self._rows[self._row]
        if len(row) < self._column:
            row.extend(" " * (self._column - len(row)))
        row[self._column : self._column + len(text)] = text
        self._column += len(text)

    def control(self, character: str) -> None:
        match character:
            case "\n":
                self._move_to_row(self._row + 1)
                self._column = 0
            case "\r":
                self._column = 0
            case "\b":
                self._column = max(0, self._column - 1)
            case "\t":
                self._column += _TAB - self._column % _TAB

    def sequence(self, parameters: str, final: str) -> None:
        first = parameters.partition(";")[0]
        number = min(int(first[:9]), _FARTHEST) if first.isdecimal() else 0
        match final:
            case "A":
                self._row = max(0, self._row - max(1, number))
            case "B":
                farthest = max(len(self._rows) - 1, _FARTHEST)
                self._move_to_row(min(self._row + max(1, number), farthest))
            case "C":
                farthest = max(self._column, _FARTHEST)
                self._column = min(self._column + max(1, number), farthest)
            case "D":
                self._column = max(0, self._column - max(1, number))
            case "G":
                self._column = max(1, number) - 1
            case "K":
                self._erase_in_line(number)
            case "J":
                self._erase_in_display(number)

    def _move_to_row(self, row: int) -> None:
        self._row = row
        while len(self._rows) <= row:
            self._rows.append([])

    def _erase_in_line(self, mode: int) -> None:
        row = self._rows[self._row]
        if mode == 0:
            del row[self._column :]
        elif mode == 1:
            row[: self._column + 1] = " " * min(len(row), self._column + 1)
        else:
            row.clear()

    def _erase_in_display(self, mode: int) -> None:
        if mode == 0:
            del self._rows[self._row + 1 :]
            self._erase_in_line(0)
        elif mode == 1:
            self._rows[: self._row] = [[] for _ in range(self._row)]
            self._erase_in_line(1)
        elif mode in {2, 3}:
            self._rows = [[]]
            self._row = 0
