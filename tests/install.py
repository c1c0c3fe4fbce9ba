"""What the tests use beside Python packages: `python -m tests.install` gets what is missing.

Packages of the system need root or sudo, and apt-get; where that is not to be had, what is missing
is named, and the exit status is 1.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = Path(__file__).with_name("system-packages.txt")
_NPM = Path(__file__).with_name("npm")
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"

# A package has other names elsewhere, and some programs come from others: any of these will do.
PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
    "default-jre-headless": ("java",),
    "nginx-light": ("nginx",),
    "nodejs": ("node",),
    "npm": ("npm",),
    "openssh-client": ("ssh",),
    "openssh-server": ("sshd",),
    "rsync": ("rsync",),
}


def main() -> str:
    """Install what is missing; what could not be, or nothing."""
    if problem := _system_packages():
        return problem
    return _npm_packages()


def _system_packages() -> str:
    missing = [package for package, names in PROGRAMS.items() if not any(map(_found, names))]
    if not missing:
        return ""
    apt = _found("apt-get")
    sudo = [] if os.geteuid() == 0 else [_found("sudo") or ""]
    if apt is None or sudo == [""]:
        return f"the tests need packages of your system: install {', '.join(missing)}"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = [*sudo, apt, "install", "--quiet", "--yes", "--no-install-recommends", *missing]
    subprocess.run([*sudo, apt, "update", "--quiet", "--quiet"], env=environment, check=False)
    if subprocess.run(install, env=environment, check=False).returncode:
        return f"{', '.join(missing)} could not be installed: see above"
    return ""


def _npm_packages() -> str:
    lock, known = _NPM / "package-lock.json", _NPM / "node_modules" / ".installed"
    if known.is_file() and known.read_bytes() == lock.read_bytes():
        return ""
    command = [_found("npm") or "npm", "ci", "--silent", "--no-audit", "--no-fund"]
    if subprocess.run(command, cwd=_NPM, check=False).returncode:
        return "the npm packages of tests/npm could not be installed: see above"
    shutil.copyfile(lock, known)
    return ""


def _found(name: str) -> str | None:
    return shutil.which(name, path=_PATH)


if __name__ == "__main__":
    sys.exit(main() or None)
