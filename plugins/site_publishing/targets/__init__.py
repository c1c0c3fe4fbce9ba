"""Where a site is published: a git branch, a server reached by ssh, a folder."""
