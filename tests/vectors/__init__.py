"""Test vectors for readers of the pen format (docs/pen-model.md): inks, their rows, the answer of each step.

Made by `python -m tests.vectors`. A test compares them with Inkloop's answers of today, another with those of
the web page's reader.
"""

import json
import tempfile
from base64 import b64decode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from addon.dataset.taught import Example
from addon.features.recipe import FeatureRecipe
from addon.features.streaming import Row
from addon.inference.loaded_model import load_model
from addon.inference.predictor import StreamingPredictor
from addon.inference.providers import CPU, Choice
from addon.inference.step import StepSession
from addon.model.metadata import ModelSpec
from addon.model.registry import shipped_models
from addon.training.export_command import export_file
from addon.training.graph import export_step
from addon.training.nets import seeded_net
from addon.training.nodes import read_model
from addon.training.pen_json import HEADS, pen_document
from tests.hands import written

FOLDER = Path(__file__).parent
TAUGHT = ("L", "T", "V")
SMALL_RECIPE = FeatureRecipe(80.0, 0.2, limit=6.0, rows_per_sample=8, tolerance=0.001)

Ink = list[list[list[float]]]
"""Strokes of [x, y]."""


def vectors(name: str) -> dict[str, Any]:
    """The content of `name`.json, as Inkloop answers today."""
    with tempfile.TemporaryDirectory() as folder:
        return MAKERS[name](Path(folder))


def small(folder: Path) -> dict[str, Any]:
    """A pen small enough to be in the file itself."""
    pen = small_pen(folder / "random.onnx")
    path = onnx_of(pen, folder / "random.onnx", folder / "small.onnx")
    inks = {
        "L": hand("L", 1, 60),
        "T": hand("T", 2, 60),
        "V": hand("V", 3, 60),
        "Z": hand("Z", 4, 70),
        **odd_inks(80.0),
    }
    return {"format": 1, "pen": pen, "inks": answered(path, inks)}


def letters(folder: Path) -> dict[str, Any]:
    """The letters and digits that ship."""
    inks = {"L": hand("L", 11, 180), "T": hand("T", 12, 170), "Z": hand("Z", 13, 200), **odd_inks(200.0)}
    return {"format": 1, "model": "models/letters.onnx", "inks": answered(model("letters"), inks)}


def taught(folder: Path) -> dict[str, Any]:
    """Signs taught to the base encoder that ships, and exported."""
    out = folder / "taught.onnx"
    examples = taught_examples()
    export_file(model("encoder"), examples, out)
    pen = pen_document(out)
    inks = {
        "L": hand("L", 21, 150),
        "T": hand("T", 22, 160),
        "V": hand("V", 23, 140),
        "Z": hand("Z", 24, 150),
    }
    return {
        "format": 1,
        "model": "models/encoder.onnx",
        "examples": [{"label": one.label, "strokes": xy(one.strokes)} for one in examples],
        "metadata": pen["metadata"] | {"versions": {}, "training": {}},
        "head": {name: pen["tensors"][name] for name in HEADS["prototypes"]},
        "inks": answered(out, inks),
    }


MAKERS: dict[str, Callable[[Path], dict[str, Any]]] = {"small": small, "letters": letters, "taught": taught}


def taught_examples() -> list[Example]:
    """Two inks of L and T, seven of V, so that some join a prototype that is there."""
    counts = {"L": 2, "T": 2, "V": 7}
    pairs = [(label, seed) for label in TAUGHT for seed in range(counts[label])]
    return [
        Example(number, label, points_of(hand(label, seed, 150)))
        for number, (label, seed) in enumerate(pairs)
    ]


def small_pen(path: Path, seed: int = 25) -> dict[str, Any]:
    """A two-layer pen with weights large enough that its answers change; its graph goes to `path`."""
    labels, layers, hidden = ("A", "B", "é"), 2, 8
    spec = ModelSpec(labels, SMALL_RECIPE, layers, hidden, embedding=hidden)
    export_step(seeded_net(len(labels), layers, hidden, 0), spec, path)
    graph, _ = read_model(path)
    chance = np.random.default_rng(seed)
    for each in graph.graph.initializer:
        if each.data_type == onnx.TensorProto.FLOAT:
            weights = chance.normal(0, 1.5, tuple(each.dims)).astype(np.float32)
            each.CopyFrom(numpy_helper.from_array(weights, each.name))
    onnx.save(graph, path)
    pen = pen_document(path)
    pen["metadata"]["versions"] = {}
    return pen


def onnx_of(pen: dict[str, Any], graph: Path, out: Path) -> Path:
    """An ONNX file with the tensors of a pen that is JSON, by a graph of the same shape."""
    model = onnx.load(graph)
    for each in model.graph.initializer:
        if each.name in pen["tensors"]:
            each.CopyFrom(numpy_helper.from_array(decoded(pen["tensors"][each.name]), each.name))
    onnx.save(model, out)
    return out


def decoded(tensor: dict[str, Any]) -> np.ndarray:
    """The numbers of a tensor that is JSON."""
    data = np.frombuffer(b64decode(tensor["data"]), dtype=np.uint8)
    if tensor["type"] == "float24":
        data = np.pad(data.reshape(-1, 3), ((0, 0), (1, 0)))
    return np.frombuffer(data.tobytes(), dtype="<f4").reshape(tensor["shape"])


def model(name: str) -> Path:
    """A model that ships."""
    return shipped_models() / f"{name}.onnx"


def hand(label: str, seed: int, size: float) -> Ink:
    """A sign by the machine's hand, in whole tenths so that it can be written down."""
    return [np.round(stroke[:, :2].astype(float), 1).tolist() for stroke in written(label, seed, size)]


def odd_inks(scale: float) -> dict[str, Ink]:
    """What a recipe may be read wrongly by: a dot, two dots, a pen that stands still, jumps, far points."""
    step = scale / 16
    return {
        "dot": [[[5.0, 5.0]]],
        "two dots": [[[0.0, 0.0]], [[0.0, scale]]],
        "standing still": [[[10.0, 10.0], [10.0, 10.0], [10.0 + scale / 2, 10.0], [10.0 + scale / 2, 10.0]]],
        "jumps": [[[0.0, 0.0], [scale, 0.0], [scale, 40 * scale], [0.0, 0.0]], [[3 * scale, scale]]],
        "far": [[[0.0, 0.0], [step, 0.0]], [[100 * scale, -70 * scale], [101 * scale, -70 * scale]]],
    }


def points_of(ink: Ink) -> tuple[np.ndarray, ...]:
    """Strokes as points of shape (n, 4)."""
    strokes = [np.array(stroke, dtype=np.float32) for stroke in ink]
    return tuple(np.pad(stroke, ((0, 0), (0, 2)), constant_values=0.5) for stroke in strokes)


def xy(strokes: Sequence[np.ndarray]) -> Ink:
    """Strokes as [x, y]."""
    return [np.round(stroke[:, :2].astype(float), 1).tolist() for stroke in strokes]


def answered(path: Path, inks: dict[str, Ink]) -> list[dict[str, Any]]:
    """The steps of each ink, as docs/pen-model.md lists them."""
    session = load_model(path, Choice((CPU,))).session
    return [{"name": name, "strokes": ink, "steps": steps_of(session, ink)} for name, ink in inks.items()]


def steps_of(session: StepSession, ink: Ink) -> list[dict[str, Any]]:
    """The points of one ink that give rows, with the answers to them."""
    predictor = StreamingPredictor(session)
    steps: list[dict[str, Any]] = []

    def take(stroke: int, point: int | None, rows: list[Row]) -> None:
        if not rows:
            return
        predictor.feed(rows, lifted=point is None)
        assert not predictor.fault, predictor.fault
        answer = predictor.prediction
        steps.append(
            {
                "stroke": stroke,
                "point": point,
                "rows": [[rounded(value, 7) for value in row] for row in rows],
                "probabilities": [rounded(each, 6) for each in answer.probabilities.tolist()],
                "progress": rounded(answer.progress, 6),
                "unknown": rounded(answer.unknown, 6),
                "held": answer.held,
                "decided": answer.decided,
            }
        )

    for number, stroke in enumerate(ink):
        for index, (x, y) in enumerate(stroke):
            take(number, index, predictor.advance(x, y))
        take(number, None, predictor.raised())
    return steps


def rounded(value: float, digits: int) -> float | int:
    """A number as short as it can be written."""
    short = round(float(value), digits)
    return int(short) if short == int(short) else short


def text_of(content: dict[str, Any]) -> str:
    """A file's text: one line a key, and one a step."""
    lines: list[str] = []
    for key, value in content.items():
        if key != "inks":
            lines.append(f"{json.dumps(key)}: {_short(value)}")
            continue
        inks: list[str] = []
        for ink in value:
            steps = ",\n".join(map(_short, ink["steps"]))
            head = f'"name": {_short(ink["name"])}, "strokes": {_short(ink["strokes"])}'
            inks.append(f'{{{head}, "steps": [\n{steps}\n]}}')
        lines.append('"inks": [\n' + ",\n".join(inks) + "\n]")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _short(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)
