"""Real servers for tests of publishing, on 127.0.0.1 and ended with the test that started them."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path

import pytest

PACKAGES = Path(__file__).with_name("system-packages.txt")
_PATIENCE = 20.0


def program(name: str, package: str) -> str:
    """Where the program is; a test that needs it and has it not fails, and says how to get it."""
    assert package in PACKAGES.read_text(encoding="utf-8").split(), PACKAGES
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        pytest.fail(f"{name} is not installed: `apt-get install {package}` installs it")
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


@contextmanager
def _served(command: list[str], port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        end = time.monotonic() + _PATIENCE
        while True:
            assert process.poll() is None, log.read_text()
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(20)


@dataclass(frozen=True)
class SshServer:
    """`host` is how to name it; `shell` is the ssh that reaches it with the right key."""

    host: str
    shell: str


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """An sshd of this user's own, with keys and settings in `folder`."""
    sshd, keygen = program("sshd", "openssh-server"), program("ssh-keygen", "openssh-client")
    program("rsync", "rsync")
    for key in ("host", "user"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", folder / key], check=True)
    if os.geteuid() == 0:  # root's sshd drops its privileges in this folder
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    settings = folder / "sshd.conf"
    settings.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\n"
        f"AuthorizedKeysFile {folder / 'user.pub'}\nStrictModes no\nUsePAM no\nPidFile none\n"
        "PasswordAuthentication no\nMaxStartups 100\n"
    )
    shell = (
        f"ssh -F none -p {port} -i {folder / 'user'} -o BatchMode=yes -o LogLevel=ERROR"
        " -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    )
    with _served([sshd, "-D", "-e", "-f", str(settings)], port, folder / "sshd.log"):
        yield SshServer(f"{getuser()}@127.0.0.1", shell)


@contextmanager
def web_server(root: Path, folder: Path) -> Iterator[int]:
    """An nginx that shows the folder `root`; gives its port. What it writes goes to `folder`."""
    nginx = program("nginx", "nginx-light")
    port = free_port()
    owner = "user root;" if os.geteuid() == 0 else ""
    places = "\n".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    settings = folder / "nginx.conf"
    settings.write_text(
        f"""{owner} daemon off; worker_processes 2; pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; default_type text/html; keepalive_requests 100000; {places}
  types {{ text/html html; text/css css; text/plain txt; image/png png; }}
  server {{ listen 127.0.0.1:{port}; root {root}; index index.html; }}
}}
"""
    )
    command = [nginx, "-c", str(settings), "-p", str(folder), "-e", f"{folder}/error.log"]
    with _served(command, port, folder / "nginx.log"):
        yield port
