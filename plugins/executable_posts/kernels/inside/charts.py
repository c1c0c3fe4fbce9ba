"""What kinds of chart a Matplotlib axes holds, by what is drawn in it."""

from collections import Counter
from itertools import pairwise
from typing import Any


def charts(axes: Any) -> dict[str, int]:
    """How many charts or series of each kind `axes` holds, by name.

    Kinds: ``line``, ``points``, ``bar``, ``histogram``, ``box``, ``violin``, ``pie``, ``image``,
    ``heatmap``, ``contour``, ``vectors``, ``surface`` and, where there is nothing else, ``area``.
    """
    found: Counter[str] = Counter()
    parts = {id(part) for container in axes.containers for part in _parts(container)}
    for container in axes.containers:
        found[_of_container(container)] += 1
    lines = [line for line in axes.lines if id(line) not in parts and _is_series(line, axes)]
    patches = [patch for patch in axes.patches if id(patch) not in parts]
    boxes = _boxes(lines, patches)
    if boxes:
        found["box"] += boxes
    else:
        for line in lines:
            found["points" if _has_no_line(line) else "line"] += 1
    found["pie"] += any(_kind(patch) == "Wedge" for patch in patches)
    found["histogram"] += sum(_kind(patch) == "StepPatch" for patch in patches)
    found["histogram"] += _outlines(patches) if not boxes else 0
    for image in axes.images:
        found["heatmap" if image.colorbar is not None else "image"] += 1
    areas = 0
    for collection in axes.collections:
        if id(collection) in parts:
            continue
        kind = _of_collection(collection)
        areas += kind == "area"
        if kind not in {"area", ""}:
            found[kind] += 1
    if areas and not +found:
        found["area"] += areas
    return dict(+found)


def _parts(container: Any) -> list[Any]:
    """The artists of a container, of which some come in tuples."""
    parts = []
    for part in container:
        parts += list(part) if isinstance(part, tuple | list) else [part]
    return parts


def _of_container(container: Any) -> str:
    match _kind(container):
        case "BarContainer":
            return "histogram" if _touch(container.patches) else "bar"
        case "ErrorbarContainer":
            line = container[0]
            return "points" if line is None or _has_no_line(line) else "line"
        case "StemContainer":
            return "points"
        case _:
            return "box" if "Box" in _kind(container) else ""


def _touch(bars: Any) -> bool:
    """Whether each of at least three bars begins where the one before it ends."""
    if len(bars) < 3:
        return False
    upright = [(bar.get_x(), bar.get_width()) for bar in bars]
    lying = [(bar.get_y(), bar.get_height()) for bar in bars]
    return any(
        all(
            width and abs(start + width - next_start) < abs(width) * 1e-6
            for (start, width), (next_start, _) in pairwise(edges)
        )
        for edges in (upright, lying)
    )


def _is_series(line: Any, axes: Any) -> bool:
    """Whether a line shows data, and no level (`axhline`) or direction (`axline`)."""
    if _kind(line) == "AxLine" or not len(line.get_xdata(orig=False)):
        return False
    transform = line.get_transform()
    return all(transform.contains_branch_seperately(axes.transData))


def _boxes(lines: list[Any], patches: list[Any]) -> int:
    """How many boxes of a box plot there are: each comes with whiskers, caps and a median."""
    rows = [line.get_xydata() for line in lines]
    straight = sum(len(row) == 2 for row in rows)
    closed = sum(len(row) == 5 and (row[0] == row[-1]).all() for row in rows)
    filled = sum(_kind(patch) == "PathPatch" for patch in patches)
    boxes = closed or filled
    return boxes if boxes and straight >= 3 * boxes else 0


def _outlines(patches: list[Any]) -> int:
    """Histograms that are drawn as outlines: polygons with as many corners as they have."""
    return sum(_kind(patch) == "Polygon" and len(patch.get_xy()) > 8 for patch in patches)


def _has_no_line(line: Any) -> bool:
    return line.get_linestyle() in {"None", "none", " ", ""}


def _of_collection(collection: Any) -> str:
    names = {base.__name__ for base in type(collection).__mro__}
    for name, kind in (
        ("QuadMesh", "heatmap"),
        ("ContourSet", "contour"),
        ("Quiver", "vectors"),
        ("Barbs", "vectors"),
        ("Poly3DCollection", "surface"),
        ("PathCollection", "points"),
    ):
        if name in names:
            return kind
    if getattr(collection, "t_direction", "") == "y":
        return "violin"
    if "PolyCollection" in names:
        # Coloured by data, as by `hexbin`, or filled with one colour.
        return "heatmap" if collection.get_array() is not None else "area"
    return ""


def _kind(artist: Any) -> str:
    return type(artist).__name__
