"""Posts for the tests of what reads them, written by hand and by chance."""

from executable_posts.post import (
    Execute,
    Post,
    parse,
)
from hypothesis import strategies as st

PATH = "content/posts/x.md"
BOM = "\ufeff"


def read(text: str, execute: Execute = "yes", *, shell_allowed: bool = False) -> Post:
    return parse(text, PATH, execute, shell_allowed=shell_allowed)


def fence(code: str, info: str = "python") -> str:
    return f"```{info}\n{code}\n```\n"


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


OUTPUT = "\n    42\n"
FIGURE = "\n\n![png](/assets/output_1_0.png)\n"
