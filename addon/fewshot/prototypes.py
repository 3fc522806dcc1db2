"""Few-shot classification: a class is a few prototypes of the encoder's embeddings at several levels.

    level      how far into an example: a sixteenth of its pen-down travel, two, … all, then the pen lifted
    track      the encoder's embedding at each level of one example
    prototype  a track, or the mean of several similar tracks, of one class

A class keeps a few prototypes, since there are several ways to write a letter. As in the prototypical
networks of Snell, Swersky and Zemel (2017), nearness is half the negative squared distance. A class's score
sums the nearness of all levels of all its prototypes; the levels that contribute most give the progress.
Background vectors, trained with the encoder, stand for everything that was not taught.

Nearness is a difference of products, and float32 rounds each product relative to its size. Distances do not
change when all vectors are shifted alike, so all of them are measured from a center among the taught tracks:
there the products are smallest, and so are the rounding differences between processors.

Nothing here changes an array: teaching returns new prototypes, and the old ones stay valid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log
from typing import NamedTuple

import numpy as np

from addon.arrays import Doubles, Floats, Ints
from addon.fewshot.novelty import NOBODY, Asked, asked, limit
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


_TINY = 1e-30

# The lowest value of `unknown`: float32 cannot express more certainty.
_SURE = -69.0

# If the classes are this much less near than the background, as a logarithm, they get their own offset.
_FAR = 40.0

# Rows of the table in one product.
_ROWS = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Prototypes:
    """Everything that is taught, ready to classify with; made by `no_prototypes`, `taught` and similar.

    Attributes:
        scoring: How the encoder's embeddings are read.
        labels: The classes, in the order in which they were first taught.
        keys: Numbers of the examples, oldest first.
        classes: Int64 array of shape (examples,): indices into `labels`.
        tracks: Float32 array of shape (examples, levels + 1, embedding).
        center: Float32 array of shape (embedding,): what `table` and `bias` are measured from.
        table: Float32 array of shape (prototypes × (levels + 1) + vectors, embedding): the prototypes, class
            by class, and the background; relative to the center and multiplied by the sharpness.
        bias: Float32 array, one number a row of `table`.
        starts: Int64 array of shape (classes,): the first prototype of each class.
        clusters: The prototypes of each class, by label.
    """

    scoring: Scoring
    labels: tuple[str, ...]
    keys: tuple[int, ...]
    classes: Ints
    tracks: Floats
    center: Floats
    table: Floats
    bias: Floats
    starts: Ints
    clusters: Mapping[str, Cluster]


class Answer(NamedTuple):
    """The classification of one point.

    Attributes:
        probabilities: Float32, shape (classes,), summing to 1, given that it is one of the classes.
        progress: 0..1.
        unknown: Log odds that it is none of the classes; at least -69.
    """

    probabilities: Floats
    progress: float
    unknown: float


class Answers(NamedTuple):
    """The classification of many points: each array as in `Answer`, with a leading axis."""

    probabilities: Floats
    progress: Floats
    unknown: Floats


def no_prototypes(scoring: Scoring) -> Prototypes:
    """Prototypes with nothing taught yet."""
    size = scoring.background.shape[1]
    tracks = np.zeros((0, scoring.levels + 1, size), dtype=np.float32)
    return _arranged({}, scoring, (), (), np.zeros(0, dtype=np.int64), tracks)


def track(scoring: Scoring, embeddings: Floats, travel: Doubles) -> Floats:
    """The track of one ink, shape (levels + 1, embedding).

    Args:
        scoring: Gives the number of levels.
        embeddings: Shape (rows, embedding): at every row of the ink; at the last row the pen is lifted.
        travel: Shape (rows,): pen-down travel at each row.
    """
    return embeddings[level_rows(travel, scoring.levels)]


def level_rows(travel: Doubles, levels: int) -> Ints:
    """The last row at or before each level while the pen is down, then the last row; shape (levels + 1,)."""
    shares = np.arange(1, levels + 1) / levels
    # A margin larger than the rounding of points: a row at a level is found in any unit.
    wanted = travel[-1] * (shares + 1e-6)
    reached = (travel[:-1] <= wanted[:, None]).sum(axis=1) - 1
    return np.append(np.maximum(reached, 0), len(travel) - 1)


def taught(
    prototypes: Prototypes, keys: Sequence[int], labels: Sequence[str], tracks: Sequence[Floats]
) -> Prototypes:
    """Add examples; they count from the next point on.

    Args:
        prototypes: What is already taught.
        keys: Numbers of the examples, none of them in use.
        labels: Their classes, new or known.
        tracks: Their tracks.

    Raises:
        ValueError: A key is in use, or a track has another shape.
    """
    if not keys:
        return prototypes
    if not set(keys).isdisjoint(prototypes.keys):
        raise ValueError(f"some of the examples {list(keys)} are taught already; forget them first")
    shape = prototypes.tracks.shape[1:]
    if any(one.shape != shape for one in tracks):
        raise ValueError(f"a track must have the shape {shape}; got {[one.shape for one in tracks]}")
    every = np.concatenate([prototypes.tracks, np.stack(tracks).astype(np.float32)])
    return _renamed(prototypes, (*prototypes.keys, *keys), [*_names(prototypes), *labels], every)


def forgotten(prototypes: Prototypes, key: int) -> Prototypes:
    """Remove one example; a class without examples is removed too.

    Raises:
        KeyError: No example has this key.
    """
    gone = _place(prototypes, key)
    keys = prototypes.keys[:gone] + prototypes.keys[gone + 1 :]
    names = _names(prototypes)
    return _renamed(prototypes, keys, names[:gone] + names[gone + 1 :], np.delete(prototypes.tracks, gone, 0))


def relabelled(prototypes: Prototypes, key: int, label: str) -> Prototypes:
    """Give one example another label.

    Raises:
        KeyError: No example has this key.
    """
    names = _names(prototypes)
    names[_place(prototypes, key)] = label
    return _renamed(prototypes, prototypes.keys, names, prototypes.tracks)


def answer(prototypes: Prototypes, embedding: Floats) -> Answer:
    """Classify one point.

    Args:
        prototypes: What is taught: at least one example.
        embedding: Float32 array of shape (embedding,).
    """
    scoring = prototypes.scoring
    near = _product(prototypes.table, embedding - prototypes.center)
    near += prototypes.bias
    end = len(near) - len(scoring.background)
    top = peak(near)
    near -= top
    lost = 0.0
    if peak(near[:end]) < -_FAR:
        # The background is so much nearer that the classes would underflow in float32.
        lost = float(peak(near[:end]))
        near[:end] -= np.float32(lost)
    np.exp(near, out=near)
    # One product gives both sums over the levels, plain and weighted by progress; two calls cost more.
    sums = np.dot(near[:end].reshape(-1, scoring.levels + 1), scoring.moments)
    if len(prototypes.starts) < len(sums):
        sums = np.add.reduceat(sums, prototypes.starts)
    likely, shared = total(sums).tolist()
    likely, background = max(likely, _TINY), max(float(total(near[end:])), _TINY)
    return Answer(sums[:, 0] / likely, shared / likely, max(log(background / likely) - lost, _SURE))


def _product(table: Floats, embedding: Floats) -> Floats:
    """Multiply the table by one embedding, on this thread alone.

    From half a million numbers on, BLAS splits a product among its threads, and on busy cores they wait for
    each other: a median of 7 ms was measured, sometimes 28 ms.
    """
    if len(table) <= _ROWS:
        return np.dot(table, embedding)
    near = np.empty(len(table), dtype=np.float32)
    for at in range(0, len(table), _ROWS):
        np.dot(table[at : at + _ROWS], embedding, out=near[at : at + _ROWS])
    return near


def total(values: Floats) -> Floats:
    """Sum over the first axis of float32 values of shape (n,) or (n, m); a scalar or of shape (m,).

    For the few numbers of one point, numpy's own sum takes four times as long.
    """
    return np.dot(_ones(len(values)), values)


def peak(values: Floats) -> np.float32:
    """The largest of float32 values of shape (n,), n at least 1; NaN if one of them is NaN."""
    return values[values.argmax()]


@cache
def _ones(count: int) -> Floats:
    return np.ones(count, dtype=np.float32)


def answers(prototypes: Prototypes, embeddings: Floats) -> Answers:
    """Classify many points, as `answer` does one.

    Args:
        prototypes: What is taught: at least one example.
        embeddings: Float32 array of shape (points, embedding).
    """
    joint, background, odds = _near(prototypes, embeddings)
    likely = np.add.reduceat(joint.sum(axis=2), prototypes.starts, axis=1)
    known = np.maximum(likely.sum(axis=1), _TINY)
    unknown = np.maximum(background.sum(axis=1), _TINY)
    progress = (joint.sum(axis=1) @ prototypes.scoring.moments[:, 1]) / known
    return Answers(likely / known[:, None], progress, np.maximum(np.log(unknown / known) + odds, _SURE))


def rounding(prototypes: Prototypes, embeddings: Floats) -> float:
    """How far answers to these points may differ between two processors because they sum in another order.

    float32 rounds a product of two vectors by about 2⁻²⁴ of the product of their lengths, and a probability
    changes by a quarter of the change of a difference of two nearnesses. This is twice that share.

    Args:
        prototypes: What is taught: at least one example.
        embeddings: Float32 array of shape (points, embedding), at least one point.
    """
    farthest = float(np.linalg.norm(embeddings - prototypes.center, axis=1).max())
    # The table already includes the sharpness.
    longest = float(np.linalg.norm(prototypes.table, axis=1).max())
    return farthest * longest * 2**-23


def at_levels(prototypes: Prototypes, embeddings: Floats) -> Floats:
    """How likely each point is at each level, of any class; shape (points, levels + 1).

    Args:
        prototypes: What is taught: at least one example.
        embeddings: Float32 array of shape (points, embedding).
    """
    likely = _near(prototypes, embeddings)[0].sum(axis=1)
    return likely / np.maximum(likely.sum(axis=1, keepdims=True), _TINY)


def _near(prototypes: Prototypes, embeddings: Floats) -> tuple[Floats, Floats, Floats]:
    """Nearness to the prototypes, (points, prototypes, levels + 1), and to the background, (points, vectors).

    Each is relative to its own maximum; the third array, (points,), is the logarithm of how much nearer the
    background's maximum is.
    """
    near = (embeddings - prototypes.center) @ prototypes.table.T + prototypes.bias
    end = near.shape[1] - len(prototypes.scoring.background)
    known, unknown = near[:, :end], near[:, end:]
    top, top_unknown = known.max(axis=1, keepdims=True), unknown.max(axis=1, keepdims=True)
    likely = np.exp(known - top).reshape(len(near), -1, prototypes.scoring.levels + 1)
    return likely, np.exp(unknown - top_unknown), (top_unknown - top)[:, 0]


def threshold(prototypes: Prototypes, known: Asked | None = None) -> float:
    """The threshold for unknown: from this `unknown` on, a finished ink is none of the classes.

    Args:
        prototypes: What is taught.
        known: The result of `questioned` for the same prototypes; None to compute it.
    """
    return limit(questioned(prototypes) if known is None else known, prototypes.classes)


def questioned(prototypes: Prototypes, before: Asked = NOBODY) -> Asked:
    """Compare the taught inks with each other.

    Args:
        prototypes: What is taught.
        before: The result before an example was added or removed; reused as far as possible.
    """
    return asked(before, prototypes.scoring, prototypes.keys, prototypes.classes, prototypes.tracks)


def _names(prototypes: Prototypes) -> list[str]:
    return [prototypes.labels[index] for index in prototypes.classes.tolist()]


def _place(prototypes: Prototypes, key: int) -> int:
    if key not in prototypes.keys:
        raise KeyError(f"there is no example {key}")
    return prototypes.keys.index(key)


def _renamed(
    prototypes: Prototypes, keys: tuple[int, ...], names: Sequence[str], tracks: Floats
) -> Prototypes:
    labels = tuple(dict.fromkeys(names))
    index = {label: place for place, label in enumerate(labels)}
    classes = np.array([index[name] for name in names], dtype=np.int64)
    return _arranged(prototypes.clusters, prototypes.scoring, labels, keys, classes, tracks)


def _arranged(
    before: Mapping[str, Cluster],
    scoring: Scoring,
    labels: tuple[str, ...],
    keys: tuple[int, ...],
    classes: Ints,
    tracks: Floats,
) -> Prototypes:
    places: dict[int, list[int]] = {index: [] for index in range(len(labels))}
    for place, index in enumerate(classes.tolist()):
        places[index].append(place)
    # The first example's center stays as long as that example, so teaching more recomputes nothing else.
    center = tracks[0].mean(axis=0) if keys else np.zeros(tracks.shape[2], dtype=np.float32)
    clusters = {
        label: clustered(
            before.get(label), scoring, center, tuple(keys[place] for place in mine), mine, tracks
        )
        for label, mine in zip(labels, places.values(), strict=True)
    }
    counts = np.array([len(cluster.counts) for cluster in clusters.values()], dtype=np.int64)
    tables = [cluster.table for cluster in clusters.values()]
    background = scoring.background.astype(np.float64) - center
    scaled = scoring.sharpness * background
    own = scoring.background_bias - scoring.sharpness * np.square(background).sum(axis=1) / 2
    biases = [cluster.bias for cluster in clusters.values()]
    return Prototypes(
        scoring,
        labels,
        keys,
        classes,
        tracks,
        center,
        np.concatenate([*tables, scaled], dtype=np.float32),
        np.concatenate([*biases, own], dtype=np.float32),
        np.cumsum(counts) - counts,
        clusters,
    )
