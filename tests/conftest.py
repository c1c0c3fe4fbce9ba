"""What all tests share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.blog import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An empty blog."""
    # Not below tmp_path: the sockets of kernels are in it, and their names must be short.
    with tempfile.TemporaryDirectory(prefix="blog-") as scratch:
        yield Site(tmp_path, Path(scratch))
