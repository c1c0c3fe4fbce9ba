"""Cells that put out much, odd things, or by odd ways: what arrives, and in which order."""

import sys

import pytest
from executable_posts.jobs import Run

from tests.running import Bench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def texts(bench: Bench, *codes: str) -> list[dict[str, str]]:
    """What each cell printed, by the name of the stream."""
    found = []
    for cell in bench.outputs(*codes):
        printed: dict[str, str] = {}
        for output in cell.outputs:
            if output["output_type"] == "stream":
                printed[output["name"]] = printed.get(output["name"], "") + output["text"]
        found.append(printed)
    return found


def fewer_if_plain(bench: Bench, count: int) -> int:
    """How many outputs are enough: what takes them is the same, and a tenth shows that it is."""
    return count if bench.servers else count // 10


@pytest.mark.slow
def test_a_million_lines_arrive(hostile: Bench) -> None:
    lines = fewer_if_plain(hostile, 1_000_000)
    [cell] = hostile.outputs(f"for i in range({lines}): print(i)")
    assert [output["text"] for output in cell.outputs] == ["".join(f"{i}\n" for i in range(lines))]


@pytest.mark.slow
def test_a_hundred_thousand_displays_arrive_in_order(hostile: Bench) -> None:
    hostile.limit(output=100 << 20)
    displays = fewer_if_plain(hostile, 100_000)
    code = (
        "from IPython.display import display\n"
        f"for i in range({displays}): display({{'text/plain': str(i)}}, raw=True)"
    )
    # It takes half a minute, and much longer where others work beside it.
    [ran] = hostile.results(hostile.job(code, timeout=600))
    assert isinstance(ran, Run)
    [cell] = ran.cells
    assert [output["data"]["text/plain"] for output in cell.outputs] == list(
        map(str, range(displays))
    )


def test_fifteen_megabytes_in_one_display_arrive(hostile: Bench) -> None:
    [cell] = hostile.outputs("from IPython.display import HTML\nHTML('é' * 7_000_000)")
    assert cell.outputs[0]["data"]["text/html"] == "é" * 7_000_000


def test_streams_keep_their_places_among_each_other(hostile: Bench) -> None:
    [cell] = hostile.outputs(
        "import sys\nfor i in range(300):\n"
        "    print(i)\n    print(-i, file=sys.stderr)\n    sys.stdout.flush(); sys.stderr.flush()"
    )
    seen = {"stdout": "", "stderr": ""}
    for output in cell.outputs:
        seen[output["name"]] += output["text"]
    assert seen["stdout"] == "".join(f"{i}\n" for i in range(300))
    assert seen["stderr"] == "".join(f"{-i}\n" for i in range(300))


BESIDE_PYTHON = {
    "os.write": "os.write(1, b'b\\n')",
    "os.system": "os.system('echo b')",
    "subprocess": "subprocess.run(['echo', 'b'])",
    "C": "libc.puts(b'b'); libc.fflush(None)",
    "a forked child": (
        "child = os.fork()\n    if child == 0: print('b'); sys.exit()\n    os.waitpid(child, 0)"
    ),
    "sys.__stdout__": "print('b', file=sys.__stdout__, flush=True)",
    "a copy of the descriptor": "os.write(os.dup(1), b'b\\n')",
}


@pytest.mark.parametrize("write", BESIDE_PYTHON.values(), ids=BESIDE_PYTHON.keys())
def test_what_is_written_beside_python_keeps_its_place(hostile: Bench, write: str) -> None:
    code = (
        "import ctypes, os, subprocess, sys\nlibc = ctypes.CDLL(None)\n"
        f"for _ in range(3):\n    print('a')\n    {write}\n    print('c')"
    )
    if "fork" in write:  # the child goes on to the end of the cell
        code = code.replace("range(3)", "range(1)")
    printed = texts(hostile, code, "print('d')")
    assert printed[0]["stdout"] in ("a\nb\nc\n" * 3, "a\nb\nc\n")
    assert printed[1] == {"stdout": "d\n"}


def test_what_is_written_to_descriptor_2_is_stderr(hostile: Bench) -> None:
    code = (
        "import os, sys\nprint('a', file=sys.stderr)\nos.write(2, b'b\\n')\n"
        "os.system('echo c >&2')\nprint('d', file=sys.stderr)"
    )
    assert texts(hostile, code) == [{"stderr": "a\nb\nc\nd\n"}]


def test_characters_on_the_border_of_two_writes_stay_whole(hostile: Bench) -> None:
    code = (
        "import os, time\ndata = ('é漢😀' * 50_000).encode()\n"
        "for start in range(0, len(data), 4093): os.write(1, data[start:start + 4093])"
    )
    assert texts(hostile, code) == [{"stdout": "é漢😀" * 50_000}]


def test_bytes_that_are_no_text_are_marked(hostile: Bench) -> None:
    assert texts(hostile, "import os\nos.write(1, b'a\\xff\\xfeb\\n');") == [
        {"stdout": "a\ufffd\ufffdb\n"}
    ]


LATE = {
    "stdout is closed": (
        "import sys\nsys.stdout.close()",
        "ValueError: I/O operation on closed file",
    ),
    "stdout is None": ("import sys\nsys.stdout = None", None),
    "stdout is no stream": ("import sys\nsys.stdout = object()", None),
    "stdout is closed text": (
        "import io, sys\nsys.stdout = io.StringIO()\nsys.stdout.close()",
        "ValueError: I/O operation on closed file",
    ),
    "stderr is closed": ("import sys\nsys.stderr.close()", None),
    "descriptor 1 is closed": ("import os\nos.close(1)", None),
    "descriptors 0 to 2 are closed": ("import os\nfor i in range(3): os.close(i)", None),
    "descriptor 1 is another file": (
        "import os\nos.dup2(os.open('log', os.O_CREAT | os.O_WRONLY), 1)",
        None,
    ),
    "json is patched": ("import json\njson.dumps = json.loads = None", None),
    "socket is patched": (
        "import socket, threading\nsocket.socket = threading.Thread = None",
        None,
    ),
    "os is patched": ("import os, select\nos.read = os.write = select.poll = None", None),
    "print is patched": ("import builtins\nbuiltins.open = builtins.input = None", None),
    "hooks are patched": ("import sys\nsys.excepthook = sys.unraisablehook = None", None),
    "names are reset": ("%reset -f", None),
    "collection is off": ("import gc\ngc.disable()\ngc.freeze()", None),
    "SIGINT is ignored": ("import signal\nsignal.signal(2, signal.SIG_IGN)", None),
    "SIGCHLD is ignored": ("import signal\nsignal.signal(17, signal.SIG_IGN)", None),
    "its folder is gone": ("import os, shutil\nshutil.rmtree(os.getcwd())", None),
}


@pytest.mark.parametrize(("code", "told"), LATE.values(), ids=LATE.keys())
def test_the_next_cell_after_one_that_broke_something(
    hostile: Bench, code: str, told: str | None
) -> None:
    if told is None:
        assert texts(hostile, f"{code}\nNone", "print('depois')", "print('fim')")[1:] == [
            {"stdout": "depois\n"},
            {"stdout": "fim\n"},
        ]
    else:
        assert f":20: cell 2 of 2: {told}" in hostile.problem(code, "print('depois')")


def test_a_replaced_stdout_stays_replaced_as_in_python(hostile: Bench) -> None:
    first, second, third, last = texts(
        hostile,
        "import io, os, sys\nown = sys.stdout\nsys.stdout = io.StringIO()\nprint('um')",
        "print('dois')\nos.write(1, b'tres\\n');",
        "sys.stdout, kept = own, sys.stdout\nprint(repr(kept.getvalue()))",
        "print('fim')",
    )
    assert (first, second) == ({}, {"stdout": "tres\n"})
    assert (third, last) == ({"stdout": "'um\\ndois\\n'\n"}, {"stdout": "fim\n"})


def test_who_takes_stdout_away_is_told(hostile: Bench) -> None:
    told = hostile.problem("import sys\ndel sys.stdout")
    assert ":10: cell 1 of 1: AttributeError: module 'sys' has no attribute 'stdout'" in told


def test_an_error_under_a_broken_stdout_is_told(hostile: Bench) -> None:
    told = hostile.problem("import sys\nsys.stdout = None\n1 / 0")
    assert ":10: cell 1 of 1: " in told
    assert "did not end" not in told


ODD = {
    "a lone surrogate": ("print('a\\ud800b')", "a\\ud800b\n"),
    "another": ("print('\\udc80')", "\\udc80\n"),
    "a pair": ("print('\\ud83d\\ude00')", "\\ud83d\\ude00\n"),
    "a null": ("print('a\\0b')", "a\0b\n"),
    "a backslash": ("print('\\\\ud800')", "\\ud800\n"),
    "many scripts": ("print('é漢😀\\u2028\\x85')", "é漢😀\u2028\x85\n"),
    "no line end": ("print('a', end='')", "a"),
    "nothing": ("print('')", "\n"),
    "a name of a file": ("import os\nprint(os.fsdecode(b'\\xff'))", "\\udcff\n"),
}


@pytest.mark.parametrize(("code", "text"), ODD.values(), ids=ODD.keys())
def test_odd_text_arrives(hostile: Bench, code: str, text: str) -> None:
    assert texts(hostile, code) == [{"stdout": text}]


def test_odd_displays_arrive(hostile: Bench) -> None:
    html, json, value, keys, number, nothing, lines, large = hostile.outputs(
        "from IPython.display import HTML, display\nHTML('<b>\\ud800</b>')",
        "display({'text/plain': 'x', 'application/json': {'a': float('nan')}}, raw=True)",
        "b'\\xff', '\\ud800'",
        "display({'application/json': {1: 2}}, raw=True)",
        "display({'text/plain': 5}, raw=True)",
        "display({'text/plain': 'x', 'image/png': None}, raw=True)",
        "display({'text/html': ['a', 'b']}, raw=True)",
        "'y' * 5_000_000",
    )
    assert html.outputs[0]["data"]["text/html"] == "<b>\\ud800</b>"
    assert json.outputs[0]["data"]["application/json"] == {"a": "nan"}
    assert value.outputs[0]["data"]["text/plain"] == "(b'\\xff', '\\ud800')"
    assert keys.outputs[0]["data"]["application/json"] == {"1": 2}
    assert number.outputs[0]["data"] == {"text/plain": "5"}
    assert nothing.outputs[0]["data"] == {"text/plain": "x"}
    assert lines.outputs[0]["data"] == {"text/html": "ab"}
    assert large.outputs[0]["data"]["text/plain"] == repr("y" * 5_000_000)


NO_MESSAGES = {
    "no content": "send('display_data', {'nada': 1})",
    "numbers for texts": "send('stream', {'name': 3, 'text': 4})",
    "an update of nothing": "send('update_display_data', {})",
    "no dictionary": "send('stream', 'x')",
    "no parts": "publisher.pub_socket.io_thread.socket.send(b'lixo')",
}


@pytest.mark.parametrize("send", NO_MESSAGES.values(), ids=NO_MESSAGES.keys())
def test_who_speaks_past_ipython_is_told(hostile: Bench, send: str) -> None:
    code = (
        "import time\npublisher = get_ipython().display_pub\n"
        "def send(kind, content):\n"
        "    publisher.session.send(publisher.pub_socket, kind, content,\n"
        "        parent=get_ipython().parent_header)\n"
        f"{send}\ntime.sleep(20)"
    )
    assert hostile.problem(code) == (
        "content/posts/x.md:10: cell 1 of 1: sent, past IPython, what is no message of Jupyter's"
    )


def test_a_lone_surrogate_in_an_error_is_told(hostile: Bench) -> None:
    told = hostile.problem("raise ValueError('\\ud800')")
    assert told.startswith("content/posts/x.md:10: cell 1 of 1: ValueError: \\ud800")


ASKING = {
    "input": "input('nome? ')",
    "getpass": "import getpass\ngetpass.getpass()",
}


@pytest.mark.parametrize("code", ASKING.values(), ids=ASKING.keys())
def test_nobody_answers(hostile: Bench, code: str) -> None:
    assert hostile.problem(code) == (
        "content/posts/x.md:10: cell 1 of 1: asks for input, and nobody is there to answer: "
        "posts cannot ask questions"
    )


def test_standard_input_has_ended(hostile: Bench) -> None:
    code = (
        "import os, subprocess, sys\nprint(repr(sys.stdin.readline()), os.read(0, 1))\n"
        "print(subprocess.run(['cat'], capture_output=True).stdout)"
    )
    assert texts(hostile, code) == [{"stdout": "'' b''\nb''\n"}]


def test_an_unknown_magic_is_told(hostile: Bench) -> None:
    assert "cell 1 of 1: UsageError: Line magic function `%nosuchmagic` not found." in (
        hostile.problem("%nosuchmagic")
    )


def test_a_shell_cell_is_run_and_its_failure_told(hostile: Bench) -> None:
    assert texts(hostile, "%%bash\necho um\necho dois >&2") == [
        {"stdout": "um\n", "stderr": "dois\n"}
    ]
    assert "CalledProcessError: Command 'b'exit 3\\n'' returned non-zero exit status 3." in (
        hostile.problem("%%bash\nexit 3")
    )
    assert "OSError: Background processes not supported." in hostile.problem("!sleep 4320 &")


@pytest.mark.parametrize("how", ["await asyncio.sleep(0.01, 'ok')", "task.result()"])
def test_top_level_await_works(hostile: Bench, how: str) -> None:
    code = "import asyncio\ntask = asyncio.ensure_future(asyncio.sleep(0.01, 'ok'))\nawait task"
    cells = hostile.outputs(code, how)
    assert cells[1].outputs[0]["data"]["text/plain"] == "'ok'"


def test_asyncio_run_is_refused_as_in_a_notebook(hostile: Bench) -> None:
    told = hostile.problem("import asyncio\nasyncio.run(asyncio.sleep(0))")
    assert (
        "cell 1 of 1: RuntimeError: asyncio.run() cannot be called from a running event loop"
        in told
    )


def test_a_thousand_figures_show_what_is_shown(hostile: Bench) -> None:
    [cell] = hostile.outputs(
        "import matplotlib.pyplot as plt\n"
        "for i in range(1000): plt.figure(figsize=(1, 1))\n"
        "for i in range(999): plt.close(i + 1)\n"
        "plt.plot([1, 2]);"
    )
    kinds = [output["output_type"] for output in cell.outputs]
    assert kinds == ["stream", "display_data"]
    assert "More than 20 figures have been opened" in cell.outputs[0]["text"]
    assert set(cell.outputs[1]["data"]) == {"text/plain", "image/png"}
