"""What HTML demands beyond the parser's grammar, as far as generated pages break it.

The rules are those of the HTML standard's content models and obsolete features (WHATWG HTML §3.2.5,
§16.2). They find most of what the W3C's own checker finds, which `vnu` asks where it is installed.
"""

from collections.abc import Iterable, Iterator, Sequence

from .elements import Element
from .model import Mistake


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OBSOLETE = _words(
    "acronym applet basefont bgsound big blink center dir font frame frameset keygen marquee"
    " menuitem nobr noembed noframes plaintext rb rtc spacer strike tt xmp"
)
_PRESENTATION = {
    "align": _words(
        "caption col div embed h1 h2 h3 h4 h5 h6 hr iframe img input legend object p table"
        " tbody td tfoot th thead tr"
    ),
    "bgcolor": _words("body table td th tr"),
    "border": {"img", "object", "table"},
    "cellpadding": {"table"},
    "cellspacing": {"table"},
    "frameborder": {"iframe"},
    "language": {"script"},
    "name": {"a", "img", "option"},
    "nowrap": {"td", "th"},
    "scrolling": {"iframe"},
    "valign": _words("col tbody td tfoot th thead tr"),
    "width": _words("col hr pre table td th"),
}
_PHRASING_ONLY = _words(
    "abbr b bdi bdo button cite code data dfn em h1 h2 h3 h4 h5 h6 i kbd label mark meter output p"
    " pre progress q rp rt s samp small span strong sub sup time u var"
)
_TRANSPARENT = {"a", "ins", "del", "map", "noscript"}
_NOT_PHRASING = _words(
    "address article aside blockquote details dialog div dl fieldset figure footer form h1 h2 h3 h4"
    " h5 h6 header hr main menu nav ol p pre search section style table ul"
)
_CHILDREN = {
    "ul": {"li", "script", "template"},
    "ol": {"li", "script", "template"},
    "dl": {"dt", "dd", "div", "script", "template"},
}
_INTERACTIVE = {"a", "button", "details", "iframe", "label", "select", "textarea"}


def mistakes(elements: Sequence[Element]) -> Iterator[Mistake]:
    """What is wrong with `elements`, which are those of one page, in order."""
    yield from _double_ids(elements)
    mains = [element for element in elements if element.name == "main"]
    yield from (Mistake(main.line, "a second <main>") for main in mains[1:])
    for element in elements:
        words = element.attributes.get("src") or element.attributes.get("href", "")
        for message in _of_one(element):
            yield Mistake(element.line, message, words)


def _double_ids(elements: Iterable[Element]) -> Iterator[Mistake]:
    first: dict[str, int] = {}
    for element in elements:
        name = element.attributes.get("id")
        if name is None:
            continue
        if not name or name.split() != [name]:
            yield Mistake(element.line, f'id="{name}" is empty or has a blank in it')
        elif name in first:
            yield Mistake(element.line, f'id="{name}" is on line {first[name]} already')
        first.setdefault(name, element.line)


def _of_one(element: Element) -> Iterator[str]:
    if "svg" in element.ancestors or "math" in element.ancestors:
        return
    yield from _obsolete(element)
    name, attributes = element.name, element.attributes
    if name == "img" and "alt" not in attributes:
        yield f'<img src="{attributes.get("src", "")[:80]}"> has no alt'
    if name in {"img", "iframe"} and not (attributes.get("src") or attributes.get("srcdoc")):
        yield f"<{name}> has no src"
    if name == "style" and "head" not in element.ancestors:
        yield "<style> belongs in <head>"
    elif around := _wrong_place(name, element.ancestors):
        yield f"<{name}> may not be inside of <{around}>"


def _obsolete(element: Element) -> Iterator[str]:
    if element.name in _OBSOLETE:
        yield f"<{element.name}> is obsolete"
    for attribute, value in element.attributes.items():
        if element.name in _PRESENTATION.get(attribute, ()):
            yield f'{attribute}="{value[:80]}" on <{element.name}> is obsolete'


def _wrong_place(name: str, parents: Sequence[str]) -> str:
    """Which of `parents`, the nearest last, may not have an element `name` inside; or nothing."""
    if not parents:
        return ""
    if name not in _CHILDREN.get(parents[-1], {name}):
        return parents[-1]
    if name in _NOT_PHRASING and (around := _phrasing_parent(parents)):
        return around
    if name in _INTERACTIVE:
        return next((parent for parent in parents if parent in {"a", "button"}), "")
    return ""


def _phrasing_parent(parents: Sequence[str]) -> str:
    """What around an element takes only text and what is like text; empty if nothing does."""
    for parent in reversed(parents):
        if parent not in _TRANSPARENT:
            return parent if parent in _PHRASING_ONLY else ""
    return ""
