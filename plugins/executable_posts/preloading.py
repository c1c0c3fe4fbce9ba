"""Which packages a kernel server imports beforehand: what several posts import, and may be forked.

Only packages are forked after their import that were found to stand it. TensorFlow does as long as
it has run no operation; plotly and tqdm look at import time for a notebook that is not there yet.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from .jobs import Job

# What is imported for a package; those that others build upon come first.
_SAFE: Mapping[str, str] = {
    "numpy": "numpy",
    "scipy": "scipy",
    "PIL": "PIL.Image",
    "matplotlib": "matplotlib.pyplot",
    "pandas": "pandas",
    "sklearn": "sklearn",
    "tensorflow": "tensorflow",
    "keras": "keras",
}
# These take seconds, the others not one: who does not need them does not wait for them.
_SLOW = frozenset({"tensorflow", "keras"})
_SEVERAL = 2

SHADOWED_BY = frozenset({"matplotlibrc", *_SAFE, *(f"{package}.py" for package in _SAFE)})
"""What, beside a post, a plain kernel would read instead of what a server has imported."""

_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)|import[ \t]+([\w., \t]+))", re.MULTILINE)


def preloads(
    jobs: Sequence[Job], environment: Mapping[str, str]
) -> dict[Job, tuple[str, ...] | None]:
    """For each job the modules that the server of its kernel is to import; `None`: no server.

    Jobs that need what is slow to import, and those that do not, have servers of their own; a
    job that is the only one of its kind is quicker with a plain kernel. `environment` is that of
    the kernels.
    """
    wanted = {job: _safe_imports(job, environment) for job in jobs}
    result: dict[Job, tuple[str, ...] | None] = dict.fromkeys(jobs)
    for slow in (False, True):
        group = [job for job in jobs if bool(wanted[job] & _SLOW) == slow]
        if len(group) < _SEVERAL:
            continue
        counts = {package: sum(package in wanted[job] for job in group) for package in _SAFE}
        modules = tuple(module for package, module in _SAFE.items() if counts[package] >= _SEVERAL)
        result.update(dict.fromkeys(group, modules))
    return result


def modules_for(
    packages: Iterable[str], environment: Mapping[str, str]
) -> dict[bool, tuple[str, ...]]:
    """What servers for posts that import `packages` would import: with what is slow, and without.

    There is nothing under a key whose server would have nothing to import.
    """
    safe = _safe(packages, environment)
    groups = {True: safe if safe & _SLOW else frozenset(), False: safe - _SLOW}
    return {
        slow: tuple(module for package, module in _SAFE.items() if package in group)
        for slow, group in groups.items()
        if group
    }


def is_slow(job: Job, environment: Mapping[str, str]) -> bool | None:
    """Whether `job` imports what is slow to import; `None` if it imports nothing for a server."""
    wanted = _safe_imports(job, environment)
    return bool(wanted & _SLOW) if wanted else None


def _safe_imports(job: Job, environment: Mapping[str, str]) -> frozenset[str]:
    return _safe({package for cell in job.cells for package in imported(cell.code)}, environment)


def _safe(packages: Iterable[str], environment: Mapping[str, str]) -> frozenset[str]:
    safe = set(_SAFE)
    if environment.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        safe.discard("keras")  # JAX and PyTorch start threads
    found = set(packages)
    if {"tensorflow", "keras"} & found:
        found |= {"numpy"}
    return frozenset(found & safe)


def imported(code: str) -> set[str]:
    """The top-level packages that `code` seems to import.

    >>> sorted(imported("import numpy as np, os\\nfrom keras.layers import Dense"))
    ['keras', 'numpy', 'os']
    """
    found = set()
    for one, several in _IMPORT.findall(code):
        for name in several.split(",") if several else [one]:
            words = name.split()
            if words:
                found.add(words[0].partition(".")[0])
    return found
