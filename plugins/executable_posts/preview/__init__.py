"""Showing the site on this machine."""

from .folder import serve

__all__ = ["serve"]
