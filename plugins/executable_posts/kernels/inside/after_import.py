"""Calling back once a module was imported, so that it can be adapted without importing it early."""

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


def after_import(name: str, callback: Callable[[ModuleType], None]) -> None:
    """Call `callback` with the module `name` as soon as its code was run, now if it was already."""
    if name in sys.modules:
        callback(sys.modules[name])
    else:
        sys.meta_path.insert(0, _Finder(name, callback))


class _Finder:
    def __init__(self, name: str, callback: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._callback = callback

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self._name:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def run_and_call_back(module: ModuleType) -> None:
            run(module)
            self._callback(module)

        # The loader is this spec's own, so that nothing else is changed by it.
        loader: Any = spec.loader
        loader.exec_module = run_and_call_back
        return spec
