"""Pictures of dry ink: finished strokes are painted once and kept, so a frame costs only what is new."""

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import moderngl

from sketch.ink.ink import Ink, Stroke
from sketch.render.blend import BlendMode, empty_layer
from sketch.render.matrix import Matrix
from sketch.render.quads import Quad
from sketch.render.stroke_rows import PixelBounds

PaintStrokes = Callable[[Sequence[Stroke]], PixelBounds]
"""Paints strokes into the framebuffer in use and tells which part of it they may have touched."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What a layer was painted for: any change means painting it anew."""

    revision: int
    mode: BlendMode
    matrix: Matrix


@dataclass(slots=True, eq=False)
class InkLayer:
    """The dry strokes of one ink as a premultiplied texture; `bounds` is the part of it they may touch."""

    ink: "weakref.ref[Ink]"
    framebuffer: moderngl.Framebuffer
    texture: moderngl.Texture
    look: _Look | None = None
    painted: int = 0
    bounds: PixelBounds | None = None

    def release(self) -> None:
        """Give the texture back."""
        self.framebuffer.release()
        self.texture.release()


@dataclass(slots=True)
class InkLayers:
    """The layers of every ink that a canvas has drawn.

    Attributes:
        ctx: The context to draw in.
        size: Of the canvas, in pixels.
    """

    ctx: moderngl.Context
    size: tuple[int, int]
    _layers: dict[int, InkLayer] = field(default_factory=dict[int, InkLayer])
    _scratch: InkLayer | None = None

    def bake(self, ink: Ink, mode: BlendMode, matrix: Matrix, paint: PaintStrokes) -> InkLayer:
        """Bring the layer of an ink up to date.

        Only strokes that dried since the last time are painted, unless strokes were changed or removed, or
        are to be blended or placed in another way. Leaves another framebuffer in use if there was anything to
        paint.

        Args:
            ink: Whose finished strokes are painted.
            mode: How they blend with each other.
            matrix: Where they are put; part of what is compared.
            paint: Paints strokes into the framebuffer in use.
        """
        layer = self._layer_of(ink)
        look = _Look(ink.revision, mode, matrix)
        if layer.look != look or layer.painted > len(ink.strokes):
            layer.framebuffer.clear(color=empty_layer(mode))
            layer.look, layer.painted, layer.bounds = look, 0, None
        fresh = ink.strokes[layer.painted :]
        if fresh:
            layer.framebuffer.use()
            layer.bounds = _union(layer.bounds, paint(fresh))
            layer.painted = len(ink.strokes)
        return layer

    def with_wet(self, layer: InkLayer, paint: Callable[[], PixelBounds]) -> InkLayer:
        """A copy of a layer with something painted on it, valid until the next call."""
        if self._scratch is None:
            self._scratch = self._new_layer(layer.ink)
        self.ctx.copy_framebuffer(self._scratch.framebuffer, layer.framebuffer)
        self._scratch.framebuffer.use()
        self._scratch.bounds = _union(layer.bounds, paint())
        return self._scratch

    def sweep(self) -> None:
        """Release the layers of inks that are gone: not in a finalizer, where no context may be current."""
        for key in [key for key, layer in self._layers.items() if layer.ink() is None]:
            self._layers.pop(key).release()

    def resize(self, size: tuple[int, int]) -> None:
        """Forget every layer; they are painted anew in the new size when next drawn."""
        self.release()
        self.size = size

    def release(self) -> None:
        """Give every texture back."""
        for layer in self._layers.values():
            layer.release()
        self._layers.clear()
        if self._scratch is not None:
            self._scratch.release()
            self._scratch = None

    def _layer_of(self, ink: Ink) -> InkLayer:
        found = self._layers.get(id(ink))
        if found is not None and found.ink() is not ink:
            found.release()  # an ink that is gone had the same address
            found = None
        if found is None:
            found = self._layers[id(ink)] = self._new_layer(weakref.ref(ink))
        return found

    def _new_layer(self, ink: "weakref.ref[Ink]") -> InkLayer:
        texture = self.ctx.texture(self.size, 4)
        texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        return InkLayer(ink, self.ctx.framebuffer([texture]), texture)


def layer_quad(bounds: PixelBounds, size: tuple[int, int]) -> Quad:
    """The part of the frame that a layer touches."""
    left, top = max(bounds[0], 0), max(bounds[1], 0)
    right, bottom = max(min(bounds[2], size[0]), left), max(min(bounds[3], size[1]), top)
    return Quad((left, top), (right - left, 0, 0, bottom - top))


def _union(old: PixelBounds | None, new: PixelBounds) -> PixelBounds:
    if old is None:
        return new
    return (min(old[0], new[0]), min(old[1], new[1]), max(old[2], new[2]), max(old[3], new[3]))
