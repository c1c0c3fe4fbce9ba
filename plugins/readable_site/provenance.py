"""Where the outputs of a post come from: when it ran, with what, how long it took."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from executable_posts import store

from .repository import Repository


@dataclass(frozen=True)
class Provenance:
    """What a page tells under an executed post.

    `executed` is when a run first gave these outputs, in the zone of the site; `None` where git's
    history does not reach so far. `confirmed`: a clean run of the post as it stands gave them.
    `notebook_url` is below the site's address; the others are whole, or `None`.
    """

    executed: datetime | None
    python: str
    packages: tuple[tuple[str, str], ...]
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
    return Provenance(
        executed=executed,
        python=notebook.python,
        packages=tuple(sorted(notebook.fingerprint.packages.items())),
        seconds=sum(cell.seconds for cell in notebook.cells),
        confirmed=confirmed,
        notebook_url=files.notebook_url,
        source_url=repository.source(files.source) if repository else None,
        colab_url=repository.colab(files.notebook) if repository else None,
        binder_url=repository.binder(files.notebook) if repository else None,
    )
