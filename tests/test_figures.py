"""Figures: the links that stand for them, who claims a name, and names that last."""

import pytest
from executable_posts.errors import ProblemError
from executable_posts.figures import (
    Claim,
    Place,
    claims,
    collisions,
    names,
    resolve,
)
from executable_posts.post import parse
from hypothesis import given
from hypothesis import strategies as st

from tests.pictures import PLACE, pictures, post

# Links


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("/assets/output_14_0.png", "assets/output_14_0.png"),
        ("output_14_0.png", "2019/07/output_14_0.png"),
        ("./img/a_1_0.png", "2019/07/img/a_1_0.png"),
        ("../a_1_0.png", "2019/a_1_0.png"),
        ("../../assets/a_1_0.png", "assets/a_1_0.png"),
        ("{static}/images/a_1_0.png", "images/a_1_0.png"),
        ("{static}a_1_0.png", "posts/a_1_0.png"),
        ("{static}../images/a_1_0.png", "images/a_1_0.png"),
        ("|static|/images/a_1_0.png", "images/a_1_0.png"),
        ("{attach}a_1_0.png", "posts/a_1_0.png"),
        ("|attach|/a_1_0.png", "a_1_0.png"),
        ("{filename}a_1_0.png", "posts/a_1_0.png"),
        ("/assets/uma%20curva_1_0.png", "assets/uma curva_1_0.png"),
        ("/assets/gr%C3%A1fico_1_0.png", "assets/gráfico_1_0.png"),
        ("{static}/gr%C3%A1fico_1_0.png", "gráfico_1_0.png"),
        ("/assets//b/./c/../a_1_0.png", "assets/b/a_1_0.png"),
        ("/...a/..b_1_0.png", "...a/..b_1_0.png"),
    ],
)
def test_a_link_stands_for_a_file_below_the_root_of_the_site(link: str, name: str) -> None:
    assert resolve(link, PLACE) == name


@pytest.mark.parametrize(
    "link",
    [
        "../../../a_1_0.png",
        "/../a_1_0.png",
        "/assets/../../a_1_0.png",
        "{static}/../a_1_0.png",
        "{static}../../a_1_0.png",
        "|attach|../../a_1_0.png",
        "/%2e%2e/a_1_0.png",
        "/assets/..%2F..%2Fa_1_0.png",
        r"/assets\a_1_0.png",
        "/assets/%5C..%5Ca_1_0.png",
        "/",
        "../..",
    ],
)
def test_a_link_that_leads_out_of_the_site_is_refused(link: str) -> None:
    with pytest.raises(ValueError, match=r"leads out of the site's folder$") as refused:
        resolve(link, PLACE)
    assert str(refused.value) == f"{link} leads out of the site's folder"


@pytest.mark.parametrize(
    "link",
    ["https://a.b/c_1_0.png", "//a.b/c_1_0.png", "data:image/png;base64,iVBO", "C:/a_1_0.png"],
)
def test_a_link_to_another_host_is_refused(link: str) -> None:
    with pytest.raises(ValueError) as refused:
        resolve(link, PLACE)
    assert str(refused.value) == f"{link} is on another host"


# Claims


def test_a_post_claims_its_recorded_figures_and_its_labels() -> None:
    source = post("/assets/a_1_0.png", "b_1_1.png", options="#| label: curva\n")
    assert claims(source, PLACE) == (
        Claim("assets/a_1_0.png", "content/posts/redes.md", 9),
        Claim("2019/07/b_1_1.png", "content/posts/redes.md", 12),
        Claim("assets/redes/curva", "content/posts/redes.md", 3),
    )


def test_a_recorded_figure_outside_of_the_site_is_an_error_with_its_line() -> None:
    with pytest.raises(ProblemError) as refused:
        claims(post("/assets/a_1_0.png", "/../b_1_1.png"), PLACE)
    assert str(refused.value) == (
        "content/posts/redes.md:11: figure: /../b_1_1.png leads out of the site's folder"
    )


@pytest.mark.parametrize("slug", ["..", "../..", "../../x", ".", r"a\b", "a/../.."])
def test_a_slug_that_leaves_the_folder_of_figures_is_an_error(slug: str) -> None:
    with pytest.raises(ProblemError) as refused:
        claims(post(), Place(slug, "2019/07", "posts"))
    assert str(refused.value) == (
        f'content/posts/redes.md: the slug "{slug}" cannot name a folder of figures'
    )


@pytest.mark.parametrize("slug", ["redes", "notas/redes", "ação", "..redes"])
def test_a_slug_that_stays_in_the_folder_of_figures_is_none(slug: str) -> None:
    assert claims(post(), Place(slug, "2019/07", "posts")) == ()


def test_a_post_without_cells_claims_nothing_whatever_its_slug() -> None:
    prose = parse("Title: Redes\n\nTexto.\n", "content/posts/redes.md", "yes")
    assert claims(prose, Place("..", "2019/07", "posts")) == ()


def test_a_collision_names_both_posts_and_lines() -> None:
    one = claims(post("/assets/output_14_0.png", path="content/posts/a.md"), PLACE)
    other = claims(post("{static}/assets/output_14_0.png", path="content/posts/b.md"), PLACE)
    assert [str(problem) for problem in collisions([*one, *other])] == [
        "content/posts/b.md:8: the figure /assets/output_14_0.png is also claimed by "
        "content/posts/a.md:8; give one of them another name"
    ]


def test_a_label_given_twice_in_a_post_is_a_collision() -> None:
    cell = "\n```python\n#| label: curva\nx = 1\n```\n"
    twice = parse(f"Title: Redes\n{cell}{cell}", "content/posts/redes.md", "yes")
    assert [str(problem) for problem in collisions(claims(twice, PLACE))] == [
        "content/posts/redes.md:8: the figure /assets/redes/curva is also claimed by "
        "content/posts/redes.md:3; give one of them another name"
    ]


def test_names_that_differ_in_case_alone_collide() -> None:
    # They are one file on the disks of macOS and Windows.
    assert collisions([Claim("a/B.png", "a.md", 1), Claim("a/b.png", "b.md", 2)])


def test_each_further_claim_is_a_problem_of_the_post_that_makes_it() -> None:
    problems = collisions(Claim("a.png", f"{name}.md", 1) for name in "abc")
    assert [problem.path for problem in problems] == ["b.md", "c.md"]
    assert all("also claimed by a.md:1;" in problem.message for problem in problems)


def test_different_names_do_not_collide() -> None:
    assert collisions([Claim("a.png", "a.md", 1), Claim("b.png", "a.md", 1)]) == []


# Names


def test_a_recorded_name_wins_over_label_and_last_name() -> None:
    source = post("/assets/output_14_0.png", options="#| label: curva\n")
    kept = ["assets/redes/cell-7.png"]
    given = names(source, source.cells[0], 7, PLACE, pictures("png"), kept)
    assert given == ("assets/output_14_0.png",)


def test_a_label_names_the_figure_and_its_siblings() -> None:
    source = post(options="#| label: curva\n")
    given = names(source, source.cells[0], 7, PLACE, pictures("png", "png", "svg"), [])
    assert given == (
        "assets/redes/curva.png",
        "assets/redes/curva-2.png",
        "assets/redes/curva-3.svg",
    )


def test_a_label_wins_over_the_last_name() -> None:
    source = post(options="#| label: curva\n")
    kept = ["assets/redes/cell-7.png"]
    assert names(source, source.cells[0], 7, PLACE, pictures("png"), kept) == (
        "assets/redes/curva.png",
    )


def test_without_label_the_number_of_the_cell_names_its_figures() -> None:
    source = post()
    given = names(source, source.cells[0], 7, PLACE, pictures("png", "gif", "jpg"), [])
    assert given == (
        "assets/redes/cell-7.png",
        "assets/redes/cell-7-2.gif",
        "assets/redes/cell-7-3.jpg",
    )


def test_a_name_once_given_is_kept() -> None:
    source = post()
    kept = ["assets/antes/nome.png", "assets/antes/outro.png"]
    given = names(source, source.cells[0], 7, PLACE, pictures("png", "png", "png"), kept)
    assert given == (*kept, "assets/redes/cell-7-3.png")


def test_figures_beyond_the_recorded_ones_get_names_of_their_own() -> None:
    source = post("/assets/output_14_0.png")
    given = names(source, source.cells[0], 7, PLACE, pictures("png", "png"), [])
    assert given == ("assets/output_14_0.png", "assets/redes/cell-7-2.png")


@pytest.mark.parametrize(
    ("recorded", "kept"), [(["/assets/o_1_0.png"], []), ([], ["assets/o.png"])]
)
def test_a_name_is_not_kept_by_a_figure_of_another_format(
    recorded: list[str], kept: list[str]
) -> None:
    source = post(*recorded)
    given = names(source, source.cells[0], 7, PLACE, pictures("svg"), kept)
    assert given == ("assets/redes/cell-7.svg",)


def test_jpeg_and_jpg_are_one_format() -> None:
    source = post("/assets/o_1_0.jpeg")
    assert names(source, source.cells[0], 7, PLACE, pictures("jpg"), []) == ("assets/o_1_0.jpeg",)


def test_a_kept_name_that_is_recorded_for_another_figure_is_left_to_that_one() -> None:
    source = post("/assets/o_1_0.svg", "/assets/o_1_1.png")
    kept = ["assets/o_1_1.png"]
    given = names(source, source.cells[0], 7, PLACE, pictures("png", "png"), kept)
    assert given == ("assets/redes/cell-7.png", "assets/o_1_1.png")


def test_a_recorded_name_outside_of_the_site_names_nothing() -> None:
    # `claims` has told the author; what ran well before is shown all the same.
    source = post("/../o_1_0.png")
    kept = ["assets/o_1_0.png"]
    assert names(source, source.cells[0], 7, PLACE, pictures("png"), kept) == tuple(kept)


FORMATS = st.lists(st.sampled_from(["png", "svg"]), max_size=4)


@st.composite
def kept_names(draw: st.DrawFn) -> list[str]:
    """Names of an earlier run: by number, by a label of then, or recorded then."""
    result: list[str] = []
    for position, extension in enumerate(draw(FORMATS)):
        suffix = f"-{position + 1}" if position else ""
        choices = [
            f"assets/redes/cell-7{suffix}.{extension}",
            f"assets/redes/curva{suffix}.{extension}",
            f"assets/o_1_{draw(st.integers(0, 3))}.{extension}",
        ]
        result.append(draw(st.sampled_from([name for name in choices if name not in result])))
    return result


@given(
    st.lists(
        st.builds("/assets/o_1_{}.{}".format, st.integers(0, 3), st.sampled_from(["png", "svg"])),
        unique=True,
        max_size=4,
    ),
    st.sampled_from(["", "#| label: curva\n"]),
    FORMATS,
    kept_names(),
)
def test_no_two_figures_of_a_cell_have_one_name(
    recorded: list[str], options: str, formats: list[str], kept: list[str]
) -> None:
    source = post(*recorded, options=options)
    given = names(source, source.cells[0], 7, PLACE, pictures(*formats), kept)
    assert len(set(given)) == len(formats)
    assert [name.rpartition(".")[2] for name in given] == formats
    # And a second run of the same gives the same.
    assert names(source, source.cells[0], 7, PLACE, pictures(*formats), given) == given
