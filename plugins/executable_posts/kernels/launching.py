"""How a new Python finds our code: the package is on its path only while it is imported."""

import os
from pathlib import Path


def launch_code(module: str) -> str:
    """What ``python -c`` runs to call `main` in `module`, a module of this package."""
    package = __package__ or ""
    root = os.fspath(Path(__file__).resolve().parents[package.count(".") + 1])
    return (
        f"import sys; sys.path.insert(0, {root!r}); "
        f"from {package}.{module} import main; sys.path.remove({root!r}); main()"
    )
