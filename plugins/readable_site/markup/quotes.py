"""Quotation marks that open and close."""

from markdown import Markdown
from markdown.extensions.smarty import SmartyExtension, SubstituteTextPattern


class Quotes(SmartyExtension):
    """Smarty closes a quotation that it should open where a blank is missing: `disse:"sim"`."""

    def educateQuotes(self, md: Markdown) -> None:  # noqa: N802
        """Add the marks, and the one that Smarty gets wrong."""
        super().educateQuotes(md)
        opening = SubstituteTextPattern(
            r'(?<!\w)"(?=\w)', (self.substitutions["left-double-quote"],), md
        )
        self.inlinePatterns.register(opening, "smarty-quotes-opening", 31)
