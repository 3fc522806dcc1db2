"""Who would take a model file that is not Inkloop's own, and what has to be written for it."""

from pathlib import Path

from addon.inference.graph import GraphSession, Shape, TensorInfo, signatures
from addon.inference.recurrent_state import state_pairs
from addon.inference.stroke_guess import guess_strokes
from addon.model.adaptor import Adaptor
from addon.text import quoted


def who_takes(path: Path, graph: GraphSession, adaptor: Adaptor | None) -> str:
    """One line about a model without a description of an ink: what it may be, and what to do."""
    toml = f"{path.stem}.toml"
    if adaptor is not None:
        return (
            f'{toml} describes no ink (is = "{adaptor.input.kind}"), so this is no model for a recogniser; '
            'write is = "ink" or is = "ink image" under [input] if it reads strokes'
        )
    inputs = fed_inputs(graph)
    shapes = ", ".join(f"{quoted(info.name)} {_shown(info.shape)}" for info in inputs[:2]) or "none"
    what = f"it is none of Inkloop's pen models, and no {toml} describes it (it takes {shapes})"
    guess = guess_strokes(signatures(graph.inputs), signatures(graph.outputs))
    if guess is not None:
        kind = "ink" if guess.columns else "ink image"
        return (
            f'{what}; if it reads strokes, write {toml} with [input] is = "{kind}" as in docs/own-models.md; '
            "inkloop doctor --adaptor drafts it"
        )
    if any(len(info.shape) == 4 for info in inputs):
        return f"{what}; it seems to take pictures: use ImageClassifier, or inkloop doctor to see more"
    return f"{what}; use Model to run it on arrays, or inkloop doctor to see more"


def fed_inputs(graph: GraphSession) -> list[TensorInfo]:
    """The inputs that are no recurrent state."""
    states = dict(state_pairs(signatures(graph.inputs), signatures(graph.outputs)))
    return [info for info in graph.inputs if info.name not in states]


def _shown(shape: Shape) -> str:
    return "×".join(str(size) if isinstance(size, int) else "any" for size in shape) or "a number"
