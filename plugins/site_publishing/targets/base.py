"""What every target can do. A session is open to one publisher at a time."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from executable_posts.errors import Problem, ProblemError

from ..manifest import Manifest


class Session(Protocol):
    """A target while nobody else publishes there."""

    state: str | None
    """What the target calls what is online now; `None` before the first publish."""

    manifest: Manifest | None
    """Of what is online now."""

    files: frozenset[str]
    """All files that are online now, those of others included."""

    def read(self, names: Collection[str]) -> Mapping[str, bytes]:
        """The content of those of `names` that are online now."""

    def earlier(self, state: str) -> Manifest | None:
        """The manifest of a state that was online before; `None` if it is kept no more."""

    def put(self, manifest: Manifest, folder: Path, foreign: Collection[str]) -> None:
        """Put the site in `folder` online; `foreign` files and what `manifest` has leaving stay.

        One step: before it readers see all of the old site, after it all of the new one. If this
        raises, the old one is online.
        """

    def restore(self, manifest: Manifest, state: str, foreign: Collection[str]) -> None:
        """As `put`, with the files of an earlier state."""


class Target(Protocol):
    """A place to publish to, by the name that the settings give it."""

    @property
    def name(self) -> str:
        """As the settings call it."""

    @property
    def where(self) -> str:
        """As a person would describe it."""

    @property
    def extra(self) -> Collection[str]:
        """Empty files that the site needs there."""

    @property
    def keeps(self) -> bool:
        """Whether what is online stays when nothing is put there."""

    def open(self) -> AbstractContextManager[Session]:
        """Shut others out, and look at what is online. Raises `ProblemError` if somebody is in."""


def refused(name: str) -> ProblemError:
    """What the second of two publishers gets."""
    return ProblemError(
        Problem(f"target {name}", "somebody publishes there just now; try again when they are done")
    )


def failed(name: str, what: str, said: str) -> ProblemError:
    """What a program that does the work says when it cannot, in one line and the rest below."""
    lines = [line for line in said.strip().splitlines() if line.strip()]
    details = "\n".join(f"    {line}" for line in lines)
    return ProblemError(
        Problem(f"target {name}", f"{what}; what is online is as it was", details=details)
    )
