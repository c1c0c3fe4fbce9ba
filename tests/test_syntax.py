import ast
import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from executable_posts import syntax

NOT_PYTHON = {
    "a word too many": "a b",
    "a null byte": "a\0b",
    "nested too deeply": "(" * 5000 + ")" * 5000,
    "more operators than the compiler takes": "-" * 100_000 + "1",
}


@pytest.mark.parametrize("code", NOT_PYTHON.values(), ids=NOT_PYTHON.keys())
def test_what_is_not_python_is_one_kind_of_error(code: str) -> None:
    with pytest.raises(SyntaxError, match=r"\w"):
        syntax.tree(code)


def test_an_expression_is_no_statement() -> None:
    assert isinstance(syntax.tree("a + 1", mode="eval"), ast.Expression)
    with pytest.raises(SyntaxError):
        syntax.tree("a = 1", mode="eval")


@pytest.fixture
def threads_that_meet() -> Iterator[None]:
    """Threads change places while a tree is made, as they may where something watches the GC."""
    watch = lambda *_: None  # noqa: E731
    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.callbacks.append(watch)
    gc.set_threshold(50)
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*threshold)
    gc.callbacks.remove(watch)


@pytest.mark.usefixtures("threads_that_meet")
def test_threads_do_not_disturb_each_other() -> None:
    """CPython 3.11 counts the depth of all threads in one number."""
    code = "\n".join(f"x = [{i}, {{'a': (1, 2, [3, (4, 5)])}}]" for i in range(200))
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(syntax.tree, [code] * 16))
    assert {len(tree.body) for tree in trees} == {200}


def test_a_warning_of_python_is_not_told(recwarn: pytest.WarningsRecorder) -> None:
    syntax.tree("x = '\\d'\nx is 'a'")
    assert not recwarn.list
