"""The canvas: what an author draws with."""

from collections.abc import Sequence
from typing import Any, cast

import moderngl

from sketch.ink.ink import Ink, Stroke, WetStroke
from sketch.render import checks
from sketch.render.batch import Batch
from sketch.render.blend import unset_blending
from sketch.render.color import ColorLike, parse_color
from sketch.render.image import ImageCache
from sketch.render.layers import InkLayers, layer_quad
from sketch.render.matrix import Matrix, apply_to_points, mean_scale, scaling
from sketch.render.stroke_rows import PixelBounds, PixelStroke
from sketch.render.text import TextCache
from sketch.render.vocabulary import Vocabulary


class Canvas(Vocabulary):
    """Draws into a framebuffer it is given.

    Coordinates are logical pixels: the origin is the top left corner and y grows downward. Angles are
    radians; positive ones turn clockwise on the screen. Every frame starts with the same style (white,
    filled, line width 1, blend mode "alpha") and no transform.

    Args:
        ctx: A moderngl context of OpenGL 3.3 or newer, current whenever the canvas is used.
        size: Width and height in logical pixels.
        pixel_ratio: Pixels of the framebuffer a logical pixel, such as 2.0 on a high-DPI screen.

    Raises:
        ValueError: A size or the ratio is not more than 0.
    """

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int], pixel_ratio: float = 1.0) -> None:
        super().__init__()
        self._ctx = ctx
        self._frame: moderngl.Framebuffer | None = None
        self._size, self._ratio, pixels = _measured(size, pixel_ratio)
        self._batch = Batch(ctx, pixels)
        self._layers = InkLayers(ctx, pixels)
        self._texts = TextCache(ctx)
        self._images = ImageCache(ctx)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in logical pixels."""
        return self._size

    @property
    def width(self) -> int:
        """Width in logical pixels."""
        return self._size[0]

    @property
    def height(self) -> int:
        """Height in logical pixels."""
        return self._size[1]

    @property
    def pixel_ratio(self) -> float:
        """Pixels of the framebuffer a logical pixel."""
        return self._ratio

    def begin(self, framebuffer: moderngl.Framebuffer) -> None:
        """Start a frame.

        Args:
            framebuffer: What is drawn into, of round(size × pixel ratio) pixels.

        Raises:
            RuntimeError: The last frame was not ended.
        """
        if self._frame is not None:
            raise RuntimeError("begin was called twice without an end")
        self._frame = framebuffer
        self._start(scaling(self._ratio, self._ratio))
        self._layers.sweep()
        self._use_frame(framebuffer)

    def end(self) -> None:
        """Draw what is still pending and finish the frame.

        Leaves the framebuffer in use with its whole viewport, and blending, depth test, culling and scissor
        off, so that others may draw in the same context.

        Raises:
            RuntimeError: There was no begin, or something pushed was not popped; the frame is drawn all the
                same.
        """
        framebuffer = self._open()
        try:
            self._batch.flush()
        finally:
            self._batch.drop()
            self._frame = None
            self._use_frame(framebuffer)
            unset_blending(self._ctx)
        unpopped = self._unpopped()
        if unpopped:
            raise RuntimeError(f"the frame ended with {unpopped} not popped")

    def resize(self, size: tuple[int, int], pixel_ratio: float = 1.0) -> None:
        """Take another size, between two frames. Layers of ink are painted anew.

        Raises:
            RuntimeError: A frame is being drawn.
            ValueError: A size or the ratio is not more than 0.
        """
        if self._frame is not None:
            raise RuntimeError("resize was called between begin and end")
        self._size, self._ratio, self._batch.size = _measured(size, pixel_ratio)
        self._layers.resize(self._batch.size)

    def release(self) -> None:
        """Give every GPU resource back. The canvas cannot be used afterwards."""
        for part in (self._batch, self._layers, self._texts, self._images):
            part.release()

    def background(self, *color: ColorLike) -> None:
        """Fill the whole frame with a color, whatever the transform and blend mode.

        Args:
            *color: As for `color`.
        """
        red, green, blue, alpha = parse_color(*color)
        framebuffer = self._open()
        self._batch.drop()
        framebuffer.clear(red * alpha, green * alpha, blue * alpha, alpha)

    def ink(self, ink: Ink, opacity: float = 1.0) -> None:
        """Draw an ink: finished strokes from a picture of them that is kept, wet ones as they are now.

        A finished stroke is painted once. All of them are painted again when strokes were changed or removed,
        or when the canvas has another size, transform or blend mode than last time.

        Args:
            ink: What to draw.
            opacity: Of the ink as a whole, 0..1.
        """
        checks.share(opacity=opacity)
        framebuffer = self._open()
        self._batch.flush()
        blend = self._style.blend
        wet = [_pixel_stroke(stroke, self._matrix) for stroke in ink.wet.values() if len(stroke)]

        def paint(strokes: Sequence[Stroke]) -> PixelBounds:
            return self._batch.strokes_now([_pixel_stroke(stroke, self._matrix) for stroke in strokes], blend)

        layer = self._layers.bake(ink, blend, self._matrix, paint)
        if wet and opacity < 1:
            # Wet ink over dry fades as one picture, as it will when it has dried.
            layer = self._layers.with_wet(layer, lambda: self._batch.strokes_now(wet, blend))
            wet = []
        framebuffer.use()
        if layer.bounds is not None:
            self._batch.layer(layer.texture, layer_quad(layer.bounds, self._batch.size), opacity, blend)
        for stroke in wet:
            self._batch.stroke(stroke, blend)

    def _open(self) -> moderngl.Framebuffer:
        if self._frame is None:
            raise RuntimeError("a canvas draws only between begin and end")
        return self._frame

    def _check_open(self) -> None:
        self._open()

    def _use_frame(self, framebuffer: moderngl.Framebuffer) -> None:
        framebuffer.use()
        framebuffer.viewport = (0, 0, *self._batch.size)
        framebuffer.scissor = cast(Any, None)  # allowed, though the stub does not say so
        self._ctx.wireframe = False


def _measured(size: tuple[int, int], pixel_ratio: float) -> tuple[tuple[int, int], float, tuple[int, int]]:
    """The size, the ratio, and the size in pixels."""
    width, height = size
    checks.positive(width=width, height=height, pixel_ratio=pixel_ratio)
    pixels = (max(1, round(width * pixel_ratio)), max(1, round(height * pixel_ratio)))
    return (int(width), int(height)), float(pixel_ratio), pixels


def _pixel_stroke(stroke: Stroke | WetStroke, matrix: Matrix) -> PixelStroke:
    """A stroke of an ink, transformed to pixels.

    Raises:
        ValueError: Its width or color does not fit its points.
    """
    count = len(stroke.points)
    width = checks.widths(stroke.width, count)
    if not isinstance(stroke.color, tuple) and stroke.color.shape != (count, 4):
        raise ValueError(
            f"the colors of a stroke of {count} points need shape ({count}, 4); got {stroke.color.shape}"
        )
    return PixelStroke(apply_to_points(matrix, stroke.points), width * (mean_scale(matrix) / 2), stroke.color)
