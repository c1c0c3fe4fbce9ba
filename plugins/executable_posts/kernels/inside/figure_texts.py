"""What a Matplotlib figure says of itself goes out with its picture, as facts and not as words.

The facts stand in the output's metadata, under ``executable_posts``: ``figure`` with the ``title``
above all and, for each of its ``axes``, its ``title``, the labels ``x`` and ``y``, how many
``charts`` of each kind it holds, and the ``names`` in its legend; what there is none of is left
out. ``scale`` is the label of a colour bar. What the page says of them is the renderer's matter,
which knows the language of the post.
"""

from collections.abc import Iterable
from types import ModuleType
from typing import Any

from . import dark, figure_options
from .after_import import after_import
from .charts import charts

Facts = dict[str, Any]


def install() -> None:
    """Let every Matplotlib figure that is displayed say what it shows from now on."""
    after_import("matplotlib", _make_repeatable)
    after_import("matplotlib.figure", _adapt)


def _make_repeatable(module: ModuleType) -> None:
    """The ids in an SVG are made of this, and of chance where it is not set."""
    module.rcParams["svg.hashsalt"] = "executable-posts"


def _adapt(module: ModuleType) -> None:
    module.Figure._repr_mimebundle_ = bundle


def bundle(figure: Any, include: Any = None, exclude: Any = None) -> tuple[Facts, Facts]:  # noqa: ARG001
    """What IPython is to send beside the picture of `figure`: data by MIME type, and metadata.

    A figure that cannot be described or darkened is still a figure.
    """
    try:
        facts = describe(figure)
    except Exception:  # whatever kinds of artists there are
        facts = {}
    metadata = {"executable_posts": {"figure": facts}} if facts else {}
    if not figure_options.dark_wanted():
        return {}, metadata
    try:
        return dark.pictures(figure), metadata
    except Exception:  # as above
        return {}, metadata


def describe(figure: Any) -> Facts:
    """The facts about `figure`, in the order in which its axes are drawn."""
    bars = [axes for axes in figure.axes if hasattr(axes, "_colorbar")]
    described = [_axes(axes) for axes in figure.axes if axes not in bars]
    scale = next(filter(None, (_label(axes) for axes in bars)), "")
    return _without_empty(
        title=_one_line(figure.get_suptitle()),
        axes=[facts for facts in described if facts],
        scale=scale,
    )


def _axes(axes: Any) -> Facts:
    title = next(filter(None, (axes.get_title(loc) for loc in ("center", "left", "right"))), "")
    return _without_empty(
        title=_one_line(title),
        x=_one_line(axes.get_xlabel()),
        y=_one_line(axes.get_ylabel()),
        charts=charts(axes),
        names=_names(axes),
    )


def _names(axes: Any) -> list[str]:
    """The names of series in the legend of `axes`, or in that of the figure."""
    _, labels = axes.get_legend_handles_labels()
    shown = axes.get_legend() is not None or axes.figure.legends
    return _distinct(_one_line(label) for label in labels) if shown else []


def _label(bar: Any) -> str:
    return _one_line(bar.get_ylabel() or bar.get_xlabel())


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, words)))


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _without_empty(**facts: Any) -> Facts:
    return {name: value for name, value in facts.items() if value}
