"""Columns of tables aligned by classes: a `style` attribute breaks ``style-src 'self'``."""

from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor


class _Classes(Treeprocessor):
    def run(self, root: Element) -> None:
        for cell in root.iter():
            if cell.tag in {"td", "th"} and (side := cell.attrib.pop("align", "")):
                cell.set("class", f"align-{side}")


class AlignedTables(Extension):
    """`align="right"`, which is no HTML any more → ``class="align-right"``."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Register it behind what sets attributes."""
        md.treeprocessors.register(_Classes(md), "aligned-tables", 5)
