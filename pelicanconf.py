"""Settings of the blog, for local builds; publishconf.py changes what differs online.

Pelican resolves PATH, THEME, OUTPUT_PATH and PLUGIN_PATHS against the folder of this file, so
that a build works from any folder.
"""

import logging
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

from babel.dates import format_date
from markdown import Markdown
from markdown.extensions.smarty import SmartyExtension, SubstituteTextPattern
from markdown.extensions.toc import TocExtension, TocTreeprocessor

# The blog

SITENAME = "Caderno de dados"
SITESUBTITLE = "Ciência de dados e Keras, com o código que refaz cada número e cada figura."
AUTHOR = "diego"
SITEURL = ""
TIMEZONE = "America/Sao_Paulo"
DEFAULT_LANG = "pt-BR"
# Nothing on a page may depend on the languages of the machine: dates are Babel's, see below.
LOCALE = ["C.UTF-8", ""]

# Folders

PATH = "content"
ARTICLE_PATHS = ["posts"]
PAGE_PATHS = ["pages"]
STATIC_PATHS = ["images", "notebooks"]
OUTPUT_PATH = "output"
THEME = "theme"
# Pelican's own pattern, "**/.*", publishes .DS_Store and .ipynb_checkpoints, and rebuilds nothing
# in a blog that lives below a folder whose name starts with a dot.
IGNORE_FILES = [".*"]
# It checks the source file alone, so a page would miss the new outputs of its own code.
CACHE_CONTENT = False

# Posts that run

PLUGIN_PATHS = ["plugins"]
PLUGINS = ["executable_posts"]
# A dataset that is here need not be downloaded: address → file below content/data.
EXECUTE_DATASETS = {
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz": "mnist.npz",
}

# Addresses; what is not here is as Pelican has it

ARTICLE_URL = ARTICLE_SAVE_AS = "{date:%Y}/{date:%m}/{slug}.html"
ARTICLE_LANG_URL = ARTICLE_LANG_SAVE_AS = "{date:%Y}/{date:%m}/{slug}-{lang}.html"
DRAFT_URL = DRAFT_SAVE_AS = "drafts/{slug}.html"
PAGE_URL = PAGE_SAVE_AS = "pages/{slug}.html"
# With one author, a page of all their posts is the archive once more.
AUTHOR_SAVE_AS = ""
DIRECT_TEMPLATES = ["index", "archives", "categories", "tags", "404"]
DEFAULT_PAGINATION = 10

# An author wants to see the post of next week today.
WITH_FUTURE_DATES = True
# The folder is "posts" for every post.
USE_FOLDER_AS_CATEGORY = False
DEFAULT_CATEGORY = "Geral"

# Feeds are written here too, so that a local page is the page that goes online. Pelican warns that
# their addresses lack a host, which is right, and goes away in publishconf.py.

FEED_ALL_ATOM = "feeds/all.atom.xml"
CATEGORY_FEED_ATOM = "feeds/{slug}.atom.xml"
AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None
LOG_FILTER = [
    (
        logging.WARNING,
        "Feeds generated without SITEURL or FEED_DOMAIN set properly may not be valid",
    ),
]


# Markdown


class _SectionsBelowTitle(TocTreeprocessor):
    """The title is the page's h1, and its sections are h2, whether a post writes `#` or `##`."""

    def run(self, doc: Element) -> None:
        tags = (element.tag for element in doc.iter() if isinstance(element.tag, str))
        levels = (int(tag[1]) for tag in tags if self.header_rgx.match(tag))
        self.base_level = 2 - min(levels, default=2)
        super().run(doc)


class _Sections(TocExtension):
    TreeProcessorClass = _SectionsBelowTitle


class _Quotes(SmartyExtension):
    """Smarty closes a quotation that it should open where a blank is missing: `disse:"sim"`."""

    def educateQuotes(self, md: Markdown) -> None:  # noqa: N802
        super().educateQuotes(md)
        opening = SubstituteTextPattern(
            r'(?<!\w)"(?=\w)', (self.substitutions["left-double-quote"],), md
        )
        self.inlinePatterns.register(opening, "smarty-quotes-opening", 31)


MARKDOWN: dict[str, Any] = {
    "extensions": [
        # `permalink` is a blank: the sign is drawn by the theme, and is in no feed or summary.
        _Sections(permalink=" ", permalink_title="Link para esta seção"),
        # Quotes only: `--` in the prose of this blog is an option of a command.
        _Quotes(smart_dashes=False, smart_ellipses=False),
    ],
    "extension_configs": {
        "markdown.extensions.extra": {
            "footnotes": {"BACKLINK_TITLE": "Voltar à nota {} no texto"},
        },
        "markdown.extensions.meta": {},
        # Unlike fenced_code and codehilite, these two see a fence in a list or a quotation.
        "pymdownx.superfences": {},
        "pymdownx.highlight": {"css_class": "highlight", "guess_lang": False},
    },
    "output_format": "html",
}

# Templates


def _long_date(day: date) -> str:
    return format_date(day, "long", locale="pt_BR")


def _day_and_month(day: date) -> str:
    return format_date(day, "d 'de' MMMM", locale="pt_BR")


JINJA_FILTERS = {"long_date": _long_date, "day_and_month": _day_and_month}
