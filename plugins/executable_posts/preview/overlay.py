"""What the preview adds to a page: its script and its style, from its own address."""

import html
import re
from pathlib import Path

from .messages import etag

STATIC = Path(__file__).with_name("static")
"""The files of the browser's side."""

_HEAD = re.compile(rb"</head\s*>", re.IGNORECASE)
_ADDED = (
    '<meta name="preview-version" content="{version}">'
    '<link rel="stylesheet" href="/_preview/preview.css">'
    '<script type="module" src="/_preview/preview.js"></script>'
)
_BARE = (
    "<!doctype html>\n<html><head><meta charset=utf-8><title>{title}</title></head>"
    "<body><main><h1>{title}</h1></main></body></html>\n"
)


def injected(body: bytes) -> bytes:
    """The page `body` with what the preview adds; all else stays, byte for byte."""
    added = _ADDED.format(version=etag(body)).encode()
    found = _HEAD.search(body)
    at = found.start() if found else 0
    return body[:at] + added + body[at:]


def bare(title: str) -> bytes:
    """A page for where the site has none; what is wrong stands above it."""
    return _BARE.format(title=html.escape(title)).encode()
