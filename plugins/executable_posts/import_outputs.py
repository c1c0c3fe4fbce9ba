"""Cells with their outputs → Markdown, by nbconvert, so that every output is known for one.

`post.recorded` tells which of nbconvert's forms show that a machine wrote them. An output in
another form would stay in the post beside the one that a run gives: it is brought into such a
form, or left out.
"""

import binascii
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from mimetypes import guess_extension
from typing import Any

from .post import Cell, Recorded, parse
from .post.attachments import attached_file, with_attachments
from .post.notebook import code_fence
from .streams import merge_streams
from .terminal import as_terminal_leaves_it

ATTACHED = "attached-to-this-notebook:"
"""Stands in the Markdown for the folder of attached pictures."""

# nbconvert's own fence is ``` even for code that holds one.
_TEMPLATE = """{% extends 'markdown/index.md.j2' %}
{% block input %}
{{ cell.metadata.fence }}{{ cell.metadata.language }}
{{ cell.source }}
{{ cell.metadata.fence }}
{% endblock input %}"""

_FIGURES = frozenset({"image/png", "image/jpeg", "image/svg+xml"})
# nbconvert prefers these to a figure; it shows nothing but these, figures and text/plain.
_TEXTS = frozenset({"text/html", "text/markdown"})
_SHOWN = _FIGURES | _TEXTS | {"text/latex"}


@dataclass(frozen=True)
class ExportCell:
    """A cell of the notebook at position `index`: its node, and what is to stand for its source.

    `language` is empty for text.
    """

    index: int
    node: Mapping[str, Any]
    source: str
    language: str


def take_attachments(notebook: Any) -> dict[str, bytes]:
    """Take the pictures attached to cells of `notebook`, a node, out of it: files by name.

    nbconvert would give all of the same name, as Jupyter gives it to what is pasted, one file.
    """
    files = {}
    for index, cell in enumerate(notebook.get("cells", ())):
        addresses: dict[str, str] = {}
        for position, (name, bundle) in enumerate(cell.pop("attachments", {}).items()):
            if (found := attached_file(bundle)) is not None:
                mime, data = found
                file = f"attachment-{index}-{position}{_extension(mime)}"
                files[file] = data
                addresses[name] = f"{ATTACHED}{file}"
        cell["source"] = with_attachments(cell["source"], addresses)
    return files


def _extension(mime: str) -> str:
    return guess_extension(mime) or ""


def export(
    cells: Sequence[ExportCell], folder: str
) -> tuple[str, dict[str, bytes], list[tuple[int, str]]]:
    """Markdown, figures by their names in `folder`, and which outputs of which cells are left out.

    Whatever is wrong with the nodes may raise what nbconvert raises.
    """
    nodes = []
    left_out: list[tuple[int, str]] = []
    for cell in cells:
        outputs, messages = _recognisable(cell, folder)
        nodes.append(_node(cell, outputs))
        left_out += ((cell.index, message) for message in messages)
    markdown, files = _export(nodes, folder)
    # nbconvert extracts every form of a picture that an output has, and shows one.
    shown = {name: data for name, data in files.items() if f"(/{name})" in markdown}
    return markdown, shown, left_out


def _export(nodes: Sequence[Any], folder: str) -> tuple[str, dict[str, bytes]]:
    from nbformat import v4

    resources = {"output_files_dir": f"/{folder}"}
    notebook = v4.new_notebook(cells=list(nodes))
    markdown, resources = _exporter().from_notebook_node(notebook, resources)
    files: Mapping[str, bytes] = resources.get("outputs") or {}
    return markdown, {
        name.replace("\\", "/").removeprefix("/"): data for name, data in files.items()
    }


@cache
def _exporter() -> Any:
    from nbconvert import MarkdownExporter
    from traitlets.config import Config

    # A cell in another language's magic is a cell like any other.
    config = Config({"HighlightMagicsPreprocessor": {"enabled": False}})
    return MarkdownExporter(config=config, raw_template=_TEMPLATE)  # type: ignore[no-untyped-call]


def _node(cell: ExportCell, outputs: Sequence[Any]) -> Any:
    from nbformat import v4

    if not cell.language:
        return v4.new_markdown_cell(cell.source)
    return v4.new_code_cell(
        cell.source,
        outputs=list(outputs),
        metadata={"fence": code_fence([cell.source]), "language": cell.language},
    )


def _recognisable(cell: ExportCell, folder: str) -> tuple[list[Any], list[str]]:
    """The outputs of `cell` in forms that are known for outputs, and what is said of the others."""
    kept = []
    messages = []
    for output in _cleaned(cell):
        known = next((form for form in _forms(output) if _is_known([form], folder)), None)
        if known is not None:
            kept.append(known)
        if known is None or known.get("data") != output.get("data"):
            what = ", ".join(sorted(output.get("data", {}))) or output["output_type"]
            instead = "not recorded" if known is None else f"recorded as {', '.join(known['data'])}"
            messages.append(f"an output ({what}) has no form that tells it from text: {instead}")
    if kept and not _is_known(kept, folder):
        return [], [*messages, "its outputs cannot be told from text: not recorded"]
    return kept, messages


def _cleaned(cell: ExportCell) -> list[Any]:
    """The outputs of `cell` as a reader saw them, with figures named by nbconvert's rule."""
    from nbformat import from_dict

    result = []
    for position, output in enumerate(merge_streams(cell.node.get("outputs", ()))):
        node = from_dict(dict(output))
        if node.output_type == "stream":
            node.text = as_terminal_leaves_it(node.text)
            if not node.text.strip():
                continue
        elif node.output_type == "error":
            node.traceback = [as_terminal_leaves_it(row) for row in node.traceback]
        else:
            if "text/plain" in node.data:
                node.data["text/plain"] = as_terminal_leaves_it(node.data["text/plain"])
            node.metadata = {"filename": f"output_{cell.index}_{position}"}
            if not _FIGURES.intersection(node.data) or _TEXTS.intersection(node.data):
                # Around a result stand the blank lines that tell it from text.
                node.output_type = "execute_result"
                node.execution_count = None
        result.append(node)
    return result


def _forms(output: Any) -> Iterator[Any]:
    """`output` as it is, and with less of what it holds; not where that would say nothing."""
    from nbformat import from_dict

    data = output.get("data")
    if data is None:
        yield output
        return
    figures = {mime: value for mime, value in data.items() if mime in _FIGURES}
    text = data.get("text/plain", "")
    # "<IPython.core.display.Javascript object>" stands for what cannot be shown.
    plain = {"text/plain": text} if text.strip() and not text.startswith("<") else {}
    if _SHOWN.intersection(data) or set(data) == {"text/plain"}:
        yield output
    for less in (figures, plain):
        if less:
            yield from_dict({**output, "data": less})


def _is_known(outputs: Sequence[Any], folder: str) -> bool:
    """Whether all that `outputs` become under a cell is taken for recorded outputs."""
    cell = ExportCell(0, {}, "x", "python")
    try:
        # nbconvert writes into what it converts.
        markdown, _ = _export([_node(cell, deepcopy(list(outputs)))], folder)
    except binascii.Error:
        return False
    pieces = parse(markdown, "", "yes").pieces
    recorded = [piece for piece in pieces if isinstance(piece, Recorded)]
    rest = [piece.text for piece in pieces if not isinstance(piece, Cell | Recorded)]
    # HTML that shows somebody else's picture is no figure of this cell.
    own = all(
        output.kind != "figure" or output.content.startswith(f"/{folder}/")
        for piece in recorded
        for output in piece.outputs
    )
    return bool(recorded) and own and not "".join(rest).strip()
