"""Passes over the whole frame, described; `canvas.post` puts them in a row.

    canvas.post(Bloom(0.6), Trails(0.92), ColorMap("jet"))

A pass is a value: make it anew every frame, with other numbers if it is to move. Whatever the GPU needs for
it is kept by the canvas, by the place of the pass in the row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from sketch.ink.ink import Rgba
from sketch.render import checks
from sketch.render.color import ColorLike, parse_color
from sketch.render.post.colormaps import Stops, check_colormap

Uniform: TypeAlias = float | tuple[float, ...]
"""What a shader of one's own may be handed: a number, or two to four of them."""


@dataclass(frozen=True, slots=True)
class Blur:
    """A Gaussian blur.

    Attributes:
        sigma: Standard deviation in logical pixels, more than 0. Wide blurs are computed at a part of the
            resolution, so they cost no more than narrow ones.
    """

    sigma: float

    def __post_init__(self) -> None:
        checks.positive(sigma=self.sigma)


@dataclass(frozen=True, slots=True)
class Bloom:
    """Light that spills from what is bright.

    Attributes:
        strength: How much of it is added, 0 or more; 1 is a strong glow.
        threshold: Brightness 0..1 (of the strongest channel) from which on things shine, softly.
        radius: How far the light reaches, in logical pixels, more than 0.
    """

    strength: float = 0.6
    threshold: float = 0.4
    radius: float = 30.0

    def __post_init__(self) -> None:
        checks.not_negative(strength=self.strength)
        checks.share(threshold=self.threshold)
        checks.positive(radius=self.radius)


@dataclass(frozen=True, slots=True)
class Trails:
    """What was there lingers: the last frame is fed back, fainter each time.

    Attributes:
        keep: How much of it is left after a frame, 0..1; at 0.92 half is gone after 8 frames.
        zoom: Factor by which the last frame grows about the middle, more than 0: tunnels at 1.02.
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
        checks.share(keep=self.keep)
        checks.positive(zoom=self.zoom)
        checks.finite(turn=self.turn, x=self.shift[0], y=self.shift[1])
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
        checks.share(amount=self.amount)


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
                checks.finite(**{name: channel})


Pass: TypeAlias = Blur | Bloom | Trails | ColorMap | Shade


def check_passes(passes: tuple[object, ...]) -> None:
    """Refuse what is no pass.

    Raises:
        TypeError: Something else was given.
    """
    for step in passes:
        if not isinstance(step, Blur | Bloom | Trails | ColorMap | Shade):
            raise TypeError(f"a pass is a Blur, Bloom, Trails, ColorMap or Shade; got {step!r}")
