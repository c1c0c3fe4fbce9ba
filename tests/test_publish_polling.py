"""A web server shows the folder while it is switched, and readers ask all the time."""

import http.client
import re
import threading
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from site_publishing.addresses import SiteAddress
from site_publishing.manifest import MARKER
from site_publishing.online import version_online, wait_for

from tests.places import make_place, publish, site_in
from tests.programs import web_server

PAGES = 40
SWITCHES = 25
READERS = 4


def site(number: int) -> dict[str, str]:
    """Version `number`: all pages name it, and a style sheet that only this version has."""
    text = f'<link rel="stylesheet" href="/theme/s-{number}.css"><p>version {number}</p>' * 50
    pages = {f"p{page}/index.html": text for page in range(PAGES)}
    return {"index.html": text, f"theme/s-{number}.css": f"/* {number} */", **pages}


class Reader(threading.Thread):
    """Opens page after page on one connection, each with its style sheet; notes what it gets."""

    def __init__(self, port: int) -> None:
        super().__init__(name="reader")
        self.port = port
        self.done = threading.Event()
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.versions: list[int] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        page = 0
        while not self.done.is_set():
            page = (page + 1) % PAGES
            text = self._get(connection, f"/p{page}/")
            numbers = set(re.findall(r"version (\d+)", text))
            if len(numbers) != 1 or text.count("version") != 50:
                self.wrong.append(f"/p{page}/: {text[:200]}")
                continue
            number = numbers.pop()
            self.versions.append(int(number))
            if self._get(connection, f"/theme/s-{number}.css") != f"/* {number} */":
                self.wrong.append(f"style sheet of {number}")
        connection.close()

    def _get(self, connection: http.client.HTTPConnection, path: str) -> str:
        connection.request("GET", path)
        answer = connection.getresponse()
        self.statuses[answer.status] += 1
        return answer.read().decode()


@pytest.mark.slow
def test_readers_get_one_whole_version_or_another_while_the_folder_is_switched(
    tmp_path: Path,
) -> None:
    place = make_place("folder", tmp_path, "")
    states = [site_in(tmp_path / f"v{number}", site(number)) for number in range(SWITCHES + 1)]
    publish(place.target, *states[0])
    (tmp_path / "nginx").mkdir()
    with web_server(place.base / "current", tmp_path / "nginx") as port:
        readers = [Reader(port) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        address = SiteAddress(f"http://127.0.0.1:{port}", "/")
        for state in states[1:]:
            publish(place.target, *state)
            # What `--verify` asks sees the new version at once.
            assert version_online(address) == state[1].version
        for reader in readers:
            reader.done.set()
        for reader in readers:
            reader.join(60)
    statuses = sum((reader.statuses for reader in readers), Counter[int]())
    seen = {version for reader in readers for version in reader.versions}
    assert [reader.wrong for reader in readers] == [[]] * READERS
    assert set(statuses) == {200}
    assert len(seen) > SWITCHES // 2
    for reader in readers:
        assert reader.versions == sorted(reader.versions)


def test_verifying_waits_and_says_what_is_there_instead(tmp_path: Path) -> None:
    place = make_place("folder", tmp_path, "")
    folder, manifest = site_in(tmp_path / "v", site(1))
    publish(place.target, folder, manifest)
    (tmp_path / "nginx").mkdir()
    slept: list[float] = []
    with web_server(place.base / "current", tmp_path / "nginx") as port:
        address = SiteAddress(f"http://127.0.0.1:{port}", "/")
        current = (place.base / "current").resolve()

        def come(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 3:
                (current / MARKER).write_text("later\n")

        online = partial(version_online, address)
        assert wait_for("later", online, sleep=come) is None
        assert len(slept) == 3
        assert wait_for("never", online, patience=9, sleep=slept.append) == "later"
        assert sum(slept[3:]) >= 9
        (current / MARKER).unlink()
        assert "404" in str(wait_for("x", online, patience=0))
    assert "refused" in str(wait_for("x", online, patience=0))
