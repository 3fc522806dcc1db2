"""Textures that passes are painted to: made when first needed, kept while they are used."""

from collections.abc import Hashable
from dataclasses import dataclass

import moderngl


@dataclass(slots=True, eq=False)
class Surface:
    """A texture and the framebuffer that paints to it; `fresh` until the caller unsets it."""

    texture: moderngl.Texture
    size: tuple[int, int]
    framebuffer: moderngl.Framebuffer
    fresh: bool = True

    @property
    def pixels(self) -> moderngl.Texture:
        """The texture, read pixel by pixel, which takes a software driver half as long."""
        self.texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        return self.texture

    @property
    def smooth(self) -> moderngl.Texture:
        """The texture, interpolated between pixels."""
        self.texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        return self.texture

    def release(self) -> None:
        """Release both."""
        self.framebuffer.release()
        self.texture.release()


class Surfaces:
    """Surfaces by key.

    Args:
        ctx: The context to allocate in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._kept: dict[Hashable, Surface] = {}
        self._used: set[Hashable] = set()

    def get(self, key: Hashable, size: tuple[int, int], dtype: str = "f1") -> Surface:
        """The surface of a key, with what was painted there last; a fresh one if the size changed.

        Args:
            key: Identifies the surface.
            size: In pixels.
            dtype: "f1" for 8 bits per channel, "f2" for 16 that keep faint light smooth.
        """
        self._used.add(key)
        found = self._kept.get(key)
        if found is not None and found.size == size and found.texture.dtype == dtype:
            return found
        if found is not None:
            found.release()
        texture = self._ctx.texture(size, 4, dtype=dtype)
        texture.repeat_x = texture.repeat_y = False
        self._kept[key] = Surface(texture, size, self._ctx.framebuffer([texture]))
        return self._kept[key]

    def sweep(self) -> None:
        """Release what was not used since the last time."""
        for key in self._kept.keys() - self._used:
            self._kept.pop(key).release()
        self._used.clear()

    def release(self) -> None:
        """Release all of them."""
        for surface in self._kept.values():
            surface.release()
        self._kept.clear()
