"""What a Matplotlib figure says of itself → words for those who cannot see it.

The facts are those that `kernels.inside.figure_texts` sends; the words are in the post's language.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Facts = Mapping[str, Any]

# More than these say no more, and a screen reader reads them all.
_MOST_PARTS = 12
_MOST_NAMES = 8


@dataclass(frozen=True)
class FigureWords:
    """Words for facts; `charts` has singular and plural of every kind, ``""`` that of any."""

    also: str = " and "
    title: str = " “{}”"
    x: str = "x axis: {}"
    y: str = "y axis: {}"
    scale: str = "colours: {}"
    series: str = "{} series"
    charts: Mapping[str, tuple[str, str]] = field(
        default_factory=lambda: {
            "": ("chart", "charts"),
            "area": ("area chart", "area charts"),
            "bar": ("bar chart", "bar charts"),
            "box": ("box plot", "box plots"),
            "contour": ("contour plot", "contour plots"),
            "heatmap": ("heat map", "heat maps"),
            "histogram": ("histogram", "histograms"),
            "image": ("image", "images"),
            "line": ("line chart", "line charts"),
            "pie": ("pie chart", "pie charts"),
            "points": ("scatter plot", "scatter plots"),
            "surface": ("surface in three dimensions", "surfaces in three dimensions"),
            "vectors": ("vector field", "vector fields"),
            "violin": ("violin plot", "violin plots"),
        }
    )


PORTUGUESE = FigureWords(
    also=" e ",
    title=" “{}”",
    x="eixo x: {}",
    y="eixo y: {}",
    scale="cores: {}",
    series="{} séries",
    charts={
        "": ("gráfico", "gráficos"),
        "area": ("gráfico de área", "gráficos de área"),
        "bar": ("gráfico de barras", "gráficos de barras"),
        "box": ("diagrama de caixas", "diagramas de caixas"),
        "contour": ("gráfico de curvas de nível", "gráficos de curvas de nível"),
        "heatmap": ("mapa de calor", "mapas de calor"),
        "histogram": ("histograma", "histogramas"),
        "image": ("imagem", "imagens"),
        "line": ("gráfico de linhas", "gráficos de linhas"),
        "pie": ("gráfico de pizza", "gráficos de pizza"),
        "points": ("gráfico de dispersão", "gráficos de dispersão"),
        "surface": ("superfície em três dimensões", "superfícies em três dimensões"),
        "vectors": ("campo de vetores", "campos de vetores"),
        "violin": ("gráfico de violino", "gráficos de violino"),
    },
)

# Of these each is one of several that are compared; an image is not.
_SERIES = ("line", "points", "bar", "histogram")


def has_words(facts: Facts) -> bool:
    """Whether the author gave the figure any words: a title, labels of axes, names of series."""
    return bool(
        facts.get("title")
        or facts.get("scale")
        or any(axes.keys() - {"charts"} for axes in facts.get("axes", ()))
    )


def alt_text(facts: Facts, words: FigureWords) -> str:
    """What a figure with `facts` shows; "" where nothing is known.

    >>> alt_text({"axes": [{"charts": {"line": 2}, "y": "loss"}]}, FigureWords())
    'Line chart; y axis: loss; 2 series'
    """
    parts = list(facts.get("axes", ()))
    if len(parts) == 1:
        text = _one(parts[0], words)
    elif parts:
        text = _several(parts, words)
    else:
        text = ""
    if scale := facts.get("scale"):
        text += ("; " if text else "") + words.scale.format(scale)
    if title := facts.get("title"):
        text = f"{title}: {text}" if text else title
    return text[:1].upper() + text[1:]


def _one(axes: Facts, words: FigureWords) -> str:
    return "; ".join([_named(axes, words), *_details(axes, words)])


def _named(axes: Facts, words: FigureWords) -> str:
    """The kind of chart, and its title."""
    return _kind(axes, words, 0) + (words.title.format(axes["title"]) if "title" in axes else "")


def _kind(axes: Facts, words: FigureWords, number: int) -> str:
    """The kinds in `axes`, as singular (0) or plural (1)."""
    kinds = [words.charts[kind][number] for kind in axes.get("charts", ()) if kind in words.charts]
    return words.also.join(kinds) or words.charts[""][number]


def _details(axes: Facts, words: FigureWords) -> list[str]:
    return [*_labels(axes, words), *_series(axes, words)]


def _labels(axes: Facts, words: FigureWords) -> list[str]:
    labels = (("x", words.x), ("y", words.y))
    return [word.format(axes[name]) for name, word in labels if name in axes]


def _series(axes: Facts, words: FigureWords) -> list[str]:
    count = sum(number for kind, number in axes.get("charts", {}).items() if kind in _SERIES)
    names = list(axes.get("names", ()))
    if count < 2 and not names:
        return []
    listed = _listed(names, _MOST_NAMES)
    # A legend may name what is no series, such as a level.
    if count < 2 or len(names) > count:
        return [listed]
    text = words.series.format(count)
    return [f"{text}: {listed}" if names else text]


def _several(parts: Sequence[Facts], words: FigureWords) -> str:
    """Charts side by side: what they have in common is said once."""
    if len({_kind(axes, words, 0) for axes in parts}) > 1:
        said = [_with_details(axes, words) for axes in parts]
        return f"{len(parts)} {words.charts[''][1]}: {_listed(said, _MOST_PARTS, '; ')}"
    text = f"{len(parts)} {_kind(parts[0], words, 1)}"
    titles = [axes["title"] for axes in parts if "title" in axes]
    if titles:
        # A grid of small pictures has one short title each; a set of curves often the same ones.
        text += f": {_listed(titles[:1] if len(set(titles)) == 1 else titles, _MOST_PARTS)}"
    details = Counter(detail for axes in parts for detail in _details(axes, words))
    return "; ".join([text, *list(details)[:_MOST_NAMES]])


def _with_details(axes: Facts, words: FigureWords) -> str:
    details = ", ".join(_details(axes, words))
    return _named(axes, words) + (f" ({details})" if details else "")


def _listed(items: Sequence[str], most: int, between: str = ", ") -> str:
    return between.join([*items[:most], *(["…"] if len(items) > most else [])])
