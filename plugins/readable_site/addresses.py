"""Addresses in HTML: made whole for feeds, put below the site's own for pages. Pure."""

import html
import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

TAG = re.compile(r"""<(?P<name>[a-zA-Z][\w-]*)(?:[^"'<>]|"[^"]*"|'[^']*')*>""")
"""An opening tag; a sign in a quoted attribute does not end it."""

_ATTRIBUTE = re.compile(
    r"""(?P<before>\s(?P<name>href|src|poster|srcset)\s*=\s*)(?P<quote>["'])(?P<value>.*?)(?P=quote)""",
    re.IGNORECASE | re.DOTALL,
)
_CANDIDATE = re.compile(r"(?P<address>[^\s,][^\s]*[^\s,]|[^\s,])(?P<size>(?:\s+[\d.]+[wx])?)")
_HEADERLINK = re.compile(r'<a class="headerlink"[^>]*>.*?</a>', re.DOTALL)


def absolute(content: str, page: str) -> str:
    """`content`, HTML of the page at the whole address `page`, with whole addresses.

    A feed reader shows it elsewhere, and most of them take a relative address for one of their own
    (Pelican #812, #1640). Links to its own sections lead to the page. Signs behind headings go.
    """
    return _addressed(
        _HEADERLINK.sub("", content),
        lambda address: address if address.startswith("data:") else urljoin(page, address),
    )


def below(content: str, site: str) -> str:
    """`content`, HTML, with what begins with a slash below `site`, which may have a path.

    >>> below('<a href="/x">', "https://a.org/blog")
    '<a href="https://a.org/blog/x">'
    """
    if not site:
        return content
    return _addressed(content, lambda address: _below(address, site))


def _below(address: str, site: str) -> str:
    # Two slashes begin the name of a host.
    return f"{site}{address}" if address.startswith("/") and address[1:2] != "/" else address


def is_remote(address: str) -> bool:
    """Whether `address` leads to another host.

    >>> is_remote("https://a.org/x"), is_remote("//a.org/x"), is_remote("/x"), is_remote("data:,")
    (True, True, False, False)
    """
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return True
    return bool(parts.netloc) or parts.scheme in {"http", "https"}


def _addressed(content: str, change: Callable[[str], str]) -> str:
    def with_address(found: re.Match[str]) -> str:
        value = html.unescape(found["value"])
        try:
            changed = (
                _CANDIDATE.sub(lambda one: change(one["address"]) + one["size"], value)
                if found["name"].lower() == "srcset"
                else change(value)
            )
        except ValueError:  # no address at all: `http://[`
            return found[0]
        if changed == value:
            return found[0]
        quote = found["quote"]
        return f"{found['before']}{quote}{html.escape(changed)}{quote}"

    return TAG.sub(lambda tag: _ATTRIBUTE.sub(with_address, tag[0]), content)
