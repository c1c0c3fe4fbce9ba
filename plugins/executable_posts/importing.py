"""A notebook → a Markdown post with its outputs recorded, as nbconvert exports it.

nbconvert writes the text. What is done before is what makes the text a post: cells that end where
they end, lines that only a notebook understands, outputs in those of nbconvert's forms that can be
told from the author's own words.
"""

import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from . import import_outputs
from .errors import Problem, ProblemError
from .post import Cell, Post, Shown, parse
from .post.closing import Line
from .post.fences import PYTHON, language
from .post.notebook import NotebookPart, code_fence, load, notebook_parts

# Keys in the order in which a person looks for them; others follow as they were.
_FIRST_KEYS = ("title", "date", "modified", "slug")
_KEY = re.compile(r"^ {0,3}(?P<key>[A-Za-z0-9_-]+):")
# They work on files, or on people, that are not there when a post is built.
_MAGICS_TO_CHECK = re.compile(
    r"^\s*%%?(?P<name>cd|debug|edit|load|loadpy|pdb|rerun|run|store|tensorboard|writefile)\b",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Imported:
    """A post made of a notebook.

    `slug` is fit to name its file. `figures` holds files by their place below content/:
    ``assets/<slug>/`` those that the cells draw, which a run draws again, and ``images/<slug>/``
    the pictures that were attached to its text. `notes` say what needs a person's attention, with
    lines of the Markdown in a file of the name ``<slug>.md``.
    """

    slug: str
    markdown: str
    figures: Mapping[str, bytes]
    notes: tuple[Problem, ...]


def import_notebook(text: str, name: str, *, date: str | None = None) -> Imported:
    """The post that the notebook with the JSON `text` is; `name` is that of its file.

    `date` is the post's if the notebook does not give one. Raises `ProblemError` for what is no
    notebook.
    """
    notebook = _read(text, name)
    pictures = import_outputs.take_attachments(notebook)
    parts = notebook_parts(notebook, name)
    head = _Head(parts.head, name, date)
    notes: list[_Note] = list(head.notes)
    cells = []
    for part in parts.parts:
        node = notebook["cells"][part.index]
        source, found = _mended(part)
        notes += (_Note(message, part.index) for message in found)
        cells.append(import_outputs.ExportCell(part.index, node, source, part.language))
    languages = {part.language for part in parts.parts if part.kind == "code"} - {"python"}
    notes += (_Note(f"cells in {other} are shown and not run") for other in sorted(languages))
    folder = f"assets/{head.folder}"
    try:
        body, figures, left_out = import_outputs.export(cells, folder)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"nbconvert cannot read it ({type(error).__name__}: {error})"
        raise ProblemError(Problem(name, message)) from None
    notes += (_Note(message, index) for index, message in left_out)
    figures |= {f"images/{head.folder}/{file}": data for file, data in pictures.items()}
    body = body.replace(import_outputs.ATTACHED, f"{{static}}/images/{head.folder}/")
    markdown = _with_head(head, body)
    order = [part.index for part in parts.parts if part.language == "python"]
    return Imported(head.folder, markdown, figures, _placed(notes, markdown, order, head.folder))


@dataclass(frozen=True)
class _Note:
    """What a person should know, of the cell at `index` of the notebook or of the whole post."""

    message: str
    index: int | None = None


def _read(text: str, name: str) -> Any:
    """The notebook in nbformat 4, whatever it is in, with each text in one piece."""
    written = load(text, name, oldest=1)
    if written["nbformat"] == 4:
        notebook_parts(written, name)  # says what is wrong with its line, which nbformat does not
    import nbformat

    with warnings.catch_warnings():
        # Cells without an id, for instance: nothing that matters to a post.
        warnings.simplefilter("ignore")
        try:
            return nbformat.reads(text.removeprefix("\ufeff"), 4, capture_validation_error={})
        except Exception as error:
            # nbformat converts old notebooks without looking: a mistake in one may raise anything.
            message = f"no notebook that can be read ({type(error).__name__}: {error})"
            raise ProblemError(Problem(name, message.splitlines()[0])) from None


def _text(lines: Iterable[Line]) -> str:
    return "".join(line.text for line in lines).removesuffix("\n")


class _Head:
    """The front matter of the post, with what every post needs."""

    def __init__(self, lines: Sequence[Line], name: str, date: str | None) -> None:
        self.notes: list[_Note] = []
        self._entries: dict[str, str] = {}
        key = ""
        for line in lines:
            if found := _KEY.match(line.text):
                key = found["key"].lower()
                text = f"{key.capitalize()}:{line.text[found.end() :]}"
                self._entries[key] = self._entries.get(key, "") + text
            elif key:
                self._entries[key] += line.text
        stem = PurePath(name).stem
        if not self.value("title"):
            self.add("title", stem)
            self.notes.append(_Note("no title in the notebook: its name was taken"))
        if not self.value("date"):
            if date:
                self.add("date", date)
            else:
                self.notes.append(_Note('no date in the notebook: add "Date: 2020-01-31"'))
        if not self.value("slug"):
            self.add("slug", _slug(stem))
        self.folder = _slug(self.value("slug"))

    def value(self, key: str) -> str:
        """What stands behind `key`, or nothing."""
        return self._entries.get(key, "").partition(":")[2].strip()

    def add(self, key: str, value: str) -> None:
        self._entries[key] = f"{key.capitalize()}: {value}\n"

    @property
    def text(self) -> str:
        """The lines, the most important first."""
        first = [key for key in _FIRST_KEYS if key in self._entries]
        rest = [key for key in self._entries if key not in first]
        return "".join(self._entries[key] for key in (*first, *rest))


def _slug(text: str) -> str:
    """`text` as a name of a file and a part of an address."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "notebook"


def _mended(part: NotebookPart) -> tuple[str, list[str]]:
    """The source of a cell; code in a form in which it can be run or shown, and what was done."""
    code = _text(part.lines)
    if part.language != "python":
        return code, []
    messages: list[str] = []
    for _ in range(len(part.lines) + 1):
        problems = _parsed(code).problems
        if not problems:
            break
        # The fence is on line 1.
        rows = code.split("\n")
        at = min((problems[0].line or 2) - 2, len(rows) - 1)  # IPython counts form feeds as well
        if rows[at].lstrip().startswith("#|"):
            messages.append(f"{problems[0].message}; it is a comment now")
            code = _without_option(rows, at)
        elif rows[at].lstrip().startswith(("!", "%")):
            messages.append(f"`{rows[at].strip()}` is a comment now: no build runs it")
            code = _commented(rows, at)
        else:
            what = problems[0].message.partition("; if ")[0].partition(": set ")[0]
            messages.append(f"this cell is shown and not run: {what}")
            code = f"#| eval: false\n{code}"
    return code, messages


def _without_option(rows: list[str], at: int) -> str:
    """`rows` with the option in row `at` as a comment behind the options."""
    behind = next(
        (row for row in range(at, len(rows)) if not rows[row].lstrip().startswith("#|")), len(rows)
    )
    comment = f"# {rows[at].lstrip().removeprefix('#|').strip()}"
    return "\n".join([*rows[:at], *rows[at + 1 : behind], comment, *rows[behind:]])


def _commented(rows: list[str], at: int) -> str:
    """`rows` with the command that begins in row `at` as a comment."""
    end = at + 1
    while end < len(rows) and rows[end - 1].endswith("\\"):
        end += 1
    result = list(rows)
    for row in range(at, end):
        text = rows[row].lstrip()
        indent = rows[row][: len(rows[row]) - len(text)]
        # A block must hold a statement.
        result[row] = f"{indent}{'pass  ' if indent and row == at else ''}# {text}"
    return "\n".join(result)


def _parsed(code: str) -> Post:
    fence = code_fence([code])
    return parse(f"{fence}python\n{code}\n{fence}\n", "", "yes")


def _with_head(head: _Head, body: str) -> str:
    """The whole post; it says that it is meant to run, unless that shows."""
    # As before any other cell: two blank lines tell nbconvert's outputs from the author's words.
    gap = "\n\n" if body.startswith("```") else "\n"
    body = body.rstrip()

    def whole() -> str:
        return f"{head.text}{gap}{body}\n"

    if (
        not head.value("execute")
        and not parse(whole(), "").runs
        and parse(whole(), "", "yes").cells
    ):
        head.add("execute", "yes")
    return whole()


def _placed(
    notes: Iterable[_Note], markdown: str, order: Sequence[int], slug: str
) -> tuple[Problem, ...]:
    """`notes`, and those that only the whole post shows, with lines of the post.

    `order` has the position in the notebook of each Python cell.
    """
    path = f"{slug}.md"
    cells = list(_python_fences(parse(markdown, path, "yes")))
    # More fences than cells would be a defect: then better no line than a wrong one.
    lines = dict(zip(order, (cell.line for cell in cells), strict=False))
    result = [
        Problem(path, note.message, None if note.index is None else lines.get(note.index))
        for note in notes
    ]
    for cell in cells:
        if isinstance(cell, Shown) and "#| eval: false" not in cell.text:
            result.append(
                Problem(path, f"this cell is shown and not run: {cell.reason}", cell.line)
            )
        for magic in _MAGICS_TO_CHECK.finditer(cell.code):
            message = f"%{magic['name']} may not find in a build what it needs"
            result.append(Problem(path, message, cell.line))
    return tuple(sorted(result, key=lambda problem: problem.line or 0))


def _python_fences(post: Post) -> Iterator[Cell | Shown]:
    for piece in post.pieces:
        if isinstance(piece, Cell | Shown) and language(piece.fence.info) in PYTHON:
            yield piece
