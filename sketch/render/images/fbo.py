"""Pictures to draw into, kept from frame to frame."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias
from weakref import ref

import moderngl

from sketch.render.gl.surfaces import Surface, new_surface
from sketch.scalars import number, rounded

Copy: TypeAlias = Callable[[moderngl.Texture, tuple[int, int]], None]
"""Paint a texture, upside down, over all of the framebuffer in use, of this size."""


class Fbo:
    """A picture that a canvas draws into, and draws: for trails, masks, or costly scenes that seldom change.

        self.trails = Fbo(640, 480)             # in setup
        with canvas.into(self.trails):          # in draw
            canvas.circle(self.mouse_x, self.mouse_y, 5)
        canvas.image(self.trails, 0, 0)

    It is clear at first and keeps what was drawn in it.

    Args:
        width: In logical pixels, rounded and at least 1.
        height: In logical pixels, rounded and at least 1.
        pixel_ratio: Pixels per logical pixel, more than 0; those of the canvas if left out.

    Raises:
        ValueError: A number is not finite, or the ratio not more than 0.
        TypeError: It is not a number.
    """

    def __init__(self, width: float, height: float, pixel_ratio: float | None = None) -> None:
        self._size = (rounded("width", width), rounded("height", height))
        self._ratio = None if pixel_ratio is None else number("pixel_ratio", pixel_ratio)
        if self._ratio is not None and self._ratio <= 0:
            raise ValueError(f"pixel_ratio must be more than 0; got {pixel_ratio!r}")

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

    def ratio(self, canvas_ratio: float) -> float:
        """Pixels per logical pixel on a canvas with this ratio."""
        return canvas_ratio if self._ratio is None else self._ratio


@dataclass(slots=True, eq=False)
class FboSurface:
    """An Fbo on the GPU, its colors premultiplied, its first row at the bottom."""

    owner: "ref[Fbo]"
    drawn: Surface
    upright: Surface | None = None
    upright_is_old: bool = True

    def release(self) -> None:
        """Release all."""
        for surface in filter(None, (self.drawn, self.upright)):
            surface.release()


class FboSurfaces:
    """The surfaces of every Fbo that a canvas uses.

    Args:
        ctx: The context to allocate in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._kept: dict[int, FboSurface] = {}

    def get(self, fbo: Fbo, canvas_ratio: float) -> FboSurface:
        """The surface of an Fbo, with what was drawn there; clear if it is new or the pixel ratio changed.

        Raises:
            ValueError: It is larger than the driver allows.
        """
        ratio = fbo.ratio(canvas_ratio)
        pixels = (max(1, round(fbo.width * ratio)), max(1, round(fbo.height * ratio)))
        found = self._kept.get(id(fbo))
        # An Fbo that is gone may have had the same address.
        if found is not None and found.owner() is fbo and found.drawn.size == pixels:
            return found
        largest = int(self._ctx.info["GL_MAX_TEXTURE_SIZE"])
        if max(pixels) > largest:
            raise ValueError(
                f"an Fbo may measure {largest} x {largest} pixels here; got {pixels[0]} x {pixels[1]}"
            )
        if found is not None:
            found.release()
        self._kept[id(fbo)] = made = FboSurface(ref(fbo), new_surface(self._ctx, pixels))
        made.drawn.framebuffer.clear()
        return made

    def upright(self, surface: FboSurface, copy: Copy) -> moderngl.Texture:
        """A copy of a surface whose first row is on top, repainted if it is out of date.

        Leaves another framebuffer in use.
        """
        if surface.upright is None:
            surface.upright = new_surface(self._ctx, surface.drawn.size)
        if surface.upright_is_old:
            surface.upright.framebuffer.use()
            copy(surface.drawn.texture, surface.drawn.size)
            surface.upright_is_old = False
        return surface.upright.texture

    def forget(self) -> None:
        """Release the surfaces of Fbos that are gone: not in a finalizer, which may have no context."""
        for key in [key for key, surface in self._kept.items() if surface.owner() is None]:
            self._kept.pop(key).release()

    def release(self) -> None:
        """Release every surface."""
        for surface in self._kept.values():
            surface.release()
        self._kept.clear()
