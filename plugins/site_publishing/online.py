"""Asking the published address which version readers get."""

import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from .addresses import SiteAddress
from .manifest import MARKER

_PATIENCE = 300.0
_LONGEST_PAUSE = 5.0


def version_online(address: SiteAddress) -> str:
    """What readers of `address` get now: a version, or why none is to be had."""
    try:
        front = _fetch(address.url(""))
        found = _fetch(address.url(MARKER)).decode("ascii", errors="replace").strip()
    except (OSError, ValueError) as error:  # URLError is an OSError
        return f"nothing ({error})"
    return found if front else "an empty page"


def _fetch(url: str) -> bytes:
    # Caches on the way hold what was there before under the plain address.
    request = urllib.request.Request(  # noqa: S310  SITEURL is http or https
        f"{url}?{secrets.token_hex(8)}", headers={"Cache-Control": "no-cache"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  as above
        data: bytes = answer.read()
    return data


def wait_for(
    version: str,
    online: Callable[[], str],
    *,
    patience: float = _PATIENCE,
    sleep: Callable[[float], None] = time.sleep,
) -> str | None:
    """Ask until `version` is `online`; gives what was there instead when `patience` has run out.

    `patience` is in seconds of waiting, asking not counted.
    """
    waited, pause = 0.0, 0.5
    while (found := online()) != version:
        if waited >= patience:
            return found
        sleep(pause)
        waited += pause
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    return None
