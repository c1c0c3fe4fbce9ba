"""Runs on a real Dask cluster: the same as here, whatever happens to workers and builder."""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from executable_posts.engine import run_all
from executable_posts.errors import Problem, ProblemError
from executable_posts.jobs import Conditions, Job, JobCell, Run, Started
from executable_posts.kernels.inside.plan import Dataset
from executable_posts.packages import versions
from executable_posts.remote import cluster as engine
from executable_posts.remote.cluster import run_all_remote
from executable_posts.remote.contents import engine_digest

from tests.blog import ROOT, Site
from tests.cluster import Cluster, cluster, scheduler, wait_until


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    # The names of sockets are in it, and must be short.
    with (
        tempfile.TemporaryDirectory(prefix="dask-") as scratch,
        cluster(tmp_path_factory.mktemp("cluster"), Path(scratch)) as running,
    ):
        yield running


class Blog:
    """A project with one folder of posts, whose runs go to a cluster."""

    def __init__(self, root: Path, dask: Cluster) -> None:
        self.posts = root / "content" / "posts"
        self.posts.mkdir(parents=True)
        self.dask = dask
        self.started: list[Started] = []
        self.told = root / "told"
        self.told.mkdir()
        self.conditions = Conditions(
            root=root,
            content=root / "content",
            cache=root / ".cache",
            threads=2,
            timezone="America/Sao_Paulo",
            forked=False,
        )

    def job(self, *codes: str, name: str = "x", **asked: float) -> Job:
        cells = tuple(JobCell(code, 10 * place, False, 60) for place, code in enumerate(codes, 1))
        return Job(
            f"content/posts/{name}.md", self.posts, cells, resources=tuple(sorted(asked.items()))
        )

    def results(self, *jobs: Job, patience: float = engine.PATIENCE) -> list[Run | Problem]:
        """What `jobs` gave, in their own order."""
        ran = run_all_remote(
            jobs, self.conditions, self.dask.address, self.started.append, patience
        )
        by_job = dict(ran)
        return [by_job[job] for job in jobs]

    def run(self, *codes: str) -> Run:
        [result] = self.results(self.job(*codes))
        assert isinstance(result, Run), result
        return result

    def problem(self, job: Job, patience: float = engine.PATIENCE) -> str:
        [result] = self.results(job, patience=patience)
        assert isinstance(result, Problem), result
        assert result.path == job.path
        return result.message

    def meeting(self, name: str) -> tuple[str, Path]:
        """Code that tells, in a file outside of the project, which worker runs it; and the file."""
        file = self.dask.scratch / name
        # The parent of a kernel is its supervisor, whose parent is the worker.
        code = (
            "import os, time\nfrom pathlib import Path\n"
            f"file = Path({str(file)!r})\n"
            "again = file.exists()\n"
            "stat = Path(f'/proc/{os.getppid()}/stat').read_text()\n"
            "worker = int(stat.rpartition(')')[2].split()[1])\n"
            "file.with_suffix('.new').write_text(f'{worker} {os.getpid()}')\n"
            "file.with_suffix('.new').replace(file)\n"
        )
        self.conditions = replace(self.conditions, writable=(self.dask.scratch,))
        return code, file


@pytest.fixture
def blog(tmp_path: Path, dask: Cluster) -> Blog:
    return Blog(tmp_path, dask)


def text(run: Run) -> str:
    return "".join(str(output.get("text", "")) for cell in run.cells for output in cell.outputs)


FIGURE = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.show()\nprint('depois')"


def test_a_run_gives_what_it_gives_here(blog: Blog) -> None:
    (blog.posts / "ajuda.py").write_text("import warnings\nvalor = 41\n")
    (blog.posts / "pasta").mkdir()
    (blog.posts / "pasta" / "é.txt").write_text("perto\n", encoding="utf-8")
    data = blog.posts.parent / "data" / "a.csv"
    data.parent.mkdir()
    data.write_bytes(b"1,2")
    url = "https://exemplo.org/a.csv"
    dataset = Dataset(str(data), hashlib.sha256(b"1,2").hexdigest())
    blog.conditions = replace(blog.conditions, datasets={url: dataset})
    job = blog.job(
        "import ajuda\najuda.valor + 1",
        "print(open('pasta/é.txt').read(), open('data/a.csv').read())",
        f"import urllib.request\nurllib.request.urlopen('{url}').read()",
        "import os\nprint(os.getcwd(), os.path.expanduser('~'), os.environ['TZ'])",
        FIGURE,
    )
    [there] = blog.results(job)
    [(_, here)] = run_all([job], blog.conditions, workers=1, progress=lambda _: None)
    assert isinstance(there, Run)
    assert isinstance(here, Run)
    assert [cell.outputs for cell in there.cells] == [cell.outputs for cell in here.cells]
    assert [cell.execution_count for cell in there.cells] == [1, 2, 3, 4, 5]
    assert there.files == here.files
    assert there.modules == here.modules
    assert there.python == here.python
    assert there.packages == versions(here.modules)
    assert there.memory > 0
    assert blog.started == [Started(job.path, 10 * place, place, 5) for place in range(1, 6)]
    assert blog.dask.leftovers() == []


def test_modules_outside_of_content_that_the_last_run_read_travel(
    blog: Blog, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = blog.conditions.root / "lib"
    library.mkdir()
    (library / "modulo.py").write_text("valor = 42\n")
    monkeypatch.setenv("PYTHONPATH", str(library))
    blog.conditions = replace(blog.conditions, environment=("PYTHONPATH",))
    code = "import modulo\nprint(modulo.valor, modulo.__file__)"
    job = replace(blog.job(code), files=("lib/modulo.py", "lib/gone.py"))
    [run] = blog.results(job)
    assert isinstance(run, Run), run
    assert text(run) == "42 /lib/modulo.py\n"
    assert run.files == ("lib/modulo.py",)


def test_what_decides_a_result_comes_from_the_builder(
    blog: Blog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    monkeypatch.setenv("SEGREDO", "x")
    assert text(
        blog.run("import os\nprint(os.environ['KERAS_BACKEND'], 'SEGREDO' in os.environ)")
    ) == ("numpy False\n")
    monkeypatch.delenv("KERAS_BACKEND")
    assert text(blog.run("import os\nprint('KERAS_BACKEND' in os.environ)")) == "False\n"


def test_folders_of_the_workers_machine_are_in_no_output(blog: Blog) -> None:
    code = (
        "import os, sys, numpy, matplotlib\n"
        "print(sys.prefix, numpy.__file__, matplotlib.get_configdir(), os.environ['TMPDIR'])"
    )
    shown = text(blog.run(code))
    for folder in (str(ROOT), str(blog.dask.scratch), sys.prefix):
        assert folder not in shown


def test_a_mistake_in_a_post_is_told_as_it_is_here(blog: Blog) -> None:
    job = blog.job("x = 1", "\nx / 0")
    [there] = blog.results(job)
    [(_, here)] = run_all([job], blog.conditions, workers=1, progress=lambda _: None)
    assert there == here
    assert isinstance(there, Problem)
    assert there.message == "cell 2 of 2: ZeroDivisionError: division by zero"
    assert there.line == 21


@contextmanager
def killer_of_workers(file: Path, times: int) -> Iterator[None]:
    """Kills the worker that tells in `file` that it runs a post, as often as one does."""

    seen = [""]

    def kill() -> None:
        for _ in range(times):
            wait_until(lambda: file.exists() and file.read_text() != seen[-1])
            seen.append(file.read_text())
            os.kill(int(seen[-1].split()[0]), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    yield
    killer.join()


def test_a_run_whose_worker_is_killed_is_tried_again_on_another(blog: Blog) -> None:
    code, file = blog.meeting("killed")
    slow = blog.job(f"{code}if not again: time.sleep(60)\nprint('de novo', again)", name="a")
    others = [blog.job(f"print({number})", name=f"b{number}") for number in range(3)]

    with killer_of_workers(file, 1):
        results = blog.results(slow, *others)
    assert [text(result) for result in results if isinstance(result, Run)] == [
        "de novo True\n",
        "0\n",
        "1\n",
        "2\n",
    ]
    wait_until(lambda: blog.dask.leftovers() == [])


def test_a_post_that_kills_its_workers_is_named_and_no_other(blog: Blog) -> None:
    code, file = blog.meeting("killing")
    bad = blog.job(f"{code}time.sleep(60)", name="a")
    others = [blog.job(f"print({number})", name=f"b{number}") for number in range(4)]
    # Where cells are confined, none can do it by itself. With others twice, and alone twice.
    with killer_of_workers(file, 4):
        killed, *results = blog.results(bad, *others)
    assert killed == Problem(
        "content/posts/a.md",
        "the workers that ran it died, 2 of them: does a cell end processes that are not its own, "
        "or take more than their machine has? Run it here, without EXECUTE_SCHEDULER, to see",
    )
    assert [text(run) for run in results if isinstance(run, Run)] == ["0\n", "1\n", "2\n", "3\n"]
    wait_until(lambda: blog.dask.leftovers() == [])


def test_a_post_runs_where_its_resources_are(blog: Blog) -> None:
    (gpu, gpu_file), (other, other_file) = blog.meeting("gpu"), blog.meeting("other")
    jobs = [blog.job(f"{gpu}time.sleep(1)", name=f"a{number}", GPU=1) for number in range(2)]
    jobs.append(blog.job(other, name="b", GPU=0.5, MEMORY=4))
    results = blog.results(*jobs)
    assert all(isinstance(result, Run) for result in results), results
    assert gpu_file.read_text().split()[0] == other_file.read_text().split()[0]


def test_resources_that_no_worker_has_are_named_after_a_while(blog: Blog) -> None:
    possible = blog.job("print(1)", name="a")
    begin = time.monotonic()
    ran, missing, too_much = blog.results(
        possible,
        blog.job("1", name="b", TPU=1),
        blog.job("1", name="c", GPU=2, MEMORY=1),
        patience=2,
    )
    assert time.monotonic() - begin > 2
    assert isinstance(ran, Run)
    assert missing == Problem(
        "content/posts/b.md",
        "did not run: no worker has TPU=1; start one with `invoke worker ADDRESS --resources "
        '"TPU=1"`, or change Resources in its front matter',
    )
    assert isinstance(too_much, Problem)
    assert "no worker has GPU=2; start one" in too_much.message


def test_a_worker_that_comes_later_is_waited_for_and_one_that_is_stopped_hands_over(
    blog: Blog,
) -> None:
    code, file = blog.meeting("later")
    job = blog.job(f"{code}if not again: time.sleep(60)\nprint(again)", LATER=1)
    results: list[Run | Problem] = []
    waiting = threading.Thread(target=lambda: results.extend(blog.results(job, patience=30)))
    waiting.start()
    with blog.dask.worker("--runs", "2", "--resources", "LATER=1") as first:
        wait_until(file.exists)
        kernel = int(file.read_text().split()[1])
        first.send_signal(signal.SIGINT)
        first.wait(20)
        wait_until(lambda: gone([kernel]), 5)
    with blog.dask.worker("--resources", "LATER=1"):
        waiting.join()
    assert [text(run) for run in results if isinstance(run, Run)] == ["True\n"]


def test_a_cluster_without_workers_is_told(tmp_path: Path) -> None:
    with scheduler(tmp_path, tmp_path) as empty:
        alone = Blog(tmp_path, empty)
        assert alone.problem(alone.job("1"), patience=1) == (
            "did not run: no worker is connected to the scheduler; "
            "start one with `invoke worker ADDRESS`"
        )


def test_a_scheduler_that_cannot_be_reached_is_told(
    blog: Blog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_CONNECT", 1.0)
    with pytest.raises(ProblemError) as caught:
        list(run_all_remote([blog.job("1")], blog.conditions, "tcp://127.0.0.1:9", print))
    assert str(caught.value) == (
        'settings: EXECUTE_SCHEDULER = "tcp://127.0.0.1:9": no scheduler can be reached there '
        "(OSError: Timed out trying to connect to tcp://127.0.0.1:9 after 1 s); start one with "
        "`dask scheduler`, or remove the setting to run posts on this machine"
    )


def test_a_scheduler_with_certificates_and_none_here_is_told(blog: Blog) -> None:
    address = blog.dask.address.replace("tcp:", "tls:")
    with pytest.raises(ProblemError) as caught:
        list(run_all_remote([blog.job("1")], blog.conditions, address, print))
    assert f'EXECUTE_SCHEDULER = "{address}": no scheduler can be reached' in str(caught.value)


def test_nothing_is_left_of_a_client_that_could_not_connect(blog: Blog) -> None:
    """Else it is collected while another starts, and both wait for each other."""
    address = blog.dask.address.replace("tcp:", "tls:")
    before = set(threading.enumerate())
    for _ in range(3):
        with pytest.raises(ProblemError):
            list(run_all_remote([blog.job("1")], blog.conditions, address, print))
    assert [one.name for one in set(threading.enumerate()) - before if one.name == "IO loop"] == []


def test_a_scheduler_that_goes_away_is_told(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="dask-") as scratch:
        with cluster(tmp_path, Path(scratch)) as running:
            blog = Blog(tmp_path / "blog", running)
            code, file = blog.meeting("lost")
            results = run_all_remote(
                [blog.job(f"{code}time.sleep(60)", name=name) for name in "ab"],
                blog.conditions,
                running.address,
                lambda _: None,
            )

            def kill() -> None:
                wait_until(file.exists)
                running.kill_scheduler()

            threading.Thread(target=kill).start()
            found = [result for _, result in results]
        assert found == [
            Problem(
                f"content/posts/{name}.md",
                "did not run: the connection to the scheduler was lost",
            )
            for name in "ab"
        ]


MISSING = """
import sys
sys.modules["distributed"] = None
sys.path.insert(0, sys.argv[1])
from executable_posts.errors import ProblemError
from executable_posts.remote.cluster import run_all_remote
try:
    list(run_all_remote([], None, "tcp://127.0.0.1:9", print))
except ProblemError as error:
    print(error)
"""


def test_how_to_install_dask_is_told() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MISSING, ROOT / "plugins"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (
        "settings: EXECUTE_SCHEDULER needs the module distributed, which is not installed: "
        "`pip install --require-hashes -r requirements-dask.txt`\n"
    )


def test_a_worker_of_another_version_refuses(blog: Blog, monkeypatch: pytest.MonkeyPatch) -> None:
    here = engine_digest()
    monkeypatch.setattr(engine, "engine_digest", lambda: "0123456789abcdef")
    message = blog.problem(blog.job("1"))
    assert message.startswith("the worker at tcp://127.0.0.1:")
    assert message.endswith(
        f"has another version of this blog's plugin ({here[:8]}, here it is 01234567); bring its "
        "clone up to date and start it again"
    )


def test_a_worker_without_the_plugin_is_told(blog: Blog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_CALL", engine._CALL.replace("executable_posts", "not_there"))
    assert blog.problem(blog.job("1")) == (
        "did not run: a worker lacks what runs posts (ModuleNotFoundError: No module named "
        "'not_there'); start workers with `invoke worker ADDRESS` in a clone of the blog"
    )


def test_an_answer_that_is_none_is_told(blog: Blog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_CALL", "b'{}'")
    assert blog.problem(blog.job("1")) == "did not run: the cluster failed (KeyError: 'metadata')"


def test_a_file_that_cannot_be_read_is_named(blog: Blog) -> None:
    (blog.posts / "ruim").symlink_to("/proc/self/mem")
    assert blog.problem(blog.job("1")) == ("content/posts/ruim cannot be read: Input/output error")


def gone(pids: Sequence[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_when_the_caller_stops_all_runs_are_ended(blog: Blog) -> None:
    meetings = [blog.meeting(f"stop{number}") for number in range(2)]
    jobs = [
        blog.job(f"{code}time.sleep(60)", name=f"a{number}")
        for number, (code, _) in enumerate(meetings)
    ]
    quick = blog.job("1", name="b")
    ran = run_all_remote([quick, *jobs], blog.conditions, blog.dask.address, lambda _: None)
    assert isinstance(ran, Generator)
    with closing(ran) as results:
        assert next(results)[0] == quick
        wait_until(lambda: all(file.exists() for _, file in meetings))
        begin = time.monotonic()
    assert time.monotonic() - begin < 1
    kernels = [int(file.read_text().split()[1]) for _, file in meetings]
    wait_until(lambda: gone(kernels), 5)
    wait_until(lambda: blog.dask.leftovers() == [], 5)
    assert text(blog.run("print('vivo')")) == "vivo\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_build_goes_to_the_cluster_and_is_stopped_there(
    site: Site, dask: Cluster, number: signal.Signals
) -> None:
    told = dask.scratch / f"build-{number}"
    site.settings(
        f"EXECUTE_SCHEDULER = {dask.address!r}\nEXECUTE_WRITABLE = [{str(dask.scratch)!r}]\n"
    )
    site.post(
        "longo",
        f"""
        ```python
        import os, time
        with open({str(told)!r}, 'w') as file: file.write(str(os.getpid()))
        time.sleep(60)
        ```
        """,
    )
    process = site.start()
    assert process.stdout
    assert process.stdout.readline().startswith("running content/posts/longo.md (1 cell)")
    wait_until(lambda: told.exists() and told.read_text())
    begin = time.monotonic()
    process.send_signal(number)
    out, _ = process.communicate(timeout=20)
    assert time.monotonic() - begin < 3
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "interrupted: 1 post was not run; no kernel is left" in " ".join(out.split())
    wait_until(lambda: gone([int(told.read_text())]), 5)
    wait_until(lambda: dask.leftovers() == [], 5)


def test_a_build_on_the_cluster_is_as_one_here(site: Site, dask: Cluster) -> None:
    site.post("lista", "\n```python\nlist(range(3))\n```\n", head="Resources: GPU=1\n")
    site.post("soma", "\n```python\nprint(6 * 7)\n```\n")
    site.settings(f"EXECUTE_SCHEDULER = {dask.address!r}")
    built = site.build()
    assert built.status == 0, built.text
    assert "<pre>42</pre>" in site.page("soma")
    before = {name: site.notebook(name).read_bytes() for name in ("lista", "soma")}
    site.settings("")
    assert site.build_all_again().status == 0
    assert {name: site.notebook(name).read_bytes() for name in before} == before
