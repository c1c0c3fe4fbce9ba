"""Source text → `Post`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from markdown_it.token import Token

from ..errors import Problem, one_of
from . import fences, inline, options, recorded, resources, source
from .model import Cell, Fence, FrontMatter, Piece, Post, Prose, Recorded, Shown
from .options import Options

Execute = Literal["yes", "no", "auto"]

_NO_DEFAULTS = Options()
_ANSWERS: dict[str, Execute] = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}


@dataclass(frozen=True)
class _Candidate:
    """A Python fence with what it holds, what the rules say of it and what is recorded under it."""

    fence: Fence
    content: options.Content
    verdict: fences.Verdict
    recorded: Recorded | None


def parse(
    text: str,
    path: str,
    execute: Execute = "auto",
    *,
    shell_allowed: bool = False,
    defaults: Options = _NO_DEFAULTS,
) -> Post:
    """The post whose source is `text`.

    `path` is how messages name the file. `execute` says which posts of the blog run (the setting
    ``EXECUTE``); `shell_allowed` whether cells may hold shell lines (``EXECUTE_SHELL``); `defaults`
    are the options of cells that say nothing else (``EXECUTE_CELL_DEFAULTS``).
    Mistakes in the post do not raise: they are in `Post.problems`.
    """
    lines = source.lines(text)
    head = source.head(lines)
    tokens = fences.block_tokens("".join(lines[head.length :]).removeprefix(source.BOM))
    blocks = {
        token.map[0] + head.length: token
        for token in tokens
        if token.map and (token.level == 0 or token.type == "fence")
    }
    found = fences.find(tokens, lines, head.length)
    defaults, wrong_defaults = options.from_front_matter(head, path, defaults)
    reading = _Reading(path, lines, blocks, defaults, shell_allowed)
    candidates = {
        fence.line: _candidate(fence, reading)
        for fence in found
        if fences.language(fence.info) in fences.PYTHON
    }
    answer, problems = _front_matter_answer(head, path)
    asked, wrong_resources = resources.read(head, path)
    problems += wrong_resources
    runs, why = _runs(answer or execute, answer is not None, candidates.values())
    if runs:
        problems += wrong_defaults
        for candidate in candidates.values():
            problems += candidate.verdict.problems
    idle = None if runs else f"the post does not run: {why}"
    pieces, wrong_values = inline.attach(
        [*_pieces(lines, head.length, found, candidates, idle)], path
    )
    problems += wrong_values if runs else []
    return Post(path, pieces, head.values, runs, why, tuple(problems), asked)


@dataclass(frozen=True)
class _Reading:
    """What all fences of a source have in common."""

    path: str
    lines: Sequence[str]
    blocks: Mapping[int, Token]
    defaults: Options
    shell_allowed: bool


def _candidate(fence: Fence, reading: _Reading) -> _Candidate:
    content = options.read(fence.code, reading.path, fence.line + 1, reading.defaults)
    verdict = fences.judge(fence, content, reading.path, shell_allowed=reading.shell_allowed)
    below = None
    if verdict.runs and fence.top_level:
        first = fence.line - 1
        below = recorded.find(reading.lines, first + fence.line_count, first, reading.blocks)
    return _Candidate(fence, content, verdict, below)


def _front_matter_answer(head: source.Head, path: str) -> tuple[Execute | None, list[Problem]]:
    value = head.values.get("execute")
    if value is None:
        return None, []
    answer = _ANSWERS.get(value.strip("\"'").lower())
    if answer is None:
        message = f'front matter: Execute: "{value}" is not allowed; {one_of(value, ["yes", "no"])}'
        return "no", [Problem(path, message, head.key_lines["execute"])]
    return answer, []


def _runs(
    execute: Execute, from_front_matter: bool, candidates: Iterable[_Candidate]
) -> tuple[bool, str]:
    """Whether the post runs (rule 1 of DESIGN.md §5), and what shows it."""
    if execute not in get_args(Execute):
        raise ValueError(f"execute={execute!r}: {one_of(execute, get_args(Execute))}")
    if execute != "auto":
        place = "its front matter" if from_front_matter else "the setting"
        return execute == "yes", f'Execute is "{execute}" in {place}'
    for candidate in candidates:
        if candidate.content.option_lines:
            return True, f"a cell option in line {candidate.fence.line + 1}"
        if candidate.recorded:
            for output in candidate.recorded.outputs:
                if output.proof:
                    return True, f"a recorded output in line {output.line}"
    return False, "nothing shows that it is meant to (no recorded output, no `#|` option)"


def _shown(fence: Fence, candidate: _Candidate, idle: str | None) -> Shown:
    content = candidate.content
    # Options are for cells: what the rules take for none is shown whatever the blog's defaults are.
    asked = idle is None and content.options.eval is False
    return Shown(
        fence,
        idle or candidate.verdict.reason,
        content.code,
        content.options if asked else _NO_DEFAULTS,
    )


def _pieces(
    lines: Sequence[str],
    head: int,
    found: Iterable[Fence],
    candidates: Mapping[int, _Candidate],
    idle: str | None,
) -> Iterator[Piece]:
    """The pieces in the order of the source, which they cover without gap or overlap.

    `head` is the number of lines of front matter, `idle` why no fence runs, if none does.
    """
    if head:
        yield FrontMatter(1, "".join(lines[:head]))
    at = head
    number = 0
    for fence in found:
        if fence.line - 1 > at:
            yield Prose(at + 1, "".join(lines[at : fence.line - 1]))
        at = fence.line - 1 + fence.line_count
        candidate = candidates.get(fence.line)
        if candidate is None:
            yield Shown(fence, "it is no Python", fence.code)
        elif idle or not candidate.verdict.runs:
            yield _shown(fence, candidate, idle)
        else:
            number += 1
            content = candidate.content
            yield Cell(fence, number, content.code, content.code_line, content.options)
            if candidate.recorded:
                yield candidate.recorded
                at += candidate.recorded.line_count
    if at < len(lines):
        yield Prose(at + 1, "".join(lines[at:]))
