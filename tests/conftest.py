"""What all tests share."""

import os
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.blog import Site
from tests.leftovers import nothing_left
from tests.running import KINDS, Bench, Servers, shared_servers

# How long an example takes says more of what else the machine does.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

# No build of a test asks another host for a picture.
os.environ["REMOTE_PICTURES"] = "local"
# What `make test` tells the make of a test, which would say more for it.
for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(name, None)

# What is started with nohup, or in the background of a script, ignores what tests send.
for number, handler in (
    (signal.SIGHUP, signal.SIG_DFL),
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files with many slow tests begin first, so that no worker has one left at the end."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An empty blog."""
    # Not below tmp_path: the sockets of kernels are in it, and their names must be short.
    with tempfile.TemporaryDirectory(prefix="blog-") as scratch:
        yield Site(tmp_path, Path(scratch))


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Kernel servers, started when they are first wanted."""
    with shared_servers() as shared:
        yield shared


@pytest.fixture(scope="session")
def run_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of runs without a site."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path, run_cache: Path) -> Bench:
    """A place to run cells in: each test runs twice, with plain kernels and with forked ones."""
    forked = request.param == "forked"
    return Bench(tmp_path, run_cache, request.getfixturevalue("servers") if forked else None)


@pytest.fixture
def hostile(bench: Bench) -> Iterator[Bench]:
    """A place to run cells of which nothing may remain; they have only little of everything."""
    bench.limit(memory=1 << 30, file=20 << 20, disk=50 << 20, processes=100)
    bench.start_server()
    with nothing_left():
        yield bench
