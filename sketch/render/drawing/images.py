"""Images and Fbos for a canvas."""

from dataclasses import replace
from typing import cast

import moderngl
import numpy as np

from sketch.render.batch import Batch
from sketch.render.drawing.color_tables import CLASSES, Colors, ColorTables
from sketch.render.images.arrays import Numbers, is_classes
from sketch.render.images.cache import ImageCache
from sketch.render.images.fbo import Fbo
from sketch.render.images.image import Image, ImageSource, as_array
from sketch.render.shapes.quads import quad_at
from sketch.render.state import DrawingState
from sketch.render.targets import Targets
from sketch.scalars import clamped, floats


class ImageDrawing:
    """Draws what is made of pixels.

    Args:
        state: Style and coordinates.
        batch: Draws textures.
        targets: Tells where Fbos are on the GPU.
        images: Keeps images as textures.
        tables: Keeps color maps and palettes as textures.
    """

    def __init__(
        self, state: DrawingState, batch: Batch, targets: Targets, images: ImageCache, tables: ColorTables
    ) -> None:
        self._state = state
        self._batch = batch
        self._targets = targets
        self._images = images
        self._tables = tables

    def image(
        self,
        source: ImageSource | Fbo,
        x: float,
        y: float,
        width: float | None,
        height: float | None,
        alpha: float,
        colors: Colors | None,
    ) -> None:
        """See `Canvas.image`."""
        x, y = floats(x=x, y=y)
        alpha = clamped("alpha", alpha)
        self._batch.opened()
        if isinstance(source, Fbo):
            self._fbo(source, _box(x, y, *_proportioned(source.size, width, height)), alpha, colors)
            return
        if isinstance(source, list | tuple):
            source = as_array(cast(Numbers, source))
        table, count = None, 0
        if _shows_classes(source, colors):
            table, count = self._tables.palette(CLASSES if colors is None else colors)
        elif colors is not None:
            table = self._tables.color_map(colors)
        images = self._images
        texture = images.classes(cast(Numbers, source), count) if count else images.texture(source)
        box = _box(x, y, *_proportioned((texture.width, texture.height), width, height))
        quad, blend = quad_at(self._state.matrix, *box), self._state.style.blend
        if table is None:
            self._batch.picture(texture, quad, alpha, blend)
        else:
            self._batch.mapped_picture(texture, table, quad, alpha, blend)

    def grab(self) -> Image:
        """See `Canvas.grab`."""
        framebuffer = self._batch.opened()
        self._batch.flush()
        width, height = self._batch.size
        data = np.frombuffer(framebuffer.read(components=4), np.uint8).reshape(height, width, 4)[::-1]
        alpha = np.maximum(data[:, :, 3:], 1).astype(np.float32)
        pixels = np.ascontiguousarray(data)
        pixels[:, :, :3] = np.minimum(data[:, :, :3] * np.float32(255) / alpha + np.float32(0.5), 255)
        return Image(pixels)

    def texture(self, source: ImageSource | Fbo) -> moderngl.Texture:
        """A picture as a texture, its first row on top."""
        if isinstance(source, Fbo):
            return self._targets.upright_texture(source)
        return self._images.texture(source)

    def _fbo(
        self, fbo: Fbo, box: tuple[float, float, float, float], alpha: float, colors: Colors | None
    ) -> None:
        targets = self._targets
        if targets.draws_into(fbo):
            raise ValueError("an Fbo cannot be drawn into itself")
        # Its first row is at the bottom.
        quad = replace(quad_at(self._state.matrix, *box), part=(0.0, 1.0, 1.0, 0.0))
        if colors is not None:
            table = self._tables.color_map(colors)
            texture = targets.surface(fbo).drawn.texture
            self._batch.mapped_picture(texture, table, quad, alpha, self._state.style.blend)
            return
        fades = alpha < 1 and targets.in_fbo
        self._batch.picture(targets.surface(fbo).drawn.texture, quad, alpha, self._state.style.blend, fades)


def _shows_classes(source: ImageSource, colors: Colors | None) -> bool:
    """Whether a picture is drawn by a palette: a map of classes is, and uint8 if it is asked for."""
    if not isinstance(source, np.ndarray):
        return False
    return is_classes(source) or (isinstance(colors, str) and colors == CLASSES)


def _proportioned(pixels: tuple[int, int], width: float | None, height: float | None) -> tuple[float, float]:
    """The size to draw a picture in when one or both sides are left out."""
    if width is not None:
        (width,) = floats(width=width)
    if height is not None:
        (height,) = floats(height=height)
    if width is None:
        width = pixels[0] if height is None else abs(height) * pixels[0] / pixels[1]
    if height is None:
        height = abs(width) * pixels[1] / pixels[0]
    return (width, height)


def _box(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    """Left, top, width and height of a box whose sides may go to the left or upward."""
    return (min(x, x + width), min(y, y + height), abs(width), abs(height))
