"""What goes between builder and worker arrives as it was sent, whatever it holds."""

import io
import json
import stat
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import nbformat
import pytest
from executable_posts.errors import Problem
from executable_posts.jobs import CellResult, Conditions, Job, JobCell, Run
from executable_posts.kernels.inside.plan import Dataset
from executable_posts.limits import Limits
from executable_posts.remote import contents
from executable_posts.remote.contents import Contents, engine_digest, unpack_into
from executable_posts.remote.parcel import (
    File,
    ForeignOrder,
    from_notebook,
    order,
    pack,
    read_order,
    to_notebook,
    unpack,
)
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path("/home/eu/blog")
CACHE = Path("/work/cache")

# Half characters, too: a kernel may send them, and names on disk may be no text.
TEXTS = st.text(st.characters(), max_size=20)
NAMES = st.lists(
    st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=8)
    .map(lambda name: name.encode("utf-8", "ignore").decode())
    .filter(lambda name: name not in {"", ".", ".."}),
    min_size=1,
    max_size=3,
).map("/".join)
FLOATS = st.floats(0, 1e9)
COUNTS = st.integers(0, 2**60)
FILES = st.dictionaries(NAMES, st.builds(File, st.binary(max_size=50), st.booleans()), max_size=4)
CELLS = st.builds(JobCell, TEXTS, COUNTS, st.booleans(), FLOATS, st.lists(COUNTS).map(tuple), TEXTS)
JOBS = st.builds(
    Job,
    path=TEXTS,
    folder=NAMES.map(lambda name: ROOT / "content" / name),
    cells=st.lists(CELLS, max_size=3).map(tuple),
    memory=st.none() | COUNTS,
    seconds=st.none() | FLOATS,
    resources=st.dictionaries(TEXTS, FLOATS, max_size=2).map(lambda known: tuple(known.items())),
    files=st.lists(TEXTS, max_size=3).map(tuple),
    keep=st.lists(TEXTS, max_size=3).map(tuple),
)
CONDITIONS = st.builds(
    Conditions,
    root=st.just(ROOT),
    content=st.just(ROOT / "content"),
    cache=st.just(CACHE),
    threads=COUNTS,
    timezone=TEXTS,
    limits=st.builds(Limits, seconds=FLOATS, memory=COUNTS, processes=COUNTS),
    network=st.booleans(),
    forked=st.booleans(),
    writable=st.lists(NAMES.map(lambda name: ROOT / name) | st.just(Path("/dev/shm"))).map(tuple),
    environment=st.lists(TEXTS, max_size=2).map(tuple),
    outside=st.just({"PATH": "/usr/bin"}),
    datasets=st.dictionaries(
        TEXTS,
        NAMES.map(lambda name: Dataset(str(ROOT / "content" / "data" / name), "0" * 64)),
        max_size=2,
    ),
)
OUTPUTS = st.one_of(
    st.builds(lambda text: {"output_type": "stream", "name": "stdout", "text": text}, TEXTS),
    st.builds(
        lambda text, value: {
            "output_type": "display_data",
            "data": {"text/plain": text, "application/json": value},
            "metadata": {},
        },
        TEXTS,
        st.recursive(st.none() | COUNTS | TEXTS, lambda inner: st.dictionaries(TEXTS, inner)),
    ),
    st.builds(
        lambda name, lines: {
            "output_type": "error",
            "ename": name,
            "evalue": name,
            "traceback": lines,
        },
        TEXTS,
        st.lists(TEXTS),
    ),
)
RUNS = st.builds(
    Run,
    cells=st.lists(
        st.builds(CellResult, st.lists(OUTPUTS, max_size=3).map(tuple), FLOATS, st.integers(1, 99)),
        max_size=3,
    ).map(tuple),
    files=st.lists(TEXTS).map(tuple),
    modules=st.lists(TEXTS).map(tuple),
    memory=COUNTS,
    python=TEXTS,
    packages=st.none() | st.dictionaries(TEXTS, TEXTS),
    saved=st.dictionaries(TEXTS, st.binary(max_size=20)),
)
PROBLEMS = st.builds(Problem, TEXTS, TEXTS, st.none() | COUNTS, TEXTS)


def job_of(run: Run) -> Job:
    """A job with as many cells as `run` has results."""
    return Job("x.md", ROOT, tuple(JobCell("1", 1, False, 1) for _ in run.cells))


@given(FILES)
def test_files_arrive_as_they_were(files: dict[str, File]) -> None:
    assert unpack(pack(files)) == files
    assert pack(dict(reversed(files.items()))) == pack(files)


def test_a_name_that_is_no_text_arrives() -> None:
    files = {b"caf\xe9.csv".decode("utf-8", "surrogateescape"): File(b"1")}
    assert unpack(pack(files)) == files


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x"])
def test_a_name_outside_of_the_project_is_refused(name: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr(name, b"")
    with pytest.raises(ValueError, match="is not in the project"):
        unpack(buffer.getvalue())


@given(JOBS, CONDITIONS)
def test_an_order_arrives_as_it_was(job: Job, conditions: Conditions) -> None:
    sent = order(job, conditions, {}, "v1")
    assert sent == order(job, conditions, {}, "v1")
    assert read_order(sent, {"v1"}, ROOT, CACHE, conditions.outside) == (job, conditions)


def test_no_field_of_a_job_or_its_conditions_is_forgotten() -> None:
    """A field that is new here has to be in what the test above generates."""
    cell = {"code", "line", "may_raise", "timeout", "lines", "setup"}
    assert {spec.name for spec in fields(JobCell)} == cell
    job = {"path", "folder", "cells", "memory", "seconds", "resources", "files", "keep"}
    assert {spec.name for spec in fields(Job)} == job
    conditions = {"root", "content", "cache", "threads", "timezone", "limits", "network", "forked"}
    conditions |= {"writable", "environment", "outside", "datasets"}
    assert {spec.name for spec in fields(Conditions)} == conditions


def test_an_order_is_read_in_another_folder() -> None:
    conditions = Conditions(
        ROOT,
        ROOT / "content",
        ROOT / ".cache",
        2,
        "UTC",
        writable=(ROOT / "gerado", Path("/dev/shm")),
        datasets={"https://a/b": Dataset(str(ROOT / "content" / "data" / "b"), "0")},
    )
    job = Job("content/posts/x.md", ROOT / "content" / "posts", ())
    variables = {"PYTHONPATH": f"{ROOT}/lib:{ROOT}2/lib", "KERAS_BACKEND": "jax"}
    sent = order(job, conditions, variables, "v1")
    assert b"/home/eu/blog/" not in sent
    there, found = read_order(sent, {"v1"}, Path("/tmp/p"), CACHE, {"PATH": "/bin"})
    assert there.folder == Path("/tmp/p/content/posts")
    assert found.content == Path("/tmp/p/content")
    assert found.cache == CACHE
    assert found.writable == (Path("/tmp/p/gerado"), Path("/dev/shm"))
    assert found.datasets["https://a/b"].path == "/tmp/p/content/data/b"
    assert found.outside == {
        "PATH": "/bin",
        "PYTHONPATH": "/tmp/p/lib:/home/eu/blog2/lib",
        "KERAS_BACKEND": "jax",
    }


@pytest.mark.parametrize("engines", [{"v2"}, {"v1", "v2"}])
def test_an_order_for_another_version_is_refused_unread(engines: set[str]) -> None:
    foreign = json.dumps({"format": 99, "engine": "v1", "path": "x.md", "what": "is it?"}).encode()
    with pytest.raises(ForeignOrder) as caught:
        read_order(foreign, engines, ROOT, CACHE, {})
    assert caught.value.path == "x.md"
    assert caught.value.engine == "v1"


@given(RUNS)
def test_a_run_arrives_as_it_was(run: Run) -> None:
    assert from_notebook(to_notebook(job_of(run), run)) == run


@given(PROBLEMS)
def test_a_problem_arrives_as_it_was(problem: Problem) -> None:
    job = Job("x.md", ROOT, (JobCell("1", 1, False, 1),))
    assert from_notebook(to_notebook(job, problem)) == problem


@given(RUNS | PROBLEMS)
def test_the_answer_is_a_notebook(result: Run | Problem) -> None:
    job = job_of(result) if isinstance(result, Run) else Job("x.md", ROOT, ())
    nbformat.validate(nbformat.from_dict(json.loads(to_notebook(job, result))))


def test_what_travels_is_what_a_run_finds(tmp_path: Path) -> None:
    content = tmp_path / "content"
    for name in (
        "posts/a.md", "posts/.oculto", "posts/__pycache__/x.pyc", "posts/perto.csv",
        "posts/pasta/b.ipynb", "posts/pasta/c.csv", "data/d.csv", "data/.oculto", "images/e.png",
    ):  # fmt: skip
        (content / name).parent.mkdir(parents=True, exist_ok=True)
        (content / name).write_text(name)
    program = content / "posts" / "programa.sh"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    conditions = Conditions(tmp_path, content, tmp_path / ".cache", 2, "UTC")
    known = Contents(conditions)
    first = Job("content/posts/a.md", content / "posts", (), files=("content/data/d.csv", "x.py"))
    data, beside = known.bundles(first)
    assert list(unpack(data)) == ["content/data/d.csv"]
    assert list(unpack(beside)) == [
        "content/posts/pasta/c.csv",
        "content/posts/perto.csv",
        "content/posts/programa.sh",
    ]
    # Other posts share what was packed, and add what they alone read.
    (tmp_path / "x.py").write_text("x = 1\n")
    again = known.bundles(replace(first, files=("x.py",)))
    assert again[0] is data
    assert again[1] is beside
    assert list(unpack(again[2])) == ["x.py"]

    unpack_into(tmp_path / "there", beside)
    there = tmp_path / "there" / "content" / "posts"
    assert (there / "perto.csv").read_text() == "posts/perto.csv"
    assert (there / "programa.sh").stat().st_mode & stat.S_IXUSR
    assert not (there / "perto.csv").stat().st_mode & stat.S_IXUSR


def test_a_version_is_the_sources_of_the_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "_PACKAGE", tmp_path)
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    first = engine_digest()
    (tmp_path / "a.py").write_bytes(b"x = 1\r\n")
    (tmp_path / "a.txt").write_bytes(b"no source")
    assert engine_digest() == first
    (tmp_path / "a.py").write_bytes(b"x = 2\n")
    assert engine_digest() != first
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert engine_digest() != first
