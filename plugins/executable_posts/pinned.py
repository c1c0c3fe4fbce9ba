"""Whether the packages are installed that a requirements file pins; without `pip`, in no time."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from .packages import installed_version

_PIN = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\\n]+))?", re.M
)


@dataclass(frozen=True)
class Installed:
    """How many packages are pinned for this machine, and how what is installed differs."""

    count: int
    differences: tuple[str, ...]

    @property
    def example(self) -> str:
        """Some of the differences, in words."""
        more = ", …" if len(self.differences) > 3 else ""
        return ", ".join(self.differences[:3]) + more


def compare(requirements: str) -> Installed:
    """The pins in the text of a requirements file, against what this Python has installed."""
    applies = _markers()
    pins = [
        (found["name"], found["version"])
        for found in _PIN.finditer(requirements)
        if applies(found["marker"] or "")
    ]
    differences = []
    for name, version in pins:
        installed = installed_version(name)
        if installed is None:
            differences.append(f"no {name}")
        elif installed != version:
            differences.append(f"{name} {installed}, pinned is {version}")
    return Installed(len(pins), tuple(differences))


def _markers() -> Callable[[str], bool]:
    """Whether an environment marker (PEP 508) holds here.

    Where nothing is installed that reads them, none is taken to hold: better than to name packages
    as missing that only Windows needs.
    """
    for module in ("packaging.markers", "pip._vendor.packaging.markers"):
        try:
            marker = import_module(module).Marker
        except ModuleNotFoundError:
            continue
        return lambda text: not text or bool(marker(text).evaluate())
    return lambda text: not text
