"""Source text ⇄ `Post`: prose, cells, options and recorded outputs, with line numbers.

Lossless: joining the texts of a post's pieces gives its source back, byte for byte. No I/O.
"""

from .model import (
    Cell,
    Fence,
    FrontMatter,
    Piece,
    Post,
    Prose,
    Recorded,
    RecordedOutput,
    Shown,
)
from .options import Options
from .parse import Execute, parse
from .shown_files import ShownFile, shown_files
from .source import decode

__all__ = [
    "Cell",
    "Execute",
    "Fence",
    "FrontMatter",
    "Options",
    "Piece",
    "Post",
    "Prose",
    "Recorded",
    "RecordedOutput",
    "Shown",
    "ShownFile",
    "decode",
    "parse",
    "shown_files",
]
