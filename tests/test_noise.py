"""What no reader wants to see is known by its form, and what only looks like it stays."""

import pytest
from executable_posts.noise import is_bar_before_its_start, is_plumbing, without_noise
from executable_posts.outputs import Wanted, comparable, display
from executable_posts.store import Output
from executable_posts.styled import Styled
from hypothesis import given
from hypothesis import strategies as st

PLUMBING = [
    "<Axes: >",
    "<Axes: title={'center': 'Loss'}, xlabel='x'>",
    "<AxesSubplot:xlabel='x'>",
    "<Axes3D: >",
    "[<matplotlib.lines.Line2D at 0x7f00aa>]",
    "[<matplotlib.lines.Line2D at 0x7f00aa>,\n <matplotlib.lines.Line2D at 0x7f00ab>]",
    "<matplotlib.lines.Line2D>",
    "<matplotlib.image.AxesImage at 0x7ff>",
    "<matplotlib.axes._subplots.AxesSubplot at 0x11>",
    "<seaborn.axisgrid.FacetGrid at 0x7f>",
    "<keras.src.callbacks.History at 0x7f0b>",
    "<keras.src.callbacks.history.History at 0x7f0b>",
    "<tensorflow.python.keras.callbacks.History object at 0x7f>",
    "Text(0.5, 1.0, 'Perda')",
    'Text(0, 0.5, "it\'s")',
    "<Figure size 640x480 with 1 Axes>",
    "<BarContainer object of 3 artists>",
    "(array([1., 2.]),\n array([0. , 0.5]),\n <BarContainer object of 10 artists>)",
    "(array([5., 3.]), array([0, 1]), <a list of 10 Patch objects>)",
    "(<Figure size 640x480 with 2 Axes>, array([<Axes: >, <Axes: >], dtype=object))",
    "array([[<Axes: >, <Axes: >],\n       [<Axes: >, <Axes: >]], dtype=object)",
    "([<matplotlib.axis.XTick at 0x7f>], [Text(0, 0, ''), Text(1, 0, '')])",
]
NO_PLUMBING = [
    "",
    "42",
    "(1, 2)",
    "array([1, 2])",
    "'<Axes: >'",
    "[1, 2, <Axes: >]",
    "Loss: <Axes: >",
    "<__main__.Net object at 0x7f00aa>",
    "<function f at 0x7f00aa>",
    "<Sequential name=sequential, built=True>",
    "<tf.Tensor: shape=(), dtype=float32, numpy=3.0>",
    "<matplotlib.lines.Line2D at 0x7f> and more",
    "<Axes: >" + " " * 30_000 + "x",
]
LOGS = [
    "I0000 00:00:1795581045.136096   27701 port.cc:153] oneDNN custom operations are on",
    "I0729 11:43:00.123456 140 service.cc:145] XLA service 0x7f initialized for platform CUDA",
    "E0000 00:00:1795581048.479077   27738 cuda_platform.cc:52] failed call to cuInit",
    "2019-07-29 11:43:00.123456: I tensorflow/core/platform/cpu_feature_guard.cc:142] Your CPU",
    "To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with",
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "WARNING:tensorflow:From x.py:3: deprecated",
    "WARNING:absl:Compiled the loaded model",
    "/tmp/ipykernel_4242/123.py:3: UserWarning: x",
    "<cell>:3: UserWarning: x",
    "/usr/lib/x.py:12: DeprecationWarning: y",
    "x.py:3: numpy.exceptions.VisibleDeprecationWarning: z",
    "C:\\x\\y.py:3: FutureWarning: z",
]
DOWNLOADS = [
    "Downloading data from https://storage.googleapis.com/tensorflow/mnist.npz",
    "Downloading https://x/train.gz to data/raw",
    "  Downloading numpy-2.0-cp311.whl (3.2 MB)",
    "     ━━━━━━━━━━━━ 3.2/3.2 MB 12.3 MB/s eta 0:00:00",
    "100%|██████████| 9.91M/9.91M [00:00<00:00, 12.3MB/s]",
    "100%|████| 26421880/26421880 [00:02<00:00, 9.3MB/s]",
    "  3%|▎         | 32.0k/1.20M [00:00<00:08, 130kB/s]",
    "model.safetensors: 100%|███| 268M/268M [00:02<00:00, 110MB/s]",
    "mnist.npz   100%[=====>]  10.96M  12.3MB/s    in 0.9s",
]
SIGNAL = [
    "a: 3",
    "Epoch 1/2",
    "10/10 ━━━━ - loss: 0.5",
    "100%|████| 30/30 [00:00<00:00, 95.2it/s]",
    "Aviso: UserWarning: x",
    "10:30: Warning: x",
    "WARNING:root:oi",
    "INFO: fim",
    "Downloading é bom",
    "3/3 MB",
    "  x = 1",
    "I0000 é um código",
    "x" * 3_000 + ".py:3: UserWarning: x",
]


@pytest.mark.parametrize("text", PLUMBING)
def test_the_repr_of_what_draws_or_trains_is_left_out_of_a_result(text: str) -> None:
    assert is_plumbing(text)
    outputs = [_result(text)]
    assert display(outputs).displays == ()
    assert display(outputs).noise_lines == 1
    assert len(display(outputs, Wanted(reprs=True)).displays) == 1


@pytest.mark.parametrize("text", PLUMBING)
def test_what_is_printed_is_meant(text: str) -> None:
    printed: Output = {"output_type": "stream", "name": "stdout", "text": f"{text}\n"}
    assert len(display([printed]).displays) == 1


@pytest.mark.parametrize("text", NO_PLUMBING)
def test_any_other_result_stays(text: str) -> None:
    assert not is_plumbing(text)


def test_a_repr_beside_a_picture_is_no_result_of_its_own() -> None:
    output = {**_result("<Figure size 640x480 with 1 Axes>")}
    output["data"] = {**output["data"], "image/png": "iVBO"}
    assert [shown.kind for shown in display([output]).displays] == ["figure"]


@pytest.mark.parametrize("line", [*LOGS, *DOWNLOADS])
def test_noise_is_left_out_wherever_it_lands_and_counted(line: str) -> None:
    text = f"before\n{line}\nafter\n"
    quiet = without_noise(Styled(text))
    assert quiet.text == Styled("before\nafter\n")
    assert (quiet.logs, quiet.downloads) == ((1, 0) if line in LOGS else (0, 1))
    printed: Output = {"output_type": "stream", "name": "stdout", "text": text}
    displayed = display([printed])
    assert [shown.content for shown in displayed.displays] == ["before\nafter"]
    assert displayed.noise_lines == 1
    plain: Output = {**printed, "text": "before\nafter\n"}
    assert comparable([printed]) == comparable([plain])


@pytest.mark.parametrize("line", LOGS)
def test_logs_and_warnings_are_shown_where_they_are_asked_for(line: str) -> None:
    printed: Output = {"output_type": "stream", "name": "stdout", "text": f"{line}\n"}
    [shown] = display([printed], Wanted(stderr=True)).displays
    assert shown.content


@pytest.mark.parametrize("line", DOWNLOADS)
def test_a_download_never_reaches_a_page(line: str) -> None:
    printed: Output = {"output_type": "stream", "name": "stderr", "text": f"{line}\n"}
    assert display([printed], Wanted(stderr=True, timings=True)).displays == ()


@pytest.mark.parametrize("line", SIGNAL)
def test_all_else_stays(line: str) -> None:
    assert without_noise(Styled(f"{line}\n")).text.text == f"{line}\n"


def test_the_code_below_a_warning_and_the_bar_below_a_download_go_with_them() -> None:
    text = (
        "<cell>:3: UserWarning: x\n  warnings.warn('x')\n  indented\n"
        "Downloading data from https://x/y\n11490434/11490434 ━━━━ 0s 0us/step\n3/3 ━━━ 0s\n"
    )
    assert without_noise(Styled(text)).text.text == "  indented\n3/3 ━━━ 0s\n"


def test_only_noise_is_the_same_as_nothing() -> None:
    printed: Output = {"output_type": "stream", "name": "stdout", "text": f"{LOGS[0]}\n"}
    assert comparable([printed]) == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("  0%|          | 0/3 [00:00<?, ?it/s]", True),
        ("treino:   0%|          | 0/3 [00:00<?, ?it/s]", True),
        ("0it [00:00, ?it/s]", True),
        (" 33%|###       | 1/3 [00:00<00:00, 3it/s]", False),
        ("0%", False),
    ],
)
def test_a_bar_of_which_the_end_is_not_known_says_nothing(text: str, is_one: bool) -> None:
    assert is_bar_before_its_start(text) == is_one
    widget: Output = {
        "output_type": "display_data",
        "data": {"application/vnd.jupyter.widget-view+json": {}, "text/plain": text},
        "metadata": {},
    }
    assert len(display([widget]).displays) == (0 if is_one else 1)


@given(st.text(st.sampled_from("<>[]()|/%:. \nA0━xe=B"), max_size=300))
def test_any_text_can_be_asked(text: str) -> None:
    is_plumbing(text)
    kept = without_noise(Styled(text))
    assert len(kept.text.text) <= len(text)
    assert without_noise(kept.text).text.text.count("x") <= text.count("x")


@pytest.mark.parametrize("part", ["<Axes: ", "Text(0, '", "(array([", "|1/2 [", "1/", "a.", "━ "])
def test_a_hostile_line_takes_no_time(part: str) -> None:
    is_plumbing(part * 4_000)
    without_noise(Styled(part * 4_000))


def _result(text: str) -> Output:
    return {
        "output_type": "execute_result",
        "data": {"text/plain": text},
        "metadata": {},
        "execution_count": 1,
    }
