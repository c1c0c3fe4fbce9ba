"""What one can ask of a blog besides a build: status, old figures, recording, importing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from . import memory, status
from .build import build, check, view_of
from .chart_files import chart_files
from .datasets import known_datasets
from .drift import Drift
from .errors import Problem, ProblemError, one_of
from .importing import import_notebook
from .lock import build_lock
from .post import Post
from .progress import Progress, QuietProgress
from .record import difference, record
from .site import Site
from .status import Status
from .store import write_atomically
from .survey import Source, Survey, read_post, survey
from .views import view


def site_status(site: Site) -> Status:
    """The status of every post of `site`, and its orphaned figures."""
    known = survey(site.sources, site.settings)
    problems = [*site.problems, *known.problems]
    blamed = {problem.path for problem in problems}
    failures = memory.failures(site.settings.cache)
    posts = [
        status.of_plan(planned, failures.get(source.name))
        for source, planned in known.plans.items()
        if source.name not in blamed
    ]
    posts += status.of_problems(problems)
    named = {
        name
        for source, planned in known.plans.items()
        for figure in view_of(source, planned, site.settings).figures
        for name in figure.names
    }
    return Status(
        tuple(sorted(posts, key=lambda post: post.path)),
        tuple(_unnamed(site, known, named)),
    )


def _unnamed(site: Site, known: Survey, figures: set[str]) -> list[str]:
    """Files that builds wrote and that nothing shows any more, `figures` being those in use."""
    found = orphans(site, figures)
    # Only where something is left are outputs looked into: that takes time.
    return orphans(site, figures | _other_files(site, known)) if found else []


def _other_files(site: Site, known: Survey) -> set[str]:
    """The files beside figures that outputs show: sounds and videos, charts and their scripts."""
    names = set()
    for source, planned in known.plans.items():
        shown = view(planned, [cell.last for cell in planned.cells], source.place, stale=False)
        charts = chart_files(shown, site.settings.words.outputs)
        names |= {file.name for file in (*shown.files, *charts.files)}
    return names


def orphans(site: Site, named: set[str]) -> list[str]:
    """Figures that builds wrote, that are still there, and that are none of `named`."""
    written = memory.figures(site.settings.cache, site.output)
    return sorted(name for name in written - named if (site.output / name).is_file())


def remove_orphans(site: Site) -> list[Path]:
    """Remove the orphaned figures of `site`; returns what was removed."""
    files = [site.output / name for name in site_status(site).orphans]
    for file in files:
        file.unlink()
    return files


def check_drift(
    site: Site, names: Sequence[str], progress: Progress
) -> tuple[list[Drift], list[Problem]]:
    """Run the posts `names` of `site` again, or all, storing nothing: what drifted, what failed."""
    sources = [_source(site, name) for name in names] or list(site.sources)
    with build_lock(site.settings.cache, progress.note):
        drifts, problems = check(sources, site.settings, progress)
        drifted = {drift.path for drift in drifts}
        digests = {source.name: _digest(site, source) for source in sources}
        failed = {problem.path for problem in problems}
        memory.remember_drifts(
            site.settings.cache,
            digests.keys() - drifted - failed,
            {name: digest for name, digest in digests.items() if name in drifted and digest},
        )
    return drifts, [*site.problems, *problems]


def known_drifts(site: Site) -> list[str]:
    """The posts that drifted when that was last checked, and whose stored outputs are the same."""
    drifted = memory.drifts(site.settings.cache)
    return sorted(
        source.name
        for source in site.sources
        if source.name in drifted and _digest(site, source) == drifted[source.name]
    )


def _digest(site: Site, source: Source) -> str:
    """The SHA-256 of a post's executed notebook; empty if there is none."""
    file = site.settings.notebook(source)
    return sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def check_site(site: Site) -> tuple[list[Problem], list[Problem]]:
    """What a frozen build of `site` would refuse, without building; and what it would note.

    Nothing is run and nothing of the site is written.
    """
    settings = replace(site.settings, policy="frozen")
    _, problems = known_datasets(settings.datasets, settings.content / "data", settings.root)
    built = build(site.sources, settings, QuietProgress())
    notes = [note for report in built.reports for note in report.notes]
    return [*site.problems, *problems, *built.problems], notes


@dataclass(frozen=True)
class Recorded:
    """A source as it would be with the stored outputs written into it, and what that changes.

    `left_out` are outputs that cannot be recorded; `difference` is empty if nothing changes.
    """

    file: Path
    text: str
    difference: str
    left_out: tuple[Problem, ...]

    def write(self) -> None:
        """Put the text in the place of the source, at once and whole."""
        write_atomically(self.file, self.text.encode())


def recorded(site: Site, name: str) -> Recorded:
    """What `record` would write into the post `name` of `site`; nothing is written.

    Raises `ProblemError` for a post that is not there, has mistakes in it or is stale.
    """
    source = _source(site, name)
    known = survey([source], site.settings)
    for problem in known.problems:
        raise ProblemError(problem)
    plan = known.plans[source]
    if source.file.suffix == ".ipynb":
        raise ProblemError(
            Problem(name, "is a notebook: `invoke import` makes a Markdown post of it")
        )
    for reason in plan.reasons:
        message = f"stale: {reason.text}; run `invoke build` first"
        raise ProblemError(Problem(name, message, reason.line))

    def read(text: str) -> Post:
        return read_post(source, text, site.settings)

    shown = view(plan, [cell.last for cell in plan.cells], source.place, stale=False)
    recording = record(plan.post, shown.by_number, source.place, read)
    changes = difference(plan.post.text, recording.text, name)
    return Recorded(source.file, recording.text, changes, recording.left_out)


def _source(site: Site, name: str) -> Source:
    by_name = {source.name: source for source in site.sources}
    if name not in by_name:
        raise ProblemError(Problem(name, f"there is no such post; {one_of(name, by_name)}"))
    return by_name[name]


def import_post(site: Site, notebook: Path, date: str) -> tuple[Path, tuple[Problem, ...]]:
    """Make a Markdown post of `notebook` in the folder of posts; returns it, and what to look at.

    `date` is for a notebook that gives none. Raises `ProblemError` for what is no notebook, and if
    there is such a post already.
    """
    try:
        text = notebook.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemError(Problem(str(notebook), f"cannot be read: {error}")) from None
    imported = import_notebook(text, notebook.name, date=date)
    post = site.posts / f"{imported.slug}.md"
    if post.exists():
        raise ProblemError(Problem(site.name(post), "is there already; nothing was written"))
    for name, data in imported.figures.items():
        write_atomically(site.settings.content / name, data)
    write_atomically(post, imported.markdown.encode())
    return post, imported.notes
