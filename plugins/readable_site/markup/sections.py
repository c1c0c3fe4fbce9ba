"""Headings, one level down: the title is the page's only h1."""

from xml.etree.ElementTree import Element

from markdown.extensions.toc import TocExtension, TocTreeprocessor


class _SectionsBelowTitle(TocTreeprocessor):
    """The sections of a post are h2, whether it writes `#` or `##`."""

    def run(self, doc: Element) -> None:
        tags = (element.tag for element in doc.iter() if isinstance(element.tag, str))
        levels = (int(tag[1]) for tag in tags if self.header_rgx.match(tag))
        self.base_level = 2 - min(levels, default=2)
        super().run(doc)


class Sections(TocExtension):
    """Python-Markdown's own extension for headings, which gives them ids and links."""

    TreeProcessorClass = _SectionsBelowTitle
