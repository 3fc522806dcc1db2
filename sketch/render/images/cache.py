"""Images as textures, kept from frame to frame."""

import os
from collections import OrderedDict
from pathlib import Path
from time import perf_counter
from weakref import ref

import moderngl

from sketch.arrays import Pixels
from sketch.assets import MissingAssetError, asset_path, written
from sketch.render.gl.uploads import UPLOADS
from sketch.render.images.arrays import Numbers, class_pixels
from sketch.render.images.image import Image, ImageSource, as_array, as_pixels, check_size, load_pixels


class ImageCache:
    """Keeps files as textures, and one texture per size for images that may be different every frame.

    Args:
        ctx: The context to draw in.
        limit: Bytes of textures to keep; the least recently used goes first.
    """

    def __init__(self, ctx: moderngl.Context, limit: int = 256 << 20) -> None:
        self._ctx = ctx
        self._limit = limit
        self._largest = int(ctx.info["GL_MAX_TEXTURE_SIZE"])
        self._textures: OrderedDict[object, moderngl.Texture] = OrderedDict()
        self._images: dict[int, tuple[ref[Image], int]] = {}
        self.bytes = 0

    def texture(self, source: ImageSource) -> moderngl.Texture:
        """The texture of an image, uploaded again if it may have changed.

        A file is read again after it was changed. The texture stays valid until the next call.

        Raises:
            ValueError: The image cannot be read or is larger than the driver allows.
        """
        if isinstance(source, str | os.PathLike):
            return self._file(source)
        if isinstance(source, Image):
            return self._image(source)
        pixels = as_pixels(source, self._largest)
        return self._uploaded(pixels.shape, pixels)

    def classes(self, source: Numbers, count: int) -> moderngl.Texture:
        """A map of classes as a texture, see `class_pixels`, uploaded at every call.

        Raises:
            ValueError: It is not a map of classes, or is larger than the driver allows.
        """
        given = as_array(source)
        check_size(given, self._largest)
        pixels = class_pixels(given, count)
        texture = self._uploaded(("classes", pixels.shape), pixels)
        # Between class 3 and class 5 there is no class 4.
        texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        return texture

    def forget(self) -> None:
        """Release the textures of images that are gone: not in a finalizer, which may have no context."""
        for key in [key for key, (image, _) in self._images.items() if image() is None]:
            self._drop(key)

    def release(self) -> None:
        """Release every texture."""
        for texture in self._textures.values():
            texture.release()
        self._textures.clear()
        self._images.clear()
        self.bytes = 0

    def _uploaded(self, key: object, pixels: Pixels) -> moderngl.Texture:
        texture = self._textures.get(key)
        if texture is None:
            texture = self._keep(key, pixels)
        else:
            _write(texture, pixels)
        self._textures.move_to_end(key)
        return texture

    def _file(self, source: str | os.PathLike[str]) -> moderngl.Texture:
        try:
            path = asset_path(source)
        except MissingAssetError:
            path = Path(source)  # loading it raises the error for a missing file
        key = (str(path), written(path))
        texture = self._textures.get(key)
        if texture is None:
            texture = self._keep(key, as_pixels(load_pixels(path), self._largest))
            texture.build_mipmaps()
            texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        self._textures.move_to_end(key)
        return texture

    def _image(self, image: Image) -> moderngl.Texture:
        key = id(image)
        kept = self._images.get(key)
        texture = self._textures.get(key)
        # An image that is gone may have had the same address.
        if texture is None or kept is None or kept[0]() is not image:
            self._drop(key)
            texture = self._keep(key, as_pixels(image.pixels, self._largest))
        elif kept[1] != image.revision:
            pixels = as_pixels(image.pixels, self._largest)
            if (texture.height, texture.width, texture.components) == pixels.shape:
                _write(texture, pixels)
            else:
                self._drop(key)
                texture = self._keep(key, pixels)
        self._images[key] = (ref(image), image.revision)
        self._textures.move_to_end(key)
        return texture

    def _drop(self, key: int) -> None:
        self._images.pop(key, None)
        texture = self._textures.pop(key, None)
        if texture is not None:
            self.bytes -= texture.width * texture.height * texture.components
            texture.release()

    def _keep(self, key: object, pixels: Pixels) -> moderngl.Texture:
        height, width, channels = pixels.shape
        texture = self._ctx.texture((width, height), channels, pixels, alignment=1)
        texture.repeat_x = texture.repeat_y = False
        if channels == 2:  # a grey and its alpha
            texture.swizzle = "RRRG"
        self._textures[key] = texture
        self.bytes += pixels.nbytes
        while self.bytes > self._limit and len(self._textures) > 1:
            _, oldest = self._textures.popitem(last=False)
            self.bytes -= oldest.width * oldest.height * oldest.components
            oldest.release()
        return texture


def _write(texture: moderngl.Texture, pixels: Pixels) -> None:
    began = perf_counter() if UPLOADS.watched else 0.0
    texture.write(pixels, alignment=1)
    if UPLOADS.watched:
        UPLOADS.add(perf_counter() - began, pixels.nbytes)
