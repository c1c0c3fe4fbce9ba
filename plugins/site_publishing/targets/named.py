"""The setting PUBLISH_TARGETS → targets; what is wrong with it is said by its name."""

import re
from collections.abc import Mapping
from pathlib import Path

from executable_posts.errors import Problem, ProblemError, one_of

from .base import Target
from .export import ExportTarget
from .git import GitTarget
from .local import LocalHost
from .releases import ReleaseTarget
from .remote import RemoteHost

CACHE = Path(".cache", "publish")
"""Where publishing keeps what it needs, below the folder of the blog."""

EXAMPLE = """\
PUBLISH_TARGETS = {
    "pages": "git:origin#gh-pages",          # a branch of a remote
    "server": "rsync:me@host:/srv/blog",     # the web server there shows /srv/blog/current
    "folder": "folder:/var/www/blog",        # the web server here shows /var/www/blog/current
    "public": "export:public",               # a plain folder, which CI gives to a host
}"""
_NAME = re.compile(r"[A-Za-z0-9][\w-]*")
_GIT = re.compile(r"git:(?P<remote>[^#]+)#(?P<branch>[^#\s]+)")
_RSYNC = re.compile(r"rsync:(?P<host>(?!-)[^:/\s]+):(?P<base>.+)")
_EXPORT = re.compile(r"export:(?P<base>[^/].*)")
_FOLDER = re.compile(r"folder:(?P<base>.+)")


def chosen_target(settings: object, name: str, root: Path, siteurl: str) -> Target:
    """The target `name` of the setting, or the first if `name` is empty.

    Paths are below `root`, the folder of the blog, which will be online at `siteurl`.
    Raises `ProblemError`.
    """
    if not isinstance(settings, Mapping):
        raise _problem('a dictionary is expected: {"pages": "git:origin#gh-pages"}')
    if not settings:
        raise _problem(f"no target is named. Write into publishconf.py, for example:\n\n{EXAMPLE}")
    wanted = name or next(iter(settings))
    if wanted not in settings:
        raise _problem(f'there is no target "{wanted}"; {one_of(wanted, map(str, settings))}')
    return _target(str(wanted), str(settings[wanted]), root, siteurl)


def _target(name: str, text: str, root: Path, siteurl: str) -> Target:
    if not _NAME.fullmatch(name):
        raise _problem(f'the name "{name}" may have letters, digits, - and _ only')
    if found := _GIT.fullmatch(text):
        return GitTarget(name, root, found["remote"], found["branch"], root / CACHE)
    if found := _RSYNC.fullmatch(text):
        base = found["base"].rstrip("/")
        return ReleaseTarget(name, f"{found['host']}:{base}", RemoteHost(name, found["host"], base))
    if found := _FOLDER.fullmatch(text):
        folder = root / Path(found["base"]).expanduser()
        return ReleaseTarget(name, str(folder), LocalHost(name, folder))
    if found := _EXPORT.fullmatch(text):
        return ExportTarget(name, root / found["base"], siteurl, root / CACHE)
    raise _problem(f'target "{name}": "{text}" is none of these:\n\n{EXAMPLE}')


def _problem(message: str) -> ProblemError:
    return ProblemError(Problem("PUBLISH_TARGETS", message))
