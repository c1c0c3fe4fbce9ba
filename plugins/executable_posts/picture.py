"""A figure's files → the HTML that shows the one that suits the reader."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from urllib.parse import quote, unquote

from .figures import Figure, Variant

_NO_ADDRESS = re.compile(r"""[\x00-\x20"#%&'<>?,]""")


_IMAGE = re.compile(
    r"""(?P<begin><img\b[^>]*?\ssrc\s*=\s*["'])(?P<link>[^"'>]*)(?P<middle>["'][^>]*?)(?P<end>/?>)""",
    re.IGNORECASE,
)


def picture(figure: Figure, alt: str, *, lazy: bool) -> str:
    """The element for `figure`: an `img`, in a `picture` where there are other files to choose.

    Which file is for dark pages is said by ``media``, so that it holds without a script; what
    switches themes by a class of its own sets ``media`` of every ``source[data-scheme=dark]`` to
    ``all`` or ``not all``. Addresses are links that Pelican resolves.
    """
    size = f' width="{figure.size[0]}" height="{figure.size[1]}"' if figure.size else ""
    loading = ' loading="lazy"' if lazy else ""
    image = f'<img src="{address(figure.name)}" alt="{html.escape(alt)}"{size}{loading}>'
    sources = "".join(_sources(figure))
    return f"<picture>{sources}{image}</picture>" if sources else image


def address(name: str) -> str:
    """The link to a figure's file; only what would end it is quoted, since Pelican looks for
    letters beyond ASCII as they are."""
    return "{static}/" + _NO_ADDRESS.sub(lambda found: quote(found[0]), name)


def with_saved(content: str, figures: Mapping[str, Figure]) -> str:
    """`content`, HTML, with the images whose links are in `figures` as these figures.

    What the author wrote of an image, its alternative text above all, stays.
    """
    if not figures:
        return content
    by_path = {unquote(link): figure for link, figure in figures.items()}

    def shown(found: re.Match[str]) -> str:
        figure = by_path.get(unquote(html.unescape(found["link"])))
        return found[0] if figure is None else _replaced(found, figure)

    return _IMAGE.sub(shown, content)


def _replaced(found: re.Match[str], figure: Figure) -> str:
    more = ""
    if figure.size and not re.search(r"\s(width|height)\s*=", found[0]):
        more += f' width="{figure.size[0]}" height="{figure.size[1]}"'
    if not re.search(r"\sloading\s*=", found[0]):
        more += ' loading="lazy"'
    end = found["end"].lstrip("/ ")
    image = f"{found['begin']}{address(figure.name)}{found['middle'].rstrip(' /')}{more}{end}"
    sources = "".join(_sources(figure))
    return f"<picture>{sources}{image}</picture>" if sources else image


def _sources(figure: Figure) -> Iterator[str]:
    """An element for each type, those for dark pages first: a browser takes the first it can."""
    variants = sorted(figure.variants, key=lambda variant: not variant.dark)
    for (dark, mime), group in groupby(variants, key=lambda variant: (variant.dark, variant.mime)):
        media = ' media="(prefers-color-scheme: dark)" data-scheme="dark"' if dark else ""
        yield f'<source type="{mime}"{media}{_srcset(group, figure)}>'


def _srcset(variants: Iterable[Variant], figure: Figure) -> str:
    files = list(variants)
    if len(files) == 1 or figure.size is None:
        return f' srcset="{address(files[0].name)}"'
    candidates = ", ".join(f"{address(file.name)} {file.width}w" for file in files)
    width = figure.size[0]
    return f' srcset="{candidates}" sizes="(max-width: {width}px) 100vw, {width}px"'
