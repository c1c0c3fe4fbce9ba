"""What the README promises holds."""

import re
from pathlib import Path

import pytest
from executable_posts.post import Options, options
from executable_posts.settings import DEFAULTS as SETTINGS

from tests.blog import ROOT, Site
from tests.documentation import PAGES, TEXT, broken_links

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = ROOT / "docs"


def example() -> str:
    [post] = re.findall(r"````markdown\n(.*?)````", README, re.DOTALL)
    return str(post)


def test_it_is_not_longer_than_two_screens() -> None:
    assert len(README.splitlines()) <= 100


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_its_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_every_page_is_reached_from_it() -> None:
    assert {f"docs/{page.name}" for page in DOCS.glob("*.md")} <= set(
        re.findall(r"\]\((docs/[^)]+)\)", README)
    )


def test_its_example_builds(site: Site) -> None:
    site.write("posts/duas-linhas.md", example().replace("2026-11-25", "2020-01-02"))
    built = site.build()
    assert built.status == 0, built.text
    page = site.page("duas-linhas")
    assert 'alt="Duas curvas que sobem; a do quadrado sobe mais depressa."' in page
    assert "<figcaption>Uma linha e o seu quadrado.</figcaption>" in page
    assert (site.output / "assets" / "duas-linhas" / "linhas.png").is_file()


def test_its_error_is_what_a_mistake_in_the_example_gives(site: Site) -> None:
    [message] = re.findall(r"```\n(content/posts/.*?)```", TEXT, re.DOTALL)
    source = example().replace("x**2", "z").replace("2026-11-25", "2020-01-02")
    site.write("posts/duas-linhas.md", source)
    built = site.build()
    assert built.status == 1
    assert message in built.err


def test_its_report_is_what_a_change_of_the_example_gives(site: Site) -> None:
    [report] = re.findall(r"```\n(running .*?)\n3 posts up to date", TEXT, re.DOTALL)
    source = example().replace("2026-11-25", "2020-01-02")
    site.write("posts/duas-linhas.md", source)
    assert site.build().status == 0
    site.write("posts/duas-linhas.md", source.replace("x**2", "x**3"))
    built = site.build()
    # A log has a line more, and another number of seconds.
    lines = [line for line in built.out.splitlines() if not line.startswith(("ran ", "Done:"))]
    assert [re.sub(r"\d\.\d", "0.0", line) for line in lines] == [
        re.sub(r"\d\.\d", "0.0", line) for line in report.splitlines()
    ]


def rows(page: str, head: str) -> list[list[str]]:
    """The cells of the table with the head `head` in a page of docs/."""
    text = (DOCS / page).read_text(encoding="utf-8")
    [table] = re.findall(rf"^\| {re.escape(head)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()]
    return [[cell.strip() for cell in line] for line in lines]


def names(cell: str) -> list[str]:
    return re.findall(r"`([\w-]+)`", cell)


def test_the_table_of_options_is_complete() -> None:
    named = [name for first, *_ in rows("writing.md", "option") for name in names(first)]
    assert sorted(named) == sorted(name.replace("_", "-") for name in Options.__dataclass_fields__)


def test_the_defaults_of_options_are_right() -> None:
    defaults = {
        name: re.search(r"\(default: `?([^`)]+)`?\)", meaning)
        for first, _, meaning in rows("writing.md", "option")
        for name in names(first)
    }
    said = {name: found[1] for name, found in defaults.items() if found}
    plain = Options()
    assert said == {"warning": "false", "timings": "false", "reprs": "false", "timeout": "300"}
    assert (plain.warning, plain.timings, plain.reprs) == (False, False, False)
    assert SETTINGS["EXECUTE_TIMEOUT"] == 300


def test_the_table_of_front_matter_is_complete(site: Site) -> None:
    keys = [name for first, *_ in rows("writing.md", "key") for name in names(first)]
    of_cells = {key for key in keys if key not in {"Execute", "Resources", "Lang"}}
    assert of_cells == {
        name.capitalize()
        for name in options._DEFAULTS
        if name in options._FRONT_MATTER or name.startswith(options._OURS)
    }
    head = "\n".join(f"{key}: {VALUES.get(key, 'true')}" for key in of_cells)
    site.post("tudo", "```python\nprint(1)\n```\n", head=f"{head}\nLang: pt-BR\n")
    built = site.build()
    assert built.status == 0, built.text


VALUES = {
    "Timeout": "60",
    "Tolerance": "0.1",
    "Fig-width": "5",
    "Fig-height": "4",
    "Fig-dpi": "90",
    "Fig-format": "png",
    "Code-summary": "Ver",
}


def test_the_table_of_settings_is_complete_and_its_defaults_are_right() -> None:
    table = rows("settings.md", "setting")
    assert sorted(name for first, *_ in table for name in names(first)) == sorted(SETTINGS)
    for first, default, _ in table:
        known = SETTINGS[names(first)[0]]
        if known is not None:  # what the machine decides is said in words
            shown = '"' + known + '"' if isinstance(known, str) else repr(known)
            assert default == f"`{shown.replace('()', '[]')}`"


def test_the_classes_of_cells_are_those_of_a_page() -> None:
    named = [name for first, *_ in rows("another-blog.md", "class") for name in names(first)]
    sources = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "plugins").rglob("*.py"))
    for name in named:
        assert re.search(rf"\b{name.removeprefix('ansi-').removeprefix('on-')}\b", sources), name


def test_a_post_from_quarto_runs_as_the_page_says(site: Site) -> None:
    text = (DOCS / "moving.md").read_text(encoding="utf-8")
    [post] = re.findall(r"````markdown\n(.*?)````", text, re.DOTALL)
    site.write("posts/linhas.md", post.replace("2026-11-25", "2020-01-02"))
    built = site.build()
    assert built.status == 0, built.text
    page = site.page("two-lines")
    assert "<figcaption>A line and its square.</figcaption>" in page
    assert "<p>The last point is 4.</p>" in page
    assert "plt.plot" not in page


def test_its_commands_are_tasks() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert set(re.findall(r"`?make ([a-z]+)`?", README)) <= set(phony.split()) | {"and"}
