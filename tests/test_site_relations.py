"""Related posts, series, neighbours: the same for the same posts, whatever their order."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from readable_site.facts import relate
from readable_site.relations import all_series, related


@dataclass(frozen=True)
class Name:
    """A tag or a category."""

    slug: str


@dataclass(eq=False)
class Post:
    """What is known of a post that may be related to others."""

    slug: str
    date: datetime
    category: Name = Name("geral")
    tags: list[Name] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    related: tuple[Any, ...] = ()
    series: Any = None
    prev_article: Any = None
    next_article: Any = None


START = datetime(2020, 1, 1, tzinfo=UTC)


def post(day: int, tags: str = "", category: str = "geral", **metadata: str) -> Post:
    names = [Name(name) for name in tags.split()]
    return Post(f"p{day}", START + timedelta(days=day), Name(category), names, metadata)


def slugs(posts: Any) -> list[str]:
    return [one.slug for one in posts]


def test_who_shares_most_comes_first_and_the_newest_of_equals() -> None:
    posts = [post(1, "a b"), post(2, "a"), post(3, "a b"), post(4, "a"), post(5, "", "outra")]
    found = related(posts)
    assert slugs(found[0]) == ["p3", "p4", "p2"]
    assert slugs(found[4]) == []


def test_a_series_binds_more_than_a_tag_and_a_category_fills_up() -> None:
    posts = [post(1, "a", series="s"), post(2, "a"), post(3, "", series="s"), post(4), post(5)]
    assert slugs(related(posts)[0]) == ["p3", "p2", "p5"]


def test_a_series_goes_by_number_and_then_by_date() -> None:
    posts = [
        post(1, series="s", series_index="2"),
        post(2, series="s", series_index="1"),
        post(4, series="s"),
        post(3, series="s"),
        post(5),
    ]
    assert {name: slugs(parts) for name, parts in all_series(posts).items()} == {
        "s": ["p2", "p1", "p3", "p4"]
    }
    relate(posts)
    middle = posts[0].series
    assert (middle.number, middle.previous.slug, middle.next.slug) == (2, "p2", "p3")
    assert posts[1].series.previous is None
    assert posts[2].series.next is None
    assert posts[4].series is None


POSTS = st.lists(
    st.builds(
        post,
        st.integers(0, 9),
        st.sampled_from(["", "a", "a b", "c"]),
        st.sampled_from(["geral", "outra"]),
        series=st.sampled_from(["", "s"]),
    ),
    max_size=8,
    unique_by=lambda one: one.slug,
)


@given(POSTS, st.randoms())
def test_relations_do_not_depend_on_the_order_in_which_posts_were_read(
    posts: list[Post], random: Any
) -> None:
    relate(posts)
    before = {one.slug: slugs(one.related) for one in posts}
    mixed = posts[:]
    random.shuffle(mixed)
    relate(mixed)
    assert {one.slug: slugs(one.related) for one in mixed} == before
    for one in posts:
        assert one not in one.related
        assert len(one.related) <= 3


@given(POSTS)
def test_neighbours_are_a_chain_from_the_oldest_to_the_newest(posts: list[Post]) -> None:
    relate(posts)
    chain = [one for one in posts if one.prev_article is None]
    assert len(chain) == min(1, len(posts))
    while chain and chain[-1].next_article:
        assert chain[-1].next_article.prev_article is chain[-1]
        chain.append(chain[-1].next_article)
    assert slugs(chain) == sorted(slugs(posts))
