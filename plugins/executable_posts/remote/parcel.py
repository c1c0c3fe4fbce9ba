"""What goes between builder and worker, as bytes: orders, bundles of files, executed notebooks.

Pure and deterministic. An *order* is JSON: the job, its conditions, and the engine that it is meant
for. A *bundle* is a ZIP of files by their names from the project's root. The answer is an nbformat
notebook that holds a run or a problem.
"""

import io
import json
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ..errors import Problem
from ..jobs import CellResult, Conditions, Job, JobCell, Run
from ..kernels.inside.plan import Dataset
from ..limits import Limits
from ..streams import without_folders

FORMAT = 1
_KEY = "executable_posts"
_DATE = (1980, 1, 1, 0, 0, 0)
_FAST = 1


class ForeignOrder(Exception):
    """An order for another engine than the one that reads it; `path` is the post's."""

    def __init__(self, path: str, engine: str) -> None:
        super().__init__(engine)
        self.path = path
        self.engine = engine


@dataclass(frozen=True)
class File:
    """A file that travels: its content, and whether it can be run as a program."""

    content: bytes
    executable: bool = False


def pack(files: Mapping[str, File]) -> bytes:
    """The bundle of `files`, by name; the same files make the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        for name, file in sorted(files.items()):
            # Names on disk are bytes, which not always are text.
            info = zipfile.ZipInfo(quote_from_bytes(name.encode("utf-8", "surrogateescape")), _DATE)
            info.external_attr = (0o755 if file.executable else 0o644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            bundle.writestr(info, file.content, compresslevel=_FAST)
    return buffer.getvalue()


def unpack(bundle: bytes) -> dict[str, File]:
    """The files of a `bundle`. Raises `ValueError` for a name that leaves the project's folder."""
    files = {}
    with zipfile.ZipFile(io.BytesIO(bundle)) as packed:
        for info in packed.infolist():
            name = unquote_to_bytes(info.filename).decode("utf-8", "surrogateescape")
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                raise ValueError(f"{name!r} is not in the project")
            files[name] = File(packed.read(info), bool(info.external_attr >> 16 & 0o100))
    return files


def order(job: Job, conditions: Conditions, variables: Mapping[str, str], engine: str) -> bytes:
    """The order to run `job`, for the version `engine`.

    `variables` are those that the kernel is to have from the builder; the rest of the environment
    is the worker's. All paths below the project's root are told from there.
    """
    root = conditions.root
    told = {
        "format": FORMAT,
        "engine": engine,
        "path": job.path,
        "job": _plain(job) | {"folder": _below(job.folder, root)},
        "conditions": _plain(conditions)
        | {
            "content": _below(conditions.content, root),
            "writable": [_told(folder, root) for folder in conditions.writable],
            "datasets": {
                url: asdict(replace(dataset, path=_below(Path(dataset.path), root)))
                for url, dataset in conditions.datasets.items()
            },
        },
        # A path in a variable is of use only if it is one on the worker's machine.
        "variables": without_folders(dict(variables), {str(root): _ROOT}),
    }
    return _to_json(told)


# No path holds this character.
_ROOT = "\0root"
_PATHS = frozenset({"root", "content", "cache", "folder", "writable", "datasets", "outside"})


def read_order(
    data: bytes, engines: Set[str], root: Path, cache: Path, outside: Mapping[str, str]
) -> tuple[Job, Conditions]:
    """The job and conditions of an order, for a project whose root is `root` here.

    `outside` is the environment of the worker, of which only the variables that decide nothing are
    expected. Raises `ForeignOrder` unless the order is for the one version in `engines`, those that
    are in use here.
    """
    told = json.loads(data)
    if {told["engine"]} != engines or told["format"] != FORMAT:
        raise ForeignOrder(told["path"], told["engine"])
    job = told["job"]
    conditions = told["conditions"]
    variables = {name: value.replace(_ROOT, str(root)) for name, value in told["variables"].items()}
    return (
        Job(
            **_tuples(job)
            | {
                "folder": root / job["folder"],
                "cells": tuple(JobCell(**_tuples(cell)) for cell in job["cells"]),
            }
        ),
        Conditions(
            **_tuples(conditions)
            | {
                "root": root,
                "content": root / conditions["content"],
                "cache": cache,
                "limits": Limits(**conditions["limits"]),
                "writable": tuple(root / folder for folder in conditions["writable"]),
                "datasets": {
                    url: Dataset(str(root / dataset["path"]), dataset["sha256"])
                    for url, dataset in conditions["datasets"].items()
                },
                "outside": {**outside, **variables},
            }
        ),
    )


def _plain(value: Job | Conditions) -> dict[str, Any]:
    """The fields of `value` that mean the same on every machine."""
    kept = {spec.name: getattr(value, spec.name) for spec in fields(value)}
    return {
        name: [asdict(cell) for cell in item]
        if name == "cells"
        else asdict(item)
        if name == "limits"
        else item
        for name, item in kept.items()
        if name not in _PATHS
    }


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _told(path: Path, root: Path) -> str:
    """`path` from `root`, or as it is if it is not in there."""
    return _below(path, root) if path.is_relative_to(root) else str(path)


def _tuples(told: Mapping[str, Any]) -> dict[str, Any]:
    """`told` with tuples where JSON has lists."""

    def frozen(value: Any) -> Any:
        return tuple(map(frozen, value)) if isinstance(value, list) else value

    return {name: frozen(value) for name, value in told.items()}


def to_notebook(job: Job, result: Run | Problem) -> bytes:
    """The executed notebook, nbformat 4.5, that tells what running `job` gave."""
    ours: dict[str, Any] = {"format": FORMAT}
    if isinstance(result, Problem):
        ours["problem"] = asdict(result)
        results = [CellResult((), 0.0, 0)] * len(job.cells)
    else:
        results = list(result.cells)
        ours |= {
            "files": list(result.files),
            "modules": list(result.modules),
            "memory": result.memory,
            "packages": None if result.packages is None else dict(result.packages),
            "saved": {name: b64encode(data).decode() for name, data in result.saved.items()},
        }
    python = result.python if isinstance(result, Run) else ""
    return _to_json(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {
                "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
                "language_info": {"name": "python", "version": python},
                _KEY: ours,
            },
            "cells": [
                _cell(number, cell, given)
                for number, (cell, given) in enumerate(
                    zip(job.cells, results, strict=True), start=1
                )
            ],
        }
    )


def _cell(number: int, cell: JobCell, result: CellResult) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": f"cell-{number}",
        "source": cell.code,
        "execution_count": result.execution_count or None,
        "outputs": [dict(output) for output in result.outputs],
        "metadata": {_KEY: {"seconds": result.seconds}},
    }


def from_notebook(data: bytes) -> Run | Problem:
    """What an executed notebook tells that `to_notebook` made.

    Raises `ValueError`, `KeyError` or `TypeError` for anything else.
    """
    notebook = json.loads(data)
    ours = notebook["metadata"][_KEY]
    if "problem" in ours:
        return Problem(**ours["problem"])
    return Run(
        cells=tuple(
            CellResult(
                tuple(cell["outputs"]), cell["metadata"][_KEY]["seconds"], cell["execution_count"]
            )
            for cell in notebook["cells"]
        ),
        files=tuple(ours["files"]),
        modules=tuple(ours["modules"]),
        memory=ours["memory"],
        python=notebook["metadata"]["language_info"]["version"],
        packages=ours["packages"],
        saved={name: b64decode(data) for name, data in ours["saved"].items()},
    )


def _to_json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")
