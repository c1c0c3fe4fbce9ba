"""Calling back once a module was imported, so that it can be adapted without importing it early."""

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Callback = Callable[[ModuleType], None]

_waiting: dict[str, list[Callback]] = {}


def after_import(name: str, callback: Callback) -> None:
    """Call `callback` with the module `name` as soon as its code was run, now if it was already."""
    if name in sys.modules:
        callback(sys.modules[name])
    elif name in _waiting:
        _waiting[name].append(callback)
    else:
        _waiting[name] = [callback]
        sys.meta_path.insert(0, _Finder(name))


class _Finder:
    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self._name:
            return None
        spec = self._found_by_others(path, target)
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def run_and_call_back(module: ModuleType) -> None:
            run(module)
            for callback in _waiting.pop(name, ()):
                callback(module)

        # The loader is this spec's own, so that nothing else is changed by it.
        loader: Any = spec.loader
        loader.exec_module = run_and_call_back
        return spec

    def _found_by_others(
        self, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        """What would be imported without us: a module may be hidden in memory, and in no file."""
        finders = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(self._name, path, target) for finder in finders)
        return next((spec for spec in found if spec is not None), None)
