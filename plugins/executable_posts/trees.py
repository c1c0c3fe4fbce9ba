"""JSON → a tree of HTML that folds without a script."""

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from .words import OutputWords

_OPEN_LEVELS = 1
_DEEPEST = 30
# Of a longer list the notebook has the rest; a page of a million elements opens on no telephone.
_MOST = 200
_LONGEST = 2_000


def as_tree(value: Any, words: OutputWords) -> str:
    """`value`, as `json.loads` gives it, as HTML; what is deep down is text."""
    return f'<div class="tree">{_node(value, "", words, 0)}</div>'


def _node(value: Any, label: str, words: OutputWords, level: int) -> str:
    if not isinstance(value, dict | list) or not value or level >= _DEEPEST:
        return f"{label}{_leaf(value)}"
    count = words.item_count(len(value))
    is_open = " open" if level < _OPEN_LEVELS else ""
    children = "".join(f"<li>{child}</li>" for child in _children(value, words, level + 1))
    return (
        f"<details{is_open}><summary>{label}<span>{html.escape(count)}</span></summary>"
        f"<ul>{children}</ul></details>"
    )


def _children(
    value: Mapping[str, Any] | Sequence[Any], words: OutputWords, level: int
) -> Sequence[str]:
    items = list(value.items() if isinstance(value, Mapping) else enumerate(value))
    nodes = [
        _node(child, f"<b>{html.escape(str(key), quote=False)}</b>: ", words, level)
        for key, child in items[:_MOST]
    ]
    if len(items) > _MOST:
        nodes.append(f"… {html.escape(words.item_count(len(items) - _MOST))}")
    return nodes


def _leaf(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…"
    return f"<code>{html.escape(text, quote=False)}</code>"
