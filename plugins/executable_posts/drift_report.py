"""One self-contained page that shows drift: before, now and the difference, side by side."""

import base64
import html
import io
from collections.abc import Sequence
from difflib import HtmlDiff
from itertools import groupby

from PIL import Image, ImageOps

from .drift import Drift, Pictures, Texts, pixels, strongest_difference
from .outputs import Display

_COLUMN = 48

_STYLE = """
:root { color-scheme: light dark; --line: #8886 }
:root { --old: #c0392b33; --new: #1e844933; --mark: #b9770e55 }
* { box-sizing: border-box }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif }
h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1.5rem }
pre, table.diff { font: .85rem/1.45 ui-monospace, monospace }
pre { overflow-x: auto; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .4rem }
.scroll { overflow-x: auto } table.diff { border-collapse: collapse }
table.diff td { padding: 0 .5rem; white-space: pre } .diff_header { opacity: .6; text-align: right }
.diff_next { display: none } .diff_add { background: var(--new) }
.diff_sub { background: var(--old) } .diff_chg { background: var(--mark) }
.states { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)) }
figure { margin: 0 } figure img { max-width: 100%; height: auto; background: #fff; padding: .5rem;
border: 1px solid var(--line); border-radius: .4rem } figcaption { opacity: .75; font-size: .9rem }
"""


def page(drifts: Sequence[Drift]) -> str:
    """The report on `drifts`, which are in the order of their posts, as HTML."""
    posts = [(path, list(found)) for path, found in groupby(drifts, lambda drift: drift.path)]
    if drifts:
        cells = "1 output" if len(drifts) == 1 else f"{len(drifts)} outputs"
        summary = f"{cells} in {'1 post' if len(posts) == 1 else f'{len(posts)} posts'} drifted."
    else:
        summary = "Nothing drifted: every run gave what is stored. Enjoy it."
    body = "".join(_post(path, found) for path, found in posts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Drift</title><style>{_STYLE}</style></head>\n"
        f"<body><main><h1>Drift</h1><p>{summary}</p>\n{body}</main></body></html>\n"
    )


def _post(path: str, drifts: Sequence[Drift]) -> str:
    return f"<section><h2>{html.escape(path)}</h2>\n{''.join(map(_drift, drifts))}</section>\n"


def _drift(drift: Drift) -> str:
    title = f"Cell {drift.number} (line {drift.line}): {drift.what}"
    states = drift.states
    shown = _texts(states) if isinstance(states, Texts) else _figures(states)
    return (
        f"<h3>{html.escape(title)}</h3>\n"
        f"<pre><code>{html.escape(drift.code.rstrip())}</code></pre>\n{shown}\n"
    )


def _texts(texts: Texts) -> str:
    table = HtmlDiff(wrapcolumn=_COLUMN).make_table(
        texts.before, texts.now, "before", "now", context=True, numlines=2
    )
    # Its blanks may not break, which is the style's to say.
    table = table.replace("&nbsp;", " ").replace(' nowrap="nowrap"', "")
    return f'<div class="scroll" tabindex="0">{table}</div>'


def _figures(pictures: Pictures) -> str:
    shown = [_figure(pictures.before, "before"), _figure(pictures.now, "now")]
    if pictures.before is not None and pictures.now is not None:
        shown.append(_difference(pictures.before, pictures.now))
    return f'<div class="states">{"".join(shown)}</div>'


def _figure(shown: Display | None, when: str) -> str:
    if shown is None:
        return f"<figure><figcaption>{when}: none</figcaption></figure>"
    data = shown.content
    if shown.mime == "image/svg+xml":
        data = base64.b64encode(shown.content.encode()).decode()
    return _image(f"data:{shown.mime};base64,{html.escape(data)}", when)


def _difference(before: Display, now: Display) -> str:
    """What is the same, faint; what differs, dark."""
    try:
        one, other = pixels(before), pixels(now)
    except ValueError:
        return ""
    if one.size != other.size:
        return ""
    changed = strongest_difference(one, other).point(lambda value: 255 if value else 0)
    faint = Image.blend(
        ImageOps.grayscale(other).convert("RGB"), Image.new("RGB", one.size, "white"), 0.8
    )
    faint.paste((176, 0, 32), mask=changed)
    file = io.BytesIO()
    faint.save(file, format="PNG")
    return _image(
        f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}", "difference"
    )


def _image(address: str, when: str) -> str:
    alt = "The pixels that differ" if when == "difference" else f"The figure {when}"
    return f'<figure><img src="{address}" alt="{alt}"><figcaption>{when}</figcaption></figure>'
