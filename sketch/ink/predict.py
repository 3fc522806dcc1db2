"""Predict where the pen will be in a few milliseconds, to hide the delay of the screen.

The prediction is only drawn, as the tip of a wet stroke; it never becomes part of the stroke.
"""

import math
from typing import NamedTuple

import numpy as np

from sketch.ink.points import Points

SAMPLES = 24
"""Samples of a pen that are used, counted from the last: older ones say nothing about its speed."""

JITTER = 0.5
"""Standard deviation of the position that a device reports, in logical pixels."""

UNREST = 2e4
"""Standard deviation of a hand's acceleration, in logical pixels per second squared."""

FASTEST = 1000.0
"""Standard deviation of a hand's speed before it is known, in logical pixels per second."""

SHORTEST = 0.25
"""Logical pixels below which a tip is not worth drawing."""


class Motion(NamedTuple):
    """The estimated motion of a pen: place and velocity along x and y, and their shared covariance."""

    x: float
    y: float
    speed_x: float
    speed_y: float
    place_variance: float
    covariance: float
    speed_variance: float


def began(x: float, y: float) -> Motion:
    """A pen that has just touched down, its velocity unknown."""
    return Motion(x, y, 0.0, 0.0, JITTER**2, 0.0, FASTEST**2)


def followed(motion: Motion, x: float, y: float, dt: float) -> Motion:
    """Update the motion with a sample: one step of a Kalman filter whose model is a constant velocity.

    The filter is Kalman's (1960); the model, in which the acceleration is white noise that lasts for a
    sample, is that of Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking and Navigation
    (2001), section 6.3.2.

    Args:
        motion: The motion before the sample.
        x: Of the sample, in logical pixels.
        y: Of the sample, in logical pixels.
        dt: Seconds since the sample before, 0 or more.
    """
    noise = UNREST**2
    place = motion.place_variance + 2 * dt * motion.covariance + dt**2 * motion.speed_variance
    place += noise * dt**4 / 4
    both = motion.covariance + dt * motion.speed_variance + noise * dt**3 / 2
    speed = motion.speed_variance + noise * dt**2
    gain, speed_gain = place / (place + JITTER**2), both / (place + JITTER**2)
    expected_x, expected_y = motion.x + dt * motion.speed_x, motion.y + dt * motion.speed_y
    return Motion(
        expected_x + gain * (x - expected_x),
        expected_y + gain * (y - expected_y),
        motion.speed_x + speed_gain * (x - expected_x),
        motion.speed_y + speed_gain * (y - expected_y),
        (1 - gain) * place,
        (1 - gain) * both,
        speed - speed_gain * both,
    )


def predicted_tip(points: Points, seconds: float) -> Points:
    """Predict how a line continues.

    Args:
        points: The line so far, shape (n, 4), times in order.
        seconds: How far to look ahead, 0 or more; beyond about 20 milliseconds predictions are often wrong.

    Returns:
        The next point, shape (1, 4), with the last one's pressure; shape (0, 4) if too little is known or the
        pen hardly moves.

    Raises:
        ValueError: The seconds are negative or not a number.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"seconds must be finite and 0 or more; got {seconds!r}")
    rows: list[list[float]] = points[-SAMPLES:].tolist()
    if len(rows) < 3:
        return np.empty((0, 4), dtype=np.float32)
    motion, last = began(rows[0][0], rows[0][1]), rows[0][2]
    for x, y, t, _ in rows[1:]:
        motion, last = followed(motion, x, y, max(0.0, t - last)), t
    ahead_x, ahead_y = seconds * motion.speed_x, seconds * motion.speed_y
    if math.hypot(ahead_x, ahead_y) < SHORTEST:
        return np.empty((0, 4), dtype=np.float32)
    x, y, t, pressure = rows[-1]
    return np.array(((x + ahead_x, y + ahead_y, t + seconds, pressure),), dtype=np.float32)
