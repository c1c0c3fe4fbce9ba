"""One self-contained page that shows what a publish changes: figures side by side, and lists."""

import base64
import html
import io
from collections.abc import Sequence
from pathlib import PurePosixPath

from executable_posts.drift import strongest_difference
from PIL import Image, ImageOps

from .changes import Changes
from .figures import FigureChange, picture

_STYLE = """
:root { color-scheme: light dark; --line: #8886 } * { box-sizing: border-box }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif }
h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1.5rem }
li, h3 { overflow-wrap: anywhere }
.states { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)) }
figure { margin: 0 } figure img { max-width: 100%; height: auto; background: #fff; padding: .5rem;
border: 1px solid var(--line); border-radius: .4rem } figcaption { opacity: .75; font-size: .9rem }
"""
_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".avif": "image/avif",
}


def page(where: str, found: Changes, figures: Sequence[FigureChange]) -> str:
    """The report on what `found` changes at `where`, with the `figures` among it, as HTML."""
    lists = "".join(
        _list(title, names)
        for title, names in (
            ("Added", found.added),
            ("Changed", found.changed),
            ("Vanishing", found.vanishing),
        )
    )
    shown = "".join(_figure(figure) for figure in figures)
    body = f"<h2>Figures</h2>{shown}{lists}" if figures else lists or "<p>Nothing changes.</p>"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>What changes</title><style>{_STYLE}</style></head>\n"
        f"<body><main><h1>What changes at {html.escape(where)}</h1>\n{body}</main></body></html>\n"
    )


def _list(title: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    items = "".join(f"<li>{html.escape(name)}</li>\n" for name in names)
    return f"<h2>{title} ({len(names)})</h2>\n<ul>\n{items}</ul>\n"


def _figure(figure: FigureChange) -> str:
    shown = [
        _state(figure.name, data, when)
        for data, when in ((figure.before, "before"), (figure.now, "now"))
    ]
    if figure.before is not None and figure.now is not None:
        shown.append(_difference(figure.before, figure.now))
    title = f"{figure.name}: {figure.words}"
    return f'<h3>{html.escape(title)}</h3>\n<div class="states">{"".join(shown)}</div>\n'


def _state(name: str, data: bytes | None, when: str) -> str:
    if data is None:
        return f"<figure><figcaption>{when}: none</figcaption></figure>"
    kind = _TYPES[PurePosixPath(name).suffix.lower()]
    return _image(f"data:{kind};base64,{base64.b64encode(data).decode()}", when)


def _difference(before: bytes, now: bytes) -> str:
    """What is the same, faint; what differs, dark."""
    one, other = picture(before), picture(now)
    if one is None or other is None or one.size != other.size:
        return ""
    changed = strongest_difference(one, other).point(lambda value: 255 if value else 0)
    white = Image.new("RGB", one.size, "white")
    faint = Image.blend(ImageOps.grayscale(other).convert("RGB"), white, 0.8)
    faint.paste((176, 0, 32), mask=changed)
    file = io.BytesIO()
    faint.save(file, format="PNG")
    return _image(f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}", "differs")


def _image(address: str, when: str) -> str:
    alt = "The pixels that differ" if when == "differs" else f"The figure {when}"
    return f'<figure><img src="{address}" alt="{alt}"><figcaption>{when}</figcaption></figure>'
