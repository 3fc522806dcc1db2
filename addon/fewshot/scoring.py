"""How the embeddings of a base encoder are scored; part of the encoder's description."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from addon.arrays import Floats

# Both were measured on writers that the base encoder never saw, and differ little from level to level.
USUAL = 1.8
GAIN = 1.1


@dataclass(frozen=True, slots=True, eq=False)
class Scoring:
    """How embeddings of one encoder are scored.

    Attributes:
        levels: Levels while the pen is down, at equal shares of the travel; the lifted pen adds one.
        background: Float32 array of shape (vectors, embedding).
        background_bias: Float32 array of shape (vectors,).
        sharpness: Factor on nearness, so that probabilities are calibrated.
        usual: Typical log odds between an example and itself against another example of its class.
        gain: How much a writer's hardest inks lose in log odds with n examples: `gain` / n.
        inner: Weight of a level before the whole sign, above 0; the whole sign and the lifted pen weigh 1.
            With more levels than in training it is below 1, so that the levels together weigh the same.
        detected: Progress that each level stands for, 0..1, float32 of shape (levels + 1,); None for its
            share.
        shares: Share of the travel at each level, float32 of shape (levels + 1,); follows from `levels`.
        weights: Weight of each level, float32 of shape (levels + 1,); follows from `inner`.
        moments: Ones, and the progress of each level, float32 of shape (levels + 1, 2).

    Raises:
        ValueError: A shape does not fit, or a number is outside its range.
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
    """Convert a scoring to JSON values; the arrays are float32, little-endian, in base64."""
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
    """Read what `as_document` wrote.

    Raises:
        KeyError, TypeError, ValueError: It is not such a document.
    """
    background = _decoded(document["background"]).reshape(document["background_shape"])
    bias = _decoded(document["background_bias"])
    given: dict[str, Any] = {
        name: float(document[name]) for name in ("usual", "gain", "inner") if name in document
    }
    if document.get("detected") is not None:
        given["detected"] = np.array(document["detected"], dtype=np.float32)
    return Scoring(int(document["levels"]), background, bias, float(document["sharpness"]), **given)


def _encoded(array: Floats) -> str:
    return b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def _decoded(text: str) -> Floats:
    return np.frombuffer(b64decode(text, validate=True), dtype="<f4").astype(np.float32)
