"""Feeds for any reader: whole addresses, languages, full text (RFC 4287, JSON Feed 1.1)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import languages
from .addresses import absolute
from .text import inline

_JSON_FEED = "https://jsonfeed.org/version/1.1"


@dataclass(frozen=True)
class Channel:
    """The site that a feed is of; `feed_url` is that of the feed, below the site's."""

    title: str
    description: str
    address: str
    feed_url: str
    language: str


def finish(feed: Any, language: str, of_link: Mapping[str, str]) -> None:
    """Give `feed`, which Pelican is about to write, its language and whole addresses.

    `of_link` says in which language the post at an address is, where that is another.
    """
    feed.feed["language"] = languages.tag(language)
    for item in feed.items:
        for name in ("content", "description"):
            if item.get(name) and "://" in item["link"]:
                item[name] = absolute(item[name], item["link"])

    def attributes(item: Mapping[str, Any]) -> dict[str, str]:
        other = of_link.get(item["link"])
        return {"xml:lang": languages.tag(other)} if other else {}

    feed.item_attributes = attributes


def json_feed(channel: Channel, articles: Sequence[Any]) -> str:
    """The JSON feed of `articles`; where the site has no address, neither do they."""
    told = {
        "version": _JSON_FEED,
        "title": channel.title,
        "home_page_url": f"{channel.address}/",
        "feed_url": f"{channel.address}/{channel.feed_url}",
        "description": channel.description,
        "language": languages.tag(channel.language),
        "items": [_item(article, channel.address) for article in articles],
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _item(article: Any, address: str) -> dict[str, object]:
    link = f"{address}/{article.url}"
    content = article.get_content(address)
    told = {
        "id": link,
        "url": link,
        "title": inline(article.title),
        "content_html": absolute(content, link) if address else content,
        "summary": article.description,
        "image": f"{address}/{article.card.url}",
        "date_published": article.date.isoformat(),
        "date_modified": getattr(article, "modified", article.date).isoformat(),
        "authors": [{"name": str(author)} for author in getattr(article, "authors", ())],
        "tags": [str(tag) for tag in getattr(article, "tags", ())],
        "language": languages.tag(str(article.lang)),
    }
    return {name: value for name, value in told.items() if value}
