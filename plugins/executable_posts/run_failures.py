"""What went wrong in a run: one line with the post's line, a traceback cut to the post."""

import re
import signal
from collections.abc import Sequence

from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from .errors import Problem
from .jobs import Job
from .kernels.manager import KernelSetup
from .streams import without_addresses

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"^\s*(?:Cell|Input) In\s?\[(\d+)\], (?:in )?line:? ?(\d+)(?:, in (.+?)\s*$)?")
# IPython compiles each cell as a file of this form, of which nobody has heard.
_CELL_FILE = re.compile(r" \(\d+\.py, line \d+\)$")
_LONGEST_MESSAGE = 300
_MOST_FRAMES = 8


def describe(error: Exception, job: Job, index: int, setup: KernelSetup) -> Problem:
    """The `Problem` that `error` is, raised while the cell at `index` of `job` ran."""
    if index >= len(job.cells):
        return Problem(job.path, f"the kernel failed after the last cell: {error}")
    cell = job.cells[index]
    where = f"cell {index + 1} of {len(job.cells)}"
    if isinstance(error, CellExecutionError):
        return _raised(error, job, index, where)
    if isinstance(error, CellTimeoutError):
        if "IOPub" in str(error):
            message = f"{where}: its output did not arrive within a minute; run the build again"
        else:
            message = (
                f"{where}: did not end within {cell.timeout:g} s; allow it more with "
                "`#| timeout: SECONDS` at its top or EXECUTE_TIMEOUT in the settings"
            )
        return Problem(job.path, message, cell.line)
    if isinstance(error, DeadKernelError):
        return Problem(job.path, f"{where}: {_death(setup)}", cell.line)
    tail = _tail(setup)
    return Problem(job.path, f"the kernel did not start: {error}", cell.line, tail)


def _raised(error: CellExecutionError, job: Job, index: int, where: str) -> Problem:
    if error.ename == "StdinNotImplementedError":
        message = "asks for input, and nobody is there to answer: posts cannot ask questions"
        return Problem(job.path, f"{where}: {message}", job.cells[index].line)
    frames = _frames(_ANSI.sub("", error.traceback), job)
    own = [row for number, row, _ in frames if number == index]
    return Problem(
        job.path,
        f"{where}: {_summary(error)}",
        job.cells[index].place(own[-1] if own else 0),
        "\n".join(_trail(job, frames)),
    )


def _summary(error: CellExecutionError) -> str:
    lines = without_addresses(error.evalue).strip().splitlines()
    value = _CELL_FILE.sub("", lines[0]) if lines else ""
    summary = f"{error.ename}: {value}" if value else str(error.ename)
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


def _death(setup: KernelSetup) -> str:
    end = setup.end
    if end is None:
        return "the kernel died"
    memory = f"it held at most {end.memory / 2**20:,.0f} MiB of memory"
    if end.exit_code < 0:
        name = signal.Signals(-end.exit_code).name
        hint = " (out of memory?)" if name == "SIGKILL" else ""
        return f"the kernel was killed by {name}{hint}; {memory}"
    return f"the kernel ended by itself with exit status {end.exit_code}; {memory}"


def _tail(setup: KernelSetup) -> str:
    try:
        lines = setup.log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in lines[-10:])
