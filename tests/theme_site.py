"""The blog with some posts more, built by its own task from executed notebooks, and served.

A test module that needs it imports the fixtures: ``from tests.theme_site import address, built``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.serving import served
from tests.test_blog import copy_of_the_project, run_task

FIRST = "2019/07/breve-tutorial-de-keras.html"
GALLERY = "2026/11/galeria-de-saidas.html"
READING = "2026/10/leitura.html"
ENGLISH = "2026/10/reading-en.html"
LISTS = ("index.html", "archives.html", "categories.html", "tags.html", "tag/keras.html")
PAGES = (FIRST, GALLERY, READING, ENGLISH, *LISTS, "pages/sobre.html", "busca.html", "404.html")

# What the posts of the blog do not have, all in one.
_READING = """\
Title: Leitura
Date: 2026-10-02 10:00
Slug: leitura
Tags: keras
Series: Provas
Execute: no

# Notas

Uma frase com uma nota[^um] e outra com mais uma[^dois]; as estações, os cães e as mãos.

[^um]: A primeira nota, com *ênfase*.
[^dois]: A segunda.

## Código

```python linenums="1" hl_lines="2"
x = 1
y = x + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1
```

```pycon
>>> 1 + 1
2
```

## Tabela

| nome | {columns} |
|------|{rule}|
| um   | {cells} |

# Fórmula

A raiz é $\\sqrt{{x^2 + y^2}}$, e a soma

$$\\sum_{{i=1}}^{{n}} \\hat{{y}}_i = \\left(\\frac{{1}}{{2}}\\right)$$
"""

_ENGLISH = """\
Title: Reading
Date: 2026-10-03 10:00
Slug: reading
Lang: en
Series: Provas
Execute: no

# One

Words.

# Two

More words.
"""


@dataclass(frozen=True)
class Built:
    """The built site: its folder, and what is in it."""

    output: Path

    def text(self, page: str) -> str:
        return (self.output / page).read_text(encoding="utf-8")

    def pages(self) -> list[Path]:
        """Every page of the theme; charts have documents of their own."""
        found = sorted(self.output.rglob("*.html"))
        return [page for page in found if "assets" not in page.relative_to(self.output).parts]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The blog, the gallery and the posts above published, built once for all tests."""
    folder = copy_of_the_project(tmp_path_factory.mktemp("theme"))
    posts = folder / "content" / "posts"
    columns = [f"coluna {number}" for number in range(15)]
    reading = _READING.format(
        columns=" | ".join(columns),
        rule="|".join(["------:"] * len(columns)),
        cells=" | ".join(["1.234,5"] * len(columns)),
    )
    (posts / "leitura.md").write_text(reading, encoding="utf-8")
    (posts / "reading.md").write_text(_ENGLISH, encoding="utf-8")
    gallery = posts / "galeria-de-saidas.md"
    text = gallery.read_text(encoding="utf-8")
    gallery.write_text(text.replace("Status: draft\n", ""), encoding="utf-8")
    done = run_task(folder, "build", "--frozen")
    assert done.returncode == 0, done.stdout + done.stderr
    return Built(folder / "output")


@pytest.fixture(scope="session")
def address(built: Built) -> Iterator[str]:
    """Where it is served."""
    with served(built.output) as where:
        yield where
