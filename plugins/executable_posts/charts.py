"""Charts that a library draws in the browser → documents of their own, shown in frames.

Plotly and Bokeh write styles into the page as they draw, which ``default-src 'self'`` forbids to a
page of the blog; in a frame of its own, with rules of its own, a chart may, and still nothing
comes from another host. A frame is loaded when it comes near (``loading="lazy"``), so no script
stands on the page itself. A chart of Altair needs scripts that its package does not hold.
"""

import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PLOTLY = "application/vnd.plotly.v1+json"
_BOKEH = "application/vnd.bokehjs_exec.v0+json"
_BOKEH_LOADS = "application/vnd.bokehjs_load.v0+json"
_BOKEH_PLACE = re.compile(r"\s*<div [^<>]*data-root-id=[^<>]*>\s*</div>\s*")
_ALTAIR = re.compile(r'<div id="altair-viz-|application/vnd\.vegalite')
_DOCUMENTS = re.compile(
    r"const docs_json = (?P<documents>\{.*\});\s*const render_items = (?P<items>\[.*?\]);",
    re.DOTALL,
)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_HEIGHT = {"plotly": 450, "bokeh": 600}

SCRIPTS: Mapping[str, tuple[str, str]] = {
    "plotly": ("plotly", "package_data/plotly.min.js"),
    "bokeh": ("bokeh", "server/static/js/bokeh.min.js"),
}
"""Library → the installed package that has its script, and where in it."""

DRAW = """\
// Draws the chart of this document with the library that stands before this script.
const text = document.getElementById("chart").textContent;
const spec = JSON.parse(text);
const place = document.getElementById("place");
place.replaceChildren();
if (window.Plotly) {
  const config = { ...spec.config, responsive: true, displaylogo: false };
  Plotly.newPlot(place, spec.data, spec.layout, config);
} else {
  for (const item of spec.items) {
    for (const root of Object.keys(item.roots)) item.roots[root] = place;
  }
  Bokeh.embed.embed_items(spec.documents, spec.items);
}
"""


@dataclass(frozen=True)
class Chart:
    """What `library` is to draw, `height` pixels of CSS high; `title` is the chart's own."""

    library: str
    spec: Any
    height: int
    title: str = ""


def chart(data: Mapping[str, Any]) -> Chart | None:
    """The chart in a MIME bundle; `None` if there is none that can be read."""
    if isinstance(data.get(PLOTLY), Mapping):
        return _plotly(data[PLOTLY])
    if _BOKEH in data:
        return _bokeh(str(data.get("application/javascript", "")))
    return None


def only_loads(data: Mapping[str, Any]) -> bool:
    """Whether a MIME bundle is what Bokeh sends beside a chart: its scripts, an empty place."""
    place = _BOKEH_PLACE.fullmatch(str(data.get("text/html", "")))
    return _BOKEH_LOADS in data or place is not None


def is_altair(data: Mapping[str, Any]) -> bool:
    """Whether a MIME bundle is a chart of Altair without a picture of it."""
    keys = " ".join(data)
    return bool(_ALTAIR.search(keys) or _ALTAIR.search(str(data.get("text/html", ""))))


def document(drawn: Chart, note: str, language: str) -> str:
    """The page in which a frame shows `drawn`; `note` stands there where no script runs.

    It lies two folders below that of the scripts' parent: ``assets/<slug>/`` and
    ``assets/scripts/``.
    """
    # A closing tag in a string of JSON would end the script. Bokeh's order counts: it defines a
    # thing where it names it first.
    spec = json.dumps(drawn.spec, ensure_ascii=False).replace("<", "\\u003c")
    scripts = "../scripts"
    return (
        f'<!doctype html>\n<html lang="{html.escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'; '
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:\">\n"
        '<meta name="robots" content="noindex">\n'
        f"<title>{html.escape(drawn.title or note)}</title>\n"
        "<style>body { margin: 0; background: #fff; font-family: sans-serif; }</style>\n"
        f'</head>\n<body>\n<div id="place"><p>{html.escape(note)}</p></div>\n'
        f'<script type="application/json" id="chart">{spec}</script>\n'
        f'<script src="{scripts}/{drawn.library}.min.js"></script>\n'
        f'<script type="module" src="{scripts}/draw.js"></script>\n</body>\n</html>\n'
    )


def document_name(drawn: Chart) -> str:
    """The name of the document that shows `drawn`: the same chart, the same name."""
    # Sorted, as in a notebook on disk: the name is the same before and after.
    spec = json.dumps([drawn.library, drawn.spec], sort_keys=True)
    return f"{hashlib.sha256(spec.encode()).hexdigest()[:16]}.html"


def _plotly(value: Mapping[str, Any]) -> Chart:
    layout = value.get("layout") or {}
    title = layout.get("title") or {}
    text = title.get("text", "") if isinstance(title, Mapping) else title
    height = layout.get("height")
    return Chart(
        "plotly",
        {"data": value.get("data") or [], "layout": layout, "config": value.get("config") or {}},
        int(height) if isinstance(height, int | float) else _HEIGHT["plotly"],
        re.sub(r"<[^>]*>", " ", str(text)).strip(),
    )


def _bokeh(script: str) -> Chart | None:
    found = _DOCUMENTS.search(script)
    if found is None:
        return None
    # Documents are named by chance; here they are numbered.
    names = list(dict.fromkeys(_UUID.findall(found["items"])))
    texts = [found["documents"], found["items"]]
    for number, name in enumerate(names):
        texts = [text.replace(name, f"d{number}") for text in texts]
    try:
        documents, items = (json.loads(text) for text in texts)
        roots = [root for one in documents.values() for root in one["roots"]]
        attributes = roots[0]["attributes"]
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    height = attributes.get("height")
    title = attributes.get("title")
    text = title.get("attributes", {}).get("text", "") if isinstance(title, Mapping) else ""
    spec = {"documents": documents, "items": items}
    return Chart("bokeh", spec, height if isinstance(height, int) else _HEIGHT["bokeh"], str(text))
