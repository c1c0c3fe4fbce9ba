"""What the tests use of npm: `invoke browser` installs it into tests/npm/node_modules."""

from pathlib import Path

_MODULES = Path(__file__).resolve().parent / "npm" / "node_modules"


def npm_file(name: str) -> Path:
    """A file of an npm package.

    Raises `FileNotFoundError` with what to do if it is not there.
    """
    file = _MODULES / name
    if not file.exists():
        raise FileNotFoundError(f"{name} is not here for the tests: `invoke browser` installs it")
    return file
