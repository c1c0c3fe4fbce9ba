"""What a terminal shows after a stream was written to it.

Progress bars overwrite themselves with ``\\r``, ``\\b`` and cursor movements; a reader is to see
the last state only. Carried out are CR, LF, BS, TAB and, of ECMA-48, CUU, CUD, CUF, CUB, CNL, CPL,
CHA, CUP, EL, ED, ECH, DCH and ICH, saving and restoring the cursor, and of SGR what `looks` knows;
all other control sequences are left out. There is no right margin and no end below: what a notebook
shows has neither, and so a fixed screen, such as pyte's, would cut and scroll away what is seen.
"""

import re

from .looks import look_after
from .styled import Mark, Styled

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
    return styled_as_terminal_leaves_it(text).text


def styled_as_terminal_leaves_it(text: str) -> Styled:
    """The same, with its colours."""
    text = text.replace("\r\n", "\n")
    if not _CONTROL.search(text.replace("\t", " ")):
        return Styled(text)
    screen = _Screen()
    for part in _PART.finditer(text):
        if part["text"]:
            screen.put(part["text"])
        elif part["control"]:
            screen.control(part["control"])
        elif part["sequence"]:
            screen.sequence(part["parameters"], part["final"])
        elif part["other"]:
            screen.escape(part["other"][1:])
    return screen.styled()


class _Row:
    """The characters of a row, and the look of each."""

    def __init__(self) -> None:
        self.characters: list[str] = []
        self.looks: list[str] = []

    def __len__(self) -> int:
        return len(self.characters)

    def fill_up_to(self, column: int) -> None:
        missing = column - len(self)
        if missing > 0:
            self.replace(len(self), len(self), " " * missing, "")

    def replace(self, start: int, end: int, text: str, look: str) -> None:
        self.characters[start:end] = text
        self.looks[start:end] = [look] * len(text)


class _Screen:
    """Rows of characters that grow as needed, and a cursor."""

    def __init__(self) -> None:
        self._rows = [_Row()]
        self._row = 0
        self._column = 0
        self._look = ""
        self._saved = (0, 0)

    def styled(self) -> Styled:
        texts = []
        marks: list[Mark] = []
        position = 0
        for row in self._rows:
            text = "".join(row.characters).rstrip()
            marks += _marks(row.looks[: len(text)], position)
            texts.append(text)
            position += len(text) + 1
        return Styled("\n".join(texts), tuple(marks))

    def put(self, text: str) -> None:
        row = self._rows[self._row]
        row.fill_up_to(self._column)
        row.replace(self._column, self._column + len(text), text, self._look)
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

    def escape(self, final: str) -> None:
        match final:
            case "7":
                self._saved = (self._row, self._column)
            case "8":
                self._restore()

    def sequence(self, parameters: str, final: str) -> None:
        numbers = _numbers(parameters)
        number = numbers[0]
        match final:
            case "m":
                self._look = look_after(self._look, parameters)
            case "s":
                self._saved = (self._row, self._column)
            case "u" if not parameters:
                self._restore()
            case "K":
                self._erase_in_line(number)
            case "J":
                self._erase_in_display(number)
            case "X" | "P" | "@":
                self._edit_line(max(1, number), final)
            case _:
                self._move(numbers, final)

    def _move(self, numbers: list[int], final: str) -> None:
        count = max(1, numbers[0])
        match final:
            case "A" | "F":
                self._row = max(0, self._row - count)
            case "B" | "E":
                farthest = max(len(self._rows) - 1, _FARTHEST)
                self._move_to_row(min(self._row + count, farthest))
            case "C":
                farthest = max(self._column, _FARTHEST)
                self._column = min(self._column + count, farthest)
            case "D":
                self._column = max(0, self._column - count)
            case "G":
                self._column = count - 1
            case "H" | "f":
                self._move_to_row(count - 1)
                self._column = max(1, numbers[1] if len(numbers) > 1 else 1) - 1
        if final in {"E", "F"}:
            self._column = 0

    def _restore(self) -> None:
        row, self._column = self._saved
        self._move_to_row(row)

    def _move_to_row(self, row: int) -> None:
        self._row = row
        while len(self._rows) <= row:
            self._rows.append(_Row())

    def _edit_line(self, count: int, final: str) -> None:
        row = self._rows[self._row]
        column = self._column
        if column >= len(row):
            return
        match final:
            case "X":
                end = min(len(row), column + count)
                row.replace(column, end, " " * (end - column), "")
            case "P":
                row.replace(column, column + count, "", "")
            case "@":
                row.replace(column, column, " " * count, "")

    def _erase_in_line(self, mode: int) -> None:
        row = self._rows[self._row]
        if mode == 0:
            row.replace(self._column, len(row), "", "")
        elif mode == 1:
            end = min(len(row), self._column + 1)
            row.replace(0, end, " " * end, "")
        else:
            row.replace(0, len(row), "", "")

    def _erase_in_display(self, mode: int) -> None:
        if mode == 0:
            del self._rows[self._row + 1 :]
            self._erase_in_line(0)
        elif mode == 1:
            self._rows[: self._row] = [_Row() for _ in range(self._row)]
            self._erase_in_line(1)
        elif mode in {2, 3}:
            self._rows = [_Row()]
            self._row = 0


def _numbers(parameters: str) -> list[int]:
    """The parameters of a sequence; 0 for one that is left out or is no number."""
    numbers = (part[:9] for part in parameters.split(";"))
    return [min(int(part), _FARTHEST) if part.isdecimal() else 0 for part in numbers]


def _marks(looks: list[str], position: int) -> list[Mark]:
    """The marks of a row that begins at `position` of the text."""
    marks = []
    start = 0
    for column in range(1, len(looks) + 1):
        if column == len(looks) or looks[column] != looks[start]:
            if looks[start]:
                marks.append(Mark(position + start, position + column, looks[start]))
            start = column
    return marks
