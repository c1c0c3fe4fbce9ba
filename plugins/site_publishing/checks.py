"""What must be true of a site before anybody sees it. Each check: `BuiltSite` → findings. Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from urllib.parse import unquote

from .addresses import Beside, Inside, Local, SiteAddress, is_absolute, resolve
from .model import BuiltSite, Document, Finding, Page, Reference

_WORDS = {
    "link": "link to",
    "image": "picture",
    "media": "media file",
    "style": "style sheet",
    "script": "script",
    "frame": "frame",
    "feed": "address",
    "card": "address for others",
    "redirect": "redirect to",
}

Check = Callable[[BuiltSite], Iterator[Finding]]


def findings(site: BuiltSite, now: datetime) -> list[Finding]:
    """All that is wrong with `site`, in the order of the checks."""
    found = list(unripe(site, now))
    for check in CHECKS:
        found += check(site)
    return found


def unripe(site: BuiltSite, now: datetime) -> Iterator[Finding]:
    """No draft, and nothing with a date to come: neither its page nor its executed notebook."""
    for source in site.sources:
        if source.status == "draft":
            what = "a draft"
        elif source.date is not None and source.date > now:
            what = f"dated {source.date:%Y-%m-%d %H:%M}, which is to come,"
        else:
            continue
        if source.page in site.files:
            yield Finding(source.page, None, f"{source.file} is {what} and is in the site")
        if source.notebook in site.files:
            message = f"{source.file} is {what} and its executed notebook is in the site"
            yield Finding(source.notebook, None, message)


def links(site: BuiltSite) -> Iterator[Finding]:
    """Every address leads to a file of the site, and to a place in it that is there."""
    for document in site.documents:
        for reference in document.references:
            message = _broken(site, document, reference)
            if message:
                what = f'{_WORDS[reference.kind]} "{_short(reference.address)}"'
                yield Finding(
                    document.name, reference.line, f"{what}: {message}", reference.address
                )


def _broken(site: BuiltSite, document: Document, reference: Reference) -> str:  # noqa: PLR0911
    """What is wrong with `reference`; nothing where it is right, or leads to others."""
    address = reference.address.strip()
    if not address and reference.kind != "link":
        return "is empty"
    try:
        target = resolve(site.address, document.name, address)
    except ValueError as error:
        return f"is no address ({error})"
    if isinstance(target, Local):
        return "only the author's machine has it"
    if isinstance(target, Beside):
        return f"is outside of {site.address.url('')}; in a post write {{static}} or {{filename}}"
    if not isinstance(target, Inside):
        return ""
    feed = site.feeds.get(document.name)
    if feed and address.startswith("#"):
        # Readers of feeds show a post as a whole, in which its own places can be found.
        known = target.fragment in feed.anchors
        return "" if known else f"there is no place {_short(address)} in the feed"
    name = file_of(site, target.name)
    if name is None:
        missing = target.name if target.name.rstrip("/") else "index.html"
        return f"there is no {_short(missing)} in the site"
    page = site.pages.get(name)
    if page is None or not target.fragment or target.fragment == "top":
        return ""
    if target.fragment in page.anchors:
        return ""
    where = "on this page" if name == document.name else f"in {name}"
    return f"there is no place #{_short(target.fragment)} {where}"


def file_of(site: BuiltSite, name: str) -> str | None:
    """The file that a server gives for `name`: itself, or the index page of that folder."""
    if name in site.files:
        return name
    folder = name if not name or name.endswith("/") else f"{name}/"
    index = f"{folder}index.html"
    return index if index in site.files else None


def far_readers(site: BuiltSite) -> Iterator[Finding]:
    """What is read far from the site, feeds and cards, has no relative address."""
    for document in site.documents:
        in_feed = document.name in site.feeds
        for reference in document.references:
            address = reference.address.strip()
            if not (in_feed or reference.kind == "card") or is_absolute(address):
                continue
            if not address or (in_feed and address.startswith("#")):
                continue
            kind = "feed" if in_feed else "card"
            message = f'relative address "{_short(address)}" in a {kind}'
            yield Finding(document.name, reference.line, message, address)


def error_page(site: BuiltSite) -> Iterator[Finding]:
    """404.html is shown at any address, so an address that is relative to it leads nowhere."""
    page = site.pages.get("404.html")
    for reference in page.references if page else ():
        address = reference.address.strip()
        if address and not is_absolute(address) and not address.startswith(("/", "#")):
            message = f'relative address "{_short(address)}": this page is shown at any address'
            yield Finding("404.html", reference.line, message)


def feed_links(site: BuiltSite) -> Iterator[Finding]:
    """What a page announces as its feed is one."""
    for page in site.pages.values():
        for reference in page.references:
            if reference.kind != "feed":
                continue
            target = resolve(site.address, page.name, reference.address)
            if isinstance(target, Inside) and target.name in site.files - site.feeds.keys():
                yield Finding(page.name, reference.line, f"{target.name} is no feed")


def heads(site: BuiltSite) -> Iterator[Finding]:
    """Each page has title, description and language; one that only redirects, no description."""
    for page in site.pages.values():
        for message in _missing(page):
            yield Finding(page.name, 1, message)


def _missing(page: Page) -> Iterator[str]:
    if not page.language:
        yield "the page has no language (<html lang>)"
    if not page.title:
        yield "the page has no title"
    if not page.description and not page.is_redirect:
        yield "the page has no description (<meta name=description>)"


def grammar(site: BuiltSite) -> Iterator[Finding]:
    """Pages are valid HTML and feeds are XML, as far as `documents` can see."""
    for document in site.documents:
        language = "HTML" if document.name in site.pages else "XML"
        for mistake in document.mistakes:
            yield Finding(
                document.name, mistake.line, f"{language}: {mistake.message}", mistake.words
            )


CHECKS: Sequence[Check] = (links, far_readers, error_page, feed_links, heads, grammar)


def words_in_source(site: SiteAddress, address: str) -> list[str]:
    """How an author may have written what became `address`, the likeliest first."""
    plain = unquote(address)
    below = plain.removeprefix(site.url("")).lstrip("/")
    path, _, fragment = below.partition("#")
    ways = [address, plain, below, f"#{fragment}" if fragment else "", path, path.split("/")[-1]]
    return [way for way in dict.fromkeys(ways) if len(way) > 2]


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
