"""How the embeddings of a base encoder are read: it comes with the encoder, in its description."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]


# Both were measured on hands that the base encoder never saw, and differ little from level to level.
USUAL = 1.8
GAIN = 1.1


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """How embeddings of one encoder are read; it comes with the encoder.

    Attributes:
        levels: Levels while the pen is down; the lifted pen is one more.
        background: Float32 array of shape (vectors, embedding).
        background_bias: Float32 array of shape (vectors,).
        sharpness: What nearness is multiplied by, so that probabilities are as often right as they say.
        usual: How much likelier an example is to be itself, as a logarithm, than another one of its class is.
        gain: What the odds of a hand's hardest inks lack for want of examples: this, divided by their number.
        shares: Progress at each level, float32 of shape (levels + 1,); follows from `levels`.
        moments: Ones beside the shares, float32 of shape (levels + 1, 2).

    Raises:
        ValueError: A shape does not fit, or a number lies outside its range.
    """

    levels: int
    background: Floats
    background_bias: Floats
    sharpness: float = 1.0
    usual: float = USUAL
    gain: float = GAIN
    shares: Floats = field(init=False)
    moments: Floats = field(init=False)

    def __post_init__(self) -> None:
        if self.levels < 1 or not self.sharpness > 0:
            raise ValueError(
                f"levels must be at least 1, sharpness above 0; got {self.levels}, {self.sharpness}"
            )
        if not (self.usual >= 0 and self.gain >= 0):
            raise ValueError(f"usual and gain must be at least 0; got {self.usual}, {self.gain}")
        if self.background.ndim != 2 or self.background_bias.shape != (len(self.background),):
            raise ValueError(
                "background must have the shape (vectors, embedding), its bias one number a vector; "
                f"got {self.background.shape} and {self.background_bias.shape}"
            )

        shares = np.append(np.arange(1, self.levels + 1) / self.levels, 1.0)
        object.__setattr__(self, "shares", shares.astype(np.float32))
        moments = np.stack([np.ones_like(shares), shares], axis=1)
        object.__setattr__(self, "moments", moments.astype(np.float32))


def as_document(reading: Reading) -> dict[str, Any]:
    """A reading as JSON takes it; the arrays are float32, little-endian, in base64."""
    return {
        "levels": reading.levels,
        "sharpness": reading.sharpness,
        "usual": reading.usual,
        "gain": reading.gain,
        "background_shape": list(reading.background.shape),
        "background": _encoded(reading.background),
        "background_bias": _encoded(reading.background_bias),
    }


def reading_of(document: Mapping[str, Any]) -> Reading:
    """What `as_document` wrote.

    Raises:
        KeyError, TypeError, ValueError: It is no such document.
    """
    background = _decoded(document["background"]).reshape(document["background_shape"])
    bias = _decoded(document["background_bias"])
    told = {name: float(document[name]) for name in ("usual", "gain") if name in document}
    return Reading(int(document["levels"]), background, bias, float(document["sharpness"]), **told)


def _encoded(array: Floats) -> str:
    return b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def _decoded(text: str) -> Floats:
    return np.frombuffer(b64decode(text, validate=True), dtype="<f4").astype(np.float32)
