"""Figures for the tests of their names, pixels and files."""

import base64
import io

from executable_posts.figures import (
    Figure,
    Place,
    decode,
)
from executable_posts.outputs import Display
from executable_posts.post import Post, parse
from PIL import Image

PLACE = Place(slug="redes", page_folder="2019/07", source_folder="posts")

EXTENSIONS = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "svg": "image/svg+xml"}


def post(*links: str, options: str = "", path: str = "content/posts/redes.md") -> Post:
    """A post with one cell, from line 3 on, under which pictures with `links` are recorded."""
    recorded = "".join(f"\n\n![{link.rpartition('.')[2]}]({link})\n" for link in links)
    return parse(f"Title: Redes\n\n```python\n{options}x = 1\n```\n{recorded}", path, "yes")


def pictures(*extensions: str) -> list[Display]:
    return [Display("figure", "", EXTENSIONS[extension]) for extension in extensions]


def encoded(image: Image.Image, kind: str = "PNG", level: int = 6) -> bytes:
    file = io.BytesIO()
    if kind == "PNG":
        image.save(file, kind, compress_level=level)
    else:
        image.save(file, kind)
    return file.getvalue()


def gradient(size: tuple[int, int] = (16, 9)) -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert("RGB")


def figure(mime: str, data: bytes) -> Figure:
    return decode(Display("figure", base64.b64encode(data).decode(), mime), "assets/a")
