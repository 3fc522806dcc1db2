"""The strokes that break stroke renderers, from `strokes.json`: each fits a square of 60 pixels."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIDE = 60


@dataclass(frozen=True)
class AwkwardStroke:
    name: str
    points: NDArray[np.float32]
    width: float | NDArray[np.float32]

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def _read() -> list[AwkwardStroke]:
    corpus = json.loads((Path(__file__).parent / "strokes.json").read_text(encoding="utf-8"))
    return [
        AwkwardStroke(name, np.array(stroke["points"], dtype=np.float32), _width(stroke["width"]))
        for name, stroke in corpus.items()
    ]


def _width(given: float | list[float]) -> float | NDArray[np.float32]:
    return np.array(given, dtype=np.float32) if isinstance(given, list) else given


AWKWARD = _read()
