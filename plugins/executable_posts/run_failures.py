"""What went wrong in a run: one line with the post's line, a traceback cut to the post."""

import re
import signal
from collections.abc import Sequence

from .errors import Problem
from .jobs import Job, JobCell
from .kernels.kernel import (
    CellError,
    CellTimeout,
    KernelDied,
    KernelNotStarted,
    OutputTooLarge,
)
from .kernels.manager import KernelSetup
from .kernels.supervised import KernelEnd
from .limits import MEBIBYTE, Limits
from .streams import without_addresses

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"^\s*(?:Cell|Input) In\s?\[(\d+)\], (?:in )?line:? ?(\d+)(?:, in (.+?)\s*$)?")
# IPython compiles each cell as a file of this form, of which nobody has heard.
_CELL_FILE = re.compile(r" \(\d+\.py, line \d+\)$")
# EACCES and EPERM, as Landlock answers; EROFS, where a read-only system is below. With the name of
# the file, if it was one that was refused.
_REFUSED = re.compile(r"\[Errno (?:1|13|30)\](?: [\w -]+: b?['\"](?P<file>[^'\"]*))?")
_NO_ADDRESS = ("gaierror", "URLError")
_LONGEST_MESSAGE = 300
_MOST_FRAMES = 8


class CellRaised(Exception):
    """A cell raised an exception that it may not raise."""

    def __init__(self, error: CellError) -> None:
        super().__init__(error.name)
        self.error = error


EXPECTED = (CellRaised, CellTimeout, KernelDied, KernelNotStarted, OutputTooLarge)
"""What can go wrong in a run without being a defect of ours."""


def describe(error: Exception, job: Job, index: int, setup: KernelSetup, limits: Limits) -> Problem:
    """The `Problem` that `error`, one of `EXPECTED`, is, raised while the cell at `index` ran.

    An index behind the last cell: while what the cells had left running was waited for.
    """
    number = min(index, len(job.cells) - 1)
    cell = job.cells[number]
    where = f"cell {number + 1} of {len(job.cells)}"
    match error:
        case CellRaised(error=raised):
            return _raised(raised, job, number, setup, limits)
        case CellTimeout():
            return Problem(job.path, f"{where}: {_too_long(cell, index, job, limits)}", cell.line)
        case OutputTooLarge():
            message = (
                f"printed or displayed more than {_mebibytes(limits.output)}; show less of it, or "
                "allow more with EXECUTE_OUTPUT_LIMIT in the settings"
            )
            return Problem(job.path, f"{where}: {message}", cell.line)
        case KernelDied(end=end):
            return Problem(job.path, f"{where}: {_death(end, limits)}", cell.line)
        case KernelNotStarted():
            return Problem(job.path, f"the kernel did not start: {error}", cell.line, _tail(setup))
    raise TypeError(error)


def _too_long(cell: JobCell, index: int, job: Job, limits: Limits) -> str:
    if index >= len(job.cells):
        return (
            "left threads running that did not end; wait for them in the post, or make them daemons"
        )
    if cell.timeout < limits.seconds:
        return (
            f"did not end within {cell.timeout:g} s; allow it more with `#| timeout: SECONDS` at "
            "its top or EXECUTE_TIMEOUT in the settings"
        )
    return (
        f"all cells together did not end within {limits.seconds:g} s; allow them more with "
        "EXECUTE_RUN_TIMEOUT in the settings"
    )


def _raised(error: CellError, job: Job, index: int, setup: KernelSetup, limits: Limits) -> Problem:
    where = f"cell {index + 1} of {len(job.cells)}"
    if error.name == "StdinNotImplementedError":
        message = "asks for input, and nobody is there to answer: posts cannot ask questions"
        return Problem(job.path, f"{where}: {message}", job.cells[index].line)
    frames = _frames(_ANSI.sub("", error.traceback), job)
    own = [row for number, row, _ in frames if number == index]
    return Problem(
        job.path,
        f"{where}: {_summary(error)}{_advice(error, setup, limits)}",
        job.cells[index].place(own[-1] if own else 0),
        "\n".join(_trail(job, frames)),
    )


def _advice(error: CellError, setup: KernelSetup, limits: Limits) -> str:
    """What a person can do where a limit of ours was met."""
    if error.name.endswith("MemoryError") or "Unable to allocate" in error.value:
        return (
            f"; a run may hold {_mebibytes(limits.memory)}: allow more with EXECUTE_MEMORY_LIMIT "
            "in the settings"
        )
    if "[Errno 27]" in error.value:
        return (
            f"; a file may have {_mebibytes(limits.file)}: allow more with EXECUTE_FILE_LIMIT in "
            "the settings"
        )
    refused = _REFUSED.search(error.value)
    if refused and (file := refused["file"]) is not None:
        if file.startswith("/proc/"):
            return "; a run cannot look into processes that are not its own"
        return (
            "; a run writes only in its own working folder, which is thrown away: name others in "
            "EXECUTE_WRITABLE in the settings"
        )
    if not setup.plan.network and (refused or error.name in _NO_ADDRESS):
        return "; a run reaches nobody here: allow it with EXECUTE_NETWORK in the settings"
    return "; a run has power over its own processes and files alone" if refused else ""


def _summary(error: CellError) -> str:
    lines = without_addresses(error.value).strip().splitlines()
    value = _CELL_FILE.sub("", lines[0]) if lines else ""
    summary = f"{error.name}: {value}" if value else str(error.name)
    if len(summary) > _LONGEST_MESSAGE:
        return f"{summary[: _LONGEST_MESSAGE - 1]}…"
    return summary


def _trail(job: Job, frames: Sequence[tuple[int, int, str]]) -> list[str]:
    """The frames as text; of an endless recursion only the first and the last ones."""
    texts = [_frame_text(job, *frame) for frame in frames]
    if len(texts) <= _MOST_FRAMES:
        return texts
    half = _MOST_FRAMES // 2
    return [*texts[:half], f"    … {len(texts) - _MOST_FRAMES} frames more …", *texts[-half:]]


def _frames(traceback: str, job: Job) -> list[tuple[int, int, str]]:
    """(cell, line of its code from 0, function) of each frame in the post, outermost first."""
    frames = []
    for row in traceback.splitlines():
        if found := _FRAME.match(row):
            number = int(found[1]) - 1
            if 0 <= number < len(job.cells):
                function = re.sub(r"\(.*", "", found[3] or "")
                code = job.cells[number].code
                # IPython drops blank lines at the beginning and does not count them.
                dropped = code[: len(code) - len(code.lstrip())].count("\n")
                frames.append((number, dropped + int(found[2]) - 1, function))
    return frames


def _frame_text(job: Job, number: int, row: int, function: str) -> str:
    cell = job.cells[number]
    rows = cell.code.split("\n")
    source = rows[row].strip() if row < len(rows) else ""
    inside = f", in {function}" if function and function != "<module>" else ""
    return f"    {job.path}:{cell.place(row)}{inside}\n        {source}"


def _death(end: KernelEnd, limits: Limits) -> str:
    if end.exceeded == "processes":
        return (
            f"had more than {limits.processes} processes at a time and was stopped; allow more "
            "with EXECUTE_PROCESS_LIMIT in the settings"
        )
    if end.exceeded == "memory":
        return (
            f"held more than {_mebibytes(limits.memory)} of memory with all its processes and was "
            "stopped; allow more with EXECUTE_MEMORY_LIMIT in the settings"
        )
    if end.exceeded == "disk":
        return (
            f"wrote more than {_mebibytes(limits.disk)} of files and was stopped; allow more with "
            "EXECUTE_DISK_LIMIT in the settings"
        )
    memory = f"it held at most {_mebibytes(end.largest)} of memory"
    if end.exit_code < 0:
        name = signal.Signals(-end.exit_code).name
        hint = " (out of memory?)" if name == "SIGKILL" else ""
        return f"the kernel was killed by {name}{hint}; {memory}"
    return f"the kernel ended by itself with exit status {end.exit_code}; {memory}"


def _mebibytes(size: int) -> str:
    return f"{size / MEBIBYTE:,.0f} MiB"


def _tail(setup: KernelSetup) -> str:
    try:
        lines = setup.log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in lines[-10:])
