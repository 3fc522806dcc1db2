"""Read image files to pixels.

`sketch.render.images.image_file` does the same for the other half, which may not import this one; a table of
files and pixels in the tests ensures that both give the same results.
"""

import os
import re
import stat
import warnings
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from addon.arrays import Array, Floats, Pixels

MOST_PIXELS = 128_000_000
"""Pixels that a file may have: 512 MB once they are read."""

TWELVE_BITS = 4095

_TOO_MANY = re.compile(r"\((\d+) pixels\)")


class UnreadableImageError(Exception):
    """A file cannot be read as an image; the message does not name the file."""


def read_image(path: str | os.PathLike[str]) -> Pixels:
    """Read an image file; of one that moves, the first picture.

    Gray of 16 bits is read as such, or as 12 bits if no value is above 4095: many cameras write that. Floats
    in 0..1 stand for black to white; others are spread from their lowest to their highest, and NaN is black.
    Colors of 16 bits become 8. The picture stands as its Exif orientation says.

    Returns:
        Uint8 of shape (h, w, 4), alpha not premultiplied.

    Raises:
        UnreadableImageError: It is missing, no file, empty, damaged, of no format that Pillow reads, or has
            more than 128 million pixels.
    """
    check_file(Path(path))
    try:
        with warnings.catch_warnings():
            # Pillow's own bound is lower, and a warning about a large picture helps nobody on a stage.
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
    except Exception as error:  # of damaged files Pillow's readers raise nearly anything
        why = " ".join(str(error).split()) or type(error).__name__
        raise UnreadableImageError(f"it is damaged: {why}") from error


def image_pixels(picture: Image.Image) -> Pixels:
    """The pixels of a Pillow image, as `read_image` reads them: uint8 of shape (h, w, 4).

    Only an image that was just opened is turned as its Exif orientation says: what was made of one keeps the
    tag, though it may have been turned already.
    """
    if picture.mode.startswith("I;16"):
        pixels = _from_gray(_of_16_bits(np.asarray(picture)), picture)
    elif picture.mode in ("I", "F"):
        pixels = _from_gray(_of_numbers(np.asarray(picture)), picture)
    else:
        pixels = np.asarray(_as_rgba(picture))
    # Pillow itself turns TIFF files as it reads them and takes the tag away, so it is looked at afterwards.
    return upright(pixels, _orientation(picture)) if isinstance(picture, ImageFile.ImageFile) else pixels


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn and mirror a picture as an Exif orientation, 1..8, says; others change nothing."""
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


def check_file(path: Path) -> None:
    """Refuse what no picture can be read from, without opening it: opening a pipe would wait for its writer.

    Raises:
        UnreadableImageError: It is missing, a folder, no regular file, or empty.
    """
    try:
        about = path.stat()
    except (OSError, ValueError):
        raise UnreadableImageError("there is no such file") from None
    if stat.S_ISDIR(about.st_mode):
        raise UnreadableImageError("it is a folder")
    if not stat.S_ISREG(about.st_mode):
        raise UnreadableImageError("it is not a regular file")
    if about.st_size == 0:
        raise UnreadableImageError("it is empty")


def _check_size(count: int) -> None:
    if count > MOST_PIXELS:
        raise UnreadableImageError(
            f"it has {count / 1e6:.0f} million pixels; at most {MOST_PIXELS / 1e6:.0f} million are allowed"
        )


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # a damaged tag is no reason to refuse the picture
        return 1


def _as_rgba(picture: Image.Image) -> Image.Image:
    try:
        return picture.convert("RGBA")
    except ValueError:  # Pillow has no way from a few modes to RGBA, but one by another
        return picture.convert("LA" if picture.mode == "La" else "RGB").convert("RGBA")


def _of_16_bits(values: Array) -> Floats:
    most = TWELVE_BITS if values.max(initial=0) <= TWELVE_BITS else 65535
    return values.astype(np.float32) / np.float32(most)


def _of_numbers(values: Array) -> Floats:
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
    if isinstance(clear, int):  # the one value that a PNG of gray says is clear
        alpha[np.asarray(picture) == clear] = 0
    return np.stack((gray, gray, gray, alpha), axis=2)
