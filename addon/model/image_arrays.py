"""Pictures to what a model is fed and back, as its adaptor says: arrays in, arrays out."""

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
"""Sizes of a tensor; a name or None where a size is free."""

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
"""What black and white are for a model whose description does not say, where it takes or makes floats."""
WHOLE = (0.0, 255.0)
"""Likewise of whole numbers."""
_FEWEST_STEPS = 3

_LUMA = np.array((0.299, 0.587, 0.114), dtype=np.float32)  # ITU-R BT.601


@dataclass(frozen=True, slots=True)
class Crop:
    """The rectangle of a picture that fills a model's picture; it may be larger than the picture is.

    Attributes:
        left: In pixels, from the picture's left edge.
        top: Likewise, from its top.
        width: In pixels, more than 0.
        height: Likewise.
        mirrored: Left and right changed over.
    """

    left: float
    top: float
    width: float
    height: float
    mirrored: bool = False

    def out_of(self, across: float, down: float) -> tuple[float, float]:
        """The place in the picture, in pixels, of one in the crop, 0..1 across and down."""
        across = 1 - across if self.mirrored else across
        return self.left + across * self.width, self.top + down * self.height


def as_input(image: Pixels, adaptor: Adaptor, shape: Shape) -> Floats:
    """Make of a picture what a model is fed.

    Args:
        image: Uint8 of shape (h, w, 3) or (h, w, 4), red first; alpha is left out.
        adaptor: What the model wants.
        shape: Of its input, as the graph says.

    Returns:
        Float32 of the adaptor's layout; the first axis of "NCHW" and "NHWC" counts the crops.

    Raises:
        ModelError: The shape is no picture's, contradicts the adaptor, or leaves the size open.
        ValueError: It is no picture.
    """
    wants, image = adaptor.input, checked_image(image)
    size = picture_size(wants, shape, image.shape[:2])
    return as_batch(image, crops(wants, image.shape[:2], size), wants, size)


def as_batch(image: Pixels, places: Sequence[Crop], wants: ImageInput, size: tuple[int, int]) -> Floats:
    """Crops of a picture as one batch; a single one where the layout has no axis for more.

    Args:
        image: Uint8 of shape (h, w, 3) or (h, w, 4).
        places: Which parts of it.
        wants: How they are to be fed.
        size: Height and width of each, in the model's pixels.

    Raises:
        ModelError: There are several crops, and the layout has place for one.
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
    """A picture that a model made.

    Args:
        values: Of the output's layout, with one channel or three; of a batch the first is taken.
        output: What it means.

    Returns:
        Uint8 of shape (h, w, 3).

    Raises:
        ModelError: It has another shape.
    """
    shown = as_rows(values, output.layout)
    if shown.shape[2] not in (1, 3):
        raise ModelError(f"a picture has 1 or 3 channels; the output has {shown.shape[2]}")
    if output.color == "BGR":
        shown = shown[:, :, ::-1]
    low, high = output.span or FLOATS
    share = np.nan_to_num((shown - low) / (high - low))
    return np.rint(np.broadcast_to(share, (*share.shape[:2], 3)).clip(0, 1) * 255).astype(np.uint8)


def from_input(values: Floats, wants: ImageInput) -> Pixels:
    """The picture that a model was fed: what `as_input` does to values and axes, undone.

    Returns:
        Uint8 of shape (h, w, 3).
    """
    rows = as_rows(values, wants.layout)
    low, high = wants.span or FLOATS
    share = (rows / np.asarray(wants.scale, np.float32) + np.asarray(wants.mean, np.float32) - low) / (
        high - low
    )
    plain = share[:, :, ::-1] if wants.color == "BGR" else share
    return np.rint(np.broadcast_to(plain, (*plain.shape[:2], 3)).clip(0, 1) * 255).astype(np.uint8)


def as_rows(values: NDArray[np.generic], layout: Layout) -> Floats:
    """Rows, columns, channels: float32 of shape (h, w, c), the first of a batch.

    Raises:
        ModelError: There are too few axes or too many.
    """
    given = np.asarray(values, dtype=np.float32)
    if given.ndim == 2:
        return given[:, :, None]
    if given.ndim == 4 and len(given):
        given = given[0]
    if given.ndim != 3:
        raise ModelError(
            f"a picture of layout {layout} was expected; the output has the shape {values.shape}"
        )
    return given.transpose(1, 2, 0) if layout in ("NCHW", "CHW") else given


def picture_size(wants: ImageInput, shape: Shape, image: Sequence[int]) -> tuple[int, int]:
    """Height and width of the picture that a model is fed.

    Args:
        wants: What its adaptor says.
        shape: Of its input, as the graph says.
        image: Height and width of the picture that is there.

    Raises:
        ModelError: The shape is no picture's, contradicts the adaptor, or leaves the size open.
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
    """The parts of a picture that a model looks at.

    Args:
        wants: What its adaptor says.
        image: Height and width of the picture.
        size: Of the model's picture.
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
    """One crop in the model's size: uint8 of shape (h, w, 3); the margin's value outside the picture."""
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
    """Values and channels as a model wants them: float32 of shape (h, w, 1) or (h, w, 3)."""
    channels = part.astype(np.float32)
    if wants.color == "gray":
        channels = (channels @ _LUMA)[:, :, None]
    elif wants.color == "BGR":
        channels = channels[:, :, ::-1]
    low, high = wants.span or FLOATS
    spread = low + channels * np.float32((high - low) / 255)
    return (spread - np.asarray(wants.mean, np.float32)) * np.asarray(wants.scale, np.float32)


def for_type(wants: ImageInput, name: str, dtype: np.dtype[Any]) -> ImageInput:
    """How a picture becomes an input of a type: `span` filled in, and known to fit.

    Floats of every size are fed 0..1 and whole numbers 0..255 unless the description says otherwise; True
    and False are a picture's brighter and darker half. For int8, which does not hold 0..255, and for
    everything else there is no usual way, so a description has to say.

    Args:
        wants: What the description says.
        name: Of the input, for errors.
        dtype: Its type.

    Raises:
        ModelError: The type cannot hold what it would be fed.
    """
    if dtype.kind not in "iufb":
        raise ModelError(f"its input {quoted(name)} is of type {dtype}; a picture is numbers")
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
                f"its input {quoted(name)} is {holds}, and a picture is {fed}: say in its .toml what black "
                f"and white become, under [input], as in range = [{least:g}, {most:g}]"
            )
        raise ModelError(
            f"its description feeds its input {quoted(name)} {fed}, and that is {holds}; change range, mean "
            "and std, or leave them out"
        )
    if whole and high - low < _FEWEST_STEPS:
        raise ModelError(
            f"its description feeds its input {quoted(name)} {fed}, and {dtype} holds whole numbers alone: "
            "nearly nothing of a picture would be left; range = [0, 255] is usual"
        )
    return replace(wants, span=span)


def as_type(batch: Floats, dtype: np.dtype[Any]) -> Array:
    """What is fed, in the input's type: rounded to whole numbers where it takes those."""
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
    """Refuse what is no picture.

    Raises:
        ValueError: It is no uint8 array of shape (h, w, 3) or (h, w, 4), or an empty one.
    """
    given = np.asarray(image)
    if given.ndim != 3 or given.shape[2] not in (3, 4) or given.dtype != np.uint8 or not given.size:
        raise ValueError(
            "a picture is a uint8 array of shape (h, w, 3) or (h, w, 4); "
            f"got {given.dtype} of shape {given.shape}"
        )
    return given


def _free_size(wants: ImageInput, image: Sequence[int]) -> tuple[int | None, int | None]:
    """The size where the graph leaves it free; None where nobody says."""
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
            "its input leaves the picture's size open; put size = [224, 224], say, under [input] in its .toml"
        )
    return wanted
