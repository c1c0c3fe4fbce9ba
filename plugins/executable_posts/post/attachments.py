"""The pictures that are attached to a Markdown cell of a notebook."""

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote


def with_attachments(text: str, addresses: Mapping[str, str]) -> str:
    """`text` with the addresses of the pictures that it calls ``attachment:name``."""
    # The longest first: one name may begin with another.
    for name in sorted(addresses, key=len, reverse=True):
        for written in dict.fromkeys((name, quote(name))):
            text = text.replace(f"attachment:{written}", addresses[name])
    return text


def attached_file(bundle: object) -> tuple[str, bytes] | None:
    """The MIME type and the content of an attachment."""
    if not isinstance(bundle, Mapping) or not bundle:
        return None
    mime, value = next(iter(bundle.items()))
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", mime):
        return None
    content = "".join(value) if isinstance(value, list) else str(value)
    try:
        return mime, base64.b64decode("".join(content.split()), validate=True)
    except ValueError:
        return mime, content.encode()  # SVG may stand there as it is


def data_addresses(cell: Mapping[str, Any]) -> dict[str, str]:
    """The pictures attached to `cell`, as ``data:`` addresses: a post has no files of its own."""
    attachments = cell.get("attachments")
    if not isinstance(attachments, Mapping):
        return {}
    files = {name: attached_file(bundle) for name, bundle in attachments.items()}
    return {
        name: f"data:{file[0]};base64,{base64.b64encode(file[1]).decode()}"
        for name, file in files.items()
        if file is not None
    }
