"""Which posts belong together: related ones, neighbours in time, series. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain, islice
from typing import Any

_MOST_RELATED = 3
_WEIGHTS = {"series": 4, "tag": 2}
"""What it counts that two posts share a series or a tag; sharing the category counts 1."""


@dataclass(frozen=True)
class Series:
    """Where a post stands in its series; `number` counts from 1, `articles` are all of them."""

    name: str
    articles: tuple[Any, ...]
    number: int

    @property
    def previous(self) -> Any | None:
        """The part before."""
        return self.articles[self.number - 2] if self.number > 1 else None

    @property
    def next(self) -> Any | None:
        """The part behind."""
        return self.articles[self.number] if self.number < len(self.articles) else None


def series_name(article: Any) -> str:
    """The series of `article`; empty if it is in none."""
    return str(article.metadata.get("series", "")).strip()


def all_series(articles: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    """Series → its posts, in order: by ``Series_index`` where it is given, then by date."""
    found: dict[str, list[Any]] = defaultdict(list)
    for article in articles:
        if name := series_name(article):
            found[name].append(article)
    return {name: tuple(sorted(found[name], key=_place)) for name in sorted(found)}


def _place(article: Any) -> tuple[float, Any, str]:
    index = str(article.metadata.get("series_index", "")).strip()
    return (float(index) if index.isdecimal() else float("inf"), article.date, article.slug)


def related(articles: Sequence[Any]) -> list[tuple[Any, ...]]:
    """For each of `articles` the few others that share most with it, the newest first.

    Where series and tags lead to too few, the newest of the same category follow.
    """
    newest_first = sorted(articles, key=_age)
    sharing: dict[tuple[str, str], list[Any]] = defaultdict(list)
    by_category: dict[str, list[Any]] = defaultdict(list)
    for article in newest_first:
        by_category[article.category.slug].append(article)
        for mark in _marks(article):
            sharing[mark].append(article)
    return [_related(article, sharing, by_category) for article in articles]


def _related(
    article: Any,
    sharing: Mapping[tuple[str, str], Sequence[Any]],
    by_category: Mapping[str, Sequence[Any]],
) -> tuple[Any, ...]:
    scores: dict[Any, int] = {}
    for mark in _marks(article):
        for other in sharing[mark]:
            if other is not article:
                scores[other] = scores.get(other, 0) + _WEIGHTS[mark[0]]
    for other in scores:
        scores[other] += other.category.slug == article.category.slug
    best = nsmallest(_MOST_RELATED, scores, key=lambda other: (-scores[other], *_age(other)))
    others = (
        other
        for other in by_category[article.category.slug]
        if other is not article and other not in scores
    )
    return tuple(islice(chain(best, others), _MOST_RELATED))


def _age(article: Any) -> tuple[float, str]:
    return (-article.date.timestamp(), str(article.slug))


def _marks(article: Any) -> list[tuple[str, str]]:
    marks = [("tag", tag.slug) for tag in getattr(article, "tags", ())]
    name = series_name(article)
    return [*marks, ("series", name)] if name else marks
