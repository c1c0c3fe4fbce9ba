"""LaTeX that a kernel sent → MathML, made when the page is, so that no reader's browser need be."""

import re

# What stands around a formula, and says only that it is one.
_DELIMITERS = (
    (re.compile(r"\$\$(.*)\$\$", re.DOTALL), "block"),
    (re.compile(r"\\\[(.*)\\\]", re.DOTALL), "block"),
    (re.compile(r"\\\((.*)\\\)", re.DOTALL), "inline"),
    (re.compile(r"\$\s*\\displaystyle\b(.*)\$", re.DOTALL), "block"),
    (re.compile(r"\$([^$]*)\$"), "inline"),
    (re.compile(r"(\\begin\{(\w+\*?)\}.*\\end\{\2\})", re.DOTALL), "block"),
)
_NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|gather|eqnarray)\}")
# A command that latex2mathml does not know stays in the MathML as it is written.
_UNKNOWN = re.compile(r"<m[iotn][^>]*>\\")


def as_mathml(latex: str) -> str | None:
    r"""`latex`, a single formula, as MathML; `None` if it is more than that or cannot be read.

    >>> as_mathml("$x$")
    '<math display="inline"><mrow><mi>x</mi></mrow></math>'
    """
    for delimiters, display in _DELIMITERS:
        if found := delimiters.fullmatch(latex.strip()):
            return _converted(found[1].strip(), display)
    return None


def _converted(formula: str, display: str) -> str | None:
    from latex2mathml.converter import convert  # 50 ms, which few pages need

    # A number beside it would count the formulas of this output alone.
    formula = _NUMBERED.sub(r"\\\1{\2*}", formula)
    try:
        mathml = convert(formula, display=display)
    except Exception:  # it raises a dozen kinds of its own, and IndexError where it is lost
        return None
    if _UNKNOWN.search(mathml):
        return None
    return mathml.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
