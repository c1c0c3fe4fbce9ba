"""A blog as its settings file says, open for a preview: Pelican, posts, what runs their cells."""

import logging
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from blinker import Signal
from jinja2 import TemplateSyntaxError
from pelican import Pelican, signals
from pelican.settings import read_settings

from ..errors import Problem, ProblemError
from ..execution import conditions_of
from ..settings import read
from ..sources import find_sources, keep_executed_apart
from ..survey import BuildSettings
from .cells import MakeCells, PostCells, Tell
from .kernel_servers import KernelServers, likely_imports
from .pages import Pages
from .posts import Posts, Shown

_OURS = __name__.partition(".")[0]


@dataclass(frozen=True)
class Blog:
    """What is open until the settings change; `problems` are those of the settings themselves."""

    pelican: Pelican
    settings: BuildSettings
    posts: Posts
    pages: Pages
    cells: PostCells
    problems: tuple[Problem, ...]

    def scan(self) -> None:
        """Find the posts that there are now."""
        self.posts.begin(*find_sources(self.pages.bare_generator(), self.settings))


def open_blog(
    settings_file: Path,
    output: Path,
    shown: Callable[[str], Shown],
    make_cells: MakeCells,
    tell: Tell,
    resources: ExitStack,
) -> Blog:
    """The blog of `settings_file`, its posts found and not yet read; pages are written to `output`.

    What is to be ended with it goes into `resources` at once, since it may be closed from another
    thread before this returns. Raises `ProblemError` for what is wrong with the settings.
    """
    values = _values(settings_file)
    values["OUTPUT_PATH"] = str(output)
    # What an author wants to see, wherever the blog is to go.
    values["SITEURL"] = ""
    values["WITH_FUTURE_DATES"] = True
    values["CACHE_CONTENT"] = values["LOAD_CONTENT_CACHE"] = False
    for kind in ("DRAFT", "DRAFT_PAGE"):
        folder = "drafts/pages" if kind == "DRAFT_PAGE" else "drafts"
        values[f"{kind}_SAVE_AS"] = values[f"{kind}_SAVE_AS"] or f"{folder}/{{slug}}.html"
        values[f"{kind}_LANG_SAVE_AS"] = (
            values[f"{kind}_LANG_SAVE_AS"] or f"{folder}/{{slug}}-{{lang}}.html"
        )
    keep_executed_apart(values)
    settings = read(values)
    # What this plugin does in a build, the preview does in its own way.
    values["PLUGINS"] = [plugin for plugin in values["PLUGINS"] or () if _name(plugin) != _OURS]
    _disconnect_all()
    pelican = Pelican(values)
    pelican.settings["PLUGINS"].append(_OURS)
    posts = Posts(settings, shown)
    pages = Pages(pelican, posts)
    resources.callback(pages.close)
    conditions, problems = conditions_of(settings)
    servers = KernelServers(conditions)
    resources.callback(servers.close)
    cells = make_cells(conditions, settings.workers, servers.server_for, tell)
    resources.callback(cells.close)
    blog = Blog(pelican, settings, posts, pages, cells, tuple(problems))
    sources, wrong = find_sources(pages.bare_generator(), settings)
    servers.begin(likely_imports(sources, settings))
    posts.begin(sources, wrong)
    return blog


def _values(file: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = read_settings(str(file))
    except BaseException as error:  # a settings file is a program, and may raise anything
        if isinstance(error, KeyboardInterrupt):
            raise
        raise ProblemError(problem_of(error, file.parent, file.name)) from None
    return values


def _name(plugin: object) -> str:
    return plugin if isinstance(plugin, str) else str(getattr(plugin, "__name__", ""))


def _disconnect_all() -> None:
    """Let no plugin hear of anything: those that are still wanted are connected anew."""
    for signal in vars(signals).values():
        if isinstance(signal, Signal):
            for receiver in list(signal.receivers_for(None)):
                signal.disconnect(receiver)


def problem_of(error: BaseException, root: Path, otherwise: str) -> Problem:
    """`error` as a person needs it: where in a file of the project `root` it came from.

    Only where it came from none, it is that of `otherwise`, with the end of its traceback.
    """
    if isinstance(error, ProblemError):
        return error.problem
    message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, TemplateSyntaxError) and error.filename:
        return Problem(_within(error.filename, root), error.message or message, error.lineno)
    if isinstance(error, SyntaxError) and error.filename:
        name = _within(error.filename, root)
        return Problem(name, f"{type(error).__name__}: {error.msg}", error.lineno)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_own(frame.filename, root)]
    details = "\n".join(
        f"    {_within(frame.filename, root)}:{frame.lineno}\n        {frame.line}"
        for frame in own or frames[-3:]
    )
    if not own:
        return Problem(otherwise, message, details=details)
    return Problem(_within(own[-1].filename, root), message, own[-1].lineno, details)


def _is_own(name: str, root: Path) -> bool:
    file = Path(name)
    ours = Path(__file__).resolve().parents[1]
    return (
        file.is_relative_to(root)
        and not file.is_relative_to(ours)
        and not any(part.startswith(".") for part in file.relative_to(root).parts)
    )


def _within(name: str, root: Path) -> str:
    file = Path(name)
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else name


class Heard(logging.Handler):
    """What Pelican says to be wrong while this is entered; it goes on, and tells nobody else."""

    def __init__(self, content: Path) -> None:
        super().__init__(logging.ERROR)
        self.problems: list[Problem] = []
        self._content = content

    def emit(self, record: logging.LogRecord) -> None:
        """Make a problem of an error: those of Pelican name the file first, if there is one."""
        named = record.args[0] if isinstance(record.args, tuple) and record.args else None
        file = self._content / str(named) if named is not None else self._content
        path = _within(str(file), self._content.parent) if file.is_file() else "Pelican"
        error = record.exc_info[1] if record.exc_info else None
        message = record.getMessage() + (f": {error}" if error is not None else "")
        self.problems.append(Problem(path, message))

    def __enter__(self) -> "Heard":
        logging.getLogger("pelican").addHandler(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        logging.getLogger("pelican").removeHandler(self)
