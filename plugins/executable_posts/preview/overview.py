"""The page at ``/_preview/``: all posts, and how each stands."""

import html
from collections.abc import Iterator

from ..errors import Problem
from .cells import CellState
from .live import LivePost
from .messages import marks
from .posts import Known
from .state import State

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Preview</title>
</head>
<body class="preview-overview">
<main>
<h1>{count} posts</h1>
<p>{sums}</p>
<table>
<thead><tr><th scope="col">Post</th><th scope="col">State</th><th scope="col">Why</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</main>
</body>
</html>
"""


def overview(state: State) -> bytes:
    """The page, as it is now."""
    blog = state.blog
    known = sorted(blog.posts.known.values(), key=_order) if blog else []
    states = [_state(one, state.live.get(one.source.name)) for one in known]
    unread = blog.posts.unread if blog else []
    rows = [_unread(problem) for problem in unread]
    rows += [_row(state, one, how) for one, how in zip(known, states, strict=True)]
    states += ["wrong"] * len(unread)
    sums = ", ".join(f"{states.count(one)} {one}" for one in dict.fromkeys(states))
    return _PAGE.format(count=len(states), sums=html.escape(sums), rows="\n".join(rows)).encode()


def _unread(problem: Problem) -> str:
    place, message = html.escape(problem.place), html.escape(problem.message)
    return (
        f'<tr data-state="wrong"><td><code>{place}</code></td><td>wrong</td><td>{message}</td></tr>'
    )


def _order(known: Known) -> tuple[bool, str]:
    """What somebody has to look at comes first."""
    return known.status.state in {"up to date", "no cells"}, known.source.name


def _state(known: Known, live: LivePost | None) -> str:
    if live is None:
        return known.status.state
    states = {cell.state for cell in live.cells.values()}
    order = (CellState.FAILED, CellState.RUNNING, CellState.QUEUED, CellState.PROVISIONAL)
    return str(next((one for one in order if one in states), known.status.state))


def _row(state: State, known: Known, how: str) -> str:
    return (
        f'<tr data-state="{html.escape(how)}"><td>{_link(state, known)}</td>'
        f"<td>{html.escape(how)}</td>"
        f"<td>{'<br>'.join(map(html.escape, _why(state, known)))}</td></tr>"
    )


def _link(state: State, known: Known) -> str:
    name = html.escape(known.source.name)
    title = html.escape(known.source.title or known.source.name)
    page = state.blog.pages.name_of(known.source.file) if state.blog else None
    link = title if page is None else f'<a href="/{html.escape(page)}">{title}</a>'
    return f"{link}<br><code>{name}</code>"


def _why(state: State, known: Known) -> Iterator[str]:
    page = state.blog.pages.name_of(known.source.file) if state.blog else None
    if state.blog and page is not None:
        yield from marks(state.blog.pages.content_of(page))
    live = state.live.get(known.source.name)
    if live is not None and live.failed is not None:
        yield str(live.failed.place) + ": " + live.failed.message
    elif live is None or any(cell.state is not CellState.DONE for cell in live.cells.values()):
        yield from known.status.reasons
    yield from known.status.notes
