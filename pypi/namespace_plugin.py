"""What Pelican finds when the plugin is installed; the plugin itself is `executable_posts`.

The wheel holds this file as ``pelican/plugins/executable_posts/__init__.py``. Pelican imports it in
every build, whether the site uses the plugin or not, so it must be cheap and cannot fail.
"""

from executable_posts import register

__all__ = ["register"]
