"""HTML that a kernel sent → HTML that may stand on a page.

A page runs no script of its posts, takes nothing from another host and has no styles but those of
its theme (``default-src 'self'``). So scripts, styles and handlers go, what lies on another host
becomes a link to it, pictures and sounds inside of the HTML become files, and a colour becomes a
class. What an author should know of is said in words.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes, urlsplit

from bs4 import BeautifulSoup, Comment, Tag
from bs4.dammit import EntitySubstitution
from bs4.formatter import HTMLFormatter

from .looks import look_of_css
from .svg import clean as clean_svg
from .svg import presentation
from .tables import add_classes, improve

# Characters of the private use area; the HTML of a kernel has none of them once it is cleaned.
_ID, _FILE, _SIZE = "\ue000", "\ue001", "\ue002"
_MARKS = dict.fromkeys(map(ord, (_ID, _FILE, _SIZE)))

_GONE = ("script", "style", "link", "meta", "base", "title", "template", "noscript", "applet")
_ELSEWHERE = ("iframe", "frame", "embed", "object")
_CONTROLS = ("input", "button", "select", "textarea", "form")
_BARE = ("font", "center", "html", "head", "body", "big", "tt", "blink", "marquee", "nobr")
_TOLD = {"script": "a script", "link": "what it would link to"}
_TOLD |= dict.fromkeys(_CONTROLS, "a form or a button")
_ADDRESSES = ("src", "href", "xlink:href", "poster", "data", "srcset", "background", "cite")
_REFERENCES = ("for", "headers", "aria-labelledby", "aria-describedby", "aria-controls", "list")
_OBSOLETE = (
    "border",
    "bgcolor",
    "cellpadding",
    "cellspacing",
    "valign",
    "halign",
    "nowrap",
    "frame",
    "rules",
)
_FLAGS = ("autoplay", "srcdoc", "formaction", "ping", "nonce", "tabindex", "accesskey")
_EXTENSIONS = {
    "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp",
    "image/svg+xml": "svg", "video/mp4": "mp4", "video/webm": "webm", "video/ogg": "ogv",
    "audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg",
}  # fmt: skip
_DATA = re.compile(r"data:(?P<mime>[\w./+-]*)(?P<more>[^,]*),(?P<content>.*)", re.DOTALL)
# Letters stay letters; bs4 would write them as entities.
_FORM = HTMLFormatter(
    entity_substitution=EntitySubstitution.substitute_xml,
    void_element_close_prefix="",
    empty_attributes_are_booleans=False,
)
_ALIGN = re.compile(r"(?:left|right|center)")


@dataclass(frozen=True)
class EmbeddedFile:
    """A file that was part of the HTML; its name is made of its content, so it never changes."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Cleaned:
    """HTML for a page, the files it shows, and what was taken out of it, in words."""

    content: str
    files: tuple[EmbeddedFile, ...] = ()
    removed: tuple[str, ...] = ()

    def on_page(self, ids: str, folder: str, size: Callable[[int, int], str]) -> str:
        """The HTML with `ids` before each id, its files in `folder`, and `size` for tables.

        `size` says in words how many rows and columns there are.
        """
        content = self.content.replace(_ID, ids).replace(_FILE, folder)
        return re.sub(
            rf"{_SIZE}(\d+) (\d+){_SIZE}",
            lambda found: size(int(found[1]), int(found[2])),
            content,
        )


def shows_something(content: str) -> bool:
    """Whether HTML says or shows anything where no script runs.

    An estimator of scikit-learn, say, is made of check boxes that its styles turn into a drawing:
    without those its text form says more.
    """
    seen = _UNSEEN.sub("", content)
    return not _CONTROL.search(seen) and bool(_PICTURE.search(seen) or _TAG.sub("", seen).strip())


_UNSEEN = re.compile(
    r"<!--.*?-->|<(?P<tag>script|style|template|noscript)\b.*?</(?P=tag)\s*>", re.DOTALL | re.I
)
_CONTROL = re.compile(r"<(?:input|button|select|textarea)\b", re.I)
_PICTURE = re.compile(
    r"<(?:img|svg|video|audio|iframe|hr|math|progress|meter|embed|object)\b", re.I
)
_TAG = re.compile(r"<[^>]*>")


@lru_cache(maxsize=256)  # asked for twice: for its files and for the page
def clean(content: str) -> Cleaned:
    """`content` as it may stand on a page."""
    return _Cleaner(BeautifulSoup(content.translate(_MARKS), "html.parser")).result()


class _Cleaner:
    def __init__(self, soup: BeautifulSoup) -> None:
        self._soup = soup
        self._files: dict[str, EmbeddedFile] = {}
        self._removed: list[str] = []

    def result(self) -> Cleaned:
        self._remove_what_runs()
        drawn = {
            id(tag) for svg in self._soup.find_all("svg") for tag in [svg, *svg.find_all(True)]
        }
        for tag in self._soup.find_all(True):
            self._attributes(tag, in_svg=id(tag) in drawn)
        self._number_ids()
        for table in self._soup.find_all("table"):
            self._improve_table(table)
        content = self._soup.decode(formatter=_FORM).strip("\n")
        return Cleaned(content, tuple(self._files.values()), tuple(dict.fromkeys(self._removed)))

    def _remove_what_runs(self) -> None:
        for comment in self._soup.find_all(string=lambda text: isinstance(text, Comment)):
            comment.extract()
        # All names at once: to look for something takes time in a large table.
        for tag in self._soup.find_all([*_GONE, *_ELSEWHERE, *_CONTROLS, *_BARE]):
            if tag.name in _ELSEWHERE:
                self._link_instead(tag, _text_attribute(tag, "src", "data"))
            elif tag.name in _BARE or tag.name in {"form", "button"}:
                tag.unwrap()
            else:
                tag.extract()
            if tag.name in _TOLD:
                self._removed.append(_TOLD[tag.name])

    def _link_instead(self, tag: Tag, address: str) -> None:
        """Put a link in the place of what would be fetched."""
        if not _is_remote(address) and not _is_here(address):
            tag.extract()
            return
        self._removed.append(f"what it would fetch from {address}: a link stands in its place")
        link = self._soup.new_tag("a", href=address)
        link.string = _text_attribute(tag, "alt", "title") or address
        tag.replace_with(link)

    def _attributes(self, tag: Tag, *, in_svg: bool) -> None:
        for name in list(tag.attrs):
            if name.startswith("on") or name in _FLAGS or (name in _OBSOLETE and not in_svg):
                del tag[name]
        self._style(tag, in_svg=in_svg)
        for name in _ADDRESSES:
            if name in tag.attrs and not self._address(tag, name):
                return
        if tag.name in {"video", "audio"}:
            tag["controls"] = ""
            tag["preload"] = "none"
        if tag.name == "img" and "alt" not in tag.attrs:
            tag["alt"] = ""
        if "name" in tag.attrs and tag.name == "a":
            del tag["name"]

    def _style(self, tag: Tag, *, in_svg: bool) -> None:
        style = str(tag.attrs.pop("style", ""))
        if in_svg:
            tag.attrs |= presentation(style)
            return
        # Where the columns of a table stand is decided by what is in them.
        look = [*look_of_css(style)] if tag.name != "tr" else []
        align = str(tag.attrs.pop("align", ""))
        if tag.name not in {"tr", "table"} and _ALIGN.fullmatch(align):
            look.append(f"align-{align}")
        if look:
            add_classes(tag, *look)

    def _address(self, tag: Tag, name: str) -> bool:
        """Make the address that is the attribute `name` one of this site; whether `tag` stays."""
        address = str(tag[name]).strip()
        if name == "srcset" or (name in {"background", "cite"}):
            del tag[name]
        elif found := _DATA.fullmatch(address):
            self._embedded(tag, name, found)
        elif tag.name == "a":
            if not _is_remote(address) and not _is_here(address):
                del tag[name]
        elif _is_remote(address):
            if tag.name in {"source", "track"}:
                self._removed.append(f"what it would fetch from {address}")
                tag.extract()
            else:
                self._link_instead(tag, address)
            return False
        elif not _is_here(address):
            del tag[name]
        return True

    def _embedded(self, tag: Tag, name: str, found: re.Match[str]) -> None:
        mime = found["mime"].lower()
        extension = _EXTENSIONS.get(mime)
        try:
            data = _decoded(found)
            if extension == "svg":
                data = clean_svg(data.decode()).encode()
        except ValueError:
            extension = None
        if extension is None or tag.name == "a":
            del tag[name]
            self._removed.append(f"{mime or 'data'} inside of its HTML")
            return
        file = f"{hashlib.sha256(data).hexdigest()[:16]}.{extension}"
        self._files[file] = EmbeddedFile(file, data)
        tag[name] = f"{_FILE}{file}"

    def _number_ids(self) -> None:
        """Ids that something refers to are numbered, and all others go.

        Libraries make them by chance, or the same ones in each output.
        """
        wanted = set(self._references())
        numbers: dict[str, str] = {}
        for tag in self._soup.find_all(id=True):
            old = str(tag.attrs.pop("id"))
            if old in wanted and old not in numbers:
                numbers[old] = f"{_ID}{len(numbers) + 1}"
                tag["id"] = numbers[old]
        for tag in self._soup.find_all(True):
            for name, value in list(tag.attrs.items()):
                if (new := _renamed(name, value, numbers)) is None:
                    del tag[name]
                else:
                    tag[name] = new

    def _references(self) -> Iterator[str]:
        for tag in self._soup.find_all(True):
            for name, value in tag.attrs.items():
                text = " ".join(value) if isinstance(value, list) else str(value)
                if name in {"href", "xlink:href"} and text.startswith("#"):
                    yield text[1:]
                elif name in _REFERENCES:
                    yield from text.split()
                else:
                    yield from _URL.findall(text)

    def _improve_table(self, table: Tag) -> None:
        size = improve(table)
        add_classes(table, "data")
        words = f"{_SIZE}{size[0]} {size[1]}{_SIZE}"
        region = self._soup.new_tag("div", role="region", tabindex="0")
        region["class"] = "table-scroll"
        region["aria-label"] = words
        table.wrap(region)
        below = region.find_next_sibling()
        if below is not None and (found := _PANDAS_SIZE.fullmatch(below.get_text())):
            below.string = f"{_SIZE}{found[1]} {found[2]}{_SIZE}"
            below["class"] = "table-size"


_URL = re.compile(r"""url\(\s*["']?#([^)"']+)["']?\s*\)""")
_PANDAS_SIZE = re.compile(r"\s*(\d+) rows × (\d+) columns\s*")


def _renamed(name: str, value: object, numbers: dict[str, str]) -> str | None:
    """The attribute `name` with ids as they are called now; `None` if it refers to nothing."""
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    if name in {"href", "xlink:href"} and text.startswith("#"):
        new = numbers.get(text[1:])
        return f"#{new}" if new else None
    if name in _REFERENCES:
        return " ".join(numbers[one] for one in text.split() if one in numbers) or None
    if name != "id" and _URL.search(text):
        return _URL.sub(lambda found: f"url(#{numbers.get(found[1], '')})", text)
    return text


def _text_attribute(tag: Tag, *names: str) -> str:
    return next((str(tag[name]).strip() for name in names if tag.get(name)), "")


def _is_remote(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} or bool(parts.netloc and not parts.scheme)


def _is_here(address: str) -> bool:
    """Whether an address is one of this site, or one that opens a mail program."""
    scheme = re.match(r"\s*([a-zA-Z][\w+.-]*):", re.sub(r"[\x00-\x20]", "", address))
    return bool(address) and (scheme is None or scheme[1].lower() in {"mailto", "tel"})


def _decoded(found: re.Match[str]) -> bytes:
    """The bytes of a ``data:`` address. Raises `ValueError` if there are none."""
    if "base64" in found["more"]:
        try:
            return base64.b64decode(re.sub(r"\s", "", unquote_to_bytes(found["content"]).decode()))
        except binascii.Error as error:
            raise ValueError(str(error)) from None
    return unquote_to_bytes(found["content"])
