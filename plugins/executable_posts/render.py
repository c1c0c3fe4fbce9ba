"""Post and outputs → Markdown for the reader, and HTML where Markdown has no word for it.

HTML is not put into the Markdown itself, where each converter would treat it in its own way: a
token stands in its place, as a paragraph of its own, and `fill` puts the HTML there afterwards.
"""

import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .alt_texts import PORTUGUESE, Facts, FigureWords, alt_text, has_words
from .figures import Figure
from .inline_values import with_values
from .outputs import Display
from .picture import picture
from .post import Cell, Fence, Options, Piece, Post, Prose, Recorded, Shown
from .post.fences import PYTHON, language
from .post.source import lines
from .typeset import Spot, folded, typeset
from .words import OUTPUT_WORDS, OutputWords

# Python-Markdown ends the last paragraph of a quotation with a line break.
_TOKEN = re.compile(r"(?P<p><p>)?(?P<token>x[0-9a-f]{12}cell\w+x)(?(p)\s*</p>)")


@dataclass(frozen=True)
class CellView:
    """What a reader sees under a cell.

    `figures` holds the file of each display that is a figure, in order; `stale` says that these
    are the outputs of an earlier run, since the last one failed. `files` are those that other
    outputs show, and lie in `folder`, below the site's root.
    """

    displays: tuple[Display, ...]
    figures: tuple[Figure, ...] = ()
    stale: bool = False
    files: tuple[Figure, ...] = ()
    folder: str = ""
    values: tuple[object, ...] = ()
    """The inline values in the prose below."""


@dataclass(frozen=True)
class Words:
    """What the page says by itself, in the language of the site."""

    cell: str = "Cell {number}"
    figure: str = "Figure {number} of “{title}”"
    code: str = "Code"
    charts: FigureWords = field(default_factory=FigureWords)
    stale: str = "Output of the last run that succeeded."
    outputs: OutputWords = OUTPUT_WORDS["en"]


WORDS: Mapping[str, Words] = {
    "en": Words(),
    "pt": Words(
        cell="Célula {number}",
        figure="Figura {number} de “{title}”",
        code="Código",
        charts=PORTUGUESE,
        stale="Saída da última execução que deu certo.",
        outputs=OUTPUT_WORDS["pt"],
    ),
}


def words_for(language: str, otherwise: Words) -> Words:
    """The words for a language such as ``pt-BR``; `otherwise` where there are none for it."""
    return WORDS.get(re.split(r"[-_]", language.lower())[0], otherwise)


@dataclass(frozen=True)
class Rendered:
    """Markdown with tokens in it, and the HTML that each token stands for."""

    markdown: str
    blocks: Mapping[str, str] = field(default_factory=dict)


def render(post: Post, views: Mapping[int, CellView], title: str, words: Words) -> Rendered:
    """The reader's version of `post`; `views` by cell number.

    A cell without a view keeps what is recorded under it in the source, as the author left it.
    """
    page = _Page(post, title, words)
    replaced = False
    view: CellView | None = None
    given: tuple[object, ...] = ()
    for piece in post.pieces:
        match piece:
            case Cell():
                view = views.get(piece.number)
                given = view.values if view else ()
                replaced = view is not None
                page.cell(piece, view)
            case Recorded() if replaced:
                pass
            case Shown():
                page.shown(piece)
            case Prose() if view is not None:
                given = page.prose(piece, given)
            case _:
                page.text(piece)
    return Rendered("".join(page.parts), page.blocks)


def fill(content: str, blocks: Mapping[str, str]) -> str:
    """`content`, HTML that was converted from a `Rendered`'s Markdown, with its blocks in it."""
    return _TOKEN.sub(lambda found: blocks.get(found["token"], found[0]), content)


class _Page:
    """The page as it grows."""

    def __init__(self, post: Post, title: str, words: Words) -> None:
        self.parts: list[str] = []
        self.blocks: dict[str, str] = {}
        self._title = title
        self._words = words
        self._language = post.metadata.get("lang") or words.outputs.language
        self._figures = 0
        # No reader's text holds this, and no Markdown converter sees a sign in it.
        self._stem = f"x{hashlib.sha256(post.text.encode()).hexdigest()[:12]}cell"

    def text(self, piece: Piece) -> None:
        self.parts.append(piece.text.removeprefix("\ufeff"))

    def prose(self, piece: Prose, given: tuple[object, ...]) -> tuple[object, ...]:
        """Add `piece` with the inline values that are its, of those `given`; what is left."""
        text, taken = with_values(piece.text.removeprefix("\ufeff"), given, self._language)
        self.parts.append(text)
        return given[taken:]

    def shown(self, piece: Shown) -> None:
        options, fence = piece.options, piece.fence
        if not options.shows_code:
            return
        # A fence that is as a reader should see it stays as the author wrote it.
        info = fence.info
        chunk = re.match(r"\{\s*\w", info) is not None and language(info) in PYTHON  # {python}
        as_written = piece.code == fence.code and not chunk and _ends_as_it_begins(fence)
        numbered = _numbered(language(info), options)
        as_written = as_written and not options.code_line_numbers
        code = piece.text if as_written else _fence(fence, piece.code, numbered)
        self._code(fence, f"line{piece.line}", code.removeprefix("\ufeff"), options)

    def cell(self, cell: Cell, view: CellView | None) -> None:
        outputs = self._outputs(cell, view) if view else []
        options, fence = cell.options, cell.fence
        if not outputs and not options.shows_code:
            return
        in_marker = _in_marker(fence)
        if not in_marker:  # behind a list marker nothing can stand before the fence
            self._block(fence, f"{cell.number}open", self._opening(cell))
        if options.shows_code:
            code = _fence(fence, cell.code, _numbered("python", options))
            self._code(fence, f"{cell.number}", code, options)
        if outputs and view:
            stale = (
                f'<p class="stale-note">{html.escape(self._words.stale)}</p>' if view.stale else ""
            )
            label = html.escape(self._words.outputs.outputs.format(number=cell.number))
            opening = (
                f'<div class="cell-outputs{" stale" if stale else ""}" role="group"'
                f' aria-label="{label}">{stale}'
            )
            self._block(fence, f"{cell.number}outputs", opening)
            for index, (kind, output) in enumerate(outputs):
                key = f"{cell.number}output{index}"
                if kind == "markdown":
                    self._block(fence, key, '<div class="cell-output markdown">')
                    self.parts.append(_indented(output, fence.prefix))
                    self._block(fence, f"{key}end", "</div>")
                else:
                    self._block(fence, key, output)
            self._block(fence, f"{cell.number}outputsend", "</div>")
        if not in_marker:
            self._block(fence, f"{cell.number}close", "</div>")

    def _opening(self, cell: Cell) -> str:
        name = html.escape(self._words.cell.format(number=cell.number))
        classes = " ".join(["cell", *cell.options.classes])
        return f'<div class="{classes}" role="group" aria-label="{name}">'

    def _code(self, fence: Fence, key: str, code: str, options: Options) -> None:
        """`code`, the Markdown of a fence, so that the reader can fold it if `options` say so."""
        if not options.code_fold or _in_marker(fence):
            self.parts.append(code)
            return
        summary = html.escape(options.code_summary or self._words.code)
        is_open = " open" if options.code_fold == "show" else ""
        opening = f'<details class="cell-code"{is_open}><summary>{summary}</summary>'
        self._block(fence, f"{key}code", opening)
        self.parts.append(code)
        self._block(fence, f"{key}codeend", "</details>")

    def _block(self, fence: Fence, key: str, content: str) -> None:
        """A token for `content`, where `fence` stands; `key` is its own on the page."""
        token = f"{self._stem}{key}x"
        self.blocks[token] = content
        prefix = _continuation(fence.prefix)
        blank = prefix.rstrip()
        self.parts.append(f"{blank}\n{prefix}{token}\n{blank}\n")

    def _outputs(self, cell: Cell, view: CellView) -> list[tuple[str, str]]:
        if not cell.options.shows_output:
            return []
        figures = enumerate(view.figures)
        return [
            (shown.kind, self._output(cell, view, number, figures))
            for number, shown in enumerate(view.displays, start=1)
        ]

    def _output(
        self, cell: Cell, view: CellView, number: int, figures: Iterator[tuple[int, Figure]]
    ) -> str:
        shown = view.displays[number - 1]
        match shown.kind:
            case "figure":
                return self._figure(cell, shown, *next(figures))
            case "markdown":
                return shown.content
        folder = f"{{static}}/{view.folder}/"
        return typeset(shown, Spot(cell.number, number, folder), self._words.outputs)

    def _figure(self, cell: Cell, shown: Display, position: int, figure: Figure) -> str:
        self._figures += 1
        caption = cell.options.fig_cap_of(position)
        alt = cell.options.fig_alt_of(position)
        if alt is None:
            alt = self._alt(shown.facts, caption)
        image = picture(figure, alt, lazy=self._figures > 1)
        below = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
        ground = _ground(shown, figure)
        drawn = f'<figure class="cell-output figure{ground}">{image}{below}</figure>'
        return folded(shown.motion, drawn, self._words.outputs) if shown.motion else drawn

    def _alt(self, facts: Facts, caption: str | None) -> str:
        """What a figure shows, as far as it is known; a caption is read out by itself."""
        said = alt_text(facts, self._words.charts)
        if has_words(facts):
            return said
        place = caption or self._words.figure.format(number=self._figures, title=self._title)
        return f"{said}: {place}" if said else place


def _ground(shown: Display, figure: Figure) -> str:
    """The class of a figure that needs no light ground on a dark page, or a dark one on any."""
    if any(variant.dark for variant in figure.variants):
        return " has-dark"
    on_dark = shown.source.get("metadata", {}).get("needs_background") == "dark"
    return " on-dark" if on_dark else ""


def _in_marker(fence: Fence) -> bool:
    """Whether a fence stands right behind the marker of a list."""
    return _continuation(fence.prefix) != fence.prefix


def _ends_as_it_begins(fence: Fence) -> bool:
    """Whether every Markdown converter sees where a fence ends.

    To CommonMark a longer or an indented closing fence is one too; to others the fence goes on,
    and swallows what follows.
    """
    last = lines(fence.text)[-1].rstrip()
    return not fence.closed or last == f"{_continuation(fence.prefix)}{fence.markup}"


def _numbered(name: str, options: Options) -> str:
    """The info string of a fence in the language `name`, as Python-Markdown reads it."""
    lines_wanted = options.code_line_numbers
    marked = f' hl_lines="{lines_wanted}"' if isinstance(lines_wanted, str) else ""
    return f'{name} linenums="1"{marked}' if lines_wanted else name


def _fence(fence: Fence, code: str, info: str) -> str:
    """`code` as a fence with `info`, for every Markdown converter, where `fence` is."""
    ticks = max([3, *(len(run) + 1 for run in re.findall(r"`{3,}", code))])
    body = code if code.endswith("\n") or not code else code + "\n"
    # Python-Markdown takes a fence that is indented for none, CommonMark by three blanks or less.
    prefix = "" if fence.top_level else fence.prefix
    after = _continuation(prefix)
    rows = [f"{'`' * ticks}{info}\n", *lines(body), f"{'`' * ticks}\n"]
    return "".join((prefix if index == 0 else after) + row for index, row in enumerate(rows))


def _continuation(prefix: str) -> str:
    """What stands before the lines that follow one with `prefix`: a list marker becomes blanks."""
    return re.sub(r"[^>\s]", " ", prefix)


def _indented(text: str, prefix: str) -> str:
    after = _continuation(prefix)
    return "".join(f"{after}{row}" for row in lines(f"{text}\n"))
