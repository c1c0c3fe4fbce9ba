"""Outputs of a kernel → what a reader should see.

Streams as a terminal would leave them, one MIME type chosen, addresses and process ids out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .store import Output
from .streams import merge_streams, without_addresses, without_timings
from .terminal import as_terminal_leaves_it

Kind = Literal["text", "stderr", "error", "html", "markdown", "figure"]

# Richest first, of those that a page can show.
_MIME_TYPES: Sequence[tuple[str, Kind]] = (
    ("text/html", "html"),
    ("text/markdown", "markdown"),
    ("image/svg+xml", "figure"),
    ("image/png", "figure"),
    ("image/jpeg", "figure"),
    ("image/gif", "figure"),
    ("text/plain", "text"),
)


@dataclass(frozen=True)
class Display:
    """One thing that a reader sees.

    `content` is text, HTML or Markdown; of a figure it is the file's content as in the notebook
    (base64, or the source of an SVG), `mime` its type and `source` the output it was chosen from.
    """

    kind: Kind
    content: str
    mime: str = ""
    source: Output = field(default_factory=dict, hash=False)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the kernel said that a figure shows (see `alt_texts`)."""
        found: Mapping[str, Any] = (
            self.source.get("metadata", {}).get("executable_posts", {}).get("figure", {})
        )
        return found


@dataclass(frozen=True)
class Displayed:
    """What a cell shows, and how many lines of its stderr were kept from the reader."""

    displays: tuple[Display, ...]
    hidden_lines: int = 0


def display(outputs: Iterable[Output], *, show_stderr: bool = False) -> Displayed:
    """What a reader sees of `outputs`; stderr only if asked for."""
    displays = []
    hidden = 0
    for output in merge_streams(outputs):
        match output["output_type"]:
            case "stream" if output["name"] == "stderr" and not show_stderr:
                hidden += len(as_terminal_leaves_it(output["text"]).splitlines())
            case "stream":
                text = _as_read(output["text"])
                kind: Kind = "stderr" if output["name"] == "stderr" else "text"
                if text.strip():
                    displays.append(Display(kind, text.rstrip("\n")))
            case "error":
                displays.append(Display("error", error_text(output)))
            case _:
                if (shown := _richest(output)) is not None:
                    displays.append(shown)
    return Displayed(tuple(displays), hidden)


def error_text(output: Output) -> str:
    """The last line of an error, as Python prints it: ``KeyError: 'acc'``."""
    name, value = str(output["ename"]), as_terminal_leaves_it(str(output["evalue"]))
    return without_addresses(f"{name}: {value}" if value else name)


def comparable(outputs: Iterable[Output]) -> list[Output]:
    """What of `outputs` counts when two runs are compared: all but stderr, addresses and counts."""
    result: list[Output] = []
    for output in merge_streams(outputs):
        if output["output_type"] == "stream":
            if output["name"] == "stderr":
                continue
            text = _as_read(output["text"])
            result.append({**output, "text": text})
        elif output["output_type"] == "error":
            result.append({"output_type": "error", "text": error_text(output)})
        else:
            data = {mime: _comparable_value(value) for mime, value in output["data"].items()}
            metadata = output.get("metadata", {})
            result.append(
                {"output_type": output["output_type"], "data": data, "metadata": metadata}
            )
    return result


def _comparable_value(value: Any) -> Any:
    return without_addresses(value) if isinstance(value, str) else value


def _as_read(text: str) -> str:
    """A stream as a reader sees it: as a terminal leaves it, without what differs by chance."""
    return without_timings(without_addresses(as_terminal_leaves_it(text)))


def _richest(output: Output) -> Display | None:
    data: Mapping[str, Any] = output["data"]
    for mime, kind in _MIME_TYPES:
        # Where there is a PNG as well it names the figure, and the SVG stands beside it.
        if mime in data and not (mime == "image/svg+xml" and "image/png" in data):
            content = str(data[mime])
            if kind == "text":
                content = as_terminal_leaves_it(content)
            if kind != "figure":
                content = without_addresses(content)
            source = output if kind == "figure" else {}
            return Display(kind, content.strip("\n"), mime, source)
    return None
