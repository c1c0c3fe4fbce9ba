"""What a cell reads and what it may change, judged by its code: in doubt it does.

Both are sets of *items*: ``name:x``, what the name x is bound to; ``object:x``, the content of the
object that x stands for, and of those it may share; ``state:…``, what the whole process has in
common, such as generators of random numbers, styles, files; and `ALL`, all of them.
"""

import ast
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import dedent

from . import knowledge
from .names import BUILTINS, Function, Names, exposed, kind_of, names_of, targets

ALL = "all"
STYLE, SETTINGS, FILES = "state:style", "state:settings", "state:files"
_UNTOUCHED_BY_CALLS = frozenset({"immutable", "module", "function", "class"})


@dataclass(frozen=True)
class Effects:
    """`reads` are the items on which a cell depends, `writes` those it may change, `sets` those
    of them that are afterwards what it says, whatever they were before."""

    reads: frozenset[str]
    writes: frozenset[str]
    sets: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """The names that it may bind."""
        return sorted(item.removeprefix("name:") for item in self.writes if item[:5] == "name:")

    @property
    def changes(self) -> frozenset[str]:
        """What it may change and that is no binding: what cannot be put back."""
        return frozenset(item for item in self.writes if not item.startswith("name:"))


def touch(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether two sets of items have one in common."""
    first, second = frozenset(some), frozenset(others)
    if ALL in first or ALL in second:
        return bool(first and second)
    return not first.isdisjoint(second)


NOTHING = Effects(frozenset(), frozenset())
UNKNOWN = Effects(frozenset({ALL}), frozenset({ALL}))
"""Of code of which nothing is known."""


@dataclass(frozen=True)
class Code:
    """The code of a cell; where it may raise, any part of it may not have been run."""

    text: str
    may_raise: bool = False


def effects_of(codes: Sequence[Code]) -> list[Effects]:
    """The effects of each of `codes`, the cells of one program, whatever their order."""
    trees = {code: _parsed(code.text) for code in codes}
    names = names_of(tree for tree in trees.values() if tree is not None)
    called: dict[str, Effects] = {}
    known = {
        code: UNKNOWN if tree is None else _Cell(names, called).of(tree, code.may_raise)
        for code, tree in trees.items()
    }
    return [known[code] for code in codes]


def _parsed(code: str) -> ast.Module | None:
    """`code` as Python; `None` if it has magics, which nobody can see through, or is wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(dedent(code))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


class _Cell:
    """Goes through code in the order in which it runs; what is in `_defined` needs no value."""

    def __init__(self, names: Names, called: dict[str, Effects]) -> None:
        self._names = names
        self._called = called
        self._reads: set[str] = set()
        self._writes: set[str] = set()
        self._defined: set[str] = set()
        self._local: list[set[str]] = []
        self._changes_local = False

    def of(self, tree: ast.Module, may_raise: bool) -> Effects:
        self._block(tree.body)
        if ALL in self._writes:
            return UNKNOWN
        writes = self._writes - {_CHANGES_ARGUMENTS}
        sets = set() if may_raise else self._defined & writes
        # What is perhaps bound is otherwise what it was before.
        perhaps = {item for item in writes - sets if item.startswith("name:")}
        reads = self._reads | perhaps | {SETTINGS}
        return Effects(frozenset(reads), frozenset(writes), frozenset(sets))

    # Statements

    def _block(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    @contextmanager
    def _perhaps(self) -> Iterator[None]:
        """What is defined within it may not be defined afterwards."""
        before = set(self._defined)
        yield
        self._defined = before

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._definition(node)
            case ast.Assign(targets=several, value=value):
                self._visit(value)
                for target in several:
                    self._assign(target)
                    self._note_if_new(target, value)
            case ast.AnnAssign(target=target, value=value, annotation=annotation):
                self._visit(annotation)
                if value is not None:
                    self._visit(value)
                    self._assign(target)
            case ast.AugAssign(target=target, value=value):
                self._visit(value)
                self._visit_as_read(target)
                self._change(exposed(target))
                self._assign(target)
            case ast.Delete(targets=several):
                for target in several:
                    self._visit_as_read(target)
                    self._assign(target)
            case ast.If(test=test, body=body, orelse=other):
                self._visit(test)
                self._branches(body, other)
            case (
                ast.For(iter=value, target=target, body=body, orelse=other)
                | ast.AsyncFor(iter=value, target=target, body=body, orelse=other)
            ):
                self._visit(value)
                self._go_through(value)
                with self._perhaps():
                    self._assign(target)
                    self._block(body)
                with self._perhaps():
                    self._block(other)
            case ast.While(test=test, body=body, orelse=other):
                self._visit(test)
                self._branches(body, other)
            case ast.Try(body=body, handlers=handlers, orelse=other, finalbody=last):
                with self._perhaps():
                    self._block(body)
                    self._block(other)
                for handler in handlers:
                    with self._perhaps():
                        if handler.type is not None:
                            self._visit(handler.type)
                        if handler.name is not None:
                            self._bind(handler.name)
                        self._block(handler.body)
                self._block(last)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                for item in items:
                    self._visit(item.context_expr)
                    self._use(exposed(item.context_expr))
                    if item.optional_vars is not None:
                        self._assign(item.optional_vars)
                with self._perhaps():  # it may swallow an exception
                    self._block(body)
            case ast.Import(names=aliases):
                for alias in aliases:
                    self._import(alias.name)
                    self._bind(alias.asname or alias.name.partition(".")[0])
            case ast.ImportFrom(module=module, names=aliases):
                self._import(module or ".")
                for alias in aliases:
                    if alias.name == "*":
                        self._writes.add(ALL)
                    self._bind(alias.asname or alias.name)
            case ast.Global(names=several) | ast.Nonlocal(names=several):
                for scope in self._local:
                    scope.difference_update(several)
            case ast.Match(subject=subject, cases=cases):
                self._visit(subject)
                for case in cases:
                    with self._perhaps():
                        self._visit_all(case)
            case _:
                self._visit_all(node)

    def _branches(self, one: Sequence[ast.stmt], other: Sequence[ast.stmt]) -> None:
        before = set(self._defined)
        self._block(one)
        after_one, self._defined = self._defined, before
        self._block(other)
        self._defined &= after_one

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for part in node.decorator_list:
            self._visit(part)
            self._use(exposed(part))
        if isinstance(node, ast.ClassDef):
            for base in [*node.bases, *(word.value for word in node.keywords)]:
                self._visit(base)
            # Its body runs now, with names of its own.
            with self._scope(set(targets(node))), self._perhaps():
                self._block(node.body)
        else:
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default is not None:
                    self._visit(default)
        self._bind(node.name)

    @contextmanager
    def _scope(self, own: set[str]) -> Iterator[None]:
        self._local.append(own)
        yield
        self._local.pop()

    def _import(self, module: str) -> None:
        package = module.partition(".")[0]
        if package not in knowledge.KNOWN | knowledge.QUIET_IMPORTS:
            self._reads |= {FILES}
            self._writes |= {STYLE, SETTINGS, *map(_random, knowledge.RANDOM)}

    # Names and objects

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
        if self._names.kind(name) not in _UNTOUCHED_BY_CALLS:
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

    def _read_object(self, name: str) -> None:
        item = self._object(name)
        if item not in self._defined:
            self._reads.add(item)

    def _object(self, name: str) -> str:
        return f"object:{self._names.object(name)}"

    def _assign(self, target: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                self._bind(name)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self._assign(part)
            case ast.Starred(value=value):
                self._assign(value)
            case _:
                self._visit_as_read(target)
                full = self._names.full_name(_owner(target))
                if full is not None:
                    self._change_module(full)
                self._change(exposed(target))
                self._run_all(exposed(target))

    def _note_if_new(self, target: ast.expr, value: ast.expr) -> None:
        """Where `target` is a name for an object that is made here, and that no other name may
        share, its content is what the cell says."""
        match target:
            case ast.Name(id=name) if name in self._names.alone and self._is_made_here(value):
                if not self._is_local(name) and self._names.kind(name) not in _UNTOUCHED_BY_CALLS:
                    self._writes.add(self._object(name))
                    self._defined.add(self._object(name))

    def _is_made_here(self, value: ast.expr) -> bool:
        match value:
            case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp():
                return True
            case ast.Call(func=function):
                full = self._names.full_name(function) or ""
                return full.rpartition(".")[2][:1].isupper()
        return False

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
            elif self._names.kind(name) not in _UNTOUCHED_BY_CALLS:
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
            item = _random(generator)
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
            if one != name and one not in BUILTINS and f"name:{one}" not in self._defined:
                if one in self._names.functions or self._names.functions.get(name):
                    self._reads.add(f"name:{one}")

    def _body(self, name: str, function: Function) -> Effects:
        key = f"{name}:{id(function)}"
        if key not in self._called:
            self._called[key] = Effects(frozenset(), frozenset())  # where it calls itself
            body = _Cell(self._names, self._called)
            own = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
            own |= {one for part in ast.iter_child_nodes(function) for one in targets(part)}
            with body._scope(own):
                if isinstance(function, ast.Lambda):
                    body._visit(function.body)
                else:
                    for node in ast.walk(function):
                        if isinstance(node, ast.Global | ast.Nonlocal):
                            body._statement(node)
                    if isinstance(function, ast.ClassDef):
                        body._methods(function)
                    else:
                        body._block(function.body)
            writes = body._writes | ({_CHANGES_ARGUMENTS} if body._changes_local else set())
            self._called[key] = Effects(frozenset(body._reads), frozenset(writes))
        return self._called[key]

    def _methods(self, node: ast.ClassDef) -> None:
        for part in node.body:
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                with self._perhaps():
                    self._block(part.body)

    # Expressions

    def _visit_as_read(self, node: ast.expr) -> None:
        for child in ast.walk(node):
            if isinstance(child, ast.Name):
                self._load(child.id)
            elif isinstance(child, ast.Call):
                self._call(child)

    def _visit_all(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self._statement(child)
            elif isinstance(child, ast.expr):
                self._visit(child)
            else:
                for name in (getattr(child, "name", None), getattr(child, "rest", None)):
                    if isinstance(name, str):
                        self._bind(name)
                self._visit_all(child)

    def _visit(self, node: ast.expr) -> None:
        match node:
            case ast.Name(id=name):
                self._load(name)
            case ast.Call():
                self._call(node)
            case ast.Lambda(args=arguments, body=body):
                own = {part.arg for part in ast.walk(arguments) if isinstance(part, ast.arg)}
                for default in [*arguments.defaults, *arguments.kw_defaults]:
                    if default is not None:
                        self._visit(default)
                with self._scope(own), self._perhaps():
                    self._visit(body)
            case (
                ast.ListComp(generators=parts)
                | ast.SetComp(generators=parts)
                | ast.DictComp(generators=parts)
                | ast.GeneratorExp(generators=parts)
            ):
                self._comprehension(node, parts)
            case ast.NamedExpr(target=target, value=value):
                self._visit(value)
                self._assign(target)
                self._defined.discard(f"name:{target.id}")  # perhaps only, as behind `and`
            case _:
                self._visit_all(node)

    def _comprehension(self, node: ast.expr, parts: Sequence[ast.comprehension]) -> None:
        own = {name for part in parts for name in targets(part.target)}
        with self._perhaps():
            self._visit(parts[0].iter)
            with self._scope(own):
                for part in parts:
                    self._visit(part.iter)
                    self._go_through(part.iter)
                    for condition in part.ifs:
                        self._visit(condition)
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._visit(child)

    def _go_through(self, node: ast.expr) -> None:
        """`node` is gone through, which changes it if it is an iterator."""
        if isinstance(node, ast.Name | ast.Attribute) and kind_of(node, self._names) in {
            "unknown",
            "iterator",
        }:
            self._use(exposed(node))

    def _call(self, node: ast.Call) -> None:
        self._visit_all(node)
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
        seeded = set(map(_random, knowledge.seeds(full)))
        self._writes |= seeded
        if not self._local:
            self._defined |= seeded
        if last in knowledge.OPAQUE or last in {"exec_module", "import_module"}:
            self._writes.add(ALL)
        if not seeded:
            self._draw(full)
        self._touch_files(last)
        parts = full.split(".")[1:]
        if package in knowledge.PLOTTING:
            if any(map(knowledge.sets_style, parts)):
                self._writes.add(STYLE)
            self._reads.add(STYLE)
            if words & {"ax", "axes", "fig", "cax", "figure", "artist"} or last in _OF_ARTISTS:
                self._use(_all_exposed(given))
            return
        if any(map(knowledge.sets_settings, parts)):
            self._writes.add(SETTINGS)
        changing = last in knowledge.ARRAY_FUNCTIONS_THAT_CHANGE or bool(
            words & knowledge.CHANGING_KEYWORDS
        )
        harmless = package in knowledge.HARMLESS or full in {"copy.copy", "copy.deepcopy"}
        if (package in knowledge.ARRAYS and not changing) or harmless:
            for one in given:
                if kind_of(one, self._names) == "iterator":
                    self._change(exposed(one))
        else:
            self._use(_all_exposed(given))

    def _call_own(self, name: str, given: Sequence[ast.expr]) -> None:
        bodies = [self._body(name, one) for one in self._names.functions.get(name, ())]
        if not bodies or any(_CHANGES_ARGUMENTS in body.writes for body in bodies):
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


_CHANGES_ARGUMENTS = "state:arguments"
_OF_ARTISTS = frozenset("sca delaxes figure setp colorbar sci close clf clabel".split())


def _random(generator: str) -> str:
    return f"state:random.{generator}"


def _owner(target: ast.expr) -> ast.expr:
    """What the attribute or item `target` is of."""
    while isinstance(target, ast.Subscript):
        target = target.value
    return target.value if isinstance(target, ast.Attribute) else target


def _all_exposed(nodes: Iterable[ast.expr]) -> set[str]:
    return {name for node in nodes for name in exposed(node)}
