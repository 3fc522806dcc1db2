"""Small base encoders for tests: random weights, exported as the trained one is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import helper

from addon.features.recipe import FeatureRecipe
from addon.fewshot.scoring import Scoring
from addon.inference import loaded_model
from addon.model.metadata import ModelSpec
from addon.training.encoder import EncoderNet
from addon.training.encoder_export import (
    background_of,
    encoder_model,
    export_encoder,
    spec_read,
)
from addon.training.nodes import described, tensors, value

SMALL = {"layers": 2, "hidden": 32, "embedding": 16, "background": 4}


@contextmanager
def inline_steps() -> Iterator[None]:
    """Have steps run on the calling thread, however slow a busy machine makes them look."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loaded_model, "INLINE_BELOW_US", float("inf"))
        yield


def encoder_spec(net: EncoderNet, spacing: float, levels: int) -> ModelSpec:
    """The description of an encoder with the simplest scoring."""
    return spec_read(net, spacing, Scoring(levels, *background_of(net)))


def make_encoder(path: Path, seed: int = 3) -> Path:
    """Export an encoder to `path`; the same seed gives the same weights."""
    net = _net(seed)
    export_encoder(net, encoder_spec(net, spacing=1 / 12, levels=8), path)
    return path


def make_weighed_encoder(path: Path, seed: int = 3) -> Path:
    """The same, read as the one that ships: at many levels that count less and stand for other progress."""
    net = _net(seed)
    detected = np.append(np.linspace(0.0, 0.9, 16), 1.0).astype(np.float32)
    scoring = Scoring(16, *background_of(net), inner=0.5, detected=detected)
    export_encoder(net, spec_read(net, 1 / 12, scoring), path)
    return path


def make_knowing_encoder(
    path: Path, labels: tuple[str, ...] = ("A", "B", "C"), unknown: bool = True, seed: int = 3
) -> ModelSpec:
    """Write an encoder that has classes of its own, too, of random weights; its scale is 200."""
    net = _net(seed)
    bare = encoder_spec(net, spacing=1 / 12, levels=8)
    spec = replace(bare, labels=labels, unknown=unknown, recipe=FeatureRecipe(200.0, 1 / 12))
    graph = encoder_model(net, bare).graph
    sizes = {"scores": len(labels), "progress": 1, "unknown": 1}
    chance = np.random.default_rng(seed)
    for name in spec.outputs[3:]:
        weights = chance.normal(0, 0.05, (net.size, sizes[name])).astype(np.float32)
        graph.initializer.extend(tensors({f"{name}.W": weights}))
        product = f"{name}_score" if name == "progress" else name
        graph.node.append(helper.make_node("MatMul", ["embedding", f"{name}.W"], [product]))
        if name == "progress":
            graph.node.append(helper.make_node("Sigmoid", [product], [name]))
        graph.output.append(value(name, "batch", "time", sizes[name]))
    onnx.save(described(graph, spec), path)
    return spec


def _net(seed: int) -> EncoderNet:
    torch.manual_seed(seed)
    net = EncoderNet(**SMALL)
    # Far enough apart that a sign which was taught is told from another.
    torch.nn.init.orthogonal_(net.project.weight, gain=60.0)
    return net
