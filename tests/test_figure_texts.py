"""What a Matplotlib figure says of itself: facts, and how they go out with the picture."""

from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from executable_posts.kernels.inside.figure_texts import bundle, describe
from matplotlib.figure import Figure

ROWS = np.arange(12.0).reshape(3, 4)


@pytest.fixture(autouse=True)
def _no_screen() -> Iterator[None]:
    with mpl.rc_context({"backend": "agg"}):
        yield


def only(draw: Callable[[Any], object], **subplot: Any) -> dict[str, Any]:
    """The facts about the one axes in which `draw` drew."""
    figure = Figure()
    draw(figure.add_subplot(**subplot))
    figure.draw_without_rendering()
    described = describe(figure)
    assert described.keys() <= {"axes", "scale"}
    [facts] = described.get("axes", [{}])
    assert isinstance(facts, dict)
    return facts


def test_a_figure_without_words_and_charts_says_nothing() -> None:
    assert describe(Figure()) == {}
    figure = Figure()
    figure.subplots(2, 2)
    assert describe(figure) == {}


@pytest.mark.parametrize(
    "words",
    [
        {"title": "Perda"},
        {"title": "Curva", "xlabel": "época", "ylabel": "perda"},
        {"title": "Perda $L_2$ de 100%"},
    ],
)
def test_title_and_labels_of_the_axes(words: dict[str, str]) -> None:
    names = {name.removesuffix("label"): word for name, word in words.items()}
    assert only(lambda axes: axes.set(**words)) == names


def test_words_are_in_one_line() -> None:
    assert only(lambda axes: axes.set_title("Perda\n de  hoje")) == {"title": "Perda de hoje"}


@pytest.mark.parametrize("place", ["left", "center", "right"])
def test_a_title_counts_wherever_it_stands(place: Any) -> None:
    assert only(lambda axes: axes.set_title("Perda", loc=place)) == {"title": "Perda"}


def test_the_title_of_the_figure_stands_above_all() -> None:
    figure = Figure()
    figure.suptitle("Treino")
    left, right = figure.subplots(1, 2)
    left.set_title("Perda")
    right.set_title("Acerto")
    axes = [{"title": "Perda"}, {"title": "Acerto"}]
    assert describe(figure) == {"title": "Treino", "axes": axes}


def test_the_legend_names_the_series() -> None:
    def drawn(axes: Any) -> None:
        axes.plot([1, 2], label="treino")
        axes.plot([2, 1], label="validação")
        axes.plot([2, 2])
        axes.legend()

    assert only(drawn) == {"charts": {"line": 3}, "names": ["treino", "validação"]}


def test_what_no_legend_shows_names_nothing() -> None:
    assert only(lambda axes: axes.plot([1, 2], label="treino")) == {"charts": {"line": 1}}


def test_the_legend_of_the_figure_counts() -> None:
    figure = Figure()
    figure.subplots().plot([1, 2], label="treino")
    figure.legend()
    assert describe(figure)["axes"] == [{"charts": {"line": 1}, "names": ["treino"]}]


def test_a_colour_bar_is_no_chart_but_has_a_label() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.set_title("Confusão")
    figure.colorbar(axes.imshow([[0, 1], [2, 3]]), label="casos")
    assert describe(figure) == {
        "axes": [{"title": "Confusão", "charts": {"heatmap": 1}}],
        "scale": "casos",
    }


def levels(axes: Any) -> None:
    axes.plot([1, 2, 3])
    axes.axhline(2)
    axes.axvline(1)
    axes.axline((0, 0), slope=1)
    axes.axhspan(1, 2)


def band(axes: Any) -> None:
    axes.plot([1, 2, 3])
    axes.fill_between([0, 1, 2], [0, 1, 2], [2, 3, 4])


CHARTS: dict[str, tuple[Callable[[Any], object], dict[str, int]]] = {
    "lines": (lambda axes: axes.plot([1, 2], [[1, 2], [2, 1]]), {"line": 2}),
    "points, as a line": (lambda axes: axes.plot([1, 2], "o"), {"points": 1}),
    "points": (lambda axes: axes.scatter([1, 2], [1, 2], c=[1, 2]), {"points": 1}),
    "both": (lambda axes: (axes.plot([1]), axes.scatter([1], [1])), {"line": 1, "points": 1}),
    "levels are no series": (levels, {"line": 1}),
    "a band is no series": (band, {"line": 1}),
    "nothing in a line": (lambda axes: axes.plot([], []), {}),
    "bars": (lambda axes: axes.bar(["a", "b", "c", "d"], [1, 2, 3, 2]), {"bar": 1}),
    "lying bars": (lambda axes: axes.barh(range(4), range(4)), {"bar": 1}),
    "bars in groups": (
        lambda axes: (axes.bar([0, 1], [1, 2], 0.4), axes.bar([0.4, 1.4], [2, 1], 0.4)),
        {"bar": 2},
    ),
    "histogram": (lambda axes: axes.hist([1, 2, 2, 3]), {"histogram": 1}),
    "lying histogram": (
        lambda axes: axes.hist([1, 2, 2, 3], orientation="horizontal"),
        {"histogram": 1},
    ),
    "histogram as steps": (lambda axes: axes.hist([1, 2, 2], histtype="step"), {"histogram": 1}),
    "stairs": (lambda axes: axes.stairs([1, 2, 3]), {"histogram": 1}),
    "errors": (lambda axes: axes.errorbar([1, 2], [1, 2], [0.1, 0.2], capsize=2), {"line": 1}),
    "errors of points": (lambda axes: axes.errorbar([1], [1], [0.1], fmt="o"), {"points": 1}),
    "stems": (lambda axes: axes.stem([1, 2, 3]), {"points": 1}),
    "boxes": (lambda axes: axes.boxplot([[1, 2, 3, 9], [2, 3, 4, 5]]), {"box": 2}),
    "filled boxes": (lambda axes: axes.boxplot([[1, 2, 3]], patch_artist=True), {"box": 1}),
    "violins": (lambda axes: axes.violinplot([[1, 2, 3], [2, 3, 4]]), {"violin": 2}),
    "pie": (lambda axes: axes.pie([1, 2, 3]), {"pie": 1}),
    "image": (lambda axes: axes.imshow(ROWS), {"image": 1}),
    "mesh": (lambda axes: axes.pcolormesh(ROWS), {"heatmap": 1}),
    "histogram in two dimensions": (lambda axes: axes.hist2d([1, 2], [1, 2]), {"heatmap": 1}),
    "hexagons": (lambda axes: axes.hexbin([1, 2, 3], [1, 2, 3]), {"heatmap": 1}),
    "contours": (lambda axes: axes.contour(ROWS), {"contour": 1}),
    "filled contours": (lambda axes: axes.contourf(ROWS), {"contour": 1}),
    "arrows": (lambda axes: axes.quiver([1, 2], [1, 2], [1, 1], [1, 1]), {"vectors": 1}),
    "areas": (lambda axes: axes.stackplot([1, 2], [[1, 2], [2, 1]]), {"area": 2}),
    "words alone": (lambda axes: axes.text(0, 0, "a"), {}),
}


@pytest.mark.parametrize(("draw", "charts"), CHARTS.values(), ids=CHARTS.keys())
def test_the_kinds_of_chart_are_known(
    draw: Callable[[Any], object], charts: dict[str, int]
) -> None:
    assert only(draw).get("charts", {}) == charts


def test_kinds_in_three_dimensions_are_known() -> None:
    def surface(axes: Any) -> None:
        grid = np.meshgrid([0.0, 1, 2], [0.0, 1, 2])
        axes.plot_surface(*grid, grid[0] * grid[1])

    space = {"projection": "3d"}
    assert only(surface, **space) == {"charts": {"surface": 1}}
    assert only(lambda axes: axes.scatter([1], [1], [1]), **space) == {"charts": {"points": 1}}


# How the facts go out with the picture


def test_facts_are_metadata_of_the_picture() -> None:
    figure = Figure()
    figure.suptitle("Perda")
    assert bundle(figure) == ({}, {"executable_posts": {"figure": {"title": "Perda"}}})


def test_a_figure_without_facts_goes_out_as_it_would_without_us() -> None:
    assert bundle(Figure()) == ({}, {})


def test_a_figure_that_cannot_be_described_goes_out_as_it_would_without_us() -> None:
    assert bundle(object()) == ({}, {})
