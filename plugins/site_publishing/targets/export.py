"""A plain folder for hosts that take a site as a whole: GitLab Pages, and others fed from CI.

Such a host keeps nothing of the version before, so what is online is asked of the site itself.
"""

import shutil
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from executable_posts.errors import Problem, ProblemError

from ..addresses import site_address
from ..manifest import NAME, Manifest, read_manifest
from .base import Session, failed
from .local import LocalHost


@dataclass(frozen=True)
class ExportTarget:
    """The folder `folder`, which others put online at `siteurl`."""

    name: str
    folder: Path
    siteurl: str
    cache: Path
    extra: frozenset[str] = frozenset()
    keeps: bool = False

    @property
    def where(self) -> str:
        return f"{self.folder} for {self.siteurl}"

    @contextmanager
    def open(self) -> Iterator[Session]:
        with LocalHost(self.name, self.cache / self.name).lock():
            yield _Session(self)


class _Session:
    state: str | None = None

    def __init__(self, target: ExportTarget) -> None:
        self._target = target
        text = self._fetch(NAME)
        try:
            self.manifest = None if text is None else read_manifest(text.decode())
        except ValueError as error:
            raise ProblemError(Problem(f"target {target.name}", str(error))) from None
        self.files = frozenset(self.manifest.owned) if self.manifest else frozenset()

    def _fetch(self, name: str) -> bytes | None:
        """The content of a file that is online; `None` if there is none."""
        url = site_address(self._target.siteurl).url(name)
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  http or https
                data: bytes = answer.read()
                return data
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            said = str(error)
        except OSError as error:
            said = str(error)
        raise failed(self._target.name, f"{url} cannot be looked at", said) from None

    def read(self, names: Collection[str]) -> Mapping[str, bytes]:
        found = ((name, self._fetch(name)) for name in sorted(self.files & set(names)))
        return {name: data for name, data in found if data is not None}

    def earlier(self, state: str) -> Manifest | None:  # noqa: ARG002  nothing is kept
        return None

    def put(self, manifest: Manifest, folder: Path, foreign: Collection[str]) -> None:  # noqa: ARG002
        place = self._target.folder
        new = place.with_name(f"{place.name}.new")
        leaving = self.read(manifest.leaving)
        try:
            shutil.rmtree(new, ignore_errors=True)
            shutil.copytree(folder, new)
            for name, data in {**leaving, NAME: manifest.text().encode()}.items():
                (new / name).parent.mkdir(parents=True, exist_ok=True)
                (new / name).write_bytes(data)
            shutil.rmtree(place, ignore_errors=True)
            new.rename(place)
        except OSError as error:
            raise failed(self._target.name, f"{place} cannot be written", str(error)) from None

    def restore(self, manifest: Manifest, state: str, foreign: Collection[str]) -> None:  # noqa: ARG002
        message = "keeps no versions: let the host put an earlier one online again"
        raise ProblemError(Problem(f"target {self._target.name}", message))
