"""Each fence is judged by the rules of DESIGN.md §5 and §6, in their order."""

import pytest
from executable_posts.post import (
    Cell,
    Prose,
    Recorded,
    Shown,
)

from tests.parsing import FIGURE, OUTPUT, PATH, fence, read

# What shows, where EXECUTE is "auto", that a post is meant to run; and the line that says so.
EVIDENCE = {
    "an option": (fence("#| label: a\nx"), "a cell option in line 2"),
    "an option that only shows": (fence("#| eval: false\nx"), "a cell option in line 2"),
    "an option in the second fence": (
        fence("x") + "\n" + fence("#| echo: false\ny"),
        "a cell option in line 6",
    ),
    "a figure": (fence("x") + FIGURE, "a recorded output in line 6"),
    "a figure after one blank line": (fence("x") + FIGURE[1:], "a recorded output in line 5"),
    "a figure in an element": (
        fence("x") + "\n<center>![png](a_1_0.png)</center>\n",
        "a recorded output in line 5",
    ),
    "a result after four blank lines": (
        fence("x") + "\n\n\n\n    42\n",
        "a recorded output in line 8",
    ),
    # nbconvert sets two blank lines before a fence and two behind a stream; people set one.
    "a stream as nbconvert sets it": (
        "Texto.\n\n\n" + fence("x") + OUTPUT + "\n\nTexto.\n",
        "a recorded output in line 8",
    ),
    "a table of pandas": (
        fence("x") + '\n<div>\n<table class="dataframe">\n</table>\n</div>\n',
        "a recorded output in line 5",
    ),
    "LaTeX alone": (
        fence("x") + "\n\n\n\n$\\displaystyle x$\n\n\n\nTexto.\n",
        "a recorded output in line 8",
    ),
    "HTML alone": (
        fence("x") + "\n\n\n\n<iframe src='a'></iframe>\n\n\n\nTexto.\n",
        "a recorded output in line 8",
    ),
}

NO_EVIDENCE = {
    "fences alone": fence("x = 1") + "\n" + fence("y = 2"),
    "no fence": "Texto.\n\n    42\n",
    "hand-written text after one blank line": "Veja:\n\n" + fence("x") + OUTPUT + "\nTexto.\n",
    "the same, two blank lines before the fence": (
        "Veja:\n\n\n" + fence("x") + OUTPUT + "\nTexto.\n"
    ),
    "the same, two blank lines behind the text": "Veja:\n\n" + fence("x") + OUTPUT + "\n\nTexto.\n",
    "the same, right below the fence": "Veja:\n\n\n" + fence("x") + OUTPUT[1:] + "\n\nTexto.\n",
    "the same, after three blank lines": fence("x") + "\n\n" + OUTPUT + "\n\n\nTexto.\n",
    "the same at the end of the file": "Veja:\n\n\n" + fence("x") + OUTPUT,
    "a picture with a name of its own": fence("x") + "\n![rede](/images/rede.png)\n",
    "a picture with a name of its own, called png": fence("x") + "\n![png](/images/rede.png)\n",
    "a picture on another host": fence("x") + "\n\n![png](https://a.org/output_1_0.png)\n",
    "a figure under an install line": fence("pip install x") + FIGURE,
    "a figure under another language": fence("x", "r") + FIGURE,
    "a figure behind a sentence": fence("x") + "\nVeja:\n" + FIGURE,
    "a figure under nothing": FIGURE,
    "an indented text in a list": "1. um\n\n    ```python\n    x\n    ```\n\n\n\n\n    42\n",
    "HTML by hand": fence("x") + "\n<div>\n<p>Texto</p>\n</div>\n\nTexto.\n",
    "a table by hand": fence("x") + "\n| a |\n|---|\n| 1 |\n",
    "LaTeX by hand": fence("x") + "\n$\\displaystyle x$\n\nTexto.\n",
    "an option in another language": fence("#| label: a", "r"),
    "an option that is not at the top": fence("x\n#| label: a"),
    "a comment": fence("# | label: a\nx"),
}


@pytest.mark.parametrize(("text", "why"), EVIDENCE.values(), ids=EVIDENCE.keys())
def test_what_shows_that_a_post_is_meant_to_run(text: str, why: str) -> None:
    post = read(text, "auto")
    assert post.runs
    assert post.why == why


@pytest.mark.parametrize("text", NO_EVIDENCE.values(), ids=NO_EVIDENCE.keys())
def test_what_does_not_show_that_a_post_is_meant_to_run(text: str) -> None:
    post = read(text, "auto")
    assert not post.runs
    assert not any(isinstance(piece, Cell | Recorded) for piece in post.pieces)
    assert post.why == "nothing shows that it is meant to (no recorded output, no `#|` option)"


def test_one_piece_of_evidence_runs_the_whole_post() -> None:
    post = read(fence("x") + "\n" + fence("y") + FIGURE, "auto")
    assert [cell.code for cell in post.cells] == ["x\n", "y\n"]


def test_a_post_that_does_not_run_has_no_problems() -> None:
    text = fence("#| lable: a\nx") + "\n" + fence("print 'a'") + "\n" + fence("x\n!ls")
    post = read(text, "no")
    assert post.problems == ()
    why = 'the post does not run: Execute is "no" in the setting'
    assert [piece.reason for piece in post.pieces if isinstance(piece, Shown)] == [why] * 3


# --- Rules 2 to 7: what is done with a fence ----------------------------------------------------

RUNS = "it is a cell"
EMPTY = "it holds no code"
SHELL = "it holds shell or install lines"
TRANSCRIPT = "it is the transcript of a session"
OPTED_OUT = "it says `#| eval: false`"
NOT_PYTHON = "it is not Python"
SHELL_LINE = "it holds a shell line"

# In the order of the rules; where two apply, the first decides.
JUDGED = {
    # 2. The author says it.
    "eval false": ("#| eval: false\nx = 1", OPTED_OUT),
    "eval false, not Python": ("#| eval: false\nprint 'a'", OPTED_OUT),
    "eval false, a shell line": ("#| eval: false\nx = 1\n!ls", OPTED_OUT),
    "eval false, nothing": ("#| eval: false", OPTED_OUT),
    "eval true": ("#| eval: true\nx = 1", RUNS),
    "eval true, nothing": ("#| eval: true", RUNS),
    "eval true, a comment": ("#| eval: true\n# nada", RUNS),
    "eval true, a shell line": ("#| eval: true\n!pip install x", RUNS),
    "eval true, a magic that installs": ("#| eval: true\n%pip install x", RUNS),
    "eval true, a shell cell": ("#| eval: true\n%%bash\necho 1", RUNS),
    "eval true, a transcript": ("#| eval: true\n>>> 1 + 1", RUNS),
    "eval true, an install line that is no Python": (
        "#| eval: true\npip install x",
        NOT_PYTHON,
    ),
    # 3. Nothing to run.
    "empty": ("", EMPTY),
    "blank": ("   \n\t\n", EMPTY),
    "a comment": ("# nada", EMPTY),
    "comments": ("# um\n\n    # dois", EMPTY),
    "a comment that ends in a backslash": ("# C:\\dados\\\nx = 1", RUNS),
    "only options": ("#| label: a", EMPTY),
    # 4. Shell and install lines.
    "pip": ("pip install tensorflow keras", SHELL),
    "pip, indented": ("    pip install tensorflow keras", SHELL),
    "pip and its comment": ("# instale assim\npip install x", SHELL),
    "pip over two lines": ("pip install x \\\n    y", SHELL),
    "pip3": ("pip3 install x", SHELL),
    "python -m pip": ("python -m pip install x", SHELL),
    "python3 -m pip": ("python3 -m pip install -U x", SHELL),
    "conda": ("conda install -c conda-forge x", SHELL),
    "uv": ("uv add x", SHELL),
    "apt": ("sudo apt install x", SHELL),
    "apt-get": ("apt-get update\napt-get install x", SHELL),
    "brew": ("brew install x", SHELL),
    "git": ("git clone https://a.org/b", SHELL),
    "an option of git": ("git --version", SHELL),
    "npm": ("npm install x", SHELL),
    "docker": ("docker run x", SHELL),
    "a dollar prompt": ("$ ls\n$ cd pasta", SHELL),
    "an exclamation mark": ("!ls", SHELL),
    "an exclamation mark, indented": ("  !ls", SHELL),
    "%pip": ("%pip install x", SHELL),
    "%conda": ("%conda install x", SHELL),
    "shell and install lines": ("!ls\n%pip install x\npip install y", SHELL),
    "%%bash": ("%%bash\necho 1\nfor x in *; do ls; done", SHELL),
    "%%sh": ("%%sh\nls", SHELL),
    "%%script": ("%%script perl\nprint 1", SHELL),
    "%%bash before a transcript": ("%%bash\n>>> 1", SHELL),
    # … which names that only look alike are not.
    "git as a name": ("git = 3", RUNS),
    "uv as a name": ("uv = np.stack([u, v])", RUNS),
    "uv with a type": ("uv : int = 3", RUNS),
    "uv in an expression": ("uv * 2", RUNS),
    "uv behind a minus": ("uv - 1", RUNS),
    "uv in a comparison": ("uv is None", RUNS),
    "uv in a container": ("uv in pares", RUNS),
    "pip as an attribute": ("pip.main()", RUNS),
    "pipeline": ("pipeline", RUNS),
    # 4. Among other lines, a shell line is an error: nobody is to guess what was meant.
    "a shell line in a longer cell": ("x = 1\n!ls", SHELL_LINE),
    "%pip in a longer cell": ("%pip install x\nimport x", SHELL_LINE),
    "an assigned shell line": ("x = !ls", SHELL_LINE),
    "%system in a longer cell": ("x = 1\n%system ls", SHELL_LINE),
    "a shell line in a block": ("if x:\n    !ls", SHELL_LINE),
    "pip in a longer cell": ("import x\npip install y", NOT_PYTHON),
    # 5. Transcripts.
    "a REPL": (">>> 1 + 1\n2", TRANSCRIPT),
    "a REPL, indented": ("    >>> 1 + 1\n    2", TRANSCRIPT),
    "a REPL and a comment": ("# veja\n>>> 1 + 1\n2", TRANSCRIPT),
    "a REPL that is no Python": (">>> print 'a'\na", TRANSCRIPT),
    "a notebook": ("In [3]: 1 + 1\nOut[3]: 2", TRANSCRIPT),
    "a notebook that did not run": ("In []: 1", TRANSCRIPT),
    "a prompt in a string": ("x = '''\n>>> 1\n'''", RUNS),
    # IPython takes prompts away and runs what is behind them.
    "a prompt below code": ("x = 1\n>>> y", RUNS),
    # 6. What Python does not take.
    "Python 2": ("print 'a'", NOT_PYTHON),
    "an ellipsis that is prose": ("x = [1, 2, ...", NOT_PYTHON),
    "prose": ("instale a biblioteca", NOT_PYTHON),
    "a null byte of another kind": ("x = \x01", NOT_PYTHON),
    # 7. Cells.
    "Python": ("x = 1", RUNS),
    "indented Python": ("    x = 1\n    y = 2", RUNS),
    "a docstring": ('"""Só isto."""', RUNS),
    "an escape that Python warns of": ("x = '\\d'", RUNS),
    "await at the top": ("await f()", RUNS),
    "%matplotlib": ("%matplotlib inline\nimport x", RUNS),
    "%matplotlib alone": ("%matplotlib inline", RUNS),
    "%timeit": ("%timeit f(1)", RUNS),
    "%%time": ("%%time\nx = 1", RUNS),
    "%env": ("%env A=1\nx = 1", RUNS),
    "help": ("x?", RUNS),
    "a percent sign": ("x = 7 \\\n% 4", RUNS),
}


def judged(code: str, *, shell_allowed: bool = False) -> str:
    """What is done with a fence that holds `code`."""
    post = read(fence(code), shell_allowed=shell_allowed)
    [piece] = post.pieces
    return piece.reason if isinstance(piece, Shown) else RUNS


@pytest.mark.parametrize(("code", "expected"), JUDGED.values(), ids=JUDGED.keys())
def test_the_first_rule_that_applies_decides(code: str, expected: str) -> None:
    assert judged(code) == expected
    # Never silently skipped: an error is told, all else is none.
    problems = read(fence(code)).problems
    assert len(problems) == (expected in {NOT_PYTHON, SHELL_LINE})


@pytest.mark.parametrize("code", ["x = 1\n!ls", "%pip install x\nimport x", "x = !ls"])
def test_shell_lines_run_where_the_setting_allows_them(code: str) -> None:
    assert judged(code, shell_allowed=True) == RUNS


@pytest.mark.parametrize("code", ["!ls", "%pip install x", "pip install x", "%%bash\nls"])
def test_cells_of_nothing_but_shell_lines_are_shown_even_where_they_are_allowed(code: str) -> None:
    assert judged(code, shell_allowed=True) == SHELL


def test_a_fence_that_is_never_closed_is_shown() -> None:
    post = read("Texto.\n\n```python\nx = 1\n\nTexto.\n")
    assert [type(piece) for piece in post.pieces] == [Prose, Shown]
    assert isinstance(post.pieces[1], Shown)
    assert post.pieces[1].reason == "it is never closed"


HINT = "if this code is only to be shown, make `#| eval: false` its first line"
PRINT = "Missing parentheses in call to 'print'. Did you mean print(...)?"
SHELL_HINT = (
    "a shell line in a cell: set EXECUTE_SHELL = True to run it, "
    "or make `#| eval: false` the cell's first line to only show it"
)

# Lines and columns are those of the source, whatever stands before the code in it.
PLACES = {
    "first line": (fence("print 'a'"), 2, f"not Python ({PRINT}, column 1); {HINT}"),
    "in a block": (
        fence("x = 1\nif x:\n    print 'a'"),
        4,
        f"not Python ({PRINT}, column 5); {HINT}",
    ),
    "below options": (
        fence("#| label: a\n#| echo: false\nprint 'a'"),
        4,
        f"not Python ({PRINT}, column 1); {HINT}",
    ),
    "below blank lines": (fence("\n  \n\nprint 'a'"), 5, f"not Python ({PRINT}, column 1); {HINT}"),
    "below a magic": (
        fence("%matplotlib inline\n\nprint 'a'"),
        4,
        f"not Python ({PRINT}, column 1); {HINT}",
    ),
    "indented": (
        fence("    x = 1\n    print 'a'"),
        3,
        f"not Python ({PRINT}, column 5); {HINT}",
    ),
    "behind letters with accents": (
        fence("é = 1; print 'a'"),
        2,
        f"not Python ({PRINT}, column 8); {HINT}",
    ),
    "in a list": (
        "1. um\n\n    ```python\n    x = 1\n    print 'a'\n    ```\n",
        5,
        f"not Python ({PRINT}, column 5); {HINT}",
    ),
    "in a quotation": ("> ```python\n> print 'a'\n> ```\n", 2, "column 3"),
    "a missing bracket": (
        fence("x = (\n"),
        2,
        f"not Python ('(' was never closed, column 5); {HINT}",
    ),
    "a missing block": (fence("x = 1\nif x:"), 3, "not Python (expected an indented block"),
    # In whatever words: they are Python's, and differ from version to version.
    "too deep": (fence("-" * 50_000 + "1"), 2, f", column 1); {HINT}"),
    "too many magics": (fence("x = 1\n" + "!\n" * 501), 2, "not Python (Input transformation"),
    "a shell line": (fence("x = 1\n!ls"), 3, SHELL_HINT),
    "the first of two": (fence("x = 1\nif x:\n    !ls\n!pwd"), 4, SHELL_HINT),
    "a shell line below blank lines": (fence("\n\nx = 1\n!ls"), 5, SHELL_HINT),
    "%pip": (fence("import x\n%pip install x"), 3, SHELL_HINT),
    "%%capture": (fence("%%capture\nprint 'a'"), 0, ""),
}


@pytest.mark.parametrize(("text", "line", "message"), PLACES.values(), ids=PLACES.keys())
def test_what_python_does_not_take_is_told_with_line_and_column(
    text: str, line: int, message: str
) -> None:
    front = "Title: Caso\nDate: 2020\n\n"
    told = [str(problem) for problem in read(front + text).problems]
    if not message:
        # What stands in a cell magic is the magic's business.
        assert told == []
        return
    assert len(told) == 1
    assert told[0].startswith(f"{PATH}:{line + 3}: ")
    assert message in told[0]


def test_the_whole_message_on_python_2_code() -> None:
    text = "Title: Caso\n\nTexto.\n\n" + fence("x = 1\nprint x")
    assert [str(problem) for problem in read(text).problems] == [
        "content/posts/x.md:7: not Python (Missing parentheses in call to 'print'. "
        "Did you mean print(...)?, column 1); "
        "if this code is only to be shown, make `#| eval: false` its first line"
    ]
