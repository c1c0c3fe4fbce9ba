"""A blog as its commands see it, without building it: settings, sources, folder of the site."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pelican.generators import Generator
from pelican.settings import read_settings

from .errors import Problem
from .settings import read
from .sources import find_sources, keep_executed_apart
from .survey import BuildSettings, Source


@dataclass(frozen=True)
class Site:
    """What the settings file of a blog leads to; `problems` are sources that cannot be read."""

    settings: BuildSettings
    sources: tuple[Source, ...]
    problems: tuple[Problem, ...]
    output: Path
    pelican: Mapping[str, Any]
    """Pelican's own settings."""

    @property
    def posts(self) -> Path:
        """The folder in which new posts are made."""
        folders = iter(self.pelican["ARTICLE_PATHS"])
        return self.settings.content / next(folders, "")

    def name(self, file: Path) -> str:
        """How messages name `file`, which is in the project."""
        return file.relative_to(self.settings.root).as_posix()


def load(settings_file: Path) -> Site:
    """The blog of `settings_file`. Raises `ProblemError` for a setting that is not allowed."""
    pelican = read_settings(str(settings_file))
    keep_executed_apart(pelican)
    settings = read(pelican)
    context = pelican | {"generated_content": {}, "static_links": set(), "static_content": {}}
    generator = Generator(
        context=context,
        settings=pelican,
        path=pelican["PATH"],
        theme=pelican["THEME"],
        output_path=pelican["OUTPUT_PATH"],
    )
    sources, problems = find_sources(generator, settings)
    return Site(
        settings,
        tuple(sources),
        tuple(problems),
        output=Path(pelican["OUTPUT_PATH"]),
        pelican=pelican,
    )
