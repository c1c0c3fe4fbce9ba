"""What templates find on every post and page: each fact is known from the post alone.

On a post or page `x`: `x.description`, `x.toc` (sections: id, title, level, sections),
`x.reading_minutes`, `x.card` (url, width, height), `x.provenance` or ``None``; on posts also
`x.json_ld`. What depends on other posts (`x.related`, `x.series`, `x.prev_article`,
`x.next_article`) is empty here and set by `relate` once all are known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from . import relations, text
from .cards import Card, card_of
from .history import History
from .json_ld import Told, blog_posting
from .provenance import Files, Provenance, executed_when, provenance
from .settings import SiteSettings


@dataclass(frozen=True)
class Facts:
    """What is needed to know the facts of a post: the settings, and git's history if any."""

    settings: SiteSettings
    history: History | None

    def of(self, content: Any) -> dict[str, object]:
        """Name → value of all facts of `content`, a post or page of Pelican's."""
        html = content._content
        summary = str(content.metadata.get("description") or content.metadata.get("summary") or "")
        known: dict[str, Any] = {
            "description": text.description(summary, html),
            "toc": text.sections(html),
            "reading_minutes": text.reading_minutes(html),
            "card": card_of(content.save_as or f"{content.slug}.html"),
            "provenance": self._provenance(content),
        }
        apart = {"related": (), "series": None, "prev_article": None, "next_article": None}
        if hasattr(content, "date"):
            known["json_ld"] = self._json_ld(content, known["description"], known["card"])
        return {**apart, **known}

    def _json_ld(self, post: Any, description: str, card: Card) -> str:
        told = Told(description, card.url, self.settings.address, self.settings.name)
        return blog_posting(post, told)

    def _provenance(self, content: Any) -> Provenance | None:
        notebook_url = content.metadata.get("executed_notebook")
        if not notebook_url:
            return None
        settings = self.settings
        notebook = (settings.content / notebook_url).relative_to(settings.root).as_posix()
        source = Path(content.source_path).resolve().relative_to(settings.root).as_posix()
        return provenance(
            settings.root,
            Files(source, notebook, str(notebook_url)),
            self._executed(notebook, content),
            settings.repository,
            confirmed=bool(content.metadata.get("outputs_confirmed")),
        )

    def _executed(self, notebook: str, content: Any) -> datetime | None:
        when = executed_when(self.settings.root, notebook, self.history)
        return when and when.astimezone(content.timezone)


def relate(articles: Sequence[Any]) -> None:
    """Tell each of `articles`, which are all that are listed, what it has to do with the others."""
    by_date = sorted(articles, key=lambda article: (article.date, article.slug))
    for article, others in zip(by_date, relations.related(by_date), strict=True):
        article.related = others
    for older, newer in pairwise(by_date):
        older.next_article, newer.prev_article = newer, older
    for name, parts in relations.all_series(articles).items():
        for number, article in enumerate(parts, start=1):
            article.series = relations.Series(name, parts, number)
