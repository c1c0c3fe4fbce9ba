"""What a Matplotlib figure says of itself."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from executable_posts.kernels.inside import figure_texts
from executable_posts.kernels.inside.figure_texts import describe
from matplotlib.figure import Figure


@pytest.fixture(autouse=True)
def _no_screen() -> Iterator[None]:
    with mpl.rc_context({"backend": "agg"}):
        yield


def test_a_figure_without_words_says_nothing() -> None:
    assert describe(Figure()) == ""
    figure = Figure()
    figure.subplots(2, 2)
    assert describe(figure) == ""


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"title": "Perda"}, "Perda"),
        ({"xlabel": "época"}, "época"),
        ({"ylabel": "perda"}, "perda"),
        ({"xlabel": "época", "ylabel": "perda"}, "época × perda"),
        ({"title": "Curva", "ylabel": "perda"}, "Curva (perda)"),
        ({"title": "Curva", "xlabel": "época", "ylabel": "perda"}, "Curva (época × perda)"),
        ({"title": "Perda $L_2$ de 100%"}, "Perda $L_2$ de 100%"),
    ],
)
def test_title_and_labels_of_the_axes(words: dict[str, Any], text: str) -> None:
    figure = Figure()
    figure.subplots().set(**words)
    assert describe(figure) == text


@pytest.mark.parametrize("place", ["left", "center", "right"])
def test_a_title_counts_wherever_it_stands(place: Any) -> None:
    figure = Figure()
    figure.subplots().set_title("Perda", loc=place)
    assert describe(figure) == "Perda"


def test_the_title_of_the_figure_comes_first() -> None:
    figure = Figure()
    figure.suptitle("Treino")
    assert describe(figure) == "Treino"
    left, right = figure.subplots(1, 2)
    left.set_title("Perda")
    right.set_title("Acerto")
    assert describe(figure) == "Treino, Perda, Acerto"


def titled(*titles: str, above: str = "") -> Figure:
    figure = Figure()
    if above:
        figure.suptitle(above)
    for axes, title in zip(np.ravel(figure.subplots(1, len(titles))), titles, strict=True):
        axes.set_title(title)
    return figure


def test_a_grid_of_small_pictures_names_each() -> None:
    # The first figure of the first post: what it shows is these ten digits, in this order.
    assert describe(titled(*"5041921314")) == "5, 0, 4, 1, 9, 2, 1, 3, 1, 4"


def test_a_title_that_all_share_is_named_once() -> None:
    assert describe(titled("Perda", "Perda", "Perda")) == "Perda"
    assert describe(titled("Perda", "", "Perda")) == "Perda"


def test_a_title_that_all_share_is_named_once_below_that_of_the_figure() -> None:
    assert describe(titled("Perda", "Perda", above="Treino")) == "Treino, Perda"


def test_a_title_that_repeats_that_of_the_figure_is_named_once() -> None:
    assert describe(titled("Perda", "Perda", above="Perda")) == "Perda"


def test_labels_of_a_colour_bar_count() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.set_title("Confusão")
    figure.colorbar(axes.imshow([[0, 1], [2, 3]]), label="casos")
    assert describe(figure) == "Confusão, casos"


# How the words go out with the picture


def backend(metadata: Any) -> ModuleType:
    """A module with the one function of matplotlib-inline that is adapted."""
    module = ModuleType("backend_inline")
    vars(module)["_fetch_figure_metadata"] = lambda _: metadata
    figure_texts._adapt(module)
    return module


def test_the_words_are_added_to_what_the_backend_says() -> None:
    figure = titled("Perda")
    words = {"executable_posts": {"alt": "Perda"}}
    assert backend(None)._fetch_figure_metadata(figure) == words
    known = {"needs_background": "light"}
    assert backend(known)._fetch_figure_metadata(figure) == known | words


def test_a_figure_without_words_goes_out_as_it_would_without_us() -> None:
    assert backend(None)._fetch_figure_metadata(Figure()) is None


def test_a_figure_that_cannot_be_described_goes_out_as_it_would_without_us() -> None:
    assert backend(None)._fetch_figure_metadata(object()) is None


def test_the_function_that_is_adapted_is_there() -> None:
    from matplotlib_inline import backend_inline

    assert callable(backend_inline._fetch_figure_metadata)
