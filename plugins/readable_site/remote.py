"""What a post shows from other hosts: a copy of its own where there is one, a link where not.

No page asks another host for anything: `default-src 'self'` would forbid it, and it would tell that
host who reads what.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .addresses import TAG, is_remote

_ATTRIBUTE = re.compile(
    r"""\s(?P<name>[a-zA-Z][\w:-]*)(?:\s*=\s*(?:"(?P<a>[^"]*)"|'(?P<b>[^']*)'|(?P<c>[^\s"'>]+)))?"""
)
# Elements that load something by themselves, and the attributes that say from where.
_LOADING: Mapping[str, tuple[str, ...]] = {
    "img": ("src",),
    "source": ("src",),
    "iframe": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "script": ("src",),
    "link": ("href",),
}
_CLOSED = {"iframe", "object", "video", "audio", "script"}
_UNSEEN = {"source", "track", "script", "link"}


@dataclass(frozen=True)
class Kept:
    """A copy of a picture: a link to it for Pelican, and its size in pixels."""

    link: str
    width: int
    height: int


@dataclass(frozen=True)
class Words:
    """What is said in the place of what a page does not show."""

    picture: str = "Picture at {host}"
    content: str = "Content at {host}"
    undescribed: str = "Picture from {host}, without a description"


WORDS: Mapping[str, Words] = {
    "en": Words(),
    "pt": Words(
        picture="Imagem em {host}",
        content="Conteúdo em {host}",
        undescribed="Imagem de {host}, sem descrição",
    ),
}


def words_for(language: str) -> Words:
    """The words for a language such as ``pt-BR``; English where there are none for it."""
    return WORDS.get(language.partition("-")[0].lower(), WORDS["en"])


@dataclass(frozen=True)
class Shown:
    """HTML that asks no other host, and the addresses of pictures that became links."""

    content: str
    missing: tuple[str, ...]


LookUp = Callable[[str], Kept | None]


def without_remote(content: str, kept: LookUp, words: Words) -> Shown:
    """`content`, HTML of a post, with what `kept` knows of its pictures, or links in their place.

    Scripts and style sheets of other hosts go.
    """
    if "//" not in content:
        return Shown(content, ())
    missing: list[str] = []
    parts: list[str] = []
    position = 0
    for tag in TAG.finditer(content):
        name, attributes = tag["name"].lower(), _attributes(tag[0])
        if tag.start() < position or not _asks(name, attributes):
            continue
        said = _in_its_place(name, attributes, kept, words)
        if name == "img" and said.startswith("<a "):
            missing.append(attributes["src"])
        parts += [content[position : tag.start()], said]
        position = _end(content, tag) if name in _CLOSED else tag.end()
    return Shown("".join([*parts, content[position:]]), tuple(missing))


def _asks(name: str, attributes: Mapping[str, str]) -> bool:
    """Whether an element makes a browser ask another host."""
    addresses = [attributes.get(key, "") for key in _LOADING.get(name, ())]
    candidates = attributes.get("srcset", "").split(",") if name in {"img", "source"} else []
    return any(map(is_remote, [*addresses, *candidates]))


def _in_its_place(name: str, attributes: Mapping[str, str], kept: LookUp, words: Words) -> str:
    address = next(filter(None, (attributes.get(key) for key in _LOADING[name])), "")
    if name == "img" and is_remote(address):
        return _picture(attributes, kept(address), words)
    if name == "img":  # only its other sizes lie elsewhere
        return _tag(name, {key: attributes[key] for key in attributes if key != "srcset"})
    if name in _UNSEEN:
        return ""
    return _link(address, attributes.get("title", ""), words.content)


def _picture(attributes: Mapping[str, str], copy: Kept | None, words: Words) -> str:
    address = attributes["src"]
    if copy is None:
        return _link(address, attributes.get("alt", ""), words.picture)
    alt = attributes.get("alt")
    if alt is None:
        alt = words.undescribed.format(host=_host(address))
    size = {"width": str(copy.width), "height": str(copy.height)}
    given = {name: value for name, value in attributes.items() if name not in {"srcset", "sizes"}}
    # What the author says of its size is kept; a share of it alone would bend the picture.
    sized = given if {"width", "height"} & given.keys() else {**given, **size}
    return _tag("img", {"loading": "lazy", **sized, "src": copy.link, "alt": alt})


def _tag(name: str, attributes: Mapping[str, str]) -> str:
    told = "".join(f' {key}="{html.escape(value)}"' for key, value in attributes.items())
    return f"<{name}{told}>"


def _link(address: str, text: str, otherwise: str) -> str:
    said = text.strip() or otherwise.format(host=_host(address))
    return f'<a class="remote" href="{html.escape(address)}">{html.escape(said)}</a>'


def _host(address: str) -> str:
    try:
        return urlsplit(address.strip()).netloc.removeprefix("www.") or address
    except ValueError:
        return address


def _attributes(tag: str) -> dict[str, str]:
    """The attributes in the text of an opening tag; the first of a name counts, as in browsers."""
    found: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(tag):
        value = next((one[key] for key in "abc" if one[key] is not None), "")
        found.setdefault(one["name"].lower(), html.unescape(value).strip())
    return found


def _any_remote(srcset: str) -> bool:
    return any(is_remote(candidate) for candidate in srcset.split(","))


def _end(content: str, opening: re.Match[str]) -> int:
    """Where the element that begins with `opening` ends; with its tag, if nothing closes it."""
    closing = re.compile(rf"</{opening['name']}\s*>", re.IGNORECASE)
    found = closing.search(content, opening.end())
    return found.end() if found else opening.end()
