"""Where publishing meets Pelican: settings, and a build in a process of its own.

``python -m site_publishing.blog SETTINGS OUTPUT RECORD`` builds the site frozen, and writes what
the checks must know of its posts to the file RECORD. It ends when its standard input does, so that
it never outlives who started it.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from executable_posts.errors import Problem, ProblemError

from .model import Source


@dataclass(frozen=True)
class BlogSettings:
    """What publishing reads of Pelican's settings. `targets` is as the blog wrote it."""

    root: Path
    siteurl: str
    targets: object


def blog_settings(file: Path) -> BlogSettings:
    """The settings in `file`. Raises `ProblemError` where they cannot be read."""
    from pelican.settings import read_settings

    if not file.is_file():
        raise ProblemError(Problem(file.name, "is not there; it holds the settings of the blog"))
    try:
        settings = read_settings(str(file))
    except Exception as error:  # whatever a Python file can raise
        raise ProblemError(Problem(file.name, f"{type(error).__name__}: {error}")) from None
    return BlogSettings(
        file.resolve().parent, str(settings["SITEURL"]), settings.get("PUBLISH_TARGETS", {})
    )


def build(file: Path, output: Path, record: Path) -> tuple[list[Source], list[Problem]]:
    """Build the site with the settings `file` into `output`; gives its posts, and what went wrong.

    What is wrong is what Pelican logged as an error, since many of them do not stop it.
    """
    command = [sys.executable, "-m", "site_publishing.blog", str(file), str(output), str(record)]
    plugins = str(Path(__file__).resolve().parent.parent)
    paths = [plugins, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200"}
    process = subprocess.Popen(
        command,
        cwd=file.parent,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    with process:
        assert process.stdin and process.stdout  # noqa: S101  both are pipes
        try:
            said = process.stdout.read()
        except BaseException:
            process.kill()
            raise
        finally:
            process.stdin.close()
    if process.returncode or not record.is_file():
        details = "\n".join(f"    {line}" for line in said.strip().splitlines()[-20:])
        message = f"the build failed (status {process.returncode})"
        return [], [Problem(file.name, message, details=details)]
    known = json.loads(record.read_text(encoding="utf-8"))
    problems = [Problem(file.name, message) for message in known["errors"]]
    return [_source(entry) for entry in known["sources"]], problems


def _source(entry: Mapping[str, str]) -> Source:
    date = datetime.fromisoformat(entry["date"]) if entry["date"] else None
    return Source(entry["file"], entry["page"], entry["status"], date, entry["notebook"])


def main(settings_file: str, output: str, record: str) -> None:
    """Build the site, and write the record; exits as Pelican does."""
    from pelican import main as pelican
    from pelican import signals

    threading.Thread(target=_end_with_parent, daemon=True).start()
    errors = _Errors()
    logging.getLogger("pelican").addHandler(errors)
    sources: list[dict[str, str]] = []

    def note(generators: list[Any]) -> None:
        root = Path(settings_file).resolve().parent
        found = generators[0].context["generated_content"].values()
        sources.extend(_entries(found, root))

    signals.all_generators_finalized.connect(note)
    frozen = "EXECUTE_POSTS=" + json.dumps("frozen")
    pelican(["--settings", settings_file, "--output", output, "--extra-settings", frozen])
    known = {"sources": sources, "errors": errors.messages}
    Path(record).write_text(json.dumps(known), encoding="utf-8")


def _entries(contents: Any, root: Path) -> Iterator[dict[str, str]]:
    for content in contents:
        if content is None or not hasattr(content, "status"):
            continue
        file = Path(content.source_path)
        date = getattr(content, "date", None)
        yield {
            "file": file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file),
            "page": content.save_as,
            "status": content.status,
            "date": date.isoformat() if date and date.tzinfo else "",
            "notebook": getattr(content, "executed_notebook", ""),
        }


class _Errors(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = " ".join(record.getMessage().split())
        if message not in self.messages:
            self.messages.append(message)


def _end_with_parent() -> None:
    # Not through sys.stdin, which an ending interpreter wants for itself.
    while os.read(0, 1024):
        pass
    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
