"""Ink for a canvas: a picture of the dry strokes, and the wet strokes on top of it."""

from collections.abc import Sequence

import moderngl

from sketch.ink.ink import Ink, Stroke
from sketch.render.batch import Batch
from sketch.render.checks import check_kind
from sketch.render.gl.blend import BlendMode, check_blend_mode, set_blending
from sketch.render.layers.ink import InkLayers
from sketch.render.layers.pictures import Look, Picture
from sketch.render.state import DrawingState
from sketch.render.strokes.pixels import ink_stroke
from sketch.scalars import clamped


class InkDrawing:
    """Draws each ink as a layer.

    Args:
        ctx: The context to draw in.
        state: Style and coordinates.
        batch: Paints wet strokes.
        layers: Keeps the pictures of dry strokes.
    """

    def __init__(self, ctx: moderngl.Context, state: DrawingState, batch: Batch, layers: InkLayers) -> None:
        self._ctx = ctx
        self._state = state
        self._batch = batch
        self._layers = layers

    def draw(self, ink: Ink, opacity: float, blend: BlendMode | None) -> None:
        """See `Canvas.ink`."""
        opacity = clamped("opacity", opacity)
        check_kind(ink, Ink, "ink needs an Ink, such as self.ink")
        current, matrix = self._state.style.blend, self._state.matrix
        mode = current if blend is None else check_blend_mode(blend)
        framebuffer, ground = self._batch.opened(), self._batch.ground
        self._batch.flush()
        look = Look(matrix, self._batch.size, current if blend is None else "alpha")
        layer = self._layers.update(ink, look, self.paint_dry)
        live = [*layer.late, *(stroke.with_tip() for stroke in ink.wet.values() if len(stroke))]
        wet = [ink_stroke(stroke, matrix) for stroke in live]
        if layer.picture.look.mode != look.mode:
            mode = layer.picture.look.mode  # an old picture still shows as it was painted
        if wet and (opacity < 1 or blend is not None):
            # Wet ink and dry are blended as one picture, as they will be when both are dry.
            def paint():
                return self._batch.strokes_now(wet, look.mode, look.size)

            self._show(framebuffer, self._layers.with_wet(layer.picture, look, paint), look, opacity, mode)
            return
        whole = self._layers.on_ground(layer, look, ground) if ground and opacity == 1 else None
        if whole is not None and mode == "alpha":
            framebuffer.use()
            self._ctx.copy_framebuffer(framebuffer, whole.framebuffer)
        else:
            self._show(framebuffer, layer.picture, look, opacity, mode)
        for stroke in wet:
            self._batch.stroke(stroke, look.mode)

    def paint_dry(self, strokes: Sequence[Stroke], look: Look) -> None:
        """Paint dry strokes into the framebuffer in use."""
        pixels = [ink_stroke(stroke, look.matrix) for stroke in strokes]
        self._batch.strokes_now(pixels, look.mode, look.size)

    def _show(
        self, framebuffer: moderngl.Framebuffer, picture: Picture, look: Look, opacity: float, mode: BlendMode
    ) -> None:
        framebuffer.use()
        set_blending(self._ctx, mode)
        self._layers.painter.show(picture, look, opacity)
