"""Outputs as they arrive: cleared, updated, in order (messages in the kernel's own form)."""

import json
from typing import Any

import hypothesis.strategies as st
import pytest
from executable_posts.kernels.collected import Collected
from executable_posts.kernels.inside.app import pack
from executable_posts.kernels.widgets import Widgets
from hypothesis import given


def message(kind: str, **content: Any) -> dict[str, Any]:
    return {"msg_type": kind, "header": {"msg_type": kind}, "content": content, "buffers": []}


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return message("stream", name=name, text=text)


def display(text: str, display_id: str | None = None) -> dict[str, Any]:
    transient = {} if display_id is None else {"display_id": display_id}
    return message("display_data", data={"text/plain": text}, metadata={}, transient=transient)


def update(text: str, display_id: str) -> dict[str, Any]:
    return message(
        "update_display_data",
        data={"text/plain": text},
        metadata={},
        transient={"display_id": display_id},
    )


def clear(*, wait: bool) -> dict[str, Any]:
    return message("clear_output", wait=wait)


def shown(*messages: dict[str, Any]) -> list[str]:
    collected = Collected(Widgets())
    for taken in messages:
        collected.take(taken, [collected])
    return [output.get("text") or output["data"]["text/plain"] for output in collected.outputs]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([stream("a"), display("b"), stream("c")], ["a", "b", "c"]),
        ([stream("a"), clear(wait=False)], []),
        ([stream("a"), clear(wait=False), stream("b")], ["b"]),
        ([stream("a"), clear(wait=True)], ["a"]),
        ([stream("a"), clear(wait=True), stream("b"), stream("c")], ["b", "c"]),
        ([display("a", "1"), display("b", "2"), update("c", "1")], ["c", "b"]),
        ([display("a", "1"), display("b", "1"), update("c", "1")], ["c", "c"]),
        ([display("a", "1"), clear(wait=False), update("b", "1")], []),
        ([update("b", "1"), display("a", "1")], ["a"]),
        ([message("comm_open", comm_id="1", target_name="x", data={}), stream("a")], ["a"]),
        ([message("execute_input", code="x", execution_count=1), stream("a")], ["a"]),
    ],
)
def test_what_is_left_is_the_last_state_in_its_place(
    messages: list[dict[str, Any]], expected: list[str]
) -> None:
    assert shown(*messages) == expected


def test_an_update_reaches_what_an_earlier_cell_displayed() -> None:
    first, second = Collected(Widgets()), Collected(Widgets())
    first.take(display("a", "1"), [first])
    second.take(update("b", "1"), [first, second])
    assert first.outputs[0]["data"] == {"text/plain": "b"}
    assert second.outputs == []


@given(st.text(alphabet=st.characters(categories=["L", "Cs", "P", "Zs", "Cc"])))
def test_any_text_can_be_sent_and_all_that_is_no_surrogate_arrives(text: str) -> None:
    sent = pack({"text": text}).decode("utf-8")

    arrived = json.loads(sent)["text"]
    escaped = "".join(
        f"\\u{ord(character):04x}" if "\ud800" <= character <= "\udfff" else character
        for character in text
    )
    assert arrived == escaped


def test_what_json_has_no_word_for_is_sent_all_the_same() -> None:
    assert pack({"a": float("nan"), "b": b"x", 1: 2}) == b'{"a": "nan", "b": "eA==", "1": 2}'
