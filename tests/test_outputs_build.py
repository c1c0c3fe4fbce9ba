"""Outputs of real kernels on real pages: what overwrites itself is there once, and in order."""

import re

import pytest

from tests.blog import Site

TAG = re.compile(r"<[^>]+>")


def outputs(page: str) -> list[str]:
    """The text of each cell's outputs."""
    found = re.findall(
        r'<div class="cell-outputs".*?>(.*?)</div>\s*</div>\s*</div>', page, re.DOTALL
    )
    return [TAG.sub("", one).strip() for one in found]


UPDATES = """
```python
from IPython.display import clear_output, display

for number in range(3):
    clear_output(wait=True)
    print("passo", number)
```

```python
handle = display("um", display_id=True)
print("depois")
handle.update("dois")
```

```python
import sys
print("antes")
for number in range(3):
    sys.stdout.write(f"\\r{number + 1}/3 \\x1b[32m━━━\\x1b[0m 0s 5ms/step")
    sys.stdout.flush()
```

```python
print("<cell>:1: UserWarning: ruído")
print("2019-07-29 11:43:00.123456: I tensorflow/core/x.cc:142] ruído")
print("sinal")
```

```python
#| timings: true
print("3/3 ━━━ 2s 5ms/step")
```
"""


def test_what_is_updated_is_shown_once_in_its_last_state(site: Site) -> None:
    site.post("nota", UPDATES)
    built = site.build()
    assert built.status == 0, built.text
    assert outputs(site.page("nota")) == [
        "passo 2",
        "'dois'\ndepois",
        "antes\n3/3 ━━━",
        "sinal",
        "3/3 ━━━ 2s 5ms/step",
    ]
    assert '<span class="ansi-green">━━━</span>' in site.page("nota")
    assert "2 lines of logs, warnings, downloads and reprs left out" in built.out


REPRS = """
```python
import matplotlib.pyplot as plt
plt.plot([1, 2])
```

```python
#| reprs: true
plt.title("Perda")
```

```python
class Net:
    pass

Net()
```
"""


def test_a_figure_comes_without_the_repr_of_its_lines(site: Site) -> None:
    site.post("nota", REPRS)
    built = site.build()
    assert built.status == 0, built.text
    page = site.page("nota")
    assert "Line2D" not in page
    assert "Text(0.5, 1.0, 'Perda')" in page
    assert "&lt;__main__.Net&gt;" in page
    assert site.build("--extra-settings", 'EXECUTE_CELL_DEFAULTS={"reprs": true}').status == 0
    assert "Line2D" in site.page("nota")


TABLE = """
```python
import pandas as pd

tabela = pd.DataFrame({"nome": ["a", "b"], "nota": [7.5, 8]})
tabela.style.highlight_max(subset=["nota"])
```

```python
tabela
```

```python
from IPython.display import HTML
HTML("<b>1</b><script>alert(1)</script><img src='https://example.org/a.png' alt='foto'>")
```
"""


def test_a_table_has_no_styles_and_the_author_knows_what_is_missing(site: Site) -> None:
    site.post("nota", TABLE)
    built = site.build()
    assert built.status == 0, built.text
    page = site.page("nota")
    assert page.count('<td class="number">8.0') + page.count('number">8.000000') == 2
    for gone in ("#T_", 'id="T_', "<script>alert", "<img src"):
        assert gone not in page
    assert '<a href="https://example.org/a.png">foto</a>' in page
    assert "note: content/posts/nota.md:18: cell 3: its HTML is shown without a script" in built.out
    notebook = site.notebook("nota").read_bytes()
    # Styler names its table by chance, which is no reason to write anything anew.
    assert site.build_all_again().status == 0
    assert site.notebook("nota").read_bytes() == notebook


KERAS = """
```python
import keras
import numpy as np

keras.utils.set_random_seed(1)
x, y = np.arange(64.0).reshape(-1, 1), np.arange(64.0)
rede = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
rede.compile("sgd", "mse")
rede.fit(x / 64, y / 64, epochs=2, verbose=1)
```

```python
historia = rede.fit(x / 64, y / 64, epochs=1, verbose=2)
```

```python
rede.evaluate(x / 64, y / 64)
```

```python
rede.predict(x / 64, verbose="auto").shape
```
"""


@pytest.mark.slow
def test_bars_of_keras_are_left_with_their_last_state(site: Site) -> None:
    site.post("nota", KERAS)
    built = site.build()
    assert built.status == 0, built.text
    page = site.page("nota")
    fit, again, evaluated, predicted = outputs(page)
    bar = "━" * 20
    rows = fit.splitlines()
    assert rows[::2] == ["Epoch 1/2", "Epoch 2/2"]
    assert all(re.fullmatch(rf"2/2 {bar} - loss: \d\.\d+", row) for row in rows[1::2])
    assert re.fullmatch(r"2/2 - loss: \d\.\d+", again)
    assert re.fullmatch(rf"2/2 {bar} - loss: \d\.\d+\n\d\.\d+", evaluated)
    assert predicted == f"2/2 {bar}\n(64, 1)"
    for gone in ("ms/step", "History", "0x", "oneDNN", "cuda"):
        assert gone not in page
