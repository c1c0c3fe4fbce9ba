"""Old addresses of posts: ``Aliases:`` in a front matter → small pages that lead to the new one."""

import html
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from executable_posts.errors import Problem

_KEY = re.compile(r"^\s*aliases\s*:", re.IGNORECASE)
_FILE = re.compile(r"[^/]+\.\w+$")


@dataclass(frozen=True)
class Target:
    """A post or page that may have aliases: what its source is called, and its address and name.

    `line` is where its aliases are named.
    """

    source: str
    line: int | None
    aliases: tuple[str, ...]
    url: str
    title: str
    language: str


@dataclass(frozen=True)
class Redirect:
    """A file of the site that leads to `target`."""

    file: str
    target: Target


def named(value: object) -> tuple[str, ...]:
    """The aliases that the value of a front matter's key names, between commas.

    >>> named("/velho.html, /antigo/")
    ('/velho.html', '/antigo/')
    """
    texts = value if isinstance(value, list | tuple) else [value]
    return tuple(one.strip() for text in texts for one in str(text).split(",") if one.strip())


def line_of(source: str) -> int | None:
    """The line of the source's text `source` that names aliases."""
    for number, line in enumerate(source.splitlines(), start=1):
        if _KEY.match(line):
            return number
    return None


def file_of(alias: str) -> str:
    """The file of the site that answers at the address `alias`.

    Raises `ValueError` if that is no address within the site.

    >>> file_of("/2019/velho.html"), file_of("antigo"), file_of("/antigo/")
    ('2019/velho.html', 'antigo/index.html', 'antigo/index.html')
    """
    path = alias.strip().removeprefix("/")
    if "://" in path or path.startswith("/"):
        raise ValueError("an address on this site is expected, like /2019/old.html")
    if any(sign in path for sign in "?#\\") or any(ord(sign) < 32 for sign in path):
        raise ValueError("an address without ?, #, \\ is expected, like /2019/old.html")
    normal = posixpath.normpath(path)
    if normal == ".." or normal.startswith(("../", "/")):
        raise ValueError("it leads out of the site")
    if normal == ".":
        return "index.html"
    return normal if _FILE.search(path) else f"{normal}/index.html"


def redirects(
    targets: Iterable[Target], taken: Mapping[str, str]
) -> tuple[list[Redirect], list[Problem]]:
    """All redirects, and what is wrong with any; `taken` says of a file of the site whose it is."""
    found: dict[str, Redirect] = {}
    problems = []
    for target in targets:
        for alias in target.aliases:
            try:
                file = file_of(alias)
            except ValueError as error:
                problems.append(_problem(target, alias, str(error)))
                continue
            if file in taken:
                problems.append(_problem(target, alias, f"that is the address of {taken[file]}"))
            elif file in found:
                other = found[file].target
                where = other.source if other.line is None else f"{other.source}:{other.line}"
                problems.append(_problem(target, alias, f"{where} has the same alias"))
            else:
                found[file] = Redirect(file, target)
    return list(found.values()), problems


def _problem(target: Target, alias: str, why: str) -> Problem:
    return Problem(target.source, f'alias "{alias}": {why}', target.line)


def page(redirect: Redirect, address: str, canonical: str | None) -> str:
    """The HTML of `redirect`, which leads to `address`."""
    target = redirect.target
    link = html.escape(address)
    whole = f'<link rel="canonical" href="{html.escape(canonical)}">\n' if canonical else ""
    title = html.escape(target.title)
    return (
        f'<!doctype html>\n<html lang="{html.escape(target.language)}">\n'
        f'<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta name="robots" content="noindex">\n{whole}'
        f'<meta http-equiv="refresh" content="0; url={link}">\n'
        f'<p><a href="{link}">{title}</a></p>\n</html>\n'
    )
