"""The parts of the ONNX graphs of pen models, node by node; needs no torch.

ONNX's LSTM has time before batch; a step's inputs and outputs have batch before time.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from addon.arrays import Floats
from addon.errors import ModelError
from addon.model.metadata import METADATA_KEY, ModelSpec, spec_from_json, spec_to_json

OPSET = 17
IR_VERSION = 8  # the version of opset 17, which older ONNX Runtimes can read, too


DIRECTION_AXIS = numpy_helper.from_array(np.array([1], dtype=np.int64), "direction_axis")


def described(graph: onnx.GraphProto, spec: ModelSpec) -> onnx.ModelProto:
    """Make a model from a graph and its description."""
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, producer_name="inkloop", ir_version=IR_VERSION, opset_imports=opsets)
    helper.set_model_props(model, {METADATA_KEY: spec_to_json(spec)})
    return model


def tensors(arrays: Mapping[str, Floats]) -> list[onnx.TensorProto]:
    """Convert weights to tensors of a graph."""
    return [numpy_helper.from_array(array, name) for name, array in arrays.items()]


def value(name: str, *shape: str | int) -> onnx.ValueInfoProto:
    """An input or output of float32; a size with a name is free."""
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


def state_values(layers: int, hidden: int, *names: str) -> list[onnx.ValueInfoProto]:
    """The inputs or outputs of the state."""
    return [value(name, layers, "batch", hidden) for name in names]


def trunk_nodes(layers: int, hidden: int, out: str = "embedding") -> list[onnx.NodeProto]:
    """The LSTM layers, from `features` and the previous state to `out` and the next state."""
    each = {name: _names_a_layer(name, layers) for name in ("h", "c", "h_next", "c_next")}
    nodes = [helper.make_node("Transpose", ["features"], ["rows_0"], perm=[1, 0, 2])]
    if layers > 1:
        nodes += [helper.make_node("Split", [name], each[name], axis=0) for name in ("h", "c")]
    for layer, (h, c, h_next, c_next) in enumerate(zip(*each.values(), strict=True)):
        nodes += _lstm_nodes(layer, hidden, (h, c), (h_next, c_next))
    if layers > 1:
        nodes += [helper.make_node("Concat", each[name], [name], axis=0) for name in ("h_next", "c_next")]
    return [*nodes, helper.make_node("Transpose", [f"rows_{layers}"], [out], perm=[1, 0, 2])]


def _names_a_layer(name: str, layers: int) -> list[str]:
    # A single layer uses the state as it is, which saves splitting and joining at every step.
    return [name] if layers == 1 else [f"{name}_{layer}" for layer in range(layers)]


def _lstm_nodes(
    layer: int, hidden: int, before: tuple[str, str], after: tuple[str, str]
) -> list[onnx.NodeProto]:
    weights = [f"lstm_{layer}.{name}" for name in ("W", "R", "B")]
    # The empty name omits the sequence lengths, which are all equal here.
    inputs = [f"rows_{layer}", *weights, "", *before]
    directions = f"directions_{layer}"
    return [
        helper.make_node("LSTM", inputs, [directions, *after], name=f"lstm_{layer}", hidden_size=hidden),
        helper.make_node("Squeeze", [directions, "direction_axis"], [f"rows_{layer + 1}"]),
    ]


def read_model(path: Path) -> tuple[onnx.ModelProto, ModelSpec]:
    """Read a model's graph and description.

    Raises:
        ModelError: It cannot be read, or is not an Inkloop model.
    """
    try:
        model = onnx.load_model_from_string(path.read_bytes())
        described_as = {prop.key: prop.value for prop in model.metadata_props}[METADATA_KEY]
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # protobuf has its own errors for a damaged file
        raise ModelError(f"{path.name} is not an Inkloop model, or truncated; copy it again") from error
    return model, spec_from_json(described_as)
