"""How the embeddings of a base encoder are read: it comes with the encoder, in its description."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from addon.arrays import Floats

# Both were measured on hands that the base encoder never saw, and differ little from level to level.
USUAL = 1.8
GAIN = 1.1


@dataclass(frozen=True, slots=True, eq=False)
class Scoring:
    """How embeddings of one encoder are read; it comes with the encoder.

    Attributes:
        levels: Levels while the pen is down, at equal shares of the travel; the lifted pen is one more.
        background: Float32 array of shape (vectors, embedding).
        background_bias: Float32 array of shape (vectors,).
        sharpness: What nearness is multiplied by, so that probabilities are as often right as they say.
        usual: How much likelier an example is to be itself, as a logarithm, than another one of its class is.
        gain: What the odds of a hand's hardest inks lack for want of examples: this, divided by their number.
        inner: What a level counts that lies before the whole sign, above 0; the whole sign and the lifted pen
            count 1. An encoder that is read at more levels than it was trained at has it below 1, so that all
            of them together count as much as then.
        detected: Progress that each level is taken for, 0..1, float32 of shape (levels + 1,); None for its
            share.
        shares: Share of the travel at each level, float32 of shape (levels + 1,); follows from `levels`.
        weights: What each level counts, float32 of shape (levels + 1,); follows from `inner`.
        moments: Ones beside the progress of each level, float32 of shape (levels + 1, 2).

    Raises:
        ValueError: A shape does not fit, or a number lies outside its range.
    """

    levels: int
    background: Floats
    background_bias: Floats
    sharpness: float = 1.0
    usual: float = USUAL
    gain: float = GAIN
    inner: float = 1.0
    detected: Floats | None = None
    shares: Floats = field(init=False)
    weights: Floats = field(init=False)
    moments: Floats = field(init=False)

    def __post_init__(self) -> None:
        if self.levels < 1 or not self.sharpness > 0:
            raise ValueError(
                f"levels must be at least 1, sharpness above 0; got {self.levels}, {self.sharpness}"
            )
        if not (self.usual >= 0 and self.gain >= 0 and self.inner > 0):
            raise ValueError(
                "usual and gain must be at least 0, inner above 0; "
                f"got {self.usual}, {self.gain} and {self.inner}"
            )
        if self.background.ndim != 2 or self.background_bias.shape != (len(self.background),):
            raise ValueError(
                "background must have the shape (vectors, embedding), its bias one number a vector; "
                f"got {self.background.shape} and {self.background_bias.shape}"
            )
        shares = np.append(np.arange(1, self.levels + 1) / self.levels, 1.0)
        detected = shares if self.detected is None else self.detected
        if detected.shape != shares.shape or not bool(((detected >= 0) & (detected <= 1)).all()):
            raise ValueError(f"detected must be one progress a level, 0..1; got {self.detected}")
        weights = np.append(np.full(self.levels - 1, self.inner), [1.0, 1.0])
        moments = np.stack([np.ones_like(shares), detected], axis=1)
        for name, array in (("shares", shares), ("weights", weights), ("moments", moments)):
            object.__setattr__(self, name, array.astype(np.float32))


def as_document(scoring: Scoring) -> dict[str, Any]:
    """A scoring as JSON takes it; the arrays are float32, little-endian, in base64."""
    return {
        "levels": scoring.levels,
        "sharpness": scoring.sharpness,
        "usual": scoring.usual,
        "gain": scoring.gain,
        "inner": scoring.inner,
        "detected": None if scoring.detected is None else scoring.detected.tolist(),
        "background_shape": list(scoring.background.shape),
        "background": _encoded(scoring.background),
        "background_bias": _encoded(scoring.background_bias),
    }


def scoring_of(document: Mapping[str, Any]) -> Scoring:
    """What `as_document` wrote.

    Raises:
        KeyError, TypeError, ValueError: It is no such document.
    """
    background = _decoded(document["background"]).reshape(document["background_shape"])
    bias = _decoded(document["background_bias"])
    told = {name: float(document[name]) for name in ("usual", "gain", "inner") if name in document}
    said = document.get("detected")
    detected = None if said is None else np.array(said, dtype=np.float32)
    levels, sharpness = int(document["levels"]), float(document["sharpness"])
    return Scoring(levels, background, bias, sharpness, **told, detected=detected)


def _encoded(array: Floats) -> str:
    return b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def _decoded(text: str) -> Floats:
    return np.frombuffer(b64decode(text, validate=True), dtype="<f4").astype(np.float32)
