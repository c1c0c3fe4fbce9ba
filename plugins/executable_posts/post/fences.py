"""Finding fences, and deciding which of them are meant to be run (DESIGN.md §5)."""

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from textwrap import dedent

from markdown_it import MarkdownIt
from markdown_it.token import Token

from .. import syntax
from ..errors import Problem
from . import source
from .model import Fence
from .options import Content

PYTHON = frozenset({"python", "python3", "py", "ipython", "ipython3"})

_INSTALLERS = "pip|pip3|pipx|conda|mamba|micromamba|uv|apt|apt-get|brew|git|npm|docker|sudo"
_SHELL_LINE = re.compile(
    rf"""
      \$\s                                          # $ git clone …
    | !                                             # !ls
    | %(pip|conda|mamba|micromamba|uv|system|sx|sc)\b
    | (python3?\s+-m\s+)?({_INSTALLERS})\s+         # pip install …, python -m pip install …
      (?!(and|if|in|is|not|or)\b)[-./~]*\w           # but not uv = 1, uv in x
    """,
    re.VERBOSE,
)
_SHELL_CELL = re.compile(r"%%(bash|sh|script|system|sx|cmd|!)")
_TRANSCRIPT = re.compile(r"(>>> ?|In \[\d*\]: ?)")
# Only in such code can there be a shell line; to look for one takes longer than to parse a post.
_MAY_CALL_SHELL = re.compile(r"^\s*[!%]|=\s*[!%]|get_ipython", re.MULTILINE)
_SHELL_CALLS = {"system", "getoutput", "getoutputs"}
_SHELL_MAGICS = {"pip", "conda", "mamba", "micromamba", "uv", "system", "sx", "sc"}


def block_tokens(markdown: str) -> list[Token]:
    """The block structure of `markdown`; line numbers of the tokens count from 0."""
    return _parser().parse(markdown)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def find(tokens: Sequence[Token], lines: Sequence[str], first: int) -> list[Fence]:
    """All fences among `tokens`; the tokens' line 0 is `lines[first]`."""
    fences = []
    for token in tokens:
        if token.type != "fence" or token.map is None:
            continue
        begin, end = token.map[0] + first, token.map[1] + first
        opening = lines[begin].removeprefix(source.BOM)
        fences.append(
            Fence(
                line=begin + 1,
                line_count=end - begin,
                text="".join(lines[begin:end]),
                prefix=opening[: opening.index(token.markup)],
                info=token.info.strip(),
                markup=token.markup,
                code=token.content,
                closed=end - begin - 1 - token.content.count("\n") == 1,
                top_level=token.level == 0,
            )
        )
    return fences


def language(info: str) -> str:
    """The language an info string names: ``python``, ``{python}``, ``{.python .numberLines}``."""
    found = re.match(r"\{?:?\s*\.?([\w+#-]*)", info)
    return found[1].lower() if found else ""


@dataclass(frozen=True)
class Verdict:
    """What is to be done with a fence: run it, show it (why), or tell the author (what)."""

    runs: bool
    reason: str
    problems: tuple[Problem, ...] = ()


def judge(fence: Fence, content: Content, path: str, *, shell_allowed: bool) -> Verdict:
    """The first rule of DESIGN.md §5, from the second on, that applies to a Python fence."""
    if content.problems:
        return Verdict(False, "its options cannot be read", content.problems)
    if not fence.closed:
        return Verdict(False, "it is never closed")
    if content.options.eval is False:
        return Verdict(False, "it says `#| eval: false`")
    if content.options.eval is None and (reason := _only_shown(content.code)):
        return Verdict(False, reason)
    shell_allowed = shell_allowed or bool(content.options.eval)
    return _compiles(fence, content, path, shell_allowed=shell_allowed)


def _only_shown(code: str) -> str | None:
    """Why code that nobody said anything about is only to be shown, if it is."""
    statements = _statements(code)
    if not statements:
        return "it holds no code"
    if _is_shell(statements):
        return "it holds shell or install lines"
    if _TRANSCRIPT.match(statements[0]):
        return "it is the transcript of a session"
    return None


def _compiles(fence: Fence, content: Content, path: str, *, shell_allowed: bool) -> Verdict:
    tree = _parse(content.code)
    if isinstance(tree, SyntaxError):
        line = content.code_line + (tree.lineno or 1) - 1
        message = (
            f"not Python ({tree.msg}, column {_column(tree, fence, line)}); "
            "if this code is only to be shown, make `#| eval: false` its first line"
        )
        problem = Problem(path, message, line)
        return Verdict(False, "it is not Python", (problem,))
    suspicious = not shell_allowed and _MAY_CALL_SHELL.search(content.code)
    at = _shell_call(tree) if suspicious else None
    if at is not None:
        message = (
            "a shell line in a cell: set EXECUTE_SHELL = True to run it, "
            "or make `#| eval: false` the cell's first line to only show it"
        )
        problem = Problem(path, message, content.code_line + at - 1)
        return Verdict(False, "it holds a shell line", (problem,))
    return Verdict(True, "it is a cell")


def _column(error: SyntaxError, fence: Fence, line: int) -> int:
    """The column of `error`, from 1, in the source.

    Containers and IPython take away what stands before a line of code.
    """
    written = source.lines(fence.text)[line - fence.line].rstrip("\r\n")
    parsed = (error.text or "").rstrip("\n")
    before = len(written) - len(parsed) if parsed and written.endswith(parsed) else 0
    return (error.offset or 1) + before


def _statements(code: str) -> list[str]:
    """The lines of `code` that are neither blank, nor comments, nor go on from the one before."""
    statements = []
    goes_on = False
    for line in dedent(code).split("\n"):
        text = line.strip()
        comment = text.startswith("#") and not goes_on
        if text and not comment and not goes_on:
            statements.append(text)
        goes_on = text.endswith("\\") and not comment
    return statements


def _is_shell(statements: Sequence[str]) -> bool:
    if _SHELL_CELL.match(statements[0]):
        return True
    return all(_SHELL_LINE.match(line) for line in statements)


def _parse(code: str) -> ast.Module | SyntaxError:
    """The syntax tree of `code`, after IPython's own input transformation where it needs one."""
    tree = _parse_plain(code)
    if not isinstance(tree, SyntaxError):
        return tree
    # Only code that is no plain Python may need IPython, which takes 0.3 s to import.
    try:
        from IPython.core.inputtransformer2 import TransformerManager
    except ModuleNotFoundError:
        # Nothing is run where IPython is not installed, and what was run has been checked.
        return ast.Module(body=[], type_ignores=[])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            transformed = TransformerManager().transform_cell(code)
    except SyntaxError as error:
        return error
    except RuntimeError as error:
        # More magics than IPython takes in one cell.
        return SyntaxError(str(error))
    # IPython drops blank lines at the beginning; errors are to name the lines of the source.
    dropped = code[: len(code) - len(code.lstrip())].count("\n")
    return _parse_plain("\n" * dropped + transformed)


def _parse_plain(code: str) -> ast.Module | SyntaxError:
    try:
        return syntax.tree(code)
    except SyntaxError as error:
        return error


def _shell_call(tree: ast.Module) -> int | None:
    """Line, from 1, of the first call by which IPython runs a shell line, if any."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            if not _is_get_ipython(node.func.value):
                continue
            if name in _SHELL_CALLS or (
                name == "run_line_magic" and _first_text(node) in _SHELL_MAGICS
            ):
                found.append(node.lineno)
    return min(found, default=None)


def _is_get_ipython(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "get_ipython"
    )


def _first_text(call: ast.Call) -> str:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
