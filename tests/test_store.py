"""Executed notebooks on disk: what is written is read again, and no accident costs a byte."""

import json
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from executable_posts import store
from executable_posts.fingerprint import Fingerprint
from executable_posts.store import Damaged, ExecutedCell, ExecutedNotebook
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NOTEBOOK = ExecutedNotebook(
    title="Um título",
    cells=(
        ExecutedCell(
            number=3,
            source="print('á')\n\nx",
            outputs=(
                {"output_type": "stream", "name": "stdout", "text": "á\n"},
                {
                    "output_type": "execute_result",
                    "data": {"text/plain": "1\n2", "image/png": "aWk=\n"},
                    "metadata": {},
                    "execution_count": 1,
                },
            ),
            figures=("assets/x/cell-3.png",),
            seconds=0.25,
            execution_count=1,
        ),
        ExecutedCell(number=1, source="1/0", outputs=()),
    ),
    prose=("# Um título\n\nAntes.", "", "Depois."),
    fingerprint=Fingerprint("python3", ("a", "b"), {"content/data/a.csv": "c"}, {"numpy": "2"}),
    python="3.11.7",
    numbers_given=4,
)


# --- What is written is read --------------------------------------------------------------------

TEXT = st.text(max_size=20)
# As kernels send them: values of JSON types are anything, of all others text.
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
BUNDLES = st.fixed_dictionaries(
    {},
    optional={
        "text/plain": TEXT,
        "text/html": TEXT,
        "text/x.json": TEXT,
        "image/png": TEXT,
        "image/svg+xml": TEXT,
        "application/javascript": TEXT,
        "application/x.json": TEXT,
        "application/json": VALUES,
        "application/vnd.plotly.v1+json": VALUES,
    },
)
METADATA = st.dictionaries(TEXT, VALUES, max_size=2)
OUTPUTS = st.one_of(
    st.fixed_dictionaries(
        {
            "output_type": st.just("stream"),
            "name": st.sampled_from(["stdout", "stderr"]),
            "text": TEXT,
        }
    ),
    st.fixed_dictionaries(
        {"output_type": st.just("display_data"), "data": BUNDLES, "metadata": METADATA}
    ),
    st.fixed_dictionaries(
        {
            "output_type": st.just("execute_result"),
            "data": BUNDLES,
            "metadata": METADATA,
            "execution_count": st.none() | st.integers(0, 9),
        }
    ),
    st.fixed_dictionaries(
        {
            "output_type": st.just("error"),
            "ename": TEXT,
            "evalue": TEXT,
            "traceback": st.lists(TEXT, max_size=3),
        }
    ),
)
NAMES = st.dictionaries(TEXT, TEXT, max_size=2)


@st.composite
def notebooks(draw: st.DrawFn) -> ExecutedNotebook:
    numbers = draw(st.lists(st.integers(1, 99), max_size=3, unique=True))
    cells = tuple(
        ExecutedCell(
            number=number,
            source=draw(TEXT.map(lambda text: text.rstrip("\n"))),
            outputs=tuple(draw(st.lists(OUTPUTS, max_size=3))),
            figures=tuple(draw(st.lists(TEXT, max_size=2))),
            seconds=draw(st.integers(0, 10**6)) / 1000,
            execution_count=draw(st.none() | st.integers(0, 9)),
            error=draw(st.none() | st.booleans()),
            drawing=draw(st.dictionaries(TEXT, st.floats(1, 9) | TEXT | st.just(True), max_size=2)),
        )
        for number in numbers
    )
    prose = TEXT.map(lambda text: text.strip("\n") if text.strip() else "")
    return ExecutedNotebook(
        title=draw(TEXT),
        cells=cells,
        prose=tuple(draw(prose) for _ in range(len(cells) + 1)),
        fingerprint=Fingerprint(
            draw(TEXT), tuple(draw(st.lists(TEXT, max_size=3))), draw(NAMES), draw(NAMES)
        ),
        python=draw(TEXT),
        numbers_given=max(numbers, default=0),
        asked_for=tuple(draw(st.lists(TEXT, max_size=2))),
    )


@given(notebooks())
@settings(
    deadline=None,
    max_examples=100,
    # Each example writes the same file anew.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_is_written_is_read_again(tmp_path: Path, notebook: ExecutedNotebook) -> None:
    file = tmp_path / "x.ipynb"
    file.unlink(missing_ok=True)
    assert store.write(file, notebook)
    assert store.read(file) == notebook
    before = file.read_bytes()
    assert not store.write(file, notebook)
    assert file.read_bytes() == before
    nbformat.validate(json.loads(before))
    assert [path.name for path in tmp_path.iterdir()] == ["x.ipynb"]


def test_a_picture_that_the_prose_shows_is_attached_to_it(tmp_path: Path) -> None:
    shown = {"perda.png": b"\x89PNG", "./gr%C3%A1fico.svg": b"<svg/>"}
    prose = ("![a](perda.png)", "", 'e <img src="./gr%C3%A1fico.svg"> ![b](perda.png)')
    notebook = replace(NOTEBOOK, prose=prose, saved=shown, asked_for=("perda.png", "x.png"))
    file = tmp_path / "x.ipynb"
    assert store.write(file, notebook)
    assert store.read(file) == notebook
    data = json.loads(file.read_text("utf-8"))
    nbformat.validate(data)
    texts = [cell for cell in data["cells"] if cell["cell_type"] == "markdown"]
    assert ["".join(cell["source"]) for cell in texts] == [
        "![a](attachment:perda.png)",
        'e <img src="attachment:./gr%C3%A1fico.svg"> ![b](attachment:perda.png)',
    ]
    assert [set(cell["attachments"]) for cell in texts] == [{"perda.png"}, shown.keys()]


def test_a_picture_that_the_prose_shows_no_more_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "x.ipynb"
    assert store.write(file, replace(NOTEBOOK, saved={"perda.png": b"\x89PNG"}))
    assert store.read(file) == NOTEBOOK


def test_the_file_is_a_notebook_of_format_4_5_that_others_can_read(tmp_path: Path) -> None:
    file = tmp_path / "posts" / "x.ipynb"
    store.write(file, NOTEBOOK)
    notebook = nbformat.read(file, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert [(cell.cell_type, cell.id, cell.source) for cell in notebook.cells] == [
        ("markdown", "prose-0", "# Um título\n\nAntes."),
        ("code", "cell-3", "print('á')\n\nx"),
        ("code", "cell-1", "1/0"),
        ("markdown", "prose-2", "Depois."),
    ]
    assert notebook.cells[1].outputs[1].data["text/plain"] == "1\n2"
    assert notebook.metadata.kernelspec.name == "python3"


def test_the_file_is_one_that_git_can_compare(tmp_path: Path) -> None:
    file = tmp_path / "x.ipynb"
    store.write(file, NOTEBOOK)
    text = file.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert "\"print('á')\\n\",\n" in text
    assert '"content/data/a.csv": "c"' in text


def test_a_notebook_that_jupyter_saved_again_is_the_same(tmp_path: Path) -> None:
    file = tmp_path / "x.ipynb"
    store.write(file, NOTEBOOK)
    nbformat.write(nbformat.read(file, as_version=4), file)
    assert store.read(file) == NOTEBOOK


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    assert store.read(tmp_path / "x.ipynb") is None
    assert store.read(tmp_path / "posts" / "x.ipynb") is None


# --- What need not be written is not ------------------------------------------------------------


def test_the_same_again_does_not_touch_the_file(tmp_path: Path) -> None:
    file = tmp_path / "x.ipynb"
    assert store.write(file, NOTEBOOK)
    before = file.stat()
    assert not store.write(file, NOTEBOOK)
    after = file.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert store.write(file, replace(NOTEBOOK, title="Outro"))


def test_times_below_a_millisecond_change_nothing(tmp_path: Path) -> None:
    file = tmp_path / "x.ipynb"
    store.write(file, NOTEBOOK)
    slower = replace(NOTEBOOK.cells[0], seconds=0.2500001)
    assert not store.write(file, replace(NOTEBOOK, cells=(slower, NOTEBOOK.cells[1])))


# --- What is damaged is kept --------------------------------------------------------------------


def written(path: Path) -> dict[str, Any]:
    store.write(path, NOTEBOOK)
    data: dict[str, Any] = json.loads(path.read_bytes())
    path.unlink()
    return data


def with_output(notebook: dict[str, Any], **output: object) -> dict[str, Any]:
    notebook["cells"][1]["outputs"] = [output]
    return notebook


def with_ours(notebook: dict[str, Any], **values: object) -> dict[str, Any]:
    notebook["metadata"]["executable_posts"] |= values
    return notebook


@pytest.fixture
def damages(tmp_path: Path) -> dict[str, tuple[bytes, str]]:
    """Bytes that are no executed notebook of ours, and what is to be said of them."""

    def good() -> dict[str, Any]:
        return written(tmp_path / "good.ipynb")

    whole = json.dumps(good(), indent=1, ensure_ascii=False).encode()
    foreign = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x")]))
    conflict = whole.replace(b'"python": ', b'<<<<<<< HEAD\n"python": ', 1)
    new_cell = good()
    new_cell["cells"].append(json.loads(foreign)["cells"][0])

    def as_bytes(data: object) -> bytes:
        return json.dumps(data).encode()

    return {
        "empty": (b"", "not JSON (line 1: Expecting value)"),
        "blank": (b"\n\n", "not JSON (line 3: Expecting value)"),
        "zeros": (bytes(4096), "not JSON (line 1: Expecting value)"),
        "cut off": (whole[:-20], "not JSON (line "),
        "cut off in a letter": (
            whole[: whole.index("á".encode()) + 1],
            "'utf-8' codec can't decode byte 0xc3",
        ),
        "a merge conflict": (conflict, "not JSON (line "),
        "two notebooks": (whole + whole, "not JSON (line "),
        "not UTF-8": (b'{"a": "\xff"}', "'utf-8' codec can't decode byte 0xff in position 7"),
        "UTF-16": (whole.decode().encode("utf-16"), "'utf-8' codec can't decode byte 0xff"),
        "a list": (b"[]", "no executed notebook of this plugin (TypeError: "),
        "nothing": (b"null", "no executed notebook of this plugin (TypeError: "),
        "a string": (b'"metadata"', "no executed notebook of this plugin (TypeError: "),
        "no notebook": (b"{}", "no executed notebook of this plugin (KeyError: 'metadata')"),
        "a foreign notebook": (
            foreign.encode(),
            "no executed notebook of this plugin (KeyError: 'executable_posts')",
        ),
        "another format": (
            as_bytes(with_ours(good(), format=2)),
            "no executed notebook of this plugin (ValueError: format 2, expected 1)",
        ),
        "another format with a line end": (
            as_bytes(with_ours(good(), format="a\nb")),
            "no executed notebook of this plugin (ValueError: format 'a\\nb', expected 1)",
        ),
        "no fingerprint": (
            as_bytes(with_ours(good(), fingerprint=None)),
            "no executed notebook of this plugin (TypeError: ",
        ),
        "no number": (
            as_bytes(with_ours(good(), numbers_given="um")),
            "no executed notebook of this plugin (ValueError: ",
        ),
        "a cell that a person added": (
            as_bytes(new_cell),
            "no executed notebook of this plugin (KeyError: 'executable_posts')",
        ),
        "an output that is none": (
            as_bytes(with_output(good(), output_type="pyout", text="a")),
            "no executed notebook of this plugin (KeyError: 'pyout')",
        ),
        "a stream of nobody": (
            as_bytes(with_output(good(), output_type="stream", text="a")),
            "no executed notebook of this plugin (ValueError: an output of type stream without "
            "name)",
        ),
        "a picture without content": (
            as_bytes(with_output(good(), output_type="display_data", metadata={})),
            "no executed notebook of this plugin (ValueError: an output of type display_data "
            "without data)",
        ),
        "data that is none": (
            as_bytes(with_output(good(), output_type="display_data", data=[], metadata={})),
            "no executed notebook of this plugin (AttributeError: ",
        ),
        "nested without end": (
            b"[" * 100_000,
            "no executed notebook of this plugin (RecursionError: ",
        ),
    }


def test_what_is_damaged_is_told_in_one_line(
    tmp_path: Path, damages: dict[str, tuple[bytes, str]]
) -> None:
    file = tmp_path / "x.ipynb"
    for name, (data, why) in damages.items():
        file.write_bytes(data)
        found = store.read(file)
        assert isinstance(found, Damaged), name
        assert found.path == file
        assert found.why.startswith(why), name
        assert "\n" not in found.why
        assert file.read_bytes() == data


def test_what_is_damaged_is_moved_aside_and_not_lost(
    tmp_path: Path, damages: dict[str, tuple[bytes, str]]
) -> None:
    file = tmp_path / "x.ipynb"
    kept = []
    for number, (data, _) in enumerate(damages.values(), start=1):
        file.write_bytes(data)
        assert store.write(file, NOTEBOOK)
        assert store.read(file) == NOTEBOOK
        kept.append(tmp_path / f"x.ipynb.damaged{'' if number == 1 else f'-{number}'}")
    assert [path.read_bytes() for path in kept] == [data for data, _ in damages.values()]
    assert sorted(tmp_path.iterdir()) == sorted([file, *kept])


def test_a_folder_in_the_place_of_a_notebook_is_moved_aside(tmp_path: Path) -> None:
    file = tmp_path / "x.ipynb"
    (file / "a").mkdir(parents=True)
    assert isinstance(store.read(file), Damaged)
    assert store.write(file, NOTEBOOK)
    assert (tmp_path / "x.ipynb.damaged" / "a").is_dir()


# --- What fails leaves everything as it was -----------------------------------------------------


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """As on a full disk, no file can be written that is longer than `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def folder(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "x.ipynb"
    store.write(file, NOTEBOOK)
    before = folder(tmp_path)
    with full_disk(500), pytest.raises(OSError, match="too large"):
        store.write(file, replace(NOTEBOOK, title="Outro"))
    assert folder(tmp_path) == before
    assert store.write(file, replace(NOTEBOOK, title="Outro"))


def test_a_first_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with full_disk(500), pytest.raises(OSError, match="too large"):
        store.write(tmp_path / "x.ipynb", NOTEBOOK)
    assert folder(tmp_path) == {}


def test_a_write_that_fails_loses_no_damaged_file(tmp_path: Path) -> None:
    file = tmp_path / "x.ipynb"
    file.write_bytes(b"{")
    with full_disk(500), pytest.raises(OSError, match="too large"):
        store.write(file, NOTEBOOK)
    assert list(folder(tmp_path).values()) == [b"{"]


def test_a_write_that_is_interrupted_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.ipynb"
    store.write(file, NOTEBOOK)
    before = folder(tmp_path)

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    # Ctrl-C comes when it is least wanted; there is no other way to have it come here.
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.write(file, replace(NOTEBOOK, title="Outro"))
    assert folder(tmp_path) == before


def test_a_file_in_the_place_of_the_folder_is_an_error_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "posts").write_bytes(b"a")
    with pytest.raises(OSError, match="posts"):
        store.write(tmp_path / "posts" / "x.ipynb", NOTEBOOK)
    assert folder(tmp_path) == {"posts": b"a"}


# --- Permissions --------------------------------------------------------------------------------


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("permissions", [0o600, 0o640, 0o664])
def test_a_file_keeps_its_permissions(tmp_path: Path, permissions: int) -> None:
    file = tmp_path / "x.ipynb"
    store.write(file, NOTEBOOK)
    file.chmod(permissions)
    store.write(file, replace(NOTEBOOK, title="Outro"))
    assert mode(file) == permissions


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        store.write(tmp_path / "x.ipynb", NOTEBOOK)
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert mode(tmp_path / "x.ipynb") == 0o666 & ~mask
