"""What there is to do, known without starting anything: all posts, parsed and planned."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from . import store
from .errors import Problem, ProblemError
from .figures import Claim, Place, claims, collisions
from .fingerprint import file_digest
from .kernels.environment import deciding_environment
from .limits import DEFAULT, Limits
from .packages import installed_version
from .plan import FileDigest, Plan, plan
from .post import Execute, Options, Post, decode, parse
from .post.notebook import parse_notebook
from .render import Words

Policy = Literal["stale", "all", "frozen"] | tuple[str, ...]
"""Which posts are run: those that are stale; all; none (a stale post is then an error); or those
that are stale and, by name, these."""


@dataclass(frozen=True)
class Source:
    """A source file: where it is, what messages call it, its title and its place on the site."""

    file: Path
    name: str
    title: str
    place: Place


@dataclass(frozen=True)
class BuildSettings:
    """What the blog's settings say to the engine; `content` is a folder in `root`.

    `datasets` maps URLs to names of files in ``content/data``; `timeout` is in seconds a cell;
    `scheduler` is the address of a Dask cluster that is to run posts; `stylesheet` says whether
    the site gets one for cells and outputs.
    """

    root: Path
    content: Path
    cache: Path
    words: Words
    execute: Execute
    policy: Policy
    cell_defaults: Options
    shell_allowed: bool
    rerun_on_environment_change: bool
    timeout: float
    workers: int
    threads: int
    timezone: str
    environment: tuple[str, ...]
    datasets: Mapping[str, str]
    limits: Limits = DEFAULT
    network: bool = True
    kernel_server: bool = True
    writable: tuple[Path, ...] = ()
    scheduler: str | None = None
    stylesheet: bool = False

    @property
    def deciding(self) -> dict[str, str]:
        """What decides, beside code and files, what a run computes: variables and settings.

        The bits of a sum depend on the number of threads that compute it.
        """
        named = {"EXECUTE_THREADS": str(self.threads), "TIMEZONE": self.timezone}
        return deciding_environment(os.environ, self.environment) | named

    def notebook(self, source: Source) -> Path:
        """Where the executed notebook of `source` is."""
        below = source.file.relative_to(self.content).with_suffix(".ipynb")
        return self.content / "notebooks" / below


@dataclass(frozen=True)
class Survey:
    """What there is to do, known without starting anything; `digests` answers for files."""

    plans: Mapping[Source, Plan]
    problems: tuple[Problem, ...]
    digests: FileDigest


def survey(sources: Iterable[Source], settings: BuildSettings) -> Survey:
    """Parse all `sources` and plan each; what is wrong with any is a problem in the result."""
    posts, problems = _parse(sources, settings)
    digests = cache(lambda name: file_digest(settings.root / name))
    version = cache(installed_version)
    environment = settings.deciding
    plans = {
        source: plan(
            post,
            store.read(settings.notebook(source)),
            digests,
            version,
            environment,
            rerun_on_environment_change=settings.rerun_on_environment_change,
        )
        for source, post in posts.items()
    }
    return Survey(plans, tuple(problems), digests)


def _parse(
    sources: Iterable[Source], settings: BuildSettings
) -> tuple[dict[Source, Post], list[Problem]]:
    """The posts that can be read, in the order of their names, and what is wrong with any."""
    posts = {}
    clashes = _clashes(sources, settings)
    problems = list(clashes.values())
    claimed: list[Claim] = []
    for source in sorted(set(sources) - clashes.keys(), key=lambda source: source.name):
        try:
            post = read_post(source, decode(source.file.read_bytes(), source.name), settings)
            posts[source] = post
            problems += post.problems
            claimed += claims(post, source.place)
        except ProblemError as error:
            problems.append(error.problem)
        except OSError as error:
            problems.append(Problem(source.name, f"cannot be read: {error.strerror}"))
    return posts, problems + collisions(claimed)


def read_post(source: Source, text: str, settings: BuildSettings) -> Post:
    """The post that `source` is if its file holds `text`."""
    read = parse_notebook if source.file.suffix == ".ipynb" else parse
    return read(
        text,
        source.name,
        settings.execute,
        shell_allowed=settings.shell_allowed,
        defaults=settings.cell_defaults,
    )


def _clashes(sources: Iterable[Source], settings: BuildSettings) -> dict[Source, Problem]:
    """Posts whose executed notebook another post owns; Markdown comes before a notebook."""
    owners: dict[Path, Source] = {}
    clashes = {}
    for source in sorted(sources, key=lambda source: (source.file.suffix == ".ipynb", source.name)):
        owner = owners.setdefault(settings.notebook(source), source)
        if owner is not source:
            message = f"{owner.name} has the same name but for its ending: rename one of the two"
            clashes[source] = Problem(source.name, message)
    return clashes
