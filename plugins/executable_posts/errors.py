"""How mistakes are told: one line with file and line, what is wrong, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Problem:
    """Something that a person has to mend.

    `path` is the file as the project names it (``content/posts/x.md``), `line` counts from 1,
    `message` is one line, `details` what may follow it (a traceback cut to the post).
    """

    path: str
    message: str
    line: int | None = None
    details: str = ""

    @property
    def place(self) -> str:
        """``path:line``, or the path alone where no line is to blame."""
        return self.path if self.line is None else f"{self.path}:{self.line}"

    def __str__(self) -> str:
        first = f"{self.place}: {self.message}"
        return f"{first}\n{self.details}" if self.details else first


class ProblemError(Exception):
    """Carries a `Problem` out of a function that cannot go on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def one_of(word: str, allowed: Iterable[str]) -> str:
    """The tail of a message about a word that is not allowed: the allowed ones, the nearest first.

    >>> one_of("lable", ["eval", "label"])
    'did you mean "label"? Allowed: eval, label'
    """
    words = sorted(allowed)
    nearest = get_close_matches(word, words, n=1)
    hint = f'did you mean "{nearest[0]}"? ' if nearest else ""
    return f"{hint}Allowed: {', '.join(words)}"
