"""What a kernel can still write, and whom it can still reach, under Landlock."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.confined import landlock_version, python, seccomp_is_here, start, without

VERSION = landlock_version()
pytestmark = pytest.mark.skipif(not VERSION, reason="this Linux has no Landlock")
needs_seccomp = pytest.mark.skipif(not seccomp_is_here(), reason="this Linux has no seccomp")

RESTRICT = "inside, outside = sys.argv[1:3]\nlandlock.restrict([inside])\nos.chdir(inside)\n"


@dataclass(frozen=True)
class Place:
    """Two folders with the same content; only `inside` may be written."""

    inside: Path
    outside: Path

    def python(self, code: str, *arguments: object) -> str:
        return python(RESTRICT + code, self.inside, self.outside, *arguments)

    def told(self, action: str) -> str:
        return self.python(f"told(lambda: {action})")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    result = Place(tmp_path / "inside", tmp_path / "outside")
    for folder in (result.inside, result.outside):
        (folder / "folder" / "empty").mkdir(parents=True)
        (folder / "file").write_text("text")
    return result


def tree(folder: Path) -> list[tuple[str, bytes]]:
    return sorted(
        (path.relative_to(folder).as_posix(), path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    )


# {} is the folder.
CHANGES = {
    "create": "open({} + '/new', 'w')",
    "create by number": "os.open({} + '/new', os.O_CREAT | os.O_WRONLY)",
    "create without a name": "os.open({}, os.O_TMPFILE | os.O_RDWR)",
    "write": "open({} + '/file', 'w').write('other')",
    "append": "open({} + '/file', 'a').write('other')",
    "update": "open({} + '/file', 'r+').write('other')",
    "open emptied": "os.open({} + '/file', os.O_RDONLY | os.O_TRUNC)",
    "truncate": "os.truncate({} + '/file', 1)",
    "rename": "os.rename({} + '/file', {} + '/other')",
    "rename into a folder": "os.rename({} + '/file', {} + '/folder/other')",
    "replace": "os.replace({} + '/file', {} + '/other')",
    "unlink": "os.unlink({} + '/file')",
    "rmdir": "os.rmdir({} + '/folder/empty')",
    "mkdir": "os.mkdir({} + '/new')",
    "symlink": "os.symlink('file', {} + '/new')",
    "hard link": "os.link({} + '/file', {} + '/new')",
    "fifo": "os.mkfifo({} + '/new')",
    "socket": "socket.socket(socket.AF_UNIX).bind({} + '/new')",
    "by a folder opened before": "os.open('new', os.O_CREAT, dir_fd=os.open({}, os.O_PATH))",
    "by /proc/self/root": "open('/proc/self/root' + {} + '/new', 'w')",
    "by ..": "open({} + '/folder/../new', 'w')",
}
SINCE = {"rename into a folder": 2, "open emptied": 3, "truncate": 3}
changes = pytest.mark.parametrize("change", CHANGES)


@changes
def test_outside_nothing_changes(place: Place, change: str) -> None:
    if SINCE.get(change, 1) > VERSION and change != "rename into a folder":
        pytest.skip(f"Landlock refuses this from version {SINCE[change]} on")
    before = tree(place.outside)
    assert place.told(CHANGES[change].format(*["outside"] * 2)) in ("EACCES", "EXDEV")
    assert tree(place.outside) == before


@changes
def test_inside_everything_can_change(place: Place, change: str) -> None:
    if SINCE.get(change, 1) > VERSION and change == "rename into a folder":
        pytest.skip("Landlock allows this from version 2 on")
    assert place.told(CHANGES[change].format(*["inside"] * 2)) == "done"


@pytest.mark.parametrize(
    "change",
    [
        "os.rename(inside + '/file', outside + '/new')",
        "os.rename(outside + '/file', inside + '/new')",
        "os.replace(inside + '/file', outside + '/file')",
        "os.link(inside + '/file', outside + '/new')",
        "os.symlink(inside + '/file', outside + '/new')",
    ],
)
def test_nothing_moves_between_inside_and_outside(place: Place, change: str) -> None:
    before = tree(place.inside), tree(place.outside)
    assert place.told(change) in ("EACCES", "EXDEV")
    assert (tree(place.inside), tree(place.outside)) == before


def test_a_file_is_not_written_through_a_hard_link_to_it(place: Place) -> None:
    told = place.python(
        "told(lambda: os.link(outside + '/file', 'link'))\nopen('link', 'w').write('another file')"
    )
    assert told in ("EACCES", "EXDEV")
    assert (place.outside / "file").read_text() == "text"


def test_a_file_is_not_written_through_a_symbolic_link_to_it(place: Place) -> None:
    told = place.python(
        "os.symlink(outside + '/file', 'link')\ntold(lambda: open('link', 'w').write('other'))"
    )
    assert told == "EACCES"
    assert (place.outside / "file").read_text() == "text"


@pytest.mark.parametrize("kind", ["S_IFCHR", "S_IFBLK"])
def test_no_device_is_made_even_inside(place: Place, kind: str) -> None:
    told = place.told(f"os.mknod('new', 0o600 | __import__('stat').{kind}, os.makedev(1, 3))")
    assert told in ("EACCES", "EPERM")


def test_nothing_is_mounted(place: Place) -> None:
    told = place.python(
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "made = libc.mount(b'none', inside.encode(), b'tmpfs', 0, None)\n"
        "print(made, errno.errorcode[ctypes.get_errno()])"
    )
    assert told == "-1 EPERM"


def test_reading_and_executing_stay(place: Place) -> None:
    told = place.python(
        "import subprocess\n"
        "print(open(outside + '/file').read(), sorted(os.listdir(outside)))\n"
        "print(subprocess.run(['/bin/sh', '-c', 'cat ' + outside + '/file'],"
        " capture_output=True).stdout)"
    )
    assert told == "text ['file', 'folder']\nb'text'"


def test_shared_memory_can_be_written(place: Place) -> None:
    name = f"/dev/shm/{place.inside.parent.name}"
    told = place.python(f"told(lambda: open({name!r}, 'w'))\ntold(lambda: os.unlink({name!r}))")
    assert told.split() == ["done", "done"]


def test_a_single_file_can_be_writable(place: Place) -> None:
    told = python(
        "landlock.restrict([sys.argv[1] + '/file'])\n"
        "told(lambda: open(sys.argv[1] + '/file', 'w'))\n"
        "told(lambda: open(sys.argv[1] + '/new', 'w'))\n"
        "told(lambda: os.unlink(sys.argv[1] + '/file'))",
        place.outside,
    )
    assert told.split() == ["done", "EACCES", "EACCES"]


def test_what_is_not_covered_is_as_documented(place: Place) -> None:
    """The day this fails, the text at the head of the module can promise more."""
    told = place.python(
        "told(lambda: os.chmod(outside + '/file', 0o600))\n"
        "told(lambda: os.utime(outside + '/file', (0, 0)))\n"
    )
    assert told.split() == ["done", "done"]
    assert (place.outside / "file").stat().st_mtime == 0


def test_a_descriptor_that_was_open_before_stays_open(place: Place) -> None:
    python(
        "log = open(sys.argv[2] + '/file', 'w')\n" + RESTRICT + "log.write('from before')",
        place.inside,
        place.outside,
    )
    assert (place.outside / "file").read_text() == "from before"


@pytest.mark.parametrize(
    "device", ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"]
)
def test_devices_can_be_written(place: Place, device: str) -> None:
    assert place.told(f"os.open({device!r}, os.O_RDWR | os.O_TRUNC)") == "done"


def test_commands_get_a_terminal_and_its_requests(place: Place) -> None:
    told = place.python(
        "import fcntl, struct, termios\n"
        "child, terminal = os.forkpty()\n"
        "if child == 0:\n"
        "    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('4H', 7, 9, 0, 0))\n"
        "    os.execv('/bin/sh', ['sh', '-c', 'echo from a terminal; test -t 1'])\n"
        "print(os.read(terminal, 99).decode().strip(), os.waitpid(child, 0)[1])"
    )
    assert told == "from a terminal 0"


def test_multiprocessing_works(place: Place) -> None:
    told = place.python(
        "import tempfile\n"
        "tempfile.tempdir = inside\n"
        "from multiprocessing import Pool, shared_memory\n"
        "memory = shared_memory.SharedMemory(create=True, size=10)\n"
        "memory.close(); memory.unlink()\n"
        "with Pool(2) as pool:\n"
        "    print(pool.map(abs, [-1, -2, 3]))"
    )
    assert told == "[1, 2, 3]"


CHILDREN = {
    "forked": "os.fork() or (told(attempt), os._exit(0)); os.wait()",
    "in a session of its own": (
        "os.fork() or (os.setsid(), os.fork() or (told(attempt), os._exit(0)), os.wait(),"
        " os._exit(0)); os.wait()"
    ),
    "a thread": "import threading; t = threading.Thread(target=told, args=(attempt,));"
    " t.start(); t.join()",
    "another program": "import subprocess; told(lambda: subprocess.run(['/bin/sh', '-c',"
    " 'echo x > ' + outside + '/new'], stderr=subprocess.DEVNULL).returncode and attempt())",
}


@pytest.mark.parametrize("child", CHILDREN)
def test_children_are_restricted_too(place: Place, child: str) -> None:
    code = "attempt = lambda: open(outside + '/new', 'w')\n"
    assert place.python(code + CHILDREN[child]) == "EACCES"
    assert not (place.outside / "new").exists()


def test_restricting_again_does_not_widen(place: Place) -> None:
    told = place.python(
        "landlock.restrict([outside])\n"
        "told(lambda: open(outside + '/new', 'w'))\n"
        "told(lambda: open(inside + '/new', 'w'))"
    )
    assert told.split() == ["EACCES", "EACCES"]


@pytest.fixture
def victim() -> "Iterator[subprocess.Popen[bytes]]":
    """A process outside, of the same user, with a secret in its environment."""
    code = (
        "import signal, socket, sys\n"
        "listener = socket.socket(socket.AF_UNIX)\n"
        "listener.bind(''); listener.listen()\n"
        "print(listener.getsockname()[1:].decode(), flush=True)\n"
        "signal.pause()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "SECRET": "só meu"},
        stdout=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


REACHES: dict[str, tuple[str, int]] = {
    "environment": ("open(f'/proc/{victim}/environ', 'rb').read()", 1),
    "memory": ("open(f'/proc/{victim}/mem', 'rb')", 1),
    "memory to write": ("open(f'/proc/{victim}/mem', 'r+b')", 1),
    "descriptors": ("os.listdir(f'/proc/{victim}/fd') and os.open(f'/proc/{victim}/fd/1', 1)", 1),
    "root folder": ("os.listdir(f'/proc/{victim}/root')", 1),
    "trace": ("trace(16)", 1),
    "signal": ("os.kill(victim, signal.SIGTERM)", 6),
    "signal that does nothing": ("os.kill(victim, 0)", 6),
    "signal by descriptor": ("signal.pidfd_send_signal(os.pidfd_open(victim), 15)", 6),
    "abstract socket": ("socket.socket(socket.AF_UNIX).connect('\\0' + name)", 6),
}
TRACE = """
victim, name = int(sys.argv[3]), sys.argv[4]
def trace(request):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(request, victim, None, None):
        raise OSError(ctypes.get_errno(), "")
"""


@pytest.mark.parametrize("reach", REACHES)
def test_a_process_outside_is_out_of_reach(
    place: Place, victim: "subprocess.Popen[bytes]", reach: str
) -> None:
    action, since = REACHES[reach]
    if since > VERSION:
        pytest.skip(f"Landlock refuses this from version {since} on")
    assert victim.stdout is not None
    name = victim.stdout.readline().decode().strip()
    code = f"{TRACE}told(lambda: {action})"
    arguments = (place.inside, place.outside, victim.pid, name)
    assert python(RESTRICT + code, *arguments) in ("EACCES", "EPERM")
    assert victim.poll() is None
    # It is Landlock that refuses, not something else; only root may attach to any process anyway.
    if os.getuid() == 0 or reach not in ("memory", "memory to write", "trace"):
        assert python("inside, outside = sys.argv[1:3]\n" + code, *arguments) == "done"


def test_children_get_signals(place: Place) -> None:
    told = place.python(
        "child = os.fork() or signal.pause()\n"
        "os.kill(child, signal.SIGTERM)\n"
        "print(os.waitpid(child, 0)[1])"
    )
    assert told == "15"


def test_its_own_environment_can_be_read(place: Place) -> None:
    assert place.told("open('/proc/self/environ').read()") == "done"


def test_threads_that_run_already_are_an_error(place: Place) -> None:
    done = start(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(9,), daemon=True, name='de antes').start()\n"
        + RESTRICT,
        place.inside,
        place.outside,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "RuntimeError: Landlock would not hold for the 1 other threads of this process (those that "
        "Python knows: MainThread, de antes): restrict it before they start"
    )


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    done = start("landlock.restrict([sys.argv[1]])", tmp_path / "nada")
    assert done.stderr.splitlines()[-1] == (
        f"FileNotFoundError: [Errno 2] No such file or directory: '{tmp_path}/nada'"
    )


@needs_seccomp
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errno.ENOSYS, "this Linux is older than 5.13 or was built without it"),
        (errno.EOPNOTSUPP, "it was switched off when this Linux started (the option lsm=)"),
        (errno.EPERM, "the container in which this runs forbids it"),
    ],
)
def test_a_system_without_landlock_says_so(place: Place, error: int, words: str) -> None:
    done = start(without("444", error) + RESTRICT, place.inside, place.outside)
    assert done.stderr.splitlines()[-1] == (
        f"inside.linux.NotAvailableError: [Errno {error}] there is no Landlock: {words}"
    )


@needs_seccomp
@pytest.mark.parametrize(
    ("number", "error", "words"),
    [
        ("444", errno.ENOMEM, "Landlock does not tell its version: Cannot allocate memory"),
        ("445", errno.ENOMEM, "Landlock refuses {inside}: Cannot allocate memory"),
        ("446", errno.E2BIG, "Landlock refuses to restrict this process: Argument list too long"),
    ],
)
def test_what_linux_refuses_is_told(place: Place, number: str, error: int, words: str) -> None:
    done = start(without(number, error) + RESTRICT, place.inside, place.outside)
    assert done.stderr.splitlines()[-1] == (
        f"OSError: [Errno {error}] {words.format(inside=place.inside)}"
    )


@needs_seccomp
def test_a_refusal_leaves_no_descriptor_behind(place: Place) -> None:
    told = python(
        without("445", errno.ENOMEM) + "before = os.listdir('/proc/self/fd')\n"
        "told(lambda: landlock.restrict([sys.argv[1]]))\n"
        "print(os.listdir('/proc/self/fd') == before)",
        place.inside,
    )
    assert told.split() == ["ENOMEM", "True"]


OLD = """
seen = landlock.linux.call
def call(number, *arguments):
    return KNOWN if number == 444 and arguments[0] is None else seen(number, *arguments)
landlock.linux.call = call
"""


@pytest.mark.parametrize("known", range(1, VERSION + 1))
def test_every_older_version_is_asked_only_for_what_it_has(place: Place, known: int) -> None:
    """The kernel here is newer, but answers as an older one: what was asked for then is all."""
    told = python(
        OLD.replace("KNOWN", str(known)) + RESTRICT + "told(lambda: open('new', 'w'))\n"
        "told(lambda: open(outside + '/new', 'w'))\n"
        "told(lambda: os.rename('file', 'folder/file'))\n"
        "told(lambda: os.truncate(outside + '/file', 0))\n"
        "told(lambda: os.kill(os.getppid(), 0))",
        place.inside,
        place.outside,
    )
    assert told.split() == [
        "done",
        "EACCES",
        "done" if known >= 2 else "EXDEV",
        "EACCES" if known >= 3 else "done",
        "EPERM" if known >= 6 else "done",
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("sys.platform = 'darwin'", "not darwin "),
        ("os.uname = lambda: type('', (), {'machine': 'riscv64'})", "not linux riscv64"),
        ("del os.uname; sys.platform = 'win32'", "not win32"),
    ],
)
def test_other_systems_say_so(place: Place, change: str, words: str) -> None:
    done = start(change + "\n" + RESTRICT, place.inside, place.outside)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "confining a kernel needs 64-bit Linux on x86_64 or aarch64, " + words in last + " "
