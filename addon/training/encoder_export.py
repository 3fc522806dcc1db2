"""Export a pretrained encoder to an ONNX file with its description.

features ─ Transpose ─ LSTM ─ … ─ LSTM ─ Transpose ─ MatMul ─ embedding
                        h, c ─ … ─ h_next, c_next
"""

from dataclasses import replace
from pathlib import Path

import onnx
import torch
from onnx import helper

from addon.arrays import Floats
from addon.features.recipe import COLUMNS, FeatureRecipe
from addon.fewshot.scoring import Scoring
from addon.model.metadata import ModelSpec
from addon.training.encoder import EncoderNet
from addon.training.export_check import Arrays, versions, write_checked
from addon.training.graph import array_of, lstm_weights
from addon.training.nodes import DIRECTION_AXIS, described, state_values, tensors, trunk_nodes, value


def export_encoder(net: EncoderNet, spec: ModelSpec, path: Path) -> ModelSpec:
    """Write an encoder as an ONNX model of one step, checked like every export.

    Args:
        net: The trained encoder, on the CPU.
        spec: From `encoder_spec` or `spec_read`.
        path: The file to write or to replace; its folder exists.

    Returns:
        The spec as written, with the versions filled in.

    Raises:
        ModelError: ONNX Runtime's answers differ from torch's; an existing file is unchanged.
        OSError: The file cannot be written; an existing file is unchanged.
    """
    written = replace(spec, versions=versions())
    net.eval()
    write_checked(encoder_model(net, written), written, lambda inputs: _torch_answer(net, inputs), path)
    return written


def spec_read(net: EncoderNet, spacing: float, scoring: Scoring) -> ModelSpec:
    """The description of an encoder; its scale is nominal, since the taught inks decide it.

    Args:
        net: The encoder.
        spacing: Distance between two rows, in scales.
        scoring: The scoring of the network's own embeddings, its projection's bias included.
    """
    # Distances do not depend on the origin, so the projection's bias is moved into the background.
    moved = replace(scoring, background=scoring.background - array_of(net.project.bias))
    return ModelSpec((), FeatureRecipe(1.0, spacing), net.layers, net.hidden, net.size, scoring=moved)


def background_of(net: EncoderNet) -> tuple[Floats, Floats]:
    """The background's vectors and their bias, for a `Scoring`."""
    return array_of(net.background), array_of(net.background_bias)


def encoder_model(net: EncoderNet, spec: ModelSpec) -> onnx.ModelProto:
    """Build the model of one step, with its description."""
    shape = net.layers, net.hidden
    project = helper.make_node("MatMul", ["hidden", "project.W"], ["embedding"])
    graph = helper.make_graph(
        [*trunk_nodes(*shape, out="hidden"), project],
        "inkloop_encoder",
        [value("features", "batch", "time", len(COLUMNS)), *state_values(*shape, "h", "c")],
        [value("embedding", "batch", "time", net.size), *state_values(*shape, "h_next", "c_next")],
        initializer=[
            DIRECTION_AXIS,
            *tensors({**lstm_weights(net.lstm), "project.W": array_of(net.project.weight).T}),
        ],
    )
    return described(graph, spec)


def _torch_answer(net: EncoderNet, inputs: Arrays) -> Arrays:
    rows, h, c = map(torch.as_tensor, inputs)
    with torch.no_grad():
        hidden, (h_next, c_next) = net.lstm(rows.transpose(0, 1), (h, c))
        embedding = hidden.transpose(0, 1) @ net.project.weight.T
    return [embedding.numpy(), h_next.numpy(), c_next.numpy()]
