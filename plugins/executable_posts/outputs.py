"""Outputs of a kernel → what a reader should see.

Streams as a terminal would leave them, noise out, one MIME type chosen, addresses and process ids
out. The README has the table of the MIME types.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .animations import Motion, from_jshtml
from .charts import PLOTLY, Chart, chart, is_altair, only_loads
from .html_outputs import shows_something
from .noise import is_bar_before_its_start, is_plumbing, without_downloads, without_noise
from .store import Output
from .streams import (
    merge_streams,
    styled_without_addresses,
    styled_without_timings,
    without_addresses,
)
from .styled import Mark, Styled
from .svg import clean as clean_svg
from .terminal import as_terminal_leaves_it, styled_as_terminal_leaves_it
from .traces import Frame, frames

Kind = Literal[
    "text", "stderr", "error", "html", "markdown", "latex", "json", "widget", "chart", "figure"
]

# Richest first, of those that a page can show.
_MIME_TYPES: Sequence[tuple[str, Kind]] = (
    ("application/vnd.jupyter.widget-view+json", "widget"),
    ("text/html", "html"),
    ("text/markdown", "markdown"),
    ("text/latex", "latex"),
    ("image/svg+xml", "figure"),
    ("image/png", "figure"),
    ("image/jpeg", "figure"),
    ("image/webp", "figure"),
    ("image/gif", "figure"),
    ("application/json", "json"),
    ("application/geo+json", "json"),
    ("text/plain", "text"),
)


@dataclass(frozen=True)
class Display:
    """One thing that a reader sees.

    `content` is text, HTML, Markdown or LaTeX; of a figure it is the file's content as in the
    notebook (base64, or the source of an SVG), `mime` its type and `source` the output it was
    chosen from; of what is JSON it is that as text, and `data` the value.
    """

    kind: Kind
    content: str
    mime: str = ""
    source: Output = field(default_factory=dict, hash=False)
    marks: tuple[Mark, ...] = ()
    """The colours of a text."""
    frames: tuple[Frame, ...] = ()
    """Where in the post an error came from, outermost first."""
    motion: Motion | None = None
    """Of a figure that moves, how."""
    plain: str = ""
    """The text form of what is no text."""
    data: Any = field(default=None, hash=False)
    chart: Chart | None = field(default=None, hash=False)
    """What a library is to draw; `None` of a chart that cannot be drawn on a page."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the kernel said that a figure shows (see `alt_texts`)."""
        found: Mapping[str, Any] = (
            self.source.get("metadata", {}).get("executable_posts", {}).get("figure", {})
        )
        return found


@dataclass(frozen=True)
class Wanted:
    """What a cell shows although it is left out elsewhere."""

    stderr: bool = False
    """Stderr, logs and warnings."""
    timings: bool = False
    """How long a progress bar took."""
    reprs: bool = False
    """The reprs of what draws or trains."""


DEFAULT = Wanted()


@dataclass(frozen=True)
class Displayed:
    """What a cell shows, how many lines of its stderr a reader does not see, and of its noise."""

    displays: tuple[Display, ...]
    hidden_lines: int = 0
    noise_lines: int = 0


def display(outputs: Iterable[Output], wanted: Wanted = DEFAULT) -> Displayed:
    """What a reader sees of `outputs`: of noise only what is `wanted`."""
    displays: list[Display] = []
    hidden = noise = 0
    for output in merge_streams(outputs):
        match output["output_type"]:
            case "stream" if output["name"] == "stderr" and not wanted.stderr:
                hidden += len(as_terminal_leaves_it(output["text"]).splitlines())
            case "stream":
                styled, left_out = _as_read(output["text"], wanted)
                noise += left_out
                if styled.text.strip():
                    kind: Kind = "stderr" if output["name"] == "stderr" else "text"
                    styled = styled.strip_line_ends()
                    displays.append(Display(kind, styled.text, marks=styled.marks))
            case "error":
                displays.append(Display("error", error_text(output), frames=frames(output)))
            case _:
                shown = _richest(output, wanted)
                if shown is not None and shown.kind == "text" and _is_noise(shown, wanted):
                    noise += 1
                elif shown is not None:
                    displays.append(shown)
    return Displayed(tuple(displays), hidden, noise)


def error_text(output: Output) -> str:
    """The last line of an error, as Python prints it: ``KeyError: 'acc'``."""
    name, value = str(output["ename"]), as_terminal_leaves_it(str(output["evalue"]))
    value = _CELL_FILE.sub(r"(\1)", value)
    return without_addresses(f"{name}: {value}" if value else name)


# IPython compiles a cell as a file of which nobody has heard: `invalid syntax (1234.py, line 1)`.
_CELL_FILE = re.compile(r"\(\d+\.py, (line \d+)\)")


def settled(text: str) -> str:
    """Text as a reader sees it now: what was recorded, say, before any of this was known."""
    text = "" if is_plumbing(text) else text
    return _as_read(text, DEFAULT)[0].text


def comparable(outputs: Iterable[Output]) -> list[Output]:
    """What of `outputs` counts when two runs are compared: all but stderr, addresses and counts."""
    result: list[Output] = []
    for output in merge_streams(outputs):
        if output["output_type"] == "stream":
            styled, noise = _as_read(output["text"], DEFAULT)
            if output["name"] != "stderr" and (styled.text or not noise):
                result.append({**output, "text": styled.text})
        elif output["output_type"] == "error":
            result.append({"output_type": "error", "text": error_text(output)})
        else:
            data = {mime: _comparable_value(mime, value) for mime, value in output["data"].items()}
            if _widget_form(output):
                data["text/plain"] = _as_read(str(output["data"]["text/plain"]), DEFAULT)[0].text
            metadata = output.get("metadata", {})
            result.append(
                {"output_type": output["output_type"], "data": data, "metadata": metadata}
            )
    return result


# What libraries make by chance to tell their elements apart: a UUID, with its dashes or without
# (frames of a Matplotlib animation, a chart of Altair); the table of a pandas Styler.
_BY_CHANCE = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\bT_[0-9a-f]{5}(?=\b|_)"
    r"|(?<![0-9a-fA-F])[0-9a-f]{32}(?![0-9A-Za-z])"
)
_WITH_IDS = {"text/html", "application/javascript"}


def _comparable_value(mime: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if mime == "image/svg+xml":
        try:
            return clean_svg(value)
        except ValueError:
            return value
    value = without_addresses(value)
    return _BY_CHANCE.sub("", value) if mime in _WITH_IDS else value


def _as_read(text: str, wanted: Wanted) -> tuple[Styled, int]:
    """A stream as a reader sees it, and how many lines of noise were left out.

    That is as a terminal leaves it, without what differs by chance.
    """
    styled = styled_as_terminal_leaves_it(text)
    # Before addresses are taken out: a log is known by them.
    quiet = without_downloads(styled) if wanted.stderr else without_noise(styled)
    styled = styled_without_addresses(quiet.text)
    if not wanted.timings:
        styled = styled_without_timings(styled)
    return styled, quiet.logs + quiet.downloads


def _is_noise(shown: Display, wanted: Wanted) -> bool:
    return is_bar_before_its_start(shown.content) or (
        not wanted.reprs and is_plumbing(shown.content)
    )


def _richest(output: Output, wanted: Wanted) -> Display | None:
    data: Mapping[str, Any] = output["data"]
    plain = as_terminal_leaves_it(without_addresses(str(data.get("text/plain", "")))).strip("\n")
    if only_loads(data):
        return None
    if (drawn := chart(data)) is not None:
        text = json.dumps(drawn.spec, ensure_ascii=False)
        return Display("chart", text, PLOTLY, plain=plain, chart=drawn)
    if is_altair(data) and not any(mime.startswith("image/") for mime in data):
        return Display("chart", plain, plain=plain)
    if form := _widget_form(output):
        return _widget(form, str(data["text/plain"]), wanted)
    for mime, kind in _MIME_TYPES:
        # Where there is a PNG as well it names the figure, and the SVG stands beside it.
        beside = mime == "image/svg+xml" and "image/png" in data
        if mime in data and not beside and not (kind == "html" and _says_nothing(data)):
            return _shown(output, mime, kind, plain)
    return None


def _widget_form(output: Output) -> str | None:
    """Of a widget whose last state is the output's text, whether one could do something with it."""
    form: str | None = output.get("metadata", {}).get("executable_posts", {}).get("widget")
    return form


def _widget(form: str, text: str, wanted: Wanted) -> Display | None:
    styled = _as_read(text, wanted)[0].strip_line_ends()
    if not styled.text.strip():
        return None
    return Display("text" if form == "still" else "widget", styled.text, marks=styled.marks)


def _says_nothing(data: Mapping[str, Any]) -> bool:
    """Whether another form says more than the HTML; of HTML alone the author is to know."""
    content = str(data["text/html"])
    return len(data) > 1 and not shows_something(content) and from_jshtml(content) is None


def _shown(output: Output, mime: str, kind: Kind, plain: str) -> Display | None:
    value = output["data"][mime]
    content = str(value).strip("\n")
    match kind:
        case "json" | "widget":
            return _structured(kind, mime, value, plain)
        case "figure":
            return Display(kind, content, mime, output)
        case "text":
            styled = styled_without_addresses(styled_as_terminal_leaves_it(content))
            styled = styled.strip_line_ends()
            return Display(kind, styled.text, mime, marks=styled.marks)
        case "html" if (animation := from_jshtml(content)) is not None:
            picture = base64.b64encode(animation.data).decode()
            return Display("figure", picture, "image/webp", motion=animation.motion)
    return Display(kind, without_addresses(content), mime, plain=plain)


def _structured(kind: Kind, mime: str, value: Any, plain: str) -> Display | None:
    if kind == "widget":
        # Whoever ran this did not keep what became of the bar: it says nothing that is true.
        return None if is_bar_before_its_start(plain) else Display(kind, plain, mime)
    # In a notebook on disk keys are sorted: a page is the same before and after.
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
    return Display(kind, text, mime, plain=plain, data=json.loads(text))
