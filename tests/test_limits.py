"""What a process meets that reaches its limits."""

from pathlib import Path

import pytest

from tests.confined import landlock_version, python, seccomp_is_here, start, without

MIB = 1 << 20


def limited(code: str, *arguments: object, **values: int) -> str:
    given = ", ".join(f"{name}={value}" for name, value in values.items())
    return python(f"limits.apply(limits.Limits({given}))\n{code}", *arguments)


TOO_MUCH = {
    "bytes": "bytes(1 << 30)",
    "a list": "[0] * (1 << 28)",
    "little by little": "[bytes(1 << 20) for _ in range(1000)]",
    "numpy": "__import__('numpy').ones(1 << 28)",
    "mmap": "__import__('mmap').mmap(-1, 1 << 30, flags=2)",
}


@pytest.mark.parametrize("held", TOO_MUCH)
def test_too_much_memory_is_an_error_and_the_process_goes_on(held: str) -> None:
    told = limited(
        f"try: held = {TOO_MUCH[held]}\n"
        "except MemoryError: print('MemoryError')\n"
        "except OSError as error: print(error)\n"
        "print(len(bytes(100 << 20)))",
        memory=512 * MIB,
    )
    # A map of memory that is asked for as a file is refused as a file.
    words = "[Errno 12] Cannot allocate memory" if held == "mmap" else "MemoryError"
    assert told.splitlines() == [words, str(100 * MIB)]


def test_threads_count_for_memory() -> None:
    told = limited(
        "import threading\n"
        "threading.stack_size(64 << 20)\n"
        "stay = threading.Event()\n"
        "try:\n"
        "    for _ in range(99): threading.Thread(target=stay.wait, daemon=True).start()\n"
        "except RuntimeError as error: print(error, flush=True)\n"
        "os._exit(0)",
        memory=512 * MIB,
    )
    assert told == "can't start new thread"


def test_addresses_that_are_only_reserved_do_not_count() -> None:
    told = limited(
        "import mmap\n"
        "mmap.mmap(-1, 8 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=0)\n"
        "print('reserved')",
        memory=512 * MIB,
    )
    assert told == "reserved"


def test_a_file_that_is_too_large_is_an_error(tmp_path: Path) -> None:
    told = limited(
        "try:\n"
        "    with open(sys.argv[1], 'wb', buffering=0) as file:\n"
        "        for _ in range(3): file.write(bytes(1 << 20))\n"
        "except OSError as error: print(error)",
        tmp_path / "file",
        file_size=2 * MIB,
    )
    assert told == "[Errno 27] File too large"
    assert (tmp_path / "file").stat().st_size == 2 * MIB


def test_a_file_is_not_extended_beyond_the_limit(tmp_path: Path) -> None:
    told = limited(
        "file = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)\n"
        "told(lambda: os.truncate(file, 3 << 20))\n"
        "told(lambda: os.posix_fallocate(file, 0, 3 << 20))",
        tmp_path / "file",
        file_size=2 * MIB,
    )
    assert told.split() == ["EFBIG", "EFBIG"]


def test_what_is_not_python_is_ended_by_a_signal(tmp_path: Path) -> None:
    told = limited(
        "import subprocess\n"
        "command = ['dd', 'if=/dev/zero', 'bs=1M', 'count=3', 'of=' + sys.argv[1]]\n"
        "print(subprocess.run(command, stderr=subprocess.DEVNULL).returncode)",
        tmp_path / "file",
        file_size=2 * MIB,
    )
    assert told == "-25"  # SIGXFSZ


def test_pipes_are_not_files() -> None:
    assert len(limited("print('x' * (3 << 20))", file_size=1 * MIB)) == 3 * MIB


def test_too_many_open_files_are_an_error() -> None:
    told = limited("told(lambda: [os.pipe() for _ in range(100)])", open_files=64)
    assert told == "EMFILE"


def test_more_open_files_can_be_asked_for() -> None:
    told = limited(
        "import resource\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))\n"
        "told(lambda: [os.pipe() for _ in range(50)])",
        open_files=64,
    )
    assert told == "done"


def test_no_picture_of_the_memory_is_left() -> None:
    told = limited("import resource\nprint(resource.getrlimit(resource.RLIMIT_CORE))")
    assert told == "(0, 0)"


def test_what_is_not_given_stays() -> None:
    code = (
        "import resource\n"
        "print(*(resource.getrlimit(getattr(resource, 'RLIMIT_' + name))"
        " for name in ('DATA', 'FSIZE', 'NOFILE', 'AS', 'NPROC', 'STACK')))"
    )
    assert limited(code) == python(code)


def test_a_lower_limit_stays() -> None:
    code = (
        "limits.apply(limits.Limits(memory=900 << 20, file_size=5, open_files=50))\n"
        "import resource\n"
        "print(*(resource.getrlimit(getattr(resource, 'RLIMIT_' + name))[0]"
        " for name in ('DATA', 'FSIZE', 'NOFILE')))"
    )
    assert limited(code, memory=800 * MIB, file_size=9, open_files=40) == f"{800 * MIB} 5 40"


@pytest.mark.parametrize("name", ["DATA", "FSIZE", "CORE"])
def test_no_limit_can_be_raised_again_not_by_root_either(name: str) -> None:
    told = limited(
        "import resource\n"
        f"number = resource.RLIMIT_{name}\n"
        "hard = resource.getrlimit(number)[1]\n"
        "try: resource.setrlimit(number, (hard, hard + 1))\n"
        "except ValueError as error: print(error)",
        memory=900 * MIB,
        file_size=9 * MIB,
    )
    assert told == "not allowed to raise maximum limit"


def test_children_are_limited_too() -> None:
    told = limited(
        "import subprocess\n"
        "print(subprocess.run([sys.executable, '-c', 'bytes(1 << 30)'], capture_output=True,"
        " text=True).stderr.strip().splitlines()[-1])\n"
        "if os.fork() == 0:\n"
        "    try: bytes(1 << 30)\n"
        "    except MemoryError: print('MemoryError', flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()",
        memory=512 * MIB,
    )
    # What Python prints is buffered until its end, the forked child's is not.
    assert told.splitlines()[-1] == "MemoryError"
    assert told.count("MemoryError") >= 2


@pytest.mark.skipif(not seccomp_is_here(), reason="this system has no seccomp filters")
def test_what_linux_refuses_is_told() -> None:
    number = "{'x86_64': 302, 'aarch64': 261}[linux.machine()]"  # prlimit64
    done = start(without(number, 12) + "limits.apply(limits.Limits(memory=900 << 20))")
    assert done.stderr.splitlines()[-1] == (
        f"OSError: [Errno 12] Linux refuses to limit memory to {900 * MIB}: Cannot allocate memory"
    )


@pytest.mark.skipif(not seccomp_is_here(), reason="this system has no seccomp filters")
@pytest.mark.parametrize(
    ("number", "what"),
    [
        ("{'x86_64': 157, 'aarch64': 167}", "no_new_privs"),
        ("{'x86_64': 125, 'aarch64': 90}", "capabilities"),
        ("{'x86_64': 126, 'aarch64': 91}", "capabilities"),
    ],
)
def test_privileges_that_are_not_given_up_are_told(number: str, what: str) -> None:
    done = start(without(f"{number}[linux.machine()]", 1) + "limits.apply(limits.Limits())")
    assert done.stderr.splitlines()[-1] == (
        f"PermissionError: [Errno 1] {what}: Operation not permitted"
    )


def test_other_systems_say_so() -> None:
    done = start("sys.platform = 'darwin'\nlimits.apply(limits.Limits())")
    assert done.stderr.splitlines()[-1] == (
        "inside.linux.NotAvailableError: [Errno 38] limiting a kernel needs Linux, not darwin"
    )


KERAS = """
import tempfile
scratch = sys.argv[1]
os.environ.update(HOME=scratch, TMPDIR=scratch, MPLCONFIGDIR=scratch, MPLBACKEND="agg")
landlock.restrict([scratch])
network.forbid()
limits.apply(limits.Limits(memory=2 << 30, file_size=1 << 30, open_files=1024))
os.chdir(scratch)

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(1)
x = np.random.rand(256, 12, 12, 1).astype("float32")
y = (x.mean((1, 2, 3)) > 0.5).astype("float32")
layers = keras.layers
model = keras.Sequential(
    [layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(1, "sigmoid")]
)
model.compile("adam", "binary_crossentropy")
history = model.fit(x, y, epochs=2, verbose=0).history["loss"]
data = tf.data.Dataset.from_tensor_slices((x, y)).batch(32).cache("cache").prefetch(2)
model.fit(data, verbose=0)
plt.plot(history)
plt.savefig("figure.png")
model.save("model.keras")
keras.models.load_model("model.keras")
try:
    tf.ones((1 << 30, 4))
except tf.errors.ResourceExhaustedError:
    print("out of memory")
from multiprocessing import Pool
with Pool(2) as pool:
    print(pool.map(abs, [-1, 2]))
told(lambda: socket.socket())
told(lambda: plt.savefig(sys.argv[2] + "/figure.png"))
print(len(history), [name for name in ("figure.png", "model.keras") if os.path.isfile(name)])
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not (landlock_version() and seccomp_is_here()), reason="this Linux cannot confine a process"
)
def test_keras_runs_confined(tmp_path: Path) -> None:
    for name in ("scratch", "outside"):
        (tmp_path / name).mkdir()
    told = python(KERAS, tmp_path / "scratch", tmp_path / "outside").splitlines()
    assert told[:4] == ["out of memory", "[1, 2]", "EACCES", "EACCES"]
    assert told[4] == "2 ['figure.png', 'model.keras']"
    assert not list((tmp_path / "outside").iterdir())
