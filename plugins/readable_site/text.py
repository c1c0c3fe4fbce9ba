"""HTML → what it says: words, minutes, a description, sections. Pure, and quick on long posts."""

import html
import re
from dataclasses import dataclass, field

_WORDS_A_MINUTE = 200
"""Of prose on a screen: Brysbaert, "How many words do we read per minute?" (2019), rounded down."""

_TAG = re.compile(r"<[^>]*>")
_UNSEEN = re.compile(
    r"<(?P<name>script|style|svg|math|figure|pre|table|details)\b.*?</(?P=name)>",
    re.DOTALL | re.IGNORECASE,
)
_HEADING = re.compile(
    r"<h(?P<level>[2-6])\b(?P<attributes>[^>]*)>(?P<content>.*?)</h(?P=level)>",
    re.DOTALL | re.IGNORECASE,
)
_ID = re.compile(r"""\bid=(["'])(?P<id>.+?)\1""")
_ANCHOR = re.compile(r'<a\b[^>]*\bclass="headerlink".*?</a>|<sup\b.*?</sup>', re.DOTALL)
_PARAGRAPH = re.compile(r"<p\b[^>]*>(?P<content>.*?)</p>", re.DOTALL | re.IGNORECASE)
_LONGEST_DESCRIPTION = 160


@dataclass(frozen=True)
class Section:
    """A heading of a page: what links to it, what it says, and those below it."""

    id: str
    title: str
    level: int
    sections: tuple["Section", ...] = field(default=())


def reading_minutes(content: str) -> int:
    """How long to read the prose of `content`, HTML; code, tables and figures are looked at."""
    words = len(_TAG.sub(" ", _UNSEEN.sub(" ", content)).split())
    return max(1, round(words / _WORDS_A_MINUTE))


def description(summary: str, content: str) -> str:
    """What a page is about, in at most 160 characters: `summary`, else the first paragraph."""
    said = inline(summary)
    if not said:
        paragraphs = _PARAGRAPH.finditer(_UNSEEN.sub(" ", content))
        said = next(filter(None, (inline(found["content"]) for found in paragraphs)), "")
    return shortened(said, _LONGEST_DESCRIPTION)


def shortened(text: str, length: int) -> str:
    """`text`, cut between two words if it is longer than `length` characters.

    >>> shortened("um texto longo", 10)
    'um texto…'
    """
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    whole = cut if not text[length - 1].isalnum() else cut.rpartition(" ")[0] or cut
    return f"{whole.rstrip(' ,;:.–—-')}…"


def sections(content: str) -> tuple[Section, ...]:
    """The sections of `content`, HTML, that a link can lead to."""
    found = []
    for heading in _HEADING.finditer(content):
        if identity := _ID.search(heading["attributes"]):
            title = inline(_ANCHOR.sub("", heading["content"]))
            found.append(Section(html.unescape(identity["id"]), title, int(heading["level"])))
    return _nested(found)


def _nested(flat: list[Section]) -> tuple[Section, ...]:
    """Sections in order → each with those below it."""
    result = []
    start = 0
    while start < len(flat):
        head = flat[start]
        end = start + 1
        while end < len(flat) and flat[end].level > head.level:
            end += 1
        result.append(Section(head.id, head.title, head.level, _nested(flat[start + 1 : end])))
        start = end
    return tuple(result)


def inline(content: str) -> str:
    """The text of `content`, HTML within a paragraph, where tags part no words."""
    return " ".join(html.unescape(_TAG.sub("", content)).split())
