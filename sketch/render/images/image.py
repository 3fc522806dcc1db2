"""Pictures from files, Pillow and numpy."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np
from PIL import Image as Pillow

from sketch.arrays import Pixels
from sketch.render.images.arrays import Numbers, described, pixels_of
from sketch.render.images.image_file import UnreadableImageError, image_pixels, read_image


class Image:
    """A picture in memory, uploaded when it is first drawn and again only after it changed.

        photo = Image.load("photo.jpg")
        with photo.edit() as pixels:
            pixels[:, :, 0] = 255
        canvas.image(photo, 20, 20, width=300)

    Args:
        pixels: Uint8 array of shape (h, w, 3) or (h, w, 4), alpha not premultiplied. It is not copied:
            to change it later, use `edit` or set `pixels` again.

    Raises:
        ValueError: It is not an image, or an empty one.
    """

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = check_pixels(pixels)
        self.revision = 0

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Image":
        """Read an image file as `image_file.read_image` does: upright as its Exif orientation says.

        Raises:
            ValueError: The file is missing, or cannot be read; the message says which file and why.
        """
        return cls(load_pixels(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an image file, of the format that its ending names.

        Raises:
            ValueError: The ending names no format that Pillow writes, or the file cannot be written.
        """
        try:
            Pillow.fromarray(self._pixels).save(path)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(f"cannot write the image {os.fspath(path)!r}: {error}") from error

    @property
    def pixels(self) -> Pixels:
        """The pixels, shape (h, w, 3) or (h, w, 4): read-only, not a copy. Use `edit` to change them."""
        view = self._pixels.view()
        view.flags.writeable = False
        return view

    @pixels.setter
    def pixels(self, pixels: Pixels) -> None:
        self._pixels = check_pixels(pixels)
        self.revision += 1

    @contextmanager
    def edit(self) -> Generator[Pixels]:
        """Give the pixels to be changed in a `with` block; afterwards the picture is uploaded again."""
        if not self._pixels.flags.writeable:
            self._pixels = self._pixels.copy()
        try:
            yield self._pixels
        finally:
            self.revision += 1

    @property
    def width(self) -> int:
        """In pixels."""
        return self._pixels.shape[1]

    @property
    def height(self) -> int:
        """In pixels."""
        return self._pixels.shape[0]


ImageSource: TypeAlias = str | os.PathLike[str] | Pillow.Image | Numbers | Image


def load_pixels(path: str | os.PathLike[str]) -> Pixels:
    """Read an image file as `image_file.read_image` does.

    Returns:
        Uint8 array of shape (h, w, 4).

    Raises:
        ValueError: The file is missing, or cannot be read; the message says which file and why.
    """
    try:
        return read_image(path)
    except UnreadableImageError as error:
        raise ValueError(f"cannot read the image {os.fspath(path)!r}: {error}") from error


def as_pixels(source: Pillow.Image | Numbers, largest: int | None = None) -> Pixels:
    """Convert a picture to the layout that is uploaded.

    Args:
        source: Pillow image, or an array as `pixels_of` takes it.
        largest: Pixels that a side may measure; any number if left out.

    Returns:
        Uint8 array of shape (h, w, 2), a grey and its alpha, (h, w, 3) or (h, w, 4), alpha premultiplied.

    Raises:
        ValueError: It is not an image, empty, or too large.
    """
    given = _of_pillow(source) if isinstance(source, Pillow.Image) else as_array(source)
    check_size(given, largest)
    return pixels_of(given)


def as_array(source: Numbers) -> Numbers:
    """Return an author's picture as an array.

    Raises:
        ValueError: It has rows of different lengths.
    """
    try:
        return np.asarray(source)
    except ValueError:
        raise ValueError("an image needs rows of equal length; got rows of different lengths") from None


def check_size(array: Numbers, largest: int | None) -> None:
    """Refuse a picture that is larger than a driver allows.

    Raises:
        ValueError: A side of it measures more than `largest` pixels.
    """
    # Before it is copied: an array may repeat one pixel, so that any size takes no memory.
    if largest is not None and array.ndim >= 2 and max(array.shape[:2]) > largest:
        height, width = array.shape[:2]
        raise ValueError(f"an image may measure {largest} x {largest} pixels here; got {width} x {height}")


def _of_pillow(picture: Pillow.Image) -> Pixels:
    try:
        return image_pixels(picture)
    except (OSError, ValueError) as error:  # Pillow reads a file only now, or it was closed since
        raise ValueError(f"cannot read the Pillow image {picture!r}: {error}") from error


def check_pixels(pixels: Pixels) -> Pixels:
    """Return pixels as an array, or refuse what is not an image.

    Raises:
        ValueError: It is not a uint8 array of shape (h, w, 3) or (h, w, 4), or an empty one.
    """
    given = as_array(pixels)
    if given.ndim != 3 or given.shape[2] not in (3, 4) or given.dtype != np.uint8 or given.size == 0:
        raise ValueError(
            "the pixels of an Image are a uint8 array of shape (h, w, 3) or (h, w, 4); "
            f"got {described(given)}"
        )
    return given
