"""Pelican's settings → `SiteSettings`; what is wrong with a setting is said by its name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from executable_posts.errors import Problem, ProblemError, one_of

from .repository import Repository, repository

RemotePictures = Literal["fetch", "local"]


@dataclass(frozen=True)
class SiteSettings:
    """What the settings of a site say to this plugin; `content` is a folder in `root`."""

    root: Path
    content: Path
    theme: Path
    cache: Path
    output: Path
    name: str
    address: str
    """Without a slash at its end; empty at home, where the site has none."""
    language: str
    style_sheets: tuple[str, ...]
    scripts: tuple[str, ...]
    search_scripts: tuple[str, ...]
    repository: Repository | None
    remote_pictures: RemotePictures
    search: bool


def _files(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise ValueError("a list of files of the theme is expected")
    for name in value:
        if Path(name).is_absolute():
            raise ValueError(f'"{name}" is no path from the folder of the theme')
    return tuple(value)


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("True or False is expected")


def _text(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError("a text is expected")


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _remote_pictures(value: object) -> str:
    if value in get_args(RemotePictures):
        return str(value)
    raise ValueError(one_of(str(value), get_args(RemotePictures)))


# Name, how it is read, and what holds where a site does not set it.
_SETTINGS: Mapping[str, tuple[Callable[[object], Any], Any]] = {
    "STYLE_SHEETS": (_files, ()),
    "SCRIPTS": (_files, ()),
    "SEARCH_SCRIPTS": (_files, ()),
    "REPOSITORY": (_optional_text, None),
    "REPOSITORY_BRANCH": (_text, "main"),
    "REMOTE_PICTURES": (_remote_pictures, "fetch"),
    "SEARCH": (_boolean, True),
}

DEFAULTS: Mapping[str, object] = {name: default for name, (_, default) in _SETTINGS.items()}
"""What holds for each setting that a site does not set."""


def read(settings: Mapping[str, Any]) -> SiteSettings:
    """This plugin's settings in those of a Pelican site.

    Raises `ProblemError` for a value that is not allowed.
    """
    values = {name: _value(settings, name) for name in _SETTINGS}
    content = Path(settings["PATH"]).resolve()
    try:
        home = repository(values["REPOSITORY"], values["REPOSITORY_BRANCH"])
    except ValueError as error:
        raise _not_allowed(settings, "REPOSITORY", error) from None
    return SiteSettings(
        root=content.parent,
        content=content,
        theme=Path(settings["THEME"]).resolve(),
        cache=content.parent / ".cache" / "readable_site",
        output=Path(settings["OUTPUT_PATH"]).resolve(),
        name=str(settings["SITENAME"]),
        address=str(settings["SITEURL"] or "").rstrip("/"),
        language=str(settings["DEFAULT_LANG"]),
        style_sheets=values["STYLE_SHEETS"],
        scripts=values["SCRIPTS"],
        search_scripts=values["SEARCH_SCRIPTS"],
        repository=home,
        remote_pictures=values["REMOTE_PICTURES"],
        search=values["SEARCH"],
    )


def _value(settings: Mapping[str, Any], name: str) -> Any:
    reader, default = _SETTINGS[name]
    if name not in settings:
        return default
    try:
        return reader(settings[name])
    except ValueError as error:
        raise _not_allowed(settings, name, error) from None


def _not_allowed(settings: Mapping[str, Any], name: str, error: ValueError) -> ProblemError:
    message = f"{name} = {settings[name]!r} is not allowed: {error}"
    return ProblemError(Problem("settings", message))
