"""The picture that other sites show beside a link: 1200×630, of a post's figure and its title."""

import hashlib
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

WIDTH, HEIGHT = 1200, 630
_VERSION = b"1"
"""To be raised when cards are drawn in another way: all are then drawn anew."""

_MARGIN = 60
_Colour = tuple[int, int, int]
_PAPER, _INK = (255, 255, 255), (27, 31, 36)
_QUIET, _ACCENT = (89, 99, 110), (11, 92, 138)
_STRIPE = 16
# Where they are in the palette of a card of words; what lies between ink and paper is never 1.
_INK_LEVEL, _STRIPE_LEVEL, _QUIET_LEVEL = 2, 1, 70
_FONT = Path(__file__).with_name("fonts") / "cards.ttf"


@dataclass(frozen=True)
class Card:
    """A card of the site; `url` is below its address."""

    url: str
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class Drawing:
    """What a card shows: a title, the name of the site, and the bytes of a picture if any."""

    title: str
    site: str
    picture: bytes | None = None

    @property
    def key(self) -> str:
        """A name for what this draws: the same for the same picture."""
        digest = hashlib.sha256(_VERSION)
        for part in (self.title.encode(), self.site.encode(), self.picture or b""):
            digest.update(hashlib.sha256(part).digest())
        return digest.hexdigest()[:32]


def card_of(page: str) -> Card:
    """The card of the page that is the file `page` of the site.

    >>> card_of("2019/07/x.html").url
    'cards/2019/07/x.png'
    """
    # The slashes stay: two pages of one name have two cards.
    return Card(f"cards/{page.removesuffix('/index.html').removesuffix('.html')}.png")


def draw(drawing: Drawing) -> bytes:
    """The card as PNG; the same drawing gives the same bytes. A broken picture is left out."""
    picture = _opened(drawing.picture)
    card = _words(drawing) if picture is None else _illustrated(drawing, picture)
    written = io.BytesIO()
    # To search for the smallest file takes four times as long and saves a thirtieth.
    card.save(written, "PNG", compress_level=6)
    return written.getvalue()


def _words(drawing: Drawing) -> Image.Image:
    """A card of words alone: its few colours are known, so that none have to be found."""
    card = Image.new("L", (WIDTH, HEIGHT), 255)
    pen = ImageDraw.Draw(card)
    pen.rectangle((0, 0, WIDTH, _STRIPE), fill=_STRIPE_LEVEL)
    _write(pen, drawing.title, _Box(_MARGIN, 110, WIDTH - 2 * _MARGIN, 380), (84, 44), _INK_LEVEL)
    _write(pen, drawing.site, _FOOT, (28, 18), _QUIET_LEVEL)
    card.putpalette(_palette())
    return card


def _illustrated(drawing: Drawing, picture: Image.Image) -> Image.Image:
    """A card of a title and a picture, in the 256 colours that it has most of."""
    card = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    pen = ImageDraw.Draw(card)
    pen.rectangle((0, 0, WIDTH, _STRIPE), fill=_ACCENT)
    title = _Box(_MARGIN, 44, WIDTH - 2 * _MARGIN, 110)
    top = _write(pen, drawing.title, title, (46, 28), _INK) + 14
    _paste(card, picture, _Box(_MARGIN, top, WIDTH - 2 * _MARGIN, HEIGHT - 84 - top))
    _write(pen, drawing.site, _FOOT, (28, 18), _QUIET)
    return card.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


@dataclass(frozen=True)
class _Box:
    left: int
    top: int
    width: int
    height: int


_FOOT = _Box(_MARGIN, HEIGHT - 66, WIDTH - 2 * _MARGIN, 36)


def _opened(picture: bytes | None) -> Image.Image | None:
    if picture is None:
        return None
    try:
        opened = Image.open(io.BytesIO(picture))
        return opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError):
        return None


def _paste(card: Image.Image, picture: Image.Image, box: _Box) -> None:
    """Put `picture` in the middle of `box`, as large as it fits; a small one is not blown up."""
    scale = min(box.width / picture.width, box.height / picture.height, 2)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    fitted = picture.resize(size, Image.Resampling.LANCZOS)
    corner = (box.left + (box.width - size[0]) // 2, box.top + (box.height - size[1]) // 2)
    card.paste(fitted, corner, fitted)


def _write(
    pen: ImageDraw.ImageDraw, title: str, box: _Box, sizes: tuple[int, int], ink: _Colour | int
) -> int:
    """Write `title` into `box`, in the largest of the `sizes` in which it fits; returns its end."""
    largest, smallest = sizes
    for size in range(largest, smallest - 1, -2):
        lines = _wrapped(title, _font(size), box.width)
        if len(lines) * _leading(size) <= box.height:
            break
    room = max(1, box.height // _leading(size))
    if len(lines) > room:
        lines = [*lines[: room - 1], f"{lines[room - 1]}…"]
    for number, line in enumerate(lines):
        place = (box.left, box.top + number * _leading(size))
        pen.text(place, line, fill=ink, font=_font(size), anchor="la")
    return box.top + len(lines) * _leading(size)


def _leading(size: int) -> int:
    return round(size * 1.25)


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # The layout engine that every Pillow has: another may set a line by a pixel differently.
    return ImageFont.truetype(str(_FONT), size, layout_engine=ImageFont.Layout.BASIC)


def _palette() -> list[int]:
    """The colours of a card of words: from ink to paper, and that of the stripe."""
    colours = [
        round(ink + (paper - ink) * level / 255)
        for level in range(256)
        for ink, paper in zip(_INK, _PAPER, strict=True)
    ]
    colours[3 * _STRIPE_LEVEL : 3 * _STRIPE_LEVEL + 3] = _ACCENT
    return colours
