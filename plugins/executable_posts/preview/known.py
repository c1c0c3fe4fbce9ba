"""What is known of the cells of a post: what each gave, and what decides whether it still holds."""

import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import inline_values
from ..errors import Problem
from ..fingerprint import file_digest, normalise
from ..jobs import JobCell
from ..plan import KERNEL, Plan, PlannedCell
from ..store import ExecutedCell, ExecutedNotebook, Output
from .cells import Edit
from .dependencies import Ran
from .items import Code


@dataclass(frozen=True)
class Known:
    """What a cell gave when it last ran, and what went wrong with it that does not stop a run."""

    outputs: tuple[Output, ...] = ()
    seconds: float | None = None
    problem: Problem | None = None


def key(cell: JobCell) -> str:
    """All that decides what a cell does; comments and blank lines do not."""
    rest = f"{cell.setup}\n{cell.may_raise}"
    return f"{normalise(cell.code)}# {hashlib.sha256(rest.encode()).hexdigest()[:12]}\n"


def codes(edit: Edit) -> list[Code]:
    """The code of each cell as it is judged: its inline values are evaluated behind it."""
    return [
        Code(
            "\n".join([cell.code, *(f"({one.expression})" for one in planned.cell.inline)]),
            cell.may_raise,
        )
        for cell, planned in zip(edit.job.cells, edit.plan.cells, strict=True)
    ]


def stored(edit: Edit, root: Path) -> tuple[list[Ran], list[Known]]:
    """The cells of the last stored run and what they gave; nothing if that holds no more, since
    something else than cells has changed."""
    executed = edit.plan.executed
    if executed is None or not _holds(executed, root):
        return [], []
    now = {
        id(planned.last): (planned, cell)
        for planned, cell in zip(edit.plan.cells, edit.job.cells, strict=True)
        if planned.last is not None
    }
    cells = []
    for before in executed.cells:
        code = Code(before.source, bool(before.error))
        planned, cell = now.get(id(before), (None, None))
        if planned is not None and cell is not None and _is_as_stored(planned, before):
            cells.append(Ran(key(cell), code))
        else:
            cells.append(Ran(f"{normalise(before.source)}# as it was\n", code))
    same = [cell.key for cell in cells] == [key(cell) for cell in edit.job.cells]
    if same and edit.plan.stale:
        return [], []
    return cells, [Known(cell.outputs, cell.seconds) for cell in executed.cells]


def _holds(executed: ExecutedNotebook, root: Path) -> bool:
    fingerprint = executed.fingerprint
    return fingerprint.kernel == KERNEL and all(
        file_digest(root / name) == digest for name, digest in fingerprint.files.items()
    )


def _is_as_stored(planned: PlannedCell, before: ExecutedCell) -> bool:
    cell = planned.cell
    values = [
        sent["expression"]
        for output in before.outputs
        if "data" in output
        for sent in output["data"].get(inline_values.MIME, ())
    ]
    return (
        normalise(cell.code) == normalise(before.source)
        and cell.options.drawing == before.drawing
        and cell.options.error == before.error
        and [one.expression.strip() for one in cell.inline] == values
    )


def confirmed(plan: Plan) -> list[Known]:
    """What the store says that the cells gave."""
    return [
        Known(planned.last.outputs, planned.last.seconds) if planned.last else Known()
        for planned in plan.cells
    ]


Look = Mapping[Path, tuple[int, int]]
"""Files, with the time of the last change of each and its size."""


def look_at_files(files: Iterable[Path]) -> Look:
    """How these files look; those that are gone are left out."""
    found = {}
    for file in files:
        with contextlib.suppress(OSError):
            status = file.stat()
            found[file] = (status.st_mtime_ns, status.st_size)
    return found
