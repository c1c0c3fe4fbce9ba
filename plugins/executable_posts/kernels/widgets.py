"""What widgets show, from the messages by which they tell their state.

A widget is drawn by a notebook, from a state that the kernel sends over a comm and goes on
changing; the output says only which. Sources: "Custom Messages" of jupyter_client's documentation,
"Model state schema" of ipywidgets.
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"

_TARGET = "jupyter.widget"
_REFERENCE = "IPY_MODEL_"
_BAR_WIDTH = 10
_LARGEST = 1e300
_TAG = re.compile(r"<[^>]*>")
# tqdm sets its blanks as figure spaces, and ipywidgets a value that is not there as no width.
_BLANKS = str.maketrans({"\u2007": " ", "\u200b": ""})
_IN_A_ROW, _IN_LINES = {"HBoxModel"}, {"BoxModel", "GridBoxModel", "VBoxModel"}
_BARS = {"FloatProgressModel", "IntProgressModel"}
_TEXTS = {"HTMLMathModel", "HTMLModel", "LabelModel"}


@dataclass(frozen=True)
class _Told:
    """What a widget shows; `still` if nobody can touch it, so that a page shows all of it."""

    text: str
    still: bool


class Widgets:
    """The widgets of one kernel, as they are now."""

    def __init__(self) -> None:
        self._states: dict[str, dict[str, Any]] = {}
        self._closed: set[str] = set()

    def take(self, message: Mapping[str, Any]) -> None:
        """Take in a message of the IOPub channel; others than those of widgets are ignored.

        Raises `KeyError`, `TypeError` or `AttributeError` for one that is not as Jupyter has it.
        """
        content = message["content"]
        match message["msg_type"]:
            case "comm_open" if content["target_name"] == _TARGET:
                self._states[content["comm_id"]] = dict(content["data"]["state"])
            case "comm_msg" if content["data"].get("method") == "update":
                # The state of a comm that is not a widget's, or was closed, is nobody's.
                self._states.get(content["comm_id"], {}).update(content["data"]["state"])
            case "comm_close" if self._states.pop(content["comm_id"], None) is not None:
                self._closed.add(content["comm_id"])

    def settled(self, output: Mapping[str, Any]) -> dict[str, Any] | None:
        """`output` with what its widget shows now as its text; `None` if the widget is closed.

        The reference to the widget goes, since nobody can follow it once the kernel is gone. That
        the output was one is kept in its metadata: "still", or "interactive" if one could do
        something with it.
        """
        data = output.get("data", {})
        if VIEW not in data:
            return dict(output)
        name = str(data[VIEW].get("model_id")) if isinstance(data[VIEW], dict) else ""
        if name in self._closed:
            return None
        told = self._told(name, frozenset())
        form = "still" if told and told.still else "interactive"
        metadata = {**output["metadata"], "executable_posts": {"widget": form}}
        rest = {mime: value for mime, value in data.items() if mime != VIEW}
        rest["text/plain"] = told.text if told else data.get("text/plain", "")
        return {**output, "data": rest, "metadata": metadata}

    def _told(self, name: str, above: frozenset[str]) -> _Told | None:
        """What the widget `name`, which lies in those `above`, shows; `None` if nobody knows."""
        if name not in self._states or name in above:
            return None
        state = self._states[name]
        model = str(state.get("_model_name"))
        if model in _IN_A_ROW | _IN_LINES:
            children = [self._told(child, above | {name}) for child in _children(state)]
            known = [child for child in children if child is not None]
            return _joined(model, known) if len(known) == len(children) else None
        value = state.get("value")
        if model in _BARS:
            text = _bar(state)
        elif model in _TEXTS:
            text = html.unescape(_TAG.sub("", str(value)))
        elif isinstance(value, str | int | float | list):
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        else:
            return None
        description = str(state.get("description") or "")
        text = f"{description}: {text}" if description else text.translate(_BLANKS)
        return _Told(text, still=model in _BARS | _TEXTS)


def _joined(box: str, children: Sequence[_Told]) -> _Told:
    texts = [child.text for child in children]
    has_bar = any(text.startswith("|") for text in texts)
    text = "\n".join(texts) if box in _IN_LINES else ("" if has_bar else " ").join(texts)
    return _Told(text, all(child.still for child in children))


def _children(state: Mapping[str, Any]) -> list[str]:
    children = state.get("children")
    known = children if isinstance(children, list) else []
    return [str(child).removeprefix(_REFERENCE) for child in known]


def _bar(state: Mapping[str, Any]) -> str:
    """A progress bar as tqdm draws it where there is no widget."""
    low, high = _number(state.get("min"), 0), _number(state.get("max"), 100)
    value = min(max(_number(state.get("value"), low), low), high)
    done = round((value - low) / (high - low) * _BAR_WIDTH) if low < high else 0
    return f"|{'█' * done}{' ' * (_BAR_WIDTH - done)}|"


def _number(value: object, default: float) -> float:
    known = isinstance(value, int | float) and abs(value) <= _LARGEST
    return float(value) if known else default  # type: ignore[arg-type]
