"""The files of a site that are no pages: they are written with the pages, by a generator."""

from pathlib import Path
from typing import Any

from pelican.generators import Generator

from . import files


class SiteFiles(Generator):  # type: ignore[misc]  # Pelican has no types
    """Writes bundles."""

    def generate_output(self, _: Any) -> None:
        """Write all of them below the folder of the site; what did not change stays as it is."""
        output = Path(self.output_path)
        static = output / self.settings["THEME_STATIC_DIR"]
        for bundle in self.context["SITE_BUNDLES"]:
            files.write(static / bundle.name, bundle.text.encode())
