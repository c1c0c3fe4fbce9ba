"""Showing the site on this machine."""

from .server import serve

__all__ = ["serve"]
