"""The page that shows drift is whole in itself, well-formed, and escapes what it shows."""

import base64
import io
import re
from html.parser import HTMLParser

from executable_posts.drift import Drift, Pictures, Texts
from executable_posts.drift_report import page
from executable_posts.outputs import Display
from PIL import Image

VOID = {"meta", "img", "br", "hr", "col", "link"}
IMPLIED = {"td", "th", "tr", "colgroup", "thead", "tbody"}


def picture(shade: int, size: tuple[int, int] = (4, 4)) -> Display:
    file = io.BytesIO()
    Image.new("L", size, shade).save(file, format="PNG")
    return Display("figure", base64.b64encode(file.getvalue()).decode(), "image/png")


def drift(states: Texts | Pictures, what: str = "text") -> Drift:
    return Drift("content/posts/x.md", 7, 2, "print('<b>')\n", what, states)


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing stays open."""

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in IMPLIED:
            self.open.pop()
        assert self.open.pop() == tag


def checked(report: str) -> str:
    parser = _Balance()
    parser.feed(report)
    parser.close()
    assert parser.open == []
    assert "<script" not in report
    assert not re.search(r"https?://|url\(|@import", report)
    return report


def test_text_stands_side_by_side_and_escaped() -> None:
    report = checked(page([drift(Texts(("a<i>", "perda 0.5"), ("a<i>", "perda 0.6")))]))
    assert "<h2>content/posts/x.md</h2>" in report
    assert "<h3>Cell 2 (line 7): text</h3>" in report
    assert "print(&#x27;&lt;b&gt;&#x27;)" in report
    assert "<i>" not in report
    assert '<span class="diff_chg">' in report


def test_a_figure_is_shown_before_now_and_as_difference() -> None:
    report = checked(page([drift(Pictures(picture(10), picture(20)), "figure 1")]))
    addresses = re.findall(r'src="data:image/png;base64,([^"]+)" alt="([^"]+)"', report)
    assert [alt for _, alt in addresses] == [
        "The figure before",
        "The figure now",
        "The pixels that differ",
    ]
    with Image.open(io.BytesIO(base64.b64decode(addresses[2][0]))) as difference:
        assert difference.convert("RGB").getpixel((0, 0)) == (176, 0, 32)


def test_figures_of_two_sizes_or_without_a_counterpart_are_shown_alone() -> None:
    sizes = page([drift(Pictures(picture(1), picture(1, (8, 4))))])
    assert checked(sizes).count("<img") == 2
    assert checked(page([drift(Pictures(None, picture(1)))])).count("<img") == 1
    broken = Display("figure", "bm90YXBuZw==", "image/png")
    assert checked(page([drift(Pictures(broken, picture(1)))])).count("<img") == 2


def test_without_drift_it_says_so_kindly() -> None:
    assert "Nothing drifted: every run gave what is stored." in checked(page([]))


def test_it_counts_outputs_and_posts() -> None:
    other = Drift("content/posts/y.md", 3, 1, "x", "text", Texts(("a",), ("b",)))
    report = page([drift(Texts(("a",), ("b",))), drift(Texts(("c",), ("d",))), other])
    assert "3 outputs in 2 posts drifted." in checked(report)
