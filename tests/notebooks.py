"""Notebooks for the tests, small ones and generated ones, all as nbformat writes them."""

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import nbformat
from hypothesis import strategies as st
from nbformat import v4

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)
DATED: Mapping[str, Any] = {"pelican": {"title": "Caderno", "date": "2020-01-02"}}
PYTHON: Mapping[str, Any] = {
    "kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"},
    "language_info": {"name": "python"},
}


def text(source: str, *tags: str, **more: Any) -> Any:
    """A Markdown cell."""
    return v4.new_markdown_cell(source, metadata={"tags": list(tags)}, **more)


def code(source: str, *tags: str, outputs: Sequence[Any] = ()) -> Any:
    """A code cell."""
    return v4.new_code_cell(source, metadata={"tags": list(tags)}, outputs=list(outputs))


def stream(content: str, name: str = "stdout") -> Any:
    return v4.new_output("stream", text=content, name=name)


def result(**data: Any) -> Any:
    """What the last expression of a cell gives: ``result(text_plain="2")``."""
    return v4.new_output("execute_result", data=_bundle(data), execution_count=1)


def displayed(**data: Any) -> Any:
    return v4.new_output("display_data", data=_bundle(data))


def _bundle(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name.replace("_", "/", 1).replace("svgxml", "svg+xml"): value
        for name, value in data.items()
    }


def notebook(*cells: Any, metadata: Mapping[str, Any] = DATED) -> str:
    """The file of a Python notebook with `cells`."""
    node = v4.new_notebook(cells=list(cells), metadata={**PYTHON, **metadata})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return str(nbformat.writes(node))


def with_metadata(file: str, metadata: dict[str, Any]) -> str:
    """`file` with other metadata, such as nbformat would not write."""
    return json.dumps({**json.loads(file), "metadata": metadata})


# All that Markdown knows to leave open, and all that may be taken for something else.
_FENCES = ["```", "```python", "````python", "~~~", "~~~python", "```{python}", "```{.python .x}"]
_OPEN = ["<!--", "<div>", "<div", "<p>", "<pre>", "<script>", "<style>", "<textarea>", "<details>"]
_OPEN += ["<?", "<![CDATA[", "<!X", "<b>", '<table class="dataframe">']
_CLOSED = ["-->", "</div>", "</pre>", "</script>", "</table>"]
_LIKE_OUTPUTS = ["![png](/a/o_1_2.png)", "![png](o_3_4.png)", "<center>![png](o_5_6.png)</center>"]
_BLOCKS = ["-", "*", "1.", ">", "#", "##", "===", "---", "***", "|", "[a]:", "$$", "$x$", "\\", "&"]
_WORDS = ["texto", "#|", "Title:", "Nota:", ">>>", "::"]
_PIECES = st.sampled_from([*_FENCES, *_OPEN, *_CLOSED, *_LIKE_OUTPUTS, *_BLOCKS, *_WORDS])
_INDENTS = st.sampled_from(["", "", "", " ", "  ", "   ", "    ", "     ", "\t", "> ", "- ", "1. "])
_LINES = st.builds(
    lambda indent, pieces: indent + " ".join(pieces),
    _INDENTS,
    st.lists(_PIECES, max_size=3),
)
_FREE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
SOURCES = st.one_of(
    st.lists(st.one_of(_LINES, st.just("")), min_size=1, max_size=8).map("\n".join), _FREE
)
CELLS = st.one_of(
    st.builds(text, SOURCES),
    st.builds(code, SOURCES),
    st.builds(code, st.sampled_from(["x = 1", "print(1)", "'''\n```\n'''", "f()\n", "\n\ny"])),
)
