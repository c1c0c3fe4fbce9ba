"""Source text → post: nothing lost, every line where it was, and each fence judged by the rules
of DESIGN.md §5 and §6 in their order."""

from dataclasses import fields, replace

import pytest
from executable_posts.errors import ProblemError
from executable_posts.post import (
    Cell,
    Execute,
    FrontMatter,
    Options,
    Piece,
    Post,
    Prose,
    Recorded,
    RecordedOutput,
    Shown,
    decode,
    parse,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

PATH = "content/posts/x.md"
BOM = "\ufeff"


def read(text: str, execute: Execute = "yes", *, shell_allowed: bool = False) -> Post:
    return parse(text, PATH, execute, shell_allowed=shell_allowed)


def fence(code: str, info: str = "python") -> str:
    return f"```{info}\n{code}\n```\n"


# --- Whatever the text is -----------------------------------------------------------------------


def line_ends(text: str) -> int:
    """Counted in another way than `source.lines` does."""
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


def check(text: str, execute: Execute) -> Post:
    """What must be true of every post."""
    post = read(text, execute)
    assert post.text == text
    at = 0
    for piece in post.pieces:
        assert piece.text
        assert piece.line == 1 + line_ends(text[:at])
        at += len(piece.text)
    before: Piece | None = None
    for piece in post.pieces:
        if isinstance(piece, FrontMatter):
            assert before is None
        if isinstance(piece, Recorded):
            assert isinstance(before, Cell)
            assert piece.outputs
            assert post.recorded(before) == piece.outputs
        if isinstance(piece, Cell | Shown):
            unended = not piece.text.endswith(("\n", "\r"))
            assert piece.fence.line_count == line_ends(piece.text) + unended
        before = piece
    assert [cell.number for cell in post.cells] == list(range(1, len(post.cells) + 1))
    assert post.runs or not post.cells
    assert len({cell.line for cell in post.cells}) == len(post.cells)
    for problem in post.problems:
        assert problem.line is not None
        assert 1 <= problem.line <= line_ends(text) + 1
        assert "\n" not in str(problem)
    return post


CODES = st.sampled_from(
    [
        "x = 1",
        "print(3)",
        "print 'a'",
        "!ls",
        "x = !ls",
        "%pip install x",
        "%%bash\necho",
        "%matplotlib inline",
        "pip install x",
        ">>> 1",
        "In [1]: 1",
        "# nada",
        "",
        "#| label: a\nx",
        "#| eval: true",
        "#| eval: false\nx",
        "#| lable: a",
        "#| [",
        "\n\n    y = 1\n\n",
        "'''\n\n```\n\n'''",
        "\tx",
        "x\0",
        "x\x0cy",
        "x = '\u2028'",
        "f(",
    ]
)
INFOS = st.sampled_from(
    ["", "python", "{python}", "{.python .n}", "py", "PYTHON", "pycon", "r", "python x=1", "text"]
)


@st.composite
def fences(draw: st.DrawFn) -> str:
    """A fence of any kind, closed or not, in any container."""
    sign = draw(st.sampled_from("`~"))
    length = draw(st.integers(2, 6))
    inner = draw(CODES)
    closing = draw(st.sampled_from([length, length, length, length + 1, length - 1, 0]))
    rows = [sign * length + draw(INFOS), *inner.split("\n"), sign * closing]
    first, rest = draw(
        st.sampled_from(
            [
                *[("", ""), ("", ""), ("", ""), ("  ", "  "), ("    ", "    ")],
                *[("> ", "> "), ("> ", ""), ("- ", "  "), ("1. ", "   "), ("> - ", ">   ")],
            ]
        )
    )
    return "".join(f"{first if index == 0 else rest}{row}\n" for index, row in enumerate(rows))


FRAGMENTS = st.one_of(
    fences(),
    fences(),
    st.integers(0, 5).map(lambda count: "\n" * count),
    st.sampled_from(
        [
            "Title: Caso\n",
            "Execute: yes\n",
            "Execute: talvez\n",
            "---\n",
            "...\n",
            "    mais\n",
            "    42\n",
            "\t42\n",
            "    \n",
            "    Traceback (most recent call last)\n",
            "\n\n![png](/assets/output_1_0.png)\n",
            "![png](a_1_0.png)\n    \n",
            "![foto](foto.png)\n",
            "<center>![png](a_1_0.png)</center>\n",
            "\n\n\n\n<div>\n\n",
            '<table class="dataframe">\n',
            "</table>\n",
            "</div>\n\n\n\n",
            "<br>\n",
            "<script>\n",
            "</script>\n",
            "<!--\n",
            "-->\n",
            "<",
            "$\\displaystyle x$\n",
            "| a | b |\n|---|---|\n",
            "Um parágrafo.\n",
            "- item\n",
            "  mais\n",
            "> citação\n",
            "# Título\n",
            "\x0c\n",
            "\u2028",
            "\0",
            "\r",
            BOM,
        ]
    ),
)
NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])
EXECUTES = st.sampled_from(["yes", "no", "auto"])


@st.composite
def posts(draw: st.DrawFn) -> str:
    body = "".join(draw(st.lists(FRAGMENTS, max_size=8)))
    return draw(st.sampled_from(["", "", BOM])) + body.replace("\n", draw(NEWLINES))


@given(st.text(), EXECUTES)
@settings(deadline=None, max_examples=300)
def test_any_text_is_read_and_given_back(text: str, execute: Execute) -> None:
    check(text, execute)


@given(posts(), EXECUTES)
@settings(deadline=None, max_examples=800)
@example("```python\nx\n```\n\n\n\n\n<div>\n\n```python\ny\n```\n\n</div>\n\n\n\nFim.\n", "yes")
@example("```python\nx\n```\n\n\n\n\n<div>\n\n- ```python\n  y\n  ```\n\n</div>\n", "yes")
@example("```python\n#| label: " + "[" * 3000 + "\n```\n", "yes")
@example("```python\n" + "-" * 50_000 + "1\n```\n", "yes")
def test_any_mixture_of_what_posts_hold_is_read_and_given_back(text: str, execute: Execute) -> None:
    check(text, execute)


def skeleton(post: Post) -> list[tuple[str, int, str]]:
    """What a post is, whatever its line ends are."""
    return [
        (
            type(piece).__name__,
            piece.line,
            piece.code if isinstance(piece, Cell | Shown) else "",
        )
        for piece in post.pieces
    ]


@given(st.lists(FRAGMENTS, max_size=8).map("".join), EXECUTES)
@settings(deadline=None, max_examples=200)
def test_neither_line_ends_nor_a_byte_order_mark_change_what_is_read(
    text: str, execute: Execute
) -> None:
    # A lone CR, or a mark in the text itself, would make other lines of it.
    text = text.replace("\r", "").replace(BOM, "")
    plain = read(text, execute)
    if not text:
        return
    for other in (text.replace("\n", "\r\n"), text.replace("\n", "\r"), BOM + text):
        found = read(other, execute)
        assert skeleton(found) == skeleton(plain)
        assert [str(problem) for problem in found.problems] == [
            str(problem) for problem in plain.problems
        ]


def test_an_empty_post_has_no_pieces() -> None:
    assert read("").pieces == ()


def test_a_form_feed_or_a_line_separator_ends_no_line() -> None:
    post = read("Um\x0cdois\u2028três\n\n" + fence("#| label: a\nx = '\u2028'\n\x0c\ny = 2"))
    [cell] = post.cells
    assert (cell.line, cell.code_line) == (3, 5)
    assert cell.code == "x = '\u2028'\n\x0c\ny = 2\n"
    # Nothing of an option is taken for code; to YAML, the separator is a line end and so a blank.
    [cell] = read(fence('#| fig-cap: "a\u2028b"\nx = 1')).cells
    assert (cell.code, cell.code_line) == ("x = 1\n", 3)
    assert cell.options.fig_cap[0].split() == ["a", "b"]


def test_a_post_may_begin_with_a_byte_order_mark_and_a_fence() -> None:
    post = read(BOM + fence("x = 1") + "\nFim.\n")
    [cell] = post.cells
    assert (cell.line, cell.fence.prefix, cell.code) == (1, "", "x = 1\n")


# --- Front matter -------------------------------------------------------------------------------

HEADS = {
    "keys": ("Title: Um\nDate: 2020\n\nTexto.\n", 3, {"title": "Um", "date": "2020"}),
    "dashes": ("---\nTitle: Um\n---\nTexto.\n", 3, {"title": "Um"}),
    "dots": ("---\nTitle: Um\n...\nTexto.\n", 3, {"title": "Um"}),
    "mark": (BOM + "Title: Um\n\nTexto.\n", 2, {"title": "Um"}),
    "continued": ("Title: Um\n    dois\n\nTexto.\n", 3, {"title": "Um"}),
    "twice": ("Tags: a\nTags: b\n\nTexto.\n", 3, {"tags": "a"}),
    "case": ("TITLE: Um\n\nTexto.\n", 2, {"title": "Um"}),
    "colon in value": ("Title: Um: dois\n\n", 2, {"title": "Um: dois"}),
    "ended by prose": ("Title: Um\nTexto sem linha em branco.\n", 1, {"title": "Um"}),
    "ended by a fence": ("Title: Um\n```python\nx\n```\n", 1, {"title": "Um"}),
    "none": ("Texto.\n\nTitle: Um\n", 0, {}),
    "none after a blank line": ("\nTitle: Um\n", 0, {}),
    "all": ("Title: Um\n", 1, {"title": "Um"}),
}


@pytest.mark.parametrize(("text", "length", "values"), HEADS.values(), ids=HEADS.keys())
def test_front_matter_is_read_as_pelican_reads_it(
    text: str, length: int, values: dict[str, str]
) -> None:
    post = read(text)
    assert dict(post.metadata) == values
    head = post.pieces[0].text if isinstance(post.pieces[0], FrontMatter) else ""
    assert line_ends(head) == length


ANSWERS = {
    "yes": ("Execute: yes", True),
    "no": ("Execute: no", False),
    "capitals": ("EXECUTE: YES", True),
    "true": ("Execute: true", True),
    "False": ("Execute: False", False),
    "quoted": ('Execute: "yes"', True),
    "the first of two": ("Execute: no\nExecute: yes", False),
}


@pytest.mark.parametrize("setting", ["yes", "no", "auto"])
@pytest.mark.parametrize(("line", "runs"), ANSWERS.values(), ids=ANSWERS.keys())
def test_front_matter_decides_whatever_the_setting_says(
    line: str, setting: Execute, runs: bool
) -> None:
    post = read(f"Title: Um\n{line}\n\n{fence('x')}", setting)
    assert (post.runs, len(post.cells)) == (runs, int(runs))
    assert post.why == f'Execute is "{"yes" if runs else "no"}" in its front matter'
    assert post.problems == ()


BAD_ANSWERS = {
    "yess": 'did you mean "yes"? Allowed: no, yes',
    "auto": "Allowed: no, yes",
    "1": "Allowed: no, yes",
    "": "Allowed: no, yes",
}


@pytest.mark.parametrize(("word", "hint"), BAD_ANSWERS.items())
def test_another_word_for_execute_is_named_and_nothing_runs(word: str, hint: str) -> None:
    post = read(f"Title: Um\nDate: 2020\nExecute: {word}\n\n{fence('x')}")
    assert [str(problem) for problem in post.problems] == [
        f'{PATH}:3: front matter: Execute: "{word}" is not allowed; {hint}'
    ]
    assert not post.runs
    assert post.cells == ()


def test_resources_are_names_and_amounts() -> None:
    post = read(f"Title: Um\nDate: 2020\nResources: GPU=1, MEMORY = 0.5,\n\n{fence('x')}")
    assert post.resources == (("GPU", 1), ("MEMORY", 0.5))
    assert not post.problems
    assert read(fence("x")).resources == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("GPU", '"GPU" is not a name and a number, such as GPU=1'),
        ("2 GPUs=1", '"2 GPUs=1" is not a name and a number, such as GPU=1'),
        ("GPU=uma", 'GPU: "uma" is not a number'),
        ("GPU=", 'GPU: "" is not a number'),
        ("GPU=0", 'GPU: "0" is not an amount above zero'),
        ("GPU=nan", 'GPU: "nan" is not an amount above zero'),
        ("GPU=1, MEMORY=inf", 'MEMORY: "inf" is not an amount above zero'),
        ("GPU=1, GPU=2", '"GPU" stands there twice'),
    ],
)
def test_resources_that_are_none_are_named(value: str, message: str) -> None:
    post = read(f"Title: Um\nResources: {value}\n\n{fence('x')}")
    assert list(map(str, post.problems)) == [f"{PATH}:2: front matter: Resources: {message}"]


@given(st.text(st.characters(exclude_characters="\r\n")))
def test_any_resources_are_read_or_named(value: str) -> None:
    post = read(f"Title: Um\nResources: {value}\n\n{fence('x')}")
    assert all(amount > 0 for _, amount in post.resources)
    assert all(problem.line == 2 for problem in post.problems)


def test_execute_below_the_front_matter_is_prose() -> None:
    assert not read(f"Texto.\n\nExecute: yes\n\n{fence('x')}", "auto").runs


def test_another_setting_is_refused() -> None:
    with pytest.raises(ValueError, match=r'did you mean "yes"\? Allowed: auto, no, yes'):
        parse("", PATH, "yess")  # type: ignore[arg-type]


# --- Rule 1: does the post run? -----------------------------------------------------------------

OUTPUT = "\n    42\n"
FIGURE = "\n\n![png](/assets/output_1_0.png)\n"

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


# --- Which fences are looked at -----------------------------------------------------------------

CANDIDATES = [
    "python",
    "python3",
    "py",
    "ipython",
    "ipython3",
    "PYTHON",
    "Python",
    "{python}",
    "{python, echo=FALSE}",
    "{.python .numberLines}",
    "{.python}",
    "{ .python }",
    "python hl_lines='1'",
    "python title=x",
    "  python  ",
]
OTHERS = [
    "",
    "pycon",
    "python2",
    "python-repl",
    "pythonx",
    "cython",
    "text",
    "bash",
    "r",
    "{r}",
    "{.r .python}",
    "text python",
    "console",
    "doctest",
]


@pytest.mark.parametrize("info", CANDIDATES)
def test_fences_in_pythons_languages_are_cells(info: str) -> None:
    assert [cell.code for cell in read(fence("x = 1", info)).cells] == ["x = 1\n"]


@pytest.mark.parametrize("info", OTHERS)
def test_fences_in_other_languages_are_shown(info: str) -> None:
    post = read(fence("x = 1", info))
    assert [piece.reason for piece in post.pieces if isinstance(piece, Shown)] == [
        "it is no Python"
    ]
    assert post.cells == ()


FORMS = {
    "tildes": ('~~~python\nx = """\n```\n"""\n~~~\n', 'x = """\n```\n"""\n'),
    "longer": ('````python\nx = """\n```\n"""\n````\n', 'x = """\n```\n"""\n'),
    "closed by a longer one": ("```python\nx\n`````\n", "x\n"),
    "indented by three": ("   ```python\n   if x:\n     y\n   ```\n", "if x:\n  y\n"),
    "in a quotation": ("> ```python\n> x\n> ```\n", "x\n"),
    "in a list": ("- um\n\n  ```python\n  x\n  ```\n", "x\n"),
    "behind a list marker": ("- ```python\n  x\n  ```\n", "x\n"),
    "in a list in a quotation": ("> - ```python\n>   x\n>   ```\n", "x\n"),
    "between HTML": ("<details>\n\n```python\nx\n```\n\n</details>\n", "x\n"),
    "at the end without a line end": ("```python\nx\n```", "x\n"),
}
NO_FENCES = {
    "indented by four": "    ```python\n    x\n    ```\n",
    "two ticks": "``python\nx\n``\n",
    "in a comment": "<!--\n```python\nx\n```\n-->\n",
    "in HTML": "<pre>\n```python\nx\n```\n</pre>\n",
    "in another fence": "````text\n```python\nx\n```\n````\n",
    "in a line": "Escreva ```python x``` assim.\n",
}


@pytest.mark.parametrize(("text", "code"), FORMS.values(), ids=FORMS.keys())
def test_fences_are_found_wherever_commonmark_has_them(text: str, code: str) -> None:
    assert [cell.code for cell in read(text).cells] == [code]


@pytest.mark.parametrize("text", NO_FENCES.values(), ids=NO_FENCES.keys())
def test_what_is_no_fence_in_commonmark_is_none(text: str) -> None:
    assert read(text).cells == ()


# --- Options ------------------------------------------------------------------------------------

OPTIONS = {
    "eval": ("eval: true", Options(eval=True)),
    "yes": ("echo: yes", Options(echo=True)),
    "no": ("echo: no", Options(echo=False)),
    "False": ("echo: False", Options(echo=False)),
    "output": ("output: false", Options(output=False)),
    "warning": ("warning: true", Options(warning=True)),
    "error": ("error: true", Options(error=True)),
    "error false": ("error: false", Options(error=False)),
    "label": ("label: fig-curva_2", Options(label="fig-curva_2")),
    "label with accents": ("label: iteração", Options(label="iteração")),
    "fig-cap": ("fig-cap: Uma curva", Options(fig_cap=("Uma curva",))),
    "fig-cap, quoted": ('fig-cap: "Curva: erro"', Options(fig_cap=("Curva: erro",))),
    "fig-cap, a date": ("fig-cap: 2019-07-29", Options(fig_cap=("2019-07-29",))),
    "fig-cap, a number": ("fig-cap: 1e3", Options(fig_cap=("1e3",))),
    "fig-cap, yes": ("fig-cap: yes", Options(fig_cap=("yes",))),
    "fig-cap over two lines": ("fig-cap: |\n#|   Um\n#|   dois", Options(fig_cap=("Um\ndois",))),
    "fig-alt": ("fig-alt: Dez dígitos", Options(fig_alt=("Dez dígitos",))),
    "fig-alt of nothing": ('fig-alt: ""', Options(fig_alt=("",))),
    "fig-cap, one for each": ("fig-cap: [a, b]", Options(fig_cap=("a", "b"))),
    "fig-alt, one for each": ("fig-alt:\n#|   - a\n#|   - b", Options(fig_alt=("a", "b"))),
    "fig-width": ("fig-width: 8", Options(fig_width=8.0)),
    "fig-height": ("fig-height: 2.5", Options(fig_height=2.5)),
    "fig-dpi": ("fig-dpi: 200", Options(fig_dpi=200.0)),
    "fig-format": ("fig-format: SVG", Options(fig_format="svg")),
    "fig-dark": ("fig-dark: true", Options(fig_dark=True)),
    "code-fold": ("code-fold: true", Options(code_fold=True)),
    "code-fold, open": ("code-fold: show", Options(code_fold="show")),
    "code-line-numbers": ("code-line-numbers: true", Options(code_line_numbers=True)),
    "code-line-numbers, marked": (
        "code-line-numbers: 2,4-6",
        Options(code_line_numbers="2 4-6"),
    ),
    "code-summary": ("code-summary: Como?", Options(code_summary="Como?")),
    "classes, of Pandoc": ("classes: .largo .claro", Options(classes=("largo", "claro"))),
    "classes, a list": ("classes: [largo]", Options(classes=("largo",))),
    "output as it is": ("output: asis", Options(output="asis")),
    "include": ("include: false", Options(include=False)),
    "data, one path": ("data: ../data/a.csv", Options(data=("../data/a.csv",))),
    "data, several": ("data: [a.csv, b.csv]", Options(data=("a.csv", "b.csv"))),
    "timings": ("timings: true", Options(timings=True)),
    "reprs": ("reprs: true", Options(reprs=True)),
    "tolerance": ("tolerance: 1e-3", Options(tolerance=0.001)),
    "timeout": ("timeout: 90", Options(timeout=90)),
    "timeout, a fraction": ("timeout: 0.5", Options(timeout=0.5)),
    "two": ("echo: false\n#| label: a", Options(echo=False, label="a")),
    "nothing": ("", Options()),
}


@pytest.mark.parametrize(("rows", "options"), OPTIONS.values(), ids=OPTIONS.keys())
def test_options_are_read(rows: str, options: Options) -> None:
    post = read(fence(f"#| {rows}\nx = 1"))
    assert post.problems == ()
    [cell] = post.cells
    assert cell.options == options
    assert cell.code == "x = 1\n"
    assert cell.code_line == cell.line + rows.count("\n") + 2


ALLOWED = (
    "Allowed: classes, code-fold, code-line-numbers, code-summary, data, echo, error, eval, "
    "fig-alt, fig-cap, fig-dark, fig-dpi, fig-format, fig-height, fig-width, include, label, "
    "output, reprs, timeout, timings, tolerance, warning"
)

BAD_OPTIONS = {
    "unknown": ("#| lable: a", 2, f'unknown option "lable": did you mean "label"? {ALLOWED}'),
    "unknown, in Python's spelling": (
        "#| fig_cap: a",
        2,
        f'unknown option "fig_cap": did you mean "fig-cap"? {ALLOWED}',
    ),
    "unknown, like nothing": ("#| zzz: a", 2, f'unknown option "zzz": {ALLOWED}'),
    "unknown, on its line": ("#| echo: no\n#| evall: no", 3, 'unknown option "evall": did you'),
    "no boolean": ("#| echo: talvez", 2, 'option "echo": "talvez" is neither true nor false'),
    "no boolean, a number": ("#| eval: 1", 2, 'option "eval": "1" is neither true nor false'),
    "no value": ("#| echo:", 2, 'option "echo": "" is neither true nor false'),
    "an absolute path": (
        "#| data: /etc/hosts",
        2,
        'option "data": "/etc/hosts" is no path from the folder of the post',
    ),
    "no share": ("#| tolerance: 2", 2, 'option "tolerance": "2" is not between 0 and 1'),
    "no seconds": ("#| timeout: 2min", 2, 'option "timeout": "2min" is not a number of seconds'),
    "no time": (
        "#| timeout: 0",
        2,
        'option "timeout": "0" is not a time in which a cell could end',
    ),
    "no end": (
        "#| timeout: inf",
        2,
        'option "timeout": "inf" is not a time in which a cell could end',
    ),
    "no time at all": (
        "#| timeout: nan",
        2,
        'option "timeout": "nan" is not a time in which a cell could end',
    ),
    "no file name": (
        "#| label: ../a",
        2,
        'option "label": "../a" cannot name a file; use letters, digits, "-" and "_"',
    ),
    "no file name, empty": ("#| label:", 2, 'option "label": "" cannot name a file'),
    "no file name, a blank": ("#| label: a b", 2, 'option "label": "a b" cannot name a file'),
    "a list": ("#| label: [a, b]", 2, 'option "label": one value is expected, not several'),
    "a list over lines": (
        "#| echo: no\n#| code-summary:\n#|   - a\n#|   - b",
        3,
        'option "code-summary": one value is expected, not several',
    ),
    "a list in a list": ("#| fig-cap: [[a]]", 2, 'option "fig-cap": a text is expected, or a list'),
    "a word that is none": (
        "#| fig-format: jpg",
        2,
        'option "fig-format": "jpg" is not known; did you mean "jpeg"? Allowed: jpeg, png, retina',
    ),
    "no inches": (
        "#| fig-width: 6in",
        2,
        'option "fig-width": "6in" is not a number',
    ),
    "too many inches": (
        "#| fig-height: 640",
        2,
        'option "fig-height": "640" is not a size in inches, more than 0 and at most 50',
    ),
    "no resolution": (
        "#| fig-dpi: 1200",
        2,
        'option "fig-dpi": "1200" is not a number of dots an inch, from 10 to 600',
    ),
    "not a number at all": ("#| fig-dpi: nan", 2, 'option "fig-dpi": "nan" is not a number of'),
    "no way to show": (
        "#| output: raw",
        2,
        'option "output": "raw" is neither true, false nor asis',
    ),
    "no way to fold": (
        "#| code-fold: open",
        2,
        'option "code-fold": "open" is neither true, false nor show',
    ),
    "no lines": (
        "#| code-line-numbers: 0-3",
        2,
        'option "code-line-numbers": "0-3" is neither true, false nor lines such as 2,4-6',
    ),
    "no class": ("#| classes: largo 2x", 2, 'option "classes": "2x" is no name of a CSS class'),
    "no option": ("#| echo", 2, "cell options: write `#| key: value`"),
    "a value to be quoted": (
        "#| echo: no\n#| fig-cap: Curva: erro",
        3,
        "cell options: mapping values are not allowed here; write one `#| key: value` a line, "
        'and quote a value that holds ": "',
    ),
    "an open bracket": ("#| fig-cap: [a", 2, "cell options: "),
    "a character that YAML does not take": ("#| fig-cap: a\x0cb", 2, "cell options: not YAML; "),
    "nested too deep": ("#| fig-cap: " + "[" * 3000, 2, "cell options: not YAML; "),
}


@pytest.mark.parametrize(("rows", "line", "message"), BAD_OPTIONS.values(), ids=BAD_OPTIONS.keys())
def test_options_that_cannot_be_read_are_named(rows: str, line: int, message: str) -> None:
    post = read(fence(f"{rows}\nx = 1"))
    [problem] = post.problems
    assert str(problem).startswith(f"{PATH}:{line}: {message}")
    assert [piece.reason for piece in post.pieces if isinstance(piece, Shown)] == [
        "its options cannot be read"
    ]


def test_every_bad_option_of_a_cell_is_told() -> None:
    post = read(fence("#| lable: a\n#| echo: talvez\nx"))
    assert [problem.line for problem in post.problems] == [2, 3]


def test_every_option_is_tested() -> None:
    changed = {
        spec.name
        for _, options in OPTIONS.values()
        for spec in fields(Options)
        if getattr(options, spec.name) != spec.default
    }
    assert changed == {spec.name for spec in fields(Options)}


def test_option_lines_end_where_code_begins() -> None:
    [cell] = read(fence("#| label: a\nx = 1\n#| label: b")).cells
    assert cell.options.label == "a"
    assert cell.code == "x = 1\n#| label: b\n"


def test_option_lines_may_be_indented_with_their_cell() -> None:
    [cell] = read("1. um\n\n    ```python\n      #| label: a\n      x = 1\n    ```\n").cells
    assert cell.options.label == "a"
    assert (cell.code, cell.code_line) == ("  x = 1\n", 5)


def test_what_is_shown_shows_no_option_lines() -> None:
    [piece] = read(fence("#| eval: false\nx = 1")).pieces
    assert isinstance(piece, Shown)
    assert piece.code == "x = 1\n"


# --- Recorded outputs ---------------------------------------------------------------------------


def recorded(below: str, above: str = "") -> tuple[RecordedOutput, ...]:
    """What is recorded of `below`, the text behind a cell's fence."""
    post = read(above + fence("x"))
    assert len(post.cells) == 1
    post = read(above + fence("x") + below)
    return post.recorded(post.cells[0])


def kinds(below: str) -> list[str]:
    return [output.kind for output in recorded(below)]


DIV = '<div>\n<table border="1" class="dataframe">\n<tr><td>1</td></tr>\n</table>\n</div>\n'
IFRAME = "<iframe src='a.html'></iframe>\n"
LATEX = "$\\displaystyle x^2$\n"

RECORDED: dict[str, tuple[str, list[str]]] = {
    "nothing": ("\nTexto.\n", []),
    "text": ("\n    42\n", ["text"]),
    "two chunks of a text are one": ("\n    um\n\n    dois\n\nTexto.\n", ["text"]),
    "a figure": ("\n\n![png](a_1_0.png)\n", ["figure"]),
    "two figures": ("\n\n![png](a_1_0.png)\n\n\n\n![png](a_1_1.png)\n", ["figure", "figure"]),
    "all picture formats": (
        "\n![png](a_1_0.png)\n\n![jpeg](a_1_1.jpeg)\n\n![svg](a_1_2.svg)\n\n![gif](a_1_3.gif)\n",
        ["figure"] * 4,
    ),
    "a figure with a title": ('\n![png](a_1_0.png "Título")\n', ["figure"]),
    "a figure in angle brackets": ("\n![png](<minha nota_1_0.png>)\n", ["figure"]),
    "a figure below {static}": ("\n![png]({static}/r/nota_1_0.png)\n", ["figure"]),
    "a figure beside text": ("\n![png](a_1_0.png) como se vê\n", []),
    "a figure in a list": ("\n- ![png](a_1_0.png)\n", []),
    "a figure with another format's name": ("\n![png](a_1_0.bmp)\n", []),
    "a figure with words for a name": ("\n![uma curva](a_1_0.png)\n", []),
    "a figure on another host": ("\n![png](https://a.org/a_1_0.png)\n", []),
    "a figure on another host, behind a blank": ("\n![png]( https://a.org/a_1_0.png)\n", []),
    "a figure on another host, in angle brackets": ("\n![png](<http://a.org/a_1_0.png>)\n", []),
    "a figure on another host, without its scheme": ("\n![png](//a.org/a_1_0.png)\n", []),
    "a figure in the text itself": ("\n![png](data:image/png;base64,a_1_0.png)\n", []),
    "a figure in a paragraph element": ("\n<p>![png](a_1_0.png)</p>\n", ["figure"]),
    "a figure in two elements": ("\n<p><b>![png](a_1_0.png)</b></p>\n", []),
    "a figure in an element with text": ("\n<p>Veja ![png](a_1_0.png)</p>\n", []),
    # A result has four blank lines before it and three behind it.
    "HTML after four blank lines": (f"\n\n\n\n{IFRAME}\n\n\nTexto.\n", ["html"]),
    "HTML after three": (f"\n\n\n{IFRAME}\n\n\nTexto.\n", []),
    "HTML before two": (f"\n\n\n\n{IFRAME}\n\nTexto.\n", []),
    "HTML at the end of the file": (f"\n\n\n\n{IFRAME}", ["html"]),
    "HTML at the end of the file, with blank lines": (f"\n\n\n\n{IFRAME}\n\n", ["html"]),
    "LaTeX after four blank lines": (f"\n\n\n\n{LATEX}\n\n\nTexto.\n", ["latex"]),
    "LaTeX after three": (f"\n\n\n{LATEX}\n\n\nTexto.\n", []),
    "LaTeX before two": (f"\n\n\n\n{LATEX}\n\nTexto.\n", []),
    "LaTeX in two dollars": ("\n\n\n\n$$x^2$$\n\n\n\nTexto.\n", ["latex"]),
    "LaTeX by hand": ("\n\n\n\n$x^2$ é o quadrado.\n\n\n\nTexto.\n", []),
    "a table of pandas, whatever is around it": (f"\n{DIV}\nTexto.\n", ["html"]),
    "two tables": (f"\n\n\n\n{DIV}\n\n\n\n\n{DIV}\n\n\nTexto.\n", ["html", "html"]),
    "elements in elements": (
        f"\n\n\n\n<div>\n<div>\n\n</div>\n{DIV}</div>\n\n\n\nTexto.\n",
        ["html"],
    ),
    "an element that is never closed": (f"\n\n\n\n<div>\n{DIV}\n\n\nTexto.\n", []),
    "an element that closes another": (f"\n\n\n\n</div>\n{DIV}\n\n\nTexto.\n", []),
    "void elements": ("\n\n\n\n<p>um<br>dois<img src='a'><hr></p>\n\n\n\nTexto.\n", ["html"]),
    "closed by implication": (
        "\n\n\n\n<table>\n<tr><td>1<td>2\n<tr><td>3\n</table>\n\n\n\nTexto.\n",
        ["html"],
    ),
    "a script that writes elements": (
        "\n\n\n\n<div>\n<script>\nvar a = '</div>';\n\nvar b = '<div>';\n</script>\n</div>\n",
        ["html"],
    ),
    "a style that holds signs": (
        "\n\n\n\n<div>\n<style>\na > b { content: '</div>' }\n\n</style>\n</div>\n\n\n\nT.\n",
        ["html"],
    ),
    "a comment that holds elements": (
        "\n\n\n\n<div>\n<!-- </div> -->\n</div>\n\n\n\nTexto.\n",
        ["html"],
    ),
    "attributes over lines": (
        "\n\n\n\n<div\n  id='a'>\n</div>\n\n\n\nTexto.\n",
        ["html"],
    ),
    "HTML around the next cell": (f"\n\n\n\n<div>\n\n{fence('y')}\n</div>\n\n\n\nTexto.\n", []),
    "all kinds": (
        f"\n    um\n\n\n\n![png](a_1_0.png)\n\n\n\n\n{DIV}\n\n\n\n\n\n{LATEX}\n\n\nTexto.\n",
        ["text", "figure", "html", "latex"],
    ),
    "what stands behind a sentence": ("\n    um\n\nTexto.\n\n    dois\n", ["text"]),
    "a list": ("\n- um\n\n      dois\n", []),
    "a quotation": ("\n>     um\n", []),
    "another fence": ("\n```\nsaída\n```\n", []),
}


@pytest.mark.parametrize(("below", "expected"), RECORDED.values(), ids=RECORDED.keys())
def test_what_is_recorded_under_a_cell(below: str, expected: list[str]) -> None:
    assert kinds(below) == expected
    assert kinds(below.replace("\n", "\r\n")) == expected


PROOF = {
    "a result, after four blank lines": ("", "\n\n\n\n    42\n", True),
    "not after three": ("", "\n\n\n    42\n\n\n\nTexto.\n", False),
    "a stream, with nbconvert's blank lines": ("Texto.\n\n\n", "\n    42\n\n\nTexto.\n", True),
    "not with one before the fence": ("Texto.\n\n", "\n    42\n\n\nTexto.\n", False),
    "not with one behind it": ("Texto.\n\n\n", "\n    42\n\nTexto.\n", False),
}


@pytest.mark.parametrize(("above", "below", "proof"), PROOF.values(), ids=PROOF.keys())
def test_what_form_of_text_only_a_machine_writes(above: str, below: str, proof: bool) -> None:
    [output] = recorded(below, above)
    assert output.proof is proof


def test_recorded_text_loses_its_four_blanks_and_no_more() -> None:
    for newline in ("\n", "\r\n", "\r"):
        [output] = recorded("\n      1\n    12\n    \n\n    fim\n".replace("\n", newline))
        assert output.content == "  1\n12\n\n\nfim\n"


def test_a_figure_keeps_its_link() -> None:
    [output] = recorded('\n\n![png]({static}/r/nota_1_0.png "Um")\n')
    assert (output.content, output.line) == ("{static}/r/nota_1_0.png", 6)


def test_a_shown_fence_has_no_recorded_outputs() -> None:
    post = read(fence("#| eval: false\nx") + FIGURE)
    assert [type(piece) for piece in post.pieces] == [Shown, Prose]


TRACEBACK = """
    ---------------------------------------------------------------------------

    ZeroDivisionError                         Traceback (most recent call last)

    <ipython-input-1-9e1622b385b6> in <module>
    ----> 1 1/0

    ZeroDivisionError: division by zero


"""

MAY_RAISE = {
    "nothing": ("1/0", "", False),
    "another output": ("1/0", "\n    42\n", False),
    "a recorded traceback": ("1/0", TRACEBACK, True),
    "a traceback that prose shows": ("1/0", "\nVeja:\n" + TRACEBACK, False),
    "the option": ("#| error: true\n1/0", "", True),
    "the option, against what is recorded": ("#| error: false\n1/0", TRACEBACK, False),
}


@pytest.mark.parametrize(("code", "below", "expected"), MAY_RAISE.values(), ids=MAY_RAISE.keys())
def test_a_cell_is_meant_to_raise_if_it_says_so_or_did(
    code: str, below: str, expected: bool
) -> None:
    post = read(fence(code) + below + "Fim.\n")
    [cell] = post.cells
    assert post.may_raise(cell) is expected


def test_what_is_recorded_belongs_to_the_cell_above_it() -> None:
    post = read(fence("x") + FIGURE + "\n\n" + fence("x") + "\n\n" + fence("x") + TRACEBACK)
    assert [len(post.recorded(cell)) for cell in post.cells] == [1, 0, 1]
    assert [post.may_raise(cell) for cell in post.cells] == [False, False, True]
    # Two cells that are the same but for their place are not the same.
    assert replace(post.cells[0], number=2) != post.cells[1]


# --- Bytes --------------------------------------------------------------------------------------


@given(st.text())
def test_what_is_utf8_is_decoded(text: str) -> None:
    assert decode(text.encode(), PATH) == text


def test_a_byte_order_mark_stays_in_the_text() -> None:
    assert decode(b"\xef\xbb\xbfTitle: Um\n", PATH) == BOM + "Title: Um\n"


BAD_BYTES = {
    "Latin-1": ("Title: Ação".encode("latin-1"), 1, "0xe7", 8),
    "in line 3": (b"a\n\n\xff", 3, "0xff", 3),
    "after CRLF": (b"a\r\n\r\nb\xff", 3, "0xff", 6),
    "after CR": (b"a\r\rb\xff", 3, "0xff", 4),
    "behind letters with accents": ("é\né".encode() + b"\x80", 2, "0x80", 5),
    "cut off": ("fim\né".encode()[:-1], 2, "0xc3", 4),
    "UTF-16": ("Title: Um\n".encode("utf-16-le") + b"\xff", 2, "0xff", 20),
    "UTF-16 with its mark": (b"\xff\xfeT\0", 1, "0xff", 0),
    "a surrogate": (b"x\n\xed\xa0\x80", 2, "0xed", 2),
}


@pytest.mark.parametrize(
    ("data", "line", "byte", "offset"), BAD_BYTES.values(), ids=BAD_BYTES.keys()
)
def test_what_is_not_utf8_is_told_with_line_and_offset(
    data: bytes, line: int, byte: str, offset: int
) -> None:
    with pytest.raises(ProblemError) as caught:
        decode(data, PATH)
    assert str(caught.value) == (
        f"{PATH}:{line}: not UTF-8: byte {byte} at offset {offset}; save the file as UTF-8"
    )
