"""Pictures of strokes: textures to paint on and to show, and which of their cells are not empty."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, cast

import moderngl
import numpy as np

from sketch.ink.ink import Rgba, Stroke
from sketch.render.gl.blend import BlendMode, empty_layer, set_blending
from sketch.render.gl.surfaces import BoxPainter, Surface, from_below, new_surface
from sketch.render.layers.boxes import (
    Cells,
    intersection,
    mark,
    mark_stroke,
    no_cells,
    rows_of,
    unmark,
)
from sketch.render.matrix import Matrix, inverse, multiply
from sketch.render.shapes.quads import QuadPainter, quad_at
from sketch.render.strokes.rows import PixelBounds


@dataclass(frozen=True, slots=True)
class Look:
    """Matrix, size and blend mode that a picture is painted for.

    Attributes:
        matrix: From logical coordinates to pixels.
        size: Of the frame, in pixels.
        mode: How its strokes blend with each other.
    """

    matrix: Matrix
    size: tuple[int, int]
    mode: BlendMode


PaintStrokes: TypeAlias = Callable[[Sequence[Stroke], Look], None]
"""Paint strokes into the framebuffer in use."""


@dataclass(slots=True, eq=False)
class Picture:
    """Strokes on a texture of premultiplied colors.

    Attributes:
        look: What it was painted for.
        surface: Its texture.
        cells: The cells that may hold paint.
        damage: The cells that changed since the last `take_damage`.
    """

    look: Look
    surface: Surface
    cells: Cells = field(init=False)
    damage: Cells = field(init=False)

    def __post_init__(self) -> None:
        self.clear(self.look)

    @property
    def framebuffer(self) -> moderngl.Framebuffer:
        """To paint on."""
        return self.surface.framebuffer

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.look.size

    def clear(self, look: Look, within: PixelBounds | None = None) -> None:
        """Clear it for a look of the same size, in a part of the texture or everywhere."""
        self.look, self.cells, self.damage = look, no_cells(self.size), ~no_cells(self.size)
        self.fill(empty_layer(look.mode), within or (0, 0, *self.size))

    def add(self, strokes: Sequence[Stroke], paint: PaintStrokes, within: PixelBounds | None = None) -> None:
        """Paint strokes on top, only within a rectangle if there is one. Leaves its framebuffer in use."""
        if not strokes:
            return
        frame = within or (0, 0, *self.size)
        with self.painting(frame):
            paint(strokes, self.look)
        painted, inside = no_cells(self.size), no_cells(self.size)
        mark(inside, frame)
        for stroke in strokes:
            mark_stroke(painted, stroke, self.look.matrix)
        self.cells |= painted & inside
        self.damage |= painted & inside

    def fill(self, color: Rgba, within: PixelBounds) -> None:
        """Fill a rectangle with a premultiplied color."""
        self.framebuffer.clear(color=color, viewport=from_below(within, self.size[1]))

    @contextmanager
    def painting(self, within: PixelBounds) -> Generator[None]:
        """Paint on this picture for the length of a `with` block, inside a rectangle only."""
        self.framebuffer.scissor = from_below(within, self.size[1])
        self.framebuffer.use()
        try:
            yield
        finally:
            self.framebuffer.scissor = cast(Any, None)  # allowed, though the stub does not declare it

    def take_damage(self) -> Cells:
        """The cells that changed since the last call."""
        damage, self.damage = self.damage, no_cells(self.size)
        return damage

    def release(self) -> None:
        """Release the texture."""
        self.surface.release()


def blank_picture(
    ctx: moderngl.Context, old: Picture | None, look: Look, within: PixelBounds | None = None
) -> Picture:
    """An empty picture: an old one that is no longer needed, if it has the size, or a new one.

    Args:
        ctx: The context to allocate in.
        old: Cleared or released.
        look: What will be painted.
        within: The part to clear of an old one; all of it if left out.
    """
    if old is not None and old.size == look.size:
        old.clear(look, within)
        return old
    if old is not None:
        old.release()
    surface = new_surface(ctx, look.size)
    # Only an old picture is stretched, and smoothing would take a software driver three times as long.
    surface.texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
    return Picture(look, surface)


class PicturePainter:
    """Draws pictures on a frame or on each other.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._boxes = BoxPainter(ctx)
        self._moved = QuadPainter(ctx, "shapes/picture.frag")

    def show_cells(self, picture: Picture, cells: Cells) -> None:
        """Draw some cells of a picture, with the current blending, pixel by pixel."""
        self._boxes.paint(picture.surface, rows_of(cells & picture.cells))

    def show(self, picture: Picture, look: Look, opacity: float) -> None:
        """Draw a picture, with the current blending, in the place for a look.

        A picture that was painted for that look is drawn pixel by pixel, without empty cells. A picture for
        another matrix or size, which is old, is moved and stretched to its place.
        """
        if (picture.look.matrix, picture.size) == (look.matrix, look.size):
            self._boxes.paint(picture.surface, rows_of(picture.cells), opacity)
            return
        back = inverse(picture.look.matrix)
        if back is not None:
            width, height = picture.size
            where = quad_at(multiply(look.matrix, back), 0, 0, width, height)
            upside_down = replace(where, part=(0.0, 1.0, 1.0, 0.0))  # the texture has its last row first
            self._moved.paint(picture.surface.texture, upside_down, (0.0, 0.0, 0.0, opacity), look.size)

    def copy(self, source: Picture, target: Picture, box: PixelBounds) -> None:
        """Copy a rectangle of a picture of the same size that is empty elsewhere.

        Leaves the target in use.
        """
        target.framebuffer.use()
        self._ctx.enable_only(moderngl.NOTHING)
        self._boxes.paint(source.surface, np.array((box,), dtype=np.float32))
        unmark(target.cells, box, target.size)
        target.cells |= source.cells
        mark(target.damage, box)

    def release(self) -> None:
        """Release the GPU resources."""
        self._boxes.release()
        self._moved.release()


@dataclass(slots=True, eq=False)
class Ground:
    """What an ink looks like on a plain color, so that a frame that begins with both is one copy.

    For a software driver, blending a picture over a whole frame takes many times as long as copying one.

    Attributes:
        color: Of the background, opaque.
        source: The picture of the ink on it.
        look: The look that it was drawn for.
        picture: Both together; None while the color changes from frame to frame.
    """

    color: Rgba
    source: Picture | None = None
    look: Look | None = None
    picture: Picture | None = None

    def release(self) -> None:
        """Release the texture."""
        if self.picture is not None:
            self.picture.release()
            self.picture = None


def refreshed(
    ctx: moderngl.Context, ground: Ground, ink: Picture, look: Look, painter: PicturePainter
) -> Picture:
    """The picture of a background with an ink on it; only what changed since the last time is drawn.

    Leaves another framebuffer in use.
    """
    picture, whole, changed = ground.picture, (0, 0, *look.size), ink.take_damage()
    if picture is None or picture.size != look.size:
        picture = ground.picture = blank_picture(ctx, picture, look)
    if ground.source is not ink or ground.look != look or (look != ink.look and changed.any()):
        ground.source, ground.look = ink, look
        picture.fill(ground.color, whole)
        with picture.painting(whole):
            set_blending(ctx, "alpha")
            painter.show(ink, look, 1.0)
    elif changed.any():
        for box in rows_of(changed).astype(int).tolist():
            picture.fill(ground.color, intersection(whole, box))
        with picture.painting(whole):
            set_blending(ctx, "alpha")
            painter.show_cells(ink, changed)
    return picture
