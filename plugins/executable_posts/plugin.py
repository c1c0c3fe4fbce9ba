"""Where the engine meets Pelican: signals, sources with their places, figures, failures."""

import logging
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

from pelican import Pelican, signals
from pelican.generators import ArticlesGenerator, Generator, StaticGenerator
from pelican.log import console
from pelican.readers import Readers

from . import figures, linking, memory, report, store
from .build import Build, Page, build
from .errors import Problem, ProblemError
from .figures import Written
from .lock import build_lock
from .progress import Progress, QuietProgress, print_what_can_be, progress_for
from .reader import UNREADABLE, LookedUp
from .settings import read as read_settings
from .sources import find_sources, keep_executed_apart
from .survey import BuildSettings

_PELICAN_LOGGER = logging.getLogger("pelican")

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
    signals.content_object_init.connect(linking.resolve_srcset)
    signals.article_generator_finalized.connect(_make_figures_known)
    signals.page_generator_finalized.connect(_make_figures_known)
    signals.static_generator_finalized.connect(_leave_figures_alone)
    signals.all_generators_finalized.connect(_write_figures)
    signals.finalized.connect(_end)


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
    linking.give_reader(readers, _session.look_up)


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
        raise BuildFailed(str(error)) from None
    except KeyboardInterrupt:
        _session.resources.close()
        raise BuildInterrupted("interrupted; no kernel is left, nothing was changed") from None
    if _session.build.unfinished:
        _session.resources.close()
        raise BuildInterrupted(
            report.interrupted(_session.build.reports, _session.build.unfinished)
        )


def _make_figures_known(generator: Generator) -> None:
    linking.make_figures_known(generator, _session.figure_names)


def _leave_figures_alone(generator: StaticGenerator) -> None:
    linking.leave_figures_alone(generator, _session.figure_names)


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


def _end(_: object) -> None:
    _session.resources.close()
    width = shutil.get_terminal_size(_LOG).columns
    for line in report.summary(_session.build.reports, _session.written, width):
        _session.progress.note(line)
    for drift in _session.build.drifts:
        _session.progress.note(str(drift))
    for problem in _session.problems:
        print(problem, file=sys.stderr)
    if _session.problems:
        raise BuildFailed(report.failure(_session.problems))


def _without_traceback(record: logging.LogRecord) -> bool:
    """A failed or interrupted build is no defect of ours: its traceback tells nobody anything."""
    if record.exc_info and isinstance(record.exc_info[1], BuildFailed | BuildInterrupted):
        record.msg, record.args = str(record.exc_info[1]), ()
        record.exc_info = None
    return True
