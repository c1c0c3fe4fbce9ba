"""WebP beside PNG: lossless, only where smaller, the same bytes every time."""

import io
from pathlib import Path

import pytest
from executable_posts.figures import Figure, Variant, same_pixels
from executable_posts.lighter import lighter
from PIL import Image


def png(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def plot(size: tuple[int, int] = (320, 240)) -> Image.Image:
    image = Image.new("RGB", size, "white")
    image.paste((0, 114, 178), (20, 20, 200, 60))
    return image


def photograph(size: tuple[int, int]) -> Image.Image:
    return Image.effect_noise(size, 60).convert("RGB")


def profiled() -> bytes:
    """A picture with a colour profile, which PNG packs and WebP does not."""
    return png(plot(), icc_profile=bytes(9000))


def drawn(data: bytes, *variants: Variant) -> Figure:
    return Figure("assets/a.png", data, (320, 240), variants)


def test_a_plot_gets_a_lighter_file_with_the_same_pixels(tmp_path: Path) -> None:
    figure = drawn(png(plot()))
    made = lighter(figure, tmp_path)
    [webp] = made.variants
    assert (webp.name, webp.mime, webp.width, webp.dark) == (
        "assets/a.webp", "image/webp", 320, False,
    )  # fmt: skip
    assert len(webp.data) < len(figure.data)
    assert same_pixels(webp.data, figure.data)
    assert (made.name, made.data, made.size) == (figure.name, figure.data, figure.size)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_pixels_stay_in_every_mode(tmp_path: Path, mode: str) -> None:
    image = plot().convert(mode)
    if mode in {"LA", "RGBA"}:
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    data = png(image, compress_level=0)
    [webp] = lighter(drawn(data), tmp_path).variants
    assert same_pixels(webp.data, data)


def test_what_is_not_smaller_is_not_made(tmp_path: Path) -> None:
    assert lighter(drawn(profiled()), tmp_path).variants == ()


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + b"x" * 40,
        png(Image.new("I;16", (64, 64), 300)),
        png(Image.new("RGB", (17_000, 1))),
    ],
    ids=["damaged", "sixteen bits", "too wide"],
)
def test_what_webp_cannot_hold_has_none(tmp_path: Path, data: bytes) -> None:
    assert lighter(drawn(data), tmp_path).variants == ()


def test_other_formats_have_none(tmp_path: Path) -> None:
    for name in ("assets/a.svg", "assets/a.jpg", "assets/a.gif"):
        figure = Figure(name, png(plot()), (1, 1))
        assert lighter(figure, tmp_path) == figure


def test_a_drawing_without_pixels_needs_none(tmp_path: Path) -> None:
    svg = Variant("assets/a.svg", b"<svg/>", "image/svg+xml")
    assert lighter(drawn(png(plot()), svg), tmp_path).variants == (svg,)


def test_the_variant_for_dark_pages_gets_one_too(tmp_path: Path) -> None:
    dark = Variant("assets/a.dark.png", png(plot((300, 200))), "image/png", 300, dark=True)
    made = lighter(drawn(png(plot()), dark), tmp_path)
    assert [(variant.name, variant.dark) for variant in made.variants] == [
        ("assets/a.dark.webp", True),
        ("assets/a.dark.png", True),
        ("assets/a.webp", False),
    ]


def test_half_the_width_is_made_of_photographs_and_not_of_plots(tmp_path: Path) -> None:
    made = lighter(drawn(png(photograph((1200, 100)))), tmp_path)
    assert [(variant.name, variant.width) for variant in made.variants] == [
        ("assets/a.half.webp", 600),
        ("assets/a.webp", 1200),
    ]
    with Image.open(io.BytesIO(made.variants[0].data)) as half:
        assert half.size == (600, 50)
    lines = Image.new("RGB", (1200, 100), "white")
    for column in range(0, 1200, 7):
        lines.paste("black", (column, 0, column + 1, 100))
    assert [v.name for v in lighter(drawn(png(lines)), tmp_path).variants] == ["assets/a.webp"]
    small = lighter(drawn(png(photograph((600, 100)))), tmp_path)
    assert [variant.name for variant in small.variants] == ["assets/a.webp"]


def test_it_is_encoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = [drawn(png(plot())), drawn(profiled())]
    first = [lighter(figure, tmp_path) for figure in figures]
    monkeypatch.setattr(Image, "open", None)
    assert [lighter(figure, tmp_path) for figure in figures] == first


def test_without_a_cache_it_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "webp").write_text("no folder")
    figure = drawn(png(plot()))
    assert lighter(figure, tmp_path) == lighter(figure, tmp_path / "other")
