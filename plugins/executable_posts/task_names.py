"""What is typed after `invoke`: posts behind `rebuild`, and names that are no tasks."""

from collections.abc import Collection
from difflib import get_close_matches

_ELSEWHERE = {
    # Names of the tasks.py and the Makefile that `pelican-quickstart` writes, and of ghp-import.
    "regenerate": "preview",
    "livereload": "preview",
    "devserver": "preview",
    "devserver-global": "preview",
    "serve-global": "serve",
    "html": "build",
    "gh-pages": "publish",
    "ghp-import": "publish",
    "github": "publish",
    "rsync-upload": "publish",
    "ssh-upload": "publish",
    "deploy": "publish",
    "upload": "publish",
    # And of other tools.
    "dev": "preview",
    "watch": "preview",
    "list": "--list",
    "help": "--list",
}


def posts_as_options(arguments: list[str]) -> list[str]:
    """`rebuild a.md b.md` as `rebuild --post a.md --post b.md`: the rest stays as it is.

    invoke knows only positional arguments that must be given, and takes others for tasks.
    """
    result: list[str] = []
    task_name = ""
    for argument in arguments:
        is_post = argument.endswith((".md", ".ipynb")) and result[-1:] != ["--post"]
        if task_name == "rebuild" and is_post:
            result += ["--post", argument]
            continue
        if not argument.startswith("-") and not is_post:
            task_name = argument
        result.append(argument)
    return result


def what_to_type(arguments: Collection[str], tasks: Collection[str]) -> str | None:
    """What to say where the first of `arguments` is meant for a task and is none; else `None`."""
    name = next(iter(arguments), "-").replace("_", "-")
    if name.startswith("-") or name in tasks:
        return None
    if name in _ELSEWHERE:
        return f"there is no task {name}: type `invoke {_ELSEWHERE[name]}`"
    near = get_close_matches(name, [*tasks, *_ELSEWHERE], n=1)
    hint = f"did you mean `invoke {_ELSEWHERE.get(near[0], near[0])}`? " if near else ""
    return f"there is no task {name}; {hint}`invoke --list` names all"
