"""Colours of a terminal (SGR, ECMA-48 §8.3.117) → names of classes that a style sheet draws.

There are the eight colours of a terminal, bright ones among them, since only for a known colour a
style sheet can promise enough contrast on a light page and on a dark one. Any of the 256 colours
and every RGB colour becomes the nearest. Text on a coloured ground has the page's own colour.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")

# The colours as a terminal draws them, dark and bright, to find the nearest.
_RGB = (
    (0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170),
    (170, 170, 170), (85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255),
    (255, 85, 255), (85, 255, 255), (255, 255, 255),
)  # fmt: skip
_FACES = {
    1: "ansi-bold",
    3: "ansi-italic",
    4: "ansi-underline",
    7: "ansi-inverse",
    9: "ansi-strike",
}
_ENDS = {22: "ansi-bold", 23: "ansi-italic", 24: "ansi-underline", 27: "ansi-inverse",
         29: "ansi-strike"}  # fmt: skip
_TEXT, _GROUND = "ansi-", "ansi-on-"
_BRIGHT = {*range(90, 98), *range(100, 108)}
_NUMBER = re.compile(r"\d{1,4}")


@lru_cache(maxsize=1024)
def look_after(look: str, parameters: str) -> str:
    """The look of what is written after the sequence ``CSI parameters m``, where it was `look`."""
    classes = set(look.split())
    codes = iter([*_codes(parameters)] or [0])
    for code in codes:
        if code == 0:
            classes.clear()
        elif code in _FACES:
            classes.add(_FACES[code])
        elif code in _ENDS:
            classes.discard(_ENDS[code])
        elif code // 10 in {3, 4} or code in _BRIGHT:
            _colour(classes, code, codes)
    return " ".join(sorted(classes))


def _codes(parameters: str) -> Iterator[int]:
    # With colons an RGB colour may name its colour space first: 38:2::255:0:0
    plain = re.sub(r"(?<=[34]8:2:)\d*:(?=\d+:\d+:\d+)", "", parameters)
    for part in re.split("[;:]", plain):
        yield int(part) if _NUMBER.fullmatch(part) else 0


def _colour(classes: set[str], code: int, codes: Iterator[int]) -> None:
    ground = code // 10 in {4, 10}
    prefix = _GROUND if ground else _TEXT
    names = {prefix + name for name in COLOURS}
    if code % 10 == 8 and code < 90:
        number = _extended(codes)
    elif code % 10 == 9:
        number = None
    else:
        number = code % 10
    classes -= names
    if number is not None:
        classes.add(prefix + COLOURS[number])


def _extended(codes: Iterator[int]) -> int | None:
    """The colour that the codes behind 38 or 48 mean."""
    match next(codes, None):
        case 5:
            return _of_256(next(codes, 0))
        case 2:
            return nearest(next(codes, 0), next(codes, 0), next(codes, 0))
    return None


def _of_256(number: int) -> int:
    if number < 16:
        return number % 8
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return nearest(grey, grey, grey)
    number -= 16
    red, green, blue = (
        0 if level == 0 else 55 + 40 * level
        for level in (number // 36, number // 6 % 6, number % 6)
    )
    return nearest(red, green, blue)


def nearest(red: int, green: int, blue: int) -> int:
    """The position in `COLOURS` of the one that is nearest to an RGB colour (each 0 to 255)."""
    distances = [(red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2 for r, g, b in _RGB]
    return distances.index(min(distances)) % 8


_DECLARATION = re.compile(r"(?P<name>[a-z-]+)\s*:\s*(?P<value>[^;]+)")
_CSS_COLOUR = re.compile(
    r"#(?P<long>[0-9a-f]{6})(?:[0-9a-f]{2})?|#(?P<short>[0-9a-f]{3})[0-9a-f]?"
    r"|rgba?\(\s*(?P<r>\d{1,3})[\s,]+(?P<g>\d{1,3})[\s,]+(?P<b>\d{1,3})\b.*\)"
)
_CSS_FACES = {
    ("font-weight", "bold"): "ansi-bold",
    ("font-weight", "600"): "ansi-bold",
    ("font-weight", "700"): "ansi-bold",
    ("font-style", "italic"): "ansi-italic",
    ("text-decoration", "underline"): "ansi-underline",
    ("text-decoration", "line-through"): "ansi-strike",
    ("text-align", "left"): "align-left",
    ("text-align", "right"): "align-right",
    ("text-align", "center"): "align-center",
}


def look_of_css(style: str) -> Iterator[str]:
    """The classes that stand for what a ``style`` attribute says of colours and faces."""
    for found in _DECLARATION.finditer(style.lower()):
        name, value = found["name"], found["value"].replace("!important", "").strip()
        if (name, value) in _CSS_FACES:
            yield _CSS_FACES[name, value]
        elif name in {"color", "background-color", "background"}:
            number = _of_css(value)
            if number is not None:
                yield (_TEXT if name == "color" else _GROUND) + COLOURS[number]


def _of_css(value: str) -> int | None:
    """The position of the nearest colour; of one that is as good as black or white, none.

    Those are what the page has by itself, the other way round in the dark.
    """
    found = _CSS_COLOUR.fullmatch(value)
    if found is None:
        return COLOURS.index(value) if value in COLOURS[1:-1] else None
    if found["r"]:
        red, green, blue = (min(255, int(found[name])) for name in "rgb")
    else:
        digits = found["long"] or "".join(2 * digit for digit in found["short"])
        red, green, blue = (int(digits[place : place + 2], 16) for place in (0, 2, 4))
    number = nearest(red, green, blue)
    return number if COLOURS[number] not in {"black", "white"} else None
