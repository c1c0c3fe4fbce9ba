"""Tables that a program wrote → tables that can be read aloud and scanned.

Header cells get their scope (HTML Living Standard, §4.9.10), columns of numbers a class.
"""

import re
from collections.abc import Iterator

from bs4 import Tag

# A number as programs print it, also of a currency or in percent: -1.234,5  1e-05  R$ 10  97.3%
_NUMBER = re.compile(
    r"[-+−]?(?:R\$|US\$|[$€£])?\s?[-+−]?(?:\d[\d.,\u00a0\u202f ]*|\.\d+)(?:[eE][-+]?\d+)?\s?%?"
)
_NO_NUMBER = {"", "nan", "none", "<na>", "nat", "inf", "-inf", "...", "…", "-", "—"}
# Beyond this a span is a mistake, and filling the grid with it would take for ever.
_WIDEST = 1000


def improve(table: Tag) -> tuple[int, int]:
    """Give `table` scopes and classes; how many rows its body has, and how many columns."""
    rows = [row for row in table.find_all("tr") if row.find_parent("table") is table]
    _lift_index_names(rows)
    rows = [row for row in rows if row.parent is not None]
    above = [row.find_parent("thead") is not None for row in rows]
    head = [row for row, is_above in zip(rows, above, strict=True) if is_above]
    body = [row for row, is_above in zip(rows, above, strict=True) if not is_above]
    for number, row in enumerate(rows):
        cells = row.find_all(["th", "td"], recursive=False)
        titles = len(cells) > 1 and all(cell.name == "th" for cell in cells)
        _name_headers(cells, above=above[number] or (number == 0 and titles))
    columns: dict[int, list[Tag]] = {}
    for column, cell in _cells(body):
        columns.setdefault(column, []).append(cell)
    numbers = {column for column, cells in columns.items() if _are_numbers(cells)}
    marked = [cell for column in numbers for cell in columns[column] if cell.name == "td"]
    marked += [
        cell for column, cell in _cells(head) if column in numbers and _span(cell, "colspan") == 1
    ]
    for cell in marked:
        add_classes(cell, "number")
    return len(body), max(columns, default=-1) + 1


def _lift_index_names(rows: list[Tag]) -> None:
    """Put the names of an index, which pandas writes in a row of their own, into the row above."""
    head = [row for row in rows if row.find_parent("thead") is not None]
    if len(head) < 2:
        return
    over, last = (row.find_all(["th", "td"], recursive=False) for row in head[-2:])
    count = sum(bool(cell.get_text().strip()) for cell in last)
    names = [cell for cell in last[:count] if cell.get_text().strip()]
    plain = all(
        _span(cell, name) == 1 for cell in [*over, *last] for name in ("colspan", "rowspan")
    )
    free = [cell for cell in over[:count] if not cell.get_text().strip()]
    if plain and len(over) == len(last) and len(names) == len(free) == count:
        for place, name in zip(free, names, strict=True):
            place.replace_with(name)
        head[-1].extract()


def add_classes(tag: Tag, *names: str) -> None:
    """Give `tag` classes beside those that it has."""
    tag["class"] = " ".join([*tag.get_attribute_list("class"), *names]).strip()


def _name_headers(cells: list[Tag], *, above: bool) -> None:
    for cell in cells:
        if cell.name != "th":
            continue
        if not cell.get_text().strip() and not cell.find(True):
            cell.name = "td"  # what has no words names nothing
        elif "scope" not in cell.attrs:
            span = _span(cell, "colspan" if above else "rowspan")
            cell["scope"] = ("col" if above else "row") + ("group" if span > 1 else "")


def _cells(rows: list[Tag]) -> Iterator[tuple[int, Tag]]:
    """Each cell with the first column that it takes."""
    taken: dict[int, int] = {}
    for row in rows:
        column = 0
        below = {place: left - 1 for place, left in taken.items() if left > 1}
        for cell in row.find_all(["th", "td"], recursive=False):
            while taken.get(column, 0) > 0:
                column += 1
            yield column, cell
            height = _span(cell, "rowspan")
            for _ in range(_span(cell, "colspan")):
                if height > 1:
                    below[column] = height - 1
                column += 1
        taken = below


def _span(cell: Tag, name: str) -> int:
    text = str(cell.get(name, "1"))
    return min(int(text), _WIDEST) if text.isdecimal() and int(text[:6]) > 0 else 1


def _are_numbers(cells: list[Tag]) -> bool:
    texts = [cell.get_text().strip() for cell in cells if cell.name == "td"]
    numbers = [text for text in texts if text.lower() not in _NO_NUMBER]
    return bool(numbers) and all(_NUMBER.fullmatch(text) for text in numbers)
