"""What the names in a post's cells stand for, as far as the code of all cells together shows it."""

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from . import knowledge

Kind = Literal["immutable", "plain", "array", "iterator", "module", "function", "class", "unknown"]
"""A number, text, truth value or range; a list, dictionary, set or tuple; what NumPy and pandas
make; what can be gone through once; …"""

BUILTINS = frozenset(dir(builtins))
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


@dataclass(frozen=True)
class Binding:
    """One place where a name gets a value: what is known of its kind, or what tells it, and all
    names that the value may hold or come from."""

    name: str
    value: ast.expr | Kind
    sources: frozenset[str]


@dataclass
class Names:
    """All names of a program. `modules` has the full names of what was imported, `parts` for each
    name the others with which it may share an object, `origins` all it may have been made of."""

    modules: Mapping[str, str]
    functions: Mapping[str, Sequence[Function]]
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    alone: frozenset[str] = frozenset()
    origins: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def kind(self, name: str) -> Kind:
        """What `name` stands for, wherever it is bound."""
        return self.kinds.get(name, "unknown")

    def full_name(self, node: ast.expr) -> str | None:
        """The full name of what was imported and `node` names: ``numpy.random.seed``."""
        match node:
            case ast.Name(id=name):
                return self.modules.get(name)
            case ast.Attribute(value=value, attr=attribute):
                owner = self.full_name(value)
                return owner and f"{owner}.{attribute}"
        return None

    def object(self, name: str) -> str:
        """One of the names that may stand for the same object as `name`, the same for all."""
        return self.parts.get(name, name)


def names_of(trees: Iterable[ast.Module]) -> Names:  # noqa: C901  one case a kind of node
    """What the names in all of `trees` stand for."""
    modules: dict[str, str] = {}
    functions: defaultdict[str, list[Function]] = defaultdict(list)
    bindings: list[Binding] = []
    for tree in trees:
        for node in ast.walk(tree):
            match node:
                case ast.Import(names=aliases):
                    for alias in aliases:
                        called = alias.asname or alias.name.partition(".")[0]
                        modules[called] = alias.name if alias.asname else called
                case ast.ImportFrom(module=module, names=aliases):
                    for alias in aliases:
                        modules[alias.asname or alias.name] = f"{module}.{alias.name}"
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    functions[node.name].append(node)
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as value):
                    functions[name].append(value)
        bindings += _bindings(tree)
    for binding in bindings:
        itself = isinstance(binding.value, ast.Name) and binding.value.id == binding.name
        if binding.value != "module" and not itself:
            modules.pop(binding.name, None)
    names = Names(modules, functions)
    names.kinds = _kinds(bindings, names)
    _connect(bindings, names)
    return names


def exposed(node: ast.AST | None) -> set[str]:  # noqa: PLR0911  one case a kind of node
    """The names whose objects what `node` gives may be, or hold."""
    match node:
        case None | ast.Constant() | ast.JoinedStr() | ast.Compare():
            return set()
        case ast.Name(id=name):
            return {name}
        case ast.Attribute(value=value) | ast.Starred(value=value):
            return exposed(value)
        case ast.Subscript(value=value):
            return exposed(value)
        case ast.Call(func=ast.Name(id=name)) if name in knowledge.LOOKING:
            return set()
        case ast.Lambda():
            return loads(node)
    found: set[str] = set()
    for child in ast.iter_child_nodes(node):
        found |= exposed(child)
    return found


def loads(node: ast.AST) -> set[str]:
    """All names that `node` reads, wherever in it."""
    return {
        child.id
        for child in ast.walk(node)
        if isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Store)
    }


def free(function: Function) -> frozenset[str]:
    """The names that `function` reads and does not bind itself."""
    own = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    own |= {name for part in ast.iter_child_nodes(function) for name in targets(part)}
    shared = {
        name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names
    }
    return frozenset(loads(function) - (own - shared))


def targets(node: ast.AST) -> Iterator[str]:
    """The names that the target `node` binds."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id


def _bindings(tree: ast.Module) -> Iterator[Binding]:  # noqa: C901, PLR0912  one case a kind
    """Where names of the whole program get a value; those of a function only if it is global."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield Binding(name, "function", free(node))
                yield from _of_body(node)
                continue
            case ast.ClassDef(name=name):
                yield Binding(name, "class", free(node))
                yield from _of_body(node)
                continue
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                for alias in aliases:
                    called = alias.asname or alias.name.partition(".")[0]
                    yield Binding(called, "module", frozenset())
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as value):
                yield Binding(name, "function", free(value))
                yield from _of_body(value)
                continue
            case ast.Call():
                yield from _of_call(node)
            case ast.Assign(targets=several, value=value):
                for target in several:
                    yield from _of_target(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _of_target(target, value)
            case ast.NamedExpr(target=target, value=value):
                yield from _of_target(target, value)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                both = ast.BinOp(ast.Name(name, ast.Load()), ast.Add(), value)
                yield Binding(name, both, frozenset(exposed(value)))
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                yield from _of_loop(target, value)
            case ast.comprehension(target=target, iter=value):
                yield from _of_loop(target, value)
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                yield from _unknown(target, value)
            case ast.ExceptHandler(name=str() as name):
                yield Binding(name, "unknown", frozenset())
            case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
                yield Binding(name, "unknown", frozenset())
        pending += ast.iter_child_nodes(node)


def _of_body(function: Function) -> Iterator[Binding]:
    """A function may bind what is global, and bring together whatever it reads."""
    sources = free(function)
    for name in sources:
        yield Binding(name, ast.Name(name, ast.Load()), sources - {name})
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            for name in node.names:
                yield Binding(name, "unknown", sources)


def _of_call(call: ast.Call) -> Iterator[Binding]:
    """Any of what a function is given, and what it is called on, may hold the others afterwards."""
    if isinstance(call.func, ast.Name) and call.func.id in (
        knowledge.LOOKING | knowledge.GOING_THROUGH
    ):
        return
    given = frozenset(exposed(call))
    for name in given:
        yield Binding(name, ast.Name(name, ast.Load()), given - {name})


def _of_target(target: ast.expr, value: ast.expr) -> Iterator[Binding]:
    match target, value:
        case ast.Name(id=name), _:
            yield Binding(name, value, frozenset(exposed(value)))
        case ast.Tuple(elts=ours) | ast.List(elts=ours), ast.Tuple(elts=theirs) if len(ours) == len(
            theirs
        ):
            for one, other in zip(ours, theirs, strict=True):
                yield from _of_target(one, other)
        case ast.Attribute() | ast.Subscript(), _:
            for name in exposed(target):
                yield Binding(name, ast.Name(name, ast.Load()), frozenset(exposed(value)))
        case _:
            yield from _unknown(target, value)


def _of_loop(target: ast.expr, value: ast.expr) -> Iterator[Binding]:
    match value:
        case ast.Call(func=ast.Name(id="range")):
            for name in targets(target):
                yield Binding(name, "immutable", frozenset())
        case _:
            yield from _unknown(target, value)


def _unknown(target: ast.expr, value: ast.expr) -> Iterator[Binding]:
    for name in targets(target):
        yield Binding(name, "unknown", frozenset(exposed(value)))


def _kinds(bindings: Sequence[Binding], names: Names) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    names.kinds = kinds
    changed = True
    while changed:
        changed = False
        for binding in bindings:
            before = kinds.get(binding.name)
            value = binding.value
            now = value if isinstance(value, str) else kind_of(value, names, unbound=None)
            if now is None or now == before:
                continue
            kinds[binding.name] = now if before is None else "unknown"
            changed |= kinds[binding.name] != before
    return kinds


def kind_of(  # noqa: C901, PLR0911, PLR0912  one case a kind of node
    node: ast.expr, names: Names, unbound: Kind | None = "unknown"
) -> Kind | None:
    """The kind of what `node` gives; `unbound` where it depends on a name of unknown kind."""

    def of(part: ast.expr) -> Kind | None:
        return kind_of(part, names, unbound)

    match node:
        case ast.Constant() | ast.JoinedStr() | ast.UnaryOp(op=ast.Not()):
            return "immutable"
        case ast.Name(id=name):
            return names.kinds.get(name, unbound)
        case ast.UnaryOp(operand=operand):
            return of(operand) if of(operand) in {"immutable", "array", None} else "unknown"
        case ast.Compare(left=left, comparators=others):
            return _together([of(part) for part in (left, *others)])
        case ast.BinOp(left=left, right=right):
            return _together([of(left), of(right)])
        case ast.BoolOp(values=several):
            return _together([of(part) for part in several])
        case ast.IfExp(body=one, orelse=other):
            return _together([of(one), of(other)])
        case ast.Tuple(elts=several):
            kinds = [of(part) for part in several]
            return "immutable" if all(kind == "immutable" for kind in kinds) else "plain"
        case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.SetComp() | ast.DictComp():
            return "plain"
        case ast.GeneratorExp():
            return "iterator"
        case ast.Subscript(value=value) | ast.Attribute(value=value):
            full = names.full_name(node)
            if full is not None:
                return "module"
            return of(value) if of(value) in {"immutable", "array", None} else "unknown"
        case ast.Call():
            return _kind_of_call(node, names, unbound)
    return "unknown"


def _kind_of_call(  # noqa: PLR0911  one case a kind of call
    node: ast.Call, names: Names, unbound: Kind | None
) -> Kind | None:
    match node.func:
        case ast.Name(id=name) if name in BUILTINS and name not in names.kinds:
            if name in knowledge.LOOKING:
                return "immutable"
            if name in {"list", "dict", "set", "sorted", "tuple", "frozenset"}:
                return "plain"
            return "iterator" if name in knowledge.GOING_THROUGH else "unknown"
    if (full := names.full_name(node.func)) is not None:
        iterates = any(word.arg in knowledge.CHANGING_KEYWORDS for word in node.keywords)
        last = full.rpartition(".")[2]
        array = full.partition(".")[0] in knowledge.ARRAYS and not iterates
        return (
            "array" if array and not last.endswith(("rng", "State", "iter", "load")) else "unknown"
        )
    if isinstance(node.func, ast.Attribute):
        receiver = kind_of(node.func.value, names, unbound)
        if receiver is None:
            return None
        if receiver == "immutable" and node.func.attr in {"split", "splitlines", "partition"}:
            return "plain"
        if receiver == "immutable":
            return "immutable"
        changes = node.func.attr in knowledge.ARRAY_CHANGES or "iter" in node.func.attr
        if receiver == "array" and not changes:
            return "array"
    return "unknown"


def _together(kinds: Sequence[Kind | None]) -> Kind | None:
    found = set(kinds)
    if found <= {"immutable"}:
        return "immutable"
    if None in found:
        return None if found <= {"immutable", "array", None} else "unknown"
    return "array" if found <= {"immutable", "array"} else "unknown"


def _connect(bindings: Sequence[Binding], names: Names) -> None:
    """Fill in which names may share an object, and what each may have been made of."""
    made_of: defaultdict[str, set[str]] = defaultdict(set)
    for binding in bindings:
        made_of[binding.name] |= binding.sources
    names.origins = {name: _reachable(name, made_of, names) for name in made_of}
    parts: dict[str, str] = {}

    def part(name: str) -> str:
        while parts.get(name, name) != name:
            name = parts[name]
        return name

    for binding in bindings:
        if names.kind(binding.name) in {"function", "module", "class", "immutable"}:
            continue
        for source in binding.sources:
            # What a function returns may be what it, or what it calls, has at hand.
            made = names.kind(source) in {"function", "class"}
            for one in names.origins.get(source, frozenset()) | {source} if made else {source}:
                if names.kind(one) not in {"function", "module", "class", "immutable"}:
                    parts[part(one)] = part(binding.name)
    names.parts = {name: part(name) for name in {*parts, *made_of}}
    counts: defaultdict[str, int] = defaultdict(int)
    for name in names.parts:
        counts[part(name)] += 1
    names.alone = frozenset(name for name in names.parts if counts[part(name)] == 1)


def _reachable(name: str, made_of: Mapping[str, set[str]], names: Names) -> frozenset[str]:
    found: set[str] = set()
    unseen = set(made_of[name])
    while unseen:
        one = unseen.pop()
        if one not in found:
            found.add(one)
            if names.kind(one) != "immutable":
                unseen |= made_of.get(one, set()) - found
    return frozenset(found)
