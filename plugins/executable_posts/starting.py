"""A new post: its front matter in a file of its own, with the address that Pelican will give it."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pelican.utils import slugify

from .errors import Problem, ProblemError
from .site import Site

_LONGEST_NAME = 200
"""Of a file, in bytes; most file systems take 255, and its figures have longer names."""

_HEAD = """\
Title: {title}
Date: {date}
Slug: {slug}
Status: draft
Execute: yes

"""


def now(site: Site) -> str:
    """Date and time where the blog is at home, as in front matter."""
    zone = ZoneInfo(site.settings.timezone)
    return datetime.now(zone).strftime("%Y-%m-%d %H:%M")


def new_post(site: Site, title: str, date: str) -> Path:
    """Write a draft without a text, and return its file.

    Raises `ProblemError` for a title that gives no address, and where a post has that address or
    the file is there; nothing is overwritten.
    """
    words = " ".join(title.split())
    slug = _slug(site, words)
    file = site.posts / f"{slug}.md"
    name = site.name(file)
    for source in site.sources:
        if source.place.slug == slug and source.file != file.resolve():
            raise ProblemError(Problem(source.name, f'has the slug "{slug}" already'))
    content = _HEAD.format(title=words, date=date, slug=slug)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as new:
            new.write(content)
    except FileExistsError:
        raise ProblemError(Problem(name, "is there already; nothing was written")) from None
    except OSError as error:
        raise ProblemError(Problem(name, f"cannot be written: {error.strerror}")) from None
    return file


def _slug(site: Site, title: str) -> str:
    """The slug of a post with this title, as Pelican makes it; Pelican takes one from its head."""
    made = slugify(
        title,
        regex_subs=site.pelican["SLUG_REGEX_SUBSTITUTIONS"],
        preserve_case=site.pelican["SLUGIFY_PRESERVE_CASE"],
        use_unicode=site.pelican["SLUGIFY_USE_UNICODE"],
    )
    slug: str = re.sub(r"[/\\\0]", "-", made).strip(".-")
    if not slug:
        raise ProblemError(Problem(f'"{title}"', "a title needs a letter or a digit"))
    if len(slug.encode()) > _LONGEST_NAME:
        raise ProblemError(Problem(f'"{title[:40]}…"', "is too long for the name of a file"))
    return slug
