"""Lighter files beside the PNG of a figure: lossless WebP, where it is smaller.

Of plots it is a third of the PNG. A version of half the width is *larger* than the whole of a plot,
since what makes sharp lines small is lost in it; it is made only where it saves something, which
is so for photographs.
"""

import contextlib
import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from .figures import Figure, Variant, with_suffix
from .store import write_atomically

_RECIPE = b"lossless WebP, method 2, quality 80\n"
_WIDE = 1000
_WORTH_IT = 0.6


def lighter(figure: Figure, cache: Path) -> Figure:
    """`figure` with what is lighter than its PNG and shows the same, in front of its variants.

    To encode takes some 20 ms a figure; what came of it is kept in the folder `cache`, under the
    digest of the PNG.
    """
    if any(variant.mime == "image/svg+xml" for variant in figure.variants):
        return figure  # a drawing without pixels is what the author asked for
    variants: list[Variant] = []
    for dark in (True, False):
        files = [variant for variant in figure.variants if variant.dark is dark]
        pngs = files if dark else [Variant(figure.name, figure.data, "image/png", 0)]
        for png in pngs:
            if png.name.lower().endswith(".png"):
                variants += _webps(png, cache)
        variants += files
    return replace(figure, variants=tuple(variants))


def _webps(png: Variant, cache: Path) -> Iterator[Variant]:
    whole = _cached(png.data, cache, half=False)
    if whole is None:
        return
    width = int.from_bytes(png.data[16:20], "big")
    if width >= _WIDE:
        half = _cached(png.data, cache, half=True)
        if half is not None and len(half) < _WORTH_IT * len(whole):
            name = with_suffix(png.name, ".half.webp")
            yield Variant(name, half, "image/webp", (width + 1) // 2, png.dark)
    yield Variant(with_suffix(png.name, ".webp"), whole, "image/webp", width, png.dark)


def _cached(png: bytes, cache: Path, *, half: bool) -> bytes | None:
    """The WebP for `png`; `None` where there is none, or none that is smaller."""
    digest = hashlib.sha256((b"half, " if half else b"") + _RECIPE + png).hexdigest()
    file = cache / "webp" / f"{digest}.webp"
    try:
        data = file.read_bytes()
    except OSError:
        data = _encoded(png, half=half)
        with contextlib.suppress(OSError):  # it is computed again next time
            write_atomically(file, data)
    return data or None


def _encoded(png: bytes, *, half: bool) -> bytes:
    """`png` as lossless WebP; nothing if that cannot hold it or is not smaller."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(png)) as image:
            if getattr(image, "n_frames", 1) > 1 or image.mode.startswith(("I", "F")):
                return b""
            profile = image.info.get("icc_profile", b"")
            picture: Image.Image = image.convert("RGBA") if image.has_transparency_data else image
            if half:
                shown = picture if picture.mode == "RGBA" else picture.convert("RGB")
                size = ((picture.width + 1) // 2, (picture.height + 1) // 2)
                picture = shown.resize(size, Image.Resampling.LANCZOS)
            file = io.BytesIO()
            picture.save(
                file, "WEBP", lossless=True, method=2, quality=80, exact=True, icc_profile=profile
            )
    except Exception:  # Pillow raises what its encoders come across
        return b""
    return file.getvalue() if len(file.getvalue()) < len(png) else b""
