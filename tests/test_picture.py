"""The element in which a browser finds the file that suits its reader."""

import re

import pytest
from executable_posts.figures import Figure, Variant
from executable_posts.picture import picture, with_saved

WEBP = Variant("assets/a.webp", b"", "image/webp", 960)
HALF = Variant("assets/a.half.webp", b"", "image/webp", 480)
SVG = Variant("assets/a.svg", b"", "image/svg+xml")
DARK = Variant("assets/a.dark.png", b"", "image/png", 960, dark=True)
DARK_WEBP = Variant("assets/a.dark.webp", b"", "image/webp", 960, dark=True)


def figure(*variants: Variant, size: tuple[int, int] | None = (960, 600)) -> Figure:
    return Figure("assets/a.png", b"", size, variants)


IMAGE = '<img src="{static}/assets/a.png" alt="Perda" width="960" height="600">'


def test_without_variants_it_is_an_image() -> None:
    assert picture(figure(), "Perda", lazy=False) == IMAGE
    late = picture(figure(), "Perda", lazy=True)
    assert late == IMAGE.replace(">", ' loading="lazy">')


def test_the_png_is_for_those_who_know_nothing_lighter() -> None:
    assert picture(figure(WEBP), "Perda", lazy=False) == (
        f'<picture><source type="image/webp" srcset="{{static}}/assets/a.webp">{IMAGE}</picture>'
    )


def test_of_several_widths_the_browser_chooses() -> None:
    assert (
        'srcset="{static}/assets/a.half.webp 480w, {static}/assets/a.webp 960w" '
        'sizes="(max-width: 960px) 100vw, 960px"'
    ) in picture(figure(HALF, WEBP), "Perda", lazy=False)


def test_dark_pages_come_first_and_can_be_switched_by_a_script() -> None:
    seen = picture(figure(WEBP, DARK_WEBP, DARK), "Perda", lazy=False)
    assert re.findall(r'<source type="image/(\w+)"( media="[^"]*" data-scheme="dark")?', seen) == [
        ("webp", ' media="(prefers-color-scheme: dark)" data-scheme="dark"'),
        ("png", ' media="(prefers-color-scheme: dark)" data-scheme="dark"'),
        ("webp", ""),
    ]


def test_a_name_cannot_break_out_of_a_list_of_addresses() -> None:
    odd = Variant('assets/a, "b".webp', b"", "image/webp")
    assert 'srcset="{static}/assets/a%2C%20%22b%22.webp"' in picture(figure(odd), "", lazy=False)


# What cells saved and the prose shows

SAVED = {"perda.png": figure(), "gr%C3%A1fico.png": figure(WEBP), "{static}c.png": figure()}
LAZY = ' width="960" height="600" loading="lazy">'


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            '<p>a <img alt="Perda" src="perda.png"> b</p>',
            '<p>a <img alt="Perda" src="{static}/assets/a.png"' + LAZY + " b</p>",
        ),
        (
            '<img alt="Perda" src="perda.png" title="T" />',
            '<img alt="Perda" src="{static}/assets/a.png" title="T"' + LAZY,
        ),
        (
            "<img src='{static}c.png'>",
            "<img src='{static}/assets/a.png'" + LAZY,
        ),
        (
            '<img src="gráfico.png">',
            '<picture><source type="image/webp" srcset="{static}/assets/a.webp">'
            '<img src="{static}/assets/a.png"' + LAZY + "</picture>",
        ),
        (
            '<img src="perda.png" width="100" loading="eager">',
            '<img src="{static}/assets/a.png" width="100" loading="eager">',
        ),
    ],
)
def test_an_image_of_the_author_becomes_the_figure_and_keeps_its_words(
    html: str, expected: str
) -> None:
    assert with_saved(html, SAVED) == expected


@pytest.mark.parametrize(
    "html",
    [
        '<img src="outra.png">',
        '<a href="perda.png">perda.png</a>',
        "<code>&lt;img src=&quot;perda.png&quot;&gt;</code>",
        '<img data-src="perda.png" src="outra.png">',
    ],
)
def test_everything_else_stays(html: str) -> None:
    assert with_saved(html, SAVED) == html
    assert with_saved(html, {}) == html
