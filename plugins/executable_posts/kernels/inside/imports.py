"""Which modules a run imports, and modules that were imported before the run began.

A forked kernel finds in its memory what its server imported. Were that in `sys.modules` at once,
nobody could tell what the post itself imports, and libraries that look there for others would
behave as they do in no plain kernel. So a kernel hides it first: it comes back, at no cost, when
it is imported, together with all that it had imported itself.
"""

import builtins
import importlib
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def _package(name: str) -> str:
    return name.partition(".")[0]


# Whose frames stand between an import and the code that asks for it.
_IMPORTING = frozenset({"importlib", "_frozen_importlib", _package(__name__), "runpy"})


class Preloaded:
    """Modules that were imported beforehand.

    `modules` holds those of each top-level package, `needs` which other packages it imported;
    `grown` are packages of the kernel's own of which more was imported.
    """

    def __init__(self) -> None:
        self.modules: dict[str, dict[str, ModuleType]] = {}
        self.needs: defaultdict[str, set[str]] = defaultdict(set)
        self.grown: set[str] = set()


def preload(name: str, into: Preloaded) -> None:
    """Import the module `name` and note `into` what that brings."""
    names_before = set(sys.modules)
    before = {_package(known) for known in names_before} - set(into.modules)
    with _imports_told_to(into, _package(name)):
        importlib.import_module(name)
    for known, module in list(sys.modules.items()):
        package = _package(known)
        if package in sys.stdlib_module_names:
            continue
        if package not in before:
            into.modules.setdefault(package, {})[known] = module
        elif known not in names_before:
            into.grown.add(package)


@contextmanager
def _imports_told_to(preloaded: Preloaded, cause: str) -> Iterator[None]:
    """Note in `preloaded` which package imports, or looks for, which other.

    What packages that were there before import now, they import because of `cause`, and would not
    without it. A finder is asked for what is not there yet; what is there is only seen by whoever
    stands in place of the functions that import.
    """
    there_before = set(preloaded.modules)
    original: Any = builtins.__import__
    original_by_name: Any = importlib.import_module

    def note(name: str) -> None:
        package, imported = _importer(), _package(name)
        if package != imported and imported not in sys.stdlib_module_names:
            preloaded.needs[cause if package in there_before else package].add(imported)

    class Lookups:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            note(name)

    def noting(
        name: str,
        globals: object = None,  # noqa: A002  as they are called in `__import__`
        locals: object = None,  # noqa: A002
        fromlist: object = (),
        level: int = 0,
    ) -> Any:
        if level == 0:
            note(name)
        return original(name, globals, locals, fromlist, level)

    def noting_by_name(name: str, package: str | None = None) -> Any:
        if not name.startswith("."):
            note(name)
        return original_by_name(name, package)

    finder: Any = Lookups()
    replaced: Any = importlib
    sys.meta_path.insert(0, finder)
    builtins.__import__, replaced.import_module = noting, noting_by_name
    try:
        yield
    finally:
        builtins.__import__, replaced.import_module = original, original_by_name
        sys.meta_path.remove(finder)


def _importer() -> str:
    """The package of the code that imports something: the nearest that only imports for others."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _package(frame.f_globals.get("__name__", "")) in _IMPORTING:
        frame = frame.f_back
    return _package(frame.f_globals.get("__name__", ""))


class ImportWatch:
    """A finder that finds nothing new: it is asked for every module that is not there yet."""

    def __init__(self, preloaded: Preloaded) -> None:
        """Hide `preloaded`."""
        self._hidden = preloaded.modules
        self._needs = preloaded.needs
        self._grown = preloaded.grown
        self.note: Callable[[str], None] = lambda _: None
        for modules in self._hidden.values():
            for name in modules:
                sys.modules.pop(name, None)

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Note that `name` is imported; find it if it is hidden."""
        package = _package(name)
        if package not in sys.stdlib_module_names:
            self.note(package)
        if name not in self._hidden:
            return None
        need = self._needs[name]
        for grown in sorted(need & self._grown):
            self.note(grown)
        return ModuleSpec(name, _Return(self._hidden.pop(name), need))


class _Return(Loader):
    """A loader that puts hidden modules back, and with them the packages that they `need`."""

    def __init__(self, modules: Mapping[str, ModuleType], need: set[str]) -> None:
        self._modules = modules
        self._need = need
        self._spec: Any = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = self._modules[spec.name]
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has put there a spec of ours, which knows no file.
        module.__spec__ = self._spec
        sys.modules.update(self._modules)
        for package in sorted(self._need - sys.modules.keys()):
            try:
                importlib.import_module(package)
            except ImportError:  # it was looked for in vain before, too
                continue
