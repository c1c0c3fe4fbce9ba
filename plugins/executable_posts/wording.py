"""How messages put numbers, durations and long names, in ASCII: some terminals know no more."""

from rich.cells import cell_len

_GAP = "..."


def count(number: int, noun: str) -> str:
    """``1 cell``, ``2 cells``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """`seconds` as precisely as a person wants to know them: ``1.2 s``, ``3 min 5 s``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def fit(text: str, width: int) -> str:
    """`text` in one line of at most `width` columns, shortened in the middle.

    More is kept of its end: of a path, that is the name of the file.
    """
    # A file's name may hold a line feed, and half a character that its encoding does not know.
    text = "".join(character if character.isprintable() else "?" for character in text)
    if cell_len(text) <= width:
        return text
    if width <= len(_GAP):
        return _GAP[: max(0, width)]
    begin = _longest(text, (width - len(_GAP)) // 3)
    end = _longest(text[::-1], width - len(_GAP) - cell_len(begin))[::-1]
    return f"{begin}{_GAP}{end}"


def _longest(text: str, width: int) -> str:
    """As much of the beginning of `text` as fits `width` columns."""
    taken = 0
    for index, character in enumerate(text):
        taken += cell_len(character)
        if taken > width:
            return text[:index]
    return text


def padded(text: str, width: int) -> str:
    """`text` with spaces behind it up to `width` columns; some characters take two."""
    return text + " " * (width - cell_len(text))
