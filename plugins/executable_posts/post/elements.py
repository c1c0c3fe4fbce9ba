"""Which HTML elements a piece of text leaves open."""

from html.parser import HTMLParser

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"}
    | {"source", "track", "wbr"}
)


class OpenElements(HTMLParser):
    """Follows which elements are open; knows that scripts and styles hold no tags.

    `open` names them, the outermost first; `broken` says that one was closed that was not open.
    """

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.broken = False

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        """Open `tag`, unless it is of those that have no end."""
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """An element that ends where it begins."""

    def handle_endtag(self, tag: str) -> None:
        """Close `tag`, and what stands above it: <td> and <p> may be closed by implication."""
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        elif tag not in _VOID:
            self.broken = True
