"""What the README promises holds."""

import re
from pathlib import Path

from executable_posts.post import Options

from tests.blog import Site

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def example() -> str:
    [post] = re.findall(r"````markdown\n(.*?)````", README, re.DOTALL)
    return str(post)


def test_its_example_builds(site: Site) -> None:
    site.write("posts/duas-linhas.md", example().replace("2026-11-25", "2020-01-02"))
    built = site.build()
    assert built.status == 0, built.text
    page = site.page("duas-linhas")
    assert 'alt="Duas curvas que sobem; a do quadrado sobe mais depressa."' in page
    assert "<figcaption>Uma linha e o seu quadrado.</figcaption>" in page
    assert (site.output / "assets" / "duas-linhas" / "linhas.png").is_file()


def test_its_error_is_what_a_mistake_in_the_example_gives(site: Site) -> None:
    [message] = re.findall(r"```\n(content/posts/.*?)```", README, re.DOTALL)
    source = example().replace("x**2", "z").replace("2026-11-25", "2020-01-02")
    site.write("posts/duas-linhas.md", source)
    built = site.build()
    assert built.status == 1
    assert message in built.err


def test_its_report_is_what_a_change_of_the_example_gives(site: Site) -> None:
    [report] = re.findall(r"```\n(running .*?)\n3 posts up to date", README, re.DOTALL)
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


def test_its_table_of_options_is_complete() -> None:
    rows = re.findall(r"^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \|", README, re.MULTILINE)
    named = set(re.findall(r"[a-z-]+", " ".join(rows)))
    assert {name.replace("_", "-") for name in Options.__dataclass_fields__} <= named


def test_its_table_of_settings_is_complete() -> None:
    from executable_posts.settings import DEFAULTS

    rows = re.findall(r"^\| `(EXECUTE\w*)` \| (.*?) \|", README, re.MULTILINE)
    assert {name for name, _ in rows} == set(DEFAULTS)
    for name, default in rows:
        known = DEFAULTS[name]
        if known is not None:  # what the machine decides is said in words
            shown = '"' + known + '"' if isinstance(known, str) else repr(known)
            assert default == f"`{shown.replace('()', '[]')}`"


def test_its_commands_are_tasks() -> None:
    makefile = (Path(__file__).resolve().parent.parent / "Makefile").read_text(encoding="utf-8")
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert set(re.findall(r"`?make ([a-z]+)`?", README)) <= set(phony.split()) | {"and"}
