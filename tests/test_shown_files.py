"""Pictures that the prose shows from the folder of the post, and how they are attached to it."""

import pytest
from executable_posts.attachments import as_attached, as_written, attached, bundles
from executable_posts.plan import files_to_keep
from executable_posts.post import parse, shown_files
from executable_posts.post.shown_files import path_of
from hypothesis import given
from hypothesis import strategies as st

PATH = "content/posts/x.md"


def links(body: str) -> list[tuple[str, str, int]]:
    post = parse(f"Title: X\n\n{body}", PATH, "yes")
    return [(shown.link, shown.path, shown.line) for shown in shown_files(post)]


@pytest.mark.parametrize(
    ("body", "link", "path"),
    [
        ("![perda](perda.png)\n", "perda.png", "perda.png"),
        ("Veja ![](./fig/a.PNG 'T') aqui.\n", "./fig/a.PNG", "fig/a.PNG"),
        ("![a](<a.svg>)\n", "a.svg", "a.svg"),
        ("![a](gr%C3%A1fico.jpg)\n", "gr%C3%A1fico.jpg", "gráfico.jpg"),
        ("![a]({static}a.webp)\n", "{static}a.webp", "a.webp"),
        ("![a](|attach|a.gif)\n", "|attach|a.gif", "a.gif"),
        ("![a](../images/a.png)\n", "../images/a.png", "../images/a.png"),
        ('<img alt="a" src="a.png">\n', "a.png", "a.png"),
        ("![a][b]\n\n[b]: a.png\n", "a.png", "a.png"),
        ("[![a](a.png)](http://b)\n", "a.png", "a.png"),
    ],
)
def test_pictures_beside_the_post_are_found(body: str, link: str, path: str) -> None:
    [found] = links(body)
    assert found[:2] == (link, path)


@pytest.mark.parametrize(
    "body",
    [
        "![a](/assets/a.png)\n",
        "![a]({static}/images/a.png)\n",
        "![a](https://a.b/c.png)\n",
        "![a](data:image/png;base64,aaaa)\n",
        "![a](a.pdf)\n",
        "[a](a.png)\n",
        "```bash\n![a](a.png)\n```\n",
        "![a](a\\b.png)\n",
    ],
)
def test_what_is_elsewhere_or_no_picture_is_none(body: str) -> None:
    assert links(body) == []


def test_a_link_is_found_once_at_its_first_line() -> None:
    assert links("a\n\n![](a.png)\n\n![](a.png)\n") == [("a.png", "a.png", 5)]


@given(st.text())
def test_no_link_raises_or_leads_to_the_root(link: str) -> None:
    path = path_of(link)
    assert path is None or not path.startswith("/")


@pytest.mark.parametrize(
    ("code", "there", "kept"),
    [
        ("plt.savefig('perda.png')", False, True),
        ("plt.savefig('perda.png')", True, True),
        ("plt.savefig(f'{nome}.png')", False, True),
        ("plt.savefig(f'{nome}.png')", True, False),
        ("x = 1", False, False),
        ("x = 1", True, False),
    ],
)
def test_what_a_cell_may_save_is_kept(code: str, there: bool, kept: bool) -> None:
    post = parse(f"Title: X\n\n```python\n{code}\n```\n\n![](perda.png)\n", PATH, "yes")
    asked: list[str] = []

    def digest(name: str) -> str | None:
        asked.append(name)
        return "0" if there else None

    assert [shown.link for shown in files_to_keep(post, digest)] == ["perda.png"] * kept
    assert set(asked) <= {"content/posts/perda.png"}


# Attachments


@pytest.mark.parametrize("link", ["perda.png", "./a+b.png", "gr%C3%A1fico.png", "{static}a.png"])
def test_prose_shows_its_attachments_as_jupyter_has_them(link: str) -> None:
    prose = f'a ![b]({link}) c\n\n![d]( <{link}>)\n\n<img src="{link}">\n\n[e]: {link}\n\n{link}'
    seen = as_attached(prose, [link])
    assert seen.count(f"attachment:{link}") == 4
    assert seen.endswith(f"\n{link}")
    assert as_written(seen, [link]) == prose


@given(st.lists(st.sampled_from(["![a](", "a.png", ")", "[b]: ", "attach", "\n", "b/a.png"])))
def test_prose_is_the_same_again(parts: list[str]) -> None:
    prose = "".join(parts)
    for names in (["a.png"], ["b/a.png"], ["a.png", "b/a.png"]):
        assert as_written(as_attached(prose, names), names) == prose


def test_attachments_are_read_as_they_are_written() -> None:
    pictures = {"a.svg": b"<svg/>", "b.jpg": b"\xff\xd8", "c.png": b""}
    written = bundles(pictures)
    assert [list(bundle) for bundle in written.values()] == [
        ["image/svg+xml"],
        ["image/jpeg"],
        ["image/png"],
    ]
    assert attached({"attachments": written}) == pictures
    assert attached({}) == {}
