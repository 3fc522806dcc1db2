"""Load a base encoder's ONNX file as a torch network, to train it further."""

from pathlib import Path

import numpy as np
import torch
from onnx import numpy_helper

from addon.arrays import Floats
from addon.errors import ModelError
from addon.model.metadata import ModelSpec
from addon.training.encoder import EncoderNet
from addon.training.nodes import read_model


def read_encoder(path: Path) -> tuple[EncoderNet, ModelSpec]:
    """Read the network, with its projection's bias moved into the background, and its description.

    Raises:
        ModelError: It cannot be read, or is not a base encoder.
    """
    model, spec = read_model(path)
    if spec.scoring is None:
        raise ModelError(f"{path.name} is not a base encoder; it has fixed classes and cannot learn others")
    arrays = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    net = EncoderNet(spec.layers, spec.hidden, spec.embedding, len(spec.scoring.background))
    weights = _lstm_weights(arrays, spec.layers, spec.hidden)
    weights |= {"project.weight": arrays["project.W"].T, "project.bias": np.zeros(spec.embedding)}
    weights |= {"background": spec.scoring.background, "background_bias": spec.scoring.background_bias}
    net.load_state_dict({name: torch.tensor(np.array(array)) for name, array in weights.items()})
    return net, spec


def _lstm_weights(arrays: dict[str, Floats], layers: int, hidden: int) -> dict[str, Floats]:
    weights: dict[str, Floats] = {}
    for layer in range(layers):
        entry, again, bias = (arrays[f"lstm_{layer}.{name}"][0] for name in ("W", "R", "B"))
        parts = {"weight_ih": entry, "weight_hh": again}
        parts |= dict(zip(("bias_ih", "bias_hh"), np.split(bias, 2), strict=True))
        weights |= {f"lstm.{part}_l{layer}": _torch_gate_order(each, hidden) for part, each in parts.items()}
    return weights


def _torch_gate_order(array: Floats, hidden: int) -> Floats:
    """ONNX stacks the gates as input, output, forget, cell; torch as input, forget, cell, output."""
    entry, output, forget, cell = array.reshape(4, hidden, *array.shape[1:])
    return np.concatenate([entry, forget, cell, output])
