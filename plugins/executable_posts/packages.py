"""Which packages are installed here, and in which versions."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata

_WHEEL = "pelican-executable-posts"
_REQUIREMENTS = {"run": "requirements.txt", "dask": "requirements-dask.txt"}


def installed_version(package: str) -> str | None:
    """The version of an installed package; `None` if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def how_to_install(extra: str) -> str:
    """The command that installs what `extra` of the plugin takes, as the plugin itself came here.

    A blog that holds the plugin's sources pins all that it needs; another one installed its wheel.
    """
    if installed_version(_WHEEL) is not None:
        return f'pip install "{_WHEEL}[{extra}]"'
    return f"pip install --require-hashes -r {_REQUIREMENTS[extra]}"


def versions(modules: Iterable[str]) -> dict[str, str]:
    """The versions of the installed packages to which top-level `modules` belong."""
    owners = _owners()
    packages = {owner for module in modules for owner in owners.get(module, ())}
    return {package: metadata.version(package) for package in sorted(packages)}


@cache
def _owners() -> Mapping[str, list[str]]:
    """Top-level module → the installed packages that hold it; to find out takes 40 ms."""
    return metadata.packages_distributions()
