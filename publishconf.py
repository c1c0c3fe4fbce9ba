"""Settings of the blog as it goes online: those of pelicanconf.py, and what differs."""

import os
import sys
from pathlib import Path

# Pelican loads this file by its path, and leaves its folder out of what Python searches.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from pelicanconf import *  # noqa: F403

# https://example.org is a PLACEHOLDER: write the address of the blog here, or set SITEURL.
SITEURL = os.environ.get("SITEURL", "https://example.org")
RELATIVE_URLS = False

# Where `invoke publish` may put the site; what one may write here is in README.md.
PUBLISH_TARGETS = {
    "pages": "git:origin#gh-pages",  # GitHub Pages, and .github/workflows/site.yml
    "public": "export:public",  # GitLab Pages, and .gitlab-ci.yml
}

# A post with a date to come is a draft until then, and drafts stay at home.
WITH_FUTURE_DATES = False
DRAFT_SAVE_AS = DRAFT_LANG_SAVE_AS = ""
DRAFT_PAGE_SAVE_AS = DRAFT_PAGE_LANG_SAVE_AS = ""

# Feed readers and search engines take these for the blog's own: all posts, and a category's.
FEED_ALL_ATOM = "feeds/all.atom.xml"
CATEGORY_FEED_ATOM = "feeds/{slug}.atom.xml"

# A build that fails must not have taken the previous site away.
DELETE_OUTPUT_DIRECTORY = False
