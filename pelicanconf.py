"""Settings of the blog, for local builds; publishconf.py changes what differs online.

Pelican resolves PATH, THEME, OUTPUT_PATH and PLUGIN_PATHS against the folder of this file, so
that a build works from any folder.
"""

import logging
import os

# The blog

SITENAME = "Caderno de dados"
SITESUBTITLE = "Ciência de dados e Keras, com o código que refaz cada número e cada figura."
AUTHOR = "diego"
SITEURL = ""
TIMEZONE = "America/Sao_Paulo"
DEFAULT_LANG = "pt-BR"
# Nothing on a page may depend on the languages of the machine: dates are Babel's.
LOCALE = ["C.UTF-8", ""]

# Folders

PATH = "content"
ARTICLE_PATHS = ["posts"]
PAGE_PATHS = ["pages"]
STATIC_PATHS = ["images", "notebooks"]
OUTPUT_PATH = "output"
THEME = "theme"
# Pelican's own pattern, "**/.*", publishes .DS_Store and .ipynb_checkpoints, and rebuilds nothing
# in a blog that lives below a folder whose name starts with a dot.
IGNORE_FILES = [".*"]
# It checks the source file alone, so a page would miss the new outputs of its own code.
CACHE_CONTENT = False

# Posts that run

PLUGIN_PATHS = ["plugins"]
PLUGINS = ["executable_posts", "readable_site"]
# Drawn once more for dark pages, where a white figure would glare.
EXECUTE_CELL_DEFAULTS = {"fig-dark": True}
# A dataset that is here need not be downloaded: address → file below content/data.
EXECUTE_DATASETS = {
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz": "mnist.npz",
}

# What readers get beside the posts; see plugins/readable_site

STYLE_SHEETS = [
    *("css/colours.css", "css/page.css", "css/prose.css", "css/code.css"),
    *("../plugins/executable_posts/static/outputs.css", "css/post.css", "css/print.css"),
]
SCRIPTS = ["js/scheme.js", "js/copy.js", "js/zoom.js", "js/contents.js"]
SEARCH_SCRIPTS = ["js/search.js"]
# The address of the repository, for links to sources and buttons for Colab and Binder.
REPOSITORY = None
# "fetch" keeps copies of pictures of other hosts in content/images/remote, "local" asks nobody.
REMOTE_PICTURES = os.environ.get("REMOTE_PICTURES", "fetch")

# Addresses; what is not here is as Pelican has it

ARTICLE_URL = ARTICLE_SAVE_AS = "{date:%Y}/{date:%m}/{slug}.html"
ARTICLE_LANG_URL = ARTICLE_LANG_SAVE_AS = "{date:%Y}/{date:%m}/{slug}-{lang}.html"
DRAFT_URL = DRAFT_SAVE_AS = "drafts/{slug}.html"
PAGE_URL = PAGE_SAVE_AS = "pages/{slug}.html"
YEAR_ARCHIVE_URL = "{date:%Y}/"
YEAR_ARCHIVE_SAVE_AS = "{date:%Y}/index.html"
# With one author, a page of all their posts is the archive once more.
AUTHOR_SAVE_AS = ""
DIRECT_TEMPLATES = ["index", "archives", "categories", "tags", "search", "404"]
SEARCH_SAVE_AS = "busca.html"
DEFAULT_PAGINATION = 10

# An author wants to see the post of next week today.
WITH_FUTURE_DATES = True
# The folder is "posts" for every post.
USE_FOLDER_AS_CATEGORY = False
DEFAULT_CATEGORY = "Geral"

# Feeds are written here too, so that a local page is the page that goes online. Pelican warns that
# their addresses lack a host, which is right, and goes away in publishconf.py.

FEED_ALL_ATOM = "feeds/all.atom.xml"
FEED_ALL_JSON = "feeds/all.json"
CATEGORY_FEED_ATOM = "feeds/{slug}.atom.xml"
AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None
LOG_FILTER = [
    (
        logging.WARNING,
        "Feeds generated without SITEURL or FEED_DOMAIN set properly may not be valid",
    ),
]
