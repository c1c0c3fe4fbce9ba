"""Executable posts for Pelican: the Python cells of a Markdown post are run at build time.

This module is all that Pelican imports until a site asks for the plugin; see `plugin`.
"""


def register() -> None:
    """Pelican's entry point for a plugin."""
    from .plugin import connect

    connect()
