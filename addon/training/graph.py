"""The ONNX graph of a `StepNet`, node by node.

features ─ Transpose ─ LSTM ─ … ─ LSTM ─ Transpose ─┬─ embedding
h, c ─ … ─ h_next, c_next   ├─ MatMul, Add ─ scores
└─ MatMul, Add, Sigmoid ─ progress
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper
from torch import Tensor, nn

from addon.arrays import Floats
from addon.features.recipe import COLUMNS
from addon.model.metadata import ModelSpec
from addon.training.export_check import Arrays, versions, write_checked
from addon.training.nets import StepNet
from addon.training.nodes import DIRECTION_AXIS, described, state_values, tensors, trunk_nodes, value


def step_model(net: StepNet, spec: ModelSpec) -> onnx.ModelProto:
    """Build the model of one step, with its description.

    Args:
        net: The trained network.
        spec: The description; its numbers must be those of `net`.
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
    """The weights of all layers, named as in `trunk_nodes`, with gates in ONNX's order."""
    return {
        name: array for layer in range(lstm.num_layers) for name, array in _layer_weights(lstm, layer).items()
    }


def _layer_weights(lstm: nn.LSTM, layer: int) -> dict[str, Floats]:
    parts = {part: array_of(getattr(lstm, f"{part}_l{layer}")) for part in _TORCH_PARTS}
    gates = {part: _onnx_gate_order(array, lstm.hidden_size) for part, array in parts.items()}
    bias = np.concatenate([gates["bias_ih"], gates["bias_hh"]])
    named = {"W": gates["weight_ih"], "R": gates["weight_hh"], "B": bias}
    # The leading axis is the direction: there is only forward.
    return {f"lstm_{layer}.{name}": array[np.newaxis] for name, array in named.items()}


_TORCH_PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _onnx_gate_order(array: Floats, hidden: int) -> Floats:
    """Torch stacks the gates as input, forget, cell, output; ONNX as input, output, forget, cell."""
    entry, forget, cell, output = array.reshape(4, hidden, *array.shape[1:])
    return np.concatenate([entry, output, forget, cell])


def array_of(tensor: Tensor) -> Floats:
    """Convert a tensor to a float32 array."""
    return np.ascontiguousarray(tensor.detach().cpu().numpy(), dtype=np.float32)


def export_step(net: StepNet, spec: ModelSpec, path: Path) -> ModelSpec:
    """Write a network as an ONNX model of one step.

    The file at `path` is only replaced if ONNX Runtime's answers equal torch's to 1e-5.

    Args:
        net: The trained network, on the CPU.
        spec: The description for the file.
        path: The file to write or to replace; its folder exists.

    Returns:
        The spec as written, with the versions filled in.

    Raises:
        ValueError: `spec` has other numbers than `net`.
        ModelError: ONNX Runtime's answers differ from torch's; an existing file is unchanged.
        OSError: The file cannot be written; an existing file is unchanged.
    """
    _check_fit(net, spec)
    written = replace(spec, versions=versions())
    write_checked(step_model(net, written), written, partial(_torch_answer, net), path)
    return written


def _check_fit(net: StepNet, spec: ModelSpec) -> None:
    has = (net.classes, net.layers, net.hidden, net.hidden)
    says = (len(spec.labels), spec.layers, spec.hidden, spec.embedding)
    if has != says:
        raise ValueError(f"the spec's classes, layers, hidden, embedding are {says}; the network's are {has}")


def _torch_answer(net: StepNet, inputs: Arrays) -> Arrays:
    with torch.no_grad():
        return [tensor.numpy() for tensor in net(*map(torch.as_tensor, inputs))]
