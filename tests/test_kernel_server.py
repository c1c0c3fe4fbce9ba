"""Kernel servers: what a fork would get wrong, each trap of DESIGN.md §9, and how servers end."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from executable_posts.engine import Stop, run_all, run_stoppable
from executable_posts.errors import Problem
from executable_posts.jobs import Conditions, Job, Run
from executable_posts.kernels.kernel import Kernel
from executable_posts.kernels.server import AVAILABLE, KernelServer, ServerUnavailable
from executable_posts.packages import versions
from executable_posts.run import environment, run
from executable_posts.servers import Servers

from tests.blog import ROOT
from tests.running import Bench

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="kernels are forked on Linux alone")

EVERYTHING = ("scipy", "PIL.Image", "matplotlib.pyplot", "pandas", "sklearn", "tensorflow", "keras")


class Forked(Bench):
    """Runs of cells in kernels of one server, and in plain ones beside them."""

    def __init__(self, root: Path, cache: Path, server: KernelServer | None) -> None:
        super().__init__(root, cache, None)
        self.server = server

    def ran(self, *codes: str, plain: bool = False, begun: Callable[[Kernel], object] = id) -> Run:
        server = None if plain else self.server
        result = run(self.job(*codes), self.conditions, server, lambda _: None, begun)
        assert isinstance(result, Run), f"{result}\n{result.details}"
        return result

    def printed(self, *codes: str, plain: bool = False) -> str:
        outputs = self.ran(*codes, plain=plain).cells[-1].outputs
        return "".join(str(output["text"]) for output in outputs if output.get("name") == "stdout")


def like(conditions: Conditions) -> dict[str, str]:
    return environment(conditions, Path("/home"))


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forked]:
    """Kernels of a server that starts within a second."""
    yield from served(tmp_path_factory, ("numpy", "matplotlib.pyplot"))


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forked]:
    """Kernels of a server that has imported all that servers ever import."""
    yield from served(tmp_path_factory, EVERYTHING)


def served(factory: pytest.TempPathFactory, modules: tuple[str, ...]) -> Iterator[Forked]:
    bench = Forked(factory.mktemp("site"), factory.mktemp("cache"), None)
    with closing(KernelServer(modules, like(bench.conditions))) as server:
        server.wait_until_ready()
        bench.server = server
        yield bench


@pytest.fixture
def fresh(tmp_path: Path, run_cache: Path) -> Iterator[Forked]:
    """Kernels of a server that a test may end."""
    bench = Forked(tmp_path, run_cache, None)
    with closing(KernelServer(("numpy",), like(bench.conditions))) as server:
        server.wait_until_ready()
        bench.server = server
        yield bench


def pid_of(server: KernelServer | None) -> int:
    assert server is not None
    return server._process.pid


def test_a_figure_is_shown_though_pyplot_was_imported_in_the_server(light: Forked) -> None:
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nplt.plot([2, 1])"
    outputs = light.ran(code).cells[0].outputs
    assert ["image/png" in output.get("data", ()) for output in outputs] == [True, False, True]


def test_random_numbers_are_each_kernels_own(light: Forked) -> None:
    code = (
        "import random, uuid, tempfile, multiprocessing, numpy as np\n"
        "print(random.random(), np.random.rand(), np.random.default_rng().random(), uuid.uuid4(),\n"
        "      bytes(multiprocessing.current_process().authkey).hex(), sep='\\n')"
    )
    first, second, third = (light.printed(code).split() for _ in range(3))
    for numbers in zip(first, second, third, strict=True):
        assert len(set(numbers)) == 3


def test_hashes_are_the_same_in_all(light: Forked) -> None:
    code = "print(hash('a'), {'x', 'y', 'z'})"
    assert light.printed(code) == light.printed(code) == light.printed(code, plain=True)


@pytest.mark.slow
def test_weights_and_noise_without_a_seed_are_each_kernels_own(heavy: Forked) -> None:
    code = (
        "import keras, tensorflow as tf\n"
        "layer = keras.layers.Dense(1); layer.build((None, 1))\n"
        "print(layer.get_weights()[0].item(), tf.random.uniform(()).numpy(),\n"
        "      keras.random.uniform(()).numpy(), tf.random.Generator.from_non_deterministic_state()"
        ".uniform(()).numpy(), sep='\\n')"
    )
    first, second = (heavy.printed(code).split() for _ in range(2))
    assert len(first) == 4
    for one, other in zip(first, second, strict=True):
        assert one != other


@pytest.mark.slow
def test_fit_works_in_thirty_kernels_one_after_another(heavy: Forked) -> None:
    code = (
        "import keras, numpy as np\n"
        "keras.utils.set_random_seed(1)\n"
        "model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "x = np.ones((4, 2))\n"
        "print(model.fit(x, x[:, :1], verbose=0).history['loss'])"
    )
    assert len({heavy.printed(code) for _ in range(30)}) == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (
            "import tensorflow as tf; tf.constant(1)",
            "an import ran a TensorFlow operation, after which `fit` would hang",
        ),
        (
            "import threading, time\n"
            "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
            "importing culpado starts threads, which a fork does not copy",
        ),
        ("raise SystemExit('nada feito')", "nada feito"),
    ],
    ids=["operation", "threads", "exit"],
)
@pytest.mark.slow
def test_it_refuses_what_cannot_be_forked(
    tmp_path: Path, run_cache: Path, code: str, reason: str
) -> None:
    bench = Forked(tmp_path, run_cache, None)
    (tmp_path / "culpado.py").write_text(code)
    where = like(bench.conditions) | {"PYTHONPATH": str(tmp_path)}
    with closing(KernelServer(("culpado",), where)) as server:
        with pytest.raises(ServerUnavailable) as refused:
            server.wait_until_ready()
        assert str(refused.value) == reason
        # And a run that wants a kernel of it is told so, and has a plain one.
        with pytest.raises(ServerUnavailable):
            run(bench.job("1"), bench.conditions, server, lambda _: None, lambda _: None)


def test_a_package_that_is_not_there_keeps_nobody_from_serving(
    tmp_path: Path, run_cache: Path
) -> None:
    bench = Forked(tmp_path, run_cache, None)
    with closing(KernelServer(("nada_que_exista",), like(bench.conditions))) as server:
        server.wait_until_ready()
        bench.server = server
        assert bench.printed("print(1)") == "1\n"


def test_where_servers_refuse_kernels_are_plain(
    tmp_path: Path, run_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif 'forking' in ' '.join(sys.orig_argv): raise SystemExit('não')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    bench = Forked(tmp_path, run_cache, None)
    conditions = replace(bench.conditions, environment=("PYTHONPATH",))
    jobs = [bench.job("import numpy\nprint(1)", name=name) for name in "ab"]
    refused = 0
    with closing(Servers(jobs, conditions)) as servers:
        for future in servers.starting:
            refused += future.result() is None
        assert [servers.server_for(job) for job in jobs] == [None, None]
    assert refused == 1
    results = dict(run_all(jobs, conditions, workers=2, progress=lambda _: None))
    assert all(isinstance(results[job], Run) for job in jobs)


@pytest.mark.parametrize(
    "variable",
    ["KERAS_BACKEND", "TF_ENABLE_ONEDNN_OPTS", "MPLBACKEND", "OMP_NUM_THREADS", "MPLCONFIGDIR"],
)
def test_another_environment_is_another_servers(fresh: Forked, variable: str) -> None:
    server = fresh.server
    assert server is not None
    same = like(fresh.conditions) | {"HOME": "/elsewhere", "TMPDIR": "/elsewhere/tmp"}
    assert server.serves(same)
    assert not server.serves(same | {variable: "outra coisa"})
    assert not server.serves({name: same[name] for name in same if name != "OMP_NUM_THREADS"})


def test_a_run_in_another_environment_is_not_served(fresh: Forked) -> None:
    conditions = replace(fresh.conditions, threads=1)
    with pytest.raises(ServerUnavailable, match="imported in another environment"):
        run(fresh.job("1"), conditions, fresh.server, lambda _: None, lambda _: None)


@pytest.mark.parametrize("name", ["matplotlibrc", "numpy.py", "keras", "sklearn.py"])
def test_what_shadows_a_package_beside_a_post_gives_a_plain_kernel(
    tmp_path: Path, run_cache: Path, name: str
) -> None:
    bench = Forked(tmp_path, run_cache, None)
    jobs = [bench.job("import numpy", name=letter) for letter in "ab"]
    (bench.posts / name).write_text("")
    with closing(Servers(jobs, bench.conditions)) as servers:
        assert [servers.server_for(job) for job in jobs] == [None, None]


IMPORTS = [
    "import numpy",
    pytest.param(
        "import matplotlib",
        marks=pytest.mark.xfail(reason="what pyplot imports counts as what Matplotlib does"),
    ),
    "import matplotlib.pyplot",
    "import pandas",
    "import sklearn",
    "import scipy",
    "from PIL import Image",
    "import tensorflow",
    "import keras",
    "from tensorflow.keras.utils import to_categorical",
    "import importlib; importlib.import_module('numpy')",
    "import json, ajuda",
    "import importlib.util; importlib.util.find_spec('keras'); import keras; keras.layers.Dense(1)",
]


@pytest.mark.slow
@pytest.mark.parametrize("statement", IMPORTS)
def test_a_post_has_the_modules_that_it_imports_and_no_others(
    heavy: Forked, statement: str
) -> None:
    (heavy.posts / "ajuda.py").write_text("valor = 1\n")
    heavy_ones = {"numpy", "scipy", "PIL", "matplotlib", "pandas", "sklearn", "tensorflow", "keras"}
    show = f"import sys\nprint(sorted({heavy_ones!r} & set(sys.modules)))"
    forked, plain = heavy.ran(statement, show), heavy.ran(statement, show, plain=True)
    assert versions(forked.modules) == versions(plain.modules)
    assert ("ajuda" in forked.modules) == ("ajuda" in plain.modules)
    assert forked.cells[1].outputs[0]["text"] == plain.cells[1].outputs[0]["text"]
    assert forked.files == plain.files


@pytest.mark.slow
def test_keras_keeps_files_in_the_home_of_the_run(heavy: Forked) -> None:
    code = (
        "import os, pathlib, keras\n"
        "pathlib.Path('x.txt').write_text('x')\n"
        "url = pathlib.Path('x.txt').resolve().as_uri()\n"
        "print(os.path.relpath(keras.utils.get_file('x.txt', url), os.path.expanduser('~')))"
    )
    assert heavy.printed(code).splitlines()[-1] == ".keras/datasets/x.txt"
    assert heavy.printed(code, plain=True).splitlines()[-1] == ".keras/datasets/x.txt"


@pytest.mark.slow
def test_what_libraries_log_goes_where_it_goes_in_a_plain_kernel(heavy: Forked) -> None:
    code = "import tensorflow as tf\ntf.get_logger().warning('visto')\ntf.get_logger().info('lido')"
    assert heavy.printed(code) == heavy.printed(code, plain=True)
    assert "visto" in heavy.printed(code)


def test_temporary_files_are_the_runs_own(light: Forked) -> None:
    assert light.printed("import tempfile\nprint(tempfile.gettempdir())") == "~/tmp\n"


def test_processes_that_are_spawned_find_what_lies_beside_the_post(light: Forked) -> None:
    (light.posts / "vizinho.py").write_text("def dobro(x): return 2 * x\n")
    code = (
        "import multiprocessing, vizinho\n"
        "with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "    print(pool.map(vizinho.dobro, [1, 2]))"
    )
    assert light.printed(code) == "[2, 4]\n"


def test_the_secrets_of_the_builder_are_not_in_the_servers_environment(
    tmp_path: Path, run_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "segredo-do-construtor")
    bench = Forked(tmp_path, run_cache, None)
    with closing(KernelServer((), like(bench.conditions))) as server:
        server.wait_until_ready()
        bench.server = server
        environ = Path(f"/proc/{pid_of(server)}/environ").read_bytes()
        assert b"PYTHONHASHSEED=0" in environ
        assert b"segredo-do-construtor" not in environ
        code = "import os\nprint(any('segredo' in value for value in os.environ.values()))"
        assert bench.printed(code) == "False\n"


def descriptors(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def test_thirty_kernels_leave_no_descriptor_and_no_process(fresh: Forked) -> None:
    fresh.ran("1")
    server = pid_of(fresh.server)
    before = descriptors(os.getpid()), descriptors(server)
    for _ in range(30):
        fresh.ran("1")
    assert (descriptors(os.getpid()), descriptors(server)) <= before
    assert descriptors(server) <= before[1]
    eventually(lambda: not children(server))


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


def test_a_kernel_is_killed_through_its_socket(fresh: Forked) -> None:
    result = run(
        fresh.job("import time\ntime.sleep(60)"),
        fresh.conditions,
        fresh.server,
        lambda _: None,
        lambda kernel: kernel.kill(),
    )
    assert isinstance(result, Problem)
    assert "SIGKILL" in result.message or "did not start" in result.message
    assert fresh.printed("print(1)") == "1\n"


def test_nobody_in_the_builder_knows_the_process_of_a_forked_kernel(fresh: Forked) -> None:
    """What has no process id cannot be signalled by one that another process has by then."""
    known: list[object] = []
    fresh.ran("1", begun=lambda kernel: known.append(vars(kernel._process)["_supervisor"]))
    assert known == [None]


def test_a_server_that_was_killed_leaves_kernels_alone_and_later_ones_are_plain(
    fresh: Forked,
) -> None:
    def kill(_: object) -> None:
        os.kill(pid_of(fresh.server), signal.SIGKILL)

    assert fresh.ran("import time; time.sleep(0.5)", "1 + 1", begun=kill).cells[1].outputs
    with pytest.raises(ServerUnavailable):
        fresh.ran("1")
    result = run_stoppable(fresh.job("1"), fresh.conditions, fresh.server, lambda _: None, Stop())
    assert isinstance(result, Run)


def test_closing_ends_it_and_removes_its_folder(fresh: Forked) -> None:
    server = fresh.server
    assert server is not None
    folder = Path(server._home)
    assert folder.is_dir()
    server.close()
    assert not folder.exists()
    assert server._process.returncode is not None


BUILDER = """
import sys, time
sys.path[:0] = [{plugins!r}, {root!r}]
from pathlib import Path
from executable_posts.kernels.server import KernelServer
from executable_posts.run import run
from tests.running import Bench
from tests.test_kernel_server import like

bench = Bench(Path({folder!r}), Path({folder!r}) / "cache", None)
server = KernelServer(("numpy",), like(bench.conditions))
server.wait_until_ready()
print(server._process.pid, server._home, flush=True)
code = '''
import subprocess, sys, time
for _ in range(50):
    subprocess.Popen(["setsid", "sleep", "4247"])
open("pronto", "w").close()
time.sleep(600)
'''
run(bench.job(code, timeout=600), bench.conditions, server, lambda _: None, lambda _: None)
"""


def test_nothing_is_left_once_the_builder_was_killed(tmp_path: Path) -> None:
    # Not below tmp_path: the sockets of kernels are in it, and their names must be short.
    scratch = Path(tempfile.mkdtemp(prefix="builder-"))
    program = BUILDER.format(
        plugins=str(ROOT / "plugins"), root=str(ROOT), folder=str(tmp_path / "site")
    )
    builder = subprocess.Popen(
        [sys.executable, "-c", dedent(program)],
        env=os.environ | {"TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert builder.stdout is not None
        pid, home = builder.stdout.readline().split()
        eventually(lambda: len(sleepers()) == 50)
    finally:
        builder.kill()
        builder.communicate()
    eventually(lambda: not sleepers())
    eventually(lambda: not Path(f"/proc/{pid}").exists())
    eventually(lambda: not Path(home).exists())
    eventually(lambda: not any(scratch.iterdir()))
    scratch.rmdir()


def sleepers() -> list[str]:
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                if (process / "cmdline").read_bytes().split(b"\0")[:2] == [b"sleep", b"4247"]:
                    found.append(process.name)
            except OSError:
                continue
    return found


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not become true"
        time.sleep(0.05)


def test_a_quick_job_does_not_wait_for_the_slow_server(tmp_path: Path, run_cache: Path) -> None:
    bench = Forked(tmp_path, run_cache, None)
    quick = [bench.job("import numpy", name=f"rapido{number}") for number in range(2)]
    alone = bench.job("x = 1", name="sem")
    slow = [bench.job("import keras", name=f"lento{number}") for number in range(2)]
    jobs: list[Job] = [*slow, *quick, alone]
    with closing(Servers(jobs, bench.conditions)) as servers:
        assert not servers.ready_for(slow[0])
        eventually(lambda: servers.ready_for(quick[0]))
        assert servers.server_for(quick[0]) is not None
        assert servers.ready_for(alone)
        assert not servers.ready_for(slow[0])


def test_without_leave_there_is_no_server(tmp_path: Path, run_cache: Path) -> None:
    bench = Forked(tmp_path, run_cache, None)
    jobs = [bench.job("import numpy", name=name) for name in "ab"]
    with closing(Servers(jobs, replace(bench.conditions, forked=False))) as servers:
        assert not servers.starting
        assert [servers.server_for(job) for job in jobs] == [None, None]
