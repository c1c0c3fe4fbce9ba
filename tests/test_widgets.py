"""What widgets show: from messages, and from kernels in which ipywidgets and tqdm run."""

from typing import Any

import hypothesis.strategies as st
import pytest
from executable_posts.kernels.widgets import VIEW, Widgets
from executable_posts.outputs import comparable, display
from hypothesis import given

from tests.running import Bench

TQDM = "from tqdm.notebook import tqdm, trange"


def shown(bench: Bench, *codes: str) -> list[tuple[str, str]]:
    """What a reader sees of the last of these cells."""
    outputs = bench.outputs(*codes)[-1].outputs
    return [(seen.kind, seen.content) for seen in display(outputs).displays]


BARS = {
    "at its end": (f"{TQDM}\nfor i in trange(3): pass", ["100%|██████████| 3/3"]),
    "with words": (f"{TQDM}\nfor i in trange(3, desc='a<b'): pass", ["a<b: 100%|██████████| 3/3"]),
    "of unknown length": (f"{TQDM}\nfor i in tqdm(iter('ab')): pass", ["|██████████| 2/?"]),
    "left in the middle": (
        f"{TQDM}\nbar = tqdm(range(4), mininterval=0)\nfor i in bar:\n    if i == 2: break",
        [" 50%|█████     | 2/4"],
    ),
    "not left": (f"{TQDM}\nfor i in tqdm(range(3), leave=False): pass\nprint('x')", ["x"]),
    "in its place": (
        f"{TQDM}\nprint('a')\nfor i in trange(2): pass\nprint('b')",
        ["a", "100%|██████████| 2/2", "b"],
    ),
    "auto": (
        "from tqdm.auto import tqdm\nfor i in tqdm(range(3)): pass",
        ["100%|██████████| 3/3"],
    ),
}


@pytest.mark.parametrize(("code", "seen"), BARS.values(), ids=BARS.keys())
def test_a_bar_of_a_notebook_is_as_one_of_a_terminal(
    bench: Bench, code: str, seen: list[str]
) -> None:
    texts = [content for kind, content in shown(bench, code) if kind == "text"]
    assert [text.strip() for text in texts] == [text.strip() for text in seen]


def test_a_bar_that_a_later_cell_moves_is_where_it_was_left(bench: Bench) -> None:
    first, second = bench.outputs(
        f"{TQDM}\nbar = tqdm(total=2, mininterval=0)", "bar.update(2)\nbar.close()"
    )
    assert [seen.content for seen in display(first.outputs).displays] == ["100%|██████████| 2/2"]
    assert not display(second.outputs).displays


def test_what_one_could_touch_is_told_as_its_state(bench: Bench) -> None:
    code = (
        "import ipywidgets as w\n"
        "n = w.IntSlider(value=3, description='n')\n"
        "n.value = 5\n"
        "w.VBox([n, w.HBox([w.Label('oi'), w.HTML('<b>a</b> &amp; b')])])"
    )
    assert shown(bench, code) == [("widget", "n: 5\noi a & b")]


def test_what_nobody_can_touch_is_text(bench: Bench) -> None:
    code = (
        "import ipywidgets as w\nw.VBox([w.Label('oi'), w.IntProgress(value=25, description='p')])"
    )
    assert shown(bench, code) == [("text", "oi\np: |██        |")]


def test_a_widget_of_which_nothing_is_known_keeps_its_text(bench: Bench) -> None:
    [(kind, text)] = shown(bench, "import ipywidgets as w\nw.Button(description='ok')")
    assert kind == "widget"
    assert text.startswith("Button(description='ok'")


def test_two_runs_are_equal(bench: Bench) -> None:
    """Ids are new each time, and so is how long it took."""
    code = (
        f"import time\n{TQDM}\nimport ipywidgets as w\n"
        "for i in trange(3): time.sleep(0.01)\nw.Label('x')"
    )
    first, second = (comparable(bench.outputs(code)[0].outputs) for _ in range(2))
    assert first == second
    assert VIEW not in str(first)


# Messages that are odd


def opened(name: str, **state: Any) -> dict[str, Any]:
    content = {"comm_id": name, "target_name": "jupyter.widget", "data": {"state": state}}
    return {"msg_type": "comm_open", "content": content}


def output(name: str) -> dict[str, Any]:
    data = {VIEW: {"model_id": name}, "text/plain": "Widget()"}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def settled(*messages: dict[str, Any]) -> str | None:
    widgets = Widgets()
    for message in messages:
        widgets.take(message)
    result = widgets.settled(output("a"))
    return None if result is None else str(result["data"]["text/plain"])


def test_boxes_that_hold_each_other_keep_their_text() -> None:
    box = {"_model_name": "HBoxModel"}
    assert (
        settled(
            opened("a", **box, children=["IPY_MODEL_b"]),
            opened("b", **box, children=["IPY_MODEL_a"]),
        )
        == "Widget()"
    )


def test_a_child_that_was_closed_keeps_the_text() -> None:
    box = opened("a", _model_name="HBoxModel", children=["IPY_MODEL_b"])
    close = {"msg_type": "comm_close", "content": {"comm_id": "b", "data": {}}}
    assert settled(box, opened("b", _model_name="LabelModel", value="x"), close) == "Widget()"


def test_comms_of_others_are_ignored() -> None:
    content = {"comm_id": "a", "target_name": "other", "data": {}}
    update = {"comm_id": "a", "data": {"method": "update", "state": {"value": 1}}}
    assert (
        settled(
            {"msg_type": "comm_open", "content": content},
            {"msg_type": "comm_msg", "content": update},
            {"msg_type": "comm_msg", "content": {"comm_id": "z", "data": {}}},
        )
        == "Widget()"
    )


NUMBERS = st.none() | st.integers() | st.floats()
JSON = st.recursive(
    NUMBERS | st.text(max_size=3) | st.sampled_from(["IPY_MODEL_a", "IPY_MODEL_b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
MODELS = ["HBoxModel", "VBoxModel", "FloatProgressModel", "LabelModel", "IntSliderModel"]
STATES = st.fixed_dictionaries(
    {},
    optional={
        "_model_name": st.sampled_from(MODELS) | JSON,
        "children": st.lists(JSON, max_size=3) | JSON,
        "value": JSON,
        "description": JSON,
    },
)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_bar_is_as_wide_whatever_it_says(low: object, high: object, value: object) -> None:
    text = settled(opened("a", _model_name="FloatProgressModel", min=low, max=high, value=value))
    assert text is not None
    assert len(text) == 12


@given(STATES, STATES, JSON)
def test_any_state_can_be_told(one: dict[str, Any], other: dict[str, Any], view: Any) -> None:
    widgets = Widgets()
    widgets.take(opened("a", **one))
    widgets.take(opened("b", **other))
    for of in (view, {"model_id": "a"}, {"model_id": view}):
        shown = {**output("a"), "data": {VIEW: of, "text/plain": "Widget()"}}
        told = widgets.settled(shown)
        assert told is not None
        assert isinstance(told["data"]["text/plain"], str)
