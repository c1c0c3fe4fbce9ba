"""A writer for Pelican that keeps what to render, and renders when it is asked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Template, TemplateNotFound
from pelican.paginator import Paginator
from pelican.utils import sanitised_join
from pelican.writers import Writer

from ..errors import Problem


class KeepingWriter(Writer):  # type: ignore[misc]  # Pelican has no types
    """What generators want written, by name; nothing is rendered before `render` is called.

    It writes into `folder`, so that receivers of ``content_written`` and ``feed_written`` find a
    file as in a build.
    """

    def __init__(self, folder: str, settings: dict[str, Any]) -> None:
        super().__init__(folder, settings=settings)
        self.problems: list[Problem] = []
        self.contents: dict[str, Any] = {}
        """The article or page that a name is the page of."""
        self._kept: dict[str, Callable[[], object]] = {}
        self._settled: set[str] = set()

    @property
    def names(self) -> set[str]:
        """The files of the site that can be rendered."""
        return set(self._kept)

    def render(self, name: str) -> bytes:
        """The file `name` as a build would write it now. Raises `KeyError` for an unknown one.

        And whatever the templates raise.
        """
        self._kept[name]()
        file = Path(sanitised_join(self.output_path, name))
        content = file.read_bytes()
        file.unlink()  # what is found in the folder is what plugins have written themselves
        return content

    def write_feed(  # noqa: PLR0913, PLR0917  as Pelican has it
        self,
        elements: Any,
        context: dict[str, Any],
        path: str | None = None,
        url: str | None = None,
        feed_type: str = "atom",
        override_output: bool = False,
        feed_title: str | None = None,
    ) -> Any:
        """Keep a feed; one without a path is for the caller, who gets it."""

        def write() -> Any:
            context["localsiteurl"] = self.settings["SITEURL"]  # no page has been written yet
            return super(KeepingWriter, self).write_feed(
                elements, context, path, url, feed_type, override_output, feed_title
            )

        if not path:
            return write()
        self._keep(path, override_output, write)
        return None

    def write_file(  # noqa: PLR0913, PLR0917  as Pelican has it
        self,
        name: str | bool | None,
        template: Template,
        context: dict[str, Any],
        relative_urls: bool = False,
        paginated: dict[str, Any] | None = None,
        template_name: str | None = None,
        override_output: bool = False,
        url: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Keep a page, or all pages of what is paginated."""
        if not name or not isinstance(name, str):
            return

        def keep(name: str, more: Callable[[], dict[str, Any]]) -> None:
            def write() -> None:
                context["localsiteurl"] = self.settings["SITEURL"]
                super(KeepingWriter, self).write_file(
                    name,
                    _current(template),
                    context,
                    relative_urls,
                    {},  # not to be paginated again
                    template_name,
                    override_output,
                    url,
                    **{**kwargs, **more()},
                )

            self._keep(name, override_output, write, kwargs.get("article") or kwargs.get("page"))

        if paginated is None:
            paginated = {key: kwargs[key] for key in ("articles", "dates") if key in kwargs}
        if not paginated or template_name not in self.settings["PAGINATED_TEMPLATES"]:
            keep(name, dict)
            return
        per_page = self.settings["PAGINATED_TEMPLATES"][template_name]
        per_page = per_page or self.settings["DEFAULT_PAGINATION"]
        paginators = {
            key: Paginator(name, url, value, self.settings, per_page)
            for key, value in paginated.items()
        }
        for number in range(next(iter(paginators.values())).num_pages):
            pages = _pages(paginators, number)
            # As in Pelican, the last of what is paginated gives the page its name.
            keep(pages[f"{[*paginators][-1]}_page"].save_as, lambda pages=pages: pages)  # type: ignore[misc]

    def _open_w(self, filename: str, encoding: str, override: bool = False) -> Any:  # noqa: ARG002
        """Who writes what was settled when it was kept; here it is only written, ever again."""
        return Path(filename).open("w", encoding=encoding)

    def _keep(
        self, name: str, override: bool, write: Callable[[], object], content: Any = None
    ) -> None:
        """As `Writer._open_w` decides between two that want the same name."""
        if name in self._settled and not override:
            return
        if name in self._kept and (not override or name in self._settled):
            one, other = (_source(found) for found in (self.contents.get(name), content))
            message = f"/{name} would be written twice: by {one} and by {other}"
            self.problems.append(Problem(other, message))
            return
        if override:
            self._settled.add(name)
        self._kept[name] = write
        self.contents[name] = content


def _source(content: Any) -> str:
    return "a template" if content is None else f"content/{content.get_relative_source_path()}"


def _pages(paginators: dict[str, Paginator], number: int) -> dict[str, Any]:
    """What templates find of the page `number`, from 0, of each paginator."""
    found: dict[str, Any] = {}
    for key, paginator in paginators.items():
        found[f"{key}_paginator"] = paginator
        found[f"{key}_page"] = paginator.page(number + 1)
        found[f"{key}_previous_page"] = paginator.page(number) if number > 0 else None
        is_last = number + 1 >= paginator.num_pages
        found[f"{key}_next_page"] = None if is_last else paginator.page(number + 2)
    return found


def _current(template: Template) -> Template:
    """`template` as its file is now; Jinja looks whether that has changed."""
    if template.name is None:
        return template
    try:
        return template.environment.get_template(template.name)
    except TemplateNotFound:  # one that no loader finds by its name alone
        return template
