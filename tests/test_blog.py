"""This blog itself: its posts, as committed and as run again."""

import base64
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
FIRST = "content/posts/breve-tutorial-de-keras.md"
FIRST_SHA256 = "8e0800ca74ae9314c09fbee2e2b7c041ac5c43c79ac10e829ed1d30598bdbd67"
NOTEBOOKS = sorted((ROOT / "content" / "notebooks").rglob("*.ipynb"))


def run_task(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [Path(sys.executable).with_name("invoke"), *arguments],
        cwd=folder,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def copy_of_the_project(folder: Path) -> Path:
    """What git has or would take, as a clone would hold it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project in an empty folder, built once, as after the first `make build`."""
    folder = copy_of_the_project(tmp_path_factory.mktemp("clone"))
    done = run_task(folder, "build")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 posts up to date, not run again; 11 figures written" in done.stdout
    return folder


def figure(folder: Path, name: str) -> Image.Image:
    return Image.open(folder / "output" / "assets" / name)


def test_the_first_post_is_its_authors_word_for_word() -> None:
    source = (ROOT / FIRST).read_bytes()
    assert len(source) == 4301
    assert source.count(b"\r") == 0
    # The file that the author exported from a notebook in July 2019.
    assert hashlib.sha256(source).hexdigest() == FIRST_SHA256


def test_the_first_post_shows_what_its_code_gives(clone: Path) -> None:
    page = (clone / "output/2019/07/breve-tutorial-de-keras.html").read_text(encoding="utf-8")
    assert page.count("((60000, 28, 28), (60000,), (10000, 28, 28), (10000,))") == 1
    assert page.count('src="/assets/output_14_0.png"') == 1
    shown = re.sub(r"<[^>]+>", "", page)
    assert "    pip install tensorflow keras\n" in shown
    assert "29 de julho de 2019" in page
    assert 'datetime="2019-07-29T11:43:00-03:00"' in page
    post, _, provenance = page.partition('<section class="provenance"')
    for noise in ("oneDNN", "cuda", "absl", "Downloading", "Warning", "WARNING"):
        assert noise not in post
    assert "absl-py" in provenance  # a package that Keras imports
    prose = "Ai entra o Keras, ele é um framework que permite uma prototipação de maneira simples"
    assert prose in page


def test_the_first_figure_is_ten_digits_of_mnist(clone: Path) -> None:
    """Under each of the ten titles stand the pixels of that digit, in Matplotlib's colours."""
    from matplotlib import colormaps

    with np.load(ROOT / "content/data/mnist.npz") as data:
        digits, labels = data["x_train"][:10], data["y_train"][:10]
    assert labels.tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    pixels = np.asarray(figure(clone, "output_14_0.png").convert("RGB")).astype(int)
    # The lowest colour of the default map fills the corners of every digit.
    ground = (np.array(colormaps["viridis"](0)[:3]) * 255).round().astype(int)
    dark = abs(pixels - ground).sum(axis=2) < 12
    boxes = ten_boxes(dark)
    assert len(boxes) == 10
    for digit, (top, bottom, left, right) in zip(digits, boxes, strict=True):
        drawn = Image.fromarray(pixels[top:bottom, left:right].sum(axis=2).astype("uint16"))
        small = np.asarray(drawn.resize((28, 28))).astype(float).ravel()
        assert np.corrcoef(small, digit.astype(float).ravel())[0, 1] > 0.9


def ten_boxes(
    dark: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]",
) -> list[tuple[int, int, int, int]]:
    """Top, bottom, left and right of each picture, in reading order."""
    boxes = []
    for top, bottom in runs(dark.sum(axis=1) > 100):
        for left, right in runs(dark[top:bottom].sum(axis=0) > 10):
            boxes.append((top, bottom, left, right))
    return boxes


def runs(flags: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> list[tuple[int, int]]:
    """Begin and end of each stretch of true values that is long enough to be a picture."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(int(begin), int(end)) for begin, end in pairs if end - begin > 20]


def test_a_deleted_figure_is_back_after_a_build_that_runs_nothing(clone: Path) -> None:
    file = clone / "output/assets/output_14_0.png"
    before = file.read_bytes()
    file.unlink()
    done = run_task(clone, "build")
    assert "4 posts up to date, not run again; 1 figure written" in done.stdout
    assert file.read_bytes() == before


def test_every_page_and_feed_of_the_site_is_there(clone: Path) -> None:
    for name in (
        "index.html",
        "404.html",
        "archives.html",
        "categories.html",
        "tags.html",
        "tag/keras.html",
        "pages/sobre.html",
        "feeds/all.atom.xml",
        "2026/11/treinando-uma-rede-neural-com-keras.html",
        "2026/11/quanto-vale-pi-pergunte-ao-acaso.html",
        "notebooks/posts/breve-tutorial-de-keras.ipynb",
    ):
        assert (clone / "output" / name).is_file(), name


def test_each_page_has_one_main_heading_a_language_and_a_description(clone: Path) -> None:
    for file in sorted((clone / "output").rglob("*.html")):
        page = file.read_text(encoding="utf-8")
        assert page.count("<h1") == 1, file
        assert '<html lang="pt-BR">' in page, file
        assert '<meta name="description" content="' in page, file
        assert "{static}" not in page, file


def test_the_site_can_be_published_under_another_address(clone: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pelican", "-s", "publishconf.py", "-o", str(tmp_path)],
        cwd=clone,
        env=os.environ | {"SITEURL": "https://exemplo.org/caderno"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "2019/07/breve-tutorial-de-keras.html").read_text(encoding="utf-8")
    assert 'src="https://exemplo.org/caderno/assets/output_14_0.png"' in page
    feed = (tmp_path / "feeds/all.atom.xml").read_text(encoding="utf-8")
    assert "https://exemplo.org/caderno/assets/output_14_0.png" in feed


def test_the_tasks_read_like_a_table_of_contents() -> None:
    done = run_task(ROOT, "--list")
    assert done.returncode == 0
    rows = [row.split() for row in done.stdout.splitlines() if row.startswith("  ")]
    assert {row[0] for row in rows} >= {"build", "rebuild", "serve", "test", "check", "clean"}
    assert all(len(row) > 2 for row in rows)


def test_a_clone_is_up_to_date(clone: Path) -> None:
    done = run_task(clone, "status", "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("4 up to date, 1 no cells\n")


def test_the_first_post_records_what_it_shows_already(clone: Path) -> None:
    done = run_task(clone, "record", FIRST)
    assert done.stdout == f"{FIRST}: nothing to record\n", done.stderr
    assert (clone / FIRST).read_bytes() == (ROOT / FIRST).read_bytes()


def test_what_cannot_be_done_is_said_in_one_line(clone: Path) -> None:
    done = run_task(clone, "record", "content/posts/breve-tutorial.md")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "content/posts/breve-tutorial.md: there is no such post; did you mean "
        '"content/posts/breve-tutorial-de-keras.md"?'
    )
    done = run_task(clone, "import", "nada.ipynb")
    assert done.returncode == 1
    assert done.stderr.startswith("nada.ipynb: cannot be read: ")


def test_one_post_is_rebuilt_alone_and_has_not_drifted(clone: Path) -> None:
    post = "content/posts/quanto-vale-pi-pergunte-ao-acaso.md"
    done = run_task(clone, "rebuild", post)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"running {post} (5 cells, " in done.stdout
    assert "breve-tutorial" not in done.stdout
    done = run_task(clone, "rebuild", post, "--check")
    assert (clone / ".cache" / "drift.html").is_file()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("no drift: every run gave what is stored\n")


def rows(out: str) -> dict[str, list[int]]:
    """Post → hidden lines, figures new, changed, unchanged, as the table at the end says."""
    found = re.findall(r"^(\S.*?) +\d+ +\d+\.\d((?: +\d+){4})$", out, re.MULTILINE)
    return {name: [int(number) for number in numbers.split()] for name, numbers in found}


def test_a_stale_post_fails_the_check_and_the_frozen_build(clone: Path) -> None:
    post = clone / "content/posts/quanto-vale-pi-pergunte-ao-acaso.md"
    before = post.read_text(encoding="utf-8")
    post.write_text(before.replace("n = 2_000", "n = 3_000"), encoding="utf-8")
    try:
        done = run_task(clone, "status", "--check")
        assert done.returncode == 1
        assert "cell 1 changed (line 15)" in done.stdout
        done = run_task(clone, "build", "--frozen")
        assert done.returncode == 1
        assert "stale: cell 1 changed; this build runs nothing" in done.stderr
    finally:
        post.write_text(before, encoding="utf-8")


def without_memory(notebook: Path) -> object:
    """All that a notebook holds but what kernels of both kinds do not have in common."""
    data = json.loads(notebook.read_text(encoding="utf-8"))
    for name in ("memory_mib", "seal"):
        del data["metadata"]["executable_posts"][name]
    return data


@pytest.mark.slow
def test_all_posts_give_the_same_in_kernels_of_both_kinds(clone: Path) -> None:
    """Every text and every pixel: the committed outputs are what the code gives on this machine.

    Between processors a sum may differ in its last bits; so what is compared are two runs here.
    """
    settings = clone / "pelicanconf.py"
    before = settings.read_text(encoding="utf-8")
    settings.write_text(f"{before}\nEXECUTE_KERNEL_SERVER = False\n", encoding="utf-8")
    try:
        plain = run_task(clone, "rebuild")
    finally:
        settings.write_text(before, encoding="utf-8")
    assert plain.returncode == 0, plain.stdout + plain.stderr
    assert "running content/posts/breve-tutorial-de-keras.md (4 cells, " in plain.stdout
    hidden, *_ = rows(plain.stdout)["content/posts/breve-tutorial-de-keras.md"]
    assert hidden > 0
    outputs = {path: without_memory(path) for path in (clone / "content").rglob("*.ipynb")}
    figures = {path: path.read_bytes() for path in (clone / "output" / "assets").rglob("*.png")}
    assert len(outputs) == 4
    assert len(figures) == 16  # each once more for dark pages

    forked = run_task(clone, "rebuild")
    assert forked.returncode == 0, forked.stdout + forked.stderr
    assert {path: without_memory(path) for path in outputs} == outputs
    assert {path: path.read_bytes() for path in figures} == figures
    figures_of = [row[1:] for name, row in rows(forked.stdout).items() if name.endswith(".md")]
    assert len(figures_of) == 4
    assert all((new, changed) == (0, 0) for new, changed, _ in figures_of)
    assert sum(unchanged for *_, unchanged in figures_of) == 11


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: str(path.stem))
def test_no_committed_notebook_names_a_machine(notebook: Path) -> None:
    text = notebook.read_text(encoding="utf-8")
    assert str(Path.home()) not in text
    assert str(ROOT) not in text
    assert "/tmp/" not in text


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: str(path.stem))
def test_every_committed_notebook_is_valid_and_its_figures_are_pictures(notebook: Path) -> None:
    import nbformat

    data = json.loads(notebook.read_text(encoding="utf-8"))
    nbformat.validate(data)
    for cell in data["cells"]:
        for output in cell.get("outputs", ()):
            if picture := output.get("data", {}).get("image/png"):
                content = base64.b64decode("".join(picture))
                assert min(Image.open(io.BytesIO(content)).size) > 300
