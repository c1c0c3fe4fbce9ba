"""A notebook that is a post: its JSON → the Markdown that stands for it → `Post`.

The cells follow each other in that Markdown as in the notebook; a cell that is to be run becomes a
fence, and what else could be taken for one, or for an output, is made unmistakable. The outputs in
the notebook are no part of it: what readers see is computed, and kept in the executed notebook.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, takewhile
from typing import Any, Literal

from ..errors import Problem, ProblemError
from . import located, notebook_head, source
from .attachments import data_addresses, with_attachments
from .closing import Line, cut, isolated
from .fences import PYTHON
from .model import Cell, Fence, Piece, Post, Prose, Recorded, Shown
from .options import Options
from .parse import Execute, parse

_FORMAT = 4
_NO_DEFAULTS = Options()

# Tags of Jupyter Book, nbclient and papermill, and what they are as options of a cell.
_OPTIONS_OF_TAGS: Mapping[str, Sequence[tuple[str, str]]] = {
    "raises-exception": [("error", "true")],
    "remove-input": [("echo", "false")],
    "hide-input": [("echo", "false")],
    "remove-output": [("output", "false")],
    "hide-output": [("output", "false")],
    "remove-cell": [("echo", "false"), ("output", "false")],
    "hide-cell": [("echo", "false"), ("output", "false")],
    "skip-execution": [("eval", "false")],
}
_OPTION = re.compile(r"\s*#\|\s*([\w-]+)\s*:")
# As nbconvert does for Markdown: a raw cell is shown if it is meant for this format or for any.
_RAW_SHOWN = frozenset({"", "text/markdown", "text/html"})
_WORDS = re.compile(r"\w|#")
_SEPARATOR = "<!-- -->\n"


@dataclass(frozen=True)
class NotebookSource:
    """The Markdown that stands for a notebook; `places` has the file's line for each of its lines.

    nbformat writes one string for each line of a cell. Where a file holds several lines in one
    string, they all stand on the line of that string.
    """

    markdown: str
    places: tuple[int, ...]

    def place(self, line: int) -> int:
        """The line of the notebook's file on which `line` of the Markdown stands."""
        return self.places[max(0, min(line, len(self.places)) - 1)]


@dataclass(frozen=True)
class NotebookPart:
    """One cell as it stands in the Markdown; `index` is its position in the notebook, from 0.

    `lines` are Markdown, or the code of a fence in `language`, without the fence itself.
    """

    index: int
    kind: Literal["text", "code"]
    lines: tuple[Line, ...]
    language: str = ""


@dataclass(frozen=True)
class NotebookParts:
    """A notebook as lines: front matter, and the cells that a reader is to see."""

    head: tuple[Line, ...]
    parts: tuple[NotebookPart, ...]


def markdown(text: str, path: str) -> NotebookSource:
    """The Markdown that stands for the notebook whose JSON is `text`; `path` is its name.

    Raises `ProblemError` for what is no notebook that this version can read.
    """
    notebook = load(text, path)
    lines = list(_assembled(notebook_parts(notebook, path)))
    result = "".join(line.text for line in lines)
    try:
        result.encode()
    except UnicodeEncodeError as error:
        bad = result.count("\n", 0, error.start)
        message = f"half a character (\\u{ord(result[error.start]):x}); write it anew"
        raise ProblemError(Problem(path, message, lines[bad].place)) from None
    return NotebookSource(result, tuple(line.place for line in lines))


def parse_notebook(
    text: str,
    path: str,
    execute: Execute = "auto",
    *,
    shell_allowed: bool = False,
    defaults: Options = _NO_DEFAULTS,
) -> Post:
    """As `parse`, for the JSON of a notebook; lines are those of the notebook's file.

    What is a cell is plain in a notebook: it needs no other sign that it is meant to run.
    Raises `ProblemError` as `markdown` does.
    """
    notebook = markdown(text, path)
    meant = "yes" if execute == "auto" else execute
    post = parse(notebook.markdown, path, meant, shell_allowed=shell_allowed, defaults=defaults)
    problems = (
        problem if problem.line is None else replace(problem, line=notebook.place(problem.line))
        for problem in post.problems
    )
    pieces = (_moved(piece, notebook) for piece in post.pieces)
    return replace(post, pieces=tuple(pieces), problems=tuple(problems))


def head(text: str, path: str) -> source.Head:
    """The front matter of the notebook whose JSON is `text`; lines are those of its file.

    Raises `ProblemError` as `markdown` does.
    """
    notebook = markdown(text, path)
    head = source.head(source.lines(notebook.markdown))
    key_lines = {key: notebook.place(line) for key, line in head.key_lines.items()}
    return replace(head, key_lines=key_lines)


def _moved(piece: Piece, notebook: NotebookSource) -> Piece:
    """`piece` with the lines of the notebook's file."""

    def moved(fence: Fence) -> Fence:
        return replace(fence, line=notebook.place(fence.line))

    match piece:
        case Cell():
            first, count = piece.code_line, piece.code.count("\n")
            lines = tuple(notebook.place(line) for line in range(first, first + count))
            inline = tuple(replace(one, line=notebook.place(one.line)) for one in piece.inline)
            return replace(
                piece,
                fence=moved(piece.fence),
                code_line=notebook.place(first),
                lines=lines,
                inline=inline,
            )
        case Shown():
            return replace(piece, fence=moved(piece.fence))
        case Recorded():
            # There is none. But if something were taken for one, it would be replaced.
            return Prose(notebook.place(piece.line), piece.text)
        case _:
            return replace(piece, line=notebook.place(piece.line))


def no_date(path: str) -> Problem:
    """What to say of a notebook that is an article, if nothing else gives it a date either."""
    return Problem(
        path,
        'no date: make "Date: 2020-01-31" a line of the first Markdown cell, or add '
        '"date": "2020-01-31" to the notebook\'s metadata',
    )


def load(text: str, path: str, oldest: int = _FORMAT) -> Mapping[str, Any]:
    """The notebook whose JSON is `text`; its strings know their lines.

    Raises `ProblemError` for what is none, or one of a format older than `oldest` or too new.
    """
    try:
        notebook: Any = located.loads(text.removeprefix(source.BOM))
    except json.JSONDecodeError as error:
        message = f"no notebook: not JSON ({error.msg}, column {error.colno})"
        raise ProblemError(Problem(path, message, error.lineno)) from None
    except (ValueError, RecursionError) as error:
        message = f"no notebook: not JSON that can be read ({error})"
        raise ProblemError(Problem(path, message)) from None
    version = notebook.get("nbformat") if isinstance(notebook, dict) else None
    if not isinstance(notebook, dict) or not isinstance(version, int):
        message = "no notebook: JSON without nbformat, as Jupyter writes it"
        raise ProblemError(Problem(path, message))
    if version < oldest:
        message = (
            f"a notebook of format {version}, and {_FORMAT} is needed: "
            f"`jupyter nbconvert --to notebook --nbformat {_FORMAT} --inplace {path}`"
        )
        raise ProblemError(Problem(path, message))
    if version > _FORMAT:
        message = f"a notebook of format {version}: this version knows {_FORMAT} only"
        raise ProblemError(Problem(path, message))
    return notebook


def notebook_parts(notebook: Mapping[str, Any], path: str) -> NotebookParts:
    """The lines of `notebook`, which is of format 4.

    Raises `ProblemError` for a cell or for metadata that cannot be understood.
    """
    cells = notebook.get("cells")
    metadata = notebook.get("metadata", {})
    if not isinstance(cells, list) or not isinstance(metadata, dict):
        raise ProblemError(Problem(path, "no notebook: it has no list of cells"))
    language = _language(metadata)
    parts = [
        part
        for index, cell in enumerate(cells)
        if (part := _part(index, cell, language, path)) is not None
    ]
    head, parts = _head(parts, metadata, path)
    return NotebookParts(tuple(head), tuple(_unmistakable(parts)))


def _language(metadata: Mapping[str, Any]) -> str:
    """The language of the cells, Python if the notebook does not say."""
    for key, name in (("kernelspec", "language"), ("language_info", "name")):
        about = metadata.get(key)
        if isinstance(about, Mapping) and isinstance(word := about.get(name), str) and word:
            return _fence_language(word)
    return "python"


def _fence_language(word: str) -> str:
    found = re.match(r"[\w+#-]+", word.strip().lower())
    name = found[0] if found else "text"
    return "python" if name in PYTHON else name


def _part(index: int, cell: object, language: str, path: str) -> NotebookPart | None:
    """The cell at `index` as lines; `None` if a reader is not to see it, or there is nothing."""
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    if not isinstance(cell, dict) or kind not in {"markdown", "code", "raw"}:
        message = f"cell {index + 1} of the notebook is neither code, Markdown nor raw"
        raise ProblemError(Problem(path, message, located.line_of(cell)))
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    lines = _lines(cell, index, path)
    if not any(line.text.strip() for line in lines):
        return None
    if kind == "code":
        language = _own_language(metadata) or language
        if language == "python":
            lines = [*_tag_options(_tags(metadata), lines), *lines]
        return NotebookPart(index, "code", tuple(lines), language)
    if kind == "raw":
        meant_for = metadata.get("raw_mimetype", metadata.get("format", ""))
        if str(meant_for).lower() not in _RAW_SHOWN:
            return None
    if "remove-cell" in _tags(metadata):
        return None
    return NotebookPart(index, "text", tuple(lines))


def _lines(cell: Mapping[str, Any], index: int, path: str) -> list[Line]:
    """The lines of a cell's source, each with its line in the file."""
    written = cell.get("source", "")
    strings = written if isinstance(written, list) else [written]
    if not all(isinstance(string, str) for string in strings):
        message = f"cell {index + 1} of the notebook: its source is no text"
        raise ProblemError(Problem(path, message, located.line_of(cell)))
    begins = list(accumulate(map(len, strings), initial=0))
    lines = []
    at = 0
    for line in source.lines("".join(strings)):
        string = strings[bisect_right(begins, at) - 1]
        lines.append(Line(line.rstrip("\r\n") + "\n", located.line_of(string)))
        at += len(line)
    if cell["cell_type"] == "code":
        return lines
    addresses = data_addresses(cell)
    return [line._replace(text=with_attachments(line.text, addresses)) for line in lines]


def _own_language(metadata: Mapping[str, Any]) -> str | None:
    """The language that Visual Studio Code notes for a cell in another one than the notebook's."""
    about = metadata.get("vscode")
    word = about.get("languageId") if isinstance(about, Mapping) else None
    return _fence_language(word) if isinstance(word, str) else None


def _tags(metadata: Mapping[str, Any]) -> list[str]:
    tags = metadata.get("tags")
    # nbconvert's documentation writes them with underscores, Jupyter Book's with hyphens.
    return [str(tag).replace("_", "-") for tag in tags] if isinstance(tags, list) else []


def _tag_options(tags: Iterable[str], lines: Sequence[Line]) -> list[Line]:
    """What the tags of a cell say, as option lines; what its own options say goes first."""
    own_lines = takewhile(lambda line: line.text.lstrip().startswith("#|"), lines)
    own = {found[1] for line in own_lines if (found := _OPTION.match(line.text))}
    wanted = dict(pair for tag in tags for pair in _OPTIONS_OF_TAGS.get(tag, ()))
    return [
        Line(f"#| {key}: {value}\n", lines[0].place)
        for key, value in wanted.items()
        if key not in own
    ]


def _head(
    parts: list[NotebookPart], metadata: Mapping[str, Any], path: str
) -> tuple[list[Line], list[NotebookPart]]:
    """The front matter, and the parts without the text that became it."""
    head: list[Line] = []
    at = next((at for at, part in enumerate(parts) if part.kind == "text"), None)
    if at is not None:
        found = notebook_head.of_cell(parts[at].lines)
        head += found.lines
        parts = _without(parts, at, found.length)
    known = set(source.head([line.text for line in head]).values)
    head += notebook_head.of_metadata(metadata, known, path)
    if "title" in known:
        return head, parts
    for at, part in enumerate(parts):
        if part.kind == "text":
            found = notebook_head.of_heading(part.lines, first=at == 0)
            if found.lines:
                return head + found.lines, _without(parts, at, found.length)
    return head, parts


def _without(parts: Sequence[NotebookPart], at: int, count: int) -> list[NotebookPart]:
    """`parts`, the one at `at` without its first `count` lines, or gone if that is all."""
    rest = parts[at].lines[count:]
    blank = not any(line.text.strip() for line in rest)
    return [*parts[:at], *([] if blank else [replace(parts[at], lines=rest)]), *parts[at + 1 :]]


def _unmistakable(parts: Iterable[NotebookPart]) -> Iterator[NotebookPart]:
    """`parts` with texts that leave nothing open, and belong neither to the text nor to the cell
    above them."""
    above: str | None = None
    for part in parts:
        if part.kind == "text":
            lines = isolated(part.lines)
            first = next(line for line in lines if line.text.strip())
            if (above == "text" and first.text[0].isspace()) or (
                # No output that Markdown shows begins like a sentence or a heading.
                above == "code" and not _WORDS.match(first.text) and _is_like_output(lines)
            ):
                lines = [Line(_SEPARATOR, first.place), Line("\n", first.place), *lines]
            yield replace(part, lines=tuple(lines))
        else:
            yield part
        above = part.kind


def _is_like_output(lines: Iterable[Line]) -> bool:
    """Whether `lines`, under a cell, would be taken for its recorded output, and replaced."""
    # With blank lines as before a result, which stand there in a post made by nbconvert.
    post = parse("```python\nx\n```\n\n\n\n\n" + "".join(line.text for line in lines), "", "yes")
    return any(isinstance(piece, Recorded) for piece in post.pieces[:2])


def _assembled(notebook: NotebookParts) -> Iterator[Line]:
    """The lines of the Markdown: front matter and cells, with a blank line behind each."""
    yield from notebook.head
    # A blank line at the very top says that there is no front matter.
    place = notebook.head[-1].place if notebook.head else 1
    yield Line("\n", place)
    for part in notebook.parts:
        place = part.lines[0].place
        if part.kind == "code":
            fence = code_fence(line.text for line in part.lines)
            yield from cut(f"{fence}{part.language}\n", place)
            yield from part.lines
            place = part.lines[-1].place
            yield from cut(f"{fence}\n\n", place)
        else:
            yield from part.lines
            yield Line("\n", part.lines[-1].place)


def code_fence(lines: Iterable[str]) -> str:
    """A fence that nothing in `lines` closes."""
    runs = re.findall(r"`{3,}", "".join(lines))
    return "`" * max([3, *(len(run) + 1 for run in runs)])
