"""For what found out, when it was imported, where it is: it may have been in no kernel then."""

import os
from types import ModuleType

from .after_import import after_import

_COLUMNS_IN_A_KERNEL = 20


def install() -> None:
    """Let Keras keep its files in this home, and pandas show a table as in any kernel."""
    after_import("keras.src.backend.config", _adapt_keras)
    after_import("pandas.core.config_init", _adapt_pandas)


def _adapt_pandas(_: ModuleType) -> None:
    # Where it takes itself to be in a terminal, it shows as many columns as fit into one.
    import pandas as pd

    pd.set_option("display.max_columns", _COLUMNS_IN_A_KERNEL)


def _adapt_keras(module: ModuleType) -> None:
    if "KERAS_HOME" not in os.environ:
        folder = os.path.join(os.path.expanduser("~"), ".keras")
        # Where its folder is not there, Keras takes one that all users share.
        os.makedirs(folder, exist_ok=True)
        module._KERAS_DIR = folder  # type: ignore[attr-defined]
