"""Every colour of an output can be read (WCAG 2.2, 1.4.3), on a light page and on a dark one."""

import re
from itertools import product
from pathlib import Path

import pytest
from executable_posts.looks import COLOURS

CSS = (
    Path(__file__).resolve().parent.parent
    / "plugins"
    / "executable_posts"
    / "static"
    / "outputs.css"
)
PAIR = re.compile(r"--(?P<name>[\w-]+): light-dark\((?P<light>#\w{6}), (?P<dark>#\w{6})\);")
PAIRS = {one["name"]: (one["light"], one["dark"]) for one in PAIR.finditer(CSS.read_text("utf-8"))}
# The darkest ground that a light page may have under an output, and the lightest of a dark one.
PAGES = ("#f4f1ea", "#202329")
SCHEMES = (0, 1)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_every_class_has_its_colour() -> None:
    assert {f"ansi-{name}" for name in COLOURS} | {f"ansi-on-{name}" for name in COLOURS} < {*PAIRS}
    rules = CSS.read_text("utf-8")
    for name in COLOURS:
        assert f".ansi-{name} " in rules
        assert f".ansi-on-{name} " in rules


@pytest.mark.parametrize(("name", "scheme"), list(product(COLOURS, SCHEMES)))
def test_coloured_text_can_be_read(name: str, scheme: int) -> None:
    assert contrast(PAIRS[f"ansi-{name}"][scheme], PAGES[scheme]) >= 4.5


@pytest.mark.parametrize(("name", "scheme"), list(product(COLOURS, SCHEMES)))
def test_text_on_a_coloured_ground_can_be_read(name: str, scheme: int) -> None:
    assert contrast(PAIRS["ansi-on"][scheme], PAIRS[f"ansi-on-{name}"][scheme]) >= 4.5


def test_nothing_is_fetched_from_another_host() -> None:
    assert not re.search(r"url\(|@import|//", re.sub(r"/\*.*?\*/", "", CSS.read_text("utf-8")))
