"""The language of a page: texts of the theme from its catalogues, dates as people write them."""

import gettext
import io
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal
from executable_posts.errors import Problem, ProblemError
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

_DOMAIN = "site.po"
_MINUTE = 60
_ENGLISH = Locale("en")


@lru_cache(maxsize=64)
def locale(language: str) -> Locale:
    """The locale of a language such as ``pt-BR``, English where nobody knows it.

    >>> str(locale("pt-br"))
    'pt_BR'
    """
    try:
        return Locale.parse(language, sep="-" if "-" in language else "_")
    except (ValueError, UnknownLocaleError):
        return _ENGLISH


def tag(language: str) -> str:
    """A language as HTML, feeds and search engines write it (BCP 47).

    >>> tag("pt-br")
    'pt-BR'
    """
    first, *others = language.replace("_", "-").split("-")
    return "-".join([first.lower(), *(part.upper() if len(part) == 2 else part for part in others)])


def of_page(context: Context) -> str:
    """The language of the page that is rendered in `context`: its post's, or else the site's."""
    content = context.get("article") or context.get("page")
    return str(getattr(content, "lang", None) or context["DEFAULT_LANG"])


def long_date(day: date, language: str) -> str:
    """`day` in full.

    >>> long_date(date(2019, 7, 29), "pt-BR")
    '29 de julho de 2019'
    """
    return format_date(day, "long", locale=locale(language))


def day_and_month(day: date, language: str) -> str:
    """`day` without its year.

    >>> day_and_month(date(2019, 7, 29), "pt-BR")
    '29 de julho'
    """
    return format_skeleton("MMMMd", day, locale=locale(language))


def duration(seconds: float, language: str) -> str:
    """How long something took, as exactly as one wants to know.

    >>> duration(12.34, "pt-BR"), duration(125, "en")
    ('12,3 s', '2 min 5 s')
    """
    where = locale(language)
    if seconds < _MINUTE:
        return f"{format_decimal(seconds, '0.0', locale=where)} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s"


class Catalogues:
    """The texts of a theme: ``<folder>/<language>/LC_MESSAGES/site.po``, compiled when needed.

    A language that has no file of its own uses that of its base (``pt`` for ``pt_PT``); what is
    not translated stays as the templates say it, in English.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, gettext.NullTranslations] = {}

    def check(self) -> None:
        """Read all of them. Raises `ProblemError` for one that is none."""
        for file in sorted(self._folder.glob(f"*/LC_MESSAGES/{_DOMAIN}")):
            self.of(file.parts[-3])

    def of(self, language: str) -> gettext.NullTranslations:
        """What translates into `language`; `ProblemError` if its file is no catalogue."""
        if language not in self._known:
            self._known[language] = self._find(locale(language))
        return self._known[language]

    def _find(self, wanted: Locale) -> gettext.NullTranslations:
        for name in (str(wanted), wanted.language):
            file = self._folder / name / "LC_MESSAGES" / _DOMAIN
            if file.is_file():
                return _compiled(file, file.stat().st_mtime_ns, name)
        return gettext.NullTranslations()


@lru_cache(maxsize=16)
def _compiled(file: Path, _: int, language: str) -> gettext.NullTranslations:
    try:
        with file.open("rb") as source:
            catalogue = read_po(source, locale=language, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        # It counts lines from 0.
        line = getattr(error, "lineno", None)
        what = f"no catalogue that gettext can read: {error}".partition(" on ")[0]
        raise ProblemError(Problem(str(file), what, None if line is None else line + 1)) from None
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def install(environment: Environment, catalogues: Catalogues) -> None:
    """Give templates ``_``, ``ngettext``, ``{% trans %}``, and dates in the page's language."""

    @pass_context
    def translated(context: Context, text: str) -> str:
        return catalogues.of(of_page(context)).gettext(text)

    @pass_context
    def counted(context: Context, one: str, many: str, number: int) -> str:
        return catalogues.of(of_page(context)).ngettext(one, many, number)

    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # of the extension
        translated, counted, newstyle=True
    )
    environment.filters |= {
        "long_date": _written(long_date),
        "day_and_month": _written(day_and_month),
        "duration": _written(duration),
        "language_tag": tag,
    }
    environment.globals["language_of_page"] = pass_context(of_page)


def _written(write: Callable[[Any, str], str]) -> Callable[[Context, Any], str]:
    @pass_context
    def in_language_of_page(context: Context, value: Any) -> str:
        return write(value, of_page(context))

    return in_language_of_page
