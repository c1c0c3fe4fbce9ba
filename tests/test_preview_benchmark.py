"""What `invoke bench preview` stands on: equal posts for all, honest counting. Runs no rival."""

from pathlib import Path

from executable_posts.post import parse

from tests.benchmarks.corpus import source
from tests.benchmarks.followers import followers
from tests.benchmarks.posts import keras
from tests.benchmarks.preview import Edits, edited, percentile, table


def test_all_tools_have_the_same_posts_and_each_has_the_one_that_is_edited(tmp_path: Path) -> None:
    for number, one in enumerate(followers()):
        folder = tmp_path / str(number) / "blog"
        folder.parent.mkdir()
        one.prepare(folder, 8)
        posts = {file.stem for file in (folder / one.post).parent.glob("texto-*.md")}
        assert posts == {f"texto-{n}" for n in range(8)}, one.name
        text = (folder / one.post).read_text(encoding="utf-8")
        body = source(7).partition("\n\n")[2]
        assert text.endswith(body), one.name


def test_an_edit_changes_the_last_cell_alone() -> None:
    post = keras(0)
    after = edited(post, 3)
    assert after.cells[:-1] == post.cells[:-1]
    assert after.cells[-1].startswith(post.cells[-1])
    # What is waited for is in no code, only in what it prints.
    assert "edição 3" not in after.cells[-1]
    assert parse(f"Execute: yes\n\n```python\n{after.cells[-1]}```\n", "x.md").cells


def test_the_95th_percentile_of_20_edits_is_the_19th() -> None:
    seconds = [float(number) for number in range(20, 0, -1)]
    assert percentile(seconds, 0.95) == 19
    assert percentile([3.0], 0.95) == 3


def test_the_table_names_medians_and_what_failed() -> None:
    rows = table(
        "**t**",
        [
            Edits("ours", "Chromium", (0.1, 0.2, 0.3)),
            Edits("other", "file on disk", (2.0,)),
            Edits("broken", "file on disk", (), "no|port"),
        ],
    ).splitlines()
    assert rows[4] == "| ours | Chromium | 0.200 | 0.300 | 1.0 |"
    assert rows[5] == "| other | file on disk | 2.000 | 2.000 | 10.0 |"
    assert rows[6] == "| broken | failed: no/port |||"
