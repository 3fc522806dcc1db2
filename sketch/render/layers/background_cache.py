"""Keep a plain background with ink on it, so that a frame that begins with both is one copy.

For a software driver, blending a picture over a whole frame takes many times as long as copying one.
"""

from dataclasses import dataclass

import moderngl

from sketch.ink.ink import Rgba
from sketch.render.gl.blend import set_blending
from sketch.render.layers.boxes import intersection, rows_of
from sketch.render.layers.pictures import Look, Picture, PicturePainter, new_picture


@dataclass(slots=True, eq=False)
class Ground:
    """What an ink looks like on a plain color.

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
    if ground.picture is None or ground.picture.size != look.size:
        ground.release()
        ground.look, ground.picture = None, new_picture(ctx, look)
    whole, changed = (0, 0, *look.size), ink.take_damage()
    if ground.source is not ink or ground.look != look or (look != ink.look and changed.any()):
        ground.source, ground.look = ink, look
        ground.picture.fill(ground.color, whole)
        with ground.picture.painting(whole):
            set_blending(ctx, "alpha")
            painter.show(ink, look, 1.0)
    elif changed.any():
        for box in rows_of(changed).astype(int).tolist():
            ground.picture.fill(ground.color, intersection(whole, box))
        with ground.picture.painting(whole):
            set_blending(ctx, "alpha")
            painter.show_cells(ink, changed)
    return ground.picture
