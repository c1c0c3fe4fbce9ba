"""How Matplotlib draws the figures of one cell, as the options of the cell say.

The builder executes, silently before the cell, what `call` gives. The options hold where the code
says nothing else (``figsize=…``, ``plt.rcParams[…] = …``), and only for that one cell.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from .after_import import after_import


def call(drawing: Mapping[str, float | str | bool]) -> str:
    """The Python code that makes the options `drawing` hold for the next cell; "" for none.

    It leaves no name behind where a post could see it.
    """
    if not drawing:
        return ""
    return f"__import__('sys').modules[{__name__!r}].use({dict(drawing)!r})"


def use(drawing: Mapping[str, Any]) -> None:
    """Let the options `drawing` hold until the next cell has ended."""
    from IPython.core.getipython import get_ipython

    current = _Drawing(drawing)
    after_import("matplotlib", current.set_up)
    after_import("matplotlib_inline.backend_inline", current.set_format)
    _now.append(current)
    shell: Any = get_ipython()
    shell.events.register("post_run_cell", _end)


def dark_wanted() -> bool:
    """Whether figures are to be drawn for dark pages, too."""
    return any(current.dark for current in _now)


_now: list["_Drawing"] = []


def _end(_: object) -> None:
    from IPython.core.getipython import get_ipython

    while _now:
        _now.pop().end()
    shell: Any = get_ipython()
    shell.events.unregister("post_run_cell", _end)


class _Drawing:
    """Settings of Matplotlib and of its inline backend, with what was there before."""

    def __init__(self, drawing: Mapping[str, Any]) -> None:
        self._drawing = drawing
        self._ended = False
        self._settings: Any = {}
        self._before: dict[str, Any] = {}
        self._ours: dict[str, Any] = {}
        self._backend: Any = None
        self._formats: set[str] = set()
        self.dark = bool(drawing.get("fig-dark"))

    def set_up(self, matplotlib: ModuleType) -> None:
        if self._ended:
            return
        self._settings = matplotlib.rcParams
        width, height = self._settings["figure.figsize"]
        wanted = {
            "figure.figsize": [
                self._drawing.get("fig-width", width),
                self._drawing.get("fig-height", height),
            ],
            "figure.dpi": self._drawing.get("fig-dpi", self._settings["figure.dpi"]),
        }
        self._before = {name: self._settings[name] for name in wanted}
        self._settings.update(wanted)
        self._ours = {name: self._settings[name] for name in wanted}

    def set_format(self, backend: ModuleType) -> None:
        wanted = self._drawing.get("fig-format")
        if self._ended or wanted is None:
            return
        self._backend = backend.InlineBackend.instance()
        self._formats = self._backend.figure_formats
        # A PNG beside the SVG keeps the name by which readers know the figure.
        self._backend.figure_formats = {"svg", "png"} if wanted == "svg" else {wanted}

    def end(self) -> None:
        """Put back what was there before, but for what the code of the cell changed itself."""
        self._ended = True
        for name, value in self._before.items():
            if self._settings[name] == self._ours[name]:
                self._settings[name] = value
        if self._backend is not None:
            self._backend.figure_formats = self._formats
