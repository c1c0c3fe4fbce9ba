"""The picture of a post that its card shows: the first that is large enough to be one."""

import io
import re
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from PIL import Image, UnidentifiedImageError

from .text import inline

_PICTURE = re.compile(r"""<img\b[^>]*?\ssrc=["'](?P<address>[^"']+)["']""")
_LEAST = 200
"""Pixels that it must be wide, and half of that high: badges and icons are less."""


def sources(context: Mapping[str, Any]) -> dict[str, Path]:
    """File of the site → where it is copied from, of all static files."""
    statics = chain(context.get("staticfiles", ()), context["static_content"].values())
    return {
        str(file.save_as): Path(file.source_path)
        for file in filter(None, statics)
        if Path(file.source_path).is_file()
    }


def title(content: Any) -> str:
    """The title of a post or page as text."""
    return inline(str(content.title))


def first(content: Any, output: Path, known: Mapping[str, Path]) -> bytes | None:
    """The first picture of `content`: one of the `known` files, or below `output`."""
    site = str(content._context.get("localsiteurl") or content.settings["SITEURL"] or "")
    for found in _PICTURE.finditer(content.content):
        address = unquote(found["address"])
        if site and address.startswith(site):
            address = address[len(site) :]
        name = address.lstrip("./")
        for file in (known.get(name), output / name):
            if file is not None and (data := _large(file)) is not None:
                return data
    return None


def _large(file: Path) -> bytes | None:
    try:
        data = file.read_bytes()
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
    except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
    return data if width >= _LEAST and height >= _LEAST // 2 else None
