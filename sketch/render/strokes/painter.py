"""Paint strokes: upload their rows and draw the segments of a batch in few calls."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import moderngl

from sketch.render.gl.blend import BlendMode, set_blending
from sketch.render.matrix import Matrix
from sketch.render.strokes.bands import BandPainter, BandRuns
from sketch.render.strokes.buffers import RetainedStroke, StrokeBuffers
from sketch.render.strokes.flat import FlatPicture
from sketch.render.strokes.joints import PixelStroke
from sketch.render.strokes.look import StrokeLook
from sketch.render.strokes.programs import StrokeProgram, StrokePrograms, set_uniforms
from sketch.render.strokes.rows import (
    PixelBounds,
    Run,
    StrokeRows,
    parts,
    past_rows,
    pixel_bounds,
    runs_of,
)

_THIN = 0.75
"""Radius in pixels below which both edges of a line may cross the same pixel."""


class StrokePainter:
    """Draws strokes.

    Args:
        ctx: The context to draw in.

    Attributes:
        programs: The compiled programs, with the errors of brushes that did not compile.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self.programs = StrokePrograms(ctx)
        self._buffers = StrokeBuffers(ctx)
        self._bands = BandPainter(ctx)
        self._flat = FlatPicture(ctx)

    def paint(self, strokes: Sequence[PixelStroke], size: tuple[int, int], blend: BlendMode) -> PixelBounds:
        """Draw strokes, in order, into the framebuffer in use.

        Args:
            strokes: Of any looks.
            size: Of the framebuffer, in pixels.
            blend: How they are combined with what is already drawn; "alpha" leaves it to their brushes.

        Returns:
            The part of the framebuffer they may touch.
        """
        bounds: list[PixelBounds] = []
        seen = [_seen(stroke, blend) for stroke in strokes if not _is_nothing(stroke)]
        for look, alike in groupby(seen, key=lambda stroke: stroke.look):
            group = list(alike)
            if look.flat:
                mode = _mode(look, blend)
                bounds += self._flat.paint(group, look, size, mode, self._paint_alike)
            else:
                set_blending(self._ctx, _mode(look, blend))
                bounds.append(self._paint_alike(group, look, size))
        return _union(bounds)

    def paint_kept(
        self, kept: RetainedStroke, matrix: Matrix, time: float, size: tuple[int, int], blend: BlendMode
    ) -> None:
        """Draw a kept stroke into the framebuffer in use; see `paint`."""
        pixels, layout = kept.placed(matrix, time)

        def paint(_: Sequence[PixelStroke], look: StrokeLook, size: tuple[int, int]) -> PixelBounds:
            self._draw(kept.buffers, layout, size)
            return pixel_bounds(layout.rows, look)

        mode = _mode(layout.look, blend)
        if layout.look.flat:
            self._flat.paint([pixels], layout.look, size, mode, paint)
        else:
            set_blending(self._ctx, mode)
            paint([pixels], layout.look, size)

    def check(self, look: StrokeLook) -> None:
        """Compile a new brush, so that an error is raised where it is used.

        Raises:
            ShaderError: It does not compile and never did; the message names file and line.
        """
        if look.brush is not None:
            self.programs.get(look.brush, _defines(look, Run(0, 0, sharp=False), thin=False, even=False))

    def release(self) -> None:
        """Release the GPU resources."""
        for part in (self.programs, self._buffers, self._bands, self._flat):
            part.release()

    def _paint_alike(
        self, strokes: Sequence[PixelStroke], look: StrokeLook, size: tuple[int, int]
    ) -> PixelBounds:
        touched: list[PixelBounds] = []
        for part, layout in parts(strokes, look):
            if len(layout.rows):
                made = self._bands.laid_out(layout, _THIN)
                if made is None or not made.alone:
                    self._buffers.upload(part, layout)
                self._draw(self._buffers, layout, size, made)
            touched.append(pixel_bounds(layout.rows, look))
        return _union(touched)

    def _draw(
        self, buffers: StrokeBuffers, layout: StrokeRows, size: tuple[int, int], made: BandRuns | None = None
    ) -> None:
        """Draw uploaded rows with the current blending into the current framebuffer."""
        look, runs = layout.look, made.runs if made else runs_of(layout.drawn)
        if look.shape is not None or any(run.sharp for run in runs):
            buffers.past.upload(past_rows(layout.rows, flagged=look.shape is not None))
            buffers.past.texture.use(0)
        thin = bool(layout.rows[:, 2].min() < _THIN) if runs else False
        start = layout.span[0] if layout.span else 0
        for run in runs:
            if made and run.banded:
                self._bands.draw(made.bands, run, size)
                continue
            first = run.first + start
            variant = self.programs.get(look.brush, _defines(look, run, thin, layout.even))
            _set(variant, look, first, size)
            # OpenGL 3.3 cannot start at an instance other than the first, so the attributes start there.
            buffers.bind(variant, first)
            variant.vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=run.count)


def _is_nothing(stroke: PixelStroke) -> bool:
    """Whether it has no width; the shaders would draw it as thin as they can."""
    return isinstance(stroke.radius, float) and stroke.radius <= 0


def _seen(stroke: PixelStroke, blend: BlendMode) -> PixelStroke:
    """The stroke, drawn without a separate picture if it is opaque, since crossings cannot darken then."""
    look = stroke.look
    if not look.flat or look.brush is not None or blend != "alpha":
        return stroke
    alpha = stroke.rgba[3] if isinstance(stroke.rgba, tuple) else stroke.rgba[:, 3].min()
    return replace(stroke, look=replace(look, flat=False)) if alpha >= 1 else stroke


def _mode(look: StrokeLook, blend: BlendMode) -> BlendMode:
    return look.brush.blend if look.brush and blend == "alpha" else blend


def _union(bounds: Sequence[PixelBounds]) -> PixelBounds:
    """The smallest rectangle around all that are not empty."""
    real = [box for box in bounds if box[2] > box[0] and box[3] > box[1]]
    if not real:
        return (0, 0, 0, 0)
    lefts, tops, rights, bottoms = zip(*real, strict=True)
    return (min(lefts), min(tops), max(rights), max(bottoms))


def _defines(look: StrokeLook, run: Run, thin: bool, even: bool) -> tuple[str, ...]:
    # A software driver executes both sides of a branch, so rare features have separate programs.
    shaped = ("SHAPED",) if look.shape is not None else ()
    if run.sharp:
        return (*shaped, "LOOK_BACK", "THIN")
    if shaped:
        return shaped
    return (*(("THIN",) if thin else ()), *(("EVEN",) if even and look.brush is None else ()))


def _set(variant: StrokeProgram, look: StrokeLook, first: int, size: tuple[int, int]) -> None:
    program = variant.program
    given: dict[str, Any] = {"size": size, "first": first, "shape": look.shape}
    if look.brush is not None:
        given |= {"time": look.time, "unit": look.unit, "page": size}
        set_uniforms(variant, look.brush)
    for name, value in given.items():
        if name in program and value is not None:
            program[name] = value
