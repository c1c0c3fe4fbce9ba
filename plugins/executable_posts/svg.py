"""SVG that a program drew → SVG that shows the same whenever it is drawn, and does nothing else.

What runs, what would be fetched, and what only editors and cataloguers read is left out. Ids are
numbered in their order, since libraries make them by chance: Matplotlib draws the same figure each
time with others, and with the date.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from xml.etree import ElementTree

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_HTML = "http://www.w3.org/1999/xhtml"
_XML = "http://www.w3.org/XML/1998/namespace"
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)

_KNOWN = {_SVG, _XLINK, _HTML, _XML}
_GONE = {"script", "metadata", "handler", "listener", "iframe", "object", "embed", "audio", "video"}
_HREFS = {"href", f"{{{_XLINK}}}href", "src"}
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*")
_URL = re.compile(r"""url\(\s*(["']?)(?P<target>.*?)\1\s*\)""")
_IMPORT = re.compile(r"@import[^;]*;?")
_NAME = re.compile(r"#(?P<id>[A-Za-z_][\w.:-]*)")
_NAMESPACE = re.compile(r"\{(?P<namespace>[^}]*)\}")
_DECLARATION = re.compile(r"\s*(?P<name>[a-z-]+)\s*:\s*(?P<value>[^;]+?)\s*(?:;|$)")
_OPENING = re.compile(r"<svg\b(?![^>]*\sxmlns\s*=)")


@lru_cache(maxsize=64)  # asked for when it is written, and whenever two are compared
def clean(source: str) -> str:
    """`source` without what does not belong to the drawing. Raises `ValueError` if it is no SVG."""
    try:
        # Expat bounds what entities may grow to, and fetches none.
        root = ElementTree.fromstring(  # noqa: S314
            _OPENING.sub(f'<svg xmlns="{_SVG}"', source.strip(), count=1)
        )
    except ElementTree.ParseError as error:
        raise ValueError(f"image/svg+xml: {error}") from None
    if root.tag != f"{{{_SVG}}}svg":
        raise ValueError("image/svg+xml: it does not begin with an svg element")
    _remove(root)
    for element in root.iter():
        _attributes(element)
        if element.tag == f"{{{_SVG}}}style":
            element.text = _without_addresses(_IMPORT.sub("", element.text or ""))
    _number_ids(root)
    return ElementTree.tostring(root, encoding="unicode")


def presentation(style: str) -> Mapping[str, str]:
    """The declarations of a ``style`` attribute in SVG as attributes (SVG 2, §6.6)."""
    found = _DECLARATION.finditer(style)
    return {
        one["name"]: one["value"]
        for one in found
        if "url(" not in one["value"] or "#" in one["value"]
    }


def _remove(parent: ElementTree.Element) -> None:
    for child in list(parent):
        namespace, name = _split(child.tag)
        moves_link = name in {"set", "animate"} and "href" in child.get("attributeName", "")
        if namespace not in _KNOWN or name in _GONE or moves_link:
            parent.remove(child)
        else:
            _remove(child)


def _split(tag: object) -> tuple[str, str]:
    """Namespace and name; of a comment or an instruction, neither."""
    if not isinstance(tag, str) or (found := _NAMESPACE.match(tag)) is None:
        return "", ""
    return found["namespace"], tag[found.end() :].lower()


def _attributes(element: ElementTree.Element) -> None:
    for name, value in list(element.attrib.items()):
        namespace, local = _split(name) if name.startswith("{") else ("", name.lower())
        if local.startswith("on") or (namespace and namespace not in _KNOWN):
            del element.attrib[name]
        elif name in _HREFS:
            if not value.startswith("#") and not _PICTURE.fullmatch(value):
                del element.attrib[name]
        elif "url(" in value:
            element.set(name, _without_addresses(value))


def _without_addresses(text: str) -> str:
    """`text` without the addresses in it that lead out of the drawing."""
    return _URL.sub(
        lambda found: found[0] if found["target"].startswith(("#", "data:")) else "none", text
    )


def _number_ids(root: ElementTree.Element) -> None:
    wanted = set(_references(root))
    numbers: dict[str, str] = {}
    for element in root.iter():
        old = element.attrib.pop("id", None)
        if old in wanted and old not in numbers:
            numbers[old] = f"i{len(numbers) + 1}"
            element.set("id", numbers[old])

    def renamed(text: str) -> str:
        return _NAME.sub(lambda found: f"#{numbers.get(found['id'], found['id'])}", text)

    for element in root.iter():
        for name, value in element.attrib.items():
            if name in _HREFS or "url(" in value:
                element.set(name, renamed(value))
            elif name == "aria-labelledby":
                element.set(name, " ".join(numbers.get(one, one) for one in value.split()))
        if element.tag == f"{{{_SVG}}}style":
            element.text = renamed(element.text or "")


def _references(root: ElementTree.Element) -> Iterator[str]:
    for element in root.iter():
        for name, value in element.attrib.items():
            if name in _HREFS or "url(" in value:
                yield from (found["id"] for found in _NAME.finditer(value))
            elif name == "aria-labelledby":
                yield from value.split()
        if element.tag == f"{{{_SVG}}}style":
            yield from (found["id"] for found in _NAME.finditer(element.text or ""))
