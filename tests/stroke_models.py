"""Small stroke models as other people make them, built by onnx itself, and inks for them."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.onnx_files import Size, model, saved, value, weight

DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
"""Where a straight stroke leads; y grows downward."""

DESCRIBED = """[input]
is = "ink"
columns = [{is = "dx", factor = 20}, {is = "dy", factor = 20}, "pen up"]
points = 20

[output]
is = "classes"
labels = ["left", "right", "up", "down", "still"]
"""


def sums(
    path: Path,
    shape: tuple[Size, ...] = (1, 20, 3),
    last: str = "Identity",
    output: str = "logits",
    metadata: dict[str, str] | None = None,
) -> Path:
    """Says where a stroke leads: `DIRECTIONS`, or "still" for a sum below 5 or for many pen-ups."""
    table = np.array([[-1, 1, 0, 0, 0], [0, 0, -1, 1, 0], [0, 0, 0, 0, 10]], np.float32)
    nodes = [
        helper.make_node("ReduceSum", ["strokes", "time"], ["sum"], keepdims=0),
        helper.make_node("MatMul", ["sum", "W"], ["product"]),
        helper.make_node("Add", ["product", "b"], ["scores"]),
        helper.make_node(last, ["scores"], [output]),
    ]
    weights = [
        weight("time", np.array([1], np.int64)),
        weight("W", table),
        weight("b", np.array([0, 0, 0, 0, -5], np.float32)),
    ]
    made = model(nodes, [value("strokes", shape)], [value(output, [shape[0], 5])], weights)
    return saved(path, _with_metadata(made, metadata or {}))


def flat(path: Path) -> Path:
    """Scores of 64 numbers in one axis, and a label, as scikit-learn's models are exported."""
    nodes = [
        helper.make_node("MatMul", ["X", "W"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"]),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
    ]
    weights = [weight("W", np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32))]
    outputs = [value("label", [None], TensorProto.INT64), value("probabilities", [None, 4])]
    return saved(path, model(nodes, [value("X", [None, 64])], outputs, weights))


def step(path: Path) -> Path:
    """One row at a time: h_next = tanh(x W + h), scores of 4 classes from it."""
    random = np.random.default_rng(0)
    nodes = [
        helper.make_node("MatMul", ["x", "W"], ["fed"]),
        helper.make_node("Add", ["fed", "h"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["hn"]),
        helper.make_node("MatMul", ["hn", "V"], ["logits"]),
    ]
    weights = [
        weight("W", random.normal(size=(3, 8)).astype(np.float32)),
        weight("V", random.normal(size=(8, 4)).astype(np.float32)),
    ]
    inputs = [value("x", [1, 1, 3]), value("h", [1, 1, 8])]
    outputs = [value("logits", [1, 1, 4]), value("hn", [1, 1, 8])]
    return saved(path, model(nodes, inputs, outputs, weights))


def image(path: Path, side: int = 28, embedding: bool = False) -> Path:
    """Scores of a small gray picture, or an embedding of it."""
    output = "embedding" if embedding else "logits"
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("MatMul", ["flat", "W"], [output]),
    ]
    weights = [weight("W", np.random.default_rng(0).normal(size=(side * side, 4)).astype(np.float32))]
    fed = value("image", ["batch", 1, side, side])
    return saved(path, model(nodes, [fed], [value(output, ["batch", 4])], weights))


def text(path: Path, frozen: bool = False) -> Path:
    """Scores of four characters and the blank at each row; `frozen` fails unless there are 100 rows."""
    nodes = [
        helper.make_node("MatMul", ["strokes", "W"], ["scores"]),
        helper.make_node("LogSoftmax", ["scores"], ["log_probs" if not frozen else "all"], axis=2),
    ]
    weights = [weight("W", np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32))]
    if frozen:
        nodes.append(helper.make_node("Reshape", ["all", "size"], ["log_probs"]))
        weights.append(weight("size", np.array([1, 100, 5], np.int64)))
    rows = 100 if frozen else "time"
    return saved(
        path, model(nodes, [value("strokes", [1, "time", 3])], [value("log_probs", [1, rows, 5])], weights)
    )


def straight(label: str, seed: int = 0) -> list[np.ndarray]:
    """An ink of one straight stroke, shape (12, 4), in pixels and seconds."""
    random = np.random.default_rng(seed)
    way = np.linspace(0.0, 100.0, 12)[:, None] * np.array(DIRECTIONS[label], np.float64)
    points = 200 + way + random.normal(0, 1, (12, 2))
    return [np.column_stack([points, np.arange(12) / 100, np.full(12, 0.5)]).astype(np.float32)]


def _with_metadata(made: onnx.ModelProto, metadata: dict[str, str]) -> onnx.ModelProto:
    helper.set_model_props(made, metadata)
    return made
