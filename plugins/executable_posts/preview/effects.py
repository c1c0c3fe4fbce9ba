"""What a cell reads and what it may change, judged by its code: in doubt it does."""

import ast
import warnings
from collections.abc import Sequence
from textwrap import dedent

from . import knowledge
from .calls import Calls
from .items import (
    ALL,
    CHANGES_ARGUMENTS,
    FILES,
    SETTINGS,
    STYLE,
    UNKNOWN,
    Code,
    Effects,
    random_state,
)
from .names import Function, exposed, names_of, targets


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


class _Cell(Calls):
    """Goes through code in the order in which it runs."""

    def of(self, tree: ast.Module, may_raise: bool) -> Effects:
        self._block(tree.body)
        if ALL in self._writes:
            return UNKNOWN
        writes = self._writes - {CHANGES_ARGUMENTS}
        sets = set() if may_raise else self._defined & writes
        # What is perhaps bound is otherwise what it was before.
        perhaps = {item for item in writes - sets if item.startswith("name:")}
        reads = self._reads | perhaps | {SETTINGS}
        return Effects(frozenset(reads), frozenset(writes), frozenset(sets))

    # Statements

    def _block(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:  # noqa: C901, PLR0912, PLR0915  one case a kind
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

    def _import(self, module: str) -> None:
        package = module.partition(".")[0]
        if package not in knowledge.KNOWN | knowledge.QUIET_IMPORTS:
            self._reads |= {FILES}
            self._writes |= {STYLE, SETTINGS, *map(random_state, knowledge.RANDOM)}

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
                if not self._is_local(name) and self._has_content(name):
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

    # What runs later, when it is called

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
            if body._changes_local:
                body._writes.add(CHANGES_ARGUMENTS)
                body._change(_defaults(function))
            writes = body._writes
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
                self._visit_all(node)
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


def _defaults(function: Function) -> set[str]:
    """The names whose objects a function finds in place of arguments that it is not given."""
    if isinstance(function, ast.ClassDef):
        return {name for part in function.body for name in exposed(part)}
    given = [*function.args.defaults, *function.args.kw_defaults]
    return {name for default in given for name in exposed(default)}


def _owner(target: ast.expr) -> ast.expr:
    """What the attribute or item `target` is of."""
    while isinstance(target, ast.Subscript):
        target = target.value
    return target.value if isinstance(target, ast.Attribute) else target
