"""How strange the taught inks are to each other: from what `unknown` on an ink is none of the classes.

Every example of a class that has others is asked as if it had not been taught. How near it is to the tracks
of the others does not change when one more is taught, so that is kept, and only what is new is worked out.
"""

from dataclasses import dataclass

import numpy as np

from addon.arrays import Array, Floats, Ints
from addon.fewshot.scoring import Scoring

REFUSED = 0.05
"""Share of a taught set's own inks that `limit` gives up."""

TRUSTED = 20
"""How many inks the encoder's own threshold counts for beside those of the taught set."""

ASKED = 48
"""Examples that are asked at most, the newest, so that teaching stays short."""

AT_ONCE = 1024
"""Vectors in one product with one asked example. A larger one is shared among threads of the BLAS, and where
the cores are busy one of them waits for the other, ten milliseconds or more."""

_TINY = 1e-30


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """How near the asked examples, each finished, are to every example and to the background; as logarithms.

    Attributes:
        rows: Numbers of the examples that are asked.
        columns: Numbers of all examples.
        near: Float32 array of shape (rows, columns), all levels of a column's track together.
        strange: Float32 array of shape (rows,), all vectors of the background together.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    near: Floats
    strange: Floats


NOBODY = Asked((), (), np.zeros((0, 0), dtype=np.float32), np.zeros(0, dtype=np.float32))


def asked(before: Asked, scoring: Scoring, keys: tuple[int, ...], classes: Ints, tracks: Floats) -> Asked:
    """Who is asked, and how near they are to what is taught.

    Args:
        before: What was known of the same tracks; it is taken over as far as it goes.
        scoring: How the encoder's embeddings are read.
        keys: Numbers of all examples.
        classes: Their classes, shape (examples,).
        tracks: Their tracks, shape (examples, levels + 1, embedding).
    """
    company: Ints = np.bincount(classes)[classes]
    places: list[int] = np.flatnonzero(company > 1)[-ASKED:].tolist()
    rows = tuple(keys[place] for place in places)
    old_rows, old_columns = _found(before.rows, rows), _found(before.columns, keys)
    near = np.zeros((len(rows), len(keys)), dtype=np.float32)
    strange = np.zeros(len(rows), dtype=np.float32)
    known, seen = old_rows >= 0, old_columns >= 0
    near[np.ix_(known, seen)] = before.near[np.ix_(old_rows[known], old_columns[seen])]
    strange[known] = before.strange[old_rows[known]]
    ends = tracks[places, -1]
    near[np.ix_(known, ~seen)] = _near(scoring, ends[known], tracks[~seen])
    if not known.all():
        near[~known] = _near(scoring, ends[~known], tracks)
        strange[~known] = _strange(scoring, ends[~known])
    return Asked(rows, keys, near, strange)


def limit(known: Asked, classes: Ints) -> float:
    """From which `unknown` on a finished ink is none of the classes.

    The strangest twentieth of the asked examples may be refused; the fewer they are, the more the encoder's
    own threshold counts, which is 0.
    """
    if not known.rows:
        return 0.0
    own = float(np.quantile(_left_out(known, classes), 1 - REFUSED))
    return own * len(known.rows) / (len(known.rows) + TRUSTED)


def _found(old: tuple[int, ...], new: tuple[int, ...]) -> Ints:
    """Where each of the new was among the old; -1 where it was not."""
    place = {key: index for index, key in enumerate(old)}
    return np.array([place.get(key, -1) for key in new], dtype=np.int64)


def _near(scoring: Scoring, ends: Floats, tracks: Floats) -> Floats:
    vectors = tracks.reshape(-1, tracks.shape[2])
    near = np.empty((len(ends), len(vectors)), dtype=np.float32)
    asked = ends.astype(np.float64)
    for at in range(0, len(vectors), AT_ONCE):
        # An export works the threshold out once more, and must come to the same.
        some = vectors[at : at + AT_ONCE].astype(np.float64)
        squares = np.einsum("ij,ij->i", some, some)
        near[:, at : at + AT_ONCE] = scoring.sharpness * (asked @ some.T - squares / 2)
    return summed(near.reshape(len(ends), *tracks.shape[:2]) + np.log(scoring.weights))


def _strange(scoring: Scoring, ends: Floats) -> Floats:
    squares = np.square(scoring.background).sum(axis=1)
    return summed(scoring.sharpness * (ends @ scoring.background.T - squares / 2) + scoring.background_bias)


def summed(near: Array) -> Array:
    """The logarithm of the sum of what is given as logarithms, along the last axis."""
    top = near.max(axis=-1, keepdims=True)
    return np.log(np.exp(near - top).sum(axis=-1)) + top[..., 0]


def _left_out(known: Asked, classes: Ints) -> Floats:
    """How unknown the asked examples would be without themselves."""
    places = _found(known.columns, known.rows)
    own = classes[places][:, None] == classes
    top = np.maximum(known.near.max(axis=1), known.strange)
    likely = np.exp(known.near - top[:, None])
    likely[np.arange(len(places)), places] = 0.0
    total = (likely / np.maximum(np.bincount(classes)[classes] - own, 1)).sum(axis=1)
    strange = np.exp(known.strange - top)
    return np.log(np.maximum(strange, _TINY) / np.maximum(total, _TINY))
