"""Finding the posts of a Pelican site, and where on the site each will be."""

import posixpath
from pathlib import Path
from typing import Any

from pelican.contents import Article, Content
from pelican.contents import Page as PelicanPage
from pelican.generators import Generator
from pelican.readers import (
    BaseReader,
    MarkdownReader,
    default_metadata,
    parse_path_metadata,
    path_metadata,
)

from .errors import Problem, ProblemError
from .figures import Place
from .post import notebook
from .post import source as post_source
from .survey import BuildSettings, Source

EXTENSIONS = (*MarkdownReader.file_extensions, "ipynb")
"""Endings of the files that are posts."""


def keep_executed_apart(settings: dict[str, Any]) -> None:
    """Let Pelican take no executed notebook, and none of Jupyter's checkpoints, for a post."""
    for kind in ("ARTICLE", "PAGE"):
        name = f"{kind}_EXCLUDES"
        settings[name] = [*settings[name], "notebooks"]
    settings["IGNORE_FILES"] = [*settings["IGNORE_FILES"], ".ipynb_checkpoints"]


def find_sources(
    generator: Generator, settings: BuildSettings
) -> tuple[list[Source], list[Problem]]:
    """All Markdown files and notebooks that the site publishes as articles or pages.

    Those whose front matter cannot be read are problems instead.
    """
    sources = []
    problems = []
    for kind, content_class in (("ARTICLE", Article), ("PAGE", PelicanPage)):
        files = generator.get_files(
            generator.settings[f"{kind}_PATHS"],
            exclude=generator.settings[f"{kind}_EXCLUDES"],
            extensions=EXTENSIONS,
        )
        for below in sorted(files):
            file = Path(generator.path, below).resolve()
            try:
                sources.append(source_of(file, content_class, generator, settings))
            except ProblemError as error:
                problems.append(error.problem)
    return sources, problems


def source_of(
    file: Path, content_class: type[Content], generator: Generator, settings: BuildSettings
) -> Source:
    """The post `file`. Raises `ProblemError` if its front matter cannot be read."""
    name = file.relative_to(settings.root).as_posix()
    below = file.relative_to(settings.content).as_posix()
    # What is not UTF-8 is found, and named, when the post is parsed.
    text = file.read_bytes().decode("utf-8", errors="replace")
    is_notebook = file.suffix == ".ipynb"
    head = notebook.head(text, name) if is_notebook else post_source.head(post_source.lines(text))
    metadata = _metadata(head, name, below, file, generator)
    content = content_class(
        content="",
        metadata=metadata,
        settings=generator.settings,
        source_path=str(file),
        context=generator.context,
    )
    if is_notebook and "date" in content.mandatory_properties and not hasattr(content, "date"):
        raise ProblemError(notebook.no_date(name))
    return Source(
        file=file,
        name=name,
        title=str(metadata.get("title", "")),
        place=Place(
            slug=str(getattr(content, "slug", "")) or file.stem,
            page_folder=posixpath.dirname(_save_as(content)),
            source_folder=posixpath.dirname(below),
        ),
    )


def _metadata(
    head: post_source.Head, name: str, below: str, file: Path, generator: Generator
) -> dict[str, Any]:
    """What Pelican will know of a post, without converting any of its text."""
    settings = generator.settings
    reader = BaseReader(settings)
    metadata: dict[str, Any] = default_metadata(settings, reader.process_metadata)
    metadata |= path_metadata(str(file), below, settings)
    metadata |= parse_path_metadata(below, settings, reader.process_metadata)
    for key, value in head.values.items():
        if not value.strip():  # Pelican leaves such keys out
            continue
        try:
            metadata[key] = reader.process_metadata(key, value)
        except ValueError as error:
            message = f"front matter: {key.capitalize()}: {error}"
            raise ProblemError(Problem(name, message, head.key_lines[key])) from None
    return metadata


def _save_as(content: Content) -> str:
    """The file of the page; empty where Pelican cannot say, and will refuse the post itself."""
    try:
        return str(content.save_as)
    except (AttributeError, KeyError, ValueError):
        return ""
