"""Convert pictures to a model's input and back, as its description says: arrays in, arrays out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from addon.arrays import Array, Floats, Pixels
from addon.errors import ModelError
from addon.model.adaptor import LARGEST_SIDE, Adaptor, ImageInput, Layout, Output
from addon.text import quoted

Shape: TypeAlias = Sequence[int | str | None]
"""Sizes of a tensor; a name or None for a free size."""

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "area": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
# Axis of rows, of columns and of channels.
_AXES: dict[Layout, tuple[int, int, int]] = {
    "NCHW": (2, 3, 1),
    "NHWC": (1, 2, 3),
    "CHW": (1, 2, 0),
    "HWC": (0, 1, 2),
}
FLOATS = (0.0, 1.0)
"""Default values of black and white for inputs and outputs of floats."""
WHOLE = (0.0, 255.0)
"""Default values of black and white for inputs and outputs of whole numbers."""
_FEWEST_STEPS = 3

_LUMA = np.array((0.299, 0.587, 0.114), dtype=np.float32)  # ITU-R BT.601


@dataclass(frozen=True, slots=True)
class Crop:
    """The rectangle of a picture that fills a model's picture; it may be larger than the picture is.

    Attributes:
        left: In pixels, from the picture's left edge.
        top: In pixels, from its top.
        width: In pixels, more than 0.
        height: In pixels, more than 0.
        mirrored: Whether left and right are swapped.
    """

    left: float
    top: float
    width: float
    height: float
    mirrored: bool = False

    def out_of(self, across: float, down: float) -> tuple[float, float]:
        """The point in the picture, in pixels, of a point in the crop, 0..1 across and down."""
        across = 1 - across if self.mirrored else across
        return self.left + across * self.width, self.top + down * self.height


def as_input(image: Pixels, adaptor: Adaptor, shape: Shape) -> Floats:
    """Convert a picture to a model's input.

    Args:
        image: Uint8 of shape (h, w, 3) or (h, w, 4), red first; alpha is ignored.
        adaptor: The model's description.
        shape: Shape of its input in the graph.

    Returns:
        Float32 of the adaptor's layout; the first axis of "NCHW" and "NHWC" counts the crops.

    Raises:
        ModelError: The shape is not a picture's, contradicts the description, or leaves the size open.
        ValueError: The image is not a picture.
    """
    wants, image = adaptor.input, checked_image(image)
    size = picture_size(wants, shape, image.shape[:2])
    return as_batch(image, crops(wants, image.shape[:2], size), wants, size)


def as_batch(image: Pixels, places: Sequence[Crop], wants: ImageInput, size: tuple[int, int]) -> Floats:
    """Convert crops of a picture to one batch, or a single crop if the layout has no batch axis.

    Args:
        image: Uint8 of shape (h, w, 3) or (h, w, 4).
        places: The crops.
        wants: The description of the input.
        size: Height and width of each, in the model's pixels.

    Raises:
        ModelError: There are several crops, and the layout has no batch axis.
    """
    batch = np.stack([normalized(cut_out(image, place, size, wants), wants) for place in places])
    if wants.layout in ("CHW", "NCHW"):
        batch = batch.transpose(0, 3, 1, 2)
    if wants.layout in ("CHW", "HWC"):
        if len(places) > 1:
            raise ModelError(f"{len(places)} crops need a batch; the layout {wants.layout} has none")
        batch = batch[0]
    return np.ascontiguousarray(batch)


def as_picture(values: NDArray[np.generic], output: Output) -> Pixels:
    """Convert a model's output to a picture.

    Args:
        values: In the output's layout, with one channel or three; the first of a batch.
        output: The description of the output.

    Returns:
        Uint8 of shape (h, w, 3).

    Raises:
        ModelError: It has another shape.
    """
    rows = as_rows(values, output.layout)
    if rows.shape[2] not in (1, 3):
        raise ModelError(f"a picture has 1 or 3 channels; the output has {rows.shape[2]}")
    return _pixels(rows, output)


def from_input(values: Floats, wants: ImageInput) -> Pixels:
    """Convert a model's input back to a picture, the inverse of `as_input`.

    Returns:
        Uint8 of shape (h, w, 3).
    """
    rows = as_rows(values, wants.layout)
    return _pixels(rows / np.asarray(wants.scale, np.float32) + np.asarray(wants.mean, np.float32), wants)


def _pixels(rows: Floats, described: ImageInput | Output) -> Pixels:
    low, high = described.span or FLOATS
    share = np.nan_to_num((rows - low) / (high - low))
    rgb = share[:, :, ::-1] if described.color == "BGR" else share
    return np.rint(np.broadcast_to(rgb, (*rgb.shape[:2], 3)).clip(0, 1) * 255).astype(np.uint8)


def as_rows(values: NDArray[np.generic], layout: Layout) -> Floats:
    """Convert to rows, columns, channels: float32 of shape (h, w, c), the first of a batch.

    Raises:
        ModelError: There are too few axes or too many.
    """
    given = np.asarray(values, dtype=np.float32)
    if given.ndim == 2:
        return given[:, :, None]
    if given.ndim == 4 and len(given):
        given = given[0]
    if given.ndim != 3:
        raise ModelError(f"the output has the shape {values.shape}; it must be a picture of layout {layout}")
    return given.transpose(1, 2, 0) if layout in ("NCHW", "CHW") else given


def picture_size(wants: ImageInput, shape: Shape, image: Sequence[int]) -> tuple[int, int]:
    """Height and width of a model's picture.

    Args:
        wants: The description of its input.
        shape: Shape of its input in the graph.
        image: Height and width of the given picture.

    Raises:
        ModelError: The shape is not a picture's, contradicts the description, or leaves the size open.
    """
    if len(shape) != len(wants.layout):
        raise ModelError(f"layout {wants.layout} has {len(wants.layout)} axes; the input has {list(shape)}")
    rows, columns, channels = _AXES[wants.layout]
    if isinstance(shape[channels], int) and shape[channels] != wants.channels:
        raise ModelError(
            f"color {wants.color} has {wants.channels} channels in axis {channels} of layout {wants.layout}; "
            f"the input has {list(shape)}"
        )
    height, width = _free_size(wants, image)
    sizes = [_side(shape[axis], size, shape) for axis, size in ((rows, height), (columns, width))]
    return sizes[0], sizes[1]


def crops(wants: ImageInput, image: Sequence[int], size: tuple[int, int]) -> list[Crop]:
    """The crops of a picture that a model gets.

    Args:
        wants: The description of its input.
        image: Height and width of the picture.
        size: Height and width of the model's picture.
    """
    height, width = image[0], image[1]
    if wants.resize in ("stretch", "keep"):
        return [Crop(0, 0, width, height)]
    ratio = size[1] / size[0]
    if wants.resize == "fit":
        wide, tall = max(width, height * ratio), max(height, width / ratio)
        return [Crop((width - wide) / 2, (height - tall) / 2, wide, tall)]
    wide, tall = wants.share * min(width, height * ratio), wants.share * min(height, width / ratio)
    middle = Crop((width - wide) / 2, (height - tall) / 2, wide, tall)
    if wants.resize == "crop":
        return [middle]
    corners = [Crop(left, top, wide, tall) for top in (0, height - tall) for left in (0, width - wide)]
    plain = [*corners, middle]
    return plain + [Crop(each.left, each.top, wide, tall, mirrored=True) for each in plain]


def cut_out(image: Pixels, place: Crop, size: tuple[int, int], wants: ImageInput) -> Pixels:
    """Cut out one crop in the model's size: uint8 of shape (h, w, 3); outside the picture is the margin."""
    height, width = image.shape[:2]
    picture = Image.fromarray(np.ascontiguousarray(image[:, :, :3]))
    across, down = size[1] / place.width, size[0] / place.height
    inner = (max(place.left, 0), max(place.top, 0))
    outer = (min(place.left + place.width, width), min(place.top + place.height, height))
    left, top = round((inner[0] - place.left) * across), round((inner[1] - place.top) * down)
    wide = min(max(round((outer[0] - inner[0]) * across), 1), size[1] - left)
    tall = min(max(round((outer[1] - inner[1]) * down), 1), size[0] - top)
    part = np.asarray(picture.resize((wide, tall), _FILTERS[wants.filter], box=(*inner, *outer)))
    if part.shape[:2] != size:
        whole = np.full((*size, 3), wants.margin, np.uint8)
        whole[top : top + tall, left : left + wide] = part
        part = whole
    return part[:, ::-1] if place.mirrored else part


def normalized(part: Pixels, wants: ImageInput) -> Floats:
    """Convert values and channels as described: float32 of shape (h, w, 1) or (h, w, 3)."""
    channels = part.astype(np.float32)
    if wants.color == "gray":
        channels = (channels @ _LUMA)[:, :, None]
    elif wants.color == "BGR":
        channels = channels[:, :, ::-1]
    low, high = wants.span or FLOATS
    spread = low + channels * np.float32((high - low) / 255)
    return (spread - np.asarray(wants.mean, np.float32)) * np.asarray(wants.scale, np.float32)


def for_type(wants: ImageInput, name: str, dtype: np.dtype[Any]) -> ImageInput:
    """Fill in `span` for an input of a type, and check that the type can hold the values.

    By default floats of every size get 0..1 and whole numbers 0..255; for bool, True is the brighter half of
    the range. int8 does not hold 0..255 and has no usual range, so the description must give one.

    Args:
        wants: The description of the input.
        name: Name of the input, for errors.
        dtype: Its type.

    Raises:
        ModelError: The type cannot hold the values.
    """
    if dtype.kind not in "iufb":
        raise ModelError(f"its input {quoted(name)} is of type {dtype}; a picture needs numbers")
    whole = dtype.kind in "iu"
    span = wants.span or (WHOLE if whole else FLOATS)
    shift, scale = np.asarray(wants.mean, np.float64), np.asarray(wants.scale, np.float64)
    ends = [(end - shift) * scale for end in span]
    low, high = float(np.min(ends)), float(np.max(ends))
    least, most = _limits(dtype)
    fed = f"{low:g}..{high:g}"
    if not least - 0.5 <= low <= high <= most + 0.5:
        holds = f"{dtype}, which holds {least:g}..{most:g}"
        if wants.span is None and wants.mean == (0.0,) and wants.scale == (1.0,):
            raise ModelError(
                f"its input {quoted(name)} is {holds}, and a picture is {fed}: set the values of black and "
                f"white under [input] in its .toml, for example range = [{least:g}, {most:g}]"
            )
        raise ModelError(
            f"its description feeds its input {quoted(name)} {fed}, and that is {holds}; change range, mean "
            "and std, or leave them out"
        )
    if whole and high - low < _FEWEST_STEPS:
        raise ModelError(
            f"its description feeds its input {quoted(name)} {fed}, and {dtype} holds only whole numbers: "
            "almost nothing of a picture would be left; range = [0, 255] is usual"
        )
    return replace(wants, span=span)


def as_type(batch: Floats, dtype: np.dtype[Any]) -> Array:
    """Convert a batch to the input's type, rounded for whole numbers."""
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return np.rint(batch).clip(limits.min, limits.max).astype(dtype)
    if dtype.kind == "b":
        return batch >= 0.5
    return batch.astype(dtype, copy=False)


def _limits(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.kind == "b":
        return 0.0, 1.0
    limits = np.iinfo(dtype) if dtype.kind in "iu" else np.finfo(dtype)
    return float(limits.min), float(limits.max)


def checked_image(image: Pixels) -> Pixels:
    """Check that an image is a picture.

    Raises:
        ValueError: It is not a uint8 array of shape (h, w, 3) or (h, w, 4), or it is empty.
    """
    given = np.asarray(image)
    if given.ndim != 3 or given.shape[2] not in (3, 4) or given.dtype != np.uint8 or not given.size:
        raise ValueError(
            "a picture is a uint8 array of shape (h, w, 3) or (h, w, 4); "
            f"got {given.dtype} of shape {given.shape}"
        )
    return given


def _free_size(wants: ImageInput, image: Sequence[int]) -> tuple[int | None, int | None]:
    """The size to use where the graph leaves it free; None if the description does not give one."""
    if wants.size is not None:
        return wants.size
    if wants.resize != "keep":
        return None, None
    shrunk = min(1.0, (wants.longest or LARGEST_SIDE) / max(image[0], image[1]))
    height, width = (max(round(side * shrunk / wants.multiple), 1) * wants.multiple for side in image[:2])
    return height, width


def _side(fixed: int | str | None, wanted: int | None, shape: Shape) -> int:
    if isinstance(fixed, int) and fixed > 0:
        if fixed > LARGEST_SIDE:
            raise ModelError(
                f"a side of at most {LARGEST_SIDE} pixels is allowed; the input has {list(shape)}"
            )
        return fixed
    if wanted is None:
        raise ModelError(
            "its input leaves the picture's size open; set it under [input] in its .toml, for example "
            "size = [224, 224]"
        )
    return wanted


def grid_crops(image: Sequence[int], rows: int, columns: int, overlap: float = 1.5) -> list[Crop]:
    """Square crops in a grid over a picture, row by row.

    Args:
        image: Height and width of the picture, in pixels.
        rows: Rows of the grid, at least 1.
        columns: Columns of the grid, at least 1.
        overlap: Side of a crop relative to the distance between two crops, as far as the picture allows.

    Raises:
        ValueError: Rows or columns are less than 1.
    """
    if rows < 1 or columns < 1:
        raise ValueError(f"a grid needs at least 1 row and 1 column; got {rows} and {columns}")
    height, width = image[0], image[1]
    side = min(overlap * max(height / rows, width / columns), height, width)
    return [
        Crop(_start(column, columns, width, side), _start(row, rows, height, side), side, side)
        for row in range(rows)
        for column in range(columns)
    ]


def _start(index: int, count: int, length: float, side: float) -> float:
    return (length - side) * (index / (count - 1) if count > 1 else 0.5)
