"""Paints a faint rectangle over a picture that is kept, so that it fades all the way to a color."""

from typing import TypeAlias

import moderngl

from sketch.ink.ink import Rgba
from sketch.render.gl.blend import BlendMode
from sketch.render.gl.programs import Drawable, Programs, golden_moment
from sketch.render.matrix import Matrix, apply

PixelBox: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels."""

_LEAST_PART = 0.25  # of the picture: as each veil copies all of it, smaller ones are drawn as shapes


def veil_box(matrix: Matrix, x: float, y: float, width: float, height: float) -> PixelBox | None:
    """Where an upright rectangle is, in pixels; None if it is turned."""
    a, b, c, d, _, _ = matrix
    if not (b == c == 0 or a == d == 0):
        return None
    x1, y1 = apply(matrix, x, y)
    x2, y2 = apply(matrix, x + width, y + height)
    return (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def is_veil(box: PixelBox, size: tuple[int, int]) -> bool:
    """Whether it covers a quarter or more of a picture of this size."""
    wide = min(box[2], size[0]) - max(box[0], 0)
    high = min(box[3], size[1]) - max(box[1], 0)
    return wide > 0 and high > 0 and wide * high >= _LEAST_PART * size[0] * size[1]


def veil_of(color: Rgba, mode: BlendMode) -> tuple[Rgba, Rgba] | None:
    """What a color adds to what is there, and the share of that which it keeps; None where nothing fades.

    Alpha is premultiplied. Below half, eight bits have no step for the last levels of what fades.
    """
    alpha = color[3]
    # What it fades to is a level of eight bits: between two, the picture would never rest.
    red, green, blue = (round(channel * 255) / 255 * alpha for channel in color[:3])
    left = 1 - alpha
    if not 0 < alpha < 1:
        kept = None if mode != "multiply" or alpha == 0 else (red, green, blue, 1.0)
        added = (0.0, 0.0, 0.0, 0.0)
    elif mode == "alpha":
        added, kept = (red, green, blue, alpha), (left, left, left, left)
    elif mode == "multiply":
        added, kept = (0.0, 0.0, 0.0, 0.0), (red + left, green + left, blue + left, 1.0)
    else:
        return None
    return (added, kept) if kept is not None and min(kept) > 0.5 and min(kept) < 1 else None


class VeilPainter:
    """Owns a copy of the picture that was faded last.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._programs = Programs(ctx)
        self._copy: moderngl.Framebuffer | None = None
        self._painted = 0

    def paint(self, box: PixelBox, veil: tuple[Rgba, Rgba], size: tuple[int, int]) -> None:
        """Lay a veil over the framebuffer in use, of this size, which has 8 bits a channel; blending is off.

        Args:
            box: Where.
            veil: As `veil_of` says.
            size: Of the framebuffer, in pixels.
        """
        target = self._ctx.fbo
        copy = self._copied(target, size)
        program, vertices = self._drawable
        copy.color_attachments[0].use(0)  # type: ignore[union-attr]
        self._painted += 1
        program["box"] = (box[0], size[1] - box[3], box[2], size[1] - box[1])
        program["add"], program["keep"] = veil
        program["moment"] = golden_moment(self._painted)
        vertices.render(moderngl.TRIANGLE_STRIP, vertices=4)

    def release(self) -> None:
        """Give the GPU's resources back."""
        self._forget()
        self._programs.release()

    @property
    def _drawable(self) -> Drawable:
        return self._programs.shipped("veil.frag")

    def _copied(self, target: moderngl.Framebuffer, size: tuple[int, int]) -> moderngl.Framebuffer:
        if self._copy is None or self._copy.size != size:
            self._forget()
            self._copy = self._ctx.framebuffer([self._ctx.texture(size, 4)])
        # A target that is clipped would clip what is copied, too.
        self._copy.use()
        self._ctx.copy_framebuffer(self._copy, target)
        target.use()
        return self._copy

    def _forget(self) -> None:
        if self._copy is not None:
            for texture in self._copy.color_attachments:
                texture.release()
            self._copy.release()
            self._copy = None
