"""HTML text → its elements with their lines and attributes, and the parser's complaints."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.entities import html5
from typing import Any

from html5lib import HTMLParser
from html5lib.constants import E as TEXTS
from html5lib.treebuilders import getTreeBuilder

from .model import Mistake

_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*;)")


@dataclass(frozen=True)
class Element:
    """A start tag: `ancestors` are the names of what is open around it, the nearest last."""

    name: str
    attributes: Mapping[str, str]
    line: int
    ancestors: tuple[str, ...]
    node: Any

    @property
    def text(self) -> str:
        """All text inside of it."""
        return "".join(self.node.itertext())


class _Builder(getTreeBuilder("etree")):  # type: ignore[misc]  # made at run time
    """Builds the tree and keeps what the tree forgets: where each tag stood."""

    parser: HTMLParser

    def reset(self) -> None:
        super().reset()
        self.elements: list[Element] = []

    def createElement(self, token: dict[str, Any]) -> Any:  # noqa: N802  html5lib's name
        return self._kept(super().createElement(token), token)

    def insertElementNormal(self, token: dict[str, Any]) -> Any:  # noqa: N802  html5lib's name
        ancestors = self._open()
        return self._kept(super().insertElementNormal(token), token, ancestors)

    def _open(self) -> tuple[str, ...]:
        return tuple(element.name for element in self.openElements)

    def _kept(
        self, made: Any, token: dict[str, Any], ancestors: tuple[str, ...] | None = None
    ) -> Any:
        attributes = {
            name if isinstance(name, str) else ":".join(part for part in name[:2] if part): value
            for name, value in token["data"].items()
        }
        line = self.parser.tokenizer.stream.position()[0]
        around = self._open() if ancestors is None else ancestors
        self.elements.append(Element(token["name"], attributes, line, around, made._element))
        return made


def _parser() -> HTMLParser:
    parser = HTMLParser(tree=_Builder, namespaceHTMLElements=False)
    parser.tree.parser = parser
    return parser


def elements_of_page(text: str) -> tuple[list[Element], list[Mistake]]:
    """The elements of a whole page, in order, and what a strict parser says of it."""
    parser = _parser()
    parser.parse(text)
    lines = text.splitlines()
    mistakes = [
        Mistake(line, _sentence(TEXTS[code] % values))
        for (line, _), code, values in parser.errors
        if not _is_no_mistake_any_more(code, lines[line - 1 : line])
    ]
    return parser.tree.elements, mistakes


def elements_of_part(text: str) -> list[Element]:
    """The elements of a part of a page, as feeds hold them."""
    parser = _parser()
    parser.parseFragment(text)
    elements: list[Element] = parser.tree.elements
    return elements


def _sentence(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


def _is_no_mistake_any_more(code: str, line: list[str]) -> bool:
    """html5lib is stricter than HTML is today: `R&D` and `?a=1&b=2` are allowed."""
    return code == "expected-named-entity" and all(
        name in html5 for name in _ENTITY.findall("".join(line))
    )
