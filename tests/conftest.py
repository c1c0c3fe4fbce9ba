"""What all tests share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.blog import Site

# How long an example takes says more of what else the machine does.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An empty blog."""
    # Not below tmp_path: the sockets of kernels are in it, and their names must be short.
    with tempfile.TemporaryDirectory(prefix="blog-") as scratch:
        yield Site(tmp_path, Path(scratch))
