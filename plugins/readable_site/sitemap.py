"""What search engines ask for: ``sitemap.xml`` and ``robots.txt`` (sitemaps.org, RFC 9309)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
)


@dataclass(frozen=True)
class Entry:
    """A page: its address below the site's, when it changed, and itself in all languages."""

    url: str
    changed: datetime | None = None
    versions: tuple[tuple[str, str], ...] = ()
    """Language and address, its own included."""


def sitemap(address: str, entries: Iterable[Entry]) -> str:
    """The sitemap of the site at `address`, in the order of addresses."""
    told = "".join(_entry(address, one) for one in sorted(entries, key=lambda one: one.url))
    return f"{_HEAD}{told}</urlset>\n"


def robots(address: str) -> str:
    """A ``robots.txt`` that lets everybody see everything."""
    return f"User-agent: *\nAllow: /\n\nSitemap: {address}/sitemap.xml\n"


def _entry(address: str, entry: Entry) -> str:
    parts = [f"<loc>{escape(_whole(address, entry.url))}</loc>"]
    if entry.changed:
        parts.append(f"<lastmod>{entry.changed.isoformat()}</lastmod>")
    parts += [
        f'<xhtml:link rel="alternate" hreflang={quoteattr(language)}'
        f" href={quoteattr(_whole(address, url))}/>"
        for language, url in entry.versions
    ]
    return f"<url>{''.join(parts)}</url>\n"


def _whole(address: str, url: str) -> str:
    return f"{address}/{quote(url, safe='/%-._~!$&()*+,;=:@?')}"
