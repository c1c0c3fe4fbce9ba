"""Beginning a post, checking a site, and what is typed after `invoke`."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from executable_posts.commands import check_site
from executable_posts.errors import ProblemError
from executable_posts.site import load
from executable_posts.starting import new_post, now
from executable_posts.task_names import posts_as_options, what_to_type

from tests.blog import ROOT, Site
from tests.test_blog import copy_of_the_project, run_task

DATE = "2020-01-02 10:00"


def begun(site: Site, title: str) -> Path:
    return new_post(load(site.folder / "pelicanconf.py"), title, DATE)


def refused(site: Site, title: str) -> str:
    before = files(site.folder / "content")
    with pytest.raises(ProblemError) as caught:
        begun(site, title)
    assert files(site.folder / "content") == before
    return str(caught.value)


def files(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_new_post_is_a_draft_with_date_and_slug(site: Site) -> None:
    file = begun(site, "  Quanto vale π?\n Ação & reação ")
    assert file == site.folder / "content" / "posts" / "quanto-vale-p-acao-reacao.md"
    assert file.read_text(encoding="utf-8") == (
        "Title: Quanto vale π? Ação & reação\n"
        "Date: 2020-01-02 10:00\n"
        "Slug: quanto-vale-p-acao-reacao\n"
        "Status: draft\n"
        "Execute: yes\n"
        "\n"
    )


def test_its_slug_is_pelicans_own_and_it_runs(site: Site) -> None:
    file = begun(site, "Em C++, Ü e “aspas”")
    head = file.read_text(encoding="utf-8")
    [slug] = re.findall(r"^Slug: (.*)$", head, re.MULTILINE)
    without = re.sub(r"^(Slug|Status): .*\n", "", head, flags=re.MULTILINE)
    file.write_text(f"{without}```python\nprint(6 * 7)\n```\n", encoding="utf-8")
    built = site.build()
    assert built.status == 0, built.text
    assert "<pre>42</pre>" in site.page(slug)


def test_a_new_post_never_replaces_one(site: Site) -> None:
    begun(site, "Duas linhas")
    assert refused(site, "Duas Linhas!") == (
        "content/posts/duas-linhas.md: is there already; nothing was written"
    )
    site.post("antigo", "texto\n", slug="tres-linhas")
    assert refused(site, "Três linhas") == (
        'content/posts/antigo.md: has the slug "tres-linhas" already'
    )


def test_a_title_must_give_a_name(site: Site) -> None:
    assert refused(site, " ?! ") == '"?!": a title needs a letter or a digit'
    assert refused(site, "../..") == '"../..": a title needs a letter or a digit'
    assert refused(site, "a" * 300) == f'"{"a" * 40}…": is too long for the name of a file'
    assert begun(site, "../etc/passwd").parent == site.folder / "content" / "posts"


def test_a_new_post_lies_where_the_blog_has_its_posts(site: Site) -> None:
    site.settings('ARTICLE_PATHS = ["blog/textos", "posts"]')
    assert begun(site, "Um").parent == site.folder / "content" / "blog" / "textos"
    site.settings('ARTICLE_PATHS = [""]')
    assert begun(site, "Dois").parent == site.folder / "content"


def test_its_date_is_that_of_the_blogs_time_zone(site: Site) -> None:
    site.settings('TIMEZONE = "Pacific/Kiritimati"')
    ahead = now(load(site.folder / "pelicanconf.py"))
    site.settings('TIMEZONE = "Pacific/Pago_Pago"')
    behind = now(load(site.folder / "pelicanconf.py"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", ahead)
    assert ahead[:10] > behind[:10]


def to_mend(site: Site) -> list[str]:
    before = files(site.folder / "content")
    problems, _ = check_site(load(site.folder / "pelicanconf.py"))
    assert files(site.folder / "content") == before
    assert not site.output.exists()
    return [str(problem) for problem in problems]


def test_a_check_tells_all_that_a_frozen_build_would_refuse(site: Site) -> None:
    site.write("posts/calado.md", "Title: C\nDate: 2020-01-02\n\ntexto\n")
    assert to_mend(site) == []
    site.settings('EXECUTE_DATASETS = {"https://exemplo.org/x.csv": "x.csv"}')
    site.write("posts/data.md", "Title: D\nDate: ontem\n\ntexto\n")
    site.post("um", "\n```python\n#| label: fig\n#| lable: x\n1\n```\n")
    site.post("novo", "\n```python\nprint(1)\n```\n")
    site.post("dados", "\n```python\n#| data: nada.csv\nprint(1)\n```\n")
    assert to_mend(site) == [
        "content/posts/data.md:2: front matter: Date: 'ontem' is not a valid date",
        "content/data/x.csv: is not there, but EXECUTE_DATASETS names it for "
        "https://exemplo.org/x.csv",
        'content/posts/um.md:9: unknown option "lable": did you mean "label"? Allowed: '
        "classes, code-fold, code-line-numbers, code-summary, data, echo, error, eval, fig-alt, "
        "fig-cap, fig-dark, fig-dpi, fig-format, fig-height, fig-width, include, label, output, "
        "reprs, timeout, timings, tolerance, warning",
        'content/posts/dados.md:7: option "data": content/posts/nada.csv is not there',
        "content/posts/novo.md: stale: never run; this build runs nothing: run `invoke build` "
        "where the post can run, and commit its executed notebook",
    ]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project in a folder of its own."""
    return copy_of_the_project(tmp_path_factory.mktemp("clone"))


def test_the_tasks_new_and_check(clone: Path) -> None:
    done = run_task(clone, "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("posts and pages: nothing to mend\n")
    done = run_task(clone, "new", "Título do post")
    assert done.stdout == (
        "content/posts/titulo-do-post.md: written; it is a draft until you remove its line Status\n"
    )
    post = clone / "content" / "posts" / "titulo-do-post.md"
    done = run_task(clone, "new", "Título do post")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "content/posts/titulo-do-post.md: is there already; nothing was written"
    )
    post.write_text(f"{post.read_text('utf-8')}```python\nprint(1)\n```\n", encoding="utf-8")
    done = run_task(clone, "check")
    assert done.returncode == 1
    assert "content/posts/titulo-do-post.md: stale: never run" in done.stderr
    assert done.stderr.rstrip().endswith("1 to mend")
    post.unlink()


@pytest.mark.slow
def test_reserve_builds_and_then_shows_the_site(clone: Path) -> None:
    shutil.rmtree(clone / "output", ignore_errors=True)
    process = subprocess.Popen(
        [Path(sys.executable).with_name("invoke"), "reserve"],
        cwd=clone,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if served := re.match(r"serving (http://127\.0\.0\.1:\d+/) ", line):
                with urlopen(served[1], timeout=30) as answer:  # noqa: S310
                    assert "<title>Caderno de dados" in answer.read().decode()
                break
        else:
            raise AssertionError("".join(said))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        if process.stdout:
            process.stdout.close()


def test_the_list_of_tasks_is_one_line_each_in_a_narrow_terminal() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("invoke"), "--list"],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=True,
    )
    head, blank, *rows = done.stdout.rstrip().splitlines()
    assert (head, blank) == ("Available tasks:", "")
    for row in rows:
        assert re.fullmatch(r"  [a-z-]+(?: \([a-z, -]+\))? +[A-Z].*[^. ]", row), row
        assert len(row) <= 80, row


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["buidl"], "there is no task buidl; did you mean `invoke build`? `invoke --list` names"),
        (["rebulid", "x.md"], "there is no task rebulid; did you mean `invoke rebuild`? "),
        (["livereload"], "there is no task livereload: type `invoke preview`"),
        (["regenerate"], "there is no task regenerate: type `invoke preview`"),
        (["gh_pages"], "there is no task gh-pages: type `invoke publish`"),
        (["html"], "there is no task html: type `invoke build`"),
        (["regenrate"], "there is no task regenrate; did you mean `invoke preview`? "),
        (["xyzzy"], "there is no task xyzzy; `invoke --list` names all"),
    ],
)
def test_a_name_that_is_no_task_gets_the_one_that_is_meant(typed: list[str], told: str) -> None:
    said = what_to_type(typed, ["build", "rebuild", "clean"])
    assert said is not None
    assert said.startswith(told)


@pytest.mark.parametrize("typed", [[], ["build"], ["--list"], ["-c", "x"], ["rebuild", "a.md"]])
def test_what_is_a_task_or_an_option_is_left_to_invoke(typed: list[str]) -> None:
    assert what_to_type(typed, ["build", "rebuild"]) is None


def test_invoke_says_what_to_type() -> None:
    done = run_task(ROOT, "buidl")
    assert done.returncode == 1
    assert done.stderr.startswith("there is no task buidl; did you mean `invoke build`?")
    for name in ("regenerate", "livereload", "gh_pages"):
        done = run_task(ROOT, name)
        # It may also have become a task.
        assert done.returncode == 1, name
        assert done.stderr.startswith("there is no task "), done.stderr


def test_posts_are_named_behind_rebuild() -> None:
    assert posts_as_options(["invoke", "rebuild", "a.md", "b.ipynb"]) == [
        *("invoke", "rebuild", "--post", "a.md", "--post", "b.ipynb")
    ]
    for other in (
        ["invoke", "rebuild"],
        ["invoke", "rebuild", "--post", "a.md", "--check"],
        ["invoke", "record", "a.md"],
        ["invoke", "rebuild", "record", "a.md"],
    ):
        assert posts_as_options(other) == other
