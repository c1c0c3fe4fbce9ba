"""A post as search engines want it told: JSON-LD of schema.org's BlogPosting."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .languages import tag
from .text import inline


@dataclass(frozen=True)
class Told:
    """What is to be told of a post and is not in its metadata; `address` is that of the site."""

    description: str
    card_url: str
    address: str
    site: str


def blog_posting(post: Any, told: Told) -> str:
    """`post` as the text of a ``<script type="application/ld+json">``.

    What needs a whole address is left out where the site has none.
    See https://schema.org/BlogPosting and Google's "Article structured data".
    """
    address = told.address
    whole = {
        "url": f"{address}/{post.url}",
        "mainEntityOfPage": f"{address}/{post.url}",
        "image": f"{address}/{told.card_url}",
    }
    keywords = ", ".join(str(tag) for tag in getattr(post, "tags", ()))
    posting = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": inline(post.title),
        "description": told.description,
        "inLanguage": tag(str(post.lang)),
        "datePublished": post.date.isoformat(),
        "dateModified": _modified(post).isoformat(),
        "author": [{"@type": "Person", "name": str(author)} for author in _authors(post)],
        "publisher": {"@type": "Organization", "name": told.site},
        "articleSection": str(getattr(post, "category", "")),
        "keywords": keywords,
        **(whole if address else {}),
    }
    return as_script({name: value for name, value in posting.items() if value})


def as_script(data: object) -> str:
    r"""`data` as JSON that ends no script element, whatever it holds.

    >>> as_script("</script>")
    '"\\u003c/script>"'
    """
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def _modified(post: Any) -> datetime:
    modified: datetime = getattr(post, "modified", post.date)
    return modified


def _authors(post: Any) -> list[Any]:
    return list(getattr(post, "authors", ()))
