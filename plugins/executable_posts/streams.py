"""Making what a kernel sends independent of chance: chunks of streams, addresses, process ids."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .store import Output
from .styled import Styled

# What `tempfile` makes in a kernel's own temporary folder, the name of which is chance.
_TEMPORARY = re.compile(r"(?<=~/tmp/tmp)[a-z0-9_]{8}")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{4,}")
# IPython compiles each cell as a file whose name holds its pid: /tmp/ipykernel_4242/1234567890.py
# It begins where a word does: sought at every character, it would take minutes in a long line.
_CELL_FILE = re.compile(r"""(?<![^\s"'(<])[^\s"'(<]*ipykernel_\d+[/\\]\d+\.py""")

# How long it took, as Keras says it behind a bar or a count of steps: `0s 33ms/step`, `1:02`.
_KERAS_TIME = re.compile(
    r"^(?P<bar>\s*\d+/(?:\d+|Unknown)(?: (?:[━╸╺]+|\[[=>.]+\]))?)"
    r"(?: -)? (?:(?:\d+:)+\d\d|\d+s)"
    r"(?:(?: -)? \d+(?:\.\d+)?(?:us|µs|ms|s)/(?:step|epoch|sample))?(?=$| - )",
    re.MULTILINE,
)
# And as tqdm does: `30/30 [00:00<00:00, 95.2it/s]`, `30it [00:00, 95.2it/s]`.
_TQDM_TIME = re.compile(
    r"(?P<count>\d+(?:/(?:\d+|\?)|it)) \[\d+:\d\d(?::\d\d)?[<,][^]\n]*(?:/s|s/it)[^]\n]*\]"
)


_TIMES = ((_KERAS_TIME, r"\g<bar>"), (_TQDM_TIME, r"\g<count>"))
_CHANCE = ((_ADDRESS, ""), (_CELL_FILE, "<cell>"), (_TEMPORARY, ""))


def without_timings(text: str) -> str:
    """`text` without what progress bars say of time, which differs from run to run.

    >>> without_timings("10/10 ━━━━ 0s 33ms/step - loss: 0.5")
    '10/10 ━━━━ - loss: 0.5'
    """
    return styled_without_timings(Styled(text)).text


def styled_without_timings(styled: Styled) -> Styled:
    """The same for text with colours in it."""
    for pattern, kept in _TIMES:
        styled = styled.sub(pattern, kept)
    return styled


def merge_streams(outputs: Iterable[Output]) -> list[Output]:
    """`outputs` with the chunks of a stream joined as far as nothing else stands between them.

    How a kernel cuts a stream into chunks, and whether stdout or stderr is flushed first, is
    chance; where figures and results stand is not. So between two of those, all of stdout is
    one output and all of stderr another, in this order.
    """
    merged: list[Output] = []
    streams: dict[str, str] = {}

    def flush() -> None:
        merged.extend(
            {"output_type": "stream", "name": name, "text": streams[name]}
            for name in sorted(streams, reverse=True)
        )
        streams.clear()

    for output in outputs:
        if output["output_type"] == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + output["text"]
        else:
            flush()
            merged.append(output)
    flush()
    return merged


def without_folders(value: Any, names: Mapping[str, str]) -> Any:
    """`value`, of the types that JSON has, with the folders `names` replaced in all of its texts.

    >>> without_folders(["/home/eu/x.csv", "/home/eu2"], {"/home/eu": "~"})
    ['~/x.csv', '/home/eu2']
    """
    # The longest first: one may begin with another.
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    # Not in the middle of a longer path: `/` or a word must not go on after the match.
    pattern = re.compile(rf"(?<![\w./-])(?:{known})(?![\w-])")

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(lambda found: names[found[0]], value)
        if isinstance(value, list):
            return [clean(item) for item in value]
        if isinstance(value, Mapping):
            return {key: clean(item) for key, item in value.items()}
        return value

    return clean(value)


def without_addresses(text: str) -> str:
    """`text` without memory addresses and process ids, which differ from run to run."""
    return styled_without_addresses(Styled(text)).text


def styled_without_addresses(styled: Styled) -> Styled:
    """The same for text with colours in it."""
    for pattern, kept in _CHANCE:
        styled = styled.sub(pattern, kept)
    return styled
