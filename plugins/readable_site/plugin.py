"""Where this plugin meets Pelican: signals. What they set off is elsewhere.

Everything that a template needs is in its context or on its post before the first page is
rendered, so that a page can be rendered at any time, by a preview too.
"""

import logging
from collections import defaultdict

from executable_posts.errors import ProblemError
from pelican import Pelican, signals
from pelican.contents import Article, Content, Page
from pelican.generators import ArticlesGenerator, Generator

from . import history, languages
from .bundles import Bundle, script_bundle, style_bundle
from .cards import card_of
from .facts import Facts, relate
from .markup import configured
from .settings import SiteSettings, read
from .shown import readable
from .site_files import SiteFiles

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
    signals.article_generator_finalized.connect(_relate)


class _Session:
    """What one run of Pelican needs: settings, git's history, bundles."""

    def __init__(self, settings: SiteSettings) -> None:
        self.settings = settings
        self.facts = Facts(settings, history.read(settings.root, "content/notebooks"))
        self.catalogues = languages.Catalogues(settings.theme / "locale")
        self.style = style_bundle(settings.theme, settings.style_sheets)
        self.script = script_bundle(settings.theme, settings.scripts, "site")
        self.search = script_bundle(settings.theme, settings.search_scripts, "search")

    def context(self, static: str) -> dict[str, object]:
        """What every template finds; addresses are below that of the site."""

        def address(bundle: Bundle | None) -> str | None:
            return f"{static}/{bundle.name}" if bundle else None

        return {
            "SITE_CSS": address(self.style),
            "SITE_JS": address(self.script),
            "SEARCH_JS": address(self.search),
            "SITE_ADDRESS": self.settings.address,
            "SITE_CARD": card_of("index.html"),
            "SITE_BUNDLES": tuple(filter(None, (self.style, self.script, self.search))),
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
    """Set the facts of a post or page that has just been read."""
    if _session is None or not isinstance(content, Article | Page) or not content._content:
        return
    try:
        for name, value in _session.facts.of(content).items():
            setattr(content, name, value)
    except (AttributeError, KeyError, ValueError):
        # Pelican refuses a post without a date or title itself, and says why.
        return


def _relate(generator: ArticlesGenerator) -> None:
    relate(generator.articles)
    by_language: dict[str, list[Article]] = defaultdict(list)
    for translation in generator.translations:
        by_language[translation.lang].append(translation)
    for translations in by_language.values():
        relate(translations)


def _without_traceback(record: logging.LogRecord) -> bool:
    """What a person has to mend is no defect of ours: its traceback tells nobody anything."""
    if record.exc_info and isinstance(record.exc_info[1], SiteFailed):
        record.msg, record.args = str(record.exc_info[1]), ()
        record.exc_info = None
    return True
