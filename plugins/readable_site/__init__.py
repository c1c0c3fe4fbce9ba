"""What a theme needs and Pelican does not give: provenance, contents, cards, feeds, search.

This module is all that Pelican imports until a site asks for the plugin; see `plugin`.
"""


def register() -> None:
    """Pelican's entry point for a plugin."""
    from .plugin import connect

    connect()
