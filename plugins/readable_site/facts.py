"""What templates find on every post and page: each fact is known from the post alone.

On a post or page `x`: `x.description`, `x.toc` (sections: id, title, level, sections),
`x.reading_minutes`, `x.card` (url, width, height), `x.provenance` or ``None``; on posts also
`x.json_ld`. What depends on other posts (`x.related`, `x.series`, `x.prev_article`,
`x.next_article`) is empty here and set by `relate_all` once all are known.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from . import relations, text
from .cards import Card, card_of
from .json_ld import Told, blog_posting
from .provenance import Files, Provenance, provenance
from .runs import Runs
from .settings import SiteSettings


class Facts:
    """What is needed to know the facts of a post: the settings, and when posts ran."""

    def __init__(self, settings: SiteSettings) -> None:
        self.settings = settings
        self._runs = Runs(settings.root, settings.content, settings.cache / "runs.json")

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
        when = self._runs.when(notebook)
        return when and when.astimezone(content.timezone)


def relate_all(articles: Sequence[Any]) -> None:
    """Tell all posts what they have to do with one another; translations of one language apart."""
    relate(articles)
    by_language: dict[str, list[Any]] = defaultdict(list)
    for article in articles:
        for translation in article.translations:
            by_language[translation.lang].append(translation)
    for translations in by_language.values():
        relate(translations)


def relate(articles: Sequence[Any]) -> None:
    """Tell each of `articles` what it has to do with the others."""
    by_date = sorted(articles, key=lambda article: (article.date, article.slug))
    for article, others in zip(by_date, relations.related(by_date), strict=True):
        article.related = others
    for older, newer in pairwise(by_date):
        older.next_article, newer.prev_article = newer, older
    for name, parts in relations.all_series(articles).items():
        for number, article in enumerate(parts, start=1):
            article.series = relations.Series(name, parts, number)
