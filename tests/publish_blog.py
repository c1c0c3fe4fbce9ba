"""A small blog that can be published as it is, for tests of `invoke publish`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

from PIL import Image
from site_publishing.publishing import Refused, Talk, Wish, publish, rollback

ROOT = Path(__file__).resolve().parent.parent

_SETTINGS = f"""
AUTHOR = "ana"
SITENAME = "Testes"
SITEURL = "https://blog.test/caderno"
TIMEZONE = "America/Sao_Paulo"
DEFAULT_LANG = "pt-BR"
PATH = "content"
ARTICLE_PATHS = ["posts"]
STATIC_PATHS = ["images", "notebooks"]
ARTICLE_URL = ARTICLE_SAVE_AS = "{{slug}}.html"
ARTICLE_LANG_SAVE_AS = DRAFT_LANG_SAVE_AS = DRAFT_SAVE_AS = ""
CATEGORY_SAVE_AS = TAG_SAVE_AS = AUTHOR_SAVE_AS = ""
DIRECT_TEMPLATES = ["index"]
WITH_FUTURE_DATES = False
THEME = "theme"
PLUGIN_PATHS = [{str(ROOT / "plugins")!r}]
PLUGINS = ["executable_posts"]
FEED_ALL_ATOM = "feeds/all.atom.xml"
CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
"""
_BASE = """<!doctype html>
<html lang="pt-BR"><head><meta charset="utf-8"><title>{{ SITENAME }}</title>
<meta name="description" content="Um blog para testes.">
<link rel="stylesheet" href="{{ SITEURL }}/theme/main.css"></head>
<body>{% block content %}{% endblock %}</body></html>
"""
_INDEX = """{% extends "base.html" %}{% block content %}{% for article in articles %}
<h2><a href="{{ SITEURL }}/{{ article.url }}">{{ article.title }}</a></h2>{% endfor %}{% endblock %}
"""
_ARTICLE = """{% extends "base.html" %}{% block content %}<h1>{{ article.title }}</h1>
{{ article.content }}{% endblock %}
"""


PLAIN = Wish()


@dataclass
class PublishBlog:
    """The blog in `folder`; `said` is all that a publish said, `answer` what it is told."""

    folder: Path
    answer: bool | None = True
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def settings_file(self) -> Path:
        return self.folder / "publishconf.py"

    @property
    def online(self) -> Path:
        return self.folder / "www" / "current"

    def write(self, name: str, content: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(content), encoding="utf-8")

    def post(self, name: str, body: str, *, head: str = "") -> None:
        """Write a post; its body begins on line 5, and one more for each line of `head`."""
        text = f"Title: Título de {name}\nDate: 2020-01-02 10:00\nSlug: {name}\n{head}\n"
        self.write(f"content/posts/{name}.md", text + dedent(body))

    def figure(self, name: str, colour: str, size: tuple[int, int] = (40, 30)) -> None:
        file = self.folder / "content" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, colour).save(file)

    def settings(self, more: str) -> None:
        self.write("publishconf.py", _SETTINGS + dedent(more))

    def publish(self, wish: Wish = PLAIN) -> list[str]:
        """What a publish says; or, if it is refused, why."""
        return self._told(publish, wish)

    def roll_back(self, wish: Wish = PLAIN) -> list[str]:
        return self._told(rollback, wish)

    def _told(self, what: Callable[[Path, Wish, Talk], None], wish: Wish) -> list[str]:
        self.said.clear()
        self.asked.clear()
        try:
            what(self.settings_file, wish, Talk(self.said.append, self._answered))
        except Refused as refused:
            return [f"refused: {problem}" for problem in refused.problems]
        return list(self.said)

    def _answered(self, question: str) -> bool | None:
        self.asked.append(question)
        return self.answer


def make_blog(folder: Path) -> PublishBlog:
    blog = PublishBlog(folder)
    blog.settings('PUBLISH_TARGETS = {"here": "folder:www"}')
    blog.write("theme/templates/base.html", _BASE)
    blog.write("theme/templates/index.html", _INDEX)
    blog.write("theme/templates/article.html", _ARTICLE)
    blog.write("theme/static/main.css", "body { margin: 0 }")
    blog.figure("images/ponto.png", "red")
    blog.post("um", "![Um ponto]({static}/images/ponto.png)\n\n[dois]({filename}dois.md)\n")
    blog.post("dois", "## Uma seção\n\nTexto.\n")
    return blog
