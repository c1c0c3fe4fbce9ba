"""HTML of a post → the same as a page shows it: what is wide can be scrolled, notes stand beside.

Feeds get the HTML as it was. Pure, and quick on long posts: Markdown's own HTML needs no parser.
"""

import html
import re

_CODE = "<pre><span></span><code>"
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_NOTES = re.compile(r'<div class="footnote">.*?</div>', re.DOTALL)
_NOTE = re.compile(
    r'<li id="fn:(?P<name>[^"]+)">\s*<p>(?P<content>(?:(?!</p>).)*)</p>\s*</li>', re.DOTALL
)
_BACK = re.compile(r'(?:&#160;|\s)*<a class="footnote-backref"[^>]*>.*?</a>', re.DOTALL)
_REFERENCE = re.compile(
    r'<sup id="fnref:(?P<name>[^"]+)"><a class="footnote-ref"[^>]*>(?P<number>[^<]*)</a></sup>'
)
_ID = re.compile(r'\sid="[^"]*"')
# Where a note beside the text would be cut off, or would not be beside it.
_CLOSED = ("table", "details", "h2", "h3", "h4", "h5", "h6")
_OUTPUTS = '<div class="cell-outputs'


def readable(content: str, code: str, output: str, table: str) -> str:
    """`content` for a page; the other three say what a block of code, a text, a table is.

    What may be wider than the page can be reached and scrolled with the keyboard (WCAG 2.2, 2.1.1).
    """
    reached = content.replace(_CODE, _scrolls(_CODE, code))
    reached = reached.replace("<pre>", _scrolls("<pre>", output))
    # A header cell without words, as Markdown writes them, is none.
    reached = reached.replace("<th></th>", "<td></td>")
    name = html.escape(table)
    opening = f'<div class="table-scroll" role="group" aria-label="{name}" tabindex="0">'
    reached = _TABLE.sub(lambda found: f"{opening}{found[0]}</div>", reached)
    return with_notes_beside(reached)


def _scrolls(begin: str, name: str) -> str:
    # A group and no region: a page has many of them, and each region is a landmark.
    return begin.replace(
        "<pre>", f'<pre role="group" aria-label="{html.escape(name)}" tabindex="0">'
    )


def with_notes_beside(content: str) -> str:
    """`content` with each footnote once more where it is referred to, as ``span.sidenote``.

    The list at the end gets the class ``beside``, so that a style sheet can show one or the other.
    Nothing is changed if a note is more than one paragraph, or stands where it would be cut off.
    """
    listed = _NOTES.search(content)
    if listed is None:
        return content
    notes = {found["name"]: found["content"] for found in _NOTE.finditer(listed[0])}
    if len(notes) != listed[0].count("<li id="):
        return content
    references = list(_REFERENCE.finditer(content))
    if any(_is_closed(content[: one.start()]) for one in references):
        return content

    def beside(found: re.Match[str]) -> str:
        said = _ID.sub("", _BACK.sub("", notes[found["name"]]))
        return f'{found[0]}<span class="sidenote"><sup>{found["number"]}</sup> {said}</span>'

    before, behind = content[: listed.start()], content[listed.start() :]
    marked = behind.replace('<div class="footnote">', '<div class="footnote beside">', 1)
    return _REFERENCE.sub(beside, before) + marked


def _is_closed(before: str) -> bool:
    """Whether what follows `before` is in an element in which no note can stand beside the text."""
    if any(before.count(f"<{name}") > before.count(f"</{name}>") for name in _CLOSED):
        return True
    outputs = before.rfind(_OUTPUTS)
    return outputs >= 0 and before.count("<div", outputs) > before.count("</div>", outputs)
