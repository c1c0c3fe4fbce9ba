"""Blogs to measure: as many posts as asked for, of 880 words and four blocks of code each."""

import base64
import io
import random
from pathlib import Path

import numpy as np
from executable_posts import store
from executable_posts.executed import current, from_run
from executable_posts.jobs import CellResult, Run
from executable_posts.plan import plan
from executable_posts.post import parse
from PIL import Image

WORDS = (
    "dados rede neural camada perda treino imagem número figura código exemplo valor média função "
    "texto modelo conta erro medida tempo ponto curva peso soma teste classe resposta pergunta"
).split()
PARAGRAPHS = 16
WORDS_A_PARAGRAPH = 55
_CELLS = 4


# What the blog whose settings the benchmark uses would have put there.
_ENVIRONMENT = {"EXECUTE_THREADS": "2", "TIMEZONE": "America/Sao_Paulo"}


def source(number: int) -> str:
    """The source of the post `number`, always the same."""
    chance = random.Random(number)
    parts = [
        f"Title: Texto número {number}\nDate: {2000 + number % 25}-03-{1 + number % 28:02d} 10:00\n"
        f"Slug: texto-{number}\nCategory: Categoria {number % 10}\n"
        f"Tags: tag {number % 20}, tag {number % 7}\nExecute: yes\n\n"
    ]
    for position in range(PARAGRAPHS):
        words = " ".join(chance.choice(WORDS) for _ in range(WORDS_A_PARAGRAPH))
        parts.append(f"{words.capitalize()}.\n\n")
        if position % (PARAGRAPHS // _CELLS) == 0:
            parts.append(
                f"```python\n# A conta {position} deste texto\n"
                f"valores = range({number}, {number + 9})\n"
                f"total = sum(valor**2 for valor in valores if valor % {position + 2})\n"
                f"print('total', total)\n```\n\n"
            )
    return "".join(parts)


def picture(number: int) -> str:
    """A figure, in base64."""
    pixels = np.full((288, 432, 3), 255, dtype=np.uint8)
    columns = np.arange(432)
    rows = (144 + 100 * np.sin(columns / (20 + number % 30))).astype(int)
    pixels[rows, columns] = (0, 114, 178)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return base64.b64encode(file.getvalue()).decode()


def make_blog(folder: Path, count: int) -> None:
    """Write `count` posts, and the executed notebooks that a run of each would have made."""
    for number in range(count):
        text = source(number)
        file = folder / "content" / "posts" / f"texto-{number}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        post = parse(text, f"content/posts/{file.name}")
        planned = plan(post, None, lambda _: None)
        output = {"output_type": "stream", "name": "stdout", "text": f"total {number}\n"}
        figure = {
            "output_type": "display_data",
            "data": {"image/png": picture(number), "text/plain": "<Figure size 432x288>"},
            "metadata": {},
        }
        cells = tuple(
            CellResult((output, figure) if position == 0 else (output,), 0.1, position + 1)
            for position in range(len(post.cells))
        )
        run = Run(cells, (), ("numpy", "matplotlib"))
        notebook = from_run(planned, run, lambda _: None, _ENVIRONMENT)
        names = [(f"assets/texto-{number}/cell-1.png",), *[()] * (len(cells) - 1)]
        whole = current(notebook, planned, f"Texto número {number}", names)
        store.write(folder / "content" / "notebooks" / "posts" / f"{file.stem}.ipynb", whole)
