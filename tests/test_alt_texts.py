"""Facts about figures in words, in two languages."""

from typing import Any

import pytest
from executable_posts.alt_texts import PORTUGUESE, FigureWords, alt_text, has_words
from executable_posts.kernels.inside import charts

ENGLISH = FigureWords()

CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "nothing": ({}, "", ""),
    "a title": ({"title": "Perda"}, "Perda", "Perda"),
    "a kind": ({"axes": [{"charts": {"image": 1}}]}, "Imagem", "Image"),
    "an unknown kind": ({"axes": [{"title": "Perda"}]}, "Gráfico “Perda”", "Chart “Perda”"),
    "all": (
        {
            "title": "Treino",
            "axes": [
                {
                    "title": "Perda",
                    "x": "época",
                    "y": "perda",
                    "charts": {"line": 2},
                    "names": ["treino", "validação"],
                }
            ],
        },
        "Treino: gráfico de linhas “Perda”; eixo x: época; eixo y: perda; "
        "2 séries: treino, validação",
        "Treino: line chart “Perda”; x axis: época; y axis: perda; 2 series: treino, validação",
    ),
    "one series": ({"axes": [{"charts": {"bar": 1}}]}, "Gráfico de barras", "Bar chart"),
    "one series with a name": (
        {"axes": [{"charts": {"bar": 1}, "names": ["votos"]}]},
        "Gráfico de barras; votos",
        "Bar chart; votos",
    ),
    "series without names": (
        {"axes": [{"charts": {"line": 3}}]},
        "Gráfico de linhas; 3 séries",
        "Line chart; 3 series",
    ),
    "names of what is no series": (
        {"axes": [{"charts": {"line": 2}, "names": ["a", "b", "limite"]}]},
        "Gráfico de linhas; a, b, limite",
        "Line chart; a, b, limite",
    ),
    "two kinds": (
        {"axes": [{"charts": {"line": 1, "points": 1}}]},
        "Gráfico de linhas e gráfico de dispersão; 2 séries",
        "Line chart and scatter plot; 2 series",
    ),
    "a heat map": (
        {"axes": [{"title": "Confusão", "charts": {"heatmap": 1}}], "scale": "casos"},
        "Mapa de calor “Confusão”; cores: casos",
        "Heat map “Confusão”; colours: casos",
    ),
    # The first figure of the first post: what it shows is these digits, in this order.
    "a grid of small pictures": (
        {"axes": [{"title": digit, "charts": {"image": 1}} for digit in "5041921314"]},
        "10 imagens: 5, 0, 4, 1, 9, 2, 1, 3, 1, 4",
        "10 images: 5, 0, 4, 1, 9, 2, 1, 3, 1, 4",
    ),
    "many small pictures": (
        {"axes": [{"title": str(n), "charts": {"image": 1}} for n in range(20)]},
        "20 imagens: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …",
        "20 images: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …",
    ),
    "a title that all share": (
        {"axes": [{"title": "Perda", "x": "época", "charts": {"line": 1}}] * 3},
        "3 gráficos de linhas: Perda; eixo x: época",
        "3 line charts: Perda; x axis: época",
    ),
    "different charts": (
        {
            "axes": [
                {"title": "rótulo: 5", "charts": {"image": 1}},
                {"x": "probabilidade", "charts": {"bar": 1}},
            ]
        },
        "2 gráficos: imagem “rótulo: 5”; gráfico de barras (eixo x: probabilidade)",
        "2 charts: image “rótulo: 5”; bar chart (x axis: probabilidade)",
    ),
    "a kind of a later version": (
        {"axes": [{"charts": {"sankey": 1}, "x": "a"}]},
        "Gráfico; eixo x: a",
        "Chart; x axis: a",
    ),
}


@pytest.mark.parametrize(("facts", "portuguese", "english"), CASES.values(), ids=CASES.keys())
def test_facts_become_words(facts: dict[str, Any], portuguese: str, english: str) -> None:
    assert alt_text(facts, PORTUGUESE) == portuguese
    assert alt_text(facts, ENGLISH) == english


def test_both_languages_know_every_kind_of_chart() -> None:
    kinds = {name for name in str(charts.charts.__doc__).split("``") if name.isidentifier()}
    assert kinds | {""} == PORTUGUESE.charts.keys() == ENGLISH.charts.keys()


@pytest.mark.parametrize(
    ("facts", "known"),
    [
        ({}, False),
        ({"axes": [{"charts": {"line": 2}}]}, False),
        ({"title": "Perda"}, True),
        ({"scale": "casos"}, True),
        ({"axes": [{"charts": {"line": 2}}, {"x": "época"}]}, True),
        ({"axes": [{"names": ["a"]}]}, True),
    ],
)
def test_a_kind_alone_says_too_little(facts: dict[str, Any], known: bool) -> None:
    assert has_words(facts) is known
