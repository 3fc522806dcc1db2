"""Run the passes of `passes` over a frame."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import moderngl
import numpy as np

from sketch.arrays import Floats
from sketch.render.gl.glsl import ShaderError
from sketch.render.gl.programs import Programs, dither_moment
from sketch.render.gl.surfaces import Surface, new_surface
from sketch.render.matrix import IDENTITY
from sketch.render.meshes.painter import ShadedPainter
from sketch.render.meshes.shader import Shader
from sketch.render.post.colormaps import SIZE as COLORS
from sketch.render.post.colormaps import colormap
from sketch.render.post.passes import Bloom, Blur, ColorMap, Pass, Shade, Trails

REACH = 6
"""Neighbours on each side that are added, as in blur.frag."""

_NARROWEST = 1.0
"""Least standard deviation, in pixels of the shrunk picture, that hides the shrinking."""


@dataclass(frozen=True, slots=True)
class BlurPlan:
    """How to blur: halve the size `halvings` times, then blur by `sigma` of the remaining pixels."""

    halvings: int
    sigma: float


def blur_plan(sigma: float) -> BlurPlan:
    """Choose the resolution for a blur of `sigma` pixels, more than 0.

    Shrinking averages boxes, and enlarging spreads every pixel as a triangle does; both blur, too, and their
    variance is subtracted from the rest.
    """
    halvings = max(0, math.floor(math.log2(sigma / _NARROWEST)))
    factor = 2**halvings
    spread = 0.0 if halvings == 0 else (factor**2 - 1) / 12 + factor**2 / 6
    return BlurPlan(halvings, math.sqrt(max(sigma**2 - spread, 0.01)) / factor)


def blur_weights(sigma: float) -> Floats:
    """Weights of a pixel and of its neighbours on one side, shape (REACH + 1,).

    With both sides they add up to 1. Each is the integral of the Gaussian over the pixel, which is exact for
    narrow blurs, too, and not its value in the middle.
    """
    edges = np.arange(REACH + 2) - 0.5
    below = np.array([math.erf(edge / (sigma * math.sqrt(2))) for edge in edges])
    area = np.diff(below)
    return (area / (2 * area.sum() - area[0])).astype(np.float32)


class Surfaces:
    """Surfaces by key: made when first needed, kept while they are used.

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
        self._kept[key] = new_surface(self._ctx, size, dtype=dtype)
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


Place = tuple[int, int]
"""Number of the call in the frame and of the pass in the call, which identify its pictures in all frames."""

# Share of the resolution at which a bloom starts.
_BLOOM_SHRINK = 4

_WIDEST = 1e5
"""Standard deviation in pixels from which a blur is one color."""

_NO_BLUR = 0.05
"""Standard deviation in pixels up to which a blur is invisible."""


class PostPainter:
    """Owns the GPU resources of the passes of a canvas, each from its first use.

    Args:
        ctx: The context to draw in.
        shaded: Draws by authors' shaders; released by its owner.
    """

    def __init__(self, ctx: moderngl.Context, shaded: ShadedPainter) -> None:
        self._ctx = ctx
        self._shaded = shaded
        self._shaders: dict[Path, Shader] = {}
        self._surfaces = Surfaces(ctx)
        self._programs = Programs(ctx)
        self._maps: dict[object, moderngl.Texture] = {}
        self._calls = 0
        self._frames = 0

    @property
    def complaints(self) -> dict[str, str]:
        """What is wrong with changed shaders, by file; their last good version is in use."""
        return {shader.name: shader.error for shader in self._shaders.values() if shader.error}

    def begin_frame(self) -> None:
        """Release what the last frame did not use."""
        self._surfaces.sweep()
        self._calls = 0
        self._frames += 1

    def run(
        self, frame: moderngl.Framebuffer, size: tuple[int, int], ratio: float, passes: Sequence[Pass]
    ) -> None:
        """Replace a frame by the result of the passes, one after the other.

        Leaves blending off and the frame in use.

        Args:
            frame: What was drawn so far; it may be multisampled, or belong to a window.
            size: Of the frame, in pixels.
            ratio: Its pixels per logical pixel.
            passes: In order.
        """
        if not passes:
            return
        self._ctx.enable_only(moderngl.NOTHING)
        source = self._surfaces.get(("frame", 0, size), size)
        self._copy(source, frame)
        for index, step in enumerate(passes):
            last = index == len(passes) - 1
            other = self._surfaces.get(("frame", (index + 1) % 2, size), size) if not last else None
            target = frame if other is None else other.framebuffer
            self._paint(step, source, target, ratio, (self._calls, index))
            source = other or source
        self._calls += 1

    def release(self) -> None:
        """Release the GPU resources."""
        for texture in self._maps.values():
            texture.release()
        self._maps.clear()
        self._surfaces.release()
        self._programs.release()

    def _paint(
        self, step: Pass, source: Surface, target: moderngl.Framebuffer, ratio: float, place: Place
    ) -> None:
        match step:
            case Blur():
                self._blur(step, source, target, ratio, place)
            case Bloom():
                self._bloom(step, source, target, ratio, place)
            case Trails():
                self._trails(step, source, target, ratio, place)
            case ColorMap():
                self._color_map(step, source, target)
            case Shade():
                self._shade(step, source, target, place)

    def _blur(
        self, step: Blur, source: Surface, target: moderngl.Framebuffer, ratio: float, place: Place
    ) -> None:
        # Beyond the largest frame nothing changes, and numbers would overflow.
        sigma = min(step.sigma * ratio, _WIDEST)
        if sigma < _NO_BLUR:
            self._draw("post/copy.frag", target, source.size, {"picture": source.pixels})
        elif (plan := blur_plan(sigma)).halvings == 0:
            self._gauss(source, target, plan.sigma, (place, "blur"))
        else:
            small = self._blurred(source, sigma, place, "blur")
            self._draw("post/copy.frag", target, source.size, {"picture": small.smooth})

    def _blurred(self, source: Surface, sigma: float, place: Place, name: str) -> Surface:
        """A small picture of the source, blurred by `sigma` of the source's pixels."""
        plan = blur_plan(sigma)
        small = self._shrunk(source, plan.halvings, place, name)
        # Sixteen bits per channel keep faint light smooth, and are costly only for many pixels.
        dtype = "f1" if plan.halvings == 1 else "f2"
        blurred = self._surfaces.get((place, name, "down"), small.size, dtype)
        self._gauss(small, blurred.framebuffer, plan.sigma, (place, name), dtype)
        return blurred

    def _shrunk(self, source: Surface, halvings: int, place: Place, name: str) -> Surface:
        done = 0
        while done < halvings:
            steps = min(halvings - done, 2)
            size = _part(source.size, 2**steps)
            smaller = self._surfaces.get((place, name, done), size, "f2")
            # Between pixels the sampler reads the mean of 2 x 2, so four such places read 4 x 4.
            reach = _pixels(source.size, steps - 1)
            values = {"picture": source.smooth, "reach": reach}
            self._draw("post/shrink.frag", smaller.framebuffer, size, values)
            source, done = smaller, done + steps
        return source

    def _gauss(
        self, source: Surface, target: moderngl.Framebuffer, sigma: float, key: Hashable, dtype: str = "f1"
    ) -> None:
        """Blur by `sigma` pixels, across and then down."""
        between = self._surfaces.get((key, "across"), source.size, dtype)
        weights = tuple(blur_weights(sigma).tolist())
        across, down = (1 / source.size[0], 0.0), (0.0, 1 / source.size[1])
        for step, end, stride in ((source, between.framebuffer, across), (between, target, down)):
            values = {"picture": step.pixels, "stride": stride, "weights": weights}
            self._draw("post/blur.frag", end, source.size, values)

    def _bloom(
        self, step: Bloom, source: Surface, target: moderngl.Framebuffer, ratio: float, place: Place
    ) -> None:
        size = _part(source.size, _BLOOM_SHRINK)
        light = self._surfaces.get((place, "light"), size, "f2")
        values = {"picture": source.smooth, "reach": _pixels(source.size, 1), "threshold": step.threshold}
        self._draw("post/shrink.frag", light.framebuffer, size, values, "BRIGHT")
        far = min(max(step.radius * ratio / _BLOOM_SHRINK, 0.5), _WIDEST)
        both = {
            "nearby": self._blurred(light, max(far / 4, 0.5), place, "near").smooth,
            "far_off": self._blurred(light, far, place, "far").smooth,
        }
        glow = self._surfaces.get((place, "glow"), size)
        self._draw("post/sum.frag", glow.framebuffer, size, both)
        values = {"picture": source.pixels, "light": glow.smooth, "strength": step.strength}
        self._draw("post/bloom.frag", target, source.size, values)

    def _trails(
        self, step: Trails, source: Surface, target: moderngl.Framebuffer, ratio: float, place: Place
    ) -> None:
        last = self._surfaces.get((place, "last"), source.size)
        red, green, blue, alpha = step.rgba
        cos, sin = math.cos(step.turn) / step.zoom, math.sin(step.turn) / step.zoom
        values = {
            "picture": source.pixels,
            "last": last.pixels if step.rests else last.smooth,
            # Rows of a texture are counted upward, so a clockwise turn on the screen is undone like this.
            "to_last": (cos, -sin, sin, cos),
            "shift": (step.shift[0] * ratio, -step.shift[1] * ratio),
            "size": source.size,
            "ground": (red * alpha, green * alpha, blue * alpha, alpha),
            "keep": 0.0 if last.fresh else step.keep,
            "moment": dither_moment(self._frames),
        }
        self._draw("post/trails.frag", target, source.size, values, *(() if step.rests else ("MOVES",)))
        self._copy(last, target)
        last.fresh = False

    def _color_map(self, step: ColorMap, source: Surface, target: moderngl.Framebuffer) -> None:
        if step.colors not in self._maps:
            self._maps[step.colors] = self._ctx.texture((COLORS, 1), 3, colormap(step.colors), alignment=1)
        values = {"picture": source.pixels, "colors": self._maps[step.colors], "amount": step.amount}
        self._draw("post/colormap.frag", target, source.size, values)

    def _shade(self, step: Shade, source: Surface, target: moderngl.Framebuffer, place: Place) -> None:
        path = Path(step.path)
        shader = self._shaders.get(path) or Shader(path)
        declared = shader.declared
        for name in step.values:
            if name not in declared:
                others = ", ".join(known for known in declared if known not in ("picture", "size"))
                raise ShaderError(f"{path.name} uses no uniform {name!r}; it uses {others or 'none'}")
        shader.set(**({"size": source.size} if "size" in declared else {}), **step.values)
        self._shaded.ready(shader)
        self._shaders[path] = shader
        # In authors' shaders the first row is on top, wherever they are used.
        upright = self._surfaces.get((place, "upright"), source.size)
        values = {"picture": source.pixels}
        self._draw("post/copy.frag", upright.framebuffer, source.size, values, "UPSIDE_DOWN")
        target.use()
        target.viewport = (0, 0, *source.size)
        pictures = {"picture": upright.smooth}
        corners = _corners(source.size)
        self._shaded.shade(corners, "triangle_strip", IDENTITY, source.size, shader, pictures)

    def _copy(self, to: Surface, source: moderngl.Framebuffer) -> None:
        # The clip of a frame would clip the copy, too.
        to.framebuffer.use()
        self._ctx.copy_framebuffer(to.framebuffer, source)

    def _draw(
        self,
        fragment: str,
        target: moderngl.Framebuffer,
        size: tuple[int, int],
        values: Mapping[str, Any],
        *defines: str,
    ) -> None:
        """Run a program over a whole target of a size; each texture among the values takes a texture unit."""
        program, vertices = self._programs.shipped(fragment, defines)
        unit = 0
        for name, value in values.items():
            if name not in program:
                continue
            if isinstance(value, moderngl.Texture):
                value.use(unit)
                value, unit = unit, unit + 1
            program[name] = value
        target.use()
        target.viewport = (0, 0, *size)
        vertices.render(moderngl.TRIANGLE_STRIP, vertices=4)


def _corners(size: tuple[int, int]) -> Floats:
    """The vertices of a whole frame for `ShadedPainter`."""
    width, height = size
    rows = [(x * width, y * height, x, y, 1, 1, 1, 1) for y in (0, 1) for x in (0, 1)]
    return np.array(rows, dtype=np.float32)


def _part(size: tuple[int, int], factor: int) -> tuple[int, int]:
    """A size divided by a factor, rounded up."""
    return (-(-size[0] // factor), -(-size[1] // factor))


def _pixels(size: tuple[int, int], count: float) -> tuple[float, float]:
    """A number of pixels as a share of the picture's size."""
    return (count / size[0], count / size[1])
