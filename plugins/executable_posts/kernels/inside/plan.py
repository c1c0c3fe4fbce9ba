"""What the builder tells a kernel before it starts."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Dataset:
    """A file that answers for a URL: absolute path, and SHA-256 in hexadecimal."""

    path: str
    sha256: str


@dataclass(frozen=True)
class InsidePlan:
    """`datasets` by URL; `reads` is the file to which the kernel writes which files below the
    folders `watched`, and not below those `ignored`, it opened and which modules it imported.

    It may write below the folders `writable`, a process of it hold `memory` bytes, a file have
    `file_size`; without `network` it reaches nobody.
    """

    reads: str
    writable: tuple[str, ...]
    memory: int
    file_size: int
    network: bool = True
    watched: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    snapshots: str = ""

    def to_json(self) -> dict[str, Any]:
        """What `read` reads."""
        return asdict(self)

    @classmethod
    def read(cls, path: str) -> "InsidePlan":
        """The plan that was written, as JSON, to the file `path`."""
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        return cls(
            **data
            | {
                "writable": tuple(data["writable"]),
                "watched": tuple(data["watched"]),
                "ignored": tuple(data["ignored"]),
                "datasets": {url: Dataset(**known) for url, known in data["datasets"].items()},
            }
        )
