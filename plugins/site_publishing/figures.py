"""How a published figure changes: sizes in bytes and pixels, and which pixels. Pure."""

import io
from dataclasses import dataclass

from executable_posts.drift import strongest_difference
from PIL import Image


@dataclass(frozen=True)
class FigureChange:
    """A figure before and now; `None` where there is none. `words` say what changes."""

    name: str
    before: bytes | None
    now: bytes | None

    @property
    def words(self) -> str:
        """What changes, for a terminal."""
        if self.before is None or self.now is None:
            known = self.now if self.before is None else self.before
            return _with_pixels(known or b"")
        sizes = f"{size(len(self.before))} → {size(len(self.now))}"
        return f"{sizes}; {_difference(self.before, self.now)}"


def size(count: int) -> str:
    """`count` bytes as people write it.

    >>> size(12345)
    '12.3 kB'
    """
    return f"{count} B" if count < 1000 else f"{count / 1000:.1f} kB"


def picture(data: bytes) -> Image.Image | None:
    """The pixels of a figure; `None` for a drawing, an animation, or what cannot be decoded."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            if getattr(image, "n_frames", 1) == 1:
                return image.convert("RGBA")
    except Exception:  # Pillow raises what its decoders come across
        return None
    return None


def _with_pixels(data: bytes) -> str:
    known = picture(data)
    pixels = f", {known.width} × {known.height} pixels" if known else ""
    return f"{size(len(data))}{pixels}"


def _difference(before: bytes, now: bytes) -> str:
    one, other = picture(before), picture(now)
    if one is None or other is None:
        return "its drawing changes"
    if one.size != other.size:
        return f"{one.width} × {one.height} → {other.width} × {other.height} pixels"
    counts = strongest_difference(one, other).histogram()
    largest = max((value for value, count in enumerate(counts) if count), default=0)
    if not largest:
        return "the same pixels"
    share = 1 - counts[0] / sum(counts)
    return f"{max(share, 0.0001):.2%} of its pixels differ, by at most {largest} of 255"
