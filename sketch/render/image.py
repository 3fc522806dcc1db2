"""Pictures from files, Pillow and numpy, as textures premultiplied by their alpha."""

import os
from collections import OrderedDict
from pathlib import Path
from typing import TypeAlias

import moderngl
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels: TypeAlias = NDArray[np.uint8]
ImageSource: TypeAlias = str | os.PathLike[str] | Image.Image | Pixels


def load_pixels(path: str | os.PathLike[str]) -> Pixels:
    """Read an image file.

    Returns:
        Uint8 array of shape (h, w, 4).

    Raises:
        ValueError: The file is missing, or is no image that Pillow can read.
    """
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGBA"))
    except (OSError, SyntaxError) as error:
        raise ValueError(f"cannot read the image {os.fspath(path)!r}: {error}") from error


def as_pixels(source: Image.Image | Pixels) -> Pixels:
    """Give a picture the layout that is uploaded.

    Args:
        source: Pillow image, or uint8 array of shape (h, w, 3) or (h, w, 4), alpha not premultiplied.

    Returns:
        Uint8 array of shape (h, w, 3) or (h, w, 4), alpha premultiplied.

    Raises:
        ValueError: It is no picture, or an empty one.
    """
    given = np.asarray(source.convert("RGBA")) if isinstance(source, Image.Image) else np.asarray(source)
    if given.ndim != 3 or given.shape[2] not in (3, 4) or given.dtype != np.uint8 or given.size == 0:
        raise ValueError(
            f"an image is a path, a Pillow image or a uint8 array of shape (h, w, 3) or (h, w, 4); "
            f"got {given.dtype} of shape {given.shape}"
        )
    return np.ascontiguousarray(given) if given.shape[2] == 3 else premultiplied(given)


def premultiplied(pixels: Pixels) -> Pixels:
    """Multiply red, green and blue by alpha, rounded, in a new uint8 array of shape (h, w, 4)."""
    alpha = pixels[:, :, 3:].astype(np.uint16)
    color = (pixels[:, :, :3] * alpha + 127) // 255
    return np.concatenate((color.astype(np.uint8), pixels[:, :, 3:]), axis=2)


class ImageCache:
    """Keeps files as textures, and one texture a size for pictures that may be different every frame.

    Args:
        ctx: The context to draw in.
        limit: Bytes of textures to keep; the one not used for longest goes first.
    """

    def __init__(self, ctx: moderngl.Context, limit: int = 256 << 20) -> None:
        self._ctx = ctx
        self._limit = limit
        self._textures: OrderedDict[object, moderngl.Texture] = OrderedDict()
        self.bytes = 0

    def texture(self, source: ImageSource) -> moderngl.Texture:
        """The texture of a picture, uploaded again where it may have changed.

        A file is read again when it was written since. The texture stays valid until the next call.

        Raises:
            ValueError: The picture cannot be read or is larger than the driver allows.
        """
        if isinstance(source, str | os.PathLike):
            return self._file(source)
        pixels = as_pixels(source)
        key = pixels.shape
        texture = self._textures.get(key)
        if texture is None:
            texture = self._keep(key, pixels)
        else:
            texture.write(pixels, alignment=1)
        self._textures.move_to_end(key)
        return texture

    def release(self) -> None:
        """Give every texture back."""
        for texture in self._textures.values():
            texture.release()
        self._textures.clear()
        self.bytes = 0

    def _file(self, source: str | os.PathLike[str]) -> moderngl.Texture:
        path = Path(source)
        key = (str(path), path.stat().st_mtime_ns if path.is_file() else None)
        texture = self._textures.get(key)
        if texture is None:
            texture = self._keep(key, as_pixels(load_pixels(path)))
            texture.build_mipmaps()
            texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        self._textures.move_to_end(key)
        return texture

    def _keep(self, key: object, pixels: Pixels) -> moderngl.Texture:
        height, width, channels = pixels.shape
        largest = int(self._ctx.info["GL_MAX_TEXTURE_SIZE"])
        if max(height, width) > largest:
            raise ValueError(
                f"an image may measure {largest} x {largest} pixels here; got {width} x {height}"
            )
        texture = self._ctx.texture((width, height), channels, pixels, alignment=1)
        texture.repeat_x = texture.repeat_y = False
        self._textures[key] = texture
        self.bytes += pixels.nbytes
        while self.bytes > self._limit and len(self._textures) > 1:
            _, oldest = self._textures.popitem(last=False)
            self.bytes -= oldest.width * oldest.height * oldest.components
            oldest.release()
        return texture
