"""What a preview knows at a moment; `hub` changes it, `showing` shows it."""

from dataclasses import dataclass, field
from pathlib import Path

from ..errors import Problem
from .blog import Blog
from .live import LivePost


@dataclass
class State:
    """`root` is the project's folder; there is no blog as long as its settings cannot be read.

    `live` has the posts that were edited, by name; `wrong` is what is wrong with no single post.
    """

    root: Path
    blog: Blog | None = None
    live: dict[str, LivePost] = field(default_factory=dict)
    wrong: tuple[Problem, ...] = ()

    def name_of(self, file: Path) -> str:
        """How the project names `file`."""
        root = self.root
        return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
