"""Where this plugin meets Pelican: signals. What they set off is elsewhere.

Everything that a template needs is in its context or on its post before the first page is
rendered, so that a page can be rendered at any time, by a preview too.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Any

from executable_posts.errors import Problem, ProblemError
from feedgenerator import SyndicationFeed
from pelican import Pelican, signals
from pelican.contents import Article, Content, Page
from pelican.generators import Generator, StaticGenerator

from . import languages, pages, redirects, remote, search
from .addresses import below
from .bundles import Bundle, script_bundle, style_bundle
from .cards import card_of
from .copies import FOLDER as COPIES
from .copies import Copies, download, stem
from .facts import Facts
from .feeds import finish
from .markup import configured, unread_formulas
from .settings import SiteSettings, read
from .shown import readable
from .site_files import STATE, SiteFiles, State

_PELICAN_LOGGER = logging.getLogger("pelican")


class SiteFailed(Exception):
    """Raised for what a person has to mend, so that Pelican says it and exits with status 1."""

    exitcode = 1


def connect() -> None:
    """Put the plugin to work in the Pelican that is about to run."""
    _PELICAN_LOGGER.addFilter(_without_traceback)
    signals.initialized.connect(_configure)
    signals.get_generators.connect(_begin)
    signals.generator_init.connect(_prepare_templates)
    signals.content_object_init.connect(_tell)
    signals.static_generator_finalized.connect(_find_redirects)
    signals.content_written.connect(_note)
    signals.feed_generated.connect(_finish_feed)


class _Session:
    """What one run of Pelican needs: settings, git's history, bundles, copies of pictures."""

    def __init__(self, settings: SiteSettings) -> None:
        self.settings = settings
        self.state = State(settings)
        self.facts = Facts(settings)
        self.catalogues = languages.Catalogues(settings.theme / "locale")
        self.catalogues.check()
        self.copies = Copies(
            settings.content,
            settings.cache / "silent.json",
            download if settings.remote_pictures == "fetch" else None,
        )
        self._style = style_bundle(settings.theme, settings.style_sheets)
        self._script = script_bundle(settings.theme, settings.scripts, "site")
        self._search = script_bundle(settings.theme, settings.search_scripts, "search")

    def context(self, static: str) -> dict[str, object]:
        """What every template finds; addresses are below that of the site."""

        def address(bundle: Bundle | None) -> str | None:
            return f"{static}/{bundle.name}" if bundle else None

        return {
            "SITE_CSS": address(self._style),
            "SITE_JS": address(self._script),
            "SEARCH_JS": address(self._search),
            "SITE_ADDRESS": self.settings.address,
            "HAS_SEARCH": self.settings.search and search.is_installed(),
            "SITE_CARD": card_of("index.html"),
            "SITE_BUNDLES": tuple(filter(None, (self._style, self._script, self._search))),
            STATE: self.state,
        }


_session: _Session | None = None


def _configure(pelican: Pelican) -> None:
    markdown, language = pelican.settings["MARKDOWN"], str(pelican.settings["DEFAULT_LANG"])
    pelican.settings["MARKDOWN"] = configured(markdown, language)


def _begin(pelican: Pelican) -> tuple[type[Generator], ...]:
    """The first signal of each run of Pelican."""
    global _session  # noqa: PLW0603  Pelican's signals share nothing else
    try:
        _session = _Session(read(pelican.settings))
    except ProblemError as error:
        raise SiteFailed(str(error)) from None
    return (SiteFiles,)


def _prepare_templates(generator: Generator) -> None:
    if _session is None:
        return
    languages.install(generator.env, _session.catalogues)
    generator.env.filters["readable"] = readable
    generator.context.update(_session.context(generator.settings["THEME_STATIC_DIR"]))


def _tell(content: Content) -> None:
    """Make a post or page that has just been read complete, and set its facts."""
    if _session is None or not isinstance(content, Article | Page) or not content._content:
        return
    _keep_to_this_host(content, _session)
    try:
        for name, value in _session.facts.of(content).items():
            setattr(content, name, value)
    except (AttributeError, KeyError, ValueError):
        # Pelican refuses a post without a date or title itself, and says why.
        return
    for formula in unread_formulas(content._content):
        _warn(content, formula, f"this formula cannot be read and is shown as it is: {formula}")


def _keep_to_this_host(content: Content, session: _Session) -> None:
    words = remote.words_for(str(content.lang))
    shown = remote.without_remote(content._content, session.copies.kept, words)
    content._content = shown.content
    for address in shown.missing:
        message = (
            f"the picture {address} is shown as a link, since there is no copy of it: "
            f"content/{COPIES}/{stem(address)}.png would be one"
        )
        _warn(content, address, message)
    original = content._update_content

    def update(text: str, siteurl: str) -> str:
        return below(original(text, siteurl), siteurl)

    content._update_content = update


def _warn(content: Content, where: str, message: str) -> None:
    """Say what is to be known of `content`, at the line in which its source has `where`."""
    source = Path(content.source_path)
    before, found, _ = source.read_text(encoding="utf-8", errors="replace").partition(where)
    line = before.count("\n") + 1 if found else None
    name = os.path.relpath(source, _session.settings.root) if _session else str(source)
    if _PELICAN_LOGGER.isEnabledFor(logging.WARNING):  # a log would break the line into several
        print(f"note: {Problem(name, message, line)}", file=sys.stderr)


def _find_redirects(generator: StaticGenerator) -> None:
    """The first moment at which all files of the site are known, and nothing is written."""
    if _session is None:
        return
    root = _session.settings.root
    taken = pages.taken(generator.context, generator.settings, root)
    targets = pages.targets(pages.listed(generator.context), root)
    _session.state.redirects, problems = redirects.redirects(targets, taken)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        raise SiteFailed("aliases have to be mended; nothing was written")


def _note(_: str, context: dict[str, Any]) -> None:
    file = str(context["output_file"])
    if _session is not None and file.endswith(".html"):
        _session.state.written[file] = pages.written(file, context)


def _finish_feed(context: dict[str, Any], feed: SyndicationFeed) -> None:
    if _session is None:
        return
    site = _session.settings
    of_link = {
        f"{site.address}/{article.url}": str(article.lang)
        for one in context["articles"]
        for article in (one, *one.translations)
        if not article.in_default_lang
    }
    finish(feed, site.language, of_link)


def _without_traceback(record: logging.LogRecord) -> bool:
    """What a person has to mend is no defect of ours: its traceback tells nobody anything."""
    if record.exc_info and isinstance(record.exc_info[1], SiteFailed):
        record.msg, record.args = str(record.exc_info[1]), ()
        record.exc_info = None
    return True
