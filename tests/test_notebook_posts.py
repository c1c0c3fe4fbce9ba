"""Notebooks as posts: the Markdown that stands for one, its lines, its front matter."""

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest
from executable_posts.errors import ProblemError
from executable_posts.post import Cell, Fence, Post, Prose, Recorded, Shown, parse
from executable_posts.post.notebook import head, markdown, parse_notebook
from executable_posts.post.source import lines
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.notebooks import CELLS, PNG, code, notebook, result, text, with_metadata

NAME = "content/posts/x.ipynb"
OLD = "a notebook of format 3, and 4 is needed: `jupyter nbconvert --to notebook --nbformat 4 "


def body(*cells: Any, **more: Any) -> str:
    """The Markdown of a notebook with `cells`, without its front matter."""
    return markdown(notebook(*cells, **more), NAME).markdown.partition("\n\n")[2]


def python_fences(post: Post) -> list[Fence]:
    pieces = (piece for piece in post.pieces if isinstance(piece, Cell | Shown))
    return [piece.fence for piece in pieces if piece.fence.info == "python"]


def with_newlines(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\r", "\n")


# What holds for any notebook


@settings(deadline=None, max_examples=300)
@given(st.lists(CELLS, max_size=6))
def test_the_fences_are_the_code_cells_whatever_stands_between(cells: list[Any]) -> None:
    file = notebook(*cells)
    source = markdown(file, NAME)
    assert source == markdown(file, NAME)
    post = parse(source.markdown, NAME, "yes")
    assert post.text == source.markdown
    fences = python_fences(post)
    codes = [with_newlines(cell.source) for cell in cells if cell.cell_type == "code"]
    assert [fence.code.removesuffix("\n") for fence in fences] == [
        code.removesuffix("\n") for code in codes if code.strip()
    ]
    assert all(fence.top_level and fence.closed for fence in fences)
    assert not any(isinstance(piece, Recorded) for piece in post.pieces)
    assert parse_notebook(file, NAME).text == source.markdown


@settings(deadline=None, max_examples=300)
@given(st.lists(CELLS, max_size=6))
def test_every_line_of_the_author_is_there_in_order(cells: list[Any]) -> None:
    result = iter(lines(markdown(notebook(*cells), NAME).markdown))
    for cell in cells:
        for line in lines(with_newlines(cell.source)):
            if line.strip() and not line.startswith("---"):  # which may frame front matter
                found = any(same(line.rstrip("\n"), other.rstrip("\n")) for other in result)
                assert found, line


def same(written: str, line: str) -> bool:
    """Whether `line` is `written`, or a fence that says Python in another word."""
    before, word, _ = line.partition("py3")
    opening = re.escape(before.rstrip("{. "))
    return line == written or (
        word != "" and re.match(rf"{opening}[{{. ]*python", written) is not None
    )


@settings(deadline=None, max_examples=200)
@given(st.lists(CELLS, max_size=6))
def test_every_line_of_code_is_found_where_it_stands_in_the_file(cells: list[Any]) -> None:
    file = notebook(*cells)
    source = markdown(file, NAME)
    rows, result = file.split("\n"), lines(source.markdown)
    assert len(source.places) == len(result)
    for fence in python_fences(parse(source.markdown, NAME, "yes")):
        for line in range(fence.line + 1, fence.line + fence.line_count - 1):
            written = json.loads(rows[source.place(line) - 1].strip().removesuffix(","))
            assert result[line - 1].startswith(with_newlines(written).partition("\n")[0])


# Cells


def test_cells_follow_each_other_as_in_the_notebook() -> None:
    assert body(text("Um."), code("x = 1"), code(""), text("Dois."), text(" \n")) == (
        "Um.\n\n```python\nx = 1\n```\n\nDois.\n\n"
    )


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("```\na", "```\na\n```\n"),
        ("~~~~\n~~~", "~~~~\n~~~\n~~~~\n"),
        ("```\n    ```", "```\n    ```\n```\n"),
        ("> ```\n> a", "> ```\n> a\n> ```\n"),
        ("- ```\n  a", "- ```\n  a\n  ```\n"),
        ("<!-- a\n\nb", "<!-- a\n\nb\n-->\n"),
        ("a\n<script>\nb", "a\n<script>\nb\n</script>\n"),
        ("<pre>\n\n```", "<pre>\n\n```\n</pre>\n"),
        ("<? a", "<? a\n?>\n"),
        ("<div>\n\n<p>a", "<div>\n\n<p>a\n</p>\n</div>\n"),
        ("<div><!-- a\n\nb", "<div><!-- a\n\nb\n<!-- -->\n</div>\n"),
        ("<details>\n\na\n\n</details>", "<details>\n\na\n\n</details>\n"),
    ],
)
def test_what_a_cell_leaves_open_ends_with_it(cell: str, shown: str) -> None:
    assert body(text(cell), code("x")) == f"{shown}\n```python\nx\n```\n\n"


@pytest.mark.parametrize(
    ("opening", "shown"),
    [
        ("```python", "```py3"),
        ('``` python hl_lines="1"', '``` py3 hl_lines="1"'),
        ("~~~{.python .x}", "~~~{.py3 .x}"),
        ("```{python}", "```py3"),
        ("```IPython3", "```py3"),
        ("```pycon", "```pycon"),
    ],
)
def test_a_fence_in_the_text_is_an_example(opening: str, shown: str) -> None:
    closing = opening[:3]
    post = parse_notebook(notebook(text(f"{opening}\n#| echo: x\nf()\n{closing}")), NAME)
    assert post.cells == ()
    assert post.problems == ()
    assert f"{shown}\n#| echo: x\nf()\n{closing}\n" in post.text


@pytest.mark.parametrize(
    "cell",
    [
        "    indentado",
        "![png](/assets/a_1_2.png)",
        '<div class="dataframe">a</div>',
        "\n\n\n<b>a</b>",
    ],
)
def test_text_under_a_cell_is_never_its_output(cell: str) -> None:
    post = parse_notebook(notebook(code("x"), text(cell), code("y")), NAME)
    assert not any(isinstance(piece, Recorded) for piece in post.pieces)
    assert any(isinstance(piece, Prose) and cell in piece.text for piece in post.pieces)


def test_an_indented_cell_does_not_go_on_with_the_list_above() -> None:
    post = parse_notebook(notebook(text("- a"), text("  ```\n  b"), code("x = 1")), NAME)
    assert [cell.code for cell in post.cells] == ["x = 1\n"]


def test_code_with_fences_is_one_fence() -> None:
    source = "'''\n```\n````\n'''"
    assert body(code(source)) == f"`````python\n{source}\n`````\n\n"


@pytest.mark.parametrize(
    ("tags", "options"),
    [
        (["raises-exception"], ["error: true"]),
        (["remove-input", "hide_input"], ["echo: false"]),
        (["hide-output"], ["output: false"]),
        (["remove_cell"], ["echo: false", "output: false"]),
        (["skip-execution", "parameters"], ["eval: false"]),
    ],
)
def test_tags_are_options(tags: list[str], options: list[str]) -> None:
    rows = "".join(f"#| {option}\n" for option in options)
    assert body(code("x", *tags)) == f"```python\n{rows}x\n```\n\n"


def test_an_option_of_the_cell_itself_is_stronger_than_a_tag() -> None:
    source = "#| fig-cap: a\n#| echo: true\nx"
    assert body(code(source, "hide-input", "hide-output")) == (
        f"```python\n#| output: false\n{source}\n```\n\n"
    )


def test_text_that_is_to_be_removed_is_removed() -> None:
    assert body(text("Rascunho.", "remove-cell"), text("Fim.")) == "Fim.\n\n"


def test_raw_cells_are_shown_as_nbconvert_shows_them() -> None:
    from nbformat import v4

    raw = [
        v4.new_raw_cell("*a*"),
        v4.new_raw_cell("\\b", metadata={"raw_mimetype": "text/latex"}),
        v4.new_raw_cell("<b>c</b>", metadata={"format": "text/html"}),
    ]
    assert body(*raw) == "*a*\n\n<b>c</b>\n\n"


def test_attached_pictures_are_data_addresses() -> None:
    cell = text(
        "![a](attachment:a%20b.png) ![c](attachment:c.png)",
        attachments={"a b.png": {"image/png": PNG}},
    )
    assert body(cell) == f"![a](data:image/png;base64,{PNG}) ![c](attachment:c.png)\n\n"


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"kernelspec": {"name": "ir", "language": "R"}}, "r"),
        ({"kernelspec": {"name": "x"}, "language_info": {"name": "julia"}}, "julia"),
        ({"kernelspec": {"name": "xcpp17", "language": "C++17"}}, "c++17"),
    ],
)
def test_cells_in_another_language_are_shown(metadata: dict[str, Any], language: str) -> None:
    post = parse_notebook(with_metadata(notebook(code("!x", "hide-input")), metadata), NAME)
    assert f"```{language}\n!x\n```\n" in post.text
    assert (post.cells, post.problems) == ((), ())


@pytest.mark.parametrize("about", [{}, {"name": "meu"}, {"name": "x", "language": "Python"}])
def test_a_notebook_that_names_no_language_is_in_python(about: dict[str, str]) -> None:
    file = with_metadata(notebook(code("x")), {"kernelspec": about})
    assert len(parse_notebook(file, NAME).cells) == 1


# Whether it runs, and where its cells are


def test_a_notebook_shows_by_itself_that_it_runs() -> None:
    file = notebook(code("x = 1"))
    assert parse_notebook(file, NAME).runs
    assert not parse_notebook(file, NAME, "no").runs
    assert not parse_notebook(notebook(text("Execute: no"), code("x = 1")), NAME).runs


def test_a_notebook_asks_for_resources_as_a_post_does() -> None:
    file = notebook(text("Resources: GPU=1"), code("x = 1"))
    assert parse_notebook(file, NAME).resources == (("GPU", 1),)


def test_outputs_in_the_notebook_are_not_in_the_post() -> None:
    assert "41" not in body(code("6 * 7", outputs=[result(text_plain="41")]))


def test_lines_are_those_of_the_file() -> None:
    file = notebook(text("Um."), code("#| echo: false\nx = 1\ny = (\n"), text("Dois."))
    rows = [row.strip() for row in file.split("\n")]
    post = parse_notebook(file, NAME)
    assert [problem.line for problem in post.problems] == [rows.index('"y = (\\n"') + 1]
    file = file.replace("y = (", "y = 2")
    (cell,) = parse_notebook(file, NAME).cells
    assert cell.line == rows.index('"#| echo: false\\n",') + 1
    assert cell.code_line == rows.index('"x = 1\\n",') + 1


def test_a_source_in_one_string_stands_on_its_line() -> None:
    data = json.loads(notebook(text("a\n\nb"), code("x = 1\ny = (")))
    for cell in data["cells"]:
        cell["source"] = "".join(cell["source"])
    file = json.dumps(data, indent=1)
    line = next(at for at, row in enumerate(file.split("\n"), 1) if "y = (" in row)
    assert [problem.line for problem in parse_notebook(file, NAME).problems] == [line]
    assert [problem.line for problem in parse_notebook(json.dumps(data), NAME).problems] == [1]


def test_any_line_has_a_place() -> None:
    source = markdown(notebook(code("x")), NAME)
    assert source.place(0) == source.place(1)
    assert source.place(10**6) == source.places[-1]


# Front matter


def metadata_of(*cells: Any, **more: Any) -> dict[str, str]:
    return dict(parse_notebook(notebook(*cells, **more), NAME).metadata)


@pytest.mark.parametrize(
    "cell",
    [
        "Title: Um: dois\nDate: 2020-01-02\nTags: a,\n    b",
        "---\nTitle: Um: dois\nDate: 2020-01-02\nTags: a,\n    b\n---",
    ],
)
def test_front_matter_of_the_first_markdown_cell(cell: str) -> None:
    file = notebook(code("x"), text(cell), text("Fim."), metadata={})
    assert markdown(file, NAME).markdown == (
        "Title: Um: dois\nDate: 2020-01-02\nTags: a,\n    b\n\n```python\nx\n```\n\nFim.\n\n"
    )


def test_text_under_the_front_matter_of_a_cell_is_text() -> None:
    file = notebook(text("Title: Um\nDate: 2020-01-02\n\nDois."), metadata={})
    assert markdown(file, NAME).markdown == "Title: Um\nDate: 2020-01-02\n\nDois.\n\n"


def test_a_cell_that_only_looks_like_front_matter_is_text() -> None:
    file = notebook(text("Nota: um rascunho."), metadata={})
    assert markdown(file, NAME).markdown == "\nNota: um rascunho.\n\n"
    assert metadata_of(text("Nota: um rascunho."), metadata={}) == {}


def test_front_matter_of_the_metadata() -> None:
    metadata = {
        "title": "Um",
        "authors": [{"name": "Ana"}, {"name": "Bia"}],
        "Category": "C",
        "pelican": {"Date": "2020-01-02", "tags": ["a", "b"], "execute": False, "slug": None},
    }
    assert metadata_of(code("x"), metadata=metadata) == {
        "title": "Um",
        "authors": "Ana, Bia",
        "category": "C",
        "date": "2020-01-02",
        "tags": "a, b",
        "execute": "no",
    }


def test_the_first_place_that_has_a_key_counts() -> None:
    metadata = {"title": "C", "date": "2020-01-03", "pelican": {"title": "B", "date": "2020-01-02"}}
    found = metadata_of(text("Title: A"), text("# D"), metadata=metadata)
    assert found == {"title": "A", "date": "2020-01-02"}


def test_authors_with_commas_stay_whole() -> None:
    found = metadata_of(metadata={"authors": [{"name": "Knuth, Donald"}]})
    assert found == {"authors": "Knuth, Donald;"}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([text("# Um título\n\nTexto.")], "Title: Um título\n\n\nTexto.\n\n"),
        ([text("Um título\n===")], "Title: Um título\n\n"),
        # What says more than a title can, or is not at the top, stays.
        ([text("# Um *título*")], "Title: Um título\n\n# Um *título*\n\n"),
        ([text("Texto."), text("## Um")], "Title: Um\n\nTexto.\n\n## Um\n\n"),
        ([text("Texto.")], "\nTexto.\n\n"),
    ],
)
def test_the_first_heading_is_the_title(cells: Iterable[Any], expected: str) -> None:
    assert markdown(notebook(*cells, metadata={}), NAME).markdown == expected


def test_the_head_has_lines_of_the_file() -> None:
    file = notebook(text("Title: Um\nDate: 2020-01-02"), metadata={"slug": "um"})
    rows = [row.strip() for row in file.split("\n")]
    found = head(file, NAME)
    assert found.key_lines == {
        "title": rows.index('"Title: Um\\n",') + 1,
        "date": rows.index('"Date: 2020-01-02"') + 1,
        "slug": rows.index('"slug": "um"') + 1,
    }


# What is no notebook


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("", 1, "no notebook: not JSON (Expecting value, column 1)"),
        ('{\n "cells": [\n<<<<<<< HEAD\n', 3, "no notebook: not JSON ("),
        ("[" * 100_000, None, "no notebook: not JSON that can be read ("),
        ("[1]", None, "no notebook: JSON without nbformat"),
        ('{"nbformat": 3, "worksheets": []}', None, OLD),
        ('{"nbformat": 5}', None, "a notebook of format 5: this version knows 4 only"),
        ('{"nbformat": 4}', None, "no notebook: it has no list of cells"),
        ('{"nbformat": 4, "cells": [{"cell_type":\n"x"}]}', 2, "cell 1 of the notebook is neither"),
        (
            '{"nbformat": 4, "cells": [{"cell_type": "code",\n"source": 1}]}',
            1,
            "cell 1 of the notebook: its source is no text",
        ),
        (
            '{"nbformat": 4, "metadata": {"pelican": {\n"date": {"a": "b"}}}, "cells": []}',
            2,
            "metadata.pelican.date: front matter is a name and a text",
        ),
        (
            '{"nbformat": 4, "cells": [{"cell_type": "code", "source":\n"\\ud83d"}]}',
            2,
            "half a character (\\ud83d); write it anew",
        ),
    ],
)
def test_what_is_no_notebook_is_said_in_one_line(file: str, line: int | None, message: str) -> None:
    with pytest.raises(ProblemError) as raised:
        markdown(file, NAME)
    problem = raised.value.problem
    assert (problem.path, problem.line) == (NAME, line)
    assert problem.message.startswith(message)
    assert "\n" not in problem.message


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert parse_notebook("\ufeff" + notebook(code("x")), NAME).problems == ()
