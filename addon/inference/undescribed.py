"""Who would take a model file that is not Inkloop's own, and what has to be written for it."""

from pathlib import Path

from addon.inference.graph import GraphSession, Shape, TensorInfo, signatures
from addon.inference.recurrent_state import state_pairs
from addon.model.adaptor import Adaptor
from addon.text import quoted

MOST_COLUMNS = 16
"""Columns of an ink; a longer last axis is probably something else."""

LARGEST_IMAGE = 128
"""Pixels a side of a picture of one ink; larger ones are probably photographs."""


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
    columns = next((info for info in inputs if columns_axis(info.shape) is not None), None)
    image = next((info for info in inputs if is_small_image(info.shape)), None)
    what = f"it is none of Inkloop's pen models, and no {toml} describes it (it takes {shapes})"
    if columns is not None or image is not None:
        kind = "ink" if columns is not None else "ink image"
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


def columns_axis(shape: Shape) -> int | None:
    """The axis of an input that may be the columns of an ink; None if it takes no rows."""
    if len(shape) not in (2, 3):
        return None
    for axis in (len(shape) - 1, len(shape) - 2):
        size = shape[axis]
        if isinstance(size, int) and 2 <= size <= MOST_COLUMNS:
            return axis
    # An ink in one axis, column after column or row after row: an even number of values.
    last = shape[-1]
    return (
        len(shape) - 1 if len(shape) == 2 and isinstance(last, int) and last % 2 == 0 and last < 600 else None
    )


def is_small_image(shape: Shape) -> bool:
    """Whether an input may be a small gray picture of one ink."""
    if len(shape) == 2 and isinstance(shape[1], int):
        side = round(shape[1] ** 0.5)
        return side * side == shape[1] and 16 <= side <= LARGEST_IMAGE
    if len(shape) not in (3, 4):
        return False
    sizes = [size for size in shape[-3:] if isinstance(size, int)]
    if len(sizes) != 3:
        return False
    sides = sizes[1:] if sizes[0] == 1 else sizes[:2] if sizes[2] == 1 else []
    return bool(sides) and all(16 <= side <= LARGEST_IMAGE for side in sides)


def _shown(shape: Shape) -> str:
    return "×".join(str(size) if isinstance(size, int) else "any" for size in shape) or "a number"
