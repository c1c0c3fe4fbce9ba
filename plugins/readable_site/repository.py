"""Where the sources of a blog are seen on the web, and what opens its notebooks there."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

_ADDRESS = re.compile(r"https://(?P<host>[\w.-]+)/(?P<name>[\w.-]+(?:/[\w.-]+)+)/?")


@dataclass(frozen=True)
class Repository:
    """A repository at a host whose addresses are known; methods take a path below its root."""

    host: str
    name: str
    branch: str

    def source(self, path: str) -> str:
        """The page that shows the file `path`."""
        page = _HOSTS[self.host]
        return f"https://{self.host}/{self.name}/{page}/{quote(self.branch)}/{quote(path)}"

    def colab(self, path: str) -> str | None:
        """What opens the notebook `path` in Colab, which knows GitHub alone."""
        if self.host != "github.com":
            return None
        place = f"{self.name}/blob/{quote(self.branch)}/{quote(path)}"
        return f"https://colab.research.google.com/github/{place}"

    def binder(self, path: str) -> str | None:
        """What opens the notebook `path` in Binder."""
        where = _BINDER.get(self.host)
        if where is None:
            return None
        branch = quote(self.branch, safe="")
        return f"https://mybinder.org/v2/{where(self.name)}/{branch}?labpath={quote(path, safe='')}"


# The host → what stands before the branch in the address of a file.
_HOSTS = {"github.com": "blob", "gitlab.com": "-/blob", "codeberg.org": "src/branch"}
# See https://mybinder.readthedocs.io/en/latest/howto/external-binder-setup.html for the providers.
_BINDER: dict[str, Callable[[str], str]] = {
    "github.com": lambda name: f"gh/{name}",
    "gitlab.com": lambda name: f"gl/{quote(name, safe='')}",
}


def repository(address: str | None, branch: str) -> Repository | None:
    """The repository at `address`; `None` without one.

    Raises `ValueError` if no repository of a known host has such an address.
    """
    if address is None:
        return None
    found = _ADDRESS.fullmatch(address)
    if found is None or found["host"] not in _HOSTS:
        known = ", ".join(_HOSTS)
        raise ValueError(
            f'an address like "https://github.com/owner/name" is expected, at one of {known}'
        )
    return Repository(found["host"], found["name"].removesuffix(".git"), branch)
