"""What Markdown becomes on this site, beyond what Python-Markdown makes of it by itself."""

from collections.abc import Mapping
from typing import Any

from .formulas import Formulas, unread_formulas
from .quotes import Quotes
from .sections import Sections
from .tables import AlignedTables

__all__ = ["configured", "unread_formulas"]

_WORDS: Mapping[str, tuple[str, str]] = {
    "en": ("Link to this section", "Back to note {} in the text"),
    "pt": ("Link para esta seção", "Voltar à nota {} no texto"),
}


def configured(markdown: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Pelican's setting ``MARKDOWN``, with our extensions beside those that it names.

    What a site configures itself is kept; `language` is that of the site.
    """
    here, back = _WORDS.get(language.partition("-")[0].lower(), _WORDS["en"])
    ours: dict[str, dict[str, Any]] = {
        "markdown.extensions.extra": {
            "footnotes": {"BACKLINK_TITLE": back},
            "tables": {"use_align_attribute": True},
        },
        "markdown.extensions.meta": {},
        # Unlike fenced_code and codehilite, these two see a fence in a list or a quotation.
        "pymdownx.superfences": {},
        "pymdownx.highlight": {
            "css_class": "highlight",
            "guess_lang": False,
            "linenums_style": "pymdownx-inline",
        },
    }
    given = {
        name: options
        for name, options in markdown.get("extension_configs", {}).items()
        if name != "markdown.extensions.codehilite"
    }
    names = {
        extension for extension in markdown.get("extensions", ()) if isinstance(extension, str)
    }
    return {
        **markdown,
        "extensions": [
            *sorted(names - ours.keys()),
            *(one for one in markdown.get("extensions", ()) if not isinstance(one, str)),
            *ours,
            # A blank: the sign is drawn by the theme, and is in no feed or summary.
            Sections(permalink=" ", permalink_title=here),
            # Quotes only: `--` in the prose of a blog on code is an option of a command.
            Quotes(smart_dashes=False, smart_ellipses=False),
            Formulas(),
            AlignedTables(),
        ],
        "extension_configs": {
            name: {**ours.get(name, {}), **given.get(name, {})} for name in {**ours, **given}
        },
        "output_format": "html",
    }
