"""Pelican's settings → `BuildSettings`; what is wrong with a setting is said by its name."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from .errors import Problem, ProblemError, one_of
from .limits import DEFAULT, MEBIBYTE, Limits
from .post import Execute, Options
from .post.options import from_settings
from .render import WORDS, words_for
from .resources import cores
from .survey import BuildSettings, Policy

_ADDRESS = re.compile(r"(tcp|tls)://[^\s/]+:\d+")


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("True or False is expected")


def _word(*allowed: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value in allowed:
            return str(value)
        raise ValueError(one_of(str(value), allowed))

    return read


def _posts(value: object) -> Policy:
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return tuple(value)
    for policy in ("stale", "all", "frozen"):
        if value == policy:
            return policy
    raise ValueError(f"{one_of(str(value), ('stale', 'all', 'frozen'))}, or a list of posts")


def _positive(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError("a number above zero is expected")


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError("a whole number above zero is expected")


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise ValueError("a list of names is expected")


def _files_by_url(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError("a dictionary is expected: {url: file in content/data}")
    for url, name in value.items():
        if not isinstance(url, str) or not isinstance(name, str):
            raise ValueError("a dictionary of strings is expected: {url: file in content/data}")
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f'"{name}" is not in content/data')
    return dict(value)


def _cell_options(value: object) -> Options:
    if not isinstance(value, Mapping):
        raise ValueError('a dictionary is expected: {"fig-width": 6}')
    return from_settings(value)


def _address(value: object) -> str:
    if isinstance(value, str) and _ADDRESS.fullmatch(value):
        return value
    raise ValueError('an address like "tcp://host:8786" is expected')


# Name, how it is read, and what holds where a blog does not set it.
_SETTINGS: Mapping[str, tuple[Callable[[object], Any], Any]] = {
    "EXECUTE": (_word(*get_args(Execute)), "auto"),
    "EXECUTE_POSTS": (_posts, "stale"),
    "EXECUTE_CELL_DEFAULTS": (_cell_options, {}),
    "EXECUTE_SHELL": (_boolean, False),
    "EXECUTE_ON_ENVIRONMENT_CHANGE": (_boolean, False),
    "EXECUTE_TIMEOUT": (_positive, 300),
    "EXECUTE_WORKERS": (_count, None),
    "EXECUTE_THREADS": (_count, 2),
    "EXECUTE_ENVIRONMENT": (_names, ()),
    "EXECUTE_DATASETS": (_files_by_url, {}),
    "EXECUTE_KERNEL_SERVER": (_boolean, True),
    "EXECUTE_SCHEDULER": (_address, None),
    "EXECUTE_STYLESHEET": (_boolean, False),
    "EXECUTE_NETWORK": (_boolean, True),
    "EXECUTE_WRITABLE": (_names, ()),
    "EXECUTE_RUN_TIMEOUT": (_positive, DEFAULT.seconds),
    # In MiB.
    "EXECUTE_MEMORY_LIMIT": (_positive, DEFAULT.memory // MEBIBYTE),
    "EXECUTE_FILE_LIMIT": (_positive, DEFAULT.file // MEBIBYTE),
    "EXECUTE_DISK_LIMIT": (_positive, DEFAULT.disk // MEBIBYTE),
    "EXECUTE_OUTPUT_LIMIT": (_positive, DEFAULT.output // MEBIBYTE),
    "EXECUTE_PROCESS_LIMIT": (_count, DEFAULT.processes),
}

DEFAULTS: Mapping[str, object] = {name: default for name, (_, default) in _SETTINGS.items()}
"""What holds for each setting that a blog does not set."""


def read(settings: Mapping[str, Any]) -> BuildSettings:
    """The engine's settings in those of a Pelican site.

    Raises `ProblemError` for a value that is not allowed and for a name that begins with
    ``EXECUTE`` and is none of ours.
    """
    for name in settings:
        if name.startswith("EXECUTE") and name not in _SETTINGS:
            raise ProblemError(Problem("settings", f"unknown {name}: {one_of(name, _SETTINGS)}"))
    values = {name: _value(settings, name) for name in _SETTINGS}
    content = Path(settings["PATH"]).resolve()
    root = _root(content)
    return BuildSettings(
        root=root,
        content=content,
        cache=root / ".cache" / "executable_posts",
        words=words_for(str(settings["DEFAULT_LANG"]), WORDS["en"]),
        execute=values["EXECUTE"],
        policy=values["EXECUTE_POSTS"],
        cell_defaults=values["EXECUTE_CELL_DEFAULTS"] or Options(),
        shell_allowed=values["EXECUTE_SHELL"],
        rerun_on_environment_change=values["EXECUTE_ON_ENVIRONMENT_CHANGE"],
        timeout=values["EXECUTE_TIMEOUT"],
        workers=values["EXECUTE_WORKERS"] or cores(),
        threads=values["EXECUTE_THREADS"],
        timezone=str(settings.get("TIMEZONE") or "UTC"),
        environment=values["EXECUTE_ENVIRONMENT"],
        datasets=values["EXECUTE_DATASETS"],
        limits=Limits(
            seconds=values["EXECUTE_RUN_TIMEOUT"],
            memory=int(values["EXECUTE_MEMORY_LIMIT"] * MEBIBYTE),
            file=int(values["EXECUTE_FILE_LIMIT"] * MEBIBYTE),
            disk=int(values["EXECUTE_DISK_LIMIT"] * MEBIBYTE),
            output=int(values["EXECUTE_OUTPUT_LIMIT"] * MEBIBYTE),
            processes=values["EXECUTE_PROCESS_LIMIT"],
        ),
        network=values["EXECUTE_NETWORK"],
        kernel_server=values["EXECUTE_KERNEL_SERVER"],
        writable=tuple(root / name for name in values["EXECUTE_WRITABLE"]),
        scheduler=values["EXECUTE_SCHEDULER"],
        stylesheet=values["EXECUTE_STYLESHEET"],
    )


def _root(content: Path) -> Path:
    """The folder of the project: around the content, unless the settings lie among it."""
    return content if (content / "pelicanconf.py").is_file() else content.parent


def _value(settings: Mapping[str, Any], name: str) -> Any:
    reader, default = _SETTINGS[name]
    if name not in settings:
        return default
    try:
        return reader(settings[name])
    except ValueError as error:
        raise ProblemError(
            Problem("settings", f"{name} = {settings[name]!r} is not allowed: {error}")
        ) from None
