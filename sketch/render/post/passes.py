"""Passes over the whole frame, described; `canvas.post` puts them in a row.

    canvas.post(Bloom(0.6), Trails(0.92), ColorMap("jet"))

A pass is a value: make a new one every frame, with other numbers if it is to move. An amount outside of its
range counts as the nearest in it, and a negative radius as its magnitude. What the GPU needs for a pass is
kept by the canvas, by the place of the pass in the row.
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
"""What a shader of one's own may be handed: a number, or two to four of them."""

_SMALLEST_ZOOM = 1e-3


def _settle(step: object, **numbers: object) -> None:
    """Put the numbers in their places that those given come to; the pass itself never changes afterwards."""
    for name, value in numbers.items():
        object.__setattr__(step, name, value)


@dataclass(frozen=True, slots=True)
class Blur:
    """A Gaussian blur.

    Attributes:
        sigma: Standard deviation in logical pixels; 0 leaves the frame as it is. Wide blurs are computed at a
            part of the resolution, so they cost no more than narrow ones.
    """

    sigma: float

    def __post_init__(self) -> None:
        _settle(self, sigma=magnitude("sigma", self.sigma))


@dataclass(frozen=True, slots=True)
class Bloom:
    """Light that spills from what is bright.

    Attributes:
        strength: How much of it is added, 0 or more; 1 is a strong glow.
        threshold: Brightness 0..1 (of the strongest channel) from which on things shine, softly.
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
    """What was there lingers: the last frame is fed back, fainter each time.

    Attributes:
        keep: How much of it is left after a frame, 0..1; at 0.92 half is gone after 8 frames.
        zoom: Factor by which the last frame grows about the middle, at least 0.001: tunnels at 1.02.
        turn: Radians by which it is turned, clockwise.
        shift: Logical pixels by which it is moved, to the right and down.
        ground: Color, as for `canvas.color`, that trails fade to: that of the background.
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
            raise TypeError(f"shift must be two numbers, as (0.0, 2.0); got {short(self.shift)}") from None
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
        """Whether what lingers stays where it was."""
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
            layers; "ember" and "sea", which the eye sees as even), or two or more colors from dark to bright,
            each as for `canvas.color`.
        amount: How much of it: 0 leaves the frame as it is, 1 leaves none of its own colors.
    """

    colors: str | Stops = "ember"
    amount: float = 1.0

    def __post_init__(self) -> None:
        check_colormap(self.colors)
        _settle(self, amount=clamped("amount", self.amount))


@dataclass(frozen=True, slots=True)
class Shade:
    """A fragment shader of one's own, run once over the frame.

    The shader is GLSL 3.30 and may use what it declares of

        uniform sampler2D picture;   // the frame so far, alpha premultiplied
        uniform vec2 size;           // of the frame, in pixels
        in vec2 at;                  // 0..1 from the top left; texture(picture, at) is the pixel itself
        out vec4 paint;

    and uniforms by the names of `values`. What is said of `Shader` is true of it: it may `#include` files,
    and is read again when one was written since.

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
    """Refuse what is no pass.

    Raises:
        TypeError: Something else was given.
    """
    for step in passes:
        if not isinstance(step, Blur | Bloom | Trails | ColorMap | Shade):
            raise TypeError(f"a pass is a Blur, Bloom, Trails, ColorMap or Shade; got {short(step)}")
