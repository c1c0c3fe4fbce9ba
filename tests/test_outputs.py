"""From what a kernel sent to what a reader sees, and to what two runs are compared by."""

import base64
import re
from typing import Any

import pytest
from executable_posts.outputs import Display, Wanted, comparable, display, error_text
from executable_posts.store import Output
from executable_posts.streams import merge_streams, without_addresses
from hypothesis import given
from hypothesis import strategies as st

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def stream(text: str, name: str = "stdout") -> Output:
    return {"output_type": "stream", "name": name, "text": text}


def shown(title: str = "", **data: object) -> Output:
    """A display with `data` by MIME type, where ``__`` stands for a slash and ``_`` for a plus."""
    names = {name.replace("__", "/").replace("_", "+"): value for name, value in data.items()}
    metadata = {"executable_posts": {"figure": {"title": title}}} if title else {}
    return {"output_type": "display_data", "data": names, "metadata": metadata}


def result(text: str, count: int = 1) -> Output:
    return {
        "output_type": "execute_result",
        "data": {"text/plain": text},
        "metadata": {},
        "execution_count": count,
    }


def error(name: str, value: str, *traceback: str) -> Output:
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": list(traceback)}


def texts(*outputs: Output, show_stderr: bool = False) -> list[tuple[str, str]]:
    displays = display(outputs, Wanted(stderr=show_stderr)).displays
    return [(display.kind, display.content) for display in displays]


# Streams


def test_chunks_of_a_stream_are_one_text() -> None:
    assert texts(stream("a"), stream("b\n"), stream("c\n")) == [("text", "ab\nc")]


def test_a_bar_that_goes_on_in_the_next_chunk_overwrites_itself() -> None:
    assert texts(stream("1/2"), stream("\b\b\b"), stream("2/2\n")) == [("text", "2/2")]


def test_text_printed_after_a_figure_stays_after_it() -> None:
    outputs = [stream("before\n"), shown(image__png=PNG), stream("after\n")]
    assert texts(*outputs) == [("text", "before"), ("figure", PNG), ("text", "after")]


def test_between_two_displays_all_of_stdout_is_one_text_and_all_of_stderr_another() -> None:
    outputs = [
        stream("w1\n", "stderr"),
        stream("a\n"),
        stream("w2\n", "stderr"),
        stream("b\n"),
        result("42"),
        stream("w3\n", "stderr"),
        stream("c\n"),
    ]
    assert texts(*outputs, show_stderr=True) == [
        ("text", "a\nb"),
        ("stderr", "w1\nw2"),
        ("text", "42"),
        ("text", "c"),
        ("stderr", "w3"),
    ]


def test_stderr_is_hidden_and_its_lines_are_counted() -> None:
    outputs = [stream("a\nb\n", "stderr"), stream("seen\n"), stream("c", "stderr"), result("1")]
    displayed = display([*outputs, stream("d\n", "stderr")])
    assert [shown.content for shown in displayed.displays] == ["seen", "1"]
    assert displayed.hidden_lines == 4


def test_of_a_hidden_progress_bar_one_line_is_counted() -> None:
    assert display([stream("1%\r2%\r3%\n", "stderr")]).hidden_lines == 1


def test_stderr_is_shown_where_it_is_asked_for_and_then_not_counted() -> None:
    displayed = display([stream("careful\n", "stderr")], Wanted(stderr=True))
    assert displayed.displays == (Display("stderr", "careful"),)
    assert displayed.hidden_lines == 0


@pytest.mark.parametrize("text", ["", "\n", " \n\t\n", "50%\r   \r"])
def test_a_stream_without_anything_to_see_is_left_out(text: str) -> None:
    assert texts(stream(text)) == []


def test_indentation_in_the_first_row_stays() -> None:
    assert texts(stream("   a b\n1  2 3\n")) == [("text", "   a b\n1  2 3")]


CHUNKS = st.lists(
    st.one_of(
        st.builds(stream, st.text("ab\n", min_size=1), st.sampled_from(["stdout", "stderr"])),
        st.builds(result, st.sampled_from(["1", "2"])),
    )
)


@given(CHUNKS)
def test_merging_loses_no_text_and_leaves_displays_in_their_places(outputs: list[Output]) -> None:
    def written(outputs: list[Output], name: str) -> list[str]:
        """What was written to a stream before, between and after the displays."""
        parts = [""]
        for output in outputs:
            if output["output_type"] != "stream":
                parts.append("")
            elif output["name"] == name:
                parts[-1] += output["text"]
        return parts

    merged = merge_streams(outputs)
    for name in ("stdout", "stderr"):
        assert written(merged, name) == written(outputs, name)
    displays = [output for output in outputs if output["output_type"] != "stream"]
    assert [output for output in merged if output["output_type"] != "stream"] == displays
    assert merge_streams(merged) == merged


# MIME types


@pytest.mark.parametrize(
    ("data", "kind", "mime", "content"),
    [
        ({"text/plain": "42"}, "text", "text/plain", "42"),
        ({"text/plain": "<T>", "text/html": "<b>T</b>"}, "html", "text/html", "<b>T</b>"),
        ({"text/plain": "T", "text/markdown": "*T*"}, "markdown", "text/markdown", "*T*"),
        ({"text/plain": "<F>", "image/png": PNG}, "figure", "image/png", PNG),
        ({"text/plain": "<F>", "image/jpeg": "/9j/"}, "figure", "image/jpeg", "/9j/"),
        ({"text/plain": "<F>", "image/gif": "R0lG"}, "figure", "image/gif", "R0lG"),
        ({"text/plain": "<F>", "image/svg+xml": "<svg/>"}, "figure", "image/svg+xml", "<svg/>"),
        ({"text/html": "<img>", "image/png": PNG}, "html", "text/html", "<img>"),
        ({"application/x.y+json": {"a": 1}, "text/plain": "X()"}, "text", "text/plain", "X()"),
        ({"application/pdf": "JVBE", "text/plain": "<P>"}, "text", "text/plain", "<P>"),
        ({"image/webp": "UklG", "text/plain": "<W>"}, "figure", "image/webp", "UklG"),
        ({"text/latex": "$x$", "image/png": PNG}, "latex", "text/latex", "$x$"),
        ({"text/html": "<script>f()</script>", "image/png": PNG}, "figure", "image/png", PNG),
        ({"text/html": "<script>f()</script>", "text/plain": "F()"}, "text", "text/plain", "F()"),
        (
            {"text/html": "<input>", "text/plain": "LinearRegression()"},
            "text",
            "text/plain",
            "LinearRegression()",
        ),
        (
            {"application/json": {"a": 1}, "text/plain": "<JSON>"},
            "json",
            "application/json",
            '{\n  "a": 1\n}',
        ),
        (
            {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "IntSlider(value=5)"},
            "widget",
            "application/vnd.jupyter.widget-view+json",
            "IntSlider(value=5)",
        ),
    ],
)
def test_the_richest_type_that_a_page_can_show_is_chosen(
    data: dict[str, Any], kind: str, mime: str, content: str
) -> None:
    for output_type in ("display_data", "execute_result"):
        (seen,) = display([{"output_type": output_type, "data": data, "metadata": {}}]).displays
        assert (seen.kind, seen.mime, seen.content) == (kind, mime, content)


def test_what_has_no_type_that_a_page_can_show_is_left_out() -> None:
    assert texts(shown(application__pdf="JVBE"), shown()) == []


def test_a_figure_carries_what_the_kernel_says_of_it() -> None:
    (figure,) = display([shown(title="Loss", image__png=PNG)]).displays
    assert figure.facts == {"title": "Loss"}


def test_a_png_names_the_figure_that_has_an_svg_beside_it() -> None:
    both = shown(image__svg_xml="<svg/>", image__png=PNG)
    (figure,) = display([both]).displays
    assert (figure.mime, figure.content, figure.source) == ("image/png", PNG, both)


def test_the_line_end_after_a_picture_is_no_part_of_it() -> None:
    assert texts(shown(image__png=f"{PNG}\n")) == [("figure", PNG)]


# What differs from run to run


def test_colours_in_a_result_are_left_out() -> None:
    assert texts(result("\x1b[31mred\x1b[0m")) == [("text", "red")]


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("<__main__.Net object at 0x7f3a2b1c9d10>", "<__main__.Net object>"),
        ("[<f at 0x000001F2AB34>, <g at 0x7FFEE0>]", "[<f>, <g>]"),
        ("0x7f3a2b1c9d10 is where it is", "0x7f3a2b1c9d10 is where it is"),
        ("meet at 0x10", "meet at 0x10"),
        ("/tmp/ipykernel_4242/123.py:3: UserWarning: x", "<cell>:3: UserWarning: x"),
        ('File "/tmp/ipykernel_4242/123.py", line 3', 'File "<cell>", line 3'),
        (r"(C:\Users\x\Temp\ipykernel_4242\123.py:3)", "(<cell>:3)"),
        ("ipykernel_4242/123.py", "<cell>"),
        ("ipykernel 7.4 and ipykernel_launcher.py", "ipykernel 7.4 and ipykernel_launcher.py"),
    ],
)
def test_addresses_and_process_ids_are_out(text: str, without: str) -> None:
    assert without_addresses(text) == without
    seen = [("text", without)]
    is_warning = text.startswith("/tmp") and "Warning" in text
    assert texts(stream(f"{text}\n")) == ([] if is_warning else seen)
    assert texts(result(text)) == seen
    assert texts(stream(text, "stderr"), show_stderr=True) == [("stderr", without)]
    assert texts(error("E", text)) == [("error", f"E: {without}")]
    assert texts(shown(text__html=text)) == [("html", without)]
    assert texts(shown(text__markdown=text)) == [("markdown", without)]


def test_a_line_without_a_blank_may_be_a_million_characters_long() -> None:
    # Once each character was a place from which the rest of the line was searched: a picture in a
    # notebook is such a line, and took minutes.
    line = "ipykernel_x" * 100_000
    assert without_addresses(line) == line


# Errors


def test_of_an_error_the_last_line_is_shown_and_no_traceback() -> None:
    raised = error("KeyError", "'acc'", "\x1b[31m----", "Cell In[3], line 1", "KeyError: 'acc'")
    assert texts(stream("before\n"), raised) == [("text", "before"), ("error", "KeyError: 'acc'")]


def test_an_error_without_a_message_is_its_name() -> None:
    assert error_text(error("KeyboardInterrupt", "")) == "KeyboardInterrupt"


def test_colours_in_the_message_of_an_error_are_left_out() -> None:
    assert error_text(error("E", "\x1b[31mred\x1b[0m at 0x7f3a2b1c9d10")) == "E: red"


# Comparing


SAME: list[tuple[list[Output], list[Output]]] = [
    ([stream("a"), stream("b\n")], [stream("ab\n")]),
    ([stream("x\n"), stream("w\n", "stderr")], [stream("x\n")]),
    ([stream("w\n", "stderr"), stream("x\n")], [stream("x\n"), stream("other\n", "stderr")]),
    ([stream("1%\r2%\n")], [stream("2%\n")]),
    ([stream("<f at 0x7f0000aa>\n")], [stream("<f at 0x7f1111bb>\n")]),
    ([result("<f at 0x7f0000aa>", 1)], [result("<f at 0x7f1111bb>", 2)]),
    ([shown(text__html="<i>f at 0x7f0000aa</i>")], [shown(text__html="<i>f at 0x7f0000ab</i>")]),
    ([error("E", "f at 0x7f0000aa")], [error("E", "f at 0x7f1111bb", "In[1]")]),
]

OTHER: list[tuple[list[Output], list[Output]]] = [
    ([stream("a\n")], [stream("b\n")]),
    ([stream("a\n")], [stream("a")]),
    ([stream("a\n")], []),
    ([stream("42")], [result("42")]),
    ([stream("a\n"), result("1")], [result("1"), stream("a\n")]),
    ([result("1"), result("2")], [result("2"), result("1")]),
    ([result("1")], [shown(text__plain="1")]),
    ([shown(image__png=PNG)], [shown(image__png="iVBO")]),
    ([shown(image__png=PNG)], [shown(image__png=PNG, text__plain="<Figure>")]),
    ([shown(title="Loss", image__png=PNG)], [shown(title="Accuracy", image__png=PNG)]),
    ([shown(text__latex="x")], [shown(text__latex="y")]),
    ([shown(application__json={"a": 1})], [shown(application__json={"a": 2})]),
    ([error("E", "x")], [error("E", "y")]),
    ([error("E", "x")], [error("F", "x")]),
    ([error("E", "x")], [stream("E: x")]),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_chunks_stderr_addresses_and_counts_make_no_difference(
    one: list[Output], other: list[Output]
) -> None:
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_everything_else_makes_a_difference(one: list[Output], other: list[Output]) -> None:
    assert comparable(one) != comparable(other)


def test_comparing_changes_no_output() -> None:
    output = result("<f at 0x7f0000aa>")
    comparable([output])
    assert output == result("<f at 0x7f0000aa>")


@pytest.mark.parametrize(
    "text",
    [
        "<table id='T_{5}'><td id='T_{5}_row0_col0'>",
        "<div id='{8}-{4}-4{3}-a{3}-{12}'>",
        "<div id='altair-viz-{32}'>",
        "<img id='_anim_img{32}'> anim{32} = new Animation(f, '_anim_loop_select{32}')",
    ],
)
def test_ids_that_libraries_make_by_chance_make_no_difference(text: str) -> None:
    def made(digit: str) -> str:
        return re.sub(r"\{(\d+)\}", lambda found: digit * int(found[1]), text)

    one, other = made("a"), made("7")
    assert comparable([shown(text__html=one)]) == comparable([shown(text__html=other)])
    assert comparable([shown(text__html=one)]) != comparable([shown(text__html=f"{one}b")])
