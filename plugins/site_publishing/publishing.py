"""`invoke publish`, step by step: build, check, show what changes, ask, switch, look online."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from executable_posts.errors import Problem, ProblemError

from . import checks, report, telling, vnu, wording
from .addresses import SiteAddress, site_address, unfit
from .blog import BlogSettings, blog_settings, build
from .changes import Changes, changes, in_the_way, sort_of, with_leaving
from .confirmed import unconfirmed
from .figures import FigureChange
from .manifest import MARKER, NAME, Manifest, digest
from .online import version_online, wait_for
from .reading import read_site
from .staging import staging, with_marker
from .targets.base import Session, Target
from .targets.named import CACHE, chosen_target

_REPORT = Path(".cache", "publish.html")


@dataclass(frozen=True)
class Wish:
    """What a person asks for; each is an option of `invoke publish`."""

    target: str = ""
    check: bool = False
    dry_run: bool = False
    yes: bool = False
    verify: bool = False
    allow_removals: bool = False
    adopt: bool = False


@dataclass(frozen=True)
class Talk:
    """How to speak with who asked: `ask` gives no answer where nobody can be asked."""

    say: Callable[[str], None]
    ask: Callable[[str], bool | None]


class Refused(Exception):
    """The site is not published, for the `problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def publish(settings_file: Path, wish: Wish, talk: Talk) -> None:
    """Publish the blog whose settings online are in `settings_file`, or do what `wish` says of it.

    Raises `Refused` or `ProblemError`; what is online is then as it was.
    """
    settings = blog_settings(settings_file)
    with staging(settings.root / CACHE) as folder:
        site = folder / "site"
        _checked(settings, settings_file, site, folder / "record.json", talk)
        if wish.check:
            return
        target = _target(settings, wish)
        for name in target.extra:
            (site / name).touch()
        manifest = with_marker(site, settings.siteurl)
        with target.open() as session:
            found = _compared(session, manifest, target, wish)
            if found.any:
                talk.say(f"{target.where}: {wording.versions(session.manifest, manifest)}")
                _show(session, target.where, found, site, settings.root / _REPORT, talk)
                _refuse_vanishing(found, wish)
            else:
                talk.say(f"{target.where} has version {manifest.version} already")
            if wish.dry_run:
                return
            if found.any:
                _ask(f"Publish this to {target.name} ({target.where})?", wish, talk)
            if found.any or not target.keeps:
                now = with_leaving(manifest, session.manifest, found).after(session.state)
                session.put(now, site, _foreign(found))
                talk.say(f"published {manifest.version}")
    if wish.verify:
        _verify(settings, manifest.version, talk)


def rollback(settings_file: Path, wish: Wish, talk: Talk) -> None:
    """Put the version online again that the one online replaced; files of others stay as they are.

    Once more goes back one more. Raises `Refused` or `ProblemError`.
    """
    settings = blog_settings(settings_file)
    target = _target(settings, wish)
    with target.open() as session:
        online, before = session.manifest, None
        if online and online.before:
            before = session.earlier(online.before)
        if online is None or online.before is None or before is None:
            message = "there is nothing before what is online that could be restored"
            raise ProblemError(Problem(f"target {target.name}", message))
        found = changes(online, before, session.files)
        talk.say(f"{target.where}: {wording.versions(online, before)}")
        for line in wording.lines(found, []):
            talk.say(line)
        if wish.dry_run:
            return
        _ask(f"Restore this at {target.name}?", wish, talk)
        now = with_leaving(before, online, found)
        session.restore(now, online.before, _foreign(found))
        talk.say(f"restored {before.version}")
    if wish.verify:
        _verify(settings, before.version, talk)


def _target(settings: BlogSettings, wish: Wish) -> Target:
    return chosen_target(settings.targets, wish.target, settings.root, settings.siteurl)


def site_problems(settings_file: Path) -> list[Problem]:
    """What is wrong with the site as readers would get it, wherever that will be; built for this.

    Raises `ProblemError` if another publisher of this clone is at work.
    """
    settings = blog_settings(settings_file)
    with staging(settings.root / CACHE) as folder:
        return _built(settings, settings_file, folder / "site", folder / "record.json").problems


def _checked(
    settings: BlogSettings, settings_file: Path, site: Path, record: Path, talk: Talk
) -> None:
    """Build the site into `site` and check it. Raises `Refused` with all that is wrong."""
    problems = []
    if why := unfit(settings.siteurl):
        message = f'SITEURL "{settings.siteurl}" {why}: write the address of the blog there'
        problems.append(Problem(settings_file.name, message))
    confirmed, unsure = unconfirmed(settings_file)
    if unsure:
        raise Refused([*problems, *unsure])
    posts = wording.counted(confirmed, "post")
    talk.say(f"{posts} confirmed by a run: nothing is stale, failed or drifted")
    talk.say(f"building with {settings_file.name} for {settings.siteurl}")
    built = _built(settings, settings_file, site, record)
    problems += built.problems
    if problems:
        raise Refused(problems)
    talk.say(built.words)


@dataclass(frozen=True)
class _Built:
    """A built site: what is wrong with it, and how many things were looked at, in words."""

    problems: list[Problem]
    words: str = ""


def _built(settings: BlogSettings, settings_file: Path, site: Path, record: Path) -> _Built:
    sources, failures = build(settings_file, site, record)
    if failures:
        return _Built(failures)
    built = read_site(site, _address(settings), sources)
    found = checks.findings(built, datetime.now().astimezone())
    checker = vnu.command(settings.root)
    if checker:
        found = [finding for finding in found if not finding.message.startswith("HTML: ")]
        found += vnu.findings(checker, site)
    problems = telling.problems(built, found, lambda name: _text(settings.root / name))
    return _Built(problems, wording.checked(built, "vnu" if checker else "html5lib"))


def _address(settings: BlogSettings) -> SiteAddress:
    try:
        return site_address(settings.siteurl)
    except ValueError:  # said already; the rest can be checked all the same
        return site_address("https://none.invalid")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""


def _compared(session: Session, manifest: Manifest, target: Target, wish: Wish) -> Changes:
    """What changes; what others have under names of ours is taken over only if that is wished."""
    found = changes(session.manifest, manifest, session.files)
    place = f"target {target.name}"
    blocked = in_the_way(manifest, found.foreign)
    if blocked:
        message = "is of others, and the site has a folder or a file in its place"
        raise Refused([Problem(place, f"{name} {message}") for name in blocked])
    there = session.read(found.taken)
    other = [name for name in found.taken if digest(there[name]) != manifest.files[name]]
    if other and not wish.adopt:
        message = (
            f"{len(other)} files of the site are there already and no publish put them there: "
            f"{', '.join(other[:5])}{' …' if len(other) > 5 else ''}; --adopt takes them over"
        )
        raise Refused([Problem(place, message)])
    return found


def _foreign(found: Changes) -> set[str]:
    return set(found.foreign) - {NAME}


def _refuse_vanishing(found: Changes, wish: Wish) -> None:
    if wish.allow_removals or not found.vanishing:
        return
    raise Refused([Problem(name, _would_be_gone(name)) for name in found.vanishing])


def _would_be_gone(name: str) -> str:
    sort = sort_of(name)
    alias = f", let a post name its address (Aliases: /{name})," if sort == "page" else ""
    return f"this published {sort} would be gone: keep it{alias} or say --allow-removals"


def _show(session: Session, where: str, found: Changes, site: Path, file: Path, talk: Talk) -> None:
    """Say what changes, and write the report with all figures into `file`."""
    names = [
        name
        for name in (*found.added, *found.changed, *found.vanishing, *found.taken)
        if sort_of(name) == "figure"
    ]
    there = session.read(names)
    figures = [
        FigureChange(
            name, there.get(name), (site / name).read_bytes() if (site / name).is_file() else None
        )
        for name in names
    ]
    for line in wording.lines(found, figures):
        talk.say(line)
    file.write_text(report.page(where, found, figures), encoding="utf-8")
    talk.say(f"side by side in {_REPORT}")


def _ask(question: str, wish: Wish, talk: Talk) -> None:
    if wish.yes:
        return
    answer = talk.ask(question)
    if answer is None:
        message = "there is no terminal to ask in: say --yes to publish, or --dry-run to look"
        raise ProblemError(Problem("publish", message))
    if not answer:
        raise ProblemError(Problem("publish", "nothing was published"))


def _verify(settings: BlogSettings, version: str, talk: Talk) -> None:
    address = _address(settings)
    instead = wait_for(version, lambda: version_online(address))
    if instead is not None:
        message = (
            f"readers get {instead}, not {version}, though the target has it; ask again with "
            "`invoke publish --verify`"
        )
        raise ProblemError(Problem(address.url(MARKER), message))
    talk.say(f"{address.url('')} shows {version}")
