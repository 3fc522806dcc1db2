"""Where a canvas draws: the frame, an Fbo for a while, or a part of either."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

import moderngl

from sketch.render.batch import Batch
from sketch.render.checks import check_kind
from sketch.render.gl.surfaces import from_below
from sketch.render.images.fbo import Fbo, FboSurface, FboSurfaces
from sketch.render.matrix import Matrix, scaling, upright_box
from sketch.render.state import DrawingState
from sketch.scalars import floats, number, sides

Clip: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""

_FAR_OUT = 1e6


@dataclass(frozen=True, slots=True)
class Target:
    """What is drawn into, and how large it is.

    Attributes:
        framebuffer: What is drawn into, or None between two frames.
        size: In logical pixels.
        ratio: Pixels per logical pixel.
        pixels: Width and height in pixels.
        clip: The part that may be touched, or None for all of it.
        kept: Whether it still shows what earlier frames drew.
    """

    framebuffer: moderngl.Framebuffer | None
    size: tuple[int, int]
    ratio: float
    pixels: tuple[int, int]
    clip: Clip | None = None
    kept: bool = False


def measured(size: tuple[int, int], pixel_ratio: float) -> Target:
    """The target of a canvas of this size, still without a framebuffer; sides are rounded, and at least 1.

    Raises:
        ValueError: A number is not finite, or the ratio is not more than 0.
        TypeError: A size or the ratio is not a number.
    """
    width, height = sides("size", size)
    ratio = number("pixel_ratio", pixel_ratio)
    if ratio <= 0:
        raise ValueError(f"pixel_ratio must be more than 0; got {pixel_ratio!r}")
    pixels = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return Target(None, (width, height), ratio, pixels)


class Targets:
    """The target in use, and those that it interrupts.

    Args:
        ctx: The context to draw in.
        state: Starts fresh in every Fbo.
        batch: Draws what is pending before the target changes.
        fbos: Where Fbos are on the GPU.
        target: The first one.

    Attributes:
        current: What is drawn into.
    """

    def __init__(
        self, ctx: moderngl.Context, state: DrawingState, batch: Batch, fbos: FboSurfaces, target: Target
    ) -> None:
        self.current = target
        self._ctx = ctx
        self._state = state
        self._batch = batch
        self._fbos = fbos
        self._outer: list[Target] = []

    @property
    def frame(self) -> Target:
        """The frame, even while an Fbo is drawn into."""
        return self._outer[0] if self._outer else self.current

    @property
    def in_fbo(self) -> bool:
        """Whether an Fbo is drawn into."""
        return bool(self._outer)

    @contextmanager
    def into(self, fbo: Fbo) -> Generator[None]:
        """See `Canvas.into`."""
        check_kind(fbo, Fbo, "into needs an Fbo")
        self._batch.opened()
        if self.draws_into(fbo):
            raise ValueError("this Fbo is being drawn into already")
        surface = self.surface(fbo)
        self._batch.flush()
        ratio = fbo.ratio(self.frame.ratio)
        saved, frame = self._state.saved(), self._state.frames
        self._outer.append(self.current)
        self.aim(Target(surface.drawn.framebuffer, fbo.size, ratio, surface.drawn.size, kept=True))
        self._state.start(scaling(ratio, ratio))
        try:
            yield
            unpopped = self._state.unpopped()
            if unpopped:
                raise RuntimeError(f"drawing into an Fbo ended with {unpopped} not popped")
        finally:
            surface.upright_is_old = True
            if frame == self._state.frames:
                try:
                    self._batch.flush()
                finally:
                    self._state.restore(saved)
                    self.aim(self._outer.pop())

    @contextmanager
    def clip(self, x: float, y: float, width: float, height: float) -> Generator[None]:
        """See `Canvas.clip`."""
        x, y, width, height = floats(x=x, y=y, width=width, height=height)
        self._batch.opened()
        outer = self.current
        box = _clip_box(self._state.matrix, x, y, width, height)
        within = outer.clip or (0, 0, *outer.pixels)
        frame = self._state.frames
        self._batch.flush()
        self.aim(replace(outer, clip=_intersection(box, within)))
        try:
            yield
        finally:
            if frame == self._state.frames:
                try:
                    self._batch.flush()
                finally:
                    self.aim(outer)

    def draws_into(self, fbo: Fbo) -> bool:
        """Whether an Fbo is drawn into, directly or while another one interrupts it."""
        if not self._outer:
            return False
        framebuffer = self.surface(fbo).drawn.framebuffer
        return any(target.framebuffer is framebuffer for target in (*self._outer, self.current))

    def surface(self, fbo: Fbo) -> FboSurface:
        """Where an Fbo is on the GPU: the same whether the frame or another Fbo is drawn into."""
        return self._fbos.get(fbo, self.frame.ratio)

    def upright_texture(self, fbo: Fbo) -> moderngl.Texture:
        """The picture of an Fbo as shaders read it, its first row on top: a copy made when it changed."""
        if self.draws_into(fbo):
            raise ValueError("an Fbo cannot be drawn into itself")
        surface = self.surface(fbo)
        self._batch.flush()
        texture = self._fbos.upright(surface, self._batch.copy)
        self.use(self._batch.opened())
        return texture

    def aim(self, target: Target) -> None:
        """Draw into a target from now on."""
        self.current = target
        self._batch.framebuffer, self._batch.size = target.framebuffer, target.pixels
        if target.framebuffer is not None:
            self.use(target.framebuffer)

    def abandon(self) -> None:
        """Leave every Fbo and clip, and the frame."""
        frame = self.frame
        self._outer.clear()
        self.aim(replace(frame, framebuffer=None, clip=None))
        if frame.framebuffer is not None:
            self.use(frame.framebuffer)

    def use(self, framebuffer: moderngl.Framebuffer) -> None:
        """Give OpenGL a framebuffer of the current target's size, and the current clip."""
        framebuffer.use()
        framebuffer.viewport = (0, 0, *self._batch.size)
        clip = self.current.clip
        # The stub does not say that None is allowed; OpenGL counts rows from the bottom.
        framebuffer.scissor = cast(Any, clip and from_below(clip, self._batch.size[1]))
        self._ctx.wireframe = False


def _clip_box(matrix: Matrix, x: float, y: float, width: float, height: float) -> Clip:
    box = upright_box(matrix, x, y, width, height)
    if box is None:
        raise ValueError("clip needs upright coordinates; these are turned")
    left, top, right, bottom = map(_pixel, box)
    return (left, top, right, bottom)


def _pixel(place: float) -> int:
    """The nearest whole pixel; far out, one that is surely past every frame."""
    return round(min(max(place, -_FAR_OUT), _FAR_OUT)) if place == place else 0


def _intersection(one: Clip, other: Clip) -> Clip:
    left, top = min(max(one[0], other[0]), other[2]), min(max(one[1], other[1]), other[3])
    return (left, top, max(left, min(one[2], other[2])), max(top, min(one[3], other[3])))
