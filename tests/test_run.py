"""Running cells in real kernels: nothing lost, nothing let in, nothing left."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from executable_posts.engine import run_all
from executable_posts.errors import Problem
from executable_posts.jobs import Job, JobCell, Run, Started
from executable_posts.kernels.inside.confinement import protects_files
from executable_posts.kernels.inside.plan import Dataset

from tests.running import Bench


def test_posts_are_run_side_by_side_and_each_is_told_when_it_ends(bench: Bench) -> None:
    jobs = [bench.job(f"print({number})", name=str(number)) for number in range(3)]
    ran = dict(run_all(jobs, bench.conditions, workers=2, progress=bench.started.append))
    assert set(ran) == set(jobs)
    for number, job in enumerate(jobs):
        result = ran[job]
        assert isinstance(result, Run)
        assert result.cells[0].outputs[0]["text"] == f"{number}\n"


def test_cells_share_one_kernel_and_posts_do_not(bench: Bench) -> None:
    first = bench.job("x = 1", "x + 1", name="a")
    second = bench.job("x", name="b")
    ran, failed = bench.results(first, second)
    assert isinstance(ran, Run)
    assert ran.cells[1].outputs[0]["data"]["text/plain"] == "2"
    assert isinstance(failed, Problem)
    assert failed.message == "cell 1 of 1: NameError: name 'x' is not defined"


def test_no_output_is_lost_however_many_there_are(bench: Bench) -> None:
    code = "from IPython.display import display\nfor i in range(5000): display(i)"
    [cell] = bench.outputs(code)
    assert [output["data"]["text/plain"] for output in cell.outputs] == list(map(str, range(5000)))


def test_a_million_characters_of_print_arrive_in_one_piece(bench: Bench) -> None:
    [cell] = bench.outputs("for i in range(100_000): print(i)")
    assert [output["text"] for output in cell.outputs] == [
        "".join(f"{i}\n" for i in range(100_000))
    ]


def test_what_is_printed_after_a_figure_stands_after_it(bench: Bench) -> None:
    code = (
        "import matplotlib.pyplot as plt\n"
        "print('antes'); plt.plot([1]); plt.show(); print('depois')"
    )
    [cell] = bench.outputs(code)
    kinds = [output["output_type"] for output in cell.outputs]
    assert kinds == ["stream", "display_data", "stream"]
    assert cell.outputs[0]["text"] == "antes\n"
    assert cell.outputs[2]["text"] == "depois\n"


def test_display_updates_and_clears_leave_the_last_state(bench: Bench) -> None:
    first, second = bench.outputs(
        "from IPython.display import HTML, clear_output, display\n"
        "handle = display(HTML('<b>1</b>'), display_id=True)\nhandle.update(HTML('<b>2</b>'))",
        "for i in range(3):\n    clear_output(wait=True)\n    print(i)",
    )
    assert [output["data"]["text/html"] for output in first.outputs] == ["<b>2</b>"]
    assert [output["text"] for output in second.outputs] == ["2\n"]


def test_output_written_past_python_arrives(bench: Bench) -> None:
    assert bench.text("import os\nos.write(1, b'direto\\n')\nos.system('echo shell');") == (
        "direto\nshell\n"
    )


def test_no_secret_reaches_a_post(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "segredo")
    monkeypatch.setenv("TF_VAR_password", "segredo")  # Terraform's, not TensorFlow's
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setenv("PASSES", "sim")
    names = bench.text("import os\nprint(*sorted(os.environ))").split()
    assert not {"GITHUB_TOKEN", "TF_VAR_password"} & set(names)
    assert "TF_ENABLE_ONEDNN_OPTS" in names
    assert "PASSES" in names
    code = (
        "import os\nfrom pathlib import Path\nseen = []\n"
        "for process in Path('/proc').iterdir():\n"
        "    try: seen.append(b'segredo' in (process / 'environ').read_bytes())\n"
        "    except OSError: pass\n"
        "print(any(seen))"
    )
    assert bench.text(code) == "False\n"


def test_threads_hash_seed_locale_and_time_zone_are_fixed(bench: Bench) -> None:
    code = (
        "import os, time\n"
        "print(os.environ['OMP_NUM_THREADS'], os.environ['TF_NUM_INTRAOP_THREADS'])\n"
        "print(hash('a') == hash('a'), os.environ['PYTHONHASHSEED'], os.environ['LC_ALL'])\n"
        "print(time.tzname[0])"
    )
    assert bench.text(code) == "2 2\nTrue 0 C.UTF-8\n-03\n"


def test_automagic_is_off(bench: Bench) -> None:
    [result] = bench.results(bench.job("pip install nada"))
    assert isinstance(result, Problem)
    assert result.message == "cell 1 of 1: SyntaxError: invalid syntax"


def test_a_cell_that_may_raise_lets_the_run_go_on(bench: Bench) -> None:
    run = bench.run("1 / 0", "'depois'", may_raise=True)
    assert run.cells[0].outputs[0]["ename"] == "ZeroDivisionError"
    assert run.cells[1].outputs[0]["data"]["text/plain"] == "'depois'"


def test_a_recursion_is_told_in_few_lines(bench: Bench) -> None:
    [result] = bench.results(bench.job("def f():\n    return f()\nf()"))
    assert isinstance(result, Problem)
    assert result.message.startswith("cell 1 of 1: RecursionError: maximum recursion depth")
    assert "frames more …" in result.details
    assert len(result.details.splitlines()) < 20


def test_files_beside_the_post_and_data_are_found_as_in_a_notebook(bench: Bench) -> None:
    (bench.posts / "perto.txt").write_text("perto")
    (bench.posts / "outro.md").write_text("não")
    (bench.root / "content" / "data").mkdir()
    (bench.root / "content" / "data" / "dados.txt").write_text("dados")
    code = (
        "from pathlib import Path\n"
        "for name in ('perto.txt', '../data/dados.txt', 'data/dados.txt'):\n"
        "    print(Path(name).read_text())\n"
        "print(Path('outro.md').exists())"
    )
    run = bench.run(code)
    assert run.cells[0].outputs[0]["text"] == "perto\ndados\ndados\nFalse\n"
    assert run.files == ("content/data/dados.txt", "content/posts/perto.txt")


@pytest.mark.skipif(not protects_files(), reason="without Landlock it is a copy")
def test_a_large_file_is_read_where_it_is_and_cannot_be_written(bench: Bench) -> None:
    large = bench.posts / "grande.bin"
    with large.open("wb") as file:
        file.truncate(20 << 20)
    run = bench.run(
        "import os\nprint(os.path.getsize('grande.bin'), os.path.islink('grande.bin'))\n"
    )
    assert run.cells[0].outputs[0]["text"] == f"{20 << 20} True\n"
    run = bench.run("print(len(open('grande.bin', 'rb').read()))")
    assert run.files == ("content/posts/grande.bin",)
    assert "PermissionError" in bench.problem("open('grande.bin', 'wb')")
    assert large.stat().st_size == 20 << 20


def test_files_of_the_project_outside_of_content_are_known_too(bench: Bench) -> None:
    (bench.root / "lib").mkdir()
    (bench.root / "lib" / "ajuda.py").write_text("valor = 1\n")
    folder = str(bench.root / "lib")
    run = bench.run(f"import sys\nsys.path.insert(0, {folder!r})\nimport ajuda")
    assert run.files == ("lib/ajuda.py",)


def test_modules_that_are_imported_are_known(bench: Bench) -> None:
    (bench.posts / "ajuda.py").write_text("import json\nvalor = 1\n")
    run = bench.run("import ajuda, numpy")
    assert {"ajuda", "numpy"} <= set(run.modules)
    assert "json" not in run.modules
    assert run.files == ("content/posts/ajuda.py",)


def test_folders_of_the_machine_are_in_no_output(bench: Bench) -> None:
    code = (
        "import os, sys, warnings\n"
        "print(os.getcwd(), os.path.expanduser('~'))\n"
        "os.path.abspath('x')\n"
    )
    [cell] = bench.outputs(code)
    assert cell.outputs[0]["text"] == ". ~\n"
    assert cell.outputs[1]["data"]["text/plain"] == "'./x'"


DATASETS = (
    "import hashlib, urllib.request\n"
    "content = urllib.request.urlopen('https://exemplo.org/a.csv').read()\n"
    "print(content.decode())\n"
    "name, _ = urllib.request.urlretrieve('https://exemplo.org/a.csv')\n"
    "print(open(name).read())\n"
)


def test_a_dataset_answers_for_its_url(bench: Bench) -> None:
    file = bench.root / "content" / "data" / "a.csv"
    file.parent.mkdir()
    file.write_bytes(b"1,2")
    known = Dataset(str(file), hashlib.sha256(b"1,2").hexdigest())
    [result] = bench.results(bench.job(DATASETS), datasets={"https://exemplo.org/a.csv": known})
    assert isinstance(result, Run), result
    assert result.cells[0].outputs[0]["text"] == "1,2\n1,2\n"
    assert result.files == ("content/data/a.csv",)


def test_a_dataset_that_is_not_the_recorded_one_is_refused(bench: Bench) -> None:
    file = bench.root / "content" / "data" / "a.csv"
    file.parent.mkdir()
    file.write_bytes(b"1,2,3")
    known = Dataset(str(file), hashlib.sha256(b"1,2").hexdigest())
    [result] = bench.results(bench.job(DATASETS), datasets={"https://exemplo.org/a.csv": known})
    assert isinstance(result, Problem)
    assert result.message == (
        "cell 1 of 1: OSError: a.csv, which answers for https://exemplo.org/a.csv, is not the "
        "file recorded in SHA256SUMS beside it"
    )


def test_progress_names_each_cell_as_it_begins(bench: Bench) -> None:
    bench.run("1", "2")
    assert bench.started == [
        Started("content/posts/x.md", 10, 1, 2),
        Started("content/posts/x.md", 20, 2, 2),
    ]


def test_what_a_cell_starts_ends_with_its_kernel(bench: Bench) -> None:
    code = (
        "import subprocess\n"
        "for _ in range(10):\n"
        "    subprocess.Popen(['setsid', 'sh', '-c', 'sleep 4243 & sleep 4243'])\n"
    )
    bench.run(code)
    assert not any(b"4243" in command for command in command_lines())


def command_lines() -> Iterator[bytes]:
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                yield (process / "cmdline").read_bytes()
            except OSError:
                continue


def test_many_runs_leave_no_descriptor_behind(bench: Bench) -> None:
    bench.run("1")
    before = descriptors()
    for _ in range(5):
        bench.run("1")
    assert descriptors() <= before


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.slow
def test_keras_loads_its_dataset_from_the_blog_and_says_nothing_of_a_download(
    bench: Bench,
) -> None:
    import numpy as np

    file = bench.root / "content" / "data" / "mini.npz"
    file.parent.mkdir()
    digits = np.arange(4, dtype="uint8")
    np.savez(file, x_train=digits, y_train=digits, x_test=digits, y_test=digits)
    url = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
    known = Dataset(str(file), hashlib.sha256(file.read_bytes()).hexdigest())
    code = (
        "from keras.datasets import mnist\n"
        "(x_train, y_train), (x_test, y_test) = mnist.load_data()\n"
        "print(x_train.tolist())\n"
    )
    [result] = bench.results(bench.job(code), datasets={url: known})
    assert isinstance(result, Run), result
    shown = [output for output in result.cells[0].outputs if output.get("name") != "stderr"]
    assert [output["text"] for output in shown] == ["[0, 1, 2, 3]\n"]
    assert result.files == ("content/data/mini.npz",)


@pytest.mark.skipif(sys.platform != "linux", reason="subreapers are Linux's")
def test_a_kernel_that_ignores_signals_is_killed(bench: Bench) -> None:
    code = (
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "while True:\n    try: time.sleep(4244)\n    except BaseException: pass\n"
    )
    job = Job("content/posts/x.md", bench.posts, (JobCell(code, 10, False, 0.5),))
    [result] = bench.results(job)
    assert isinstance(result, Problem)
    assert result.message.startswith("cell 1 of 1: did not end within 0.5 s")


def test_the_name_of_a_temporary_file_is_no_output(bench: Bench) -> None:
    from executable_posts.outputs import display

    [cell] = bench.outputs("import tempfile\nprint(tempfile.mkdtemp())")
    [shown] = display(cell.outputs).displays
    assert shown.content == "~/tmp/tmp"
