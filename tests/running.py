"""Running cells without a site: a content folder, jobs, and kernels of both kinds."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from executable_posts.errors import Problem
from executable_posts.jobs import CellResult, Conditions, Job, JobCell, Run, Started
from executable_posts.kernels.inside.plan import Dataset
from executable_posts.kernels.server import KernelServer
from executable_posts.limits import DEFAULT
from executable_posts.run import environment, run

KINDS = ("plain", "forked")


class Servers:
    """Kernel servers that tests share, by the environment that their kernels have."""

    def __init__(self, resources: ExitStack) -> None:
        self._resources = resources
        self._servers: dict[frozenset[tuple[str, str]], KernelServer] = {}

    def server(self, conditions: Conditions) -> KernelServer:
        """One that has imported Matplotlib's pyplot, for runs under `conditions`."""
        like = environment(conditions, Path("/home"))
        key = frozenset(like.items())
        if key not in self._servers:
            server = KernelServer(["matplotlib.pyplot"], like)
            self._servers[key] = self._resources.enter_context(closing(server))
            server.wait_until_ready()
        return self._servers[key]


@contextmanager
def shared_servers() -> Iterator[Servers]:
    """Servers that end with the tests."""
    with ExitStack() as resources:
        yield Servers(resources)


class Bench:
    """A content folder with one place for posts, and kernels of one kind.

    All have one `cache`, since kernel servers are for one.
    """

    def __init__(self, root: Path, cache: Path, servers: Servers | None) -> None:
        self.root = root
        self.posts = root / "content" / "posts"
        self.posts.mkdir(parents=True)
        self.servers = servers
        self.started: list[Started] = []
        self.conditions = Conditions(
            root=root,
            content=root / "content",
            cache=cache,
            threads=2,
            timezone="America/Sao_Paulo",
            environment=("PASSES",),
        )

    def limit(self, **limits: Any) -> None:
        """Let the next runs use no more than this."""
        self.conditions = replace(self.conditions, limits=replace(DEFAULT, **limits))

    def job(
        self, *codes: str, name: str = "x", may_raise: bool = False, timeout: float = 60
    ) -> Job:
        """A post with these cells, the first on line 10, the second on 20."""
        cells = tuple(
            JobCell(code, 10 * position, may_raise, timeout)
            for position, code in enumerate(codes, 1)
        )
        return Job(f"content/posts/{name}.md", self.posts, cells)

    def results(
        self, *jobs: Job, datasets: Mapping[str, Dataset] | None = None
    ) -> list[Run | Problem]:
        """What `jobs`, two at a time, gave, in their own order."""
        conditions = replace(self.conditions, datasets=datasets or {})
        server = self.servers.server(conditions) if self.servers else None

        def one(job: Job) -> Run | Problem:
            return run(job, conditions, server, self.started.append, lambda _: None)

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(one, jobs))

    def run(self, *codes: str, may_raise: bool = False) -> Run:
        """What these cells gave, which are to run well."""
        [result] = self.results(self.job(*codes, may_raise=may_raise))
        assert isinstance(result, Run), f"{result}\n{result.details}"
        return result

    def problem(self, *codes: str, timeout: float = 60) -> str:
        """What went wrong with these cells, which are to fail."""
        [result] = self.results(self.job(*codes, timeout=timeout))
        assert isinstance(result, Problem), result
        return str(result)

    def outputs(self, *codes: str) -> list[CellResult]:
        """What each of these cells gave."""
        return list(self.run(*codes).cells)

    def text(self, *codes: str) -> str:
        """What the last of these cells printed."""
        return "".join(str(output.get("text", "")) for output in self.outputs(*codes)[-1].outputs)
