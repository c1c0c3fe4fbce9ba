"""Animations that Matplotlib wrote as a program for the browser → animated pictures.

`Animation.to_jshtml` gives a script with a picture for each frame in it. A page runs no script of
its posts, so the frames become one animated WebP, without loss.
"""

import base64
import binascii
import io
import re
from dataclasses import dataclass
from functools import lru_cache

_SIGN = "new Animation("
_FRAME = re.compile(r'frames\[(\d+)\]\s*=\s*"data:image/(?:png|jpeg);base64,([^"]+)"')
# new Animation(frames, img_id, slider_id, 50, loop_select_id): milliseconds between two frames
_INTERVAL = re.compile(r"new Animation\([^)]*?,\s*([\d.]+)\s*,")
_LOOP = re.compile(r"""value=["'](once|loop|reflect)["'][^>]*?\schecked""")


@dataclass(frozen=True)
class Motion:
    """How many frames a picture has, and how many seconds they take."""

    frames: int
    seconds: float


@dataclass(frozen=True)
class Animation:
    """The bytes of a WebP file, and how it moves."""

    data: bytes
    motion: Motion


@lru_cache(maxsize=16)  # the page asks for it, and so does what compares two runs
def from_jshtml(content: str) -> Animation | None:
    """The animation that HTML of Matplotlib holds; `None` if it holds none that can be read."""
    if _SIGN not in content:
        return None
    numbered = {int(number): data for number, data in _FRAME.findall(content)}
    interval = _INTERVAL.search(content)
    if not numbered or interval is None:
        return None
    # A long line of base64 ends in `\` in a string of JavaScript.
    pictures = [re.sub(r"\\?\s", "", numbered[number]) for number in sorted(numbered)]
    loops = _LOOP.search(content)
    once = loops is not None and loops[1] == "once"
    return _webp(pictures, float(interval[1]), loop=1 if once else 0)


def _webp(pictures: list[str], milliseconds: float, loop: int) -> Animation | None:
    from PIL import Image

    try:
        frames = [
            Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA") for data in pictures
        ]
    except (binascii.Error, OSError, SyntaxError, ValueError):  # what Pillow's decoders raise
        return None
    file = io.BytesIO()
    frames[0].save(
        file, "WEBP", save_all=True, append_images=frames[1:], duration=round(milliseconds),
        loop=loop, lossless=True,
    )  # fmt: skip
    return Animation(file.getvalue(), Motion(len(frames), len(frames) * milliseconds / 1000))
