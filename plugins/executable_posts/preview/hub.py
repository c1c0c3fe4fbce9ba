"""What changed → what is to be done, and what each page shows now. For one thread."""

import itertools
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from .. import memory
from ..build import keep, view_of
from ..errors import Problem, ProblemError
from ..execution import job_of, outcome
from ..lock import build_lock
from ..sources import source_of
from ..store import ExecutedNotebook
from . import live as living
from .blog import Blog, Heard, open_blog, problem_of
from .cells import CellState, CellUpdate, Edit, Event, MakeCells, RunEnded, Tell
from .live import LivePost
from .posts import NOTHING, Loaded, Shown
from .showing import Answer, Showing
from .state import State


class _Busy(Exception):
    """Another build is at work, and will run what is stale itself."""


def _refuse(why: str) -> None:
    raise _Busy(why)


class Hub:
    """The preview without its server: it is told of changes and events, and asked for pages."""

    def __init__(
        self,
        settings_file: Path,
        output: Path,
        make_cells: MakeCells,
        tell: Tell,
        say: Callable[[str], None],
    ) -> None:
        self.settings_file = settings_file.resolve()
        self.state = State(self.settings_file.parent)
        self.showing = Showing(self.state, self._say_once)
        self._output, self._make_cells, self._tell, self._say = output, make_cells, tell, say
        self._resources = ExitStack()
        self._versions = itertools.count(1)
        self._said: set[str] = set()
        self._unfinished = False

    # What changed

    def open(self) -> None:
        """Read the settings and the whole blog."""
        self.close()
        self.state.blog, self.state.live = None, {}
        try:
            self.state.blog = open_blog(
                self.settings_file,
                self._output,
                self._shown,
                self._make_cells,
                self._tell,
                self._resources,
            )
        except ProblemError as error:
            self._blame([error.problem])
        except Exception as error:
            self._blame([problem_of(error, self.state.root, self.settings_file.name)])
        else:
            self._refresh(self.state.blog)

    def close(self) -> None:
        """End all that runs."""
        self._resources.close()

    def changed(self, files: set[Path]) -> None:
        """`files` were changed, made or removed."""
        if self.settings_file in files or self.state.blog is None:
            if self.settings_file in files or any(file.suffix == ".py" for file in files):
                self._say(f"{self.settings_file.name}: read again")
                self.open()
            return
        blog, again, others = self.state.blog, self._unfinished, False
        posts = {file for file in files if blog.posts.is_post(file)}
        posts |= blog.posts.forget_files(files)
        for file in files - posts:
            others |= self._other_file(blog, file)
        for file in sorted(posts):
            again |= self._post(blog, file)
        if others:  # any of them may be a post that is new
            blog.scan()
        if again or others:
            self._refresh(blog)
        self._say_problems()

    def _other_file(self, blog: Blog, file: Path) -> bool:
        """Follow a file that is no post we know; whether all has to be gone through."""
        if (name := blog.pages.static_name(file)) is not None and file.is_file():
            self.showing.changed(f"/{name}")
            return False
        if blog.pages.is_template(file):
            # Jinja itself looks whether a template has changed; which there are, Pelican does.
            return not blog.pages.is_known_template(file)
        return file.is_relative_to(blog.settings.content) or file.is_relative_to(
            Path(blog.pelican.theme)
        )

    def _post(self, blog: Blog, file: Path) -> bool:
        """Follow a post that was saved; whether all has to be gone through."""
        if not file.is_file():
            name = self.state.name_of(file)
            blog.posts.drop(file)
            blog.cells.forget(name)
            self.state.live.pop(name, None)
            return True
        try:
            source = source_of(file, blog.pages.kind_of(file), blog.pages.generator, blog.settings)
        except ProblemError as error:
            blog.posts.blame(file, error.problem)
            return False
        blog.posts.add(source)
        try:
            loaded = blog.posts.load(file)
        except ProblemError:
            blog.cells.forget(source.name)
            return False
        self._edited(blog, loaded)
        if blog.posts.known[file].blocked and blog.pages.name_of(file) is not None:
            return False  # the last good page stays under what is wrong
        with Heard(blog.settings.content) as heard:
            alone = blog.pages.reread(file)
        if heard.problems:
            blog.posts.blame(file, heard.problems[-1])
        self.showing.figures_changed(loaded)
        return not alone

    def _edited(self, blog: Blog, loaded: Loaded, *, by_hand: bool = True) -> None:
        """Have cells run if what they compute may be another than before."""
        name, planned = loaded.source.name, loaded.plan
        before = self.state.live.get(name)
        if blog.settings.policy == "frozen":
            return
        if not planned.cells or blog.posts.known[loaded.source.file].blocked:
            if before is not None:
                blog.cells.forget(name)
                del self.state.live[name]
            return
        job = job_of(loaded.source, planned, blog.posts.digest, blog.settings)
        reasons = tuple(reason.text for reason in planned.reasons)
        if before is None and not planned.stale:
            return
        if before is not None:
            same_code = living.signature(before.job) == living.signature(job)
            if same_code and (reasons == before.reasons or not by_hand):
                self.state.live[name] = replace(before, job=job)
                return
        version = next(self._versions)
        if planned.stale:
            self.state.live[name] = living.edited(before, version, job, reasons)
            self._say(f"{name}: {'; '.join(map(str, planned.reasons))}")
        else:
            del self.state.live[name]
            self._say(f"{name}: as it was when it last ran")
            blog.posts.forget_page(loaded.source.file)
            blog.pages.reread(loaded.source.file)
        blog.cells.edited(Edit(version, planned, job))

    # What cells tell

    def told(self, events: list[Event]) -> None:
        """Take in `events`, which came in this order."""
        blog = self.state.blog
        if blog is None:
            return
        touched = set()
        for event in events:
            known = self.state.live.get(event.post)
            if known is None or event.version != known.version:
                continue
            if isinstance(event, CellUpdate):
                self._say_state(known, event)
                self.state.live[event.post] = known.updated(event)
            else:
                self._run_ended(blog, known, event)
            touched.add(event.post)
        for post in touched:
            self._show_again(blog, post)

    def _show_again(self, blog: Blog, post: str) -> None:
        file = blog.settings.root / post
        blog.posts.forget_page(file)
        if blog.posts.source(file) is None:
            return
        try:
            loaded = blog.posts.load(file)
        except ProblemError:
            return
        if not blog.pages.reread(file):
            self._refresh(blog)
        self.showing.figures_changed(loaded)

    def _run_ended(self, blog: Blog, known: LivePost, event: RunEnded) -> None:
        file = blog.settings.root / event.post
        if isinstance(event.result, Problem):
            self._failed(blog, known, event.post, event.result)
            return
        try:
            loaded = blog.posts.load(file)
        except ProblemError:
            return
        ran, problems = outcome(loaded.plan, event.result, blog.posts.digest, blog.settings)
        if ran is not None:
            problems = self._store(blog, loaded, ran.notebook)
        if problems:
            self._failed(blog, known, event.post, problems[0])
            return
        self.state.live[event.post] = after = known.confirmed(event.result)
        self._say(f"{event.post}: a run confirms it, {ran.seconds if ran else 0:.1f} s")
        for number in after.before:
            self._say(f"{event.post}: cell {number} gave something else than was shown")

    def _store(self, blog: Blog, loaded: Loaded, notebook: ExecutedNotebook) -> list[Problem]:
        """Keep what a run gave, exactly as a build does."""
        settings = blog.settings
        seen = view_of(loaded.source, loaded.plan, settings, notebook)
        if wrong := blog.posts.colliding(replace(loaded, view=seen)):
            return wrong
        try:
            with build_lock(settings.cache, _refuse):
                failure = keep(loaded.source, loaded.plan, notebook, seen, settings)
                memory.remember_failures(settings.cache, [loaded.source.name], {})
        except _Busy as why:
            return [Problem(loaded.source.name, f"what the run gave is not stored: {why}")]
        blog.posts.forget_files({settings.notebook(loaded.source)})
        return [failure] if failure else []

    def _failed(self, blog: Blog, known: LivePost, post: str, problem: Problem) -> None:
        self.state.live[post] = known.failing(problem)
        self._say(str(problem))
        line = "" if problem.line is None else f" (line {problem.line})"
        memory.remember_failures(blog.settings.cache, [], {post: f"{problem.message}{line}"})

    def _shown(self, post: str) -> Shown:
        return self.state.live[post].shown if post in self.state.live else NOTHING

    # What pages show

    def answer(self, path: str) -> Answer:
        """What is at the address `path`, decoded, without its query; a stale post begins to run."""
        answer = self.showing.answer(path)
        if (blog := self.state.blog) is not None and answer.page is not None:
            content = blog.pages.content_of(answer.page)
            if content is not None:
                self._looked_at(blog, Path(content.source_path))
        return answer

    def _looked_at(self, blog: Blog, file: Path) -> None:
        known = blog.posts.known.get(file)
        if known and known.source.name not in self.state.live and known.status.reasons:
            try:
                self._edited(blog, blog.posts.load(file), by_hand=False)
            except ProblemError:
                return

    def _refresh(self, blog: Blog) -> None:
        """Go through all that Pelican does but reading what was read."""
        with Heard(blog.settings.content) as heard:
            try:
                blog.pages.refresh()
                self._unfinished = False
                self._blame(heard.problems)
            except Exception as error:
                self._unfinished = True  # any change may mend it
                self._blame([*heard.problems, problem_of(error, self.state.root, "Pelican")])

    def _blame(self, problems: list[Problem]) -> None:
        self.state.wrong = tuple(problems)
        self._say_problems()

    # What the terminal shows

    def _say_problems(self) -> None:
        posts = self.state.blog.posts.problems() if self.state.blog else []
        now = {str(problem): problem for problem in (*self.state.wrong, *posts)}
        for text in now:
            if text not in self._said:
                self._say(text)
        self._said = set(now)

    def _say_once(self, problem: Problem) -> None:
        if str(problem) not in self._said:
            self._said.add(str(problem))
            self._say(str(problem))

    def _say_state(self, known: LivePost, update: CellUpdate) -> None:
        before = known.cells.get(update.cell)
        if before is not None and before.state is update.state:
            return
        if update.state is CellState.QUEUED and update.cell > 1:
            return
        seconds = "" if not update.seconds else f" {update.seconds:.1f} s"
        of = len(known.job.cells)
        if update.state is CellState.QUEUED:
            self._say(f"{update.post}: {of} {'cell' if of == 1 else 'cells'} queued")
        else:
            self._say(f"{update.post}: cell {update.cell} of {of} {update.state}{seconds}")
