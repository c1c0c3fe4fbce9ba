"""What lets Pelican read posts by our reader, and find the figures of their pages."""

import re
from collections.abc import Collection
from functools import partial
from urllib.parse import quote

from pelican.contents import Content, Static
from pelican.generators import Generator, StaticGenerator
from pelican.readers import MarkdownReader, Readers

from .reader import LookUp, PostReader

_SRCSET = re.compile(r'<source [^>]*srcset="[^"]*"')
_STATIC_LINK = re.compile(r"\{static\}[^\s,\"]+")


def give_reader(readers: Readers, look_up: LookUp) -> None:
    """Let `readers` read Markdown and notebooks by what `look_up` knows of them."""
    for extension in MarkdownReader.file_extensions:
        if readers.reader_classes.get(extension) is MarkdownReader:
            readers.reader_classes[extension] = partial(PostReader, look_up)
    readers.reader_classes.setdefault("ipynb", partial(PostReader, look_up))


def resolve_srcset(content: Content) -> None:
    """Let Pelican resolve links in ``srcset``, too, which it does only in ``src`` and the like."""
    original = content._update_content

    def update(text: str, siteurl: str) -> str:
        def resolved(link: re.Match[str]) -> str:
            tag: str = original(f'<a href="{link[0]}">', siteurl)
            return tag.removeprefix('<a href="').removesuffix('">')

        def with_links(attribute: re.Match[str]) -> str:
            return _STATIC_LINK.sub(resolved, attribute[0])

        updated: str = original(text, siteurl)
        return _SRCSET.sub(with_links, updated)

    content._update_content = update


def make_figures_known(generator: Generator, names: Collection[str]) -> None:
    """Let links of the form ``{static}/name`` find the figures, which are no files in content/."""
    context = generator.context
    for name in set(names) - context["static_content"].keys():
        context["static_links"] -= {name, quote(name)}
        context["static_content"][name] = Static(
            content="",
            metadata={"save_as": name, "url": quote(name)},
            settings=generator.settings,
            source_path=name,
            context=context,
        )


def leave_figures_alone(generator: StaticGenerator, names: Collection[str]) -> None:
    """A file in content/ with the name of a recomputed figure is an older picture of it."""
    generator.context["staticfiles"] = [
        file for file in generator.staticfiles if file.save_as not in names
    ]
