"""Recording: fresh outputs under their cells, and nothing else of the source touched."""

import re

import pytest
from executable_posts.figures import Figure, claims, collisions, names, resolve
from executable_posts.outputs import Display
from executable_posts.post import parse
from executable_posts.record import Recording, difference, record
from executable_posts.render import CellView
from executable_posts.store import Output

from tests.recording import (
    BARE,
    DIVISION,
    FENCE,
    FIGURE,
    HEAD,
    PATH,
    PLACE,
    PNG,
    RULE,
    STYLER,
    TABLE,
    check,
    data,
    error,
    read,
    reader,
    recorded,
    result,
    stream,
    under,
    views,
)

# The bytes of each form


def test_a_stream_stands_after_one_blank_line_and_before_two() -> None:
    assert check(BARE, stream("3\n")) == under("\n    3\n", "\n\nDepois.\n")


def test_a_result_stands_after_four_and_before_three() -> None:
    assert check(BARE, result("3")) == under("\n\n\n\n    3\n", "\n\n\nDepois.\n")


def test_an_image_stands_after_two_and_before_two() -> None:
    source = under("\n\n![png](/assets/output_1_0.png)\n", "\nDepois.\n").replace("png", "gif")
    written = under("\n\n![png](/assets/redes/cell-1.png#output_1_0.png)\n", "\n\nDepois.\n")
    assert check(source, FIGURE) == written


def test_html_stands_after_four_and_before_three_as_pandas_gives_it() -> None:
    written = under(f"\n\n\n\n{TABLE}\n", "\n\n\nDepois.\n")
    assert check(BARE, data(text__html=TABLE, text__plain="   a")) == written


def test_latex_stands_after_four_and_before_three() -> None:
    written = under("\n\n\n\n$\\displaystyle 2 \\sqrt{2}$\n", "\n\n\nDepois.\n")
    assert check(BARE, data(text__markdown="$\\displaystyle 2 \\sqrt{2}$")) == written


def test_an_error_is_recorded_as_a_traceback_without_its_frames() -> None:
    source = BARE.replace("x\n", "#| error: true\n1 / 0\n")
    written = f"\n\n    {RULE}\n\n    {DIVISION}\n\n    ZeroDivisionError: division by zero\n"
    expected = source.replace("\nDepois", written + "\n\nDepois")
    assert check(source, error("ZeroDivisionError", "division by zero")) == expected


def test_what_follows_one_another_has_the_blank_lines_of_both() -> None:
    done = check(BARE, stream("a\n"), FIGURE, data(image__svg_xml="<svg/>"), result("3"))
    figures = [
        f"![{kind}](/assets/redes/cell-1{more}.{kind}#output_1_{position}.{kind})\n"
        for position, (kind, more) in enumerate([("png", ""), ("svg", "-2")])
    ]
    written = ["\n    a\n", "\n\n\n", figures[0], "\n\n\n", figures[1], "\n\n\n\n\n    3\n"]
    assert done == under(*written, "\n\n\nDepois.\n")


def test_a_stream_and_a_result_are_one_block_with_five_blank_lines_in_it() -> None:
    done = check(BARE, stream("a\n"), result("1"))
    assert done == under("\n    a\n\n\n\n\n\n    1\n", "\n\n\nDepois.\n")


def test_stderr_that_is_shown_is_a_stream() -> None:
    source = BARE.replace("x\n", "#| warning: true\nx\n")
    done = check(source, stream("a\n"), stream("w\n", "stderr"))
    assert done == source.replace("\nDepois", "\n    a\n\n\n    w\n\n\nDepois")


def test_blank_lines_trailing_blanks_and_tabs_of_a_text_are_kept() -> None:
    done = check(BARE, stream("\n \n  a \n\n   \n\tb\n```\n# c\n\n"))
    text = "\n      a \n    \n       \n    \tb\n    ```\n    # c\n"
    assert done == under(text, "\n\nDepois.\n")


def test_at_the_end_of_a_source_stand_the_blank_lines_that_nbconvert_leaves_there() -> None:
    assert check(under(), stream("3\n")) == under("\n    3\n\n")
    assert check(under(), result("3")) == under("\n\n\n\n    3\n\n\n")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_source_without_a_final_line_end_gets_one_of_its_own(newline: str) -> None:
    source = under()[:-1].replace("\n", newline)
    assert check(source, stream("3\n4\n")) == under("\n    3\n    4\n\n").replace("\n", newline)


def test_a_source_with_crlf_keeps_it() -> None:
    source = BARE.replace("\n", "\r\n")
    done = check(source, stream("a\nb\n"), data(text__html=TABLE), FIGURE)
    assert done.count("\n") == done.count("\r\n")
    assert without_lf(done) == without_lf(
        check(BARE, stream("a\nb\n"), data(text__html=TABLE), FIGURE)
    )


def without_lf(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


def test_blank_lines_that_are_there_are_not_written_twice() -> None:
    assert check(under("\n\n\n\nDepois.\n"), stream("3\n")) == under(
        "\n    3\n", "\n\n\n\nDepois.\n"
    )
    assert check(under("Depois.\n"), stream("3\n")) == under("\n    3\n", "\n\nDepois.\n")


# What is recorded already


def stands(*parts: str, before: str = "Antes.\n\n\n") -> str:
    return "".join([HEAD, before, FENCE, *parts, "\n\n\nDepois.\n"])


@pytest.mark.parametrize(
    ("block", "output"),
    [
        ("\n    3\n", stream("3\n")),
        ("    3\n", stream("3\n")),
        ("\n\n\n\n\n\t3  \n", result("3")),
        ("\n    a\n    \n\n    b\n", stream("a\n\n\nb\n")),
        ("\n    <Net at 0x7f00deadbeef>\n", result("<Net at 0x55aa55aa55aa>")),
        ("\n    10%\b\b\b20%\b\b\b30%\n", stream("10%\r20%\r30%\n")),
        ("\n\n![png](/assets/output_14_0.png)\n", FIGURE),
        ("\n\n    \n![png](../../assets/output_14_0.png)\n    \n", FIGURE),
        ("\n![png]({static}/assets/output_14_0.png)\n", FIGURE),
        ('\n![png](</assets/a b_1_0.png> "título")\n', FIGURE),
        ("\n<center>\n![png](/r/nota_4_0.png)</center>\n", FIGURE),
        (f"\n{TABLE}  \n", data(text__html=TABLE)),
        (f"\n{STYLER}\n", data(text__html=STYLER)),
        ("\n\n\n\n$\\displaystyle x$\n", data(text__markdown="$\\displaystyle x$\n")),
        (
            f"\n    {RULE}\n\n    {DIVISION}\n\n    <ipython-input-1-9e1> in <module>\n"
            "    ----> 1 1/0\n    \n\n    ZeroDivisionError: division by zero\n",
            error("ZeroDivisionError", "division by zero"),
        ),
        (
            "\n    Traceback (most recent call last):\n      File x\n    KeyError: 'acc'\n",
            error("KeyError", "'acc'"),
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_says_the_same_keeps_its_bytes(block: str, output: Output, newline: str) -> None:
    source = stands(block).replace("\n", newline)
    assert check(source, output) == source


def test_beside_what_changes_the_others_keep_their_bytes_and_spacing() -> None:
    figure = "<center>![png](output_1_0.png)</center>\n"
    source = stands("\n    3\n\n", "\n", figure, "\n", TABLE, "\n")
    done = check(source, stream("4\n"), FIGURE, data(text__html=TABLE))
    assert done == stands("\n    4\n", "\n\n\n", figure, "\n", TABLE, "\n")


def test_other_text_in_its_place_is_replaced() -> None:
    assert check(stands("\n    3\n"), stream("4\n")) == stands("\n    4\n")
    assert check(stands("\n\n\n\n    3\n"), stream("4\n")) == stands("\n    4\n")


def test_a_result_that_stays_keeps_the_blank_lines_by_which_it_is_known() -> None:
    source = stands("\n\n\n\n    3\n\n")
    done = recorded(source, FIGURE, result("3"), execute="auto")
    figure = "![png](/assets/redes/cell-1.png#output_1_0.png)\n"
    assert done == Recording(stands("\n\n", figure, "\n\n\n\n\n    3\n\n"), ())


def test_the_lines_of_blanks_around_a_figure_stay_with_it() -> None:
    figure = "![png](output_1_0.png)\n    \n"
    done = check(stands("\n\n    \n", figure), stream("3\n"), FIGURE)
    assert done == stands("\n    3\n", "\n\n\n", figure)


def test_texts_that_ran_together_are_set_apart() -> None:
    done = check(stands("\n    a\n    b\n"), stream("a\n"), result("b"))
    assert done == stands("\n    a\n\n\n\n\n\n    b\n")


def test_at_the_end_of_a_source_an_output_is_known_by_the_blank_lines_on_either_side() -> None:
    assert check(under("\n    3\n\n"), stream("4\n")) == under("\n    4\n\n")
    spaced = f"Antes.\n\n\n{FENCE}\n"
    assert check(f"{spaced}    3\n", stream("4\n")) == f"{spaced}    4\n\n"
    assert check(f"{spaced}    3", stream("3\n")) == f"{spaced}    3"
    assert recorded(under("\n    3\n"), stream("4\n")).text == under("\n    3\n")


def test_what_is_shown_no_more_is_removed() -> None:
    assert check(stands("\n    3\n")) == stands()
    assert check(stands("\n\n![png](output_1_0.png)\n")) == stands()
    two = "\n\n![png](output_1_0.png)\n\n\n\n![png](output_1_1.png)\n"
    assert check(stands(two), FIGURE) == stands("\n\n![png](output_1_0.png)\n")


def test_outputs_that_are_kept_away_are_removed_and_none_is_written() -> None:
    source = stands("\n    3\n").replace("x\n", "#| output: false\nx\n")
    assert check(source, stream("3\n")) == source.replace("\n    3\n", "")
    # Even where whoever calls did not heed the option.
    post = read(source)
    shown = {1: CellView((Display("text", "3"),))}
    assert record(post, shown, PLACE, read).text == source.replace("\n    3\n", "")


def test_a_cell_without_a_view_or_with_a_stale_one_is_left_as_it_is() -> None:
    post = read(stands("\n    3\n"))
    assert record(post, {}, PLACE, read) == Recording(post.text, ())
    stale = CellView((Display("text", "4"),), stale=True)
    assert record(post, {1: stale}, PLACE, read) == Recording(post.text, ())


def test_a_post_that_does_not_run_is_left_as_it_is() -> None:
    post = parse(stands("\n    3\n"), PATH, "no")
    assert record(post, {}, PLACE, reader("no")) == Recording(post.text, ())


# Names of figures


def link(text: str) -> str:
    (found,) = re.findall(r"\((.*?)\)", text)
    return str(found)


def test_a_figure_with_a_label_keeps_its_name_and_is_known_again() -> None:
    source = BARE.replace("x\n", "#| label: perda-é\nx\n")
    post = read(source)
    done = check(source, FIGURE)
    assert link(done) == "/assets/redes/perda-%C3%A9.png#output_1_0.png"
    assert resolve(link(done), PLACE) == "assets/redes/perda-é.png"
    again = read(done)
    assert [output.kind for output in again.recorded(again.cells[0])] == ["figure"]
    pictures = [Display("figure", PNG, "image/png")]
    for these in (post, again):
        given_names = names(these, these.cells[0], 1, PLACE, pictures, ())
        assert given_names == ("assets/redes/perda-é.png",)
    assert collisions(claims(again, PLACE)) == []


def test_a_name_that_ends_in_two_numbers_needs_no_mark() -> None:
    source = BARE.replace("x\n", "#| label: fig_1_0\nx\n")
    assert link(check(source, FIGURE)) == "/assets/redes/fig_1_0.png"
    # These digits are none in a link.
    source = BARE.replace("x\n", "#| label: fig_१_०\nx\n")
    assert link(check(source, FIGURE)).endswith(".png#output_1_0.png")


@pytest.mark.parametrize("written", ["/assets/output_14_0.png", "{static}/assets/output_14_0.png"])
def test_a_link_stays_as_the_author_wrote_it_when_something_comes_before_it(written: str) -> None:
    done = check(stands(f"\n\n![png]({written})\n"), stream("3\n"), FIGURE)
    assert done == stands(f"\n    3\n\n\n\n![png]({written})\n")


def test_a_name_stays_with_its_figure_when_the_one_before_changes_its_kind() -> None:
    source = stands("\n\n![png](/assets/a_1_0.png)\n\n\n\n![png](/assets/a_1_1.png)\n")
    done = check(source, data(image__svg_xml="<svg/>"), FIGURE)
    assert re.findall(r"\((.*?)\)", done) == [
        "/assets/redes/cell-1.svg#output_1_0.svg",
        "/assets/a_1_1.png",
    ]


def test_behind_a_figure_that_is_left_out_none_is_recorded_since_names_go_by_position() -> None:
    pictures = (Display("figure", PNG, "image/png"), Display("figure", PNG, "image/png"))
    odd = (Figure("assets/a.PNG", b"", None), Figure("assets/b_1_1.png", b"", None))
    for source in (BARE, stands("\n\n![png](/assets/b_1_1.png)\n")):
        done = record(read(source), {1: CellView(pictures, odd)}, PLACE, read)
        assert done.text == source
        assert "/assets/a.PNG is not recorded" in done.left_out[0].message


# What is left out


@pytest.mark.parametrize(
    "source",
    ["Title: Caso\n\n- item\n\n  ```python\n  x\n  ```\n\nFim.\n", "> ```python\n> x\n> ```\n"],
)
def test_in_a_list_or_quotation_nothing_is_recorded(source: str) -> None:
    done = recorded(source, stream("3\n"))
    assert done.text == source
    assert len(done.left_out) == 1
    assert "list or a quotation" in done.left_out[0].message
    assert recorded(source) == Recording(source, ())


@pytest.mark.parametrize(
    "output",
    [
        data(text__markdown="**três**"),
        data(text__markdown="$$x$$\n\nE daí?"),
        data(text__markdown="![png](output_1_0.png)"),
        data(text__markdown="    3"),
        data(text__html="três"),
        data(text__html="<p>"),
        data(text__html="<p>a</p>\n<p>b</p>"),
        data(text__html="<div>\n\n```python\ny\n```\n\n</div>"),
        data(text__html="<!-- "),
        data(text__html="<center>![png](output_1_0.png)</center>"),
        stream("Traceback (most recent call last)\n"),
    ],
)
def test_what_could_not_be_known_again_is_left_out_and_the_rest_recorded(output: Output) -> None:
    figure = "\n\n![png](/assets/redes/cell-1.png#output_1_0.png)\n"
    done = recorded(BARE, FIGURE, output)
    assert done.text == under(figure, "\n\nDepois.\n")
    assert len(done.left_out) == 1
    assert done.left_out[0].line == 3
    assert "is not recorded: it " in done.left_out[0].message


def test_texts_around_what_is_left_out_follow_one_another() -> None:
    done = recorded(BARE, stream("a\n"), data(text__html="três"), stream("b\n"), FIGURE)
    figure = "![png](/assets/redes/cell-1.png#output_1_0.png)\n"
    assert done.text == under("\n    a\n\n\n    b\n\n\n\n", figure, "\n\nDepois.\n")
    assert len(done.left_out) == 1
    assert "HTML is not recorded" in done.left_out[0].message


def test_a_block_that_may_be_the_authors_is_not_touched() -> None:
    source = under("\n    um bloco\n", "\nDepois.\n")
    for outputs in ([], [stream("3\n")], [FIGURE]):
        done = recorded(source, *outputs)
        assert done.text == source
        assert [problem.line for problem in done.left_out] == [7]
        assert "may be yours" in done.left_out[0].message
    assert check(source, stream("um bloco\n")) == source


def test_the_authors_html_after_a_cell_stays_html() -> None:
    source = under("\n<div>\n    aviso\n</div>\n\n    um bloco\n")
    done = check(source, stream("3\n"))
    assert done == under("\n    3\n", "\n\n<div>\n    aviso\n</div>\n\n    um bloco\n")


def test_what_alone_shows_that_a_post_runs_stays() -> None:
    source = stands("\n    3\n")
    done = recorded(source, execute="auto")
    assert done.text == source
    assert "Execute: yes" in done.left_out[0].message
    assert recorded(source, stream("4\n"), execute="auto").text == stands("\n    4\n")


def test_what_shows_that_a_post_runs_may_go_when_another_cell_shows_it() -> None:
    source = stands("\n    3\n") + f"\n\n{FENCE}\nFim.\n"
    post = parse(source, PATH, "auto")
    shown = views(post, {1: [], 2: [stream("4\n")]})
    done = record(post, shown, PLACE, reader("auto"))
    assert done == Recording(stands() + f"\n\n{FENCE}\n    4\n\n\nFim.\n", ())


def test_a_traceback_that_lets_a_cell_raise_stays_as_long_as_nobody_knows_that_it_did_not() -> None:
    traceback = f"\n\n    {RULE}\n\n    {DIVISION}\n\n    ZeroDivisionError: x\n"
    source = stands(traceback)
    assert check(source) == stands()
    other = check(source, error("KeyError", "'acc'"))
    assert "KeyError: 'acc'" in other
    assert read(other).may_raise(read(other).cells[0])
    hidden = source.replace("x\n", "#| output: false\nx\n", 1)
    done = recorded(hidden)
    assert done.text == hidden
    assert "#| error: true" in done.left_out[0].message
    allowed = hidden.replace("#|", "#| error: true\n#|", 1)
    assert check(allowed) == allowed.replace(traceback, "")


# The difference that a terminal shows


def test_a_difference_is_a_unified_diff() -> None:
    before, after = under("\n    3\n\nDepois.\n"), under("\n    4\n\nDepois.\n")
    assert difference(before, after, "x.md") == (
        "--- x.md\n+++ x.md\n@@ -4,6 +4,6 @@\n x\n ```\n \n-    3\n+    4\n \n Depois.\n"
    )
    assert difference(before, before, "x.md") == ""
    crlf = difference(before.replace("\n", "\r\n"), after.replace("\n", "\r\n"), "x.md")
    assert crlf == difference(before, after, "x.md")


def test_a_difference_tells_of_a_missing_line_end_and_moves_no_cursor() -> None:
    shown = difference("a\x1b[2J\tb\x9b", "c\n", "x.md")
    assert shown == (
        "--- x.md\n+++ x.md\n@@ -1 +1 @@\n-a\u241b[2J\tb\ufffd\n\\ No newline at end of file\n+c\n"
    )
