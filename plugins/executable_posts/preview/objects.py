"""Names and the objects behind them, as code that runs reads, binds and changes them."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from . import knowledge
from .items import ALL, FILES, SETTINGS, STYLE, Effects, random_state
from .names import BUILTINS, Function, Names, exposed, kind_of

_UNTOUCHED_BY_CALLS = frozenset({"immutable", "module", "function", "class"})


class Objects(ABC):
    """Collects what is read and written, in the order in which it is; `_defined` has the items that
    were set here, and so need no value from elsewhere."""

    def __init__(self, names: Names, called: dict[str, Effects]) -> None:
        self._names = names
        self._called = called
        self._reads: set[str] = set()
        self._writes: set[str] = set()
        self._defined: set[str] = set()
        self._local: list[set[str]] = []
        self._changes_local = False

    @contextmanager
    def _perhaps(self) -> Iterator[None]:
        """What is defined within it may not be defined afterwards."""
        before = set(self._defined)
        yield
        self._defined = before

    @contextmanager
    def _scope(self, own: set[str]) -> Iterator[None]:
        self._local.append(own)
        yield
        self._local.pop()

    def _is_local(self, name: str) -> bool:
        return any(name in scope for scope in self._local)

    def _load(self, name: str) -> None:
        if self._is_local(name):
            return
        item = f"name:{name}"
        if item not in self._defined:
            self._reads.add(item)
            if knowledge.HISTORY.fullmatch(name):
                self._writes.add(ALL)
        if name in BUILTINS and name not in self._names.kinds:
            return
        if self._has_content(name):
            self._read_object(name)
        if name in self._names.functions or self._is_of_own_class(name):
            self._run(name)
        if self._drawn_by(name):
            self._reads.add(STYLE)

    def _is_of_own_class(self, name: str) -> bool:
        origins = self._names.origins.get(name, frozenset())
        return any(self._names.kind(origin) == "class" for origin in origins)

    def _drawn_by(self, name: str) -> bool:
        """Whether how it is drawn, if it is, may depend on the style."""
        return any(
            module.partition(".")[0] in knowledge.PLOTTING | {"pandas"}
            or module.partition(".")[0] not in knowledge.KNOWN
            for module in self._modules({name})
        )

    def _modules(self, names: Iterable[str]) -> set[str]:
        """The modules from which the objects of `names` may come."""
        known = self._names.modules
        every = {
            origin
            for name in names
            for origin in (name, *self._names.origins.get(name, frozenset()))
        }
        return {known[name] for name in every if name in known}

    def _bind(self, name: str) -> None:
        if self._is_local(name):
            return
        self._writes.add(f"name:{name}")
        self._defined.add(f"name:{name}")

    def _has_content(self, name: str) -> bool:
        """Whether the object of `name` may be changed, other than by binding the name anew."""
        return self._names.kind(name) not in _UNTOUCHED_BY_CALLS

    def _read_object(self, name: str) -> None:
        item = self._object(name)
        if item not in self._defined:
            self._reads.add(item)

    def _object(self, name: str) -> str:
        return f"object:{self._names.object(name)}"

    def _change_module(self, full: str) -> None:
        package = full.partition(".")[0]
        self._writes.add(STYLE if package in knowledge.PLOTTING else SETTINGS)
        self._writes.add(f"state:module.{package}")
        if package == "os":
            self._writes.add(FILES)

    def _change(self, names: Iterable[str]) -> None:
        """The objects of `names` may be changed."""
        for name in names:
            if self._is_local(name):
                self._changes_local = True
            elif self._has_content(name):
                self._writes.add(self._object(name))
                self._read_object(name)

    def _use(self, names: Iterable[str]) -> None:
        """The objects of `names` may do, and have done to them, all that such objects can."""
        names = set(names)
        self._change(names)
        self._run_all(names)
        for module in self._modules(names):
            self._draw(module)

    def _draw(self, module: str) -> None:
        for generator in knowledge.draws(module):
            item = random_state(generator)
            self._writes.add(item)
            if item not in self._defined:
                self._reads.add(item)
        package = module.partition(".")[0]
        if package not in knowledge.KNOWN:
            self._reads |= {f"state:module.{package}", STYLE}
            self._writes.add(f"state:module.{package}")

    # What is run later, when it is called

    def _run_all(self, names: Iterable[str]) -> None:
        for name in names:
            if not self._is_local(name):
                self._run(name)

    def _run(self, name: str) -> None:
        """Whatever functions `name` may be, or lead to, may be called."""
        for one in {name} | self._names.origins.get(name, frozenset()):
            for function in self._names.functions.get(one, ()):
                effects = self._body(one, function)
                self._writes |= effects.writes
                self._reads |= effects.reads - self._defined
            leads_on = one in self._names.functions or name in self._names.functions
            if leads_on and one not in {name, *BUILTINS} and f"name:{one}" not in self._defined:
                self._reads.add(f"name:{one}")

    def _go_through(self, node: ast.expr) -> None:
        """`node` is gone through, which changes it if it is an iterator."""
        if isinstance(node, ast.Name | ast.Attribute) and kind_of(node, self._names) in {
            "unknown",
            "iterator",
        }:
            self._use(exposed(node))

    @abstractmethod
    def _body(self, name: str, function: Function) -> Effects:
        """What a call of `function` does."""
