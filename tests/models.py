"""Small real models for tests: untrained networks, exported as the trained ones are."""

from pathlib import Path

from addon.features.recipe import FeatureRecipe
from addon.model.metadata import ModelSpec
from addon.training.graph import export_step
from addon.training.nets import seeded_net


def make_model(
    path: Path,
    labels: tuple[str, ...] = ("A", "B", "C", "D"),
    layers: int = 1,
    hidden: int = 64,
    seed: int = 0,
    scale: float = 200.0,
) -> ModelSpec:
    """Export a network of random weights to `path`; the same seed gives the same weights."""
    net = seeded_net(len(labels), layers, hidden, seed)
    spec = ModelSpec(labels, FeatureRecipe(scale), layers, hidden, embedding=hidden)
    return export_step(net, spec, path)
