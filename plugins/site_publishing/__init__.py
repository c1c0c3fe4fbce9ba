"""Publishing a built site: checks of all that readers will get, what changes, and one atomic step.

Each module knows only those below it in the contract in pyproject.toml; `blog` alone knows Pelican.
"""
