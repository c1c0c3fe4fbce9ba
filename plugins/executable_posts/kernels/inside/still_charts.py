"""Charts that are drawn in the browser, as pictures where their library can make one.

A chart of Altair needs scripts of three projects, none of which its package holds; but with
vl-convert-python installed it makes an SVG of itself.
"""

from importlib.util import find_spec
from types import ModuleType

from .after_import import after_import


def install() -> None:
    """Let Altair show pictures from now on, unless the post chooses a renderer itself."""
    after_import("altair", _adapt)


def _adapt(altair: ModuleType) -> None:
    if find_spec("vl_convert") is not None:
        altair.renderers.enable("svg")
