"""The ONNX graph of a `StepNet`, node by node.

    features ─ Transpose ─ LSTM ─ … ─ LSTM ─ Transpose ─┬─ embedding
                            h, c ─ … ─ h_next, c_next   ├─ MatMul, Add ─ scores
                                                        └─ MatMul, Add, Sigmoid ─ progress

ONNX's LSTM wants time before batch; the step's own inputs and outputs have batch before time.
"""

from typing import TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import Tensor

from addon.features import COLUMNS
from addon.spec import METADATA_KEY, ModelSpec, spec_to_json
from addon.training.nets import StepNet

OPSET = 17
IR_VERSION = 8  # the one that came with opset 17, so that older ONNX Runtimes read it too

Floats: TypeAlias = NDArray[np.float32]


def step_model(net: StepNet, spec: ModelSpec) -> onnx.ModelProto:
    """Build the model of one step, its description inside.

    Args:
        net: The trained network.
        spec: What the file says about itself; its numbers must be those of `net`.
    """
    graph = helper.make_graph(
        [*_trunk_nodes(net.layers, net.hidden), *_head_nodes()],
        "inkloop_step",
        [_value("features", "batch", "time", len(COLUMNS)), *_state_values(net, "h", "c")],
        [
            _value("embedding", "batch", "time", net.hidden),
            *_state_values(net, "h_next", "c_next"),
            _value("scores", "batch", "time", net.classes),
            _value("progress", "batch", "time", 1),
        ],
        initializer=_weights(net),
    )
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, producer_name="inkloop", ir_version=IR_VERSION, opset_imports=opsets)
    helper.set_model_props(model, {METADATA_KEY: spec_to_json(spec)})
    return model


def _value(name: str, *shape: str | int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


def _state_values(net: StepNet, *names: str) -> list[onnx.ValueInfoProto]:
    return [_value(name, net.layers, "batch", net.hidden) for name in names]


def _trunk_nodes(layers: int, hidden: int) -> list[onnx.NodeProto]:
    each = {name: _names_a_layer(name, layers) for name in ("h", "c", "h_next", "c_next")}
    nodes = [helper.make_node("Transpose", ["features"], ["rows_0"], perm=[1, 0, 2])]
    if layers > 1:
        nodes += [helper.make_node("Split", [name], each[name], axis=0) for name in ("h", "c")]
    for layer, (h, c, h_next, c_next) in enumerate(zip(*each.values(), strict=True)):
        nodes += _lstm_nodes(layer, hidden, (h, c), (h_next, c_next))
    if layers > 1:
        nodes += [helper.make_node("Concat", each[name], [name], axis=0) for name in ("h_next", "c_next")]
    return [*nodes, helper.make_node("Transpose", [f"rows_{layers}"], ["embedding"], perm=[1, 0, 2])]


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


def _weights(net: StepNet) -> list[onnx.TensorProto]:
    arrays: dict[str, Floats] = {}
    for layer in range(net.layers):
        arrays |= _lstm_weights(net, layer)
    for name, head in (("score_head", net.score_head), ("progress_head", net.progress_head)):
        arrays |= {f"{name}.W": _array(head.weight).T, f"{name}.B": _array(head.bias)}
    axis = numpy_helper.from_array(np.array([1], dtype=np.int64), "direction_axis")
    return [axis, *(numpy_helper.from_array(array, name) for name, array in arrays.items())]


def _lstm_weights(net: StepNet, layer: int) -> dict[str, Floats]:
    parts = {part: _array(getattr(net.lstm, f"{part}_l{layer}")) for part in _TORCH_PARTS}
    gates = {part: _onnx_gate_order(array, net.hidden) for part, array in parts.items()}
    bias = np.concatenate([gates["bias_ih"], gates["bias_hh"]])
    named = {"W": gates["weight_ih"], "R": gates["weight_hh"], "B": bias}
    # The leading axis counts directions: there is one, forward.
    return {f"lstm_{layer}.{name}": array[np.newaxis] for name, array in named.items()}


_TORCH_PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _onnx_gate_order(array: Floats, hidden: int) -> Floats:
    """Torch stacks the gates as input, forget, cell, output; ONNX as input, output, forget, cell."""
    entry, forget, cell, output = array.reshape(4, hidden, *array.shape[1:])
    return np.concatenate([entry, output, forget, cell])


def _array(tensor: Tensor) -> Floats:
    return np.ascontiguousarray(tensor.detach().numpy(), dtype=np.float32)
