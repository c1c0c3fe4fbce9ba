"""Showing the site on this machine: the built one, or each page as it is now."""

from .folder import serve

__all__ = ["serve"]
