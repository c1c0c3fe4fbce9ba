"""Executed notebooks on disk: one a post, valid nbformat 4.5, written whole or not at all."""

import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import attachments
from .fingerprint import Fingerprint
from .limits import MEBIBYTE

FORMAT = 1
_KEY = "executable_posts"
_UNFINISHED = ".executable-posts-"
_SEAL = re.compile(r'"seal": "sha256:[0-9a-f]{64}"')
_OPEN_SEAL = f'"seal": "sha256:{"0" * 64}"'

Output = Mapping[str, Any]
"""An nbformat output object."""

# What nbformat's schema requires of an output of each type; and the MIME types it leaves alone.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "stream": ("name", "text"),
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
}
_JSON = re.compile(r"application/(.*\+)?json")


@dataclass(frozen=True)
class ExecutedCell:
    """One cell as it last ran.

    `number` is its own for ever, `figures` are the addresses of its figures in order (a file of
    the site, without a leading slash), `seconds` what it took.
    """

    number: int
    source: str
    outputs: tuple[Output, ...]
    figures: tuple[str, ...] = ()
    seconds: float = 0.0
    execution_count: int | None = None
    error: bool | None = None
    """Its option `error`: whether it may raise decides what the cells behind it find."""
    drawing: Mapping[str, float | str | bool] = field(default_factory=dict)
    """Its options that say how figures are drawn."""


@dataclass(frozen=True)
class ExecutedNotebook:
    """A post's last good run. `prose` is the text before each cell, and that behind the last."""

    title: str
    cells: tuple[ExecutedCell, ...]
    prose: tuple[str, ...]
    fingerprint: Fingerprint
    python: str
    numbers_given: int
    """How many cell numbers were ever given: a number is never given twice."""
    saved: Mapping[str, bytes] = field(default_factory=dict)
    """Pictures that the run saved and the prose shows, by their link in it."""
    asked_for: tuple[str, ...] = ()
    """The links that the run was asked to keep pictures for, whether it saved any or not."""
    memory: int | None = None
    """The most bytes that the run held; `None` if it is not known."""


@dataclass(frozen=True)
class Damaged:
    """An executed notebook that is there and cannot be used, and why."""

    path: Path
    why: str


def read(path: Path) -> ExecutedNotebook | Damaged | None:
    """The executed notebook at `path`; `None` if there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        return Damaged(path, str(error))
    try:
        notebook = _from_json(json.loads(text))
    except json.JSONDecodeError as error:
        return Damaged(path, f"not JSON (line {error.lineno}: {error.msg})")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        return Damaged(
            path, f"no executed notebook of this plugin ({type(error).__name__}: {error})"
        )
    if _sealed(_SEAL.sub(_OPEN_SEAL, text.replace("\r\n", "\n"))) != text.replace("\r\n", "\n"):
        return Damaged(path, "it was changed since it was written, by hand or by a merge")
    return notebook


def _sealed(text: str) -> str:
    """`text`, an executed notebook with an open seal, with its own SHA-256 as the seal.

    So what is shown is known to be what a run gave: an edit in Jupyter, or the wrong half of a
    merge, breaks the seal.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()
    return text.replace(_OPEN_SEAL, _OPEN_SEAL.replace("0" * 64, digest), 1)


def write(path: Path, notebook: ExecutedNotebook) -> bool:
    """Put `notebook` at `path`, at once and whole; returns whether the file changed.

    A damaged or foreign file in its place is moved aside, to ``<name>.damaged``, not deleted.
    Raises `OSError` if the disk does not take it; what was there before is then still there.
    """
    data = _to_bytes(notebook)
    existing = read(path)
    if isinstance(existing, Damaged):
        path.replace(_free_name(path.with_name(f"{path.name}.damaged")))
    elif existing is not None and path.read_bytes() == data:
        return False
    write_atomically(path, data)
    return True


def write_atomically(path: Path, data: bytes) -> None:
    """Replace the file at `path` by `data`: a reader sees all the old content or all the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(path))
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise


def sweep(folders: Iterable[Path]) -> None:
    """Remove from `folders` what writers left there that were killed while they wrote.

    No other writer may be at work there.
    """
    for folder in folders:
        for unfinished in folder.glob(f"{_UNFINISHED}*"):
            unfinished.unlink(missing_ok=True)


def _mode(path: Path) -> int:
    """The permissions of the file to be replaced; those of any new file if there is none."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask


def _free_name(path: Path) -> Path:
    names = (path, *(path.with_name(f"{path.name}-{count}") for count in range(2, 1000)))
    return next(name for name in names if not name.exists())


def _from_json(data: Mapping[str, Any]) -> ExecutedNotebook:
    ours = data["metadata"][_KEY]
    if ours["format"] != FORMAT:
        raise ValueError(f"format {ours['format']!r}, expected {FORMAT}")
    cells = []
    prose = [""]
    saved: dict[str, bytes] = {}
    for cell in data["cells"]:
        if cell["cell_type"] == "markdown":
            attached = attachments.attached(cell)
            prose[-1] += attachments.as_written(_joined(cell["source"]), attached)
            saved |= attached
        else:
            cells.append(_cell_from_json(cell))
            prose.append("")
    fingerprint = ours["fingerprint"]
    return ExecutedNotebook(
        title=str(data["metadata"].get("title", "")),
        cells=tuple(cells),
        prose=tuple(prose),
        fingerprint=Fingerprint(
            kernel=fingerprint["kernel"],
            code=tuple(fingerprint["code"]),
            files=dict(fingerprint["files"]),
            packages=dict(fingerprint["packages"]),
            environment=dict(fingerprint.get("environment", {})),
        ),
        python=ours["python"],
        numbers_given=int(ours["numbers_given"]),
        saved=saved,
        asked_for=tuple(str(link) for link in ours.get("asked_for", ())),
        memory=ours.get("memory_mib") and int(ours["memory_mib"]) * MEBIBYTE,
    )


def _cell_from_json(cell: Mapping[str, Any]) -> ExecutedCell:
    ours = cell["metadata"][_KEY]
    outputs = tuple(_output_from_json(output) for output in cell["outputs"])
    return ExecutedCell(
        number=int(ours["number"]),
        source=_joined(cell["source"]),
        outputs=outputs,
        figures=tuple(str(name) for name in ours["figures"]),
        seconds=float(ours["seconds"]),
        execution_count=cell["execution_count"],
        error=ours.get("error"),
        drawing=dict(ours.get("drawing", {})),
    )


def _output_from_json(output: Mapping[str, Any]) -> Output:
    """An output with its text in one piece; on disk nbformat cuts it into lines."""
    result = dict(output)
    for key in _KEYS[result["output_type"]]:
        if key not in result:
            raise ValueError(f"an output of type {result['output_type']} without {key}")
    if result["output_type"] == "stream":
        result["text"] = _joined(result["text"])
    if "data" in result:
        result["data"] = {
            mime: _joined(value) if _is_text(mime, value) else value
            for mime, value in result["data"].items()
        }
    return result


def _is_text(mime: str, value: object) -> bool:
    return isinstance(value, str | list) and not _JSON.fullmatch(mime)


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _to_bytes(notebook: ExecutedNotebook) -> bytes:
    # Only what runs something writes, and only then is nbformat (0.2 s) needed.
    import nbformat
    from nbformat import v4

    cells = []
    for index, prose in enumerate(notebook.prose):
        if prose.strip():
            cells.append(_prose_to_json(prose.strip("\n"), index, notebook.saved))
        if index < len(notebook.cells):
            cells.append(_cell_to_json(notebook.cells[index]))
    fingerprint = notebook.fingerprint
    asked_for = {"asked_for": list(notebook.asked_for)} if notebook.asked_for else {}
    metadata = {
        "title": notebook.title,
        "kernelspec": {
            "name": fingerprint.kernel,
            "display_name": "Python 3",
            "language": "python",
        },
        "language_info": {"name": "python", "version": notebook.python},
        _KEY: {
            "format": FORMAT,
            "fingerprint": {
                "kernel": fingerprint.kernel,
                "code": list(fingerprint.code),
                "files": dict(fingerprint.files),
                "packages": dict(fingerprint.packages),
                "environment": dict(fingerprint.environment),
            },
            "python": notebook.python,
            "numbers_given": notebook.numbers_given,
            **asked_for,
            "memory_mib": notebook.memory and notebook.memory // MEBIBYTE,
            "seal": f"sha256:{'0' * 64}",
        },
    }
    node = v4.new_notebook(cells=cells, metadata=metadata)
    node["nbformat_minor"] = 5
    nbformat.validate(node)
    return _sealed(f"{nbformat.writes(node, version=nbformat.NO_CONVERT)}\n").encode()


def _prose_to_json(prose: str, index: int, saved: Mapping[str, bytes]) -> Any:
    from nbformat import v4

    shown = {link: data for link, data in saved.items() if link in prose}
    cell = v4.new_markdown_cell(attachments.as_attached(prose, shown), id=f"prose-{index}")
    if shown:
        cell["attachments"] = attachments.bundles(shown)
    return cell


def _cell_to_json(cell: ExecutedCell) -> Any:
    from nbformat import from_dict, v4

    ours: dict[str, object] = {
        "number": cell.number,
        "figures": list(cell.figures),
        "seconds": round(cell.seconds, 3),
    }
    if cell.error is not None:
        ours["error"] = cell.error
    if cell.drawing:
        ours["drawing"] = dict(cell.drawing)
    return v4.new_code_cell(
        cell.source.rstrip("\n"),
        id=f"cell-{cell.number}",
        outputs=[from_dict(dict(output)) for output in cell.outputs],
        execution_count=cell.execution_count,
        metadata={_KEY: ours},
    )
