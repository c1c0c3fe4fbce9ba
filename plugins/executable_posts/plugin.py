"""Where the engine meets Pelican: signals, sources with their places, figures, failures."""

import logging
import re
import shutil
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import FrameType
from urllib.parse import quote

from pelican import Pelican, autoreload, signals
from pelican.contents import Content, Static
from pelican.generators import ArticlesGenerator, Generator, StaticGenerator
from pelican.log import console
from pelican.readers import MarkdownReader, Readers

from . import figures, memory, report, store, stylesheet
from .build import Build, Page, build
from .errors import Problem, ProblemError
from .figures import Written
from .lock import build_lock
from .progress import Progress, QuietProgress, print_what_can_be, progress_for
from .reader import UNREADABLE, LookedUp, PostReader
from .settings import read as read_settings
from .sources import find_sources, keep_executed_apart
from .survey import BuildSettings

_SRCSET = re.compile(r'<source [^>]*srcset="[^"]*"')
_STATIC_LINK = re.compile(r"\{static\}[^\s,\"]+")
_PELICAN_LOGGER = logging.getLogger("pelican")
_LOGGER = logging.getLogger(__name__)

_LOG = (120, 24)
"""Columns and lines of what is no terminal."""


class BuildFailed(Exception):
    """Raised once the site is written, so that Pelican exits with status 1."""

    exitcode = 1


class BuildInterrupted(Exception):
    """Raised in place of `KeyboardInterrupt`, after which Pelican would exit with status 0."""

    exitcode = 130


def connect() -> None:
    """Put the plugin to work in the Pelican that is about to run."""
    print_what_can_be(sys.stdout)
    _PELICAN_LOGGER.addFilter(_without_traceback)
    signals.get_generators.connect(_begin)
    signals.readers_init.connect(_give_reader)
    signals.article_generator_init.connect(_build)
    signals.content_object_init.connect(_resolve_srcset)
    signals.article_generator_finalized.connect(_make_figures_known)
    signals.page_generator_finalized.connect(_make_figures_known)
    signals.static_generator_finalized.connect(_leave_figures_alone)
    signals.all_generators_finalized.connect(_write_figures)
    signals.finalized.connect(_end)
    signals.static_generator_finalized.connect(_keep_drafts_notebooks_back)


class _Session:
    """What one run of Pelican has built so far."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.resources = ExitStack()
        self.settings: BuildSettings | None = None
        self.build = Build({}, (), ())
        self.sources: frozenset[Path] = frozenset()
        self.read: set[Path] = set()
        self.written: dict[str, list[Written]] = {}
        self.problems: list[Problem] = []

    def look_up(self, file: Path) -> LookedUp:
        """What a reader is to see of `file`, and note that it was asked for."""
        self.read.add(file)
        page = self.build.pages.get(file)
        if page is None and file in self.sources:
            return UNREADABLE
        return page

    @property
    def figure_names(self) -> set[str]:
        """The figures of all posts that Pelican has read."""
        pages = (page for file, page in self.build.pages.items() if file in self.read)
        return {name for page in pages for figure in page.figures for name in figure.names}


_session = _Session(QuietProgress())


def _begin(pelican: Pelican) -> None:
    """The first signal of each run of Pelican."""
    global _session  # noqa: PLW0603  Pelican's signals share nothing else
    _session.resources.close()
    quiet = _PELICAN_LOGGER.getEffectiveLevel() > logging.WARNING
    _session = _Session(progress_for(console, quiet=quiet))
    keep_executed_apart(pelican.settings)


def _give_reader(readers: Readers) -> None:
    for extension in MarkdownReader.file_extensions:
        if readers.reader_classes.get(extension) is MarkdownReader:
            readers.reader_classes[extension] = partial(PostReader, _session.look_up)
    readers.reader_classes.setdefault("ipynb", partial(PostReader, _session.look_up))


def _build(generator: ArticlesGenerator) -> None:
    """Execution as a phase of its own, before Pelican reads the first post."""
    try:
        settings = read_settings(generator.settings)
        _session.settings = settings
        _session.resources.enter_context(build_lock(settings.cache, _session.progress.note))
        sources, _session.problems = find_sources(generator, settings)
        _session.sources = frozenset(source.file for source in sources) | {
            settings.root / problem.path for problem in _session.problems
        }
        _session.build = build(sources, settings, _session.progress)
        _session.problems += _session.build.problems
    except ProblemError as error:
        _session.resources.close()
        if _watches():
            raise SystemExit(str(error)) from None
        raise BuildFailed(str(error)) from None
    except KeyboardInterrupt:
        _session.resources.close()
        raise _interrupted("interrupted; no kernel is left, nothing was changed") from None
    if _session.build.unfinished:
        _session.resources.close()
        raise _interrupted(report.interrupted(_session.build.reports, _session.build.unfinished))


def _interrupted(message: str) -> BaseException:
    if _watches():
        _LOGGER.error(message)
        return KeyboardInterrupt()
    return BuildInterrupted(message)


def _watches() -> bool:
    """Whether this is `pelican --autoreload`.

    Of an exception that it catches it makes a warning, and begins the next build at once instead
    of waiting for a change: a post that fails would be run again without an end.
    """
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code is not autoreload.__code__:
        frame = frame.f_back
    return frame is not None


def _resolve_srcset(content: Content) -> None:
    """Let Pelican resolve links in ``srcset``, too, which it does only in ``src`` and the like."""
    original = content._update_content

    def update(text: str, siteurl: str) -> str:
        def resolved(link: re.Match[str]) -> str:
            tag: str = original(f'<a href="{link[0]}">', siteurl)
            return tag.removeprefix('<a href="').removesuffix('">')

        def with_links(attribute: re.Match[str]) -> str:
            return _STATIC_LINK.sub(resolved, attribute[0])

        updated: str = original(text, siteurl)
        return _SRCSET.sub(with_links, updated)

    content._update_content = update


def _make_figures_known(generator: Generator) -> None:
    """Let links of the form ``{static}/name`` find the figures, which are no files in content/."""
    context = generator.context
    for name in _session.figure_names:
        context["static_links"] -= {name, quote(name)}
        context["static_content"][name] = Static(
            content="",
            metadata={"save_as": name, "url": quote(name)},
            settings=generator.settings,
            source_path=name,
            context=context,
        )


def _leave_figures_alone(generator: StaticGenerator) -> None:
    """A file in content/ with the name of a recomputed figure is an older picture of it."""
    figure_names = _session.figure_names
    generator.context["staticfiles"] = [
        file for file in generator.staticfiles if file.save_as not in figure_names
    ]


def _write_figures(generators: list[Generator]) -> None:
    """Write the figures of all posts that will have a page."""
    context, output = generators[0].context, Path(generators[0].output_path)
    with_page = {
        Path(content.source_path)
        for content in context["generated_content"].values()
        if content is not None and content.save_as
    }
    shown = [page for file, page in _session.build.pages.items() if file in with_page]
    store.sweep({(output / figure.name).parent for page in shown for figure in page.figures})
    for page in shown:
        _write(page, output)
    if _session.settings is not None:
        if _session.settings.stylesheet:
            _write_stylesheet(output)
        names = {name for page in shown for figure in page.figures for name in figure.names}
        cache = _session.settings.cache
        ever = {name for name in memory.figures(cache, output) if (output / name).is_file()}
        memory.remember_figures(cache, output, names | ever)


def _write(page: Page, output: Path) -> None:
    for figure in page.figures:
        try:
            written = figures.write(figure, output)
        except (OSError, ValueError) as error:
            _session.problems.append(Problem(page.name, f"figure /{figure.name}: {error}"))
        else:
            _session.written.setdefault(page.name, []).append(written)


def _write_stylesheet(output: Path) -> None:
    try:
        stylesheet.write(output)
    except OSError as error:
        _session.problems.append(Problem(stylesheet.NAME, f"cannot be written: {error.strerror}"))


def _end(_: object) -> None:
    _session.resources.close()
    width = shutil.get_terminal_size(_LOG).columns
    for line in report.summary(_session.build.reports, _session.written, width):
        _session.progress.note(line)
    for drift in _session.build.drifts:
        _session.progress.note(str(drift))
    for problem in _session.problems:
        print(problem, file=sys.stderr)
    if not _session.problems:
        return
    message = report.failure(_session.problems)
    if not _watches():
        raise BuildFailed(message)
    _LOGGER.error(message)


def _without_traceback(record: logging.LogRecord) -> bool:
    """A failed or interrupted build is no defect of ours: its traceback tells nobody anything."""
    if record.exc_info and isinstance(record.exc_info[1], BuildFailed | BuildInterrupted):
        record.msg, record.args = str(record.exc_info[1]), ()
        record.exc_info = None
    return True


def _keep_drafts_notebooks_back(generator: StaticGenerator) -> None:
    """Publish no executed notebook of a post that will have no page."""
    kept_back = {
        content.executed_notebook
        for content in generator.context["generated_content"].values()
        if hasattr(content, "executed_notebook") and not content.save_as
    }

    def published(files: list[Static]) -> list[Static]:
        return [file for file in files if file.save_as not in kept_back]

    # Whoever else leaves out files begins with those of the generator.
    generator.staticfiles = published(generator.staticfiles)
    generator.context["staticfiles"] = published(generator.context["staticfiles"])
