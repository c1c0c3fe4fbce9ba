"""The outputs of one cell as they arrive: what is cleared goes, what is updated is in its place."""

from collections.abc import Iterable
from typing import Any

from nbformat import v4


class Collected:
    """Outputs in nbformat's form, in the order in which they arrived."""

    def __init__(self) -> None:
        self._outputs: list[dict[str, Any]] = []
        self._display_ids: list[str | None] = []
        self._clear_before_next = False

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """What there is until now."""
        return list(self._outputs)

    def take(self, message: dict[str, Any], everywhere: Iterable["Collected"]) -> None:
        """Take in a message of the kernel's IOPub channel; others than outputs are ignored.

        An update of a display changes it in all cells `everywhere` that show it. Source: "Messages
        on the IOPub (PUB/SUB) channel" of jupyter_client's documentation.
        """
        match message["msg_type"]:
            case "stream" | "display_data" | "execute_result" | "error":
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
        self._outputs.append(dict(v4.output_from_msg(message)))
        self._display_ids.append(message["content"].get("transient", {}).get("display_id"))

    def _update(self, content: dict[str, Any]) -> None:
        wanted = content["transient"]["display_id"]
        for output, display_id in zip(self._outputs, self._display_ids, strict=True):
            if display_id == wanted:
                output["data"] = content["data"]
                output["metadata"] = content["metadata"]

    def _clear(self) -> None:
        self._outputs.clear()
        self._display_ids.clear()
        self._clear_before_next = False
