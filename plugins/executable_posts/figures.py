"""Figures: which output is which file, under which name, and whether its pixels changed.

A name that readers know is kept for ever (DESIGN.md §7): the recorded name of the same cell and
position, else one made of `#| label:`, else one made of the post's slug and the cell's own number.
"""

import base64
import io
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .errors import Problem, ProblemError
from .outputs import Display
from .post import Cell, Post
from .store import write_atomically
from .svg import clean as clean_svg

_EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/svg+xml": "svg",
}
DARK: Mapping[str, str] = {
    "image/png": "application/vnd.executable-posts.dark+png",
    "image/svg+xml": "application/vnd.executable-posts.dark+svg",
}
"""Type of a figure → type under which its variant for dark pages stands in the same output."""

# Type in the output, type of the file, and whether it is for dark pages.
_VARIANTS = (
    (DARK["image/svg+xml"], "image/svg+xml", True),
    (DARK["image/png"], "image/png", True),
    ("image/svg+xml", "image/svg+xml", False),
)
_STATIC_PREFIXES = ("{static}", "|static|", "{attach}", "|attach|", "{filename}", "|filename|")
_FOLDER = "assets"
# In pixels of CSS, of which there are 96 to the inch.
_UNITS = {"": 1, "px": 1, "pt": 96 / 72, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4}


@dataclass(frozen=True)
class Place:
    """Where a post's page and figures live on the site.

    `slug` names the folder of its new figures; `page_folder` is the folder of its page,
    `source_folder` that of its source below content/, both without slashes at their ends.
    """

    slug: str
    page_folder: str
    source_folder: str


@dataclass(frozen=True)
class Claim:
    """A figure file that a post names, and where it does."""

    name: str
    path: str
    line: int


@dataclass(frozen=True)
class Variant:
    """Another file that shows a figure; `width` is in pixels of its own, 0 if it has none."""

    name: str
    data: bytes
    mime: str
    width: int = 0
    dark: bool = False


@dataclass(frozen=True)
class Figure:
    """One figure: the name of its file below the site's root, its bytes and its size on the page.

    The size is in pixels of CSS. `variants` are other files that show the same, beside it.
    """

    name: str
    data: bytes
    size: tuple[int, int] | None
    variants: tuple[Variant, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all its files."""
        return (self.name, *(variant.name for variant in self.variants))


def with_suffix(name: str, suffix: str) -> str:
    """The name of a variant of the figure `name`, which no label and no number can give."""
    return posixpath.splitext(name)[0] + suffix


def resolve(link: str, place: Place) -> str:
    """The file below the site's root that `link`, as written in a source, stands for.

    Raises `ValueError` if that is outside of the site, or no file of the site at all.
    """
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        raise ValueError(f"{link} is on another host")
    for prefix in _STATIC_PREFIXES:
        if link.startswith(prefix):
            target = unquote(link.removeprefix(prefix))
            base = "" if target.startswith("/") else place.source_folder
            return _inside(posixpath.join(base, target.lstrip("/")), link)
    target = unquote(parts.path)
    base = "" if target.startswith("/") else place.page_folder
    return _inside(posixpath.join(base, target.lstrip("/")), link)


def _inside(name: str, link: str) -> str:
    result = posixpath.normpath(name)
    if result.startswith("../") or result in {"..", "."} or "\\" in result:
        raise ValueError(f"{link} leads out of the site's folder")
    return result


def claims(post: Post, place: Place) -> tuple[Claim, ...]:
    """The figure files that the source of `post` names, by recorded outputs and by labels.

    Raises `ProblemError` for a name that leads out of the site, and for a slug that does.
    """
    folder = posixpath.normpath(f"{_FOLDER}/{place.slug}")
    if post.cells and ("\\" in folder or not folder.startswith(f"{_FOLDER}/")):
        message = f'the slug "{place.slug}" cannot name a folder of figures'
        raise ProblemError(Problem(post.path, message))
    result = []
    for cell in post.cells:
        for output in post.recorded(cell):
            if output.kind != "figure":
                continue
            try:
                name = resolve(output.content, place)
            except ValueError as error:
                raise ProblemError(Problem(post.path, f"figure: {error}", output.line)) from None
            result.append(Claim(name, post.path, output.line))
        if cell.options.label:
            stem = f"{_FOLDER}/{place.slug}/{cell.options.label}"
            result.append(Claim(stem, post.path, cell.line))
    return tuple(result)


def collisions(all_claims: Iterable[Claim]) -> list[Problem]:
    """A problem for every figure name that is claimed a second time."""
    first: dict[str, Claim] = {}
    problems = []
    for claim in all_claims:
        earlier = first.setdefault(claim.name.lower(), claim)
        if earlier is not claim:
            problems.append(
                Problem(
                    claim.path,
                    f"the figure /{claim.name} is also claimed by {earlier.path}:{earlier.line}; "
                    "give one of them another name",
                    claim.line,
                )
            )
    return problems


def names(
    post: Post,
    cell: Cell,
    number: int,
    place: Place,
    pictures: Sequence[Display],
    kept: Sequence[str],
) -> tuple[str, ...]:
    """A file name for each of `pictures`, the figures that `cell` displays.

    `number` is the cell's own, `kept` the names its figures had in the last run: where neither a
    recorded name nor a label says otherwise, a figure keeps the one it had.
    """
    recorded = [
        _recorded_name(output.content, place)
        for output in post.recorded(cell)
        if output.kind == "figure"
    ]
    result: list[str] = []
    for position, picture in enumerate(pictures):
        extension = _EXTENSIONS[picture.mime]
        if position < len(recorded) and _extension(recorded[position]) == extension:
            result.append(recorded[position])
            continue
        stem = cell.options.label or f"cell-{number}"
        suffix = "" if position == 0 else f"-{position + 1}"
        fresh = f"{_FOLDER}/{place.slug}/{stem}{suffix}.{extension}"
        known = kept[position] if position < len(kept) else fresh
        free = cell.options.label is None and _extension(known) == extension
        result.append(known if free and known not in {*result, *recorded} else fresh)
    return tuple(result)


def _recorded_name(link: str, place: Place) -> str:
    """As `resolve`, but "" for a link that is no file of the site: `claims` says so."""
    try:
        return resolve(link, place)
    except ValueError:
        return ""


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower().replace("jpeg", "jpg")


def decode(display: Display, name: str) -> Figure:
    """The figure file that `display` is. Raises `ValueError` if its content is no picture."""
    data, own_size = _decoded(display.mime, display.content)
    return Figure(name, data, _on_page(display, own_size), tuple(_variants(display, name)))


def saved(path: str, data: bytes, place: Place) -> Figure:
    """The figure that a cell saved as `path`, from the folder of the post.

    Raises `ValueError` if `data` is no picture.
    """
    inside = posixpath.basename(path) if path.startswith("../") else path
    name = f"{_FOLDER}/{place.slug}/{inside}"
    size = _svg_size(data.decode("utf-8", "replace")) if path.endswith(".svg") else _size(data)
    if size is None and not path.endswith(".svg"):
        raise ValueError("no picture that can be read")
    return Figure(name, data, size)


def _decoded(mime: str, content: str) -> tuple[bytes, tuple[int, int] | None]:
    """The bytes of a picture and its own size; raises `ValueError` if it is none."""
    if mime == "image/svg+xml":
        drawing = clean_svg(content)
        return drawing.encode(), _svg_size(drawing)
    try:
        data = base64.b64decode(content)
    except ValueError as error:
        raise ValueError(f"{mime}: {error}") from None
    size = _size(data)
    if size is None:
        raise ValueError(f"{mime}: no picture that can be read")
    return data, size


def _on_page(display: Display, size: tuple[int, int] | None) -> tuple[int, int] | None:
    """The size that a picture has on the page: half its own for ``retina``, or what is asked for.

    Jupyter keeps it in the output's metadata, under the MIME type.
    """
    asked = display.source.get("metadata", {}).get(display.mime, {})
    lengths = (_length(asked, "width"), _length(asked, "height"))
    if size is None or not any(lengths):
        return size
    width, height = lengths
    ratio = size[0] / size[1]
    return max(1, round(width or height * ratio)), max(1, round(height or width / ratio))


def _length(asked: object, name: str) -> float:
    """A number of pixels that is asked for; 0 if none is, or none that makes sense."""
    value = asked.get(name) if isinstance(asked, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if 0 < value < 100_000 else 0.0


def _variants(display: Display, name: str) -> Iterator[Variant]:
    """What else an output holds of its figure: drawn for dark pages, or as an SVG beside a PNG."""
    data = display.source.get("data", {})
    for key, mime, dark in _VARIANTS:
        if key not in data or key == display.mime:
            continue
        try:
            content, size = _decoded(mime, str(data[key]))
        except ValueError:
            continue  # the figure itself is one all the same
        suffix = f"{'.dark' if dark else ''}.{_EXTENSIONS[mime]}"
        yield Variant(with_suffix(name, suffix), content, mime, size[0] if size else 0, dark)


def _svg_size(source: str) -> tuple[int, int] | None:
    """Width and height of an SVG in CSS pixels; those of its view box where it names none."""
    root = re.search(r"<svg\b[^>]*>", source)
    found = re.findall(r"""\s([\w:]+)\s*=\s*["']([^"']*)["']""", root[0]) if root else []
    attributes = dict(found)
    box = attributes.get("viewBox", "").replace(",", " ").split()
    lengths = [_pixels(attributes.get(name, "")) for name in ("width", "height")]
    if None in lengths and len(box) == 4:
        lengths = [_pixels(length) for length in box[2:]]
    width, height = lengths
    return (width, height) if width and height else None


def _pixels(length: str) -> int | None:
    """A length of CSS in whole pixels; `None` for one that depends on what is around it."""
    found = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*([a-z]*)\s*", length)
    if found is None or found[2] not in _UNITS:
        return None
    return round(float(found[1]) * _UNITS[found[2]])


def _size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except Exception:  # Pillow raises what its decoders come across: SyntaxError, for instance
        return None


def same_pixels(one: bytes, other: bytes) -> bool:
    """Whether two pictures show the same, whatever their bytes."""
    if one == other:
        return True
    from PIL import Image

    try:
        with Image.open(io.BytesIO(one)) as first, Image.open(io.BytesIO(other)) as second:
            if getattr(first, "n_frames", 1) != 1 or getattr(second, "n_frames", 1) != 1:
                return False
            # More than eight bits a channel would not survive the conversion.
            if first.mode.startswith(("I", "F")) or second.mode.startswith(("I", "F")):
                return (first.mode, first.size) == (second.mode, second.size) and (
                    first.tobytes() == second.tobytes()
                )
            return first.size == second.size and (
                first.convert("RGBA").tobytes() == second.convert("RGBA").tobytes()
            )
    except Exception:  # as above
        return False


@dataclass(frozen=True)
class Written:
    """What became of a figure file: ``new``, ``changed`` or ``unchanged``."""

    name: str
    state: str


def write(figure: Figure, output: Path) -> Written:
    """Put the files of `figure` below the folder `output` that are not there with the same pixels.

    What is returned is about the first of them, which readers know by its name.

    Raises `ValueError` for a name that leads out of `output`, by a symbolic link for instance.
    """
    state = _put(figure.name, figure.data, output)
    for variant in figure.variants:
        _put(variant.name, variant.data, output)
    return Written(figure.name, state)


def _put(name: str, data: bytes, output: Path) -> str:
    target = output / name
    if not target.resolve().is_relative_to(output.resolve()):
        raise ValueError(f"{name} leads out of {output}")
    try:
        old = target.read_bytes()
    except FileNotFoundError:
        write_atomically(target, data)
        return "new"
    if same_pixels(old, data):
        return "unchanged"
    write_atomically(target, data)
    return "changed"


def keep_old_bytes(old: Mapping[str, object], new: Mapping[str, object]) -> dict[str, object]:
    """The MIME bundle `new`, with the bytes of `old` for each picture whose pixels are the same."""
    result = dict(new)
    for mime in {*_EXTENSIONS, DARK["image/png"]} - {"image/svg+xml"}:
        before, after = old.get(mime), new.get(mime)
        if isinstance(before, str) and isinstance(after, str) and _same_picture(before, after):
            result[mime] = before
    return result


def _same_picture(one: str, other: str) -> bool:
    """Whether two pictures, as a notebook holds them, show the same."""
    try:
        return same_pixels(base64.b64decode(one), base64.b64decode(other))
    except ValueError:
        return False
