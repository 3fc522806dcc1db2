"""The ONNX graph of a `StepNet`, node by node.

    features ─ Transpose ─ LSTM ─ … ─ LSTM ─ Transpose ─┬─ embedding
                            h, c ─ … ─ h_next, c_next   ├─ MatMul, Add ─ scores
                                                        └─ MatMul, Add, Sigmoid ─ progress

ONNX's LSTM wants time before batch; the step's own inputs and outputs have batch before time.
"""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import Tensor, nn

from addon.features import COLUMNS
from addon.spec import METADATA_KEY, ModelSpec, spec_to_json
from addon.training.nets import StepNet

OPSET = 17
IR_VERSION = 8  # the one that came with opset 17, so that older ONNX Runtimes read it too

Floats: TypeAlias = NDArray[np.float32]

DIRECTION_AXIS = numpy_helper.from_array(np.array([1], dtype=np.int64), "direction_axis")


def step_model(net: StepNet, spec: ModelSpec) -> onnx.ModelProto:
    """Build the model of one step, its description inside.

    Args:
        net: The trained network.
        spec: What the file says about itself; its numbers must be those of `net`.
    """
    graph = helper.make_graph(
        [*trunk_nodes(net.layers, net.hidden), *_head_nodes()],
        "inkloop_step",
        [value("features", "batch", "time", len(COLUMNS)), *state_values(net.layers, net.hidden, "h", "c")],
        [
            value("embedding", "batch", "time", net.hidden),
            *state_values(net.layers, net.hidden, "h_next", "c_next"),
            value("scores", "batch", "time", net.classes),
            value("progress", "batch", "time", 1),
        ],
        initializer=[DIRECTION_AXIS, *tensors(_weights(net))],
    )
    return described(graph, spec)


def described(graph: onnx.GraphProto, spec: ModelSpec) -> onnx.ModelProto:
    """A model of a graph, its description inside."""
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, producer_name="inkloop", ir_version=IR_VERSION, opset_imports=opsets)
    helper.set_model_props(model, {METADATA_KEY: spec_to_json(spec)})
    return model


def tensors(arrays: Mapping[str, Floats]) -> list[onnx.TensorProto]:
    """Weights by name, as they go into a graph."""
    return [numpy_helper.from_array(array, name) for name, array in arrays.items()]


def value(name: str, *shape: str | int) -> onnx.ValueInfoProto:
    """An input or output of float32; a size with a name is free."""
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


def state_values(layers: int, hidden: int, *names: str) -> list[onnx.ValueInfoProto]:
    """Inputs or outputs that are a part of the state."""
    return [value(name, layers, "batch", hidden) for name in names]


def trunk_nodes(layers: int, hidden: int, out: str = "embedding") -> list[onnx.NodeProto]:
    """The LSTM layers, from `features` and the state before to `out` and the state after."""
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
    # One layer takes the state as it comes, and spares a step the splitting and joining.
    return [name] if layers == 1 else [f"{name}_{layer}" for layer in range(layers)]


def _lstm_nodes(
    layer: int, hidden: int, before: tuple[str, str], after: tuple[str, str]
) -> list[onnx.NodeProto]:
    weights = [f"lstm_{layer}.{name}" for name in ("W", "R", "B")]
    # The empty name leaves out the lengths of the sequences, which are all alike here.
    inputs = [f"rows_{layer}", *weights, "", *before]
    directions = f"directions_{layer}"
    return [
        helper.make_node("LSTM", inputs, [directions, *after], name=f"lstm_{layer}", hidden_size=hidden),
        helper.make_node("Squeeze", [directions, "direction_axis"], [f"rows_{layer + 1}"]),
    ]


def _head_nodes() -> list[onnx.NodeProto]:
    return [
        helper.make_node("MatMul", ["embedding", "score_head.W"], ["score_product"]),
        helper.make_node("Add", ["score_product", "score_head.B"], ["scores"]),
        helper.make_node("MatMul", ["embedding", "progress_head.W"], ["progress_product"]),
        helper.make_node("Add", ["progress_product", "progress_head.B"], ["progress_score"]),
        helper.make_node("Sigmoid", ["progress_score"], ["progress"]),
    ]


def _weights(net: StepNet) -> dict[str, Floats]:
    arrays = lstm_weights(net.lstm)
    for name, head in (("score_head", net.score_head), ("progress_head", net.progress_head)):
        arrays |= {f"{name}.W": array_of(head.weight).T, f"{name}.B": array_of(head.bias)}
    return arrays


def lstm_weights(lstm: nn.LSTM) -> dict[str, Floats]:
    """The weights of all layers, named as in `trunk_nodes` and ordered as ONNX wants them."""
    return {
        name: array for layer in range(lstm.num_layers) for name, array in _layer_weights(lstm, layer).items()
    }


def _layer_weights(lstm: nn.LSTM, layer: int) -> dict[str, Floats]:
    parts = {part: array_of(getattr(lstm, f"{part}_l{layer}")) for part in _TORCH_PARTS}
    gates = {part: _onnx_gate_order(array, lstm.hidden_size) for part, array in parts.items()}
    bias = np.concatenate([gates["bias_ih"], gates["bias_hh"]])
    named = {"W": gates["weight_ih"], "R": gates["weight_hh"], "B": bias}
    # The leading axis counts directions: there is one, forward.
    return {f"lstm_{layer}.{name}": array[np.newaxis] for name, array in named.items()}


_TORCH_PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _onnx_gate_order(array: Floats, hidden: int) -> Floats:
    """Torch stacks the gates as input, forget, cell, output; ONNX as input, output, forget, cell."""
    entry, forget, cell, output = array.reshape(4, hidden, *array.shape[1:])
    return np.concatenate([entry, output, forget, cell])


def array_of(tensor: Tensor) -> Floats:
    """A tensor's numbers as float32, on the CPU."""
    return np.ascontiguousarray(tensor.detach().cpu().numpy(), dtype=np.float32)
