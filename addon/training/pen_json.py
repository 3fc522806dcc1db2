"""A pen file as JSON, for readers without an ONNX runtime: metadata and tensors; see docs/pen-model.md.

A reader calculates the step itself, so only graphs that Inkloop writes can become JSON: their tensors' names
say what is calculated.
"""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from addon.arrays import Floats
from addon.errors import ModelError
from addon.model.metadata import ModelSpec, spec_to_json
from addon.training.nodes import read_model

HEADS = {
    "linear": ("score_head.W", "score_head.B", "progress_head.W", "progress_head.B"),
    "two layers": ("between.W", "between.B", "last.W", "last.B"),
    "prototypes": (
        "center",
        "prototypes.W",
        "prototypes.B",
        "background.W",
        "background.B",
        "groups",
        "tiny",
        "threshold",
    ),
}
"""The tensors of each head."""

LSTM = ("W", "R", "B")


def pen_document(path: Path) -> dict[str, Any]:
    """What `docs/pen-model.md` calls the same pen as JSON.

    Raises:
        ModelError: The file cannot be read, has no classes, or its graph is not one that Inkloop writes.
    """
    model, spec = read_model(path)
    return {
        "metadata": json.loads(spec_to_json(spec)),
        "tensors": {
            name: encoded(name, array) for name, array in pen_tensors(path.name, model, spec).items()
        },
    }


def pen_tensors(name: str, model: onnx.ModelProto, spec: ModelSpec) -> dict[str, Floats]:
    """The tensors that a reader needs, by name.

    Args:
        name: Of the file, for the message.
        model: Its graph.
        spec: What it says of itself.

    Raises:
        ModelError: Some are missing or not finite, or there are others.
    """
    if not spec.labels:
        raise ModelError(f"{name} has no classes of its own; export it with a taught set")
    found = {
        each.name: numpy_helper.to_array(each)
        for each in model.graph.initializer
        if each.data_type == onnx.TensorProto.FLOAT
    }
    trunk = {f"lstm_{layer}.{part}" for layer in range(spec.layers) for part in LSTM}
    head = next((names for names in HEADS.values() if set(names) <= set(found)), ())
    unread = set(found) ^ (trunk | set(head) | ({"project.W"} & set(found)))
    if not head or unread:
        which = f"its tensor {min(unread)!r}" if unread else "its head"
        raise ModelError(
            f"{name}: {which} is not in the pen format; only Inkloop's own exports can be written"
        )
    if not all(np.isfinite(array).all() for array in found.values()):
        raise ModelError(f"{name}: some of its weights are not finite; train or export it again")
    return found


def encoded(name: str, array: Floats) -> dict[str, Any]:
    """A tensor as JSON: LSTM weights as float24, all others as float32."""
    flat = np.ascontiguousarray(array, dtype="<f4").ravel()
    if name.startswith("lstm_"):
        # Rounded to the nearest; a carry moves on into the exponent, as it should.
        upper = flat.view("<u4") + np.uint32(0x80)
        kind, data = "float24", upper.astype("<u4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()
    else:
        kind, data = "float32", flat.tobytes()
    return {"shape": list(array.shape), "type": kind, "data": b64encode(data).decode()}
