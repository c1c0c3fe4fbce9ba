"""Posts to run, always the same ones, as each rival wants them: the same code in every form."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import v4

KERNEL = "blog"
"""The name under which rivals find the kernel of the environment that we run posts in."""


@dataclass(frozen=True)
class Post:
    """A post of cells, each with a sentence before it; `lines` and `figures` is what they give.

    What a cell prints begins with a mark (`007/2: `) that is put together only when it runs, so
    that it is found in any form of output and never taken from the code.
    """

    name: str
    cells: tuple[str, ...]
    lines: tuple[str, ...]
    figures: int


def plain(number: int) -> Post:
    """A post that imports numpy and pyplot: two figures, five lines."""
    return Post(f"texto-{number:03d}", _cells(_PLAIN, number), _marks(number, 5), 2)


def keras(number: int) -> Post:
    """A post that trains a small network: one figure, four lines."""
    return Post(f"texto-{number:03d}", _cells(_KERAS, number), _marks(number, 4), 1)


def mixed(count: int) -> list[Post]:
    """`count` posts, every fourth of them with Keras."""
    return [keras(number) if number % 4 == 2 else plain(number) for number in range(count)]


def write_blog(folder: Path, posts: Sequence[Post], settings: str) -> None:
    """The posts as a Pelican blog with these `settings`."""
    (folder / "content" / "posts").mkdir(parents=True)
    (folder / "settings.py").write_text(settings, encoding="utf-8")
    for post in posts:
        head = f"Title: {post.name}\nDate: 2020-01-02 10:00\nSlug: {post.name}\nExecute: yes\n\n"
        body = "".join(
            f"{_SENTENCE.format(index + 1)}\n\n```python\n{cell}```\n\n"
            for index, cell in enumerate(post.cells)
        )
        file = folder / "content" / "posts" / f"{post.name}.md"
        file.write_text(head + body, encoding="utf-8")


def write_notebooks(folder: Path, posts: Sequence[Post]) -> None:
    """The posts as notebooks without outputs."""
    folder.mkdir(parents=True, exist_ok=True)
    for post in posts:
        cells = [v4.new_markdown_cell(f"# {post.name}", id=f"{post.name}-title")]
        for index, code in enumerate(post.cells):
            sentence = _SENTENCE.format(index + 1)
            cells.append(v4.new_markdown_cell(sentence, id=f"{post.name}-prose-{index}"))
            cells.append(v4.new_code_cell(code.rstrip("\n"), id=f"{post.name}-cell-{index}"))
        kernel = {"name": KERNEL, "language": "python", "display_name": KERNEL}
        notebook = v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, folder / f"{post.name}.ipynb")


def write_sphinx(folder: Path, posts: Sequence[Post]) -> None:
    """The posts as a Sphinx project of notebooks, run and shown by MyST-NB."""
    write_notebooks(folder, posts)
    # Its own limit is 30 s a cell; ours is 300.
    (folder / "conf.py").write_text(
        'project = "bench"\nextensions = ["myst_nb"]\n'
        'nb_execution_mode = "force"\nnb_execution_timeout = 300\n'
        'nb_execution_raise_on_error = True\nexclude_patterns = ["_build"]\n',
        encoding="utf-8",
    )
    names = "\n".join(post.name for post in posts)
    (folder / "index.md").write_text(f"# bench\n\n```{{toctree}}\n{names}\n```\n", encoding="utf-8")


def write_mystmd(folder: Path, posts: Sequence[Post]) -> None:
    """The posts as a mystmd project of notebooks."""
    write_notebooks(folder, posts)
    project = {
        "version": 1,
        "project": {
            "title": "bench",
            "toc": [{"file": "index.md"}, *({"file": f"{post.name}.ipynb"} for post in posts)],
        },
        # It would download a theme; with an empty one it writes the data of the site.
        "site": {"template": "./theme"},
    }
    (folder / "theme").mkdir()
    (folder / "theme" / "template.yml").write_text("jtex: v1\nversion: 1.0.0\n", encoding="utf-8")
    # JSON is YAML.
    (folder / "myst.yml").write_text(json.dumps(project), encoding="utf-8")
    (folder / "index.md").write_text("# bench\n", encoding="utf-8")


def _cells(templates: Sequence[str], number: int) -> tuple[str, ...]:
    return tuple(template.replace("NUMBER", str(number)) for template in templates)


def _marks(number: int, count: int) -> tuple[str, ...]:
    return tuple(f"{number:03d}/{line + 1}" for line in range(count))


_SENTENCE = "A conta {} deste texto, explicada em uma frase que não muda nada."

_PLAIN = (
    """\
import matplotlib.pyplot as plt
import numpy as np

texto = NUMBER
rng = np.random.default_rng(texto)
x = np.linspace(0, 10, 500)
y = np.sin(x + texto) + rng.normal(0, 0.2, x.size)
print(f"{texto:03d}/1: {x.size} pontos, média {y.mean():.6f}")
""",
    """\
graus = np.arange(1, 4)
for grau in graus:
    pesos = np.polyfit(x, y, grau)
    erro = np.sqrt(np.mean((np.polyval(pesos, x) - y) ** 2))
    print(f"{texto:03d}/{1 + grau}: grau {grau}, erro {erro:.6f}")
""",
    """\
fig, ax = plt.subplots(figsize=(6, 4))
ax.plot(x, y, ".", markersize=2)
ax.plot(x, np.polyval(pesos, x))
ax.set(xlabel="x", ylabel="y", title=f"Texto {texto}")
plt.show()
""",
    """\
fig, ax = plt.subplots(figsize=(6, 4))
ax.hist(y - np.polyval(pesos, x), bins=30)
ax.set(xlabel="resíduo", ylabel="quantos", title=f"Texto {texto}")
plt.show()
print(f"{texto:03d}/5: resíduo máximo {np.abs(y - np.polyval(pesos, x)).max():.6f}")
""",
)

_KERAS = (
    """\
import keras
import matplotlib.pyplot as plt
import numpy as np

texto = NUMBER
keras.utils.set_random_seed(texto)
""",
    """\
x = np.random.normal(size=(1000, 20)).astype("float32")
y = (x[:, :3].sum(axis=1) > 0).astype("int32")
print(f"{texto:03d}/1: {x.shape[0]} exemplos, {y.mean():.3f} da classe 1")
""",
    """\
modelo = keras.Sequential([
    keras.Input(shape=(20,)),
    keras.layers.Dense(32, activation="relu"),
    keras.layers.Dense(1, activation="sigmoid"),
])
modelo.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
historia = modelo.fit(x, y, epochs=5, batch_size=50, validation_split=0.2, verbose=0)
print(f"{texto:03d}/2: {modelo.count_params()} pesos")
print(f"{texto:03d}/3: perda {historia.history['loss'][-1]:.3f}")
""",
    """\
fig, ax = plt.subplots(figsize=(6, 4))
ax.plot(historia.history["loss"], label="treino")
ax.plot(historia.history["val_loss"], label="validação")
ax.set(xlabel="época", ylabel="perda", title=f"Texto {texto}")
ax.legend()
plt.show()
print(f"{texto:03d}/4: acerto {historia.history['val_accuracy'][-1]:.3f}")
""",
)
