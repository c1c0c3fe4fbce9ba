"""Words for figures: what a Matplotlib figure says of itself goes out with its picture."""

from types import ModuleType
from typing import Any

from .after_import import after_import


def install() -> None:
    """Let the inline backend send an alternative text with every figure from now on."""
    after_import("matplotlib_inline.backend_inline", _adapt)


def _adapt(module: ModuleType) -> None:
    original = module._fetch_figure_metadata

    def with_text(figure: Any) -> Any:
        metadata = original(figure)
        try:
            text = describe(figure)
        except Exception:  # a figure that cannot be described is still a figure
            return metadata
        return {**(metadata or {}), "executable_posts": {"alt": text}} if text else metadata

    module._fetch_figure_metadata = with_text  # type: ignore[attr-defined]


def describe(figure: Any) -> str:
    """The titles and axis labels of `figure`, in the order in which they are drawn.

    A title that several axes share is named once; a figure without any words gives "".
    """
    parts = []
    for axes in figure.axes:
        labels = " × ".join(filter(None, (axes.get_xlabel(), axes.get_ylabel())))
        title = axes.get_title() or axes.get_title("left") or axes.get_title("right")
        parts.append(f"{title} ({labels})" if title and labels else title or labels)
    words = [part for part in parts if part]
    # A grid of small pictures has one short title each; a set of curves often the same ones.
    if len(set(words)) == 1:
        words = words[:1]
    above = figure.get_suptitle()
    return ", ".join([above, *words] if above and words != [above] else words)
