"""The kernel's home, for what found out where it is before it was a kernel's."""

import os
from types import ModuleType

from .after_import import after_import


def install() -> None:
    """Let Keras, which looks for its folder when it is imported, keep its files in this home."""
    after_import("keras.src.backend.config", _adapt)


def _adapt(module: ModuleType) -> None:
    if "KERAS_HOME" not in os.environ:
        folder = os.path.join(os.path.expanduser("~"), ".keras")
        # Where its folder is not there, Keras takes one that all users share.
        os.makedirs(folder, exist_ok=True)
        module._KERAS_DIR = folder  # type: ignore[attr-defined]
