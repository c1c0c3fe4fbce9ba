"""Pages for the tests of how they are made, and what a reader finds in them."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from executable_posts.figures import Figure, Variant
from executable_posts.outputs import Display
from executable_posts.post import parse
from executable_posts.render import WORDS, CellView, Rendered, Words, fill, render
from markdown import Markdown

# Plain Python-Markdown, and the extensions of this blog: only they see an indented fence.
PLAIN: dict[str, Any] = {"extensions": ["extra", "codehilite", "meta", "toc"]}
BLOG: dict[str, Any] = {
    "extensions": ["extra", "meta", "toc", "pymdownx.superfences", "pymdownx.highlight"],
    "output_format": "html",
}
HEAD = "Title: Caso\nDate: 2020-01-02 10:00\n\n"
TOKEN = re.compile(r"x[0-9a-f]{12}cell")


def shown(text: str, kind: Any = "text") -> CellView:
    return CellView((Display(kind, text),))


def picture(
    *names: str,
    title: str = "",
    size: tuple[int, int] | None = (64, 48),
    variants: tuple[Variant, ...] = (),
    metadata: Mapping[str, Any] | None = None,
) -> CellView:
    """Figures that Matplotlib gave the title `title`."""
    facts = {"axes": [{"title": title, "charts": {"line": 1}}]} if title else {}
    said = {"executable_posts": {"figure": facts}, **(metadata or {})}
    display = Display("figure", "", "image/png", {"metadata": said})
    figures = tuple(Figure(name, b"", size, variants) for name in names)
    return CellView((display,) * len(names), figures)


def rendered(
    body: str,
    views: Mapping[int, CellView] | None = None,
    *,
    title: str = "Caso",
    words: Words = WORDS["pt"],
    execute: Any = "yes",
) -> Rendered:
    """The post with `body`; a cell without a view of its own shows ``saída`` and its number."""
    post = parse(HEAD + body, "content/posts/caso.md", execute)
    if views is None:
        views = {cell.number: shown(f"saída {cell.number}") for cell in post.cells}
    return render(post, views, title, words)


def html(result: Rendered, markdown: dict[str, Any] = PLAIN) -> str:
    page = fill(Markdown(**markdown).convert(result.markdown), result.blocks)
    assert not TOKEN.search(page)
    return page


def page(body: str, views: Mapping[int, CellView] | None = None, **options: Any) -> str:
    return html(rendered(body, views, **options))


class _Text(HTMLParser):
    """The text of a page, with the elements in which each piece stands."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pieces: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"br", "hr", "img"}:
            self.open.append(f"{tag}.{dict(attrs).get('class') or ''}".rstrip("."))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content."""

    def handle_endtag(self, tag: str) -> None:
        # Every element is closed, in the order in which they were opened.
        assert self.open.pop().partition(".")[0] == tag

    def handle_data(self, data: str) -> None:
        self.pieces.append((" ".join(self.open), data))


def pieces(page: str) -> list[tuple[str, str]]:
    parser = _Text()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser.pieces


def text(page: str, inside: str = "") -> str:
    """The text of `page` that stands in elements of which one is `inside`."""
    return "".join(data for open_, data in pieces(page) if not inside or inside in open_.split())


RECORDED = """\
Antes.

```python
mostra()
```

    gravado


![png](/assets/output_4_0.png)


Depois.
"""
