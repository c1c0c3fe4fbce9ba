"""Files that answer for URLs: what is wrong with any is said before anything runs."""

import hashlib
from pathlib import Path

import pytest
from executable_posts.datasets import known_datasets
from executable_posts.kernels.inside.plan import Dataset

URL = "https://storage.example.org/mnist.npz"
OTHER = "https://storage.example.org/outro.csv"
DIGEST = hashlib.sha256(b"dados").hexdigest()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder content/data of a blog, with one file in it."""
    folder = tmp_path / "content" / "data"
    folder.mkdir(parents=True)
    (folder / "mnist.npz").write_bytes(b"dados")
    (folder / "SHA256SUMS").write_text(f"{DIGEST}  mnist.npz\n", encoding="utf-8")
    return folder


def found(data: Path, **datasets: str) -> tuple[dict[str, Dataset], list[str]]:
    urls = {"mnist": URL, "outro": OTHER}
    known, problems = known_datasets(
        {urls[key]: name for key, name in datasets.items()}, data, data.parent.parent
    )
    return known, [str(problem) for problem in problems]


def test_a_file_with_its_sum_answers_for_its_url(data: Path) -> None:
    known, problems = found(data, mnist="mnist.npz")
    assert known == {URL: Dataset(str(data / "mnist.npz"), DIGEST)}
    assert problems == []


def test_nothing_is_known_where_nothing_is_named(data: Path) -> None:
    assert found(data) == ({}, [])


def test_a_file_may_answer_for_two_urls(data: Path) -> None:
    known, problems = found(data, mnist="mnist.npz", outro="mnist.npz")
    assert set(known) == {URL, OTHER}
    assert problems == []


def test_a_file_may_lie_in_a_folder_of_its_own(data: Path) -> None:
    (data / "um dois").mkdir()
    (data / "um dois" / "á.csv").write_bytes(b"dados")
    with (data / "SHA256SUMS").open("a", encoding="utf-8") as sums:
        sums.write(f"{DIGEST}  um dois/á.csv\n")
    known, problems = found(data, outro="um dois/á.csv")
    assert known == {OTHER: Dataset(str(data / "um dois" / "á.csv"), DIGEST)}
    assert problems == []


SUMS = {
    "as text": f"{DIGEST}  mnist.npz\n",
    "as binary": f"{DIGEST} *mnist.npz\n",
    "in capitals": f"{DIGEST.upper()}  mnist.npz\n",
    "with Windows' line ends": f"{DIGEST}  mnist.npz\r\n",
    "without an end": f"{DIGEST}  mnist.npz",
    "beside a name in another encoding": f"{DIGEST}  mnist.npz\n{DIGEST}  \xe1.csv\n",
    "among others": f"{'0' * 64}  a.npz\n\n# nada\n{DIGEST}  mnist.npz\n{'1' * 64}  b.npz\n",
}


@pytest.mark.parametrize("text", SUMS.values(), ids=SUMS.keys())
def test_sums_are_read_as_sha256sum_writes_them(data: Path, text: str) -> None:
    (data / "SHA256SUMS").write_bytes(text.encode("latin-1"))
    known, problems = found(data, mnist="mnist.npz")
    assert problems == []
    assert known[URL].sha256 == DIGEST


def test_a_file_that_is_not_there_is_told_with_the_setting_and_the_url(data: Path) -> None:
    (data / "mnist.npz").unlink()
    assert found(data, mnist="mnist.npz") == (
        {},
        [f"content/data/mnist.npz: is not there, but EXECUTE_DATASETS names it for {URL}"],
    )


def test_a_folder_is_no_file(data: Path) -> None:
    (data / "outro").mkdir()
    _, problems = found(data, outro="outro")
    assert problems == [
        f"content/data/outro: is not there, but EXECUTE_DATASETS names it for {OTHER}"
    ]


@pytest.mark.parametrize("text", ["", f"{DIGEST}  outro.npz\n", "mnist.npz\n", None])
def test_a_file_without_a_sum_is_told_with_what_to_do(data: Path, text: str | None) -> None:
    sums = data / "SHA256SUMS"
    if text is None:
        sums.unlink()
    else:
        sums.write_text(text, encoding="utf-8")
    assert found(data, mnist="mnist.npz") == (
        {},
        [
            "content/data/SHA256SUMS: has no line for mnist.npz: "
            "add what `sha256sum mnist.npz` prints"
        ],
    )


def test_one_mistake_hides_no_other_and_nothing_that_is_right(data: Path) -> None:
    (data / "sem.csv").write_bytes(b"a")
    datasets = {"https://a.org/1": "falta.csv", URL: "mnist.npz", "https://a.org/2": "sem.csv"}
    known, problems = known_datasets(datasets, data, data.parent.parent)
    assert list(known) == [URL]
    assert [problem.path for problem in problems] == [
        "content/data/falta.csv",
        "content/data/SHA256SUMS",
    ]
