"""Thumbnails of taught inks for a model's description."""

import numpy as np

from addon.dataset.corpus import Corpus, inks
from addon.features.points import Strokes
from addon.model.metadata import Thumbnail

MOST_POINTS = 48


def thumbnail(ink: Strokes) -> Thumbnail:
    """An ink's strokes in whole numbers, scaled to 0..255; at most `MOST_POINTS` points a stroke."""
    every = np.concatenate([stroke[:, :2] for stroke in ink])
    low, size = every.min(axis=0), float(np.ptp(every, axis=0).max())
    scaled = [(_sparse(stroke[:, :2]) - low) * (255 / size if size > 0 else 0.0) for stroke in ink]
    return [np.rint(stroke).astype(int).tolist() for stroke in scaled]


def thumbnails(corpus: Corpus) -> dict[str, Thumbnail]:
    """The thumbnail of the first ink of each class."""
    labels, first = np.unique(corpus.labels, return_index=True)
    return {str(label): thumbnail(ink) for label, ink in zip(labels, inks(corpus, first), strict=True)}


def _sparse(points: np.ndarray) -> np.ndarray:
    return points[np.unique(np.linspace(0, len(points) - 1, MOST_POINTS).round().astype(int))]
