"""The files of a site that are no pages: they are written behind the pages, by a generator."""

import logging
import posixpath
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pelican.generators import Generator
from pelican.writers import Writer

from . import bundles, cards, figures_of, files, pages, redirects, search
from .facts import relate_all
from .feeds import Channel, json_feed
from .settings import SiteSettings
from .sitemap import robots, sitemap

_LOGGER = logging.getLogger(__name__)

STATE = "SITE_STATE"
"""Where in a generator's context its run's `State` is."""


class State:
    """What the plugin and its generator share in one run of Pelican."""

    def __init__(self, settings: SiteSettings) -> None:
        self.settings = settings
        self.written: dict[str, pages.Written] = {}
        self.redirects: list[redirects.Redirect] = []


class SiteFiles(Generator):  # type: ignore[misc]  # Pelican has no types
    """Writes bundles, cards, redirects, the JSON feed, the sitemap, the search index, an icon."""

    def generate_context(self) -> None:
        """Now all posts are known, those that come from other plugins' generators included."""
        relate_all(self.context["articles"])

    def generate_output(self, writer: Writer) -> None:
        """Write all of them below the folder of the site; what did not change stays as it is.

        A writer that keeps pages until they are asked for, as a preview's, has written none yet:
        what is made of written pages is then left out.
        """
        state: State = self.context[STATE]
        output = Path(self.output_path)
        self._write_bundles(output / self.settings["THEME_STATIC_DIR"])
        self._write_cards(output, state)
        self._write_redirects(output, state)
        self._write_json_feed(writer, state)
        if state.settings.address:
            self._write_sitemap(output, state)
        self._index(output, state)
        icon = state.settings.theme / "static" / "favicon.ico"
        if icon.is_file():  # feed readers and old browsers ask here, whatever a page says
            files.write(output / "favicon.ico", icon.read_bytes())

    def _index(self, output: Path, state: State) -> None:
        if not state.settings.search:
            return
        names = sorted(
            page.file
            for page in state.written.values()
            if page.listed and page.content and (output / page.file).is_file()
        )
        try:
            search.index(output, names, state.settings.cache / "search.json")
        except search.NoSearch as why:
            _LOGGER.warning(str(why))

    def _write_bundles(self, folder: Path) -> None:
        """Write them and remove those that earlier builds wrote and no page names any more."""
        made = self.context["SITE_BUNDLES"]
        for bundle in made:
            files.write(folder / bundle.name, bundle.text.encode())
        names = {bundle.name for bundle in made}
        for file in folder.iterdir() if folder.is_dir() else ():
            if bundles.NAME.fullmatch(file.name) and file.name not in names:
                file.unlink()

    def _write_cards(self, output: Path, state: State) -> None:
        cache = state.settings.cache / "cards"
        used = set()
        site = cards.Drawing(state.settings.name, str(self.settings.get("SITESUBTITLE") or ""))
        drawings = [(cards.card_of("index.html"), site)]
        sources = figures_of.sources(self.context)
        for content in pages.listed(self.context):
            if not (output / content.save_as).is_file():
                continue
            picture = figures_of.first(content, output, sources)
            title = figures_of.title(content)
            drawings.append((content.card, cards.Drawing(title, state.settings.name, picture)))
        for card, drawing in drawings:
            file = cache / f"{drawing.key}.png"
            used.add(file)
            if not file.is_file():
                files.write(file, cards.draw(drawing))
            files.write(output / card.url, file.read_bytes())
        for old in set(cache.glob("*.png")) - used:
            old.unlink(missing_ok=True)

    def _write_redirects(self, output: Path, state: State) -> None:
        address = state.settings.address
        for redirect in state.redirects:
            url = redirect.target.url
            canonical = f"{address}/{url}" if address else None
            if self.settings["RELATIVE_URLS"]:
                here = posixpath.dirname(redirect.file) or "."
                link = posixpath.relpath(url or ".", here)
            else:
                link = canonical or f"/{url}"
            files.write(output / redirect.file, redirects.page(redirect, link, canonical).encode())

    def _write_json_feed(self, writer: Writer, state: State) -> None:
        name = self.settings.get("FEED_ALL_JSON")
        if not name:
            return
        channel = Channel(
            title=state.settings.name,
            description=str(self.settings.get("SITESUBTITLE") or ""),
            address=state.settings.address,
            feed_url=name,
            language=state.settings.language,
        )
        articles = _newest(self.context["articles"])[: self.settings["FEED_MAX_ITEMS"]]
        template = self.env.from_string("{{ feed() }}")
        writer.write_file(name, template, self.context, feed=lambda: json_feed(channel, articles))

    def _write_sitemap(self, output: Path, state: State) -> None:
        entries = [pages.entry(page) for page in state.written.values() if page.listed]
        address = state.settings.address
        files.write(output / "sitemap.xml", sitemap(address, entries).encode())
        files.write(output / "robots.txt", robots(address).encode())


def _newest(articles: Iterable[Any]) -> list[Any]:
    """`articles` and their translations, the newest first."""
    everything = [one for article in articles for one in (article, *article.translations)]
    return sorted(everything, key=lambda one: (one.date, one.slug), reverse=True)
