"""Python text → its tree, by the one way in which this project asks whether something is Python."""

import ast
import warnings
from threading import Lock
from typing import Literal, overload

# Two threads at once give "AST constructor recursion depth mismatch" in CPython 3.11.
_ONE_AT_A_TIME = Lock()


@overload
def tree(code: str) -> ast.Module: ...
@overload
def tree(code: str, mode: Literal["eval"]) -> ast.Expression: ...
def tree(code: str, mode: Literal["exec", "eval"] = "exec") -> ast.AST:
    """The tree of `code`: statements, or with `mode="eval"` one expression.

    Raises SyntaxError for all that does not compile, a null byte and too deep a nesting included,
    for which `ast.parse` has other exceptions. What Python would warn of is not told.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(code, mode=mode)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error) or "nested too deeply") from None
