"""What programs say that no reader wants to see: logs, warnings, downloads, reprs of plumbing.

Lines are known by their form, wherever they land: much that belongs to stderr is printed to stdout.
A repr is known by the library that draws it; an object of the post's own is never noise, since its
author may be showing just that.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .styled import Styled

# glog, as absl, TensorFlow, XLA and CUDA write it (`W0000 00:00:1795581045.13 27701 port.cc:153]`,
# before 2.13 `2019-07-29 11:43:00.1: I tensorflow/core/x.cc:142]`), and Python's logging of those.
_LOG = re.compile(
    r"""
      [IWEF]\d{4}\ \d\d:\d\d:\d\d?[\d.:]*\s+\d+\ \S+:\d+\]
    | \d{4}-\d\d-\d\d\ \d\d:\d\d:\d\d\.\d+:\ [IWEF]\ \S+:\d+\]
    | WARNING:\ All\ log\ messages\ before\ absl::InitializeLog
    | (?:DEBUG|INFO|WARNING|ERROR):(?:absl|tensorflow|jax\S*|matplotlib\S*):
    | To\ enable\ the\ following\ instructions:\ .*rebuild\ TensorFlow
    | TF-TRT\ Warning:
    """,
    re.VERBOSE,
)
# `file.py:3: UserWarning: …`, and below it the line of code, indented.
_WARNING = re.compile(r"(?:<[^<>\s]+>|\S+[^\s\w]\w+):\d+: (?:\w+\.)*\w*Warning: ")
_CODE_OF_WARNING = re.compile(r" {2,}\S")

# Of Keras two lines, the second a bar that counts bytes; tqdm, pip, wget and curl count bytes too.
_DOWNLOAD = re.compile(
    r"""
      \s*Downloading\ (?:data\ from\ |\S+\ to\ |https?://|\S+\.(?:whl|tar\.gz|zip)\b)
    | .*\|\s*\d+(?:\.\d+)?[kKMGT]?(?:iB|B)?/\d+(?:\.\d+)?[kKMGT]i?B?\ \[.*[kKMGT]?i?B/s[^]]*\]
    | .*\|\s*\d+(?:\.\d+)?[kKMGT]?/\d+(?:\.\d+)?[kKMGT]?\ \[.*\d[kKMGT]?i?B/s[^]]*\]
    | \s*[━╸╺─]+\s+[\d.]+/[\d.]+\ [kMG]?B\b.*
    | \S*\s*\d+%\s?\[[=>\ +-]*\]\s.*[\d.]+[KMG]?B/s.*
    """,
    re.VERBOSE,
)
_KERAS_DOWNLOAD = re.compile(r"Downloading data from ")
_BAR = re.compile(r"\s*\d+/(?:\d+|Unknown) ")

Sort = Literal["log", "download"]


@dataclass(frozen=True)
class Quiet:
    """A text without its noise, and how many lines of each sort were left out."""

    text: Styled
    logs: int = 0
    downloads: int = 0


def without_downloads(styled: Styled) -> Quiet:
    """`styled` without what tells how a download goes on."""
    return _without(styled, {"download"})


def without_noise(styled: Styled) -> Quiet:
    """`styled` without what tells how a download goes on, and without logs and warnings."""
    return _without(styled, {"download", "log"})


def _without(styled: Styled, unwanted: set[Sort]) -> Quiet:
    found = [(start, end, sort) for start, end, sort in _noise(styled.text) if sort in unwanted]
    if not found:
        return Quiet(styled)
    text = styled.without((start, end) for start, end, _ in found)
    logs = sum(sort == "log" for _, _, sort in found)
    return Quiet(text, logs, len(found) - logs)


def _noise(text: str) -> Iterator[tuple[int, int, Sort]]:
    """The place of each line that is noise, its end included, and of what sort it is."""
    position = 0
    # What the line before was: a warning is followed by code, a download of Keras by its bar.
    warned = fetched = False
    for line in text.splitlines(keepends=True):
        start, position = position, position + len(line)
        if len(line) > _LONGEST_LINE:
            warned = fetched = False
            continue
        follows_warning = warned and _CODE_OF_WARNING.match(line) is not None
        follows_fetch = fetched and _BAR.match(line) is not None
        warned = _WARNING.match(line) is not None
        fetched = _KERAS_DOWNLOAD.match(line) is not None
        if _DOWNLOAD.match(line) or follows_fetch:
            yield start, position, "download"
        elif warned or follows_warning or _LOG.match(line):
            yield start, position, "log"


_LIBRARIES = r"matplotlib|mpl_toolkits|seaborn|pandas\.plotting|keras|tensorflow\S*keras"
_ONE = rf"""
    <(?:{_LIBRARIES})\.[\w.]+(?:\ object)?(?:\ at\ 0x[0-9a-fA-F]+)?>  # with or without its address
  | <(?:\w*Axes\w*|\w*AxesSubplot)(?::[^<>]*|\([^<>]*\))?>
  | <Figure\ size\ [^<>]*>
  | <\w*Container\ object\ of\ [^<>]*> | <a\ list\ of\ \d+\ [^<>]*> | <\w*Subplot:[^<>]*>
  | Text\([^\n]*?,\ (?:'[^'\n]*'|"[^"\n]*")\)
  | (?:Line2D|Rectangle|Polygon|Wedge|PathCollection|PolyCollection|FancyArrow)\([^()\n]*\)
"""
_ARTIST = re.compile(_ONE, re.VERBOSE)
_BETWEEN = r"(?: [\s,\[\]()] | array\( | dtype=object )*"
_WHOLE = re.compile(rf"{_BETWEEN} (?:{_ONE}) (?: {_BETWEEN} (?:{_ONE}) )* {_BETWEEN}", re.VERBOSE)
# What `hist`, `boxplot` and `pie` return beside what they drew: numbers, in front of it.
_WITH_NUMBERS = re.compile(
    r"\((?:\[?array\(.*|\[.*\],?)\s*<(?:BarContainer|a list of) [^<>]*>\)", re.DOTALL
)
_LONGEST_REPR = 20_000
# Nothing that is longer was written for a terminal.
_LONGEST_LINE = 2_000


def is_plumbing(text: str) -> bool:
    """Whether the text of a cell's last value is nothing but reprs of what draws or trains.

    So are ``<Axes: title={'center': 'Loss'}>``, ``[<matplotlib.lines.Line2D at 0x7f…>]``,
    ``Text(0.5, 1.0, 'Loss')``, what ``hist`` and ``subplots`` return, and
    ``<keras.src.callbacks.History at 0x7f…>``.
    """
    text = text.strip()
    if len(text) > _LONGEST_REPR or not _ARTIST.search(text):
        return False
    return bool(_WHOLE.fullmatch(text) or _WITH_NUMBERS.fullmatch(text))


# tqdm.notebook tells its bar at 0 % as text; what became of it is in no output of a notebook that
# others executed.
_UNMOVED_BAR = re.compile(r"(?:[^|\n]*: )? *0%\|\s*\| 0/[^\n]*\[[^\n]*\]|0it \[[^\n]*\]")


def is_bar_before_its_start(text: str) -> bool:
    """Whether `text` is a progress bar that has not moved."""
    return _UNMOVED_BAR.fullmatch(text.strip()) is not None
