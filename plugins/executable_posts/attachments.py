"""Pictures that prose shows, attached to its Markdown cell as Jupyter does it."""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

_TYPES = {"svg": "image/svg+xml", "jpg": "image/jpeg"}
# What may stand before a link to a picture, see `post.shown_files`.
_BEFORE = r"""(\]\(\s*<?|\]:\s*<?|\bsrc\s*=\s*["'])"""


def as_attached(prose: str, links: Iterable[str]) -> str:
    """`prose` with its `links` to pictures as links to attachments."""
    for link in links:
        prose = re.sub(_BEFORE + re.escape(link), rf"\1attachment:{_literal(link)}", prose)
    return prose


def as_written(prose: str, links: Iterable[str]) -> str:
    """The prose of which `as_attached` made `prose`."""
    for link in links:
        prose = re.sub(_BEFORE + "attachment:" + re.escape(link), rf"\1{_literal(link)}", prose)
    return prose


def _literal(text: str) -> str:
    """`text` as the replacement in a substitution."""
    return text.replace("\\", r"\\")


def bundles(pictures: Mapping[str, bytes]) -> dict[str, dict[str, str]]:
    """`pictures`, by link, as nbformat holds attachments."""
    return {link: {_mime(link): base64.b64encode(data).decode()} for link, data in pictures.items()}


def attached(cell: Mapping[str, Any]) -> dict[str, bytes]:
    """The attachments of a Markdown cell, by link."""
    return {
        str(link): base64.b64decode("".join(content))
        for link, bundle in cell.get("attachments", {}).items()
        for content in bundle.values()
    }


def _mime(link: str) -> str:
    ending = link.rpartition(".")[2].lower()
    return _TYPES.get(ending, f"image/{ending}")
