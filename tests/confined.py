"""Child processes that confine themselves and then tell what they still can do."""

import subprocess
import sys
from pathlib import Path

from executable_posts.kernels.inside import landlock, linux, seccomp

_BEGIN = f"""
import ctypes, errno, os, signal, socket, sys
sys.path.insert(0, {str(Path(seccomp.__file__).parent.parent)!r})
from inside import landlock, limits, linux, network, seccomp

def told(action):
    try:
        action()
    except OSError as error:
        print(errno.errorcode[error.errno], flush=True)
    else:
        print("done", flush=True)
"""


def python(code: str, *arguments: object) -> str:
    """What a child that runs `code` with `arguments` prints; it must end well."""
    done = start(code, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def start(code: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", _BEGIN + code, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def without(number: str, error: int) -> str:
    """Code after which the system call `number` fails with `error`, as on another system."""
    return (
        "seccomp.install(*seccomp.only_own_calls(),"
        f" *seccomp.fail_if({number}, {error}), seccomp.ALLOW)\n"
    )


def landlock_version() -> int:
    """0 where there is none."""
    try:
        return landlock.version()
    except linux.NotAvailableError:
        return 0


def seccomp_is_here() -> bool:
    return start("network.forbid()").returncode == 0
