"""What a run of Pelican knows of its pages: those it will write, and those it wrote."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from . import languages
from .redirects import Target, line_of, named
from .sitemap import Entry


@dataclass(frozen=True)
class Written:
    """A page that was written: its file below the site's folder, its address, its content if any.

    `content` is a post or page of Pelican's; lists of posts have none.
    """

    file: str
    url: str
    content: Any | None

    @property
    def listed(self) -> bool:
        """Whether search engines and the site's own search are to find it."""
        if self.content is not None:
            return bool(self.content.status == "published")
        return self.file != "404.html"


def written(file: str, context: Mapping[str, Any]) -> Written:
    """The page that was rendered with `context` into `file`."""
    content = context.get("article") or context.get("page")
    if content is not None:
        return Written(file, str(content.url), content)
    return Written(file, file.removesuffix("index.html") if _is_index(file) else file, None)


def _is_index(file: str) -> bool:
    return file == "index.html" or file.endswith("/index.html")


def entry(page: Written) -> Entry:
    """`page` as a sitemap tells it."""
    content = page.content
    if content is None:
        return Entry(page.url)
    others = [one for one in content.translations if one.status == "published"]
    versions = [content, *others] if others else []
    return Entry(
        page.url,
        getattr(content, "modified", None) or getattr(content, "date", None),
        tuple(sorted((languages.tag(str(one.lang)), str(one.url)) for one in versions)),
    )


def listed(context: Mapping[str, Any]) -> Iterator[Any]:
    """All posts and pages that will have a page, in the order of their files."""
    contents = {
        content.save_as: content
        for content in context["generated_content"].values()
        if content is not None and content.save_as and hasattr(content, "card")
    }
    yield from (contents[file] for file in sorted(contents))


def targets(contents: Iterable[Any], root: Path) -> list[Target]:
    """Those of `contents` that have aliases."""
    found = []
    for content in contents:
        aliases = named(content.metadata.get("aliases", ""))
        if not aliases:
            continue
        source = Path(content.source_path).resolve()
        text = source.read_text(encoding="utf-8", errors="replace")
        found.append(
            Target(
                source=source.relative_to(root).as_posix(),
                line=line_of(text),
                aliases=aliases,
                url=str(content.url),
                title=str(content.title),
                language=languages.tag(str(content.lang)),
            )
        )
    return found


def taken(context: Mapping[str, Any], settings: Mapping[str, Any], root: Path) -> dict[str, str]:
    """File of the site → whose it is, for all that Pelican will write."""
    names: dict[str, str] = {}
    statics = chain(context.get("staticfiles", ()), context["static_content"].values())
    for file in filter(None, statics):
        names[str(file.save_as)] = f"the file {file.get_relative_source_path()}"
    for kind, word in (("categories", "category"), ("tags", "tag"), ("authors", "author")):
        for wrapper, _ in _items(context.get(kind, ())):
            names[str(wrapper.save_as)] = f'the page of the {word} "{wrapper}"'
    for template in settings["DIRECT_TEMPLATES"]:
        file = settings.get(f"{template.upper()}_SAVE_AS", f"{template}.html")
        names[str(file)] = f"the page {template}"
    for content in context["generated_content"].values():
        if content is not None and content.save_as:
            source = Path(content.source_path).resolve().relative_to(root).as_posix()
            names[str(content.save_as)] = source
    for archives in context.get("period_archives", {}).values():
        names |= {str(one["save_as"]): "the archive of a year, month or day" for one in archives}
    names.pop("", None)
    return names


def _items(wrappers: Any) -> Iterable[tuple[Any, Any]]:
    return wrappers.items() if isinstance(wrappers, Mapping) else wrappers
