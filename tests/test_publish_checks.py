"""What is checked of a built site, on small sites of the tests' own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from site_publishing import checks, telling
from site_publishing.addresses import site_address, unfit
from site_publishing.model import Source
from site_publishing.reading import read_site

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SITE = "https://host.test/caderno"
POST = "content/posts/a.md"


def page(body: str = "", head: str = "") -> str:
    return (
        '<!doctype html>\n<html lang="pt-BR"><head><meta charset="utf-8"><title>T</title>\n'
        f'<meta name="description" content="D">{head}</head>\n<body>{body}</body></html>\n'
    )


def told(
    folder: Path,
    files: dict[str, str],
    sources: tuple[Source, ...] = (),
    text: str = "",
    siteurl: str = SITE,
) -> list[str]:
    """What a person is told of a site of `files`, the sources of which all have this text."""
    for name, content in {"index.html": page(), **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    site = read_site(folder, site_address(siteurl), sources)
    found = checks.findings(site, NOW)
    return [str(problem) for problem in telling.problems(site, found, lambda _: text)]


def test_a_site_as_it_should_be_has_no_problem(tmp_path: Path) -> None:
    body = f"""<p id="x"><a href="{SITE}/">a</a> <a href="b/">b</a> <a href="b/index.html#y">c</a>
<a href="#x">d</a> <a href="#top">e</a> <a href="">f</a> <a href="b#:~:text=y">g</a>
<a href="https://elsewhere.test/x">h</a> <a href="mailto:a@b.test">i</a> R&amp;D R&D ?a=1&b=2
<a href="https://host.test/other/">another thing of this host</a> <a href="c%20d.html">j</a>
<img src="i.png" alt="" srcset="i.png 1x, {SITE}/i.png 2x"> <a href="b/?q=1#y">k</a></p>
<pre><code>http://localhost:8888/</code></pre><svg><use href="#x"/><rect width="1"/></svg>"""
    head = f"""<link rel="stylesheet" href="s.css"><meta property="og:image" content="{SITE}/i.png">
<link rel="canonical" href="{SITE}/"><script type="application/ld+json">{{"image": "{SITE}/i.png",
"@type": "Article", "author": {{"url": "https://elsewhere.test"}}}}</script>
<link rel="alternate" type="application/atom+xml" href="{SITE}/f.xml">"""
    feed = f"""<feed xmlns="http://www.w3.org/2005/Atom"><link href="{SITE}/f.xml" rel="self"/>
<entry><link href="{SITE}/b/"/><content type="html">&lt;p id="n"&gt;&lt;a href="#n"&gt;n&lt;/a&gt;
&lt;img src="{SITE}/i.png"&gt;</content></entry></feed>"""
    json_feed = f"""{{"version": "https://jsonfeed.org/version/1.1", "feed_url": "{SITE}/f.json",
"items": [{{"url": "{SITE}/b/", "content_html": "<img src='{SITE}/i.png'>"}}]}}"""
    files = {"index.html": page(body, head), "b/index.html": page('<p id="y">y</p>'), "i.png": ""}
    files |= {"c d.html": page(), "f.xml": feed, "f.json": json_feed, "data.json": "{}"}
    files |= {"s.css": '@import "t.css"; a { background: url(i.png) } /* url(no.png) */'}
    redirect = '<meta http-equiv="refresh" content="0; url=b/">'
    files |= {"t.css": "", "other.xml": "<x href='no'/>", "old.html": page(head=redirect)}
    assert told(tmp_path, files) == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('<a href="no.html">x</a>', 'link to "no.html": there is no no.html in the site'),
        ('<a href="#no">x</a>', 'link to "#no": there is no place #no on this page'),
        ('<a href="b.html#no">x</a>', 'link to "b.html#no": there is no place #no in b.html'),
        ('<img src="no.png" alt="">', 'picture "no.png": there is no no.png in the site'),
        ('<img src="i.png" srcset="i.png, no.png 2x" alt="">', 'picture "no.png": there is no no'),
        ('<video src="no.mp4"></video>', 'media file "no.mp4": there is no no.mp4 in the site'),
        ('<script src="no.js"></script>', 'script "no.js": there is no no.js in the site'),
        ('<iframe src="no.html"></iframe>', 'frame "no.html": there is no no.html in the site'),
        (
            '<img src="/assets/i.png" alt="">',
            'picture "/assets/i.png": is outside of https://host.test/caderno/; in a post write '
            "{static} or {filename}",
        ),
        ('<a href="http://localhost:8000/x">x</a>', "only the author's machine has it"),
        ('<a href="http://127.0.0.1/x">x</a>', "only the author's machine has it"),
        ('<a href="file:///home/ana/x">x</a>', "only the author's machine has it"),
        ('<a href="http://[x">x</a>', 'link to "http://[x": is no address ('),
        ('<img src="i.png">', 'HTML: <img src="i.png"> has no alt'),
        ('<p id="x"></p><p id="x"></p>', 'HTML: id="x" is on line 5 already'),
        ("<p><div></div></p>", "HTML: Unexpected end tag (p). Ignored"),
        ("<span><div></div></span>", "HTML: <div> may not be inside of <span>"),
        ("<h2><p>x</h2>", "HTML: <p> may not be inside of <h2>"),
        ("<ul><p>x</p></ul>", "HTML: <p> may not be inside of <ul>"),
        ("<a href='#top'><button>x</button></a>", "HTML: <button> may not be inside of <a>"),
        ("<center>x</center>", "HTML: <center> is obsolete"),
        ('<table border="1"></table>', 'HTML: border="1" on <table> is obsolete'),
        ("<style>p { margin: 0 }</style>", "HTML: <style> belongs in <head>"),
        ("<main></main><main></main>", "HTML: a second <main>"),
        ('<p class="a" class="b">x</p>', "HTML: Dropped duplicate attribute on tag"),
        ("<p>&naosei; x</p>", "HTML: Named entity expected. Got none"),
        ("<b>x", "HTML: Unexpected end tag (body). Missing end tag (b)"),
    ],
)
def test_what_is_wrong_on_a_page_is_said_with_page_and_line(
    tmp_path: Path, body: str, message: str
) -> None:
    files = {"x.html": page(f"\n{body}"), "b.html": page(), "i.png": ""}
    found = told(tmp_path, files)
    assert any(one.startswith("output/x.html:5: ") and message in one for one in found), found


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ('<meta property="og:image" content="i.png">', 'relative address "i.png" in a card'),
        ('<meta name="twitter:image" content="/i.png">', 'relative address "/i.png" in a card'),
        ('<link rel="canonical" href="x.html">', 'relative address "x.html" in a card'),
        ('<meta property="og:image" content="">', 'address for others "": is empty'),
        (
            '<script type="application/ld+json">[{"image": ["no.png"]}]</script>',
            'relative address "no.png" in a card',
        ),
        (
            '<meta property="og:image" content="https://host.test/caderno/no.png">',
            'address for others "https://host.test/caderno/no.png": there is no no.png in the site',
        ),
        (
            '<link rel="alternate" type="application/rss+xml" href="b.xml">',
            "b.xml is no feed",
        ),
        (
            '<link rel="alternate" type="application/rss+xml" href="no.xml">',
            'address "no.xml": there is no no.xml in the site',
        ),
        (
            '<meta http-equiv="refresh" content="0; url=no.html">',
            'redirect to "no.html": there is no no.html in the site',
        ),
        (
            "<style>body { background: url('no.png') }</style>",
            'picture "no.png": there is no no.png in the site',
        ),
    ],
)
def test_what_is_wrong_in_a_head_is_said(tmp_path: Path, head: str, message: str) -> None:
    files = {"x.html": page(head=f"\n{head}"), "i.png": "", "b.xml": "<b/>"}
    found = told(tmp_path, files)
    assert any(one == f"output/x.html:4: {message}" for one in found), found


def test_a_page_without_head_is_told_what_it_lacks(tmp_path: Path) -> None:
    assert told(tmp_path, {"x.html": "<!doctype html><p>x</p>"}) == [
        "output/x.html:1: the page has no language (<html lang>)",
        "output/x.html:1: the page has no title",
        "output/x.html:1: the page has no description (<meta name=description>)",
    ]


def test_what_is_wrong_in_feeds_and_style_sheets_is_said_with_their_lines(tmp_path: Path) -> None:
    feed = f"""<rss><channel>
<link>{SITE}/</link>
<item><link>/x.html</link>
<description>&lt;img src="i.png"&gt;
&lt;a href="#no"&gt;</description>
</item></channel></rss>"""
    files = {"f.xml": feed, "broken.xml": "<feed>\n<entry>", "i.png": ""}
    files |= {"s.css": "\n\na { background: url(no.png) }"}
    files |= {"sitemap.xml": f"<urlset>\n<url><loc>{SITE}/no.html</loc></url></urlset>"}
    assert told(tmp_path, files) == [
        'output/f.xml:3: address "/x.html": is outside of https://host.test/caderno/; in a post '
        "write {static} or {filename}",
        'output/f.xml:5: link to "#no": there is no place #no in the feed',
        f'output/sitemap.xml:2: address "{SITE}/no.html": there is no no.html in the site',
        'output/s.css:3: style sheet "no.png": there is no no.png in the site',
        'output/f.xml:3: relative address "/x.html" in a feed',
        'output/f.xml:4: relative address "i.png" in a feed',
        "output/broken.xml:2: XML: no element found",
    ]


def test_the_error_page_needs_addresses_that_hold_anywhere(tmp_path: Path) -> None:
    files = {"404.html": page('<a href="index.html">x</a>')}
    assert told(tmp_path, files, siteurl="https://host.test") == [
        'output/404.html:4: relative address "index.html": this page is shown at any address'
    ]


def test_a_problem_of_a_post_is_said_at_its_line_and_one_of_all_pages_once(
    tmp_path: Path,
) -> None:
    sources = (Source(POST, "a.html", "published"), Source("content/b.md", "b.html", "published"))
    body = f'<img src="{SITE}/images/no.png" alt="">'
    files = {"a.html": page(body), "index.html": page(body)}
    text = "Title: A\n\nx\n![]({static}/images/no.png)\n"
    message = f'picture "{SITE}/images/no.png": there is no images/no.png in the site'
    assert told(tmp_path, files, sources, text) == [
        f"{POST}:4: {message} [a.html:4] (and on 1 other page)"
    ]
    files |= {
        "a.html": page('<a href="nav.html">x</a>'),
        "b.html": page('<a href="nav.html">x</a>'),
    }
    files |= {"index.html": page('<a href="nav.html">x</a>')}
    assert told(tmp_path, files, sources, "Title: A\n") == [
        'output/a.html:4: link to "nav.html": there is no nav.html in the site (and on 2 other '
        "pages)"
    ]


def test_no_draft_and_nothing_to_come_is_in_a_site(tmp_path: Path) -> None:
    later = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
    sources = (
        Source("content/d.md", "drafts/d.html", "draft", NOW, "notebooks/d.ipynb"),
        Source("content/f.md", "f.html", "published", later),
        Source("content/g.md", "", "draft", later, "notebooks/g.ipynb"),
        Source("content/h.md", "h.html", "hidden", NOW),
    )
    files = {"drafts/d.html": page(), "f.html": page(), "h.html": page(), "notebooks/d.ipynb": "x"}
    assert told(tmp_path, files, sources) == [
        "content/d.md: content/d.md is a draft and is in the site [drafts/d.html]",
        "output/notebooks/d.ipynb: content/d.md is a draft and its executed notebook is in the "
        "site",
        "content/f.md: content/f.md is dated 2030-01-02 03:04, which is to come, and is in the "
        "site [f.html]",
    ]


@pytest.mark.parametrize(
    ("siteurl", "why"),
    [
        ("https://example.org", "is only a placeholder"),
        ("https://example.com/blog", "is only a placeholder"),
        ("https://blog.example", "is only a placeholder"),
        ("http://localhost:8000", "is this machine's own address"),
        ("http://127.0.0.1:8000", "is this machine's own address"),
        ("", "is no address that begins with https://"),
        ("diego.github.io", "is no address that begins with https://"),
        ("/blog", "is no address that begins with https://"),
        ("https://a.test/?x=1", "has more than a host and a path"),
        ("https://diego.github.io/caderno", ""),
        ("https://notexample.org", ""),
    ],
)
def test_what_no_site_can_be_published_under(siteurl: str, why: str) -> None:
    assert unfit(siteurl) == why
