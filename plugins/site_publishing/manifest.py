"""What a publish put at a target: the files that it owns there, by content."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

NAME = "published.json"
"""The manifest's own file; it is no part of itself."""

MARKER = "published-version.txt"
"""A file of the site that holds the version, so that anybody can see which one is online."""

_FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """A published version. `files` are the site's: name → SHA-256 of the content.

    `leaving` were the version's before, and stay for one version more, since readers may still have
    pages open that ask for them. `before` is what the target calls the state that was replaced.
    """

    version: str
    siteurl: str
    files: Mapping[str, str]
    leaving: Mapping[str, str] = field(default_factory=dict)
    before: str | None = None

    @property
    def owned(self) -> dict[str, str]:
        """All files at the target that are this publisher's, itself aside."""
        return {**self.leaving, **self.files}

    def after(self, state: str | None) -> "Manifest":
        """The same version, published upon `state`."""
        return replace(self, before=state)

    def text(self) -> str:
        """The manifest as JSON."""
        data: dict[str, Any] = {
            "format": _FORMAT,
            "version": self.version,
            "siteurl": self.siteurl,
            "before": self.before,
            "files": dict(sorted(self.files.items())),
            "leaving": dict(sorted(self.leaving.items())),
        }
        return f"{json.dumps(data, indent=1, ensure_ascii=False)}\n"


def read_manifest(text: str) -> Manifest:
    """The manifest in `text`. Raises `ValueError` for what is none."""
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise ValueError(f"{NAME} is none of this version of `invoke publish`")
    try:
        return Manifest(
            version=str(data["version"]),
            siteurl=str(data["siteurl"]),
            files={str(name): str(digest) for name, digest in data["files"].items()},
            leaving={str(name): str(digest) for name, digest in data["leaving"].items()},
            before=data["before"] if data["before"] is None else str(data["before"]),
        )
    except (KeyError, AttributeError) as error:
        raise ValueError(f"{NAME} is damaged: {error}") from None


def version_of(files: Mapping[str, str]) -> str:
    """A name for exactly these files with exactly this content.

    >>> version_of({"index.html": "00"}) == version_of({"index.html": "00"})
    True
    """
    names = "".join(f"{name}\0{digest}\0" for name, digest in sorted(files.items()))
    return hashlib.sha256(names.encode()).hexdigest()[:12]


def digests(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """The SHA-256 of each of the files `names` below `folder`."""
    return {name: digest((folder / name).read_bytes()) for name in names}


def digest(data: bytes) -> str:
    """The SHA-256 of `data`, as manifests hold it."""
    return hashlib.sha256(data).hexdigest()
