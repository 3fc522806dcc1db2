"""Where a canvas draws: the frame, an Fbo for a while, or a part of either."""

from abc import ABC
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import moderngl
import numpy as np

from sketch.render.batch import Batch
from sketch.render.images.fbo import Fbo, FboSurface, FboSurfaces
from sketch.render.images.image import Image
from sketch.render.matrix import Matrix, scaling, upright_box
from sketch.render.state import DrawingState
from sketch.scalars import floats, number, short, sides

Clip = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""


_FAR_OUT = 1e6


@dataclass(frozen=True, slots=True)
class Target:
    """What is drawn into, and how large it is.

    Attributes:
        framebuffer: What is drawn into, or None between two frames.
        size: In logical pixels.
        ratio: Pixels a logical pixel.
        pixels: Width and height in pixels.
        clip: The part that may be touched, or None for all of it.
        kept: Whether what is in it was drawn in earlier frames and is drawn over.
    """

    framebuffer: moderngl.Framebuffer | None
    size: tuple[int, int]
    ratio: float
    pixels: tuple[int, int]
    clip: Clip | None = None
    kept: bool = False


def measured(size: tuple[int, int], pixel_ratio: float) -> Target:
    """What a canvas of this size draws into, but for the framebuffer; sides are rounded, and at least 1.

    Raises:
        ValueError: A number is not finite, or the ratio is not more than 0.
        TypeError: What should be a number is none.
    """
    width, height = sides("size", size)
    ratio = number("pixel_ratio", pixel_ratio)
    if ratio <= 0:
        raise ValueError(f"pixel_ratio must be more than 0; got {pixel_ratio!r}")
    pixels = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return Target(None, (width, height), ratio, pixels)


class Targets(DrawingState, ABC):
    """The half of a canvas that knows where paint goes."""

    _ctx: moderngl.Context
    _batch: Batch
    _fbos: FboSurfaces

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target = target
        self._kept = target.kept  # at hand for every rectangle
        self._outer: list[Target] = []

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what is drawn into, in logical pixels."""
        return self._target.size

    @property
    def width(self) -> int:
        """Width of what is drawn into, in logical pixels."""
        return self._target.size[0]

    @property
    def height(self) -> int:
        """Height of what is drawn into, in logical pixels."""
        return self._target.size[1]

    @property
    def pixel_ratio(self) -> float:
        """Pixels of what is drawn into a logical pixel."""
        return self._target.ratio

    @contextmanager
    def into(self, fbo: Fbo) -> Generator[None]:
        """Draw into an Fbo for the length of a `with` block.

        Style and coordinates start fresh in it, as at the start of a frame, and are put back afterwards.

        Raises:
            TypeError: It is no Fbo.
            ValueError: It is larger than the driver allows, or is being drawn into already.
            RuntimeError: At the end: something pushed in it was not popped.
        """
        self._check_fbo(fbo)
        surface = self._surface(fbo)
        self._batch.flush()
        ratio = fbo.ratio(self._frame_ratio)
        inner = Target(surface.framebuffer, fbo.size, ratio, surface.pixels, kept=True)
        kept, frame = self._state(), self._frames
        self._outer.append(self._target)
        self._aim(inner)
        self._start(scaling(ratio, ratio))
        try:
            yield
            unpopped = self._unpopped()
            if unpopped:
                raise RuntimeError(f"drawing into an Fbo ended with {unpopped} not popped")
        finally:
            surface.upright_is_old = True
            if frame == self._frames:
                try:
                    self._batch.flush()
                finally:
                    self._put_back(kept)
                    self._aim(self._outer.pop())

    @contextmanager
    def clip(self, x: float, y: float, width: float, height: float) -> Generator[None]:
        """Draw within a rectangle alone for the length of a `with` block; within another one, in both.

        Its edges are those of whole pixels.

        Args:
            x: Left, or right where the width is negative.
            y: Top, or bottom where the height is negative.
            width: To the right.
            height: Downward.

        Raises:
            ValueError: A number is not finite, or the coordinates are turned, so that the rectangle would not
                be upright.
            TypeError: It is no number.
        """
        x, y, width, height = floats(x=x, y=y, width=width, height=height)
        self._check_open()
        outer = self._target
        box = _clip_box(self._matrix, x, y, width, height)
        within = outer.clip or (0, 0, *outer.pixels)
        frame = self._frames
        self._batch.flush()
        self._aim(replace(outer, clip=_both(box, within)))
        try:
            yield
        finally:
            if frame == self._frames:
                try:
                    self._batch.flush()
                finally:
                    self._aim(outer)

    def grab(self) -> Image:
        """A copy of everything drawn so far, into the frame or, within `into`, into the Fbo."""
        self._check_open()
        self._batch.flush()
        framebuffer = cast(moderngl.Framebuffer, self._target.framebuffer)
        width, height = self._target.pixels
        data = np.frombuffer(framebuffer.read(components=4), np.uint8).reshape(height, width, 4)[::-1]
        alpha = np.maximum(data[:, :, 3:], 1).astype(np.float32)
        pixels = np.ascontiguousarray(data)
        pixels[:, :, :3] = np.minimum(data[:, :, :3] * np.float32(255) / alpha + np.float32(0.5), 255)
        return Image(pixels)

    def _check_open(self) -> None:
        if self._target.framebuffer is None:  # written out: every shape asks
            self._open()

    def _open(self) -> moderngl.Framebuffer:
        framebuffer = self._target.framebuffer
        if framebuffer is None:
            raise RuntimeError("a canvas draws only between begin and end")
        return framebuffer

    def _check_fbo(self, fbo: object) -> None:
        if not isinstance(fbo, Fbo):
            raise TypeError(f"into needs an Fbo; got {short(fbo)}")
        self._check_open()
        if self._draws_into(fbo):
            raise ValueError("this Fbo is being drawn into already")

    def _draws_into(self, fbo: Fbo) -> bool:
        if not self._outer:
            return False
        framebuffer = self._surface(fbo).framebuffer
        return any(target.framebuffer is framebuffer for target in (*self._outer, self._target))

    def _upright_texture(self, fbo: Fbo) -> moderngl.Texture:
        """The picture of an Fbo as shaders read it, its first row on top: a copy made when it changed."""
        if self._draws_into(fbo):
            raise ValueError("an Fbo cannot be drawn into itself")
        surface = self._surface(fbo)
        self._batch.flush()
        texture = self._fbos.upright(surface, self._batch.copy)
        self._use_frame(self._open())
        return texture

    def _frame_target(self) -> Target:
        """The frame, whatever is drawn into just now."""
        return self._outer[0] if self._outer else self._target

    @property
    def _in_fbo(self) -> bool:
        return bool(self._outer)

    @property
    def _frame_ratio(self) -> float:
        return self._frame_target().ratio

    def _surface(self, fbo: Fbo) -> FboSurface:
        """Where an Fbo is: the same whether the frame or another Fbo is drawn into just now."""
        return self._fbos.get(fbo, self._frame_ratio)

    def _aim(self, target: Target) -> None:
        self._target = target
        self._kept = target.kept
        self._batch.size = target.pixels
        if target.framebuffer is not None:
            self._use_frame(target.framebuffer)

    def _use_frame(self, framebuffer: moderngl.Framebuffer) -> None:
        framebuffer.use()
        framebuffer.viewport = (0, 0, *self._batch.size)
        clip = self._target.clip
        # The stub does not say that None is allowed; OpenGL counts rows from the bottom.
        framebuffer.scissor = cast(Any, clip and _from_bottom(clip, self._batch.size[1]))
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


def _both(one: Clip, other: Clip) -> Clip:
    left, top = min(max(one[0], other[0]), other[2]), min(max(one[1], other[1]), other[3])
    return (left, top, max(left, min(one[2], other[2])), max(top, min(one[3], other[3])))


def _from_bottom(clip: Clip, height: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = clip
    return (left, height - bottom, right - left, bottom - top)
