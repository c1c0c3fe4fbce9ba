"""What a page makes of a post's HTML: it can be scrolled, and notes stand beside the text."""

import pytest
from markdown import Markdown
from readable_site.shown import readable, with_notes_beside


def converted(text: str) -> str:
    return Markdown(extensions=["extra"]).convert(text)


def shown(content: str) -> str:
    return readable(content, "Código", "Texto", "Tabela")


def test_code_texts_and_tables_can_be_reached_and_have_names() -> None:
    assert shown('<div class="highlight"><pre><span></span><code>x</code></pre></div>') == (
        '<div class="highlight"><pre role="group" aria-label="Código" tabindex="0">'
        "<span></span><code>x</code></pre></div>"
    )
    assert shown("<pre>x</pre>") == '<pre role="group" aria-label="Texto" tabindex="0">x</pre>'
    table = shown(converted("a | b\n--|--\n1 | 2\n"))
    assert table.startswith(
        '<div class="table-scroll" role="group" aria-label="Tabela" tabindex="0"><table>'
    )
    assert table.endswith("</table></div>")
    output = '<div class="table-scroll" tabindex="0"><table class="data"></table></div>'
    assert shown(output) == output


def test_a_name_is_text_and_no_html() -> None:
    assert 'aria-label="&quot;a&quot; &lt; b"' in readable("<pre>x</pre>", "", '"a" < b', "")


def test_a_header_cell_without_words_is_none() -> None:
    assert "<th></th>" not in shown(converted(" | b\n--|--\n1 | 2\n"))


NOTES = "Um[^a] e dois[^b], e um[^a] outra vez.\n\n[^a]: Com *ênfase*.\n[^b]: Segunda.\n"


def test_notes_stand_where_they_are_referred_to() -> None:
    seen = with_notes_beside(converted(NOTES))
    assert '</sup><span class="sidenote"><sup>1</sup> Com <em>ênfase</em>.</span> e dois' in seen
    assert '<span class="sidenote"><sup>2</sup> Segunda.</span>' in seen
    assert seen.count('class="sidenote"') == 2
    assert '<div class="footnote beside">' in seen
    assert "footnote-backref" in seen.partition("footnote beside")[2]


@pytest.mark.parametrize(
    "text",
    [
        "Um[^a].\n\n[^a]: Um parágrafo.\n\n    E outro.\n",
        "Um[^a].\n\n[^a]: Uma lista:\n\n    * item\n",
        "a | b[^a]\n--|--\n1 | 2\n\n[^a]: Na tabela.\n",
        "## Título[^a]\n\n[^a]: No título.\n",
        '<div class="cell-outputs" markdown="1">\n\nUm[^a].\n\n</div>\n\n[^a]: Na saída.\n',
        "Sem notas.\n",
    ],
)
def test_notes_that_cannot_stand_there_stay_at_the_end(text: str) -> None:
    assert with_notes_beside(converted(text)) == converted(text)


def test_a_note_after_a_cell_stands_beside_the_text() -> None:
    cell = '<div class="cell"><div class="cell-outputs"><div>1</div></div></div>\n'
    assert 'class="sidenote"' in with_notes_beside(cell + converted(NOTES))
