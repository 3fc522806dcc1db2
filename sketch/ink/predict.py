"""Where the pen will be in a few milliseconds, to hide that a screen shows it late.

What is predicted is for the eye alone: it is drawn as the tip of a wet stroke and never becomes part of it.
"""

import math
from typing import NamedTuple

import numpy as np

from sketch.ink.points import Points

SAMPLES = 24
"""The last samples of a pen that are looked at: older ones no longer say anything of its speed."""

JITTER = 0.5
"""Standard deviation, in logical pixels, of where a device says the pen is."""

UNREST = 2e4
"""Standard deviation of a hand's acceleration, in logical pixels a second squared."""

FASTEST = 1000.0
"""Standard deviation of a hand's speed before anything is known of it, in logical pixels a second."""

SHORTEST = 0.25
"""Logical pixels below which a tip is not worth drawing."""


class Motion(NamedTuple):
    """What is known of a pen: place and velocity along x and y, and the covariance that both axes share."""

    x: float
    y: float
    speed_x: float
    speed_y: float
    place_variance: float
    covariance: float
    speed_variance: float


def began(x: float, y: float) -> Motion:
    """A pen that has just touched down, moving nobody knows where."""
    return Motion(x, y, 0.0, 0.0, JITTER**2, 0.0, FASTEST**2)


def followed(motion: Motion, x: float, y: float, dt: float) -> Motion:
    """What is known after one more sample: one step of a Kalman filter whose model is a constant velocity.

    The filter is Kalman's (1960); the model, in which the acceleration is white noise that lasts for a
    sample, is that of Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking and Navigation
    (2001), section 6.3.2.

    Args:
        motion: What was known.
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
    """Where a line will go on.

    Args:
        points: The line so far, shape (n, 4), times in order.
        seconds: How far to look ahead, 0 or more; beyond some 20 milliseconds a guess is often wrong.

    Returns:
        The next point, shape (1, 4), with the last one's pressure; shape (0, 4) if too little is known or the
        pen hardly moves.

    Raises:
        ValueError: The seconds are negative or no number.
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
