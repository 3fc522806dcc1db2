"""A class's examples clustered to a few prototypes; one more example updates them incrementally."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from addon.arrays import Doubles, Floats
from addon.fewshot.scoring import Scoring

MOST = 5
"""Most prototypes of a class, so that a point does not cost more the more is taught."""


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """The prototypes of one class.

    Attributes:
        keys: The examples they are made of, in the order taught.
        center: Float32 array of shape (embedding,): what `table` and `bias` are measured from.
        kept: Float64 array of shape (prototypes, levels + 1, embedding): the prototypes themselves.
        counts: Float64 array of shape (prototypes,): how many examples each is the mean of.
        table: Float32 array of shape (prototypes × (levels + 1), embedding): `kept` relative to the center
            and multiplied by the sharpness.
        bias: Float32 array, one number a row of `table`.
    """

    keys: tuple[int, ...]
    center: Floats
    kept: Doubles
    counts: Doubles
    table: Floats
    bias: Floats


def clustered(
    before: Cluster | None,
    scoring: Scoring,
    center: Floats,
    keys: tuple[int, ...],
    places: Sequence[int],
    tracks: Floats,
) -> Cluster:
    """Cluster a class's examples: the first `MOST` become prototypes, each further one joins the nearest.

    Args:
        before: The class as it was; examples it shares with `keys` are not processed again. None if new.
        scoring: How the encoder's embeddings are read.
        center: What embeddings are measured from, shape (embedding,).
        keys: The class's examples, at least one, in the order taught.
        places: Indices of their tracks in `tracks`.
        tracks: Shape (examples, levels + 1, embedding).
    """
    if before is not None and before.keys == keys:
        same = np.array_equal(before.center, center)
        return before if same else _ready(scoring, center, keys, before.kept, before.counts)
    if before is not None and len(before.keys) < len(keys) and keys[: len(before.keys)] == before.keys:
        kept, counts, known = before.kept.copy(), before.counts.copy(), len(before.keys)
    else:
        kept, counts, known = np.zeros((0, *tracks.shape[1:])), np.zeros(0), 0
    for place in places[known:]:
        if len(kept) < MOST:
            kept, counts = (
                np.concatenate([kept, tracks[place : place + 1].astype(np.float64)]),
                np.append(counts, 1.0),
            )
            continue
        nearest = int(np.square(kept - tracks[place]).sum(axis=(1, 2)).argmin())
        counts[nearest] += 1
        kept[nearest] += (tracks[place] - kept[nearest]) / counts[nearest]
    return _ready(scoring, center, keys, kept, counts)


def _ready(
    scoring: Scoring,
    center: Floats,
    keys: tuple[int, ...],
    kept: Doubles,
    counts: Doubles,
) -> Cluster:
    rows = kept.reshape(-1, kept.shape[2]) - center
    share = np.add.outer(np.log(counts / counts.sum()), np.log(scoring.weights)).ravel()
    bias = share - scoring.sharpness * np.square(rows).sum(axis=1) / 2
    return Cluster(
        keys, center, kept, counts, (scoring.sharpness * rows).astype(np.float32), bias.astype(np.float32)
    )
