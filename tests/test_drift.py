"""What a fresh run gives that differs from what readers saw is told, and nothing else is."""

import base64
import io
from itertools import product
from pathlib import Path

import pytest
from executable_posts import commands
from executable_posts.drift import Drift, of_post, same_within
from executable_posts.errors import Problem
from executable_posts.plan import plan
from executable_posts.post import parse
from executable_posts.progress import QuietProgress
from executable_posts.site import load
from executable_posts.store import ExecutedCell, ExecutedNotebook, Output
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from site_publishing.confirmed import unconfirmed

from tests.blog import Site

SOURCE = "Title: T\n\n```python\ndesenha()\n```\n"


def stream(text: str, name: str = "stdout") -> Output:
    return {"output_type": "stream", "name": name, "text": text}


def picture(image: Image.Image, level: int = 6) -> Output:
    file = io.BytesIO()
    image.save(file, format="PNG", compress_level=level)
    data = {"image/png": base64.b64encode(file.getvalue()).decode()}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def drifts(before: list[Output], after: list[Output]) -> list[Drift]:
    """What drifted between two runs of a post of one cell."""
    from executable_posts.executed import current, from_run
    from executable_posts.jobs import CellResult, Run

    post = parse(SOURCE, "content/posts/x.md", "yes")
    first = plan(post, None, lambda _: None)
    run = Run((CellResult(tuple(before), 0.1, 1),), (), ())
    stored = current(from_run(first, run, lambda _: None), first, "T", [()])
    assert isinstance(stored, ExecutedNotebook)
    again = plan(post, stored, lambda _: None)
    assert not again.stale
    return of_post(again, [ExecutedCell(1, "desenha()", tuple(after))])


def test_text_that_changed_is_shown_line_by_line() -> None:
    [drift] = drifts([stream("a\nb\nc\n")], [stream("a\nB\nc\n")])
    assert str(drift) == (
        "content/posts/x.md:3: cell 1 drifted: text\n"
        "    @@ -1,3 +1,3 @@\n     a\n    -b\n    +B\n     c"
    )


def test_a_long_difference_is_cut() -> None:
    [drift] = drifts([stream("a\n" * 40)], [stream("b\n" * 40)])
    assert str(drift).splitlines()[-1] == "    … 69 lines more"


def test_what_differs_by_chance_is_no_drift() -> None:
    before = [stream("<A at 0x7f00deadbeef>\n2/2 ━━━ 0s 3ms/step\n"), stream("um", "stderr")]
    after = [stream("<A at 0x7f11cafecafe>\n2/2 ━━━ 1s 9ms/step\n"), stream("dois", "stderr")]
    assert drifts(before, after) == []


def test_a_figure_drifts_by_its_pixels_not_its_bytes() -> None:
    image = Image.new("RGB", (10, 10), "white")
    assert drifts([picture(image, 1)], [picture(image, 9)]) == []
    other = image.copy()
    other.putpixel((3, 3), (255, 255, 155))
    [drift] = drifts([picture(image)], [picture(other)])
    assert drift.what == "figure 1: 1.00% of its pixels differ, by at most 100 of 255"
    [drift] = drifts([picture(image)], [picture(image.resize((20, 10)))])
    assert drift.what == "figure 1: it was 10 × 10 pixels and is 20 × 10"


def test_figures_that_came_or_went_are_told() -> None:
    image = picture(Image.new("RGB", (4, 4)))
    assert [drift.what for drift in drifts([], [image])] == ["figure 1 is new"]
    assert [drift.what for drift in drifts([image, image], [image])] == ["figure 2 is gone"]


@given(st.lists(st.text(), max_size=4))
def test_the_same_outputs_never_drift(texts: list[str]) -> None:
    outputs = [stream(text) for text in texts]
    assert drifts(list(outputs), list(outputs)) == []


def test_the_first_run_is_compared_with_what_is_recorded(site: Site) -> None:
    body = "\n\n```python\nprint(6 * 7)\nprint('sim')\n```\n\n    41\n    sim\n\n\nFim.\n"
    site.post("nota", body)
    built = site.build()
    assert built.status == 0
    assert "content/posts/nota.md:8: cell 1 drifted: text\n    @@ " in built.out
    assert "    -41\n    +42\n" in built.out
    site.post("igual", body.replace("41", "42"))
    assert "drifted" not in site.build().out


def test_a_rebuild_reports_drift_and_a_check_stores_nothing(site: Site) -> None:
    site.post("acaso", "\n```python\nimport random\nprint(random.random())\n```\n")
    site.post("firme", "\n```python\nprint(1)\n```\n")
    assert "drifted" not in site.build().out
    stored = {path: path.read_bytes() for path in notebooks(site)}

    blog = load(site.folder / "pelicanconf.py")
    found, problems = commands.check_drift(blog, [], QuietProgress())
    assert [drift.path for drift in found] == ["content/posts/acaso.md"]
    assert problems == []
    assert {path: path.read_bytes() for path in notebooks(site)} == stored
    # Nothing of it is published until a run is taken over.
    assert commands.known_drifts(blog) == ["content/posts/acaso.md"]
    assert unconfirmed(site.folder / "pelicanconf.py") == (
        2,
        [
            Problem(
                "content/posts/acaso.md",
                "drifted when it was last checked; `invoke rebuild content/posts/acaso.md` takes "
                "what it gives now",
            )
        ],
    )

    built = site.build_all_again()
    assert built.status == 0
    assert "content/posts/acaso.md:7: cell 1 drifted: text" in built.out
    assert "firme.md:7" not in built.out
    assert commands.known_drifts(blog) == []


def notebooks(site: Site) -> list[Path]:
    return sorted((site.folder / "content" / "notebooks").rglob("*.ipynb"))


def test_a_check_tells_what_fails_too(site: Site) -> None:
    site.post("ruim", "\n```python\nindefinido\n```\n")
    blog = load(site.folder / "pelicanconf.py")
    found, problems = commands.check_drift(blog, ["content/posts/ruim.md"], QuietProgress())
    assert found == []
    assert [problem.message for problem in problems] == [
        "cell 1 of 1: NameError: name 'indefinido' is not defined"
    ]


def test_changed_code_is_meant_to_give_other_outputs(site: Site) -> None:
    site.post("soma", "\n```python\nprint(1)\n```\n")
    assert site.build().status == 0
    site.post("soma", "\n```python\nprint(2)\n```\n")
    assert "drifted" not in site.build().out


@pytest.mark.parametrize("kind", ["data", "not a picture"])
def test_a_picture_that_cannot_be_read_still_drifts(kind: str) -> None:
    broken: Output = {
        "output_type": "display_data",
        "data": {"image/png": base64.b64encode(kind.encode()).decode()},
        "metadata": {},
    }
    [drift] = drifts([picture(Image.new("L", (2, 2)))], [broken])
    assert drift.what == "figure 1: its drawing changed"


@pytest.mark.parametrize(
    ("one", "other", "tolerance", "same"),
    [
        ("perda: 0.1234", "perda: 0.1235", 0.01, True),
        ("perda: 0.1234", "perda: 0.1235", 0.0, False),
        ("perda: 0.1234", "perda: 0.2234", 0.01, False),
        ("perda: 1e-3 e 5", "perda: 1.001e-3 e 5", 0.01, True),
        ("perda: 0.1", "acerto: 0.1001", 0.01, False),
        ("1 2", "1 2 3", 0.5, False),
    ],
)
def test_numbers_may_differ_within_a_tolerance(
    one: str, other: str, tolerance: float, same: bool
) -> None:
    assert same_within([one], [other], tolerance) is same


def test_a_cell_says_its_tolerance(site: Site) -> None:
    cell = "\n```python\n#| tolerance: 0.5\nimport random\nprint(1 + random.random() / 9)\n```\n"
    site.post("acaso", cell)
    assert site.build().status == 0
    assert "drifted" not in site.build_all_again().out
    site.post("acaso", cell.replace("#| tolerance: 0.5\n", ""))
    assert "drifted" in site.build_all_again().out


def test_chance_in_what_is_recorded_is_no_drift(site: Site) -> None:
    code = "print(object())\nprint('2/2 [====] - 1s 9ms/step')"
    recorded = "    <object object at 0x7f00deadbeef>\n    2/2 [====] - 0s 3ms/step"
    site.post("acaso", f"\n```python\n{code}\n```\n\n{recorded}\n\n\nFim.\n")
    built = site.build()
    assert built.status == 0
    assert "drifted" not in built.out


def test_html_is_not_compared_with_recorded_text(site: Site) -> None:
    code = "from IPython.display import HTML\nprint('sim')\nHTML('<div><b>1</b></div>')"
    recorded = "    sim\n\n\n\n\n\n<div><b>1</b></div>"
    site.post("tabela", f"\n```python\n{code}\n```\n\n{recorded}\n\n\nFim.\n")
    built = site.build()
    assert built.status == 0
    assert "drifted" not in built.out


def test_a_picture_damaged_anywhere_is_no_reason_to_fail() -> None:
    whole = picture(Image.new("RGB", (4, 4), "red"))
    content = base64.b64decode(whole["data"]["image/png"])
    for at, value in product(range(len(content)), (0, 65, 255)):
        damaged = bytes([*content[:at], value, *content[at + 1 :]])
        data = {"image/png": base64.b64encode(damaged).decode()}
        broken: Output = {"output_type": "display_data", "data": data, "metadata": {}}
        # Whether a byte matters is Pillow's to say; a checksum behind the last pixel does not.
        assert len(drifts([whole], [broken])) <= 1


def test_frames_and_deep_channels_count() -> None:
    def moving(*colours: str) -> Output:
        first, *rest = (Image.new("RGB", (4, 4), colour) for colour in colours)
        file = io.BytesIO()
        first.save(file, format="GIF", save_all=True, append_images=rest)
        data = {"image/gif": base64.b64encode(file.getvalue()).decode()}
        return {"output_type": "display_data", "data": data, "metadata": {}}

    [drift] = drifts([moving("red", "lime")], [moving("red", "blue")])
    assert drift.what == "figure 1: its drawing changed"
    deep = [picture(Image.new("I;16", (4, 4), value)) for value in (1000, 60000)]
    [drift] = drifts(deep[:1], deep[1:])
    assert drift.what == "figure 1: its drawing changed"
    again = picture(Image.new("I;16", (4, 4), 1000), 0)
    assert drifts(deep[:1], [again]) == []
