"""Novelty detection: from which `unknown` on an ink is none of the taught classes.

Every example of a class with several is scored as if it had not been taught (leave one out). How near it is
to the tracks of the others does not change when one more is taught, so that is kept and only the rest is
computed.
"""

from dataclasses import dataclass

import numpy as np

from addon.arrays import Array, Floats, Ints
from addon.fewshot.scoring import Scoring

REFUSED = 0.05
"""Share of a taught set's own inks that `limit` may reject."""

TRUSTED = 20
"""The encoder's own threshold weighs as much as this many inks of the taught set."""

ASKED = 48
"""Only the newest examples are left out in turn, at most this many, so that teaching stays short."""

AT_ONCE = 1024
"""Vectors in one product with one example. BLAS splits a larger one among its threads, and on busy cores they
wait for each other, ten milliseconds or more."""

_TINY = 1e-30


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """How near the examples that are left out in turn, each finished, are to all others, as logarithms.

    Attributes:
        rows: Keys of the examples that are left out in turn.
        columns: Keys of all examples.
        near: Float32 array of shape (rows, columns), all levels of a column's track together.
        background: Float32 array of shape (rows,), all vectors of the background together.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    near: Floats
    background: Floats


NOBODY = Asked((), (), np.zeros((0, 0), dtype=np.float32), np.zeros(0, dtype=np.float32))


def asked(before: Asked, scoring: Scoring, keys: tuple[int, ...], classes: Ints, tracks: Floats) -> Asked:
    """Choose the examples that are left out in turn, and compute how near they are to what is taught.

    Args:
        before: An earlier result for the same encoder; reused as far as possible.
        scoring: How the encoder's embeddings are scored.
        keys: Keys of all examples.
        classes: Their classes, shape (examples,).
        tracks: Their tracks, shape (examples, levels + 1, embedding).
    """
    company: Ints = np.bincount(classes)[classes]
    places: list[int] = np.flatnonzero(company > 1)[-ASKED:].tolist()
    rows = tuple(keys[place] for place in places)
    old_rows, old_columns = _found(before.rows, rows), _found(before.columns, keys)
    near = np.zeros((len(rows), len(keys)), dtype=np.float32)
    background = np.zeros(len(rows), dtype=np.float32)
    known, seen = old_rows >= 0, old_columns >= 0
    near[np.ix_(known, seen)] = before.near[np.ix_(old_rows[known], old_columns[seen])]
    background[known] = before.background[old_rows[known]]
    ends = tracks[places, -1]
    near[np.ix_(known, ~seen)] = _near(scoring, ends[known], tracks[~seen])
    if not known.all():
        near[~known] = _near(scoring, ends[~known], tracks)
        background[~known] = _background(scoring, ends[~known])
    return Asked(rows, keys, near, background)


def limit(known: Asked, classes: Ints) -> float:
    """The threshold for unknown: from this `unknown` on, a finished ink is none of the classes.

    A twentieth of the examples left out may be rejected; the fewer they are, the more the encoder's own
    threshold, which is 0, counts.
    """
    if not known.rows:
        return 0.0
    own = float(np.quantile(_left_out(known, classes), 1 - REFUSED))
    return own * len(known.rows) / (len(known.rows) + TRUSTED)


def _found(old: tuple[int, ...], new: tuple[int, ...]) -> Ints:
    """The index of each new key among the old ones; -1 if it is not among them."""
    place = {key: index for index, key in enumerate(old)}
    return np.array([place.get(key, -1) for key in new], dtype=np.int64)


def _near(scoring: Scoring, ends: Floats, tracks: Floats) -> Floats:
    vectors = tracks.reshape(-1, tracks.shape[2])
    near = np.empty((len(ends), len(vectors)), dtype=np.float32)
    asked = ends.astype(np.float64)
    for at in range(0, len(vectors), AT_ONCE):
        # In float64, as an export computes the threshold again and must get the same.
        some = vectors[at : at + AT_ONCE].astype(np.float64)
        squares = np.einsum("ij,ij->i", some, some)
        near[:, at : at + AT_ONCE] = scoring.sharpness * (asked @ some.T - squares / 2)
    return summed(near.reshape(len(ends), *tracks.shape[:2]) + np.log(scoring.weights))


def _background(scoring: Scoring, ends: Floats) -> Floats:
    squares = np.square(scoring.background).sum(axis=1)
    return summed(scoring.sharpness * (ends @ scoring.background.T - squares / 2) + scoring.background_bias)


def summed(near: Array) -> Array:
    """Log-sum-exp along the last axis."""
    top = near.max(axis=-1, keepdims=True)
    return np.log(np.exp(near - top).sum(axis=-1)) + top[..., 0]


def _left_out(known: Asked, classes: Ints) -> Floats:
    """The `unknown` of each example if it had not been taught."""
    places = _found(known.columns, known.rows)
    own = classes[places][:, None] == classes
    top = np.maximum(known.near.max(axis=1), known.background)
    likely = np.exp(known.near - top[:, None])
    likely[np.arange(len(places)), places] = 0.0
    total = (likely / np.maximum(np.bincount(classes)[classes] - own, 1)).sum(axis=1)
    background = np.exp(known.background - top)
    return np.log(np.maximum(background, _TINY) / np.maximum(total, _TINY))
