"""What a kernel that has no network can still do, and what not."""

import errno
import os
import platform
from pathlib import Path

import pytest

from tests.confined import python, seccomp_is_here, start, without

pytestmark = pytest.mark.skipif(not seccomp_is_here(), reason="this system has no seccomp filters")

RING = (
    "libc = ctypes.CDLL(None, use_errno=True)\n"
    "print(libc.syscall(425, 8, bytes(120)) >= 0 or errno.errorcode[ctypes.get_errno()])"
)
X86_64 = pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86_64 has this")


def told(action: str) -> str:
    return python(f"network.forbid()\ntold(lambda: {action})")


@pytest.mark.parametrize(
    "made",
    [
        "socket.socket(socket.AF_INET)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_INET6)",
        "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)",
        "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "socket.socket(socket.AF_VSOCK)",
        "socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)",
        "socket.socket(99)",
        "socket.socket(0)",
        "socket.socketpair(socket.AF_INET)",
        "socket.socketpair(socket.AF_TIPC)",
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.create_connection(('::1', 9))",
        "socket.create_server(('127.0.0.1', 0))",
        "__import__('asyncio').run(__import__('asyncio').open_connection('127.0.0.1', 9))",
    ],
)
def test_no_other_family_gets_a_socket(made: str) -> None:
    assert told(made) == "EACCES"


def test_the_words_of_an_address_that_is_not_reached() -> None:
    done = start(
        "network.forbid()\nimport urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')"
    )
    assert done.stderr.splitlines()[-1] == (
        "urllib.error.URLError: <urlopen error [Errno 13] Permission denied>"
    )


def test_an_address_is_found_in_the_file_of_hosts_without_netlink() -> None:
    assert told("socket.getaddrinfo('localhost', 80)") == "done"
    assert told("socket.getaddrinfo('127.0.0.1', 80)") == "done"


def test_a_name_that_is_not_known_is_the_usual_error() -> None:
    code = (
        "network.forbid()\n"
        "try: socket.getaddrinfo('nada.example', 80)\n"
        "except socket.gaierror as error: print('gaierror')"
    )
    assert python(code) == "gaierror"


@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM", "SOCK_SEQPACKET"])
def test_unix_sockets_work(tmp_path: Path, kind: str) -> None:
    code = (
        "network.forbid()\n"
        f"one, other = socket.socketpair(socket.AF_UNIX, socket.{kind})\n"
        "one.send(b'by a pair'); print(other.recv(99))\n"
        f"server = socket.socket(socket.AF_UNIX, socket.{kind}); server.bind('s')\n"
        f"if socket.{kind} != socket.SOCK_DGRAM: server.listen()\n"
        f"client = socket.socket(socket.AF_UNIX, socket.{kind}); client.connect('s')\n"
        "client.send(b'by a path')\n"
        f"if socket.{kind} != socket.SOCK_DGRAM: server, _ = server.accept()\n"
        "print(server.recv(99))"
    )
    code = "os.chdir(sys.argv[1])\n" + code
    assert python(code, tmp_path).splitlines() == ["b'by a pair'", "b'by a path'"]


def test_asyncio_and_multiprocessing_work(tmp_path: Path) -> None:
    code = (
        "network.forbid()\n"
        "import asyncio, multiprocessing, tempfile\n"
        "tempfile.tempdir = sys.argv[1]\n"
        "asyncio.run(asyncio.sleep(0))\n"
        "with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, 2]))\n"
        "with multiprocessing.Manager() as manager: print(manager.list([1]))"
    )
    assert python(code, tmp_path).splitlines() == ["[1, 2]", "[1]"]


def test_kernels_can_talk_over_zeromq(tmp_path: Path) -> None:
    code = (
        "network.forbid()\n"
        "import zmq\n"
        "context = zmq.Context()\n"
        "one, other = context.socket(zmq.PAIR), context.socket(zmq.PAIR)\n"
        "one.bind('ipc://' + sys.argv[1] + '/s'); other.connect('ipc://' + sys.argv[1] + '/s')\n"
        "other.send(b'text'); print(one.recv())"
    )
    assert python(code, tmp_path) == "b'text'"


def test_no_ring_opens_sockets() -> None:
    assert python("network.forbid()\n" + RING) == "EPERM"


def test_only_the_lower_half_of_the_family_counts() -> None:
    """As it does for the kernel, so that no bits above it make another family of it."""
    code = (
        "network.forbid()\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "def made(family):\n"
        "    number = ctypes.c_long(seccomp.calls().socket)\n"
        "    return libc.syscall(number, ctypes.c_long(family), ctypes.c_long(1), None)\n"
        "print(made(1 << 32 | socket.AF_INET), errno.errorcode[ctypes.get_errno()])\n"
        "print(made(1 << 32 | socket.AF_UNIX) > 0, made(socket.AF_UNIX) > 0)"
    )
    assert python(code).splitlines() == ["-1 EACCES", "True True"]


@X86_64
@pytest.mark.parametrize("number", [41, 53, 39, 425])
def test_no_call_of_x32_slips_through(number: int) -> None:
    code = (
        "network.forbid()\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        f"print(libc.syscall(ctypes.c_long(0x40000000 | {number}), 2, 1, 0),"
        " errno.errorcode[ctypes.get_errno()])"
    )
    assert python(code) == "-1 EPERM"


@X86_64
def test_a_call_of_32_bits_ends_the_process() -> None:
    """There `socket` has the number 359, which is another call, or none, in 64 bits."""
    code = (
        "import mmap\n"
        # mov eax, 359; mov ebx, 2; mov ecx, 1; xor edx, edx; int 0x80; ret
        "steps = bytes.fromhex('53 b867010000 bb02000000 b901000000 31d2 cd80 5b c3')\n"
        "memory = mmap.mmap(-1, 4096, prot=7)\n"
        "memory.write(steps)\n"
        "address = ctypes.addressof(ctypes.c_char.from_buffer(memory))\n"
        "made = ctypes.CFUNCTYPE(ctypes.c_int)(address)\n"
    )
    assert start(code + "network.forbid()\nmade()").returncode == -31  # SIGSYS


@pytest.mark.parametrize(
    "child",
    [
        "os.fork() or (told(attempt), os._exit(0)); os.wait()",
        "import threading; t = threading.Thread(target=told, args=(attempt,)); t.start(); t.join()",
        "import subprocess; subprocess.run([sys.executable, '-c',"
        " 'import socket\\ntry: socket.socket()\\nexcept PermissionError: print(\"EACCES\")'])",
    ],
)
def test_children_have_no_network_either(child: str) -> None:
    assert python("network.forbid()\nattempt = socket.socket\n" + child) == "EACCES"


def test_threads_that_run_already_have_none_either() -> None:
    code = (
        "import threading\n"
        "go = threading.Event()\n"
        "thread = threading.Thread(target=lambda: (go.wait(), told(socket.socket)))\n"
        "thread.start(); network.forbid(); go.set(); thread.join()"
    )
    assert python(code) == "EACCES"


def test_what_was_open_before_stays_open() -> None:
    code = (
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "network.forbid()\n"
        "print(server.getsockname()[0])"
    )
    assert python(code) == "127.0.0.1"


def test_twice_is_as_once() -> None:
    assert python("network.forbid()\nnetwork.forbid()\ntold(socket.socket)") == "EACCES"


def test_no_program_gains_rights_by_being_started() -> None:
    code = (
        "network.forbid()\n"
        "import subprocess\n"
        "print(subprocess.run(['grep', '-E', '^(NoNewPrivs|CapEff|CapPrm)', '/proc/self/status'],"
        " capture_output=True, text=True).stdout)"
    )
    lines = dict(line.split(":\t") for line in python(code).splitlines())
    assert lines["NoNewPrivs"] == "1"
    kept = 0b11011 if os.getuid() == 0 else 0
    assert int(lines["CapEff"], 16) & ~kept == 0
    assert int(lines["CapPrm"], 16) & ~kept == 0


@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EINVAL, errno.EPERM])
def test_a_system_without_filters_says_so(error: int) -> None:
    done = start(without("seccomp.calls().seccomp", error) + "network.forbid()")
    assert done.stderr.splitlines()[-1] == (
        f"inside.linux.NotAvailableError: [Errno {error}] there are no seccomp filters here: "
        f"{os.strerror(error)}"
    )


def test_what_linux_refuses_is_told() -> None:
    done = start(without("seccomp.calls().seccomp", errno.ENOMEM) + "network.forbid()")
    assert done.stderr.splitlines()[-1] == (
        f"OSError: [Errno {errno.ENOMEM}] seccomp refuses the filter: Cannot allocate memory"
    )


def test_a_thread_with_a_filter_of_its_own_is_told() -> None:
    """Linux then filters nothing, and names the thread instead of an error."""
    code = (
        "import threading\n"
        "real = seccomp.linux.call\n"
        "seccomp.linux.call = lambda number, mode, flags, steps: real(number, mode, 0, steps)\n"
        "ready, stay = threading.Event(), threading.Event()\n"
        "own = lambda: (network.forbid(), ready.set(), stay.wait())\n"
        "threading.Thread(target=own, daemon=True).start()\n"
        "ready.wait(); seccomp.linux.call = real\n"
        "try: network.forbid()\n"
        "except OSError as error: print(error)\n"
        "told(socket.socket)"
    )
    first, last = python(code).splitlines()
    assert first.startswith("[Errno 16] seccomp refuses the filter: thread ")
    assert first.endswith(" has one of its own")
    assert last == "done"


def test_other_systems_say_so() -> None:
    done = start("sys.platform = 'darwin'\nnetwork.forbid()")
    assert "confining a kernel needs 64-bit Linux" in done.stderr.splitlines()[-1]
