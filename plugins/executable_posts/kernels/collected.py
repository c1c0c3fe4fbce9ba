"""The outputs of one cell as they arrive: what is cleared goes, what is updated is in its place."""

from collections.abc import Iterable
from typing import Any

from .widgets import Widgets

# What an output keeps of its message. nbformat's own function also validates each, at some twenty
# times the cost.
_KEPT = {
    "stream": ("name", "text"),
    "display_data": ("metadata", "data"),
    "execute_result": ("metadata", "data", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
}


class Collected:
    """Outputs in nbformat's form, in the order in which they came; `widgets` are the kernel's."""

    def __init__(self, widgets: Widgets) -> None:
        self._widgets = widgets
        self._outputs: list[dict[str, Any]] = []
        self._display_ids: list[str | None] = []
        self._clear_before_next = False

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """What there is until now."""
        settled = map(self._widgets.settled, self._outputs)
        return [output for output in settled if output is not None]

    def take(self, message: dict[str, Any], everywhere: Iterable["Collected"]) -> None:
        """Take in a message of the kernel's IOPub channel; others than outputs are ignored.

        Raises `KeyError`, `TypeError` or `AttributeError` for one that is not as Jupyter has it.

        An update of a display changes it in all cells `everywhere` that show it. Source: "Messages
        on the IOPub (PUB/SUB) channel" of jupyter_client's documentation.
        """
        match message["msg_type"]:
            case kind if kind in _KEPT:
                self._add(message)
            case "update_display_data":
                for collected in everywhere:
                    collected._update(message["content"])
            case "clear_output" if message["content"]["wait"]:
                self._clear_before_next = True
            case "clear_output":
                self._clear()

    def _add(self, message: dict[str, Any]) -> None:
        if self._clear_before_next:
            self._clear()
        kind, content = message["msg_type"], message["content"]
        output = {"output_type": kind} | {key: content[key] for key in _KEPT[kind]}
        if kind == "stream":
            _check(output["name"], str)
            _check(output["text"], str)
        if "data" in output:
            output["data"] = _bundle(output["data"])
            _check(output["metadata"], dict)
        self._outputs.append(output)
        self._display_ids.append(content.get("transient", {}).get("display_id"))

    def _update(self, content: dict[str, Any]) -> None:
        wanted = content["transient"]["display_id"]
        for output, display_id in zip(self._outputs, self._display_ids, strict=True):
            if display_id == wanted:
                output["data"] = _bundle(content["data"])
                output["metadata"] = content["metadata"]

    def _clear(self) -> None:
        self._outputs.clear()
        self._display_ids.clear()
        self._clear_before_next = False


def _check(value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise TypeError(value)


def _bundle(data: dict[str, Any]) -> dict[str, Any]:
    """A MIME bundle as nbformat wants it: texts, and any JSON only where the type says JSON."""
    return {
        mime: value if mime.endswith(("/json", "+json")) else _text(value)
        for mime, value in data.items()
        if value is not None
    }


def _text(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)
