"""A terminal for tests: a real pty for the program, and a screen that holds what a person sees."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LIMIT = 120.0
# Seconds. A key that is pressed as soon as a prompt is seen may come before the program waits for
# it; what it interrupts then is nothing, and the program waits for the next key.
_TIME_TO_PRESS = 0.3
_TOKEN = re.compile(
    r"\x1b\[(?P<private>\??)(?P<number>\d*)(?:;\d*)*(?P<final>[A-Za-z])"
    r"|\x1b\][^\x1b\x07]*(?:\x1b\\|\x07)"
    r"|(?P<control>[\r\n])"
    r"|(?P<text>[^\x1b\r\n]+)",
    re.DOTALL,
)


class Screen:
    """What a terminal shows that was sent some text, lines that scrolled away included.

    It knows what rich sends, and raises `ValueError` for anything else.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows: list[str] = [""]
        self.row = self.column = 0
        self.cursor_visible = True

    def feed(self, text: str) -> None:
        position = 0
        while position < len(text):
            token = _TOKEN.match(text, position)
            if token is None:
                raise ValueError(f"not known to this terminal: {text[position : position + 9]!r}")
            position = token.end()
            if token["final"]:
                self._sequence(token["private"] + token["final"], token["number"])
            elif token["control"] == "\n":
                self._line_feed()
            elif token["control"] == "\r":
                self.column = 0
            elif token["text"]:
                self._write(token["text"])

    def _sequence(self, kind: str, number: str) -> None:
        if kind == "A":
            self.row -= int(number or 1)
            if self.row < 0:
                raise ValueError("the cursor left the screen")
        elif kind == "K":
            self.rows[self.row] = ""
        elif kind in {"?h", "?l"} and number == "25":
            self.cursor_visible = kind == "?h"
        elif kind != "m":
            raise ValueError(f"not known to this terminal: {kind}")

    def _line_feed(self) -> None:
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append("")

    def _write(self, text: str) -> None:
        for character in text:
            if self.column == self.width:
                self.column = 0
                self._line_feed()
            row = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = row[: self.column] + character + row[self.column + 1 :]
            self.column += 1

    @property
    def lines(self) -> list[str]:
        """The lines, without the empty ones at the end."""
        lines = [row.rstrip() for row in self.rows]
        while lines and not lines[-1]:
            lines.pop()
        return lines


@dataclass(frozen=True)
class Shown:
    """How a program ended, all that it sent, and every screen on the way."""

    status: int
    sent: str
    screens: Sequence[Screen]

    @property
    def last(self) -> Screen:
        return self.screens[-1]

    def ever(self, pattern: str) -> bool:
        """Whether a line ever matched `pattern` as a whole."""
        return any(re.fullmatch(pattern, line) for screen in self.screens for line in screen.lines)


def on_terminal(
    command: Sequence[str],
    folder: Path,
    *,
    width: int = 100,
    encoding: str = "utf-8",
    environment: Mapping[str, str] | None = None,
    interrupt_when: Callable[[str], bool] = lambda _: False,
) -> Shown:
    """Run `command` on a pty of `width` columns; Ctrl-C once, soon after what was sent says so."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"}
    }
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=inherited
        | {"TERM": "xterm-256color", "PYTHONIOENCODING": encoding, **(environment or {})},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    sent = b""
    screens: list[Screen] = []
    interrupted = False
    end = time.monotonic() + _LIMIT
    try:
        while chunk := _read(master, end):
            sent += chunk
            # What a person sees between two refreshes; a chunk may end inside of one.
            screens.append(_screen(sent.decode(encoding, errors="replace"), width))
            if not interrupted and interrupt_when(sent.decode(encoding, errors="replace")):
                time.sleep(_TIME_TO_PRESS)
                process.send_signal(signal.SIGINT)
                interrupted = True
        status = process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()
        os.close(master)
    return Shown(status, sent.decode(encoding), screens)


def _screen(text: str, width: int) -> Screen:
    screen = Screen(width)
    screen.feed(re.sub(r"\x1b(?:\[[?\d;]*|\][^\x1b\x07]*\x1b?)?$", "", text))
    return screen


def _read(master: int, end: float) -> bytes:
    """What was sent, when something is; nothing when the program is gone."""
    readable, _, _ = select.select([master], [], [], max(0.0, end - time.monotonic()))
    assert readable, f"it did not end within {_LIMIT:g} s"
    try:
        return os.read(master, 1 << 16)
    except OSError:  # Linux's way to say that nobody has the other end open
        return b""
