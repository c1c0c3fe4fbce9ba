"""What calls may do to what they are given, to random generators, to files."""

import ast
from collections.abc import Iterable, Sequence

from . import knowledge
from .items import ALL, CHANGES_ARGUMENTS, FILES, SETTINGS, STYLE, random_state
from .names import BUILTINS, exposed, kind_of
from .objects import Objects

_OF_ARTISTS = frozenset(
    {"sca", "delaxes", "figure", "setp", "colorbar", "sci", "close", "clf", "clabel"}
)
_TELLS_AXES = frozenset({"ax", "axes", "fig", "cax", "figure", "artist"})


class Calls(Objects):
    """The same, with calls."""

    def _call(self, node: ast.Call) -> None:
        """What `node` does, beside what its parts do."""
        given = [*node.args, *(word.value for word in node.keywords)]
        words = {word.arg for word in node.keywords}
        full = self._names.full_name(node.func)
        match node.func:
            case ast.Name(id=name) if name in BUILTINS and name not in self._names.kinds:
                self._call_builtin(name, given)
            case ast.Name(id=name) if self._is_local(name):
                self._changes_local = True
                self._use(_all_exposed(given))
            case _ if full is not None and not self._is_local(full.partition(".")[0]):
                self._call_of_module(full, given, words)
            case ast.Name(id=name) if self._names.kind(name) == "function":
                self._call_own(name, given)
            case ast.Attribute(value=receiver, attr=method):
                self._call_method(receiver, method, given, words)
            case _:
                self._use(exposed(node.func) | _all_exposed(given))
                self._touch_files(getattr(node.func, "id", ""))

    def _call_builtin(self, name: str, given: Sequence[ast.expr]) -> None:
        if name in knowledge.OPAQUE:
            self._writes.add(ALL)
        elif name in knowledge.LOOKING or name.endswith(("Error", "Exception", "Warning")):
            return
        elif name in knowledge.GOING_THROUGH:
            for one in given:
                self._go_through(one)
        else:
            self._touch_files(name)
            self._use(_all_exposed(given))

    def _call_of_module(self, full: str, given: Sequence[ast.expr], words: set[str | None]) -> None:
        package, last = full.partition(".")[0], full.rpartition(".")[2]
        if last in knowledge.OPAQUE:
            self._writes.add(ALL)
        self._draw_or_seed(full)
        self._touch_files(last)
        parts = full.split(".")[1:]
        if package in knowledge.PLOTTING:
            self._reads.add(STYLE)
            self._writes |= {STYLE} if any(map(knowledge.sets_style, parts)) else set()
            if words & _TELLS_AXES or last in _OF_ARTISTS:
                self._use(_all_exposed(given))
            return
        self._writes |= {SETTINGS} if any(map(knowledge.sets_settings, parts)) else set()
        changes = (
            last in knowledge.ARRAY_FUNCTIONS_THAT_CHANGE or words & knowledge.CHANGING_KEYWORDS
        )
        if package in knowledge.HARMLESS or (package in knowledge.ARRAYS and not changes):
            for one in given:
                if kind_of(one, self._names) == "iterator":
                    self._change(exposed(one))
        elif full not in {"copy.copy", "copy.deepcopy"}:
            self._use(_all_exposed(given))

    def _draw_or_seed(self, full: str) -> None:
        seeded = set(map(random_state, knowledge.seeds(full)))
        if not seeded:
            self._draw(full)
        self._writes |= seeded
        if not self._local:
            self._defined |= seeded

    def _call_own(self, name: str, given: Sequence[ast.expr]) -> None:
        bodies = [self._body(name, one) for one in self._names.functions.get(name, ())]
        if not bodies or any(CHANGES_ARGUMENTS in body.writes for body in bodies):
            self._use(_all_exposed(given))
        else:
            for one in given:
                self._go_through(one)

    def _call_method(
        self, receiver: ast.expr, method: str, given: Sequence[ast.expr], words: set[str | None]
    ) -> None:
        kind = kind_of(receiver, self._names)
        if isinstance(receiver, ast.Name) and self._is_local(receiver.id):
            kind = "unknown"
        if kind == "immutable":
            for one in given:
                self._go_through(one)
            return
        if kind == "plain" and method in knowledge.PLAIN_METHODS:
            return
        if kind == "plain":
            self._change(exposed(receiver))
            for one in given:
                self._go_through(one)
            return
        self._touch_files(method)
        changes = method in knowledge.ARRAY_CHANGES or bool(words & knowledge.CHANGING_KEYWORDS)
        if kind == "array" and not changes:
            return
        self._use(exposed(receiver) | _all_exposed(given))
        for module in self._modules(exposed(receiver)):
            self._draw(f"{module}.{method}")

    def _touch_files(self, name: str) -> None:
        if knowledge.reads_files(name):
            self._reads.add(FILES)
        if knowledge.writes_files(name):
            self._reads.add(FILES)
            self._writes.add(FILES)


def _all_exposed(nodes: Iterable[ast.expr]) -> set[str]:
    return {name for node in nodes for name in exposed(node)}
