"""Figures for dark pages: neutrals are turned, colours can be seen, the figure stays as it was."""

import base64
import io
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from executable_posts import figures
from executable_posts.kernels.inside.dark import (
    GROUND,
    INK,
    MIME_TYPES,
    darkened,
    pictures,
    turned,
)
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import style
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from PIL import Image

PARTS = st.floats(0, 1)


@pytest.fixture(autouse=True)
def _no_screen() -> Iterator[None]:
    with mpl.rc_context({"backend": "agg"}):
        yield


def test_kernel_and_page_call_dark_variants_alike() -> None:
    assert MIME_TYPES == figures.DARK


def contrast(colour: Any) -> float:
    def luminance(rgb: Any) -> float:
        parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in rgb[:3]]
        return float(np.dot(parts, (0.2126, 0.7152, 0.0722)))

    return (luminance(colour) + 0.05) / (luminance(GROUND) + 0.05)


def test_black_becomes_ink_and_white_the_ground() -> None:
    assert darkened((0, 0, 0, 1)) == (*INK, 1)
    assert darkened((1, 1, 1, 0.5)) == pytest.approx((*GROUND, 0.5))
    assert contrast(INK) > 12


@given(PARTS, PARTS, PARTS, PARTS)
def test_every_colour_can_be_seen_and_keeps_its_alpha(
    red: float, green: float, blue: float, alpha: float
) -> None:
    *shown, same = darkened((red, green, blue, alpha))
    assert same == alpha
    assert all(0 <= part <= 1 for part in shown)
    if max(red, green, blue) - min(red, green, blue) > 0.12:
        assert contrast(shown) >= 3 - 1e-9


@given(PARTS, PARTS)
def test_what_is_darker_on_white_is_lighter_on_dark(one: float, other: float) -> None:
    first, second = darkened((one,) * 3 + (1,)), darkened((other,) * 3 + (1,))
    if one < other:
        assert first[0] >= second[0]


@pytest.mark.parametrize("colour", ["tab:blue", "tab:orange", "#D55E00", "gold"])
def test_a_colour_that_can_be_seen_stays(colour: str) -> None:
    assert darkened(to_rgba(colour)) == to_rgba(colour)


# Figures


def drawing(draw: Callable[[Any], object], **options: Any) -> Figure:
    figure = Figure(figsize=(3, 2), dpi=50, **options)
    draw(figure.subplots())
    return figure


def pixels(figure: Figure) -> Image.Image:
    file = io.BytesIO()
    figure.savefig(file, facecolor=figure.get_facecolor())
    return Image.open(file).convert("RGBA")


def everything(axes: Any) -> None:
    axes.plot([1, 2, 3], "o-", color="k", label="a")
    axes.plot([3, 2, 1], color="navy", markerfacecolor="white", marker="s")
    axes.bar([0, 1, 2], [1, 2, 3], alpha=0.3)
    axes.bar([0, 1, 2], [1, 1, 1], color="lightgray", edgecolor="black", hatch="//")
    axes.fill_between([0, 1], [0, 1], alpha=0.2)
    axes.scatter([0, 1], [1, 2], c=[0, 1], cmap="gray")
    axes.scatter([0, 1], [2, 1], color="0.5")
    axes.vlines([1], 0, 2, color="0.2")
    axes.annotate("b", (1, 1), (2, 2), arrowprops={"arrowstyle": "->"}, bbox={"fc": "white"})
    axes.table([["c"]])
    axes.grid()
    axes.legend()
    axes.set(title="t", xlabel="x", ylabel="y")


def test_the_figure_is_what_it_was() -> None:
    figure = drawing(everything)
    before = pixels(figure)
    with turned(figure):
        assert pixels(figure) != before
    assert pixels(figure).tobytes() == before.tobytes()


def surface(axes: Any) -> None:
    grid = np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 5))
    axes.plot_surface(*grid, grid[0] * grid[1])


def contours(axes: Any) -> None:
    axes.contour(np.arange(12.0).reshape(3, 4), colors=["black", "0.3"])
    axes.clabel(axes.contour(np.arange(12.0).reshape(4, 3)))


@pytest.mark.parametrize(
    ("draw", "projection"),
    [
        (surface, "3d"),
        (contours, "rectilinear"),
        (lambda axes: axes.contourf(np.arange(12.0).reshape(3, 4)), "rectilinear"),
        (lambda axes: axes.plot([1, 2, 3]), "polar"),
        (lambda axes: axes.pie([1, 2], labels=["a", "b"]), "rectilinear"),
        (lambda axes: axes.quiver([1], [1], [1], [1]), "rectilinear"),
        (lambda axes: axes.hexbin([1, 2, 3], [1, 2, 3]), "rectilinear"),
        (lambda axes: axes.violinplot([[1, 2, 3]]), "rectilinear"),
    ],
)
def test_figures_of_every_kind_are_what_they_were(
    draw: Callable[[Any], object], projection: str
) -> None:
    figure = Figure(figsize=(3, 2), dpi=50)
    draw(figure.add_subplot(projection=projection))
    before = pixels(figure)
    with turned(figure):
        dark = pixels(figure)
    assert np.asarray(dark)[0, 0, 0] < 40
    assert pixels(figure).tobytes() == before.tobytes()


def test_contours_in_colours_that_the_code_names_are_turned() -> None:
    figure = drawing(lambda axes: axes.contour(np.arange(12.0).reshape(3, 4), colors="black"))
    with turned(figure):
        [found] = figure.axes[0].collections
        found.update_scalarmappable()
        assert found.get_edgecolor()[0] == pytest.approx((*INK, 1))


def test_what_is_written_beside_points_is_turned_though_data_colour_them() -> None:
    def named(axes: Any) -> None:
        axes.scatter([0, 1], [0, 1], c=[0, 1])
        axes.text(0, 0, "a")

    figure = drawing(named)
    with turned(figure):
        assert figure.axes[0].texts[0].get_color() == (*INK, 1)


def test_the_shades_of_a_surface_stay() -> None:
    figure = Figure()
    surface(figure.add_subplot(projection="3d"))
    [collection] = figure.axes[0].collections
    before = np.array(collection.get_facecolor())
    with turned(figure):
        assert (np.array(collection.get_facecolor()) == before).all()


def test_an_error_while_it_is_turned_leaves_it_as_it_was() -> None:
    figure = drawing(everything)
    before = pixels(figure)
    with pytest.raises(ZeroDivisionError), turned(figure):
        raise ZeroDivisionError
    assert pixels(figure).tobytes() == before.tobytes()


def test_a_dark_figure_has_a_dark_ground_and_light_ink() -> None:
    figure = drawing(everything)
    with turned(figure):
        dark = pixels(figure).convert("L")
    counts = dark.histogram()
    assert sum(counts[:60]) > sum(counts) / 2
    assert sum(counts[200:])
    assert np.asarray(dark)[0, 0] < 40


def test_nothing_light_is_left_of_what_was_white_and_nothing_dark_of_what_was_black() -> None:
    def text(axes: Any) -> None:
        axes.set(title="t", xlabel="x", ylabel="y", xticks=[0, 1])

    figure = drawing(text, facecolor="white")
    with turned(figure):
        seen = {tuple(colour) for colour in np.asarray(pixels(figure)).reshape(-1, 4)}
    low = tuple(round(part * 255) for part in GROUND)
    high = tuple(round(part * 255) for part in INK)
    for colour in seen:
        assert all(
            below <= part <= above for below, part, above in zip(low, colour[:3], high, strict=True)
        )


def test_a_picture_and_the_text_upon_it_stay() -> None:
    def matrix(axes: Any) -> None:
        axes.imshow([[0.0, 1.0], [1.0, 0.0]], cmap="gray")
        axes.text(0, 0, "9", color="white")
        axes.text(1, 0, "1", color="black")

    figure = drawing(matrix)
    figure.draw_without_rendering()
    with turned(figure):
        [axes] = figure.axes
        assert [text.get_color() for text in axes.texts] == ["white", "black"]
        assert axes.xaxis.get_ticklabels()[0].get_color() == (*INK, 1)
        box = axes.get_window_extent()
        image = pixels(figure).convert("L")
        row = image.height - round(box.y0 + box.height / 4)
        assert image.getpixel((round(box.x0 + box.width / 4), row)) == 255
        assert image.getpixel((round(box.x0 + 3 * box.width / 4), row)) == 0


@pytest.mark.parametrize("formats", [{"png"}, {"svg", "png"}, {"retina"}, {"jpeg"}])
def test_dark_variants_have_the_formats_of_the_figure(
    formats: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib_inline.config import InlineBackend

    monkeypatch.setattr(InlineBackend.instance(), "figure_formats", formats)
    found = pictures(drawing(everything))
    types = {MIME_TYPES["image/png"]}
    assert found.keys() == types | ({MIME_TYPES["image/svg+xml"]} if "svg" in formats else set())
    with Image.open(io.BytesIO(base64.b64decode(found[MIME_TYPES["image/png"]]))) as image:
        assert (image.width > 200) == ("retina" in formats)


def test_a_figure_that_is_dark_already_needs_no_variant() -> None:
    assert pictures(drawing(everything, facecolor="black")) == {}
    with style.context("dark_background"):
        assert pictures(drawing(everything, facecolor="none")) == {}
    assert pictures(Figure()) == {}


def test_a_figure_without_a_ground_has_none_on_a_dark_page_either() -> None:
    figure = drawing(everything, facecolor="none")
    with turned(figure):
        assert pixels(figure).getchannel("A").getpixel((0, 0)) == 0
