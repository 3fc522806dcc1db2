"""Smooth randomness: for drift, terrain, wind, hands that shake."""

from importlib import import_module
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

NoiseKind: TypeAlias = Literal["simplex", "perlin", "value", "cellular"]
KINDS: tuple[NoiseKind, ...] = get_args(NoiseKind)

Floats = NDArray[np.float32]


class Noise:
    """Numbers in -1..1 that change smoothly from place to place, the same for the same seed.

        drift = Noise(seed=3)
        x = 100 * drift(time)                   # one number
        field = drift(*np.meshgrid(xs, ys), time)  # an array

    It is that of the library FastNoise Lite; "simplex" is its OpenSimplex2.

    Args:
        seed: Another one gives another noise.
        kind: "simplex", "perlin", "value" or "cellular".
        frequency: More than 0; with 1 the noise changes about once a unit.
        octaves: How many layers lie over each other, each twice as fine and half as strong, 1..16.

    Raises:
        ValueError: The kind is unknown or a number out of its range.
        ImportError: The library has no build for this Python.
    """

    def __init__(
        self, seed: int = 0, kind: NoiseKind = "simplex", frequency: float = 1.0, octaves: int = 1
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {kind!r}")
        if not (np.isfinite(frequency) and frequency > 0):
            raise ValueError(f"frequency must be finite and more than 0; got {frequency!r}")
        if not 1 <= octaves <= 16:
            raise ValueError(f"octaves must be in 1..16; got {octaves!r}")
        self._noise = _generator(int(seed), kind, float(frequency), int(octaves))

    def __call__(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0) -> Any:
        """The noise at (x, y, z).

        Args:
            x: One number or an array.
            y: The same; arrays take the shape that numpy gives them together.
            z: The same; time, if need be.

        Returns:
            A float for numbers, or a float32 array.

        Raises:
            ValueError: A place is not finite, or the shapes do not go together.
        """
        places = np.broadcast_arrays(*(np.asarray(part, dtype=np.float32) for part in (x, y, z)))
        coordinates = np.ascontiguousarray([part.ravel() for part in places])
        if not np.isfinite(coordinates).all():
            raise ValueError("noise needs finite places")
        found: Floats = np.asarray(self._noise.gen_from_coords(coordinates), dtype=np.float32)
        return float(found[0]) if places[0].ndim == 0 else found.reshape(places[0].shape)


def _generator(seed: int, kind: NoiseKind, frequency: float, octaves: int) -> Any:
    names = {"simplex": "OpenSimplex2", "perlin": "Perlin", "value": "Value", "cellular": "Cellular"}
    library = _library()
    noise = library.FastNoiseLite(seed)
    noise.noise_type = getattr(library.NoiseType, f"NoiseType_{names[kind]}")
    noise.frequency = frequency
    if octaves > 1:
        noise.fractal_type = library.FractalType.FractalType_FBm
        noise.fractal_octaves = octaves
    return noise


def _library() -> Any:
    try:
        return import_module("pyfastnoiselite.pyfastnoiselite")
    except ImportError as error:
        raise ImportError("noise needs the library pyfastnoiselite, which is not installed") from error
