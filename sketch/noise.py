"""Smooth randomness: for drift, terrain, wind, hands that shake."""

from importlib import import_module
from typing import Any, Literal, TypeAlias, cast, get_args
from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Floats
from sketch.scalars import number, one_of, whole

NoiseKind: TypeAlias = Literal["simplex", "perlin", "value", "cellular"]
KINDS: tuple[NoiseKind, ...] = get_args(NoiseKind)


FARTHEST = 16384.0
"""Changes from 0 up to which float32 still resolves a thousandth of one."""

SLOWEST = 1e-9
"""The smallest frequency that the library resolves."""


class Noise:
    """Numbers in -1..1 that change smoothly from place to place, the same for the same seed.

        drift = Noise(seed=3)
        x = 100 * drift(time)                   # one number
        field = drift(*np.meshgrid(xs, ys), time)  # an array

    It comes from the library FastNoise Lite; "simplex" is its OpenSimplex2.

    Args:
        seed: A whole number of any size; each gives another noise.
        kind: "simplex", "perlin", "value" or "cellular".
        frequency: More than 0; with 1 the noise changes about once a unit.
        octaves: How many layers are added, each twice as fine and half as strong, 1..16.

    Raises:
        ValueError: The kind is unknown, or a number is out of range.
        TypeError: An argument is not a number, or a whole number has a fraction.
        ImportError: The library has no build for this Python.
    """

    def __init__(
        self, seed: int = 0, kind: NoiseKind = "simplex", frequency: float = 1.0, octaves: int = 1
    ) -> None:
        one_of("kind", kind, KINDS)
        self._frequency = number("frequency", frequency)
        if not SLOWEST <= self._frequency <= 1 / SLOWEST:
            raise ValueError(f"frequency must be in {SLOWEST}..{1 / SLOWEST}; got {frequency!r}")
        seed = _folded_seed(_whole_seed(seed))
        self._noise = _generator(seed, kind, self._frequency, whole("octaves", octaves, 1, 16))

    def __call__(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0) -> Any:
        """The noise at (x, y, z).

        It is as smooth far out as near 0: beyond 16384 changes (such as seconds since 1970) coordinates are
        mirrored repeatedly, since the library's numbers would be too coarse there.

        Args:
            x: One number or an array.
            y: The same; arrays are broadcast.
            z: The same; for example time.

        Returns:
            A float for numbers, or a float32 array.

        Raises:
            ValueError: A coordinate is not finite, or the shapes cannot be broadcast.
            TypeError: A coordinate is not a number.
        """
        parts = [self._near(name, part) for name, part in (("x", x), ("y", y), ("z", z))]
        try:
            places = np.broadcast_arrays(*parts)
        except ValueError:
            shapes = ", ".join(str(part.shape) for part in parts)
            raise ValueError(f"x, y and z must have shapes that numpy can broadcast; got {shapes}") from None
        coordinates = np.ascontiguousarray([part.ravel() for part in places])
        found: Floats = np.asarray(self._noise.gen_from_coords(coordinates), dtype=np.float32)
        return float(found[0]) if places[0].ndim == 0 else found.reshape(places[0].shape)

    def _near(self, name: str, part: ArrayLike) -> Floats:
        """A coordinate in float32, folded back where that would be too coarse."""
        given = np.asarray(part)
        if given.dtype.kind not in "biuf":
            raise TypeError(f"{name} must be numbers; got {part!r}")
        reach = FARTHEST / self._frequency
        largest = np.abs(given).max(initial=0.0)
        if largest <= reach:
            return given.astype(np.float32, copy=False)
        if not np.isfinite(largest):
            raise ValueError(f"{name} must be finite; got {part!r}")
        back = np.mod(given.astype(np.float64) + reach, 4 * reach)
        return (np.where(back > 2 * reach, 4 * reach - back, back) - reach).astype(np.float32)


def _whole_seed(seed: object) -> int:
    if isinstance(seed, int | np.integer):
        return int(cast(int, seed))
    read = number("seed", seed)
    if read != int(read):
        raise TypeError(f"seed must be a whole number; got {seed!r}")
    return int(read)


def _folded_seed(seed: int) -> int:
    """A seed of any size as one of 32 bits; smaller ones stay as they are."""
    if -(1 << 31) <= seed < 1 << 31:
        return seed
    return crc32(seed.to_bytes(seed.bit_length() // 8 + 1, "little", signed=True)) % (1 << 31)


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
