"""What a person sees when something is wrong, and what stays as it was (DESIGN.md §10)."""

import time

import pytest

from tests.blog import Site
from tests.leftovers import processes_in, wait_until

GOOD = "\n```python\nprint('tudo bem')\n```\n"

FAILING = {
    "raises": (
        "def f(x):\n    return 1 / x\n\nprint('antes')\nf(0)\n",
        "content/posts/ruim.md:8: cell 1 of 1: ZeroDivisionError: division by zero\n"
        "    content/posts/ruim.md:11\n"
        "        f(0)\n"
        "    content/posts/ruim.md:8, in f\n"
        "        return 1 / x\n",
    ),
    "exits": (
        "import sys\nsys.exit(2)\n",
        "content/posts/ruim.md:7: cell 1 of 1: SystemExit: 2\n",
    ),
    "dies": (
        "import os\nos._exit(3)\n",
        "content/posts/ruim.md:7: cell 1 of 1: the kernel ended by itself with exit status 3; it "
        "held at most ",
    ),
    "is killed": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
        "content/posts/ruim.md:7: cell 1 of 1: the kernel was killed by SIGKILL (out of memory?); "
        "it held at most ",
    ),
    "crashes": (
        "import ctypes\nctypes.string_at(0)\n",
        "content/posts/ruim.md:7: cell 1 of 1: the kernel was killed by SIGSEGV; it held at most ",
    ),
    "hangs": (
        "#| timeout: 1\nwhile True: pass\n",
        "content/posts/ruim.md:8: cell 1 of 1: did not end within 1 s; allow it more with "
        "`#| timeout: SECONDS` at its top or EXECUTE_TIMEOUT in the settings\n",
    ),
    "asks": (
        "nome = input('Como se chama? ')\n",
        "content/posts/ruim.md:7: cell 1 of 1: asks for input, and nobody is there to answer: "
        "posts cannot ask questions\n",
    ),
    "asks for a password": (
        "import getpass\ngetpass.getpass()\n",
        "content/posts/ruim.md:7: cell 1 of 1: asks for input, and nobody is there to answer: "
        "posts cannot ask questions\n",
    ),
    "needs the network": (
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/dados.csv')\n",
        "content/posts/ruim.md:8: cell 1 of 1: URLError: <urlopen error [Errno 111] Connection "
        "refused (http://127.0.0.1:9/dados.csv); if there is no network, put the file under "
        "content/data and name it in the settings: EXECUTE_DATASETS = "
        "{'http://127.0.0.1:9/dados.csv': 'its name'}>\n",
    ),
    "is not Python": (
        "x = 1\nprint 'a'\n",
        "content/posts/ruim.md:8: not Python (Missing parentheses in call to 'print'. Did you "
        "mean print(...)?, column 1); if this code is only to be shown, make `#| eval: false` its "
        "first line\n",
    ),
    "holds a shell line": (
        "x = 1\n!ls\n",
        "content/posts/ruim.md:8: a shell line in a cell: set EXECUTE_SHELL = True to run it, or "
        "make `#| eval: false` the cell's first line to only show it\n",
    ),
    "has an unknown option": (
        "#| lable: curva\nx = 1\n",
        'content/posts/ruim.md:7: unknown option "lable": did you mean "label"? Allowed: '
        "classes, code-fold, code-line-numbers, code-summary, data, echo, error, eval, fig-alt, "
        "fig-cap, fig-dark, fig-dpi, fig-format, fig-height, fig-width, include, label, output, "
        "reprs, timeout, timings, tolerance, warning\n",
    ),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with two posts that ran well."""
    site = Site(tmp_path_factory.mktemp("good"), tmp_path_factory.mktemp("scratch"))
    site.post("ruim", "```python\nprint('valor antigo')\n```\n")
    site.post("bom", GOOD)
    assert site.build().status == 0
    return site


@pytest.mark.parametrize(("code", "message"), FAILING.values(), ids=FAILING.keys())
def test_a_post_that_fails_is_named_and_keeps_its_last_good_output(
    site: Site, good: Site, code: str, message: str
) -> None:
    site.be_like(good)
    stored = site.notebook("ruim").read_bytes()

    site.post("ruim", f"```python\n{code}```\n")
    site.post("bom", GOOD.replace("tudo", "tudo muito"))
    built = site.build()

    assert built.status == 1
    assert message in built.err
    assert "Traceback (most recent call last)" not in built.text
    assert "1 problem; what failed is shown as it last ran well" in built.text
    assert "<pre>tudo muito bem</pre>" in site.page("bom")
    assert site.notebook("ruim").read_bytes() == stored
    assert list(site.scratch.iterdir()) == []
    assert processes_in(site.folder) == []


def test_the_last_good_output_is_still_shown_and_marked(site: Site) -> None:
    site.post("ruim", "\n```python\nvalor = 40 + 2\nprint(valor)\n```\n")
    assert site.build().status == 0
    site.post("ruim", "\n```python\nvalor = 40 + 2\nprint(valr)\n```\n")
    assert site.build().status == 1
    page = site.page("ruim")
    assert "<pre>42</pre>" in page
    assert "Saída da última execução que deu certo." in page
    site.post("ruim", "\n```python\nvalor = 40 + 2\nprint(valor)\n```\n")
    assert site.build().status == 0
    assert "última execução" not in site.page("ruim")


def test_a_post_that_never_ran_well_keeps_what_is_recorded(site: Site) -> None:
    site.post("ruim", "\n```python\nprint(indefinido)\n```\n\n    valor gravado\n")
    built = site.build()
    assert built.status == 1
    assert "NameError: name 'indefinido' is not defined" in built.err
    assert "valor gravado" in site.page("ruim")


def test_a_post_that_is_not_utf8_is_named_with_line_and_offset(site: Site) -> None:
    site.write("posts/latin.md", "Title: Ação\nDate: 2020-01-02\nExecute: yes\n".encode("latin-1"))
    site.post("bom", GOOD)
    built = site.build()
    assert built.status == 1
    assert (
        "content/posts/latin.md:1: not UTF-8: byte 0xe7 at offset 8; save the file as UTF-8\n"
        in built.err
    )
    assert "Traceback" not in built.text
    assert "tudo bem" in site.page("bom")


def test_two_posts_that_claim_one_figure_are_named_before_anything_runs(site: Site) -> None:
    plot = "\n```python\nraise SystemExit\n```\n\n\n![png](/assets/output_14_0.png)\n"
    site.post("um", plot)
    site.post("dois", plot)
    built = site.build()
    assert built.status == 1
    assert (
        "content/posts/um.md:12: the figure /assets/output_14_0.png is also claimed by "
        "content/posts/dois.md:12; give one of them another name\n" in built.err
    )
    assert "content/posts/um.md" not in built.out


def test_a_figure_that_leaves_the_site_is_refused_before_anything_runs(site: Site) -> None:
    site.post("fuga", "\n```python\nprint(1)\n```\n\n\n![png](/../../fora_1_0.png)\n")
    built = site.build()
    assert built.status == 1
    assert (
        "content/posts/fuga.md:12: figure: /../../fora_1_0.png leads out of the site's folder"
        in built.err
    )
    assert "running" not in built.out


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"cells": []}', b"<<<<<<< HEAD\n", b"\xff"])
def test_a_damaged_executed_notebook_is_moved_aside_and_made_again(
    site: Site, damage: bytes
) -> None:
    site.post("soma", "\n```python\nprint(1 + 1)\n```\n")
    assert site.build().status == 0
    site.notebook("soma").write_bytes(damage)
    frozen = site.build_frozen()
    assert frozen.status == 1
    assert "content/posts/soma.md: stale: the executed notebook is damaged: " in frozen.err
    assert site.notebook("soma").read_bytes() == damage

    built = site.build()
    assert built.status == 0
    assert "): the executed notebook is damaged: " in built.out
    assert (
        "note: content/notebooks/posts/soma.ipynb: was damaged and is kept, with .damaged behind "
        "its name: " in built.out
    )
    assert site.build_frozen().status == 0
    assert site.notebook("soma").with_suffix(".ipynb.damaged").read_bytes() == damage


def test_an_executed_notebook_that_was_edited_by_hand_is_not_believed(site: Site) -> None:
    site.post("soma", "\n```python\nprint(40 + 2)\n```\n")
    assert site.build().status == 0
    whole = site.notebook("soma").read_text(encoding="utf-8")
    edited = whole.replace('"42\\n"', '"43\\n"')
    assert edited != whole
    site.notebook("soma").write_text(edited, encoding="utf-8")
    frozen = site.build_frozen()
    assert frozen.status == 1
    assert (
        "content/posts/soma.md: stale: the executed notebook is damaged: it was changed since it "
        "was written, by hand or by a merge;" in frozen.err
    )
    assert site.build().status == 0
    assert "<pre>42</pre>" in site.page("soma")
    assert site.notebook("soma").with_suffix(".ipynb.damaged").read_text("utf-8") == edited


def test_line_ends_that_git_changed_break_no_seal(site: Site) -> None:
    site.post("soma", "\n```python\nprint(40 + 2)\n```\n")
    assert site.build().status == 0
    notebook = site.notebook("soma")
    notebook.write_bytes(notebook.read_bytes().replace(b"\n", b"\r\n"))
    assert site.build_frozen().status == 0


SETTINGS = {
    'EXECUTE = "maybe"': "settings: EXECUTE = 'maybe' is not allowed: Allowed: auto, no, yes",
    "EXECUTE_TIMEOUT = 0": "settings: EXECUTE_TIMEOUT = 0 is not allowed: a number above zero",
    "EXECUTE_TIMOUT = 1": 'settings: unknown EXECUTE_TIMOUT: did you mean "EXECUTE_TIMEOUT"?',
    "EXECUTE_SHELL = 1": "settings: EXECUTE_SHELL = 1 is not allowed: True or False is expected",
    "EXECUTE_WORKERS = 1.5": "EXECUTE_WORKERS = 1.5 is not allowed: a whole number above zero",
    'EXECUTE_ENVIRONMENT = "HOME"': "EXECUTE_ENVIRONMENT = 'HOME' is not allowed: a list of names",
    'EXECUTE_DATASETS = {"u": "../x"}': '"../x" is not in content/data',
    'EXECUTE_CELL_DEFAULTS = {"fig-widht": 6}': 'unknown option "fig-widht": did you mean "fig-wi',
    'EXECUTE_CELL_DEFAULTS = {"label": "a"}': 'option "label": it is for one cell and has no def',
    'EXECUTE_CELL_DEFAULTS = {"fig-width": "6in"}': 'option "fig-width": "6in" is not a number',
    "EXECUTE_CELL_DEFAULTS = 6": 'a dictionary is expected: {"fig-width": 6}',
    "EXECUTE_DATASETS = []": "a dictionary is expected: {url: file in content/data}",
}


@pytest.mark.parametrize(("setting", "message"), SETTINGS.items())
def test_a_bad_setting_is_named_with_what_is_allowed(
    site: Site, setting: str, message: str
) -> None:
    site.settings(setting)
    site.post("bom", GOOD)
    built = site.build()
    assert built.status == 1
    # Pelican's logger breaks lines where the terminal ends.
    assert message in " ".join(built.text.split())
    assert "Traceback" not in built.text
    assert not site.output.exists()


def test_bad_front_matter_is_named_with_its_line(site: Site) -> None:
    site.write("posts/data.md", "Title: Data\nDate: ontem\nExecute: yes\n\nTexto.\n")
    site.write("posts/sim.md", "Title: Sim\nDate: 2020-01-02\nExecute: yess\n\nTexto.\n")
    site.post("bom", GOOD)
    built = site.build()
    assert built.status == 1
    assert "content/posts/data.md:2: front matter: Date: 'ontem' is not a valid date" in built.err
    assert (
        'content/posts/sim.md:3: front matter: Execute: "yess" is not allowed; did you mean "yes"? '
        "Allowed: no, yes\n" in built.err
    )
    assert "tudo bem" in site.page("bom")


def test_a_second_build_waits_for_the_first(site: Site) -> None:
    site.post("lento", "\n```python\nimport time\ntime.sleep(1.5)\nprint('fim')\n```\n")
    first = site.start()
    lock = site.folder / ".cache" / "executable_posts" / "lock"
    wait_until(lock.is_file, lambda: "no lock")
    time.sleep(0.3)
    second = site.build()
    out, _ = first.communicate(timeout=30)
    assert first.returncode == 0
    assert second.status == 0
    assert f"waiting for the build with process id {first.pid}\n" in second.out
    assert "running" in out
    assert "1 post up to date, not run again" in second.out


def test_a_folder_that_cannot_be_written_is_named_and_the_site_is_built(site: Site) -> None:
    site.write("notebooks", "a file where a folder should be")
    site.post("soma", "\n```python\nprint(40 + 2)\n```\n")
    built = site.build()
    assert built.status == 1
    assert "content/notebooks/posts/soma.ipynb: cannot be written: " in built.err
    assert "Traceback" not in built.text
    assert "<pre>42</pre>" in site.page("soma")
