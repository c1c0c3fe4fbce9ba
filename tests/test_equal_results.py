"""A post gives the same in a kernel that was forked from a kernel server as in a plain one.

The posts are those in `equal_results/`, which hold cells of every kind. Those of the blog run in
both in test_blog.py.
"""

import base64
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from executable_posts.datasets import known_datasets
from executable_posts.jobs import Conditions, Job, JobCell, Run
from executable_posts.kernels.server import AVAILABLE, KernelServer
from executable_posts.outputs import comparable
from executable_posts.packages import versions
from executable_posts.post import parse
from executable_posts.run import environment, run
from executable_posts.store import Output

from tests.blog import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not AVAILABLE, reason="kernels are forked on Linux alone"),
]

KINDS = Path(__file__).with_name("equal_results") / "content" / "posts"
POSTS = sorted(KINDS.glob("*.md"))
# All that a server may be asked to import, and the number of threads is that of every build.
MODULES = (
    *("numpy", "scipy", "PIL.Image", "matplotlib.pyplot", "pandas", "sklearn"),
    *("tensorflow", "keras"),
)
MNIST = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"


@dataclass(frozen=True)
class Bench:
    """A kernel server, and a folder for what may stay between runs."""

    server: KernelServer
    cache: Path

    def conditions(self, post: Path) -> Conditions:
        return _conditions(post, self.cache)


def _conditions(post: Path, cache: Path) -> Conditions:
    root = post.parent.parent.parent
    data, problems = known_datasets({MNIST: "mnist.npz"}, ROOT / "content" / "data", ROOT)
    assert not problems
    return Conditions(
        root=root,
        content=root / "content",
        cache=cache,
        threads=2,
        timezone="America/Sao_Paulo",
        datasets=data,
    )


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    cache = tmp_path_factory.mktemp("cache")
    server = KernelServer(MODULES, environment(_conditions(POSTS[0], cache), Path("/tmp")))
    try:
        server.wait_until_ready()
        yield Bench(server, cache)
    finally:
        server.close()


def job(post: Path) -> Job:
    """The job that a build makes of `post`."""
    parsed = parse(post.read_text(encoding="utf-8"), post.name, "auto")
    assert not parsed.problems
    cells = tuple(
        JobCell(cell.code, cell.code_line, parsed.may_raise(cell), 120, cell.lines)
        for cell in parsed.cells
    )
    return Job(f"content/posts/{post.name}", post.parent, cells)


def pictures(outputs: Sequence[Output]) -> list[bytes]:
    """The bytes of all pictures, as they stand in the notebook."""
    return [
        base64.b64decode(output["data"]["image/png"])
        for output in outputs
        if "image/png" in output.get("data", {})
    ]


@pytest.mark.parametrize("post", POSTS, ids=lambda post: post.stem)
def test_a_forked_kernel_gives_what_a_plain_one_gives(bench: Bench, post: Path) -> None:
    def ran(server: KernelServer | None) -> Run:
        result = run(job(post), bench.conditions(post), server, lambda _: None, lambda _: None)
        assert isinstance(result, Run), f"{result}\n{result.details}"
        return result

    with ThreadPoolExecutor(2) as pool:
        plain, forked = pool.map(ran, (None, bench.server))
    for number, (one, other) in enumerate(zip(plain.cells, forked.cells, strict=True), 1):
        assert comparable(other.outputs) == comparable(one.outputs), f"cell {number}"
        assert pictures(other.outputs) == pictures(one.outputs), f"cell {number}"
    # What is not installed is looked for here and there, and counts nowhere.
    assert versions(forked.modules) == versions(plain.modules)
    assert forked.files == plain.files
