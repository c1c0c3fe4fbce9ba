"""Latin Modern Math (GUST e-foundry, in Debian's fonts-lmodern) → what a blog's formulas need.

    python theme/fonts/cut_math.py latinmodern-math.otf theme/static/fonts/caderno-math.woff2

It takes fonttools and brotli. The font's license asks that what is derived has another name.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

NAME = "Caderno Math"
_LARGEST = 32 * 1024
# How many sizes of a sign that grows there are, before it is put together of pieces.
_SIZES = 3


def _plane(first: int, last: int) -> set[int]:
    return set(range(first, last + 1))


TEXT = set(map(ord, " !%&'()*+,-./:;<=>?[]^_`{|}~\N{NO-BREAK SPACE}")) | {
    *_plane(0x30, 0x39),
    *_plane(0x41, 0x5A),
    *_plane(0x61, 0x7A),
}
SIGNS = set(
    map(
        ord,
        "±×÷¬·°′″…ℓ∂∇∈∉∅∀∃∑∏∫√∝∞∧∨∩∪∼≈≃≅≠≡≤≥≪≫⊂⊆⊕⊗⊥⋅⋯⋮⋱∗∘−∓←→⇒⇔⟨⟩⌈⌉⌊⌋∣∥∖",
    )
)
ACCENTS = {0x302, 0x303, 0x304, 0x305, 0x307, 0x308, 0x20D7, 0x2C6, 0x2D9, 0x2DC, 0xAF}
_CAPITALS = set(map(ord, "ΓΔΘΛΞΠΣΥΦΨΩ"))
# A browser draws <mi>x</mi> with the italic letters of Unicode's block for mathematics.
ITALIC = (_plane(0x1D434, 0x1D467) - {0x1D455}) | {0x210E}
ITALIC_GREEK = _plane(0x1D6FC, 0x1D717) | {0x1D719} | {0x1D6E2 + c - 0x391 for c in _CAPITALS}
BOLD = _plane(0x1D400, 0x1D419) | {0x1D41A, 0x1D41B, *_plane(0x1D42F, 0x1D433)}
BOLD -= {0x1D405, 0x1D406, 0x1D409, 0x1D40B, 0x1D40E}
DOUBLE = {0x2102, 0x2115, 0x2119, 0x211A, 0x211D, 0x2124, 0x1D53C, 0x1D540, 0x1D7D9}
SCRIPT = {0x1D49F, 0x2112, 0x1D4A9, 0x1D4AA}
WANTED = TEXT | SIGNS | ACCENTS | _CAPITALS | ITALIC | ITALIC_GREEK | BOLD | DOUBLE | SCRIPT
GROW = {*map(ord, "()[]{}|∣‖⟨⟩√∫∑∏→"), 0x302, 0x303, 0x305, 0x20D7}


def cut(font: TTFont) -> None:
    """Take out of `font` all but `WANTED`, and the larger forms of all but `GROW`."""
    names = font.getBestCmap()
    missing = WANTED - names.keys()
    if missing:
        raise ValueError(f"the font lacks {sorted(map(hex, missing))}")
    grow = {names[code] for code in GROW if code in names}
    variants = font["MATH"].table.MathVariants
    for side in ("Vert", "Horiz"):
        coverage = getattr(variants, f"{side}GlyphCoverage")
        forms = getattr(variants, f"{side}GlyphConstruction")
        kept = [pair for pair in zip(coverage.glyphs, forms, strict=True) if pair[0] in grow]
        for _, form in kept:
            form.MathGlyphVariantRecord = form.MathGlyphVariantRecord[:_SIZES]
            form.VariantCount = len(form.MathGlyphVariantRecord)
        coverage.glyphs = [glyph for glyph, _ in kept]
        setattr(variants, f"{side}GlyphConstruction", [form for _, form in kept])
        setattr(variants, f"{side}GlyphCount", len(kept))
    font["MATH"].table.MathGlyphInfo.MathKernInfo = None
    options = subset.Options(layout_features=[], hinting=False, desubroutinize=True)
    options.drop_tables += ["DSIG", "FFTM", "GSUB", "GPOS", "GDEF"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=WANTED)
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in {1, 4, 6}:
            record.string = NAME.replace(" ", "") if record.nameID == 6 else NAME


def main(source: str, target: str) -> None:
    """Write what is cut out of the font `source` to `target`, as WOFF2 of at most 32 KiB."""
    font = TTFont(source)
    cut(font)
    font.flavor = "woff2"
    font.save(target)
    size = Path(target).stat().st_size
    if size > _LARGEST:
        raise ValueError(f"{target}: {size} bytes are more than {_LARGEST}")


if __name__ == "__main__":
    main(*sys.argv[1:])
