"""The text of a page, a feed or a style sheet → what the checks want to know of it. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from xml.parsers import expat

from .elements import Element, elements_of_page, elements_of_part
from .model import Document, Feed, Kind, Mistake, Page, Reference
from .validity import mistakes as mistakes_in

_CANDIDATE = re.compile(r"\s*([^\s,]\S*[^\s,]|[^\s,])(?:\s+[^\s,]+)?\s*(?:,|$)")
_REFRESH = re.compile(r"\s*\d+\s*[;,]\s*(?:url\s*=\s*)?['\"]?([^'\"]*)", re.IGNORECASE)
_CSS_ADDRESS = re.compile(
    r"/\*.*?\*/|url\(\s*(?:\"([^\"]*)\"|'([^']*)'|([^\"'()\s]+))\s*\)|@import\s+[\"']([^\"']+)",
    re.DOTALL,
)
_CARD = re.compile(
    r"(?:og|twitter|article):(?:.*:)?(?:url|secure_url|image|src|audio|video|player)"
)
_LINKED_DATA = {
    "url",
    "@id",
    "image",
    "logo",
    "contentUrl",
    "thumbnailUrl",
    "mainEntityOfPage",
    "home_page_url",
    "feed_url",
    "icon",
    "favicon",
    "item",
}
_ATTRIBUTES: dict[tuple[str, str], Kind] = {
    ("a", "href"): "link",
    ("area", "href"): "link",
    ("form", "action"): "link",
    ("img", "src"): "image",
    ("input", "src"): "image",
    ("image", "href"): "image",
    ("image", "xlink:href"): "image",
    ("use", "href"): "image",
    ("use", "xlink:href"): "image",
    ("video", "poster"): "image",
    ("audio", "src"): "media",
    ("embed", "src"): "media",
    ("object", "data"): "media",
    ("source", "src"): "media",
    ("track", "src"): "media",
    ("video", "src"): "media",
    ("iframe", "src"): "frame",
    ("script", "src"): "script",
}
_RELATIONS: dict[str, Kind] = {"stylesheet": "style", "canonical": "card", "icon": "image"}
_FEED_TYPES = {"application/atom+xml", "application/rss+xml", "application/feed+json"}
_FEED_ROOTS = {"feed", "rss", "urlset", "sitemapindex"}


def page(name: str, text: str) -> Page:
    """What the HTML page `name` holds."""
    elements, complaints = elements_of_page(text)
    metas = {
        element.attributes["name"].lower(): element.attributes.get("content", "")
        for element in reversed(elements)
        if element.name == "meta" and "name" in element.attributes
    }
    return Page(
        name=name,
        references=tuple(ref for element in elements for ref in _references(element)),
        mistakes=(*complaints, *mistakes_in(elements)),
        # html5lib gives the attributes of <html> to the element after it has made it.
        language=next((e.node.get("lang", "") for e in elements if e.name == "html"), ""),
        title=next(
            (e.text.strip() for e in elements if e.name == "title" and "svg" not in e.ancestors), ""
        ),
        description=metas.get("description", "").strip(),
        anchors=_anchors(elements),
    )


def _anchors(elements: Iterable[Element]) -> frozenset[str]:
    named = {element.attributes.get("id", "") for element in elements}
    named |= {element.attributes.get("name", "") for element in elements if element.name == "a"}
    return frozenset(named - {""})


def _references(element: Element) -> Iterator[Reference]:
    name, attributes, line = element.name, element.attributes, element.line
    for attribute, value in attributes.items():
        kind = _ATTRIBUTES.get((name, attribute))
        if kind is not None:
            yield Reference(value, kind, line)
        elif attribute in {"srcset", "imagesrcset"}:
            for candidate in _CANDIDATE.finditer(value):
                yield Reference(candidate[1], "image", line)
    if name == "link" and "href" in attributes:
        yield Reference(attributes["href"], _relation(attributes), line)
    elif name == "style":
        yield from (Reference(address, "image", line) for address in _css_addresses(element.text))
    elif name == "script" and attributes.get("type", "").lower() == "application/ld+json":
        yield from (Reference(address, "card", line) for address in _linked_data(element.text))
    elif name == "meta":
        yield from _of_meta(attributes, line)


def _of_meta(attributes: Mapping[str, str], line: int) -> Iterator[Reference]:
    content = attributes.get("content", "")
    known_as = attributes.get("property") or attributes.get("name", "")
    if _CARD.fullmatch(known_as.lower()):
        yield Reference(content, "card", line)
    elif attributes.get("http-equiv", "").lower() == "refresh":
        found = _REFRESH.match(content)
        if found and found[1]:
            yield Reference(found[1].strip(), "redirect", line)


def _relation(attributes: Mapping[str, str]) -> Kind:
    relations = attributes.get("rel", "").lower().split()
    if "alternate" in relations and attributes.get("type", "").lower() in _FEED_TYPES:
        return "feed"
    return next((kind for name, kind in _RELATIONS.items() if name in relations), "link")


def _linked_data(text: str) -> list[str]:
    try:
        return list(_addresses_in(json.loads(text)))
    except ValueError:
        return []


def _addresses_in(data: Any, key: str = "") -> Iterator[str]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _addresses_in(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from _addresses_in(value, key)
    elif isinstance(data, str) and key in _LINKED_DATA:
        yield data


def sheet(name: str, text: str) -> Document:
    """What the style sheet `name` refers to."""
    references = [
        Reference(found, "style", text.count("\n", 0, place) + 1)
        for found, place in _css_places(text)
    ]
    return Document(name, tuple(references))


def _css_addresses(text: str) -> list[str]:
    return [address for address, _ in _css_places(text)]


def _css_places(text: str) -> Iterator[tuple[str, int]]:
    for found in _CSS_ADDRESS.finditer(text):
        if address := next(filter(None, found.groups()), ""):
            yield address, found.start()


def feed(name: str, data: bytes) -> Feed | None:
    """What the feed or map of the site `name` refers to; `None` if this XML is something else."""
    reading = _FeedReading()
    try:
        reading.parser.Parse(data, True)
    except expat.ExpatError as error:
        return Feed(name, (), (Mistake(error.lineno, expat.ErrorString(error.code)),))
    if reading.root not in _FEED_ROOTS:
        return None
    return Feed(name, tuple(reading.references), anchors=frozenset(reading.anchors))


def json_feed(name: str, text: str) -> Feed | None:
    """The same for a feed as jsonfeed.org has it; `None` if this JSON is something else."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    if not isinstance(data, dict) or "jsonfeed.org" not in str(data.get("version")):
        return None
    references = [Reference(address, "feed", 1) for address in _addresses_in(data)]
    anchors: set[str] = set()
    for item in data.get("items", ()):
        elements = elements_of_part(str(item.get("content_html", "")))
        anchors |= _anchors(elements)
        for element in elements:
            references += [replace(found, line=1) for found in _references(element)]
    return Feed(name, tuple(references), anchors=frozenset(anchors))


class _FeedReading:
    """Collects addresses: ``href``, ``url``, ``src``, the texts of links, and HTML inside."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.root = ""
        self.references: list[Reference] = []
        self.anchors: set[str] = set()
        self._texts: list[tuple[int, list[str]]] = []

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.root = self.root or name.rsplit(maxsplit=1)[-1]
        line = self.parser.CurrentLineNumber
        for attribute in ("href", "url", "src"):
            if attribute in attributes:
                self.references.append(Reference(attributes[attribute], "feed", line))
        self._texts.append((line, []))

    def _text(self, text: str) -> None:
        self._texts[-1][1].append(text)

    def _end(self, name: str) -> None:
        line, parts = self._texts.pop()
        text = "".join(parts).strip()
        last = name.rsplit(maxsplit=1)[-1]
        if last in {"link", "loc", "uri", "icon", "logo"} and text:
            self.references.append(Reference(text, "feed", line))
        elif last in {"content", "summary", "description", "encoded"} and "<" in text:
            elements = elements_of_part(text)
            self.anchors |= _anchors(elements)
            for element in elements:
                self.references += [
                    replace(reference, line=line + reference.line - 1)
                    for reference in _references(element)
                ]
