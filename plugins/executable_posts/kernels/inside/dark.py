"""A Matplotlib figure as it looks well on a dark page, without running its code again.

What is black, white or grey is turned: text and axes become light, the ground dark. Colours stay,
lighter where they would be lost on a dark ground, since they mean something. Pictures and what is
coloured by data stay as they are, with the text that is written upon them. Afterwards the figure
is what it was.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

MIME_TYPES = {
    "image/png": "application/vnd.executable-posts.dark+png",
    "image/svg+xml": "application/vnd.executable-posts.dark+svg",
}
"""Type of a figure → type under which its dark variant stands beside it in an output."""

GROUND = (0.094, 0.102, 0.122)
INK = (0.902, 0.914, 0.929)
# Below this difference between its strongest and its weakest part, a colour is a grey.
_GREY = 0.12
# What WCAG asks of parts of a drawing against what is beside them.
_CONTRAST = 3.0
_PROPERTIES = ("facecolor", "edgecolor", "color", "markerfacecolor", "markeredgecolor")

Colour = tuple[float, float, float, float]


def pictures(figure: Any) -> dict[str, str]:
    """The dark variants of `figure` by MIME type, in the formats that are sent now.

    None for a figure without content, and for one that is drawn on a dark ground already.
    """
    from matplotlib_inline.config import InlineBackend

    if not (figure.axes or figure.lines) or _is_dark(figure):
        return {}
    backend = InlineBackend.instance()
    wanted = {
        MIME_TYPES["image/svg+xml" if name == "svg" else "image/png"]: _drawn(name)
        for name in sorted(backend.figure_formats)
    }
    with warnings.catch_warnings():
        # The figure itself gives them as well.
        warnings.simplefilter("ignore")
        # Ticks are made when a figure is drawn, and could not be turned before.
        figure.draw_without_rendering()
        with turned(figure):
            return _printed(figure, wanted, backend.print_figure_kwargs)


def _printed(figure: Any, formats: Mapping[str, str], how: Mapping[str, Any]) -> dict[str, str]:
    from IPython.core.pylabtools import print_figure

    return {
        mime: print_figure(figure, fmt=name, base64=True, **how) for mime, name in formats.items()
    }


def _drawn(name: str) -> str:
    """The format of the dark variant of a figure that is sent as `name`."""
    return {"svg": "svg", "retina": "retina", "png2x": "retina"}.get(name, "png")


def _is_dark(figure: Any) -> bool:
    """Whether the ground is dark or, where there is none, the text is light."""
    from matplotlib.colors import to_rgba

    red, green, blue, alpha = to_rgba(figure.get_facecolor())
    if alpha > 0.5:
        return (red + green + blue) / 3 < 0.5
    labels = [label for axes in figure.axes for label in axes.get_xticklabels()]
    return bool(labels) and sum(to_rgba(labels[0].get_color())[:3]) / 3 > 0.5


def darkened(colour: Sequence[float]) -> Colour:
    """The colour, of parts from 0 to 1, that stands for `colour` on a dark ground."""
    red, green, blue, alpha = colour
    light = (red + green + blue) / 3
    if max(red, green, blue) - min(red, green, blue) < _GREY:
        turned = tuple(
            ink + (ground - ink) * light for ink, ground in zip(INK, GROUND, strict=True)
        )
    else:
        turned = (red, green, blue)
        while _contrast(turned) < _CONTRAST:
            turned = tuple(part + (1 - part) * 0.1 for part in turned)
    return turned[0], turned[1], turned[2], alpha


def _contrast(colour: Sequence[float]) -> float:
    return (_luminance(colour) + 0.05) / (_luminance(GROUND) + 0.05)


def _luminance(colour: Sequence[float]) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@contextmanager
def turned(figure: Any) -> Iterator[None]:
    """While this is entered, the colours of `figure` are those for a dark page."""
    undo: list[Callable[[], object]] = []
    try:
        for artist in _artists(figure):
            undo += _turn(artist)
        yield
    finally:
        for step in reversed(undo):
            step()


def _artists(figure: Any) -> list[Any]:
    """All artists whose colours may be turned."""
    on_pictures = {
        id(text)
        for axes in figure.axes
        if axes.images or any(_is_picture(collection) for collection in axes.collections)
        for text in axes.texts
    }
    found = {}
    for artist in figure.findobj():
        # What has a patch, a figure and axes, speaks for that one.
        if id(artist) in on_pictures or _is_coloured_by_data(artist) or hasattr(artist, "patch"):
            continue
        found[id(artist)] = artist
        # Of the parts that are no children: frame and arrow of a text, walls in three dimensions.
        for name in ("_bbox_patch", "arrow_patch", "pane"):
            if (patch := getattr(artist, name, None)) is not None:
                found[id(patch)] = patch
    return list(found.values())


def _is_picture(collection: Any) -> bool:
    """Whether data give a collection the colours with which it fills its ground."""
    fills = {"QuadMesh", "PolyCollection", "TriMesh"} & _kinds(collection)
    return _is_mapped(collection) and (bool(fills) or getattr(collection, "filled", False))


def _is_coloured_by_data(artist: Any) -> bool:
    """Whether the colours of an artist, or their shades, say something."""
    return (_is_mapped(artist) and not _has_own_colours(artist)) or (
        "Poly3DCollection" in _kinds(artist)
    )


def _is_mapped(artist: Any) -> bool:
    array = getattr(artist, "get_array", None)
    return array is not None and array() is not None


def _has_own_colours(artist: Any) -> bool:
    """Whether these are contours with the colours that the code names."""
    return "ContourSet" in _kinds(artist) and artist.colors is not None


def _kinds(artist: Any) -> set[str]:
    return {base.__name__ for base in type(artist).__mro__}


def _turn(artist: Any) -> list[Callable[[], object]]:
    """Turn the colours of `artist`; returns what turns them back."""
    from matplotlib.colors import to_rgba_array

    if _has_own_colours(artist):
        return _turn_contours(artist)
    undo: list[Callable[[], object]] = []
    before = {
        name: getattr(artist, f"get_{name}")()
        for name in _PROPERTIES
        if hasattr(artist, f"get_{name}") and hasattr(artist, f"set_{name}")
    }
    for name, value in before.items():
        if name == "color" and "facecolor" in before:
            continue  # of a patch or a collection, `color` is both of the others
        colours: Any = [] if value is None else to_rgba_array(value)
        if not any(alpha for *_, alpha in colours):
            continue  # what cannot be seen would be seen where the artist has an alpha of its own
        now = [darkened(colour) for colour in colours]
        setter = getattr(artist, f"set_{name}")
        undo.append(partial(setter, value))
        setter(now[0] if len(now) == 1 else now)
    return undo


def _turn_contours(contours: Any) -> list[Callable[[], object]]:
    """As `_turn`; contours keep the colours that they are given in a map of their own."""
    from matplotlib.colors import ListedColormap, to_rgba_array

    before = contours.get_cmap()
    colours = [darkened(colour) for colour in to_rgba_array(before.colors)]
    contours.set_cmap(ListedColormap(colours))
    return [partial(contours.set_cmap, before)]
