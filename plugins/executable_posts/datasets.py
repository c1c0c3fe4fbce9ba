"""The setting ``EXECUTE_DATASETS``: files in ``content/data`` that answer for URLs."""

from collections.abc import Mapping
from pathlib import Path

from .errors import Problem
from .kernels.inside.plan import Dataset

SUMS = "SHA256SUMS"


def known_datasets(
    datasets: Mapping[str, str], folder: Path, root: Path
) -> tuple[dict[str, Dataset], list[Problem]]:
    """The files that answer for the URLs in `datasets`, and what is wrong with any.

    Their SHA-256 is recorded in the file ``SHA256SUMS`` in `folder`, as ``sha256sum`` writes and
    checks it. `root` is the folder from which messages name files.
    """
    sums = known_sums(folder / SUMS)
    known = {}
    problems = []
    for url, name in datasets.items():
        file = folder / name
        shown = file.relative_to(root).as_posix()
        if not file.is_file():
            problems.append(
                Problem(shown, f"is not there, but EXECUTE_DATASETS names it for {url}")
            )
        elif name not in sums:
            sums_file = (folder / SUMS).relative_to(root).as_posix()
            message = f"has no line for {name}: add what `sha256sum {name}` prints"
            problems.append(Problem(sums_file, message))
        else:
            known[url] = Dataset(str(file), sums[name])
    return known, problems


def known_sums(file: Path) -> dict[str, str]:
    """File name → SHA-256, as in the lines of ``sha256sum``."""
    if not file.is_file():
        return {}
    # A name in another encoding is one that nobody finds, and no reason to fail.
    text = file.read_text(encoding="utf-8", errors="replace")
    rows = (line.split(maxsplit=1) for line in text.splitlines())
    return {row[1].lstrip("*").strip(): row[0].lower() for row in rows if len(row) == 2}
