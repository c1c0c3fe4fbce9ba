"""Posts, what kernels send for them, and what is recorded of it, for the tests of that."""

import base64
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from executable_posts.figures import Figure, Place, names
from executable_posts.outputs import Wanted, display
from executable_posts.post import Cell, Execute, Post, parse
from executable_posts.record import Recording, record
from executable_posts.render import CellView
from executable_posts.store import Output

ROOT = Path(__file__).resolve().parent.parent
INPUTS = sorted((Path(__file__).parent / "recorded_outputs").glob("*.md"))
PATH = "content/posts/x.md"
PLACE = Place(slug="redes", page_folder="2020/01", source_folder="posts")

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
TABLE = """\
<div>
<style scoped>
    .dataframe tbody tr th {
        vertical-align: top;
    }

    .dataframe thead th {
        text-align: right;
    }
</style>
<table border="1" class="dataframe">
  <tbody>
    <tr><th>0</th><td>1</td></tr>
  </tbody>
</table>
</div>"""
STYLER = """\
<style type="text/css">
#T_ab12c_row0_col0 {
  color: red;
}
</style>
<table id="T_ab12c">
  <tbody>
    <tr><td>1</td></tr>
  </tbody>
</table>"""
RULE = "-" * 75
DIVISION = "ZeroDivisionError                         Traceback (most recent call last)"


# What a kernel sends


def stream(text: str, name: str = "stdout") -> Output:
    return {"output_type": "stream", "name": name, "text": text}


def data(**bundle: object) -> Output:
    """A display, where ``__`` stands for a slash and ``_`` for a plus."""
    types = {name.replace("__", "/").replace("_", "+"): value for name, value in bundle.items()}
    return {"output_type": "display_data", "data": types, "metadata": {}}


def error(name: str, value: str) -> Output:
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": []}


FIGURE = data(image__png=PNG)


def result(text: str) -> Output:
    return data(text__plain=text)


# Posts and views of them


def reader(execute: Execute = "yes") -> Callable[[str], Post]:
    return lambda text: parse(text, PATH, execute)


def read(text: str) -> Post:
    return parse(text, PATH, "yes")


def view(post: Post, cell: Cell, outputs: Sequence[Output]) -> CellView:
    """What a reader would see of `outputs`, with the names that a build would give."""
    displays = display(outputs, Wanted(stderr=cell.options.warning)).displays
    if not cell.options.output:
        displays = ()
    pictures = [shown for shown in displays if shown.kind == "figure"]
    given_names = names(post, cell, cell.number, PLACE, pictures, ())
    return CellView(displays, tuple(Figure(name, b"", None) for name in given_names))


def views(post: Post, outputs: Mapping[int, Sequence[Output]]) -> dict[int, CellView]:
    return {
        cell.number: view(post, cell, outputs[cell.number])
        for cell in post.cells
        if cell.number in outputs
    }


def recorded(text: str, *outputs: Output, execute: Execute = "yes") -> Recording:
    """`outputs` of the only cell of `text` recorded."""
    post = parse(text, PATH, execute)
    assert len(post.cells) == 1
    return record(post, views(post, {1: outputs}), PLACE, reader(execute))


def check(text: str, *outputs: Output) -> str:
    """The same, where nothing is left out; the source with the outputs."""
    done = recorded(text, *outputs)
    assert done.left_out == ()
    return done.text


HEAD = "Title: Caso\n\n"
FENCE = "```python\nx\n```\n"


def under(*parts: str) -> str:
    return "".join([HEAD, FENCE, *parts])


BARE = under("\nDepois.\n")
