"""Read image files as pixels, for every call that takes the path of an image.

`addon.vision.image_file` does the same for the other half, which may not import
this one; a test checks that both read the same files as the same pixels.
"""

import os
import re
import stat
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from sketch.arrays import Floats, Pixels
from sketch.assets import asset_path

MOST_PIXELS = 128_000_000
"""Pixels that a file may have: 512 MB in memory."""

TWELVE_BITS = 4095

_TOO_MANY = re.compile(r"\((\d+) pixels\)")


class UnreadableImageError(Exception):
    """Why a file cannot be read as an image, in one line without the file's name."""


def read_image(path: str | os.PathLike[str]) -> Pixels:
    """Read an image file, found as `assets.asset_path` says; of an animated one, the first picture.

    Gray of 16 bits is read as 12 bits if no value is above 4095, as many cameras write it. Floats in 0..1
    are black to white; other floats are scaled from their lowest to their highest, and NaN is black. Colors
    of 16 bits become 8. The picture is turned as its Exif orientation says.

    Returns:
        Uint8 of shape (h, w, 4), alpha not premultiplied.

    Raises:
        UnreadableImageError: It is missing, not a file, empty, damaged, of no format that Pillow reads, or
            has more than 128 million pixels.
    """
    path = _located(path)
    try:
        with warnings.catch_warnings():
            # Pillow's own limit is lower, and it only warns.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                _check_size(picture.width * picture.height)
                return image_pixels(picture)
    except UnreadableImageError:
        raise
    except UnidentifiedImageError:
        raise UnreadableImageError("it is not an image in a format that Pillow reads") from None
    except Image.DecompressionBombError as error:
        count = _TOO_MANY.search(str(error))
        _check_size(int(count[1]) if count else 2 * MOST_PIXELS)
        raise UnreadableImageError(str(error)) from error
    except Exception as error:  # Pillow's readers raise nearly any error for damaged files
        why = " ".join(str(error).split()) or type(error).__name__
        raise UnreadableImageError(f"it is damaged: {why}") from error


def image_pixels(picture: Image.Image) -> Pixels:
    """The pixels of a Pillow image, as `read_image` reads them: uint8 of shape (h, w, 4).

    Only an image that was just opened is turned as its Exif orientation says: an image made from it keeps
    the tag, though it may have been turned already.
    """
    if picture.mode.startswith("I;16"):
        pixels = _from_gray(_of_16_bits(np.asarray(picture)), picture)
    elif picture.mode in ("I", "F"):
        pixels = _from_gray(_of_numbers(np.asarray(picture)), picture)
    else:
        pixels = np.asarray(_as_rgba(picture))
    # Pillow turns TIFF files while it reads them and removes the tag, so the tag is read afterwards.
    return upright(pixels, _orientation(picture)) if isinstance(picture, ImageFile.ImageFile) else pixels


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn and mirror a picture by its Exif orientation, 1..8; other numbers change nothing."""
    turned = {
        2: lambda: pixels[:, ::-1],
        3: lambda: pixels[::-1, ::-1],
        4: lambda: pixels[::-1],
        5: lambda: pixels.transpose(1, 0, 2),
        6: lambda: np.rot90(pixels, -1),
        7: lambda: pixels[::-1, ::-1].transpose(1, 0, 2),
        8: lambda: np.rot90(pixels),
    }
    return np.ascontiguousarray(turned[orientation]()) if orientation in turned else pixels


def _located(path: str | os.PathLike[str]) -> Path:
    try:
        found = asset_path(path)
        about = found.stat()
    except OSError as error:
        raise UnreadableImageError(str(error)) from None
    if stat.S_ISDIR(about.st_mode):
        raise UnreadableImageError("it is a folder")
    if not stat.S_ISREG(about.st_mode):
        # Opening a pipe would wait until something writes to it.
        raise UnreadableImageError("it is not a regular file")
    if about.st_size == 0:
        raise UnreadableImageError("it is empty")
    return found


def _check_size(count: int) -> None:
    if count > MOST_PIXELS:
        raise UnreadableImageError(
            f"it has {count / 1e6:.0f} million pixels; at most {MOST_PIXELS / 1e6:.0f} million are allowed"
        )


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # a damaged tag does not damage the picture
        return 1


def _as_rgba(picture: Image.Image) -> Image.Image:
    try:
        return picture.convert("RGBA")
    except ValueError:  # Pillow converts a few modes to RGBA only by way of another
        return picture.convert("LA" if picture.mode == "La" else "RGB").convert("RGBA")


def _of_16_bits(values: NDArray[Any]) -> Floats:
    most = TWELVE_BITS if values.max(initial=0) <= TWELVE_BITS else 65535
    return values.astype(np.float32) / np.float32(most)


def _of_numbers(values: NDArray[Any]) -> Floats:
    """Integers of 32 bits or floats as shares of white, 0..1."""
    if values.dtype.kind in "iu" and values.min() >= 0 and values.max() <= 65535:
        return _of_16_bits(values)
    finite = values[np.isfinite(values)].astype(np.float64)
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    if values.dtype.kind == "f" and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    shares = (values.astype(np.float64) - low) / (max(high - low, 1e-300))
    return np.nan_to_num(shares, nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1).astype(np.float32)


def _from_gray(shares: Floats, picture: Image.Image) -> Pixels:
    gray = np.rint(shares * 255).astype(np.uint8)
    alpha = np.full_like(gray, 255)
    clear = picture.info.get("transparency")
    if isinstance(clear, int):  # the value that is clear in a PNG of gray
        alpha[np.asarray(picture) == clear] = 0
    return np.stack((gray, gray, gray, alpha), axis=2)
