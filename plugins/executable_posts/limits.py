"""What one run may use, so that no post can take the machine from the others."""

from dataclasses import dataclass

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """`seconds` is for all cells together; `memory` bytes for each of a run's processes and for all
    together; `file` bytes of one file, `disk` of all; `output` bytes of what one cell puts out;
    `processes` at a time."""

    seconds: float = 3600
    memory: int = 4096 * MEBIBYTE
    file: int = 1024 * MEBIBYTE
    disk: int = 4096 * MEBIBYTE
    output: int = 20 * MEBIBYTE
    processes: int = 256


DEFAULT = Limits()
