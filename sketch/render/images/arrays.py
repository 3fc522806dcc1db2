"""Numbers as pictures: grey or colors from floats, and maps of classes from whole numbers."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sketch.arrays import Pixels

Numbers: TypeAlias = NDArray[Any]

MOST_CLASSES = 256
"""Most colors of a palette; larger classes take its colors again from the first."""

FORMS = (
    "an image is a path, a Pillow image, or an array of shape (h, w), (h, w, 3) or (h, w, 4) of uint8, of "
    "floats in 0..1 or of booleans; canvas.image also takes classes, whole numbers of shape (h, w)"
)


def is_classes(array: Numbers) -> bool:
    """Whether an array holds a class for every pixel: whole numbers that are not uint8, one a pixel."""
    return array.dtype.kind in "iu" and array.dtype != np.uint8 and _channels(array) == 1


def pixels_of(array: Numbers) -> Pixels:
    """Convert an array of numbers to the layout that is uploaded.

    Args:
        array: Shape (h, w) or (h, w, 1), a grey; (h, w, 3); or (h, w, 4), alpha not premultiplied. Uint8, or
            booleans, or floats in 0..1: what is outside counts as 0 or 1, and a pixel with a NaN is
            transparent.

    Returns:
        Uint8 of shape (h, w, 2), a grey and its alpha, (h, w, 3) or (h, w, 4); alpha premultiplied.

    Raises:
        ValueError: It has another shape or type, or is empty.
    """
    channels = _channels(array)
    if not (channels and (array.dtype == np.uint8 or array.dtype.kind in "fb")):
        raise ValueError(f"{FORMS}; got {described(array)}")
    shown = array.reshape(*array.shape[:2], channels)
    there = None
    if shown.dtype.kind == "f":
        missing = np.isnan(shown).any(axis=2, keepdims=True)
        there = None if not missing.any() else ~missing
        # The infinite are clamped like the merely large.
        shown = np.rint(np.nan_to_num(shown, nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1) * 255)
    elif shown.dtype.kind == "b":
        shown = shown * np.uint8(255)
    shown = shown.astype(np.uint8, copy=False)
    if channels == 3 and there is None:
        return np.ascontiguousarray(shown)
    alpha = shown[:, :, 3:] if channels == 4 else np.full((*shown.shape[:2], 1), 255, np.uint8)
    if there is not None:
        alpha = alpha * there
    return premultiplied(np.concatenate((shown[:, :, :3], alpha), axis=2))


def class_pixels(array: Numbers, count: int) -> Pixels:
    """Convert a map of classes to the layout that is uploaded.

    Args:
        array: Whole numbers of shape (h, w) or (h, w, 1).
        count: Colors of the palette, 1..256: a class of `count` or more starts again at the first.

    Returns:
        Uint8 of shape (h, w, 2): the color's place in the palette, and 255, or 0 for a negative class.

    Raises:
        ValueError: It is not a map of classes, or is empty.
    """
    if not (is_classes(array) or (array.dtype == np.uint8 and _channels(array) == 1)):
        raise ValueError(f"classes are whole numbers of shape (h, w); got {described(array)}")
    classes = array.reshape(array.shape[:2])
    # A byte cannot be divided by 256.
    classes = classes if classes.dtype.itemsize > 1 else classes.astype(np.int16)
    known = classes >= 0
    places = np.where(known, classes, 0) % count
    return np.stack((places.astype(np.uint8), known * np.uint8(255)), axis=2)


def described(array: Numbers) -> str:
    """The type and shape of an array, and a hint if its channels come first."""
    hint = ""
    if array.ndim == 3 and array.shape[0] in (1, 3, 4) and array.shape[2] not in (1, 3, 4):
        hint = ", whose channels come first: a.transpose(1, 2, 0) puts them last"
    elif array.ndim == 4:
        hint = ", a batch: draw one of its pictures, such as a[0]"
    return f"{array.dtype} of shape {array.shape}{hint}"


def premultiplied(pixels: Pixels) -> Pixels:
    """Multiply the other channels by the last one, alpha, rounded, in a new uint8 array of the same shape."""
    alpha = pixels[:, :, -1:].astype(np.uint16)
    color = (pixels[:, :, :-1] * alpha + 127) // 255
    return np.concatenate((color.astype(np.uint8), pixels[:, :, -1:]), axis=2)


def _channels(array: Numbers) -> int:
    """Channels of a picture: 1, 3 or 4; 0 if it is not of a picture's shape, or empty."""
    if not array.size or array.ndim not in (2, 3):
        return 0
    channels = array.shape[2] if array.ndim == 3 else 1
    return channels if channels in (1, 3, 4) else 0
