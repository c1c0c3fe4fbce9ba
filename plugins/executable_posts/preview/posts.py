"""The posts of a preview: each is read when it is asked for, and only what is small is kept."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from .. import memory, store
from ..build import Page, missing_data, page_of
from ..chart_files import chart_files
from ..errors import Problem, ProblemError
from ..figures import Claim, Figure, claims, collisions
from ..fingerprint import file_digest
from ..lighter import lighter
from ..packages import installed_version
from ..plan import Plan, data_files, plan
from ..post import decode
from ..reader import UNREADABLE, LookedUp
from ..status import PostStatus, of_plan, of_problems
from ..store import ExecutedCell, Output
from ..survey import BuildSettings, Source, clashes, read_post
from ..views import View, view, with_saved, with_variants

_RECENT = 4
"""Posts that are kept whole: those that are edited, or whose figures are asked for."""


@dataclass(frozen=True)
class Loaded:
    """A post as it is now: what there is to do for it, and what its page shows."""

    source: Source
    plan: Plan
    view: View
    page: Page


@dataclass(frozen=True)
class Known:
    """What is remembered of each post. `depends_on` are the project's files that it reads."""

    source: Source
    status: PostStatus
    figures: frozenset[str] = frozenset()
    claims: tuple[Claim, ...] = ()
    depends_on: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    blocked: bool = False
    """Whether a problem keeps it from being run, or read."""


@dataclass(frozen=True)
class Shown:
    """What a post shows that no run confirms: outputs of cells, by their position from 1.

    `failed` says that its last run failed.
    """

    outputs: Mapping[int, tuple[Output, ...]]
    failed: bool = False


NOTHING = Shown({})


class Posts:
    """All posts of a blog, by file. What they show beside the stored outputs `shown` knows."""

    def __init__(self, settings: BuildSettings, shown: Callable[[str], Shown]) -> None:
        self.settings = settings
        self.known: dict[Path, Known] = {}
        self._shown = shown
        self._sources: dict[Path, Source] = {}
        self._unreadable: dict[Path, Problem] = {}
        self._notebooks: dict[Path, Path] = {}
        self._recent: OrderedDict[Path, Loaded] = OrderedDict()
        self._digests: dict[str, str | None] = {}
        self._version = cache(installed_version)
        self._deciding = settings.deciding

    def begin(self, sources: Iterable[Source], problems: Iterable[Problem]) -> None:
        """These are all the posts there are, and what is wrong with files that cannot be read.

        One that could be read before stays as it was.
        """
        before, sources = self._sources, tuple(sources)
        self._unreadable = {self.settings.root / problem.path: problem for problem in problems}
        self._sources = {source.file: source for source in sources}
        self._notebooks = {self.settings.notebook(source): source.file for source in sources}
        self._sources |= {file: before[file] for file in self._unreadable if file in before}
        self.known = {file: known for file, known in self.known.items() if file in self._sources}
        for file in self._sources.keys() - before.keys():
            self.forget_page(file)
        for source, problem in clashes(self._sources.values(), self.settings).items():
            self._blame(source, problem)

    def add(self, source: Source) -> None:
        """`source` is as its front matter says now."""
        self._unreadable.pop(source.file, None)
        self._sources[source.file] = source
        self._notebooks[self.settings.notebook(source)] = source.file
        self.forget_page(source.file)

    def drop(self, file: Path) -> None:
        """The post `file` is gone."""
        for known in (self._sources, self._unreadable, self.known, self._recent):
            known.pop(file, None)

    def blame(self, file: Path, problem: Problem) -> None:
        """The post `file` cannot be read; what could be read of it before stays."""
        self._unreadable[file] = problem
        if file in self._sources:
            self._blame(self._sources[file], problem)

    @property
    def unread(self) -> list[Problem]:
        """What is wrong with files that could never be read."""
        return [one for file, one in self._unreadable.items() if file not in self._sources]

    def is_post(self, file: Path) -> bool:
        """Whether `file` is a post, one that cannot be read included."""
        return file in self._sources or file in self._unreadable

    def source(self, file: Path) -> Source | None:
        """The post `file`, if it is one that can be read."""
        return self._sources.get(file)

    def look_up(self, file: Path) -> LookedUp:
        """What a reader is to see of `file`."""
        if file not in self._sources:
            return UNREADABLE if file in self._unreadable else None
        try:
            return self.load(file).page
        except ProblemError:
            return UNREADABLE

    def load(self, file: Path) -> Loaded:
        """The post `file`. Raises `ProblemError` if it cannot be read, and remembers that."""
        if file in self._recent:
            self._recent.move_to_end(file)
            return self._recent[file]
        source = self._sources[file]
        try:
            loaded = self._load(source)
        except ProblemError as error:
            self._blame(source, error.problem)
            raise
        except OSError as error:
            problem = Problem(source.name, f"cannot be read: {error.strerror}")
            self._blame(source, problem)
            raise ProblemError(problem) from None
        self._recent[file] = loaded
        if len(self._recent) > _RECENT:
            self._recent.popitem(last=False)
        return loaded

    def forget_page(self, file: Path) -> None:
        """What the post `file` shows has changed."""
        self._recent.pop(file, None)

    def forget_files(self, files: Iterable[Path]) -> set[Path]:
        """`files` have changed: the posts that depend on any, or whose executed notebook it is."""
        files, names = set(files), set()
        for file in files:
            if file.is_relative_to(self.settings.root):
                names.add(file.relative_to(self.settings.root).as_posix())
        for name in names:
            self._digests.pop(name, None)
        found = {self._notebooks[file] for file in files if file in self._notebooks}
        found |= {
            post for post, known in self.known.items() if not known.depends_on.isdisjoint(names)
        }
        for post in found:
            self.forget_page(post)
        return found

    def digest(self, name: str) -> str | None:
        """The digest of a file of the project, as it was when it was first asked for."""
        if name not in self._digests:
            self._digests[name] = file_digest(self.settings.root / name)
        return self._digests[name]

    def figure(self, name: str) -> bytes | None:
        """The file `name` of the site, if a post makes it."""
        for file, known in self.known.items():
            if name in known.figures:
                try:
                    page = self.load(file).page
                except ProblemError:
                    continue
                return _files(page.figures).get(name)
        return None

    @property
    def figure_names(self) -> set[str]:
        """The figures of all posts."""
        return {name for known in self.known.values() for name in known.figures}

    def problems(self) -> list[Problem]:
        """What is wrong with the posts, one by one and together."""
        together = collisions(claim for known in self.known.values() for claim in known.claims)
        alone = [one for known in self.known.values() for one in known.problems]
        return [*dict.fromkeys((*self._unreadable.values(), *alone, *together))]

    def colliding(self, loaded: Loaded) -> list[Problem]:
        """Why outputs of this post may not be stored: another has a figure of that name."""
        drawn = (
            Claim(name, loaded.source.name, line)
            for figure, line in loaded.view.figure_lines
            for name in figure.names
        )
        others = (
            Claim(name, known.source.name, 1)
            for file, known in self.known.items()
            if file != loaded.source.file
            for name in known.figures
            if not name.startswith("assets/scripts/")
        )
        found = collisions([*drawn, *others])
        return [problem for problem in found if loaded.source.name in str(problem)]

    def _blame(self, source: Source, problem: Problem) -> None:
        before = self.known.get(source.file)
        self.known[source.file] = Known(
            source,
            of_problems([problem])[0],
            # The last good page stays, and so do its figures.
            before.figures if before else frozenset(),
            problems=(problem,),
            blocked=True,
        )

    def _load(self, source: Source) -> Loaded:
        settings = self.settings
        post = read_post(source, decode(source.file.read_bytes(), source.name), settings)
        planned = plan(
            post,
            store.read(settings.notebook(source)),
            self.digest,
            self._version,
            self._deciding,
            rerun_on_environment_change=settings.rerun_on_environment_change,
        )
        named = claims(post, source.place)
        wrong = (*post.problems, *missing_data({source: planned}, self.digest))
        shown = self._shown(source.name)
        if wrong:  # it is not run, and a build marks what it shows
            shown = replace(shown, failed=True)
        seen = _view(source, planned, shown, settings)
        charts = chart_files(seen, settings.words.outputs)
        page = page_of(source, planned, seen, charts.files, settings)
        problems = (*wrong, *charts.problems)
        failure = memory.failures(settings.cache).get(source.name) if planned.stale else None
        files = planned.executed.fingerprint.files if planned.executed else {}
        self.known[source.file] = Known(
            source,
            of_problems(problems)[0] if problems else of_plan(planned, failure),
            frozenset(_files(page.figures)),
            named,
            frozenset({*files, *data_files(post)}),
            problems,
            bool(wrong),
        )
        return Loaded(source, planned, seen, page)


def _view(source: Source, planned: Plan, shown: Shown, settings: BuildSettings) -> View:
    """As `build.view_of` has it, with outputs that are not stored in place of those that are."""
    cells = tuple(
        _with(shown.outputs[cell.cell.number], cell.last, cell.number, cell.cell.code)
        if cell.cell.number in shown.outputs
        else cell.last
        for cell in planned.cells
    )
    seen = view(planned, cells, source.place, stale=shown.failed)
    if planned.executed is not None:
        seen = with_saved(seen, planned.executed.saved, source.place)
    changing = {
        figure.name
        for planned_cell, cell in zip(planned.cells, seen.cells, strict=True)
        if cell is not None and planned_cell.cell.number in shown.outputs
        for figure in cell.figures
    }
    # Variants of what changes again in a moment would cost more than all the rest.
    return with_variants(
        seen,
        lambda figure: figure if figure.name in changing else lighter(figure, settings.cache),
    )


def _with(
    outputs: tuple[Output, ...], last: ExecutedCell | None, number: int, code: str
) -> ExecutedCell:
    if last is None:
        return ExecutedCell(number, code, outputs)
    return replace(last, outputs=outputs)


def _files(figures: Collection[Figure]) -> dict[str, bytes]:
    files = {figure.name: figure.data for figure in figures}
    for figure in figures:
        files |= {variant.name: variant.data for variant in figure.variants}
    return files
