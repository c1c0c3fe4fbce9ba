"""From a run to what is stored: nothing changes but what a reader would see change."""

import base64
import io
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest
from executable_posts import store
from executable_posts.executed import current, from_run
from executable_posts.figures import DARK
from executable_posts.fingerprint import cell_digest
from executable_posts.jobs import CellResult, Run
from executable_posts.packages import versions
from executable_posts.plan import Plan, plan
from executable_posts.post import parse
from executable_posts.store import ExecutedCell, ExecutedNotebook, Output
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.parsing import posts

NO_FILES: Mapping[str, str] = {}


def planned(text: str, stored: ExecutedNotebook | None = None) -> Plan:
    return plan(parse(text, "content/posts/x.md", "yes"), stored, NO_FILES.get)


def cells(*codes: str) -> str:
    return "".join(f"Texto.\n\n```python\n{code}\n```\n\n" for code in codes)


def run(*outputs: Sequence[Output], seconds: float = 0.5) -> Run:
    """A run in which each cell gave these outputs."""
    results = (
        CellResult(tuple(given), seconds, count) for count, given in enumerate(outputs, start=1)
    )
    return Run(tuple(results), (), ())


def stream(text: str, name: str = "stdout") -> Output:
    return {"output_type": "stream", "name": name, "text": text}


def result(text: str, count: int = 1) -> Output:
    return {
        "output_type": "execute_result",
        "data": {"text/plain": text},
        "metadata": {},
        "execution_count": count,
    }


def error(value: str, where: str = "Cell In[1]") -> Output:
    return {"output_type": "error", "ename": "E", "evalue": value, "traceback": [where]}


def figure(picture: bytes, **more: str) -> Output:
    data = {"image/png": base64.b64encode(picture).decode(), "text/plain": "<Figure>", **more}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def png(colour: tuple[int, int, int], level: int) -> bytes:
    """A picture in one colour, as an encoder writes it at this level of compression."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(file, "PNG", compress_level=level)
    return file.getvalue()


RED, BLUE = (255, 0, 0), (0, 0, 255)
OLD, SAME_PIXELS, OTHER_PIXELS = png(RED, 9), png(RED, 1), png(BLUE, 9)


def rerun(old: Sequence[Output], new: Sequence[Output]) -> tuple[ExecutedCell, ExecutedCell]:
    """A cell as it was stored after it gave `old`, and after it then gave `new`."""
    text = cells("f()")
    first = from_run(planned(text), run(old), NO_FILES.get)
    second = from_run(planned(text, first), run(new, seconds=9), NO_FILES.get)
    return first.cells[0], second.cells[0]


def test_a_picture_that_was_saved_keeps_its_bytes_as_long_as_it_shows_the_same() -> None:
    text = cells("plt.savefig('a.png'); plt.savefig('b.png')") + "![](a.png) ![](b.png) ![](c.png)"

    def saved(a: bytes, b: bytes, stored: ExecutedNotebook | None = None) -> ExecutedNotebook:
        kept = replace(run([]), saved={"a.png": a, "b.png": b})
        return from_run(planned(text, stored), kept, NO_FILES.get)

    first = saved(OLD, OLD)
    assert first.asked_for == ("a.png", "b.png", "c.png")
    assert first.saved == {"a.png": OLD, "b.png": OLD}
    second = saved(SAME_PIXELS, OTHER_PIXELS, first)
    assert second.saved == {"a.png": OLD, "b.png": OTHER_PIXELS}


# --- What does not count ------------------------------------------------------------------------

UNCHANGED: dict[str, tuple[Sequence[Output], Sequence[Output]]] = {
    "nothing": ([], []),
    "the same": ([stream("a\n")], [stream("a\n")]),
    "how long it took": ([result("1")], [result("1")]),
    "how many cells ran before": ([result("1", 1)], [result("1", 7)]),
    "an address": ([result("<Axes at 0x7f00dead>")], [result("<Axes at 0x7f00beef>")]),
    "an address in a stream": ([stream("<A at 0x7f00dead>\n")], [stream("<A at 0x7f00beef>\n")]),
    "an address in an error": ([error("<A at 0x7f00dead>")], [error("<A at 0x7f00beef>")]),
    "where an error was raised": ([error("a")], [error("a", "File /tmp/ipykernel_1/2.py")]),
    "stderr": ([stream("a", "stderr")], [stream("b", "stderr")]),
    "no stderr any more": ([stream("a\n"), stream("b", "stderr")], [stream("a\n")]),
    "how a picture for dark pages is encoded": (
        [figure(OLD, **{DARK["image/png"]: base64.b64encode(OLD).decode()})],
        [figure(OLD, **{DARK["image/png"]: base64.b64encode(SAME_PIXELS).decode()})],
    ),
    "how a stream was cut": ([stream("a"), stream("b\n")], [stream("ab\n")]),
    "how a bar got there": ([stream("1%\r100%\n")], [stream("1%\r50%\r100%\n")]),
    "how a picture is encoded": ([figure(OLD)], [figure(SAME_PIXELS)]),
}


@pytest.mark.parametrize(("old", "new"), UNCHANGED.values(), ids=UNCHANGED.keys())
def test_a_cell_that_gave_the_same_stays_as_it_was_stored(
    old: Sequence[Output], new: Sequence[Output]
) -> None:
    first, second = rerun(old, new)
    assert second == first
    assert second.seconds == 0.5


CHANGED: dict[str, tuple[Sequence[Output], Sequence[Output]]] = {
    "a text": ([stream("a\n")], [stream("b\n")]),
    "a result": ([result("1")], [result("2")]),
    "a result that was a stream": ([stream("1")], [result("1")]),
    "an output more": ([result("1")], [result("1"), result("1")]),
    "an output less": ([result("1")], []),
    "an error": ([error("a")], [error("b")]),
    "pixels": ([figure(OLD)], [figure(OTHER_PIXELS)]),
    "a table": (
        [figure(OLD, **{"text/html": "<table>"})],
        [figure(OLD, **{"text/html": "<tbody>"})],
    ),
    "the order of figures": (
        [figure(OLD), figure(OTHER_PIXELS)],
        [figure(OTHER_PIXELS), figure(OLD)],
    ),
    "where a figure stands in a text": (
        [stream("a"), figure(OLD), stream("b")],
        [stream("ab"), figure(OLD)],
    ),
}


@pytest.mark.parametrize(("old", "new"), CHANGED.values(), ids=CHANGED.keys())
def test_a_cell_that_gave_something_else_is_stored_as_it_ran_now(
    old: Sequence[Output], new: Sequence[Output]
) -> None:
    _, second = rerun(old, new)
    assert second.outputs == tuple(new)
    assert second.seconds == 9


# --- Same pixels, same bytes --------------------------------------------------------------------


def test_the_two_encodings_do_show_the_same_in_other_bytes() -> None:
    assert OLD != SAME_PIXELS
    with Image.open(io.BytesIO(OLD)) as one, Image.open(io.BytesIO(SAME_PIXELS)) as other:
        assert one.tobytes() == other.tobytes()


def test_a_picture_keeps_its_bytes_beside_a_text_that_changed() -> None:
    _, second = rerun([stream("a\n"), figure(OLD)], [stream("b\n"), figure(SAME_PIXELS)])
    assert second.outputs == (stream("b\n"), figure(OLD))


def test_a_picture_keeps_its_bytes_and_takes_what_else_changed_in_it() -> None:
    _, second = rerun([figure(OLD)], [figure(SAME_PIXELS, **{"text/plain": "<Figure 2>"})])
    assert second.outputs == (figure(OLD, **{"text/plain": "<Figure 2>"}),)


def test_each_picture_is_compared_with_the_one_in_its_place() -> None:
    old = [figure(OLD), figure(OTHER_PIXELS)]
    _, second = rerun(old, [figure(SAME_PIXELS), figure(png((0, 255, 0), 9)), figure(OLD)])
    assert second.outputs == (figure(OLD), figure(png((0, 255, 0), 9)), figure(OLD))


@pytest.mark.parametrize("broken", [b"", b"\x89PNG\r\n\x1a\n", OLD[:-40]])
def test_a_picture_that_cannot_be_read_is_taken_as_it_came(broken: bytes) -> None:
    _, second = rerun([figure(broken)], [figure(OLD)])
    assert second.outputs == (figure(OLD),)
    _, second = rerun([figure(OLD)], [figure(broken)])
    assert second.outputs == (figure(broken),)


# --- The whole notebook -------------------------------------------------------------------------


def test_what_a_run_depended_on_is_kept() -> None:
    text = cells("import yaml", "#| error: true\nopen('a.csv')")
    done = planned(text)
    ran = Run(run([], []).cells, ("content/data/a.csv", "content/data/gone.csv"), ("yaml", "json"))
    notebook = from_run(done, ran, {"content/data/a.csv": "1"}.get)
    assert notebook.fingerprint.kernel == "python3"
    assert notebook.fingerprint.code == tuple(cell_digest(cell) for cell in done.post.cells)
    assert notebook.fingerprint.files == {"content/data/a.csv": "1"}
    assert notebook.fingerprint.packages == {"PyYAML": metadata.version("PyYAML")}
    assert notebook.python == platform.python_version()
    assert notebook.numbers_given == 2


def test_modules_of_no_package_have_no_version() -> None:
    assert versions(["json", "a_local_module", "__main__"]) == {}
    assert list(versions(["yaml", "PIL", "nbformat"])) == ["PyYAML", "nbformat", "pillow"]


def test_cells_keep_number_names_and_outputs_when_another_is_inserted() -> None:
    first = planned(cells("um()", "dois()"))
    stored = from_run(first, run([figure(OLD)], [result("2")]), NO_FILES.get)
    stored = current(stored, first, "Caso", [("assets/x/cell-1.png",), ()])
    second = planned(cells("novo()", "um()", "dois()"), stored)
    ran = run([result("0")], [figure(SAME_PIXELS)], [result("2", 3)])
    notebook = from_run(second, ran, NO_FILES.get)
    assert [cell.number for cell in notebook.cells] == [3, 1, 2]
    assert notebook.cells[1:] == stored.cells
    assert notebook.numbers_given == 3


def test_a_cell_that_is_edited_keeps_its_figures_names() -> None:
    first = planned(cells("um(1)"))
    stored = from_run(first, run([figure(OLD)]), NO_FILES.get)
    stored = current(stored, first, "Caso", [("assets/x/cell-1.png",)])
    notebook = from_run(planned(cells("um(2)"), stored), run([figure(OTHER_PIXELS)]), NO_FILES.get)
    assert notebook.cells[0].figures == ("assets/x/cell-1.png",)
    assert notebook.cells[0].number == 1


# --- What needs no run --------------------------------------------------------------------------

POST = """Title: Caso
Date: 2020-01-02

Antes.

```python
#| label: um
um()
```

    gravado

Entre *dois*.

```bash
ls
```

```python
dois()
```


![png](a_1_0.png)
"""


def stored_as(
    text: str, title: str = "Caso", names: Sequence[tuple[str, ...]] = ()
) -> ExecutedNotebook:
    """What is stored of a post that was run once and then came to be `text`."""
    first = planned(POST)
    notebook = current(
        from_run(first, run([result("1")], [figure(OLD)]), NO_FILES.get),
        first,
        "Caso",
        [(), ("a_1_0.png",)],
    )
    now = planned(text, notebook)
    assert not now.stale
    return current(notebook, now, title, names or [(), ("a_1_0.png",)])


def test_prose_is_kept_without_front_matter_and_without_what_is_recorded() -> None:
    notebook = stored_as(POST)
    assert notebook.title == "Caso"
    assert notebook.prose == (
        "# Caso\n\nAntes.",
        "Entre *dois*.\n\n```bash\nls\n```",
        "",
    )
    assert [cell.source for cell in notebook.cells] == ["um()", "dois()"]


def test_a_post_without_a_title_has_no_heading() -> None:
    assert stored_as(POST, title="").prose[0] == "Antes."


def test_prose_title_comments_and_names_are_renewed() -> None:
    before = stored_as(POST)
    text = POST.replace("Antes.", "Agora.").replace("um()", "um()  # sim")
    after = stored_as(text, title="Outro", names=[(), ("assets/x/dois.png",)])
    assert after.title == "Outro"
    assert after.prose == ("# Outro\n\nAgora.", before.prose[1], "")
    assert [cell.source for cell in after.cells] == ["um()  # sim", "dois()"]
    assert [cell.figures for cell in after.cells] == [(), ("assets/x/dois.png",)]


def test_what_a_run_gave_is_not_renewed_without_one() -> None:
    before = stored_as(POST)
    after = stored_as(POST.replace("Antes.", "Agora."))
    assert after.fingerprint == before.fingerprint
    assert [cell.outputs for cell in after.cells] == [cell.outputs for cell in before.cells]
    assert [cell.seconds for cell in after.cells] == [cell.seconds for cell in before.cells]


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_are_not_kept(newline: str) -> None:
    assert stored_as(POST.replace("\n", newline)) == stored_as(POST)
    headless = POST.partition("\n\n")[2]
    assert stored_as("\ufeff" + headless) == stored_as(headless)


@given(posts(), st.sampled_from(["", "Caso", "a\u2028b", " "]))
@settings(
    deadline=None,
    max_examples=40,
    # Each example writes the same file anew.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_is_stored_is_what_is_current_so_that_nothing_is_ever_written_twice(
    tmp_path: Path, text: str, title: str
) -> None:
    done = planned(text)
    outputs: list[list[Output]] = [[result("1")] for _ in done.cells]
    notebook = from_run(done, run(*outputs), NO_FILES.get)
    notebook = current(notebook, done, title, [() for _ in done.cells])
    file = tmp_path / "x.ipynb"
    store.write(file, notebook)
    stored = store.read(file)
    assert stored == notebook
    again = planned(text, notebook)
    assert not again.stale
    assert current(notebook, again, title, [() for _ in done.cells]) == notebook
