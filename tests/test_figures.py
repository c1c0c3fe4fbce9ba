"""Figures: names that last, pictures compared by what they show, files that stay inside."""

import base64
import io
import os
import struct
import zlib
from pathlib import Path

import pytest
from executable_posts.errors import ProblemError
from executable_posts.figures import (
    Claim,
    Figure,
    Place,
    Written,
    claims,
    collisions,
    decode,
    keep_old_bytes,
    names,
    resolve,
    same_pixels,
    write,
)
from executable_posts.outputs import Display
from executable_posts.post import Post, parse
from executable_posts.svg import clean
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

PLACE = Place(slug="redes", page_folder="2019/07", source_folder="posts")

EXTENSIONS = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "svg": "image/svg+xml"}


def post(*links: str, options: str = "", path: str = "content/posts/redes.md") -> Post:
    """A post with one cell, from line 3 on, under which pictures with `links` are recorded."""
    recorded = "".join(f"\n\n![{link.rpartition('.')[2]}]({link})\n" for link in links)
    return parse(f"Title: Redes\n\n```python\n{options}x = 1\n```\n{recorded}", path, "yes")


def pictures(*extensions: str) -> list[Display]:
    return [Display("figure", "", EXTENSIONS[extension]) for extension in extensions]


def encoded(image: Image.Image, kind: str = "PNG", level: int = 6) -> bytes:
    file = io.BytesIO()
    if kind == "PNG":
        image.save(file, kind, compress_level=level)
    else:
        image.save(file, kind)
    return file.getvalue()


def gradient(size: tuple[int, int] = (16, 9)) -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert("RGB")


def figure(mime: str, data: bytes) -> Figure:
    return decode(Display("figure", base64.b64encode(data).decode(), mime), "assets/a")


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


# Pictures


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_the_size_of_a_picture_is_read_from_it(kind: str) -> None:
    data = encoded(gradient((31, 17)), kind)
    assert figure(f"image/{kind.lower()}", data) == Figure("assets/a", data, (31, 17))


def test_base64_may_be_cut_into_lines() -> None:
    data = encoded(gradient())
    shown = Display("figure", base64.encodebytes(data).decode(), "image/png")
    assert decode(shown, "a.png").data == data


@pytest.mark.parametrize(
    ("root", "size"),
    [
        ('<svg width="432pt" height="288pt" viewBox="0 0 432 288">', (576, 384)),
        ('<svg width="300" height="150.4">', (300, 150)),
        ("<svg width='2in' height='25.4mm'>", (192, 96)),
        (
            '<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg\n width="8px"\n height="9px">',
            (8, 9),
        ),
        ('<svg viewBox="0 0 640 480">', (640, 480)),
        ('<svg width="100%" height="100%" viewBox="-5,-5,64,48">', (64, 48)),
        ('<svg width="100%" viewBox="0 0 64 48">', (64, 48)),
        ('<svg stroke-width="3" viewBox="0 0 64 48">', (64, 48)),
        ("<svg>", None),
        ('<svg width="0" height="10">', None),
        ('<svg width="5em" height="10ex">', None),
    ],
)
def test_the_size_of_an_svg_is_what_it_asks_for(root: str, size: tuple[int, int] | None) -> None:
    source = f"{root}<rect width='1' height='1'/></svg>"
    figure = decode(Display("figure", source, "image/svg+xml"), "a.svg")
    assert figure.size == size
    assert figure.data.decode() == clean(source)


@pytest.mark.parametrize("content", ["", "no picture", "<svg>", "<html></html>"])
def test_what_is_no_svg_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match=r"^image/svg\+xml: "):
        decode(Display("figure", content, "image/svg+xml"), "a.svg")


@pytest.mark.parametrize("content", ["abc", "", "aGVsbG8=", "não"])
def test_what_is_no_picture_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match=r"^image/jpeg: "):
        decode(Display("figure", content, "image/jpeg"), "a.jpg")


def test_a_picture_of_absurd_size_is_refused() -> None:
    bomb = b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0)
    bomb += b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x00;"
    with pytest.raises(ValueError, match="no picture that can be read"):
        figure("image/gif", bomb)


# Pixels


def test_the_same_pixels_in_other_bytes_are_the_same() -> None:
    one, other = encoded(gradient(), level=0), encoded(gradient(), level=9)
    assert one != other
    assert same_pixels(one, other)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_the_same_pixels_in_another_mode_are_the_same(mode: str) -> None:
    image = gradient().convert(mode)
    assert same_pixels(encoded(image), encoded(image.convert("RGBA")))


def test_a_palette_with_a_transparent_colour_is_compared_by_what_it_shows() -> None:
    opaque = Image.new("P", (4, 4), 0)
    opaque.putpalette([255, 0, 0, 0, 0, 255])
    file = io.BytesIO()
    opaque.save(file, "PNG", transparency=0)
    clear = file.getvalue()
    assert not same_pixels(encoded(opaque), clear)
    assert same_pixels(clear, encoded(Image.new("RGBA", (4, 4), (255, 0, 0, 0))))


def test_the_same_pixels_in_another_format_are_the_same() -> None:
    image = gradient().quantize(16)
    assert same_pixels(encoded(image), encoded(image, "GIF"))


def test_one_other_pixel_is_a_difference() -> None:
    other = gradient()
    other.putpixel((3, 3), (1, 2, 3))
    assert not same_pixels(encoded(gradient()), encoded(other))


def test_another_shape_with_as_many_pixels_is_a_difference() -> None:
    one, other = Image.new("L", (4, 6)), Image.new("L", (6, 4))
    assert not same_pixels(encoded(one), encoded(other))


def test_a_difference_beyond_eight_bits_is_a_difference() -> None:
    one, other = Image.new("I;16", (4, 4), 300), Image.new("I;16", (4, 4), 60_000)
    assert not same_pixels(encoded(one), encoded(other))
    assert not same_pixels(encoded(one), encoded(Image.new("L", (4, 4), 255)))
    assert same_pixels(encoded(one, level=0), encoded(one, level=9))


def animation(*shades: int) -> bytes:
    frames = [Image.new("L", (4, 4), shade) for shade in shades]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


def test_an_animation_is_the_same_only_if_its_bytes_are() -> None:
    assert same_pixels(animation(0, 99), animation(0, 99))
    assert not same_pixels(animation(0, 99), animation(0, 98))
    assert not same_pixels(animation(0, 99), animation(0))


def test_what_cannot_be_read_is_the_same_only_if_its_bytes_are() -> None:
    good = encoded(gradient())
    assert same_pixels(b"<svg/>", b"<svg/>")
    assert not same_pixels(b"<svg/>", b"<svg />")
    assert not same_pixels(good, good[:-30])
    assert not same_pixels(good[:60], good[:59])


def test_a_picture_of_absurd_size_is_not_unpacked() -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b""))
    assert not same_pixels(bomb, encoded(gradient()))


@given(st.data())
def test_damage_to_a_picture_never_raises(data: st.DataObject) -> None:
    good = encoded(gradient(), data.draw(st.sampled_from(["PNG", "JPEG", "GIF"])))
    bad = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    bad = bad[: data.draw(st.integers(1, len(bad)))]
    assert isinstance(same_pixels(bytes(bad), good), bool)


def test_a_picture_with_the_same_pixels_keeps_its_old_bytes_in_a_notebook() -> None:
    one, other = (base64.b64encode(encoded(gradient(), level=level)).decode() for level in (0, 9))
    changed = base64.b64encode(encoded(Image.new("L", (4, 4)))).decode()
    old = {"image/png": one, "text/plain": "<Figure>"}
    new = {"image/png": other, "text/plain": "<Other>"}
    assert keep_old_bytes(old, new) == {"image/png": one, "text/plain": "<Other>"}
    assert keep_old_bytes(old, {"image/png": changed}) == {"image/png": changed}
    assert keep_old_bytes({}, new) == new
    assert keep_old_bytes(old, {"text/plain": "x"}) == {"text/plain": "x"}


def test_a_picture_that_is_none_is_taken_as_it_is() -> None:
    assert keep_old_bytes({"image/png": "abc"}, {"image/png": "não"}) == {"image/png": "não"}


# Files


def listing(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def state(file: Path) -> tuple[bytes, int, int]:
    status = file.stat()
    return file.read_bytes(), status.st_mtime_ns, status.st_ino


def test_a_figure_that_is_not_there_is_written(tmp_path: Path) -> None:
    drawn = Figure("assets/redes/a.png", encoded(gradient()), (16, 9))
    assert write(drawn, tmp_path) == Written("assets/redes/a.png", "new")
    assert (tmp_path / "assets/redes/a.png").read_bytes() == drawn.data
    assert listing(tmp_path / "assets/redes") == ["a.png"]


def test_a_figure_with_other_pixels_is_replaced(tmp_path: Path) -> None:
    write(Figure("a.png", encoded(gradient()), None), tmp_path)
    drawn = Figure("a.png", encoded(Image.new("L", (4, 4))), None)
    assert write(drawn, tmp_path) == Written("a.png", "changed")
    assert (tmp_path / "a.png").read_bytes() == drawn.data
    assert listing(tmp_path) == ["a.png"]


def test_a_figure_with_the_same_pixels_keeps_bytes_and_time(tmp_path: Path) -> None:
    write(Figure("a.png", encoded(gradient(), level=0), None), tmp_path)
    os.utime(tmp_path / "a.png", (1_500_000_000, 1_500_000_000))
    before = state(tmp_path / "a.png")
    again = Figure("a.png", encoded(gradient(), level=9), None)
    assert write(again, tmp_path) == Written("a.png", "unchanged")
    assert state(tmp_path / "a.png") == before


def test_a_damaged_figure_is_replaced(tmp_path: Path) -> None:
    drawn = Figure("a.png", encoded(gradient()), None)
    (tmp_path / "a.png").write_bytes(drawn.data[:40])
    assert write(drawn, tmp_path) == Written("a.png", "changed")
    assert (tmp_path / "a.png").read_bytes() == drawn.data


def test_an_svg_is_compared_by_its_bytes(tmp_path: Path) -> None:
    assert write(Figure("a.svg", b"<svg/>", None), tmp_path).state == "new"
    assert write(Figure("a.svg", b"<svg/>", None), tmp_path).state == "unchanged"
    assert write(Figure("a.svg", b"<svg />", None), tmp_path).state == "changed"


def test_a_link_that_leads_out_of_the_output_folder_is_refused(tmp_path: Path) -> None:
    output, outside = tmp_path / "output", tmp_path / "outside"
    output.mkdir()
    outside.mkdir()
    (outside / "a.png").write_bytes(b"precious")
    (output / "assets").symlink_to(outside)
    (output / "b.png").symlink_to(outside / "a.png")
    for name in ("assets/a.png", "assets/new.png", "b.png", "../outside/a.png"):
        with pytest.raises(ValueError, match="leads out of") as refused:
            write(Figure(name, encoded(gradient()), None), output)
        assert str(refused.value) == f"{name} leads out of {output}"
    assert listing(outside) == ["a.png"]
    assert (outside / "a.png").read_bytes() == b"precious"


def test_the_output_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "output").symlink_to(tmp_path / "real")
    drawn = Figure("a.png", encoded(gradient()), None)
    assert write(drawn, tmp_path / "output").state == "new"
    assert (tmp_path / "real/a.png").read_bytes() == drawn.data
