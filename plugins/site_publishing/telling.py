"""Findings → problems as a person reads them: the post and its line, then the page and its line."""

from collections.abc import Callable, Sequence

from executable_posts.errors import Problem

from .checks import words_in_source
from .model import BuiltSite, Finding


def problems(
    site: BuiltSite, findings: Sequence[Finding], text_of: Callable[[str], str]
) -> list[Problem]:
    """`findings` for a person: what is the same on several pages is said once.

    `text_of` gives the text of a source.
    """
    alike: dict[str, list[Finding]] = {}
    for finding in findings:
        alike.setdefault(finding.message, []).append(finding)
    return [_problem(site, same, text_of) for same in alike.values()]


def _problem(site: BuiltSite, same: Sequence[Finding], text_of: Callable[[str], str]) -> Problem:
    first = same[0]
    others = len({finding.name for finding in same} - {first.name})
    more = f" (and on {others} other page{'s' if others > 1 else ''})" if others else ""
    sources = {source.page: source.file for source in site.sources if source.page}
    for finding in same:
        # The post itself, rather than a feed or a list in which it appears.
        if (source := sources.get(finding.name)) is None or not finding.words:
            continue
        if line := _line(text_of(source), words_in_source(site.address, finding.words)):
            return Problem(source, f"{finding.message}{_on(finding)}{more}", line)
    if first.name in sources and not others:
        return Problem(sources[first.name], f"{first.message}{_on(first)}{more}")
    return Problem(f"output/{first.name}", f"{first.message}{more}", first.line)


def _on(finding: Finding) -> str:
    line = "" if finding.line is None else f":{finding.line}"
    return f" [{finding.name}{line}]"


def _line(text: str, ways: Sequence[str]) -> int | None:
    for way in ways:
        place = text.find(way)
        if place >= 0:
            return text.count("\n", 0, place) + 1
    return None
