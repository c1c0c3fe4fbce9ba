"""A built site as the checks see it: plain data, made once by `reading`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from .addresses import SiteAddress

Kind = Literal["link", "image", "media", "style", "script", "frame", "feed", "card", "redirect"]
"""What an address is for; a card is what other sites show of a page, its own address included."""


@dataclass(frozen=True)
class Reference:
    """An address in a document, the line it stands on, and what it is for."""

    address: str
    kind: Kind
    line: int


@dataclass(frozen=True)
class Mistake:
    """Something in a document that is not as its format demands; `words` as in `Finding`."""

    line: int
    message: str
    words: str = ""


@dataclass(frozen=True)
class Document:
    """A file that names others: a page, a feed, a map of the site, a style sheet."""

    name: str
    references: tuple[Reference, ...]
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True)
class Page(Document):
    """An HTML page. `anchors` are the places in it that a link can name."""

    language: str = ""
    title: str = ""
    description: str = ""
    anchors: frozenset[str] = frozenset()

    @property
    def is_redirect(self) -> bool:
        """Whether it only leads elsewhere: what stands at the old address of something."""
        return any(reference.kind == "redirect" for reference in self.references)


@dataclass(frozen=True)
class Feed(Document):
    """A feed, or a map of the site: all its addresses are read far from the site.

    `anchors` are the places in what it holds of posts.
    """

    anchors: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Source:
    """A post or page as its author wrote it: its file, its page's file (empty: none), its status.

    `notebook` is where the site publishes its executed notebook.
    """

    file: str
    page: str
    status: str
    date: datetime | None = None
    notebook: str = ""


@dataclass(frozen=True)
class BuiltSite:
    """All files of a built site, and what is in those that name others."""

    address: SiteAddress
    files: frozenset[str]
    pages: Mapping[str, Page] = field(default_factory=dict)
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    sheets: Mapping[str, Document] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()

    @property
    def documents(self) -> Iterator[Document]:
        """Pages, feeds and style sheets, in the order of their names."""
        for documents in (self.pages, self.feeds, self.sheets):
            for name in sorted(documents):
                yield documents[name]


@dataclass(frozen=True)
class Finding:
    """Something wrong in the file `name`; `words` may lead to the line of its source."""

    name: str
    line: int | None
    message: str
    words: str = ""
