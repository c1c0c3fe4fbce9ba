"""From a run to the executed notebook that is stored: what is the same keeps its old bytes."""

import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import metadata
from types import MappingProxyType

from .figures import keep_old_bytes, same_pixels
from .fingerprint import Fingerprint, cell_digest, normalise
from .jobs import CellResult, Run
from .limits import MEBIBYTE
from .outputs import comparable
from .plan import KERNEL, FileDigest, Plan, PlannedCell, data_files, files_to_keep
from .post import Cell, Post, Prose, Shown
from .store import ExecutedCell, ExecutedNotebook, Output
from .streams import merge_streams, without_addresses, without_timings

_MEMORY_STEP = 128 * MEBIBYTE


def from_run(
    plan: Plan,
    run: Run,
    file_digest: FileDigest,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> ExecutedNotebook:
    """The executed notebook that `run`, a run of the post of `plan` in `environment`, makes.

    A cell that gave what it gave before stays as it was stored, to the last byte: addresses and
    what it wrote to stderr do not count, nor does how long it took. Stderr counts where a reader
    sees it or where other code wrote it.
    """
    digests = {name: file_digest(name) for name in {*run.files, *data_files(plan.post)}}
    cells = [_cell(planned, result) for planned, result in zip(plan.cells, run.cells, strict=True)]
    return ExecutedNotebook(
        title="",
        cells=tuple(cells),
        prose=(),
        fingerprint=Fingerprint(
            kernel=KERNEL,
            code=tuple(cell_digest(planned.cell) for planned in plan.cells),
            files={name: known for name, known in digests.items() if known is not None},
            packages=versions(run.modules),
            environment=environment,
        ),
        python=platform.python_version(),
        numbers_given=plan.numbers_given,
        memory=_memory(plan.executed, run.memory),
        saved=_saved(plan, run, file_digest),
        asked_for=tuple(shown.link for shown in files_to_keep(plan.post, file_digest)),
    )


def _saved(plan: Plan, run: Run, file_digest: FileDigest) -> dict[str, bytes]:
    """The pictures that the run saved, by link; one with the same pixels keeps its old bytes."""
    before = plan.executed.saved if plan.executed else {}
    saved = {}
    for shown in files_to_keep(plan.post, file_digest):
        if shown.path in run.saved:
            now, then = run.saved[shown.path], before.get(shown.link)
            saved[shown.link] = then if then is not None and same_pixels(then, now) else now
    return saved


def _memory(before: ExecutedNotebook | None, now: int) -> int:
    """What the next run is expected to hold, in whole steps.

    What was known stays as long as it is about right, since no two runs hold the same.
    """
    known = before.memory if before else None
    if known is not None and known / 2 <= now <= known:
        return known
    return -(-now // _MEMORY_STEP) * _MEMORY_STEP


def current(
    notebook: ExecutedNotebook,
    plan: Plan,
    title: str,
    figure_names: Sequence[tuple[str, ...]],
) -> ExecutedNotebook:
    """`notebook` with what needs no run as it now is: title, prose, names of figures."""
    cells = tuple(
        replace(
            cell,
            source=planned.cell.code.strip("\n"),
            figures=names,
            error=planned.cell.options.error,
            drawing=planned.cell.options.drawing,
        )
        for cell, planned, names in zip(notebook.cells, plan.cells, figure_names, strict=True)
    )
    return replace(notebook, title=title, prose=_prose(plan.post, title), cells=cells)


def installed_version(package: str) -> str | None:
    """The version of an installed package; `None` if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def versions(modules: Iterable[str]) -> dict[str, str]:
    """The versions of the installed packages to which top-level `modules` belong."""
    owners = _owners()
    packages = {owner for module in modules for owner in owners.get(module, ())}
    return {package: metadata.version(package) for package in sorted(packages)}


@cache
def _owners() -> Mapping[str, list[str]]:
    """Top-level module → the installed packages that hold it; to find out takes 40 ms."""
    return metadata.packages_distributions()


def _cell(planned: PlannedCell, result: CellResult) -> ExecutedCell:
    last = planned.last
    outputs = _with_old_bytes(last.outputs if last else (), result.outputs)
    if last and _gave_the_same(planned, last, outputs):
        return last
    return ExecutedCell(
        number=planned.number,
        source=planned.cell.code,
        outputs=tuple(outputs),
        figures=last.figures if last else (),
        seconds=round(result.seconds, 3),
        execution_count=result.execution_count,
        error=planned.cell.options.error,
        drawing=planned.cell.options.drawing,
    )


def _gave_the_same(planned: PlannedCell, last: ExecutedCell, outputs: Sequence[Output]) -> bool:
    if comparable(outputs) != comparable(last.outputs):
        return False
    same_code = normalise(planned.cell.code) == normalise(last.source)
    stderr_counts = planned.cell.options.warning or not same_code
    return not stderr_counts or _stderr(outputs) == _stderr(last.outputs)


def _stderr(outputs: Iterable[Output]) -> list[str]:
    return [
        without_addresses(without_timings(output["text"]))
        for output in merge_streams(outputs)
        if output["output_type"] == "stream" and output["name"] == "stderr"
    ]


def _with_old_bytes(old: Sequence[Output], new: Sequence[Output]) -> list[Output]:
    """`new`, with the bytes of the picture that stood in the same place where pixels are equal."""
    before = [output["data"] for output in old if "data" in output]
    position = 0
    result: list[Output] = []
    for output in new:
        if "data" not in output or position >= len(before):
            result.append(output)
            continue
        result.append({**output, "data": keep_old_bytes(before[position], output["data"])})
        position += 1
    return result


def _prose(post: Post, title: str) -> tuple[str, ...]:
    """The text before each cell and behind the last, headed by the title; no front matter."""
    gaps = [f"# {title}\n\n" if title else ""]
    for piece in post.pieces:
        match piece:
            case Cell():
                gaps.append("")
            case Prose() | Shown():
                gaps[-1] += piece.text.removeprefix("\ufeff")
    texts = (gap.replace("\r\n", "\n").replace("\r", "\n").strip("\n") for gap in gaps)
    return tuple(text if text.strip() else "" for text in texts)
