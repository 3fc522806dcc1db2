"""Guess the description of a model from the shapes of its inputs and outputs."""

from collections.abc import Sequence
from math import isqrt

from addon.errors import ModelError
from addon.inference.graph import Shape, TensorInfo, signatures
from addon.inference.recurrent_state import state_pairs
from addon.model.adaptor import Adaptor, ImageInput, Layout, Output
from addon.model.picture_outputs import output_kind

_CHANNELS = (1, 3)
FREE_SIDE = 224
"""Pixels of a side that a model leaves free: what most classifiers were trained with."""

_SMALLEST = 16  # pixels a side: fewer numbers are probably not a picture


def guessed_adaptor(inputs: tuple[TensorInfo, ...], outputs: tuple[TensorInfo, ...]) -> Adaptor:
    """Guess the description of an image model.

    Args:
        inputs: The graph's inputs.
        outputs: The graph's outputs.

    Raises:
        ModelError: None of its inputs can be a picture, or it is recurrent.
    """
    if state_pairs(signatures(inputs), signatures(outputs)):
        raise ModelError("it is a recurrent model, not an image model; use it with Model")
    for info in inputs:
        layout = _layout(info.shape)
        if layout is not None:
            gray = info.shape[_channel_axis(layout)] == 1
            sides = [info.shape[layout.index(axis)] for axis in "HW"]
            fixed = all(isinstance(side, int) and side > 0 for side in sides)
            size = None if fixed else (FREE_SIDE, FREE_SIDE)
            fed = ImageInput(info.name, layout=layout, color="gray" if gray else "RGB", size=size)
            return Adaptor(fed, guessed_outputs(outputs, layout))
    for info in inputs:
        square = unflattened(info.shape)
        if square is not None:
            fed = ImageInput(info.name, color="gray" if square[1] == 1 else "RGB")
            return Adaptor(fed, guessed_outputs(outputs, "NCHW"))
    shapes = ", ".join(f"{info.name} {list(info.shape)}" for info in inputs[:8])
    raise ModelError(
        f"none of its inputs is a picture ({shapes or 'it has none'}); feed it arrays with Model, or inspect "
        "it with inkloop doctor"
    )


def guessed_outputs(
    outputs: Sequence[TensorInfo], layout: Layout, picture: tuple[int, int] | None = None
) -> tuple[Output, ...]:
    """Guess the outputs of a model: the first row of scores is its classes.

    Args:
        outputs: The outputs, with their sizes in an answer if it is known.
        layout: Layout of its input.
        picture: Height and width of the picture that it answered; None if it is not known.
    """
    made: list[Output] = []
    for info in outputs:
        # A free size is no side of a map, but may be a batch.
        sizes = [size if isinstance(size, int) else 0 for size in info.shape]
        kind = output_kind(info.name, sizes, info.dtype, picture or (0, 0), layout)
        if kind == "classes" and any(each.kind == "classes" for each in made):
            kind = "features"
        made.append(Output(info.name, kind, layout=layout))
    return tuple(made)


def unflattened(shape: Shape, channels: int | None = None) -> tuple[int | str | None, int, int, int] | None:
    """The shape of the square picture that an input [batch, numbers] takes flattened; None if there is none.

    Args:
        shape: Shape of the input.
        channels: 1 or 3; None for the one that makes a square.
    """
    if len(shape) != 2 or not isinstance(shape[1], int):
        return None
    for each in (1, 3) if channels is None else (channels,):
        side = isqrt(shape[1] // each)
        if side >= _SMALLEST and each * side * side == shape[1]:
            return shape[0], each, side, side
    return None


def _layout(shape: Shape) -> Layout | None:
    layouts: dict[int, tuple[Layout, Layout]] = {4: ("NCHW", "NHWC"), 3: ("CHW", "HWC")}
    for layout in layouts.get(len(shape), ()):
        if shape[_channel_axis(layout)] in _CHANNELS:
            return layout
    return None


def _channel_axis(layout: Layout) -> int:
    return layout.index("C")
