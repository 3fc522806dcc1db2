"""Paint a translucent rectangle over a picture that is kept, so that it fades completely to a color.

Blending cannot do it: eight bits have no step for the last levels, and dither that is blended is clamped at 0
and rounded before it is added. So the shader reads a copy of the picture.
"""

import moderngl

from sketch.ink.ink import Rgba
from sketch.render.gl.blend import BlendMode
from sketch.render.gl.programs import Programs, dither_moment
from sketch.render.gl.surfaces import Surface, of_size
from sketch.render.matrix import Box

_LEAST_PART = 0.25  # of the picture: each fade copies all of it, so smaller rectangles are drawn as shapes


def fades(box: Box, size: tuple[int, int]) -> bool:
    """Whether a rectangle covers a quarter or more of a picture of this size, in pixels."""
    wide = min(box[2], size[0]) - max(box[0], 0)
    high = min(box[3], size[1]) - max(box[1], 0)
    return wide > 0 and high > 0 and wide * high >= _LEAST_PART * size[0] * size[1]


def fade_of(color: Rgba, mode: BlendMode) -> tuple[Rgba, Rgba] | None:
    """What a color adds to a picture, and the share of the picture that it keeps; None if it is not a fade.

    Colors are premultiplied. If less than half is kept, blending reaches the color by itself.
    """
    alpha = color[3]
    # The goal is a level of eight bits: between two levels, the picture would flicker for ever.
    red, green, blue = (round(channel * 255) / 255 * alpha for channel in color[:3])
    left = 1 - alpha
    if mode == "alpha":
        added, kept = (red, green, blue, alpha), (left, left, left, left)
    elif mode == "multiply":
        added, kept = (0.0, 0.0, 0.0, 0.0), (red + left, green + left, blue + left, 1.0)
    else:
        return None
    return (added, kept) if 0.5 < min(kept) < 1 else None


class FadePainter:
    """Owns a copy of the picture that was faded last.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._programs = Programs(ctx)
        self._copy: Surface | None = None
        self._painted = 0

    def paint(self, box: Box, fade: tuple[Rgba, Rgba], size: tuple[int, int]) -> None:
        """Fade the framebuffer in use, which has 8 bits per channel; blending is off.

        Args:
            box: Where, in pixels.
            fade: What `fade_of` returned.
            size: Of the framebuffer, in pixels.
        """
        self._copied(self._ctx.fbo, size).use(0)
        program, vertices = self._programs.shipped("shapes/fade.frag")
        self._painted += 1
        program["box"] = (box[0], size[1] - box[3], box[2], size[1] - box[1])
        program["add"], program["keep"] = fade
        program["moment"] = dither_moment(self._painted)
        vertices.render(moderngl.TRIANGLE_STRIP, vertices=4)

    def release(self) -> None:
        """Release the GPU resources."""
        for part in filter(None, (self._copy, self._programs)):
            part.release()

    def _copied(self, target: moderngl.Framebuffer, size: tuple[int, int]) -> moderngl.Texture:
        self._copy = of_size(self._ctx, self._copy, size)
        # The clip of a target would clip the copy, too.
        self._copy.framebuffer.use()
        self._ctx.copy_framebuffer(self._copy.framebuffer, target)
        target.use()
        return self._copy.texture
