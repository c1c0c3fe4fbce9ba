r"""``$x^2$`` and ``$$…$$`` in prose → MathML, made when the site is.

A dollar opens a formula if no letter, digit or dollar stands before it and no blank behind it, and
closes one if no blank stands before it and no digit behind (the rule of Pandoc's
``tex_math_dollars``, and one more, since prices are written ``R$ 50``, ``US$60``). ``\$`` is
a dollar.
"""

import html
import re
from xml.etree.ElementTree import Element, SubElement

from executable_posts.formulas import as_mathml
from markdown import Markdown
from markdown.blockparser import BlockParser
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.util import AtomicString, code_escape

UNREAD = "formula-unread"
"""The class of a formula that nobody could read, and that stands as it was written."""

_UNREAD = re.compile(rf'<code class="{UNREAD}">(.*?)</code>', re.DOTALL)
_INLINE = r"(?<![\w\\$])\$(?![\s$])((?:\\.|[^\\$])+?)(?<!\s)\$(?![\d$])"
_DISPLAY_INLINE = r"(?<!\\)\$\$((?:\\.|[^\\$])+?)\$\$"
_DOLLAR = r"\\\$"
_BEGIN = re.compile(r"^ {0,3}\$\$", re.MULTILINE)
_END = re.compile(r"(?<!\\)\$\$[ \t]*(?:\n|$)")


class _Inline(InlineProcessor):
    """A formula within a paragraph."""

    def __init__(self, pattern: str, md: Markdown, around: str) -> None:
        super().__init__(pattern, md)
        self._around = around

    def handleMatch(  # type: ignore[override]  # noqa: N802
        self, found: re.Match[str], _: str
    ) -> tuple[str | Element, int, int]:
        latex = f"{self._around}{found[1]}{self._around}"
        mathml = as_mathml(latex)
        if mathml is None:
            return unread(latex), found.start(0), found.end(0)
        return self.md.htmlStash.store(mathml), found.start(0), found.end(0)


class _Dollar(InlineProcessor):
    r"""``\$``: a dollar that is one."""

    def handleMatch(  # type: ignore[override]  # noqa: N802
        self, found: re.Match[str], _: str
    ) -> tuple[str, int, int]:
        return self.md.htmlStash.store("$"), found.start(0), found.end(0)


class _Block(BlockProcessor):
    """A formula that is a paragraph: from ``$$`` to ``$$``, blank lines included."""

    def __init__(self, parser: BlockParser, md: Markdown) -> None:
        super().__init__(parser)
        self._md = md

    def test(self, _: Element, block: str) -> bool:
        return _BEGIN.match(block) is not None

    def run(self, parent: Element, blocks: list[str]) -> bool:
        for last in range(len(blocks)):
            text = "\n\n".join(blocks[: last + 1])
            inside = text.lstrip(" ").removeprefix("$$")
            end = _END.search(inside)
            if end is None:
                continue
            formula, rest = inside[: end.start()], inside[end.end() :]
            del blocks[: last + 1]
            if rest.strip():
                blocks.insert(0, rest)
            self._add(parent, f"$${formula}$$")
            return True
        return False

    def _add(self, parent: Element, latex: str) -> None:
        mathml = as_mathml(re.sub(r"\n\s*\n", "\n", latex))
        if mathml is None:
            SubElement(parent, "p").append(unread(latex))
            return
        shown = SubElement(parent, "div", {"class": "formula", "tabindex": "0"})
        shown.text = AtomicString(self._md.htmlStash.store(mathml))


def unread(latex: str) -> Element:
    """`latex`, which cannot be read, as it was written."""
    element = Element("code", {"class": UNREAD})
    element.text = AtomicString(code_escape(latex))
    return element


def unread_formulas(content: str) -> list[str]:
    """The formulas in `content`, HTML, that stand there as they were written."""
    return [html.unescape(found[1]) for found in _UNREAD.finditer(content)]


class Formulas(Extension):
    """Formulas between dollars."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Register it behind code (190) and before backslashes (180) and emphasis."""
        md.inlinePatterns.register(_Inline(_DISPLAY_INLINE, md, "$$"), "formula-display", 187)
        md.inlinePatterns.register(_Inline(_INLINE, md, "$"), "formula", 186)
        md.inlinePatterns.register(_Dollar(_DOLLAR, md), "dollar", 185)
        md.parser.blockprocessors.register(_Block(md.parser, md), "formula", 85)
