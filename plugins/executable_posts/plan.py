"""Post and store → what is stale, and why. Pure but for the store's reads."""

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .fingerprint import Fingerprint, cell_digest, normalise
from .matching import match
from .post import Cell, Post, ShownFile, shown_files
from .store import Damaged, ExecutedCell, ExecutedNotebook

KERNEL = "python3"

FileDigest = Callable[[str], str | None]
"""A file's name from the project's root → SHA-256 of its content, `None` if it is gone."""


Version = Callable[[str], str | None]
"""A package's name → its installed version, `None` if it is not installed."""


_SAVES = re.compile("save|write")


def _unknown(_: str) -> None:
    return None


@dataclass(frozen=True)
class Reason:
    """Why a post is stale, in words; `line` is the place in the post, if there is one."""

    text: str
    line: int | None = None

    def __str__(self) -> str:
        return self.text if self.line is None else f"{self.text} (line {self.line})"


NEVER_RUN = Reason("never run")


def data_files(post: Post) -> dict[str, int]:
    """The files that `#| data:` names, from the project's root, and the line of the cell."""
    folder = posixpath.dirname(post.path)
    return {
        posixpath.normpath(posixpath.join(folder, path)): cell.line
        for cell in post.cells
        for path in cell.options.data
    }


def files_to_keep(post: Post, file_digest: FileDigest) -> tuple[ShownFile, ...]:
    """The pictures that the prose shows and that a cell may save: a run keeps those that it wrote.

    A cell may if it names the file, or if it saves something and the file is not there.
    """
    codes = [cell.code for cell in post.cells]
    saves = any(_SAVES.search(code) for code in codes)
    folder = posixpath.dirname(post.path)
    return tuple(
        shown
        for shown in shown_files(post)
        if any(posixpath.basename(shown.path) in code for code in codes)
        or (saves and file_digest(posixpath.join(folder, shown.path)) is None)
    )


@dataclass(frozen=True)
class PlannedCell:
    """A cell, the number that is its own for ever, and how it ran last, if it did."""

    cell: Cell
    number: int
    last: ExecutedCell | None


@dataclass(frozen=True)
class Plan:
    """What there is to do for a post; nothing if there is no reason to."""

    post: Post
    executed: ExecutedNotebook | None
    cells: tuple[PlannedCell, ...]
    numbers_given: int
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...] = ()
    """What changed and does not make the post stale."""
    damaged: Damaged | None = None
    """The executed notebook, if there is one that cannot be used."""

    @property
    def stale(self) -> bool:
        """Whether the stored outputs, if any, are not those of this post."""
        return bool(self.reasons)


def plan(
    post: Post,
    stored: ExecutedNotebook | Damaged | None,
    file_digest: FileDigest,
    version: Version = _unknown,
    environment: Mapping[str, str] | None = None,
    *,
    rerun_on_environment_change: bool = False,
) -> Plan:
    """What of `post` is not confirmed by its executed notebook.

    A post without cells is never stale. `file_digest` is asked for the files that the last run
    read, `version` for the packages that it imported; `environment` holds the variables that
    decide what is computed, if they are to be compared. Other versions and variables alone make
    a post stale only if `rerun_on_environment_change` says so, and are notes otherwise.
    """
    executed = stored if isinstance(stored, ExecutedNotebook) else None
    old = executed.cells if executed else ()
    same = _as_stored(post, old)
    matched: list[int | None] = [*range(len(old))] if same else _matched(post, old)
    given = executed.numbers_given if executed else 0
    cells = []
    for cell, index in zip(post.cells, matched, strict=True):
        if index is None:
            given += 1
            cells.append(PlannedCell(cell, given, None))
        else:
            cells.append(PlannedCell(cell, old[index].number, old[index]))
    reasons: list[Reason] = []
    if post.cells:
        if isinstance(stored, Damaged):
            reasons = [Reason(f"the executed notebook is damaged: {stored.why}")]
        elif executed is None:
            reasons = [NEVER_RUN]
        else:
            reasons = [
                *_code_reasons(post, matched, executed.fingerprint, old, same=same),
                *_file_reasons(executed.fingerprint.files, file_digest),
                *_data_reasons(post, executed.fingerprint.files),
                *_picture_reasons(post, executed.asked_for, file_digest),
            ]
    notes = []
    if executed:
        notes = _version_reasons(executed.fingerprint.packages, version)
        if environment is not None:
            notes += _variable_reasons(executed.fingerprint.environment, environment)
    if rerun_on_environment_change and post.cells:
        reasons, notes = [*reasons, *notes], []
    elif notes:
        notes[-1] = Reason(f"{notes[-1].text} (not re-run: EXECUTE_ON_ENVIRONMENT_CHANGE is off)")
    damaged = stored if isinstance(stored, Damaged) else None
    return Plan(post, executed, tuple(cells), given, tuple(reasons), tuple(notes), damaged)


def _as_stored(post: Post, old: Sequence[ExecutedCell]) -> bool:
    """Whether the cells are, letter for letter, those that were run.

    Most posts are, most of the time; only for the others is code taken apart, which is slow.
    """
    now = [(cell.code.strip("\n"), cell.options.error, cell.options.drawing) for cell in post.cells]
    if any(cell.inline for cell in post.cells):
        return False
    return now == [(cell.source.strip("\n"), cell.error, cell.drawing) for cell in old]


def _matched(post: Post, old: Sequence[ExecutedCell]) -> list[int | None]:
    return match(
        [normalise(cell.source) for cell in old], [normalise(cell.code) for cell in post.cells]
    )


def _code_reasons(
    post: Post,
    matched: list[int | None],
    fingerprint: Fingerprint,
    old: Sequence[ExecutedCell],
    *,
    same: bool,
) -> list[Reason]:
    """What differs between the cells of the post and those that were run."""
    if fingerprint.kernel != KERNEL:
        return [Reason(f"the kernel changed from {fingerprint.kernel} to {KERNEL}")]
    if same:
        return []
    digests = [cell_digest(cell) for cell in post.cells]
    # In an executed notebook that somebody edited, the cells may be others than were run.
    if digests == list(fingerprint.code) and matched == list(range(len(old))):
        return []
    reasons = []
    for cell, index, digest in zip(post.cells, matched, digests, strict=True):
        if index is None:
            reasons.append(Reason(f"cell {cell.number} is new", cell.line))
        elif index >= len(fingerprint.code) or fingerprint.code[index] != digest:
            reasons.append(_change(cell, old[index]))
    removed = len(old) - sum(index is not None for index in matched)
    if removed:
        reasons.append(Reason(f"{removed} {'cell was' if removed == 1 else 'cells were'} removed"))
    return reasons or [Reason("the order of the cells changed")]


def _change(cell: Cell, before: ExecutedCell) -> Reason:
    """How `cell` differs from what was run: by its code, or only by how its figures are drawn."""
    names = [
        name
        for name in sorted({*cell.options.drawing, *before.drawing})
        if cell.options.drawing.get(name) != before.drawing.get(name)
    ]
    if not names or normalise(cell.code) != normalise(before.source):
        return Reason(f"cell {cell.number} changed", cell.line)
    return Reason(f"{', '.join(names)} of cell {cell.number} changed", cell.line)


def _file_reasons(files: Mapping[str, str], file_digest: FileDigest) -> list[Reason]:
    reasons = []
    for name, digest in sorted(files.items()):
        now = file_digest(name)
        if now is None:
            reasons.append(Reason(f"{name} is gone"))
        elif now != digest:
            reasons.append(Reason(f"{name} changed"))
    return reasons


def _data_reasons(post: Post, files: Mapping[str, str]) -> list[Reason]:
    return [
        Reason(f"{name} is named as data and was not", line)
        for name, line in data_files(post).items()
        if name not in files
    ]


def _picture_reasons(post: Post, asked_for: Sequence[str], file_digest: FileDigest) -> list[Reason]:
    return [
        Reason(f"the text shows {shown.link}, which the last run was not to keep", shown.line)
        for shown in files_to_keep(post, file_digest)
        if shown.link not in asked_for
    ]


def _version_reasons(packages: Mapping[str, str], version: Version) -> list[Reason]:
    """Packages that are installed in other versions than the last run used."""
    changes = ((name, known, version(name)) for name, known in sorted(packages.items()))
    return [
        Reason(f"{name} {known} → {now}")
        for name, known, now in changes
        if now not in {None, known}
    ]


def _variable_reasons(then: Mapping[str, str], now: Mapping[str, str]) -> list[Reason]:
    """Variables that are set otherwise than in the last run; named, since a value may be secret."""
    return [
        Reason(f"{name} changed")
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    ]
