"""A machine-written hand: letters with human-like speed, slant, wobble and pressure.

    strokes = write("A", seed=7)

The same arguments give exactly the same ink.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sketch.arrays import Doubles
from sketch.ink.outline import arc_lengths, interpolated
from sketch.ink.points import Points
from sketch.synthetic_hand.alphabet import CAP_HEIGHT, Path, letter

TEACH_FACE = "print"
"""The face a demonstration teaches with."""

TEST_FACE = "italic"
"""The face for tests: its proportions, bars and curves differ from print."""

SAMPLE_RATE = 120.0
"""Points a second, like a pen or a good mouse."""

_STEP = 0.005
"""Spacing, in letter heights, of the points of a path before it is sampled in time."""

_GAP = 0.3
_SPACE = 0.6
_TREMOR_HZ = 9.0


@dataclass(frozen=True)
class Manner:
    """How one letter is written; it differs from letter to letter. Lengths are in letter heights.

    Attributes:
        size: Factor on the height.
        aspect: Additional factor on the width.
        shear: Sideways lean per unit of height, to the right if positive.
        turn: Rotation of the letter, in radians.
        wobble: How far the path strays at most.
        tremor: Amplitude of the hand's tremor.
        pace: Speed along a line that is bent with a radius of one letter height, heights a second.
        press: Pressure in the middle of a stroke.
    """

    size: float
    aspect: float
    shear: float
    turn: float
    wobble: float
    tremor: float
    pace: float
    press: float


def write(
    text: str,
    *,
    face: str = TEACH_FACE,
    seed: int = 0,
    origin: tuple[float, float] = (0.0, 0.0),
    height: float = 240.0,
    slant: float = 0.0,
    irregularity: float = 1.0,
    speed: float = 4.0,
) -> list[Points]:
    """Write a letter or a line of text as a person would.

    Args:
        text: One character or more; spaces leave a gap.
        face: A name in `sketch.synthetic_hand.alphabet.FACES`: "print", "italic" or "script".
        seed: 0 or above; the same seed writes the same ink, another one a different ink.
        origin: The top left corner of the first capital, x and y in logical pixels.
        height: Height of a capital in logical pixels, above 0.
        slant: Lean of all letters in degrees, -45..45, to the right if positive.
        irregularity: How much letters differ, 0..2: 0 is a plotter at a human pace, 1 an ordinary hand.
        speed: Letter heights a second on a gentle curve, above 0.

    Returns:
        The strokes, each a float32 array of shape (n, 4): x, y, seconds since the ink began (the time between
        strokes is the time the pen takes in the air), and pressure in 0..1.

    Raises:
        ValueError: An argument is out of range, or the face has no such letter.
    """
    _check(text, height, slant, irregularity, speed)
    rng = np.random.default_rng([seed, *face.encode(), *text.encode()])
    strokes: list[Points] = []
    corner = np.array(origin, dtype=np.float64)
    clock = 0.0
    for character in text:
        manner = choose_manner(rng, slant, irregularity, speed)
        paths = [shaped(path / CAP_HEIGHT, manner, rng) for path in letter(character, face)]
        for path in paths:
            placed = corner + height * path
            if strokes:
                clock += air_time(strokes[-1][-1, :2], placed[0], height * speed, rng)
            stroke = moved(placed, height, manner, rng)
            strokes.append(stroke + np.array([0.0, 0.0, clock, 0.0], dtype=np.float32))
            clock += float(stroke[-1, 2])
        width = max((float(path[:, 0].max()) for path in paths), default=_SPACE)
        corner = corner + np.array([height * (width + _GAP), 0.0])
    return strokes


def choose_manner(rng: Generator, slant: float, irregularity: float, speed: float) -> Manner:
    """Draw the manner of one letter; arguments as for `write`."""
    strays = irregularity * rng.standard_normal(6).clip(-2.5, 2.5)
    return Manner(
        size=float(np.exp(0.06 * strays[0])),
        aspect=float(np.exp(0.08 * strays[1])),
        shear=float(np.tan(np.radians(slant + 4.0 * strays[2]))),
        turn=float(np.radians(2.5 * strays[3])),
        wobble=0.03 * irregularity,
        tremor=0.002 * irregularity,
        pace=speed * float(np.exp(0.15 * strays[4])),
        press=float(np.clip(0.55 + 0.06 * strays[5], 0.3, 0.8)),
    )


def shaped(path: Path, manner: Manner, rng: Generator) -> Path:
    """Make a path of corners, in letter heights, look handwritten: round, slanted and not quite straight.

    Args:
        path: Array of shape (n, 2), y from 0 at the top of a capital to 1 at its foot.
        manner: How this letter is written.
        rng: The source of randomness.

    Returns:
        An array of shape (m, 2), evenly spaced, in letter heights.
    """
    line = spaced(rounded(path), _STEP)
    cos, sin = np.cos(manner.turn), np.sin(manner.turn)
    lean = np.array([[manner.aspect, 0.0], [-manner.shear, 1.0]])
    about = np.array([0.3, 1.0])
    turned = (line - about) @ lean @ np.array([[cos, sin], [-sin, cos]]) * manner.size + about
    return turned + manner.wobble * drift(len(line), rng)


def rounded(path: Path, reach: float = 0.06, times: int = 3) -> Path:
    """Cut the corners of a path as a moving hand does, by Chaikin's corner cutting (1974).

    Args:
        path: Array of shape (n, 2).
        reach: How far from a corner a cut begins at most, in the units of the path.
        times: Number of passes; each halves the reach.

    Returns:
        A new array with the same ends.
    """
    for _ in range(times):
        along = np.diff(path, axis=0)
        length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-12)
        cut = (np.minimum(0.25, reach / length))[:, None] * along
        corners = np.stack([path[:-1] + cut, path[1:] - cut], axis=1).reshape(-1, 2)
        path = np.concatenate([path[:1], corners[1:-1], path[-1:]])
        reach /= 2.0
    return path


def spaced(path: Path, step: float) -> Path:
    """Points along a path at even distances of about `step`, both ends kept: shape (n, 2), n at least 2."""
    reached = arc_lengths(path)
    count = max(2, round(float(reached[-1]) / step) + 1)
    return interpolated(np.linspace(0.0, float(reached[-1]), count), reached, path)


def drift(count: int, rng: Generator) -> Path:
    """A slow random deviation of shape (count, 2), within -1..1: three waves, the shortest of 40 steps."""
    along = np.arange(count)[:, None, None]
    period = rng.uniform(40.0, 400.0, size=(1, 2, 3))
    phase = rng.uniform(0.0, 2.0 * np.pi, size=(1, 2, 3))
    share = rng.dirichlet(np.ones(3), size=2)[None] * np.minimum(1.0, period / 200.0)
    return (share * np.sin(2.0 * np.pi * along / period + phase)).sum(axis=2)


def moved(path: Path, height: float, manner: Manner, rng: Generator) -> Points:
    """Move a pen along an evenly spaced path and report where it is, `SAMPLE_RATE` times a second.

    Args:
        path: Array of shape (n, 2) in logical pixels.
        height: A letter height in logical pixels.
        manner: How this letter is written.
        rng: The source of randomness.

    Returns:
        A float32 array of shape (m, 4), m at least 2, its time beginning at 0.
    """
    reached = arc_lengths(path)
    speed = height * pace_along(path / height, manner.pace)
    seconds = np.concatenate([[0.0], np.cumsum(2.0 * np.diff(reached) / (speed[:-1] + speed[1:]))])
    count = max(2, int(seconds[-1] * SAMPLE_RATE) + 1)
    t: Doubles = np.linspace(0.0, float(seconds[-1]), count)
    xy = interpolated(t, seconds, path) + height * manner.tremor * shiver(t, rng)
    press = pressure(t / t[-1], np.interp(t, seconds, speed) / speed.max(), manner.press, rng)
    return np.column_stack([xy, t, press]).astype(np.float32)


def pace_along(path: Path, pace: float) -> Doubles:
    """Speed of a hand along a path: slow in bends, slower where the pen touches and lifts.

    The two-thirds power law (Lacquaniti, Terzuolo and Viviani, Acta Psychologica 54, 1983): angular speed
    grows with the curvature to the power 2/3, so speed with the radius R to the power 1/3. On straight lines
    R / (1 + R / limit) stands for R (Viviani and Stucchi, Journal of Experimental Psychology: HPP 18, 1992).

    Args:
        path: Evenly spaced points, shape (n, 2), in letter heights.
        pace: Speed where the radius is one letter height, heights a second.

    Returns:
        Heights a second, shape (n,), all above 0.
    """
    radius = 1.0 / np.maximum(curvature(path), 1e-3)
    bounded = radius / (1.0 + radius / 3.0)
    ends = np.minimum(arc_lengths(path), arc_lengths(path[::-1])[::-1])
    landing = 0.25 + 0.75 * np.sin(0.5 * np.pi * np.clip(ends / 0.15, 0.0, 1.0))
    return pace * _smooth(np.cbrt(np.maximum(bounded, 1e-3)) * landing, 9)


def curvature(path: Path) -> Doubles:
    """Curvature at each of evenly spaced points, shape (n,), one over the units of the path."""
    if len(path) < 3:
        return np.zeros(len(path))
    d1 = np.gradient(path, axis=0)
    d2 = np.gradient(d1, axis=0)
    cross = np.abs(d1[:, 0] * d2[:, 1] - d1[:, 1] * d2[:, 0])
    return _smooth(cross / np.maximum(np.hypot(d1[:, 0], d1[:, 1]) ** 3, 1e-12), 7)


def shiver(t: Doubles, rng: Generator) -> Path:
    """Physiological tremor, 8 to 12 Hz, at the times `t` in seconds: shape (n, 2), within -1..1."""
    rate = rng.uniform(_TREMOR_HZ - 1.0, _TREMOR_HZ + 3.0, size=2)
    return np.sin(2.0 * np.pi * (t[:, None] * rate + rng.uniform(0.0, 1.0, size=2)))


def pressure(share: Doubles, speed: Doubles, press: float, rng: Generator) -> Doubles:
    """Pressure along a stroke: it rises, falls before the pen lifts, and is lighter at high speed.

    Args:
        share: Time as a share of the stroke, 0..1, shape (n,).
        speed: Speed as a share of the stroke's greatest, 0..1, shape (n,).
        press: Pressure in the middle of a stroke.
        rng: The source of randomness.

    Returns:
        Pressure in 0.02..1, shape (n,).
    """
    build_up = np.clip(share / 0.12, 0.0, 1.0) * np.clip((1.0 - share) / 0.15, 0.0, 1.0)
    sway = 0.04 * np.sin(2.0 * np.pi * (share * rng.uniform(0.5, 2.0) + rng.uniform()))
    return np.clip(press * (0.25 + 0.75 * build_up) * (1.15 - 0.3 * speed) + sway, 0.02, 1.0)


def air_time(
    lifted: NDArray[np.floating], lands: NDArray[np.floating], speed: float, rng: Generator
) -> float:
    """Seconds that the pen takes in the air between two points, at a speed in pixels a second."""
    distance = float(np.hypot(*(lands - lifted)))
    return float((0.09 + 0.7 * distance / speed) * np.exp(0.15 * rng.standard_normal()))


def _check(text: str, height: float, slant: float, irregularity: float, speed: float) -> None:
    if not text.strip():
        raise ValueError("there is nothing to write; give at least one letter")
    if not height > 0.0 or not speed > 0.0:
        raise ValueError(f"height and speed must be above 0; got {height} and {speed}")
    if not -45.0 <= slant <= 45.0:
        raise ValueError(f"slant must be in -45..45 degrees; got {slant}")
    if not 0.0 <= irregularity <= 2.0:
        raise ValueError(f"irregularity must be in 0..2; got {irregularity}")


def _smooth(values: Doubles, width: int) -> Doubles:
    padded = np.pad(values, width // 2, mode="edge")
    return np.convolve(padded, np.full(width, 1.0 / width), mode="valid")
