"""Descriptions of passes over the whole frame, which `canvas.post` runs.

    canvas.post(Bloom(0.6), Trails(0.92), ColorMap("jet"))

A pass is a value: to animate it, make a new one every frame. An amount outside of its range counts as the
nearest one in it, and a negative radius as its magnitude. The canvas keeps the GPU resources of a pass by its
place in the call.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from sketch.ink.ink import Rgba
from sketch.render.color import ColorLike, parse_color
from sketch.render.post.colormaps import Stops, check_colormap
from sketch.scalars import clamped, magnitude, number, short

Uniform: TypeAlias = float | tuple[float, ...]
"""Value of a uniform of `Shade`: a number, or two to four numbers."""

_SMALLEST_ZOOM = 1e-3


def _settle(step: object, **numbers: object) -> None:
    """Store the checked numbers; the pass is immutable afterwards."""
    for name, value in numbers.items():
        object.__setattr__(step, name, value)


@dataclass(frozen=True, slots=True)
class Blur:
    """A Gaussian blur.

    Attributes:
        sigma: Standard deviation in logical pixels; 0 leaves the frame as it is. Wide blurs are computed at a
            lower resolution, so they cost no more than narrow ones.
    """

    sigma: float

    def __post_init__(self) -> None:
        _settle(self, sigma=magnitude("sigma", self.sigma))


@dataclass(frozen=True, slots=True)
class Bloom:
    """Light around bright places.

    Attributes:
        strength: How much light is added, 0 or more; 1 is a strong glow.
        threshold: Brightness 0..1 (of the strongest channel) from which things glow, with a soft start.
        radius: How far the light reaches, in logical pixels.
    """

    strength: float = 0.6
    threshold: float = 0.4
    radius: float = 30.0

    def __post_init__(self) -> None:
        _settle(
            self,
            strength=max(0.0, number("strength", self.strength)),
            threshold=clamped("threshold", self.threshold),
            radius=magnitude("radius", self.radius),
        )


@dataclass(frozen=True, slots=True)
class Trails:
    """Feedback: the last frame stays, fainter each time.

    Attributes:
        keep: How much of the last frame is left after a frame, 0..1; with 0.92 half is gone after 8 frames.
        zoom: Factor by which the last frame grows about the center, at least 0.001; 1.02 makes a tunnel.
        turn: Radians by which it is turned, clockwise.
        shift: Logical pixels by which it is moved, to the right and down.
        ground: Color, as for `canvas.color`, that trails fade to: the color of the background.
    """

    keep: float = 0.92
    zoom: float = 1.0
    turn: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    ground: ColorLike = 0

    def __post_init__(self) -> None:
        try:
            x, y = self.shift
        except (TypeError, ValueError):
            raise TypeError(
                f"shift must be two numbers, such as (0.0, 2.0); got {short(self.shift)}"
            ) from None
        _settle(
            self,
            keep=clamped("keep", self.keep),
            zoom=max(magnitude("zoom", self.zoom), _SMALLEST_ZOOM),
            turn=number("turn", self.turn),
            shift=(number("shift's x", x), number("shift's y", y)),
        )
        parse_color(self.ground)

    @property
    def rests(self) -> bool:
        """Whether the last frame keeps its place."""
        return self.zoom == 1 and self.turn == 0 and self.shift == (0, 0)

    @property
    def rgba(self) -> Rgba:
        """The ground in floats."""
        return parse_color(self.ground)


@dataclass(frozen=True, slots=True)
class ColorMap:
    """Colors by brightness.

    Attributes:
        colors: The name of a map in `sketch.render.post.colormaps.COLORMAPS` ("jet", as ofxCaffe shows its
            layers; "ember" and "sea", which grow brighter evenly), or two or more colors from dark to bright,
            each as for `canvas.color`.
        amount: 0 leaves the frame as it is, 1 replaces all of its colors.
    """

    colors: str | Stops = "ember"
    amount: float = 1.0

    def __post_init__(self) -> None:
        check_colormap(self.colors)
        _settle(self, amount=clamped("amount", self.amount))


@dataclass(frozen=True, slots=True)
class Shade:
    """An author's fragment shader, run once over the frame.

    The shader is GLSL 3.30 and may declare and use

        uniform sampler2D picture;   // the frame so far, alpha premultiplied
        uniform vec2 size;           // of the frame, in pixels
        in vec2 at;                  // 0..1 from the top left; texture(picture, at) is the pixel itself
        out vec4 paint;

    and uniforms by the names of `values`. As with `Shader`, it may `#include` files, and is read again after
    a file changes.

    Attributes:
        path: The file.
        values: Uniforms: numbers, or tuples of two to four.
    """

    path: str | Path
    values: Mapping[str, Uniform] = field(default_factory=dict[str, Uniform])

    def __post_init__(self) -> None:
        for name, value in self.values.items():
            channels = value if isinstance(value, tuple) else (value,)
            if not 1 <= len(channels) <= 4:
                raise ValueError(f"the uniform {name} must be 1 to 4 numbers; got {len(channels)}")
            for channel in channels:
                number(f"the uniform {name}", channel)


Pass: TypeAlias = Blur | Bloom | Trails | ColorMap | Shade


def check_passes(passes: tuple[object, ...]) -> None:
    """Refuse a value that is not a pass.

    Raises:
        TypeError: It is not a pass.
    """
    for step in passes:
        if not isinstance(step, Blur | Bloom | Trails | ColorMap | Shade):
            raise TypeError(f"a pass is a Blur, Bloom, Trails, ColorMap or Shade; got {short(step)}")
