"""Figures: pictures compared by what they show, files that stay inside."""

import base64
import io
import os
import struct
import zlib
from pathlib import Path

import pytest
from executable_posts.figures import (
    Figure,
    Written,
    decode,
    keep_old_bytes,
    same_pixels,
    write,
)
from executable_posts.outputs import Display
from executable_posts.svg import clean
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.pictures import encoded, figure, gradient

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
