"""Whether every number on the site is confirmed by a run: nothing stale, failed or drifted."""

from pathlib import Path

from executable_posts.commands import known_drifts, site_status
from executable_posts.errors import Problem
from executable_posts.site import load
from executable_posts.status import PostStatus


def unconfirmed(settings_file: Path) -> tuple[int, list[Problem]]:
    """How many posts of the blog run and are confirmed, and what is wrong with the others.

    Raises `ProblemError` for a setting that is not allowed.
    """
    site = load(settings_file)
    known = site_status(site)
    problems = [
        Problem(post.path, f"{_words(post)}; `invoke build` runs it")
        for post in known.posts
        if post.state not in {"up to date", "no cells", "wrong"}
    ]
    problems += [
        Problem(post.path, reason)
        for post in known.posts
        if post.state == "wrong"
        for reason in post.reasons
    ]
    problems += [
        Problem(
            name,
            f"drifted when it was last checked; `invoke rebuild {name}` takes what it gives now",
        )
        for name in known_drifts(site)
    ]
    return sum(post.state == "up to date" for post in known.posts), problems


def _words(post: PostStatus) -> str:
    reasons = "; ".join(post.reasons)
    return post.state if reasons in {"", post.state} else f"{post.state}: {reasons}"
