"""Where an address on a page leads: to a file of the site, out of it, or elsewhere."""

from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

_LOCAL = {"localhost", "0.0.0.0", "::1"}  # noqa: S104  nothing is bound to it
_EXAMPLES = {"example.com", "example.net", "example.org"}


@dataclass(frozen=True)
class Inside:
    """A file of the site, as it is named below its folder, and the place in it."""

    name: str
    fragment: str


@dataclass(frozen=True)
class Beside:
    """The site's own host, but outside of the path under which the site is published."""


@dataclass(frozen=True)
class Local:
    """A machine that no reader can reach: the author's own."""


@dataclass(frozen=True)
class Elsewhere:
    """Another host, or no address of the web: mailto, data and the like."""


@dataclass(frozen=True)
class SiteAddress:
    """What SITEURL says: `origin` is scheme and host, `path` begins and ends with a slash."""

    origin: str
    path: str

    def url(self, name: str) -> str:
        """The address of the file `name` of the site."""
        return f"{self.origin}{self.path}{quote(name)}"


def site_address(siteurl: str) -> SiteAddress:
    """What `siteurl` says. Raises `ValueError`, saying why, for what is no address of a site."""
    parts = urlsplit(siteurl)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is no address that begins with https://")
    if parts.query or parts.fragment:
        raise ValueError("has more than a host and a path")
    return SiteAddress(f"{parts.scheme}://{parts.netloc}", f"{parts.path.rstrip('/')}/")


def unfit(siteurl: str) -> str:
    """Why no site can be published under `siteurl`; empty if one can.

    RFC 2606 reserves the names of examples, RFC 6761 those that end in ``.localhost``; of the
    latter's others, ``.test`` is left to those who test.
    """
    try:
        site_address(siteurl)
    except ValueError as error:
        return str(error)
    host = urlsplit(siteurl).hostname or ""
    if is_local(host):
        return "is this machine's own address"
    if host in _EXAMPLES or host.endswith((".example", ".invalid")):
        return "is only a placeholder"
    return ""


def is_local(host: str) -> bool:
    """Whether only this machine itself reaches `host`."""
    return host in _LOCAL or host.endswith(".localhost") or host.startswith("127.")


def is_absolute(address: str) -> bool:
    """Whether `address` means the same wherever it stands: it has a scheme."""
    return bool(urlsplit(address).scheme)


def resolve(site: SiteAddress, page: str, address: str) -> Inside | Beside | Local | Elsewhere:
    """Where `address` leads that stands in the file `page` of `site`.

    Raises `ValueError` for what is no address at all.
    """
    parts = urlsplit(urljoin(site.url(page), address.strip()))
    if parts.scheme == "file":
        return Local()
    if parts.scheme not in {"http", "https"}:
        return Elsewhere()
    if is_local(parts.hostname or ""):
        return Local()
    if parts.netloc != urlsplit(site.origin).netloc:
        return Elsewhere()
    if not f"{parts.path}/".startswith(site.path):
        return Elsewhere() if is_absolute(address) else Beside()
    # Browsers look for words on the page after `:~:`, which is no part of the fragment.
    fragment = unquote(parts.fragment.partition(":~:")[0])
    return Inside(unquote(parts.path[len(site.path) :]), fragment)
