"""Pelican kept alive: only what changed is read again, and pages are rendered when asked for."""

import os
import posixpath
from collections.abc import Iterator
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from pelican import Pelican, signals
from pelican.contents import Article, Content, SkipStub
from pelican.contents import Page as PelicanPage
from pelican.generators import (
    ArticlesGenerator,
    CachingGenerator,
    Generator,
    PagesGenerator,
    SourceFileGenerator,
    StaticGenerator,
)
from pelican.readers import Readers

from .. import linking
from .posts import Posts
from .writer import KeepingWriter

_MEMOIZED = ("get_content", "get_summary")


class _Compiled(BytecodeCache):
    """Templates as Jinja compiled them, for the environments of all generators that come."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        known = self._known.get(bucket.key)
        if known and known[0] == bucket.checksum:
            bucket.bytecode_from_string(known[1])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = (bucket.checksum, bucket.bytecode_to_string())


class Pages:
    """The site of one settings file, as it is at each moment. For one thread.

    `pelican` has been made, so that its plugins are connected; `posts` knows our posts. Nothing is
    written but what is asked for, into the settings' ``OUTPUT_PATH``.
    """

    def __init__(self, pelican: Pelican, posts: Posts) -> None:
        self._pelican = pelican
        self._settings = pelican.settings
        self._posts = posts
        self._read: dict[tuple[type, str], tuple[Content, dict[str, Any]]] = {}
        self._generators: list[Generator] = []
        self._writer = KeepingWriter(pelican.output_path, self._settings)
        self._static: dict[str, Path] = {}
        self._templates: set[Path] = set()
        self._by_source: dict[Path, str] = {}
        environment = {"bytecode_cache": _Compiled(), **self._settings["JINJA_ENVIRONMENT"]}
        self._settings["JINJA_ENVIRONMENT"] = environment
        self._receivers = (
            (signals.readers_init, self._give_reader),
            (signals.generator_init, self._keep_read),
            (signals.content_object_init, linking.resolve_srcset),
            (signals.article_generator_finalized, self._make_figures_known),
            (signals.page_generator_finalized, self._make_figures_known),
            (signals.static_generator_finalized, self._leave_figures_alone),
        )
        for signal, receiver in self._receivers:
            signal.connect(receiver)

    def bare_generator(self) -> Generator:
        """A generator that has read nothing, to find files with."""
        return Generator(**self._arguments(_context(self._settings)))

    def refresh(self) -> None:
        """Do all that a build does but reading what was read, and rendering.

        The order is that of `Pelican.run`. Raises whatever plugins raise.
        """
        forget_memoized()
        context = _context(self._settings)
        arguments = self._arguments(context)
        classes = self._pelican._get_generator_classes()
        generators = [made(**arguments) for made in classes]
        for generator in generators:
            if hasattr(generator, "generate_context"):
                generator.generate_context()
        signals.all_generators_finalized.send(generators)
        for generator in generators:
            if hasattr(generator, "refresh_metadata_intersite_links"):
                generator.refresh_metadata_intersite_links()
        self._generators = generators
        folder = Path(self._pelican.theme, "templates").resolve()
        self._templates = {*folder.rglob("*")}
        self.write_again()
        current = {
            (type(generator), content.get_relative_source_path())
            for generator in generators
            if isinstance(generator, CachingGenerator)
            for content in context["generated_content"].values()
            if content is not None
        }
        self._read = {key: read for key, read in self._read.items() if key in current}

    def write_again(self) -> None:
        """Ask the generators anew what is to be written."""
        writer = KeepingWriter(self._pelican.output_path, self._settings)
        context = self._generators[0].context
        static: dict[str, Path] = {}
        for generator in self._generators:
            if isinstance(generator, StaticGenerator):
                _attach(context)
                static |= dict(self._static_files(context))
            elif isinstance(generator, SourceFileGenerator):
                static |= dict(_source_files(generator))
            elif hasattr(generator, "generate_output"):
                generator.generate_output(writer)
        self._writer, self._static = writer, static
        self._by_source = {
            Path(content.source_path): name
            for name, content in writer.contents.items()
            if content is not None
        }
        signals.finalized.send(self._pelican)

    @property
    def generator(self) -> Generator:
        """Any generator, which knows what there is."""
        return self._generators[0] if self._generators else self.bare_generator()

    def kind_of(self, file: Path) -> type[Content]:
        """What Pelican makes of the post `file`."""
        folder = Path(self._pelican.path)
        pages = (folder / below for below in self._settings["PAGE_PATHS"])
        kind: type[Content] = Article
        return PelicanPage if any(file.is_relative_to(one) for one in pages) else kind

    def is_template(self, file: Path) -> bool:
        """Whether `file` lies where templates do."""
        folders = (*self._settings["THEME_TEMPLATES_OVERRIDES"], f"{self._pelican.theme}/templates")
        return any(file.is_relative_to(Path(folder).resolve()) for folder in folders)

    def is_known_template(self, file: Path) -> bool:
        """Whether `file` is a template that was there when all was last gone through."""
        return file in self._templates and file.is_file()

    @property
    def writer(self) -> KeepingWriter:
        """What there is to render."""
        return self._writer

    @property
    def names(self) -> set[str]:
        """All files of the site but figures and what generators of plugins wrote themselves."""
        return self._writer.names | set(self._static)

    def name_of(self, source: Path) -> str | None:
        """The page of the post `source`."""
        return self._by_source.get(source)

    def content_of(self, name: str) -> Any:
        """The article or page whose page `name` is, if it is one."""
        return self._writer.contents.get(name)

    def file(self, name: str) -> Path | None:
        """The file that is copied to `name`, or that a plugin has written there."""
        if name in self._static:
            return self._static[name]
        folder = Path(self._pelican.output_path).resolve()
        written = (folder / name).resolve()
        inside = written.is_relative_to(folder) and name not in self._writer.names
        return written if inside and written.is_file() else None

    def static_name(self, file: Path) -> str | None:
        """Where `file` is copied to."""
        return next((name for name, source in self._static.items() if source == file), None)

    def reread(self, file: Path) -> bool:
        """Read the post `file` again; whether that is all there is to do.

        If more than its text changed, its title or its tags, `refresh` has to follow. A post that
        cannot be read stays as it was.
        """
        below = os.path.relpath(file, self._pelican.path)
        for generator in self._generators:
            before = self._read.get((type(generator), below))
            if not isinstance(generator, CachingGenerator) or before is None:
                continue
            after = self._read_one(generator, below)
            if after is None:
                return True
            content, pristine = before
            self._read[type(generator), below] = (after, _pristine(after))
            changed = _changed(pristine, vars(after))
            if changed & _listed(after) or _links(content) != _links(after) or _others_want_all():
                return False
            if not changed <= vars(after).keys():
                return False
            # What lists, links and closures hold goes on to be this object.
            forget_memoized()
            linking.make_figures_known(generator, self._posts.known[file].figures)
            news = {name: vars(after)[name] for name in {"_content", *changed}}
            vars(content).update(news)
            self._read[type(generator), below] = (content, {**pristine, **news})
            return True
        return False

    def _read_one(self, generator: CachingGenerator, below: str) -> Content | None:
        kind = "article" if isinstance(generator, ArticlesGenerator) else "page"
        content = generator.readers.read_file(
            base_path=generator.path,
            path=below,
            content_class=Article if kind == "article" else PelicanPage,
            context=generator.context,
            preread_signal=getattr(signals, f"{kind}_generator_preread"),
            preread_sender=generator,
            context_signal=getattr(signals, f"{kind}_generator_context"),
            context_sender=generator,
        )
        readable = not isinstance(content, SkipStub) and content.is_valid()
        return content if readable else None

    def _arguments(self, context: dict[str, Any]) -> dict[str, Any]:
        return {
            "context": context,
            "settings": self._settings,
            "path": self._pelican.path,
            "theme": self._pelican.theme,
            "output_path": self._pelican.output_path,
        }

    def _static_files(self, context: dict[str, Any]) -> Iterator[tuple[str, Path]]:
        """What `StaticGenerator` would copy: the theme's files, and those of the author."""
        theme = Path(self._pelican.theme)
        ignored = self._settings["IGNORE_FILES"]
        for path in self._settings["THEME_STATIC_PATHS"]:
            source = theme / path
            files = source.rglob("*") if source.is_dir() else [source]
            below = source if source.is_dir() else source.parent
            for file in files:
                parts = file.relative_to(below).parts
                if file.is_file() and not any(
                    fnmatch(part, one) for part in parts for one in ignored
                ):
                    yield posixpath.join(self._settings["THEME_STATIC_DIR"], *parts), file
        for static in context["staticfiles"]:
            yield static.save_as, Path(self._pelican.path, static.source_path)

    # Receivers of signals; methods, since Pelican holds them weakly.

    def _give_reader(self, readers: Readers) -> None:
        linking.give_reader(readers, self._posts.look_up)

    def _make_figures_known(self, generator: Generator) -> None:
        linking.make_figures_known(generator, self._posts.figure_names)

    def _leave_figures_alone(self, generator: StaticGenerator) -> None:
        linking.leave_figures_alone(generator, self._posts.figure_names)

    def _keep_read(self, generator: Generator) -> None:
        """Let `generator` find what others of its kind have read before it."""
        if not isinstance(generator, ArticlesGenerator | PagesGenerator):
            return

        def cached(below: str, default: Any) -> Any:
            known = self._read.get((type(generator), os.path.normpath(below)))
            if known is None:
                return default
            content, pristine = known
            vars(content).clear()
            vars(content).update(pristine, metadata=dict(pristine["metadata"]), translations=[])
            content._context = generator.context
            return content

        def cache(below: str, content: Content) -> None:
            self._read[type(generator), os.path.normpath(below)] = (content, _pristine(content))

        generator.get_cached_data = cached
        generator.cache_data = cache

    def forget(self, file: Path) -> None:
        """The next `refresh` reads the post `file` anew."""
        below = os.path.relpath(file, self._pelican.path)
        self._read = {key: read for key, read in self._read.items() if key[1] != below}

    def close(self) -> None:
        """Hear of no signal any more."""
        for signal, receiver in self._receivers:
            signal.disconnect(receiver)


def forget_memoized() -> None:
    """Empty Pelican's caches of contents and summaries, which would keep all that ever was."""
    for name in _MEMOIZED:
        vars(Content)[name].cache.clear()


def _context(settings: dict[str, Any]) -> dict[str, Any]:
    """What `Pelican.run` gives its generators to share."""
    return settings.copy() | {
        "generated_content": {},
        "static_links": set(),
        "static_content": {},
        "localsiteurl": settings["SITEURL"],
    }


def _pristine(content: Content) -> dict[str, Any]:
    """`content` as it was read, before generators and plugins changed it."""
    return {**vars(content), "metadata": dict(content.metadata)}


_TEXT = {"_content", "_context", "_update_content", "settings", "translations"}
# What Pelican makes of a post's metadata.
_OF_METADATA = {
    *("author", "authors", "category", "date", "date_format", "in_default_lang", "lang"),
    *("locale_date", "locale_modified", "metadata", "modified", "override_save_as"),
    *("override_url", "slug", "_status", "_summary", "tags", "template", "timezone", "title"),
}


def _changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The attributes that differ between two readings of a post."""
    return {
        name
        for name in (before.keys() | after.keys()) - _TEXT
        if before.get(name) != after.get(name)
    }


def _listed(content: Content) -> set[str]:
    """The attributes that decide where `content` is listed and what other pages say of it.

    All others are the post's own: what a plugin has found in its text when it was read.
    """
    return _OF_METADATA | {name.lower() for name in content.metadata}


def _links(content: Content) -> tuple[set[str], bool]:
    """The files that `content` makes part of the site, and whether it moves any."""
    return content.get_static_links(), "attach}" in content._content


def _others_want_all() -> bool:
    """Whether a plugin changes what was read once all is, so that no post is done by itself."""
    return any(
        not receiver.__module__.startswith(__package__ or "")
        for signal in (
            signals.article_generator_pretaxonomy,
            signals.article_generator_finalized,
            signals.page_generator_finalized,
            signals.all_generators_finalized,
        )
        for receiver in signal.receivers_for(None)
    )


def _attach(context: dict[str, Any]) -> None:
    """Let links of the form ``{attach}`` move their files, as they do when a page is written."""
    contents = context["generated_content"].values()
    for content in contents:
        if content is not None and "attach}" in content._content:
            _ = content.content


def _source_files(generator: SourceFileGenerator) -> Iterator[tuple[str, Path]]:
    """What `SourceFileGenerator` would copy."""
    for content in chain(generator.context["articles"], generator.context["pages"]):
        for one in (content, *content.translations):
            name = posixpath.splitext(one.save_as)[0] + generator.output_extension
            yield name, Path(one.source_path)
