"""Where the outputs of a post come from: when it ran, with what, how long it took."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from executable_posts import store

from .repository import Repository

_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+(?P<name>\w+)", re.MULTILINE)
# Modules whose package has another name; those of a frozen build are not installed to be asked.
_OTHER_NAMES = {
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


@dataclass(frozen=True)
class Provenance:
    """What a page tells under an executed post.

    `executed` is when a run first gave these outputs, in the zone of the site; `None` where git's
    history does not reach so far. `confirmed`: a clean run of the post as it stands gave them.
    `notebook_url` is below the site's address; the others are whole, or `None`.
    """

    executed: datetime | None
    python: str
    named: tuple[tuple[str, str], ...]
    """Of the packages, those that the post's own code imports."""
    packages: tuple[tuple[str, str], ...]
    """All that were imported, theirs among them."""
    seconds: float
    confirmed: bool
    notebook_url: str
    source_url: str | None = None
    colab_url: str | None = None
    binder_url: str | None = None


@dataclass(frozen=True)
class Files:
    """A post and its executed notebook, below the root of the project and of the site."""

    source: str
    notebook: str
    notebook_url: str


def provenance(
    root: Path,
    files: Files,
    executed: datetime | None,
    repository: Repository | None,
    *,
    confirmed: bool,
) -> Provenance | None:
    """The provenance of a post; `None` if its executed notebook is not there or damaged."""
    notebook = store.read(root / files.notebook)
    if not isinstance(notebook, store.ExecutedNotebook):
        return None
    packages = sorted(notebook.fingerprint.packages.items())
    imported = imported_packages(cell.source for cell in notebook.cells)
    return Provenance(
        executed=executed,
        python=notebook.python,
        named=tuple(one for one in packages if _plain(one[0]) in imported),
        packages=tuple(packages),
        seconds=sum(cell.seconds for cell in notebook.cells),
        confirmed=confirmed,
        notebook_url=files.notebook_url,
        source_url=repository.source(files.source) if repository else None,
        colab_url=repository.colab(files.notebook) if repository else None,
        binder_url=repository.binder(files.notebook) if repository else None,
    )


def imported_packages(sources: Iterable[str]) -> frozenset[str]:
    """The packages that code imports by the names that PyPI has for them, in plain letters.

    >>> sorted(imported_packages(["import numpy as np", "from sklearn.svm import SVC"]))
    ['numpy', 'scikitlearn']
    """
    modules = {found["name"] for source in sources for found in _IMPORT.finditer(source)}
    return frozenset(_plain(_OTHER_NAMES.get(module, module)) for module in modules)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]", "", name).lower()
