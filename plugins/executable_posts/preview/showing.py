"""What each address shows now, and what is wrong with it. For the thread of the site."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import Problem
from .blog import Blog, problem_of
from .cells import CellState
from .fragments import FOLDER, fragment
from .live import LivePost
from .posts import Loaded
from .state import State

_KEPT_PAGES = 50


@dataclass(frozen=True)
class Answer:
    """What is sent for an address: bytes, or a file; `name` tells its type.

    `page` is the name of a page that is patched when it changes. There is no body where a page
    could never be rendered, and where there is none.
    """

    status: int = 200
    body: bytes = b""
    file: Path | None = None
    name: str = ""
    page: str | None = None
    location: str | None = None


class Showing:
    """Renders pages of the blog of `state`; a page that fails goes on to show what it last did."""

    def __init__(self, state: State, say: Callable[[Problem], None]) -> None:
        self.assets: dict[str, int] = {}
        """How often a file changed since it was first sent, by its address."""
        self._state, self._say = state, say
        self._unrendered: dict[str, Problem] = {}
        self._good: dict[str, bytes] = {}
        self._sent: dict[str, str] = {}
        self._before: dict[str, bytes] = {}

    def answer(self, path: str) -> Answer:
        """What is at the address `path`, decoded, without its query."""
        blog, name = self._state.blog, path.lstrip("/")
        if not name or name.endswith("/"):
            name += "index.html"
        if blog is None:
            page = self._good.get(name)
            return Answer(200 if page else 500, page or b"", name=name, page=name)
        if name in blog.pages.writer.names:
            return self._page(blog, name)
        if (found := self._file(blog, name)) is not None:
            return found
        if f"{name}/index.html" in blog.pages.writer.names:
            return Answer(301, location=f"/{name}/")
        if "404.html" in blog.pages.writer.names:
            return replace(self._page(blog, "404.html"), status=404)
        return Answer(404, name="404.html", page="404.html")

    def _file(self, blog: Blog, name: str) -> Answer | None:
        if (file := blog.pages.file(name)) is not None:
            return Answer(file=file, name=name)
        data = self._before.get(name) if name.startswith(FOLDER) else blog.posts.figure(name)
        if data is None:
            return None
        self._sent[f"/{name}"] = _digest(data)
        return Answer(body=data, name=name)

    def _page(self, blog: Blog, name: str) -> Answer:
        try:
            body = blog.pages.writer.render(name)
        except Exception as error:
            problem = problem_of(error, self._state.root, "templates")
            self._unrendered[name] = problem
            self._say(problem)
            good = self._good.get(name, b"")
            return Answer(200 if good else 500, good, name=name, page=name)
        self._unrendered.pop(name, None)
        if not name.endswith((".html", ".htm")):
            return Answer(body=body, name=name)
        self._good.pop(name, None)
        self._good[name] = body
        if len(self._good) > _KEPT_PAGES:
            del self._good[next(iter(self._good))]
        return Answer(body=body, name=name, page=name)

    def changed(self, address: str) -> None:
        """The file at `address` is another now."""
        self.assets[address] = self.assets.get(address, 0) + 1

    def figures_changed(self, loaded: Loaded) -> None:
        """Let browsers load those figures again that are others than they were sent."""
        for figure in loaded.page.figures:
            variants = [(one.name, one.data) for one in figure.variants]
            for name, data in [(figure.name, figure.data), *variants]:
                digest = _digest(data)
                if self._sent.get(f"/{name}", digest) != digest:
                    self._sent[f"/{name}"] = digest
                    self.changed(f"/{name}")

    def problems(self, page: str) -> list[Problem]:
        """What is wrong with the page of this name, and with what has no page of its own."""
        return list(dict.fromkeys(self._problems(page)))

    def _problems(self, page: str) -> Iterator[Problem]:
        state = self._state
        yield from state.wrong
        if page in self._unrendered:
            yield self._unrendered[page]
        if (blog := state.blog) is None:
            return
        yield from (*blog.problems, *blog.pages.writer.problems)
        content = blog.pages.content_of(page)
        source = None if content is None else Path(content.source_path)
        for problem in blog.posts.problems():
            file = state.root / problem.path
            if file == source or blog.pages.name_of(file) is None:
                yield problem
        known = state.live.get(state.name_of(source)) if source else None
        if known and known.failed:
            states = {cell.state for cell in known.cells.values()}
            if CellState.FAILED not in states:
                yield known.failed

    def content(self, page: str) -> Any:
        """The article or page whose page this is, if it is one."""
        return None if self._state.blog is None else self._state.blog.pages.content_of(page)

    def live(self, page: str) -> LivePost | None:
        """How the cells of the post of this page stand, if that is not as stored."""
        content = self.content(page)
        if content is None:
            return None
        return self._state.live.get(self._state.name_of(Path(content.source_path)))

    def before(self, page: str, known: LivePost) -> dict[int, str]:
        """What cells showed before their run gave something else, as HTML."""
        blog, content = self._state.blog, self.content(page)
        if blog is None or not known.before:
            return {}
        loaded = blog.posts.load(Path(content.source_path))
        found = {}
        for number, outputs in known.before.items():
            found[number], files = fragment(loaded, number, outputs, blog.settings.words)
            self._before |= files
        return found


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
