"""Another blog: what `pelican-quickstart` makes, with the wheel of the plugin installed."""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tests.blog import ROOT

SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
# Where it is to be, its title, its author, its language; no address, no pages of lists, the
# proposed time zone, no tasks.
ANSWERS = "\n\n\n\nn\nn\n\nn\n"


def build_distributions(folder: Path) -> tuple[Path, Path]:
    """Wheel and sdist, as `python -m build` makes them, without its download of hatchling."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel], [sdist] = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


@dataclass(frozen=True)
class Quickstart:
    """A site that is as `pelican-quickstart` left it, and the environment that builds it."""

    folder: Path
    python: Path

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def settings(self, more: str) -> None:
        with (self.folder / "pelicanconf.py").open("a", encoding="utf-8") as file:
            file.write(f"\n{more}\n")

    def write(self, name: str, text: str) -> Path:
        file = self.folder / "content" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def start(self, *arguments: str, python_path: str = "") -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.python, "-m", "pelican", *arguments],
            cwd=self.folder,
            env=os.environ | {"COLUMNS": "200", "PYTHONUNBUFFERED": "1", "PYTHONPATH": python_path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # So that Ctrl-C can be sent to it and all that it starts, as a terminal does.
            start_new_session=True,
        )

    def build(self, *arguments: str, python_path: str = "") -> tuple[int, str]:
        """Run Pelican; its exit status, and what it said."""
        process = self.start(*arguments, python_path=python_path)
        said, _ = process.communicate(timeout=120)
        return process.returncode, said

    def page(self, name: str) -> str:
        return (self.output / name).read_text(encoding="utf-8")


def environment(folder: Path) -> Path:
    """A new environment in `folder` with Pelican alone installed; returns its Python.

    What else one needs is borrowed from the environment of the tests, to save minutes.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    packages = folder / SITE_PACKAGES.relative_to(sys.prefix)
    # Namespace plugins are found beside Pelican alone.
    for part in ("pelican", *(info.name for info in SITE_PACKAGES.glob("pelican-*.dist-info"))):
        shutil.copytree(SITE_PACKAGES / part, packages / part)
    (packages / "borrowed.pth").write_text(f"{SITE_PACKAGES}\n", encoding="utf-8")
    script = folder / "bin" / "pelican"
    script.write_text(f"#!{python}\nfrom pelican import main\n\nmain()\n", encoding="utf-8")
    script.chmod(0o755)
    return python


def new_site(folder: Path, python: Path) -> Quickstart:
    """What `pelican-quickstart` makes in `folder` of the answers `ANSWERS`."""
    options = ["--path", str(folder), "--title", "Notes", "--author", "Ana", "--lang", "en"]
    # Where this is set, it asks no question about the folder.
    without = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    subprocess.run(
        [python, "-m", "pelican.tools.pelican_quickstart", *options],
        input=ANSWERS,
        env=without,
        text=True,
        check=True,
        capture_output=True,
    )
    return Quickstart(folder, python)


def make(folder: Path, wheel: Path) -> Quickstart:
    """A new environment with Pelican and `wheel` installed, and a new site beside it."""
    python = environment(folder / "venv")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True)
    return new_site(folder / "site", python)
