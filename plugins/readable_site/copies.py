"""Copies of pictures that posts show from other hosts: in ``content/images/remote``, for ever.

They are got once, when a build first wants them, and are then files of the blog like any other.
"""

import hashlib
import io
import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit

from PIL import Image, UnidentifiedImageError

from .files import write
from .remote import Kept

FOLDER = "images/remote"
"""Below the folder of contents."""

_SECONDS = 4.0
_MOST_BYTES = 20 << 20
_RETRY = 24 * 3600
_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "GIF": ".gif", "WEBP": ".webp", "AVIF": ".avif"}
Download = Callable[[str], bytes]


class Copies:
    """The copies in `content`; those that are missing are downloaded, if there is a `download`.

    A host that did not answer, or had no picture at an address, is not asked again before tomorrow:
    `memory` is the file that knows.
    """

    def __init__(self, content: Path, memory: Path, download: Download | None) -> None:
        self._content = content
        self._memory = memory
        self._download = download
        self._silent = _read(memory)

    def kept(self, address: str) -> Kept | None:
        """The copy of the picture at `address`; `None` if there is none and none can be had."""
        whole = f"https:{address}" if address.startswith("//") else address
        file = self._file(whole)
        if file is None:
            data = self._fetched(whole)
            if data is None:
                return None
            file = self._content / FOLDER / (stem(whole) + _suffix(data))
            write(file, data)
        with Image.open(file) as picture:
            width, height = picture.size
        return Kept(f"{{static}}/{file.relative_to(self._content).as_posix()}", width, height)

    def _file(self, address: str) -> Path | None:
        """The copy that is there; one that is no picture counts as none."""
        name = stem(address)
        for file in sorted((self._content / FOLDER).glob(f"{name}.*")):
            try:
                _suffix(file.read_bytes())
            except (OSError, ValueError):
                continue
            return file
        return None

    def _fetched(self, address: str) -> bytes | None:
        host = urlsplit(address).netloc
        if self._download is None or self._is_silent(host) or self._is_silent(address):
            return None
        try:
            data = self._download(address)
            _suffix(data)
        except (ValueError, HTTPError):  # it answered, but not with a picture for browsers
            self._note(address)
        except OSError:
            self._note(host)
        else:
            return data
        return None

    def _is_silent(self, name: str) -> bool:
        return time.time() - self._silent.get(name, 0) < _RETRY

    def _note(self, name: str) -> None:
        self._silent[name] = time.time()
        write(self._memory, json.dumps(self._silent, indent=1).encode())


def stem(address: str) -> str:
    """The name of the copy of `address`, without its ending: readable, and no other's.

    >>> stem("https://a.org/max/1*Zb.png")
    '1-Zb-68bb0722'
    """
    path = unquote(urlsplit(address).path).rpartition("/")[2].rpartition(".")
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", path[0] or path[2]).strip("-")[:60]
    digest = hashlib.sha256(address.encode()).hexdigest()[:8]
    return f"{readable}-{digest}" if readable else digest


def download(address: str) -> bytes:
    """What is at `address`; `OSError` if nothing is had of it within a few seconds."""
    answer: list[bytes | OSError | ValueError] = []

    def ask() -> None:
        try:
            answer.append(_get(address))
        except (OSError, ValueError) as error:
            answer.append(error)

    # To find the address of a host has a time limit of its own, which nobody can set.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_SECONDS)
    if not answer:
        raise TimeoutError(f"{address} did not answer within {_SECONDS:.0f} s")
    if isinstance(answer[0], Exception):
        raise answer[0]
    return answer[0]


def _get(address: str) -> bytes:
    if urlsplit(address).scheme not in {"http", "https"}:
        raise ValueError(f"{address} is no address of the web")
    # Some hosts refuse a client that says it is a program.
    request = urllib.request.Request(address, headers={"User-Agent": "Mozilla/5.0"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
        data: bytes = response.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError(f"{address} is larger than {_MOST_BYTES >> 20} MiB")
    return data


def _suffix(data: bytes) -> str:
    """The ending of a file that holds the picture `data`; `ValueError` if it is none."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.verify()
            kind = picture.format or ""
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError) as error:
        raise ValueError(str(error)) from None
    if kind not in _SUFFIXES:
        raise ValueError(f"{kind} is not shown by all browsers")
    return _SUFFIXES[kind]


def _read(memory: Path) -> dict[str, float]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
        return {str(host): float(when) for host, when in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
