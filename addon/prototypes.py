"""Classes taught in an instant: where the encoder stood, at several levels, while each example was drawn.

    level      how far into an example: an eighth of its pen-down travel, two, … all, then the pen lifted
    track      the encoder's embedding at each level of one example
    prototype  a track, or the mean of several that are alike, of one class

A class keeps a few prototypes, since there are several ways to write a letter; as in the prototypical
networks of Snell, Swersky and Zemel (2017), nearness is half the negative squared distance. The nearness of
all levels of all its prototypes together is a class's score, and where among the levels it lies is the
progress. Vectors of the background, learnt with the encoder, stand for whatever was not taught.

Nothing here changes an array: whoever teaches gets new prototypes, and may keep the old ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from addon.reading import Floats, Reading

MOST = 5
"""Prototypes that a class has at most, so that a point does not cost more the more is taught."""

REFUSED = 0.05
"""Share of a taught set's own inks that `threshold` gives up."""

TRUSTED = 20
"""How many inks the encoder's own threshold counts for beside those of the taught set."""

ASKED = 48
"""Examples that `threshold` asks at most, the newest, so that teaching stays short."""

_TINY = 1e-30

Ints: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Prototypes:
    """Everything that is taught, ready to answer with; made by `no_prototypes`, `taught` and their like.

    Attributes:
        reading: How the encoder's embeddings are read.
        labels: The classes, in the order in which they were first taught.
        keys: The examples' own numbers, oldest first.
        classes: Int64 array of shape (examples,): indices into `labels`.
        tracks: Float32 array of shape (examples, levels + 1, embedding).
        table: Float32 array of shape (prototypes × (levels + 1) + vectors, embedding): the prototypes, class
            by class, and the background; sharpened.
        bias: Float32 array, one number a row of `table`.
        starts: Int64 array of shape (classes,): the first prototype of each class.
    """

    reading: Reading
    labels: tuple[str, ...]
    keys: tuple[int, ...]
    classes: Ints
    tracks: Floats
    table: Floats
    bias: Floats
    starts: Ints


class Answer(NamedTuple):
    """What is said of a point.

    Attributes:
        probabilities: Float32, shape (classes,), summing to 1, given that it is one of the classes.
        progress: 0..1.
        unknown: How much likelier it is, as a logarithm, that it is none of the classes.
    """

    probabilities: Floats
    progress: float
    unknown: float


class Answers(NamedTuple):
    """What is said of many points: each array as in `Answer`, with a leading axis."""

    probabilities: Floats
    progress: Floats
    unknown: Floats


def no_prototypes(reading: Reading) -> Prototypes:
    """Nothing taught yet."""
    size = reading.background.shape[1]
    tracks = np.zeros((0, reading.levels + 1, size), dtype=np.float32)
    return _arranged(reading, (), (), np.zeros(0, dtype=np.int64), tracks)


def track(reading: Reading, embeddings: Floats, travel: NDArray[np.float64]) -> Floats:
    """The track of one ink, shape (levels + 1, embedding).

    Args:
        reading: How many levels.
        embeddings: Shape (rows, embedding): at every row of the ink, the last one with the pen lifted.
        travel: Shape (rows,): pen-down travel at each row.
    """
    return embeddings[level_rows(travel, reading.levels)]


def level_rows(travel: NDArray[np.float64], levels: int) -> Ints:
    """The last row at or before each level while the pen is down, then the last row; shape (levels + 1,)."""
    shares = np.arange(1, levels + 1) / levels
    wanted = travel[-1] * (shares + 1e-9)
    reached = (travel[:-1] <= wanted[:, None]).sum(axis=1) - 1
    return np.append(np.maximum(reached, 0), len(travel) - 1)


def taught(
    prototypes: Prototypes, keys: Sequence[int], labels: Sequence[str], tracks: Sequence[Floats]
) -> Prototypes:
    """With more examples; they count from the next point on.

    Args:
        prototypes: What is taught already.
        keys: The examples' numbers, none of them in use.
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
    """One example less; a class without examples goes.

    Raises:
        KeyError: There is no such example.
    """
    gone = _place(prototypes, key)
    keys = prototypes.keys[:gone] + prototypes.keys[gone + 1 :]
    names = _names(prototypes)
    return _renamed(prototypes, keys, names[:gone] + names[gone + 1 :], np.delete(prototypes.tracks, gone, 0))


def relabelled(prototypes: Prototypes, key: int, label: str) -> Prototypes:
    """The same examples, one of them under another label.

    Raises:
        KeyError: There is no such example.
    """
    names = _names(prototypes)
    names[_place(prototypes, key)] = label
    return _renamed(prototypes, prototypes.keys, names, prototypes.tracks)


def answer(prototypes: Prototypes, embedding: Floats) -> Answer:
    """What one point looks like.

    Args:
        prototypes: What is taught: at least one example.
        embedding: Float32 array of shape (embedding,).
    """
    reading = prototypes.reading
    near = np.dot(prototypes.table, embedding)
    near += prototypes.bias
    near -= np.maximum.reduce(near)
    np.exp(near, out=near)
    end = len(near) - len(reading.background)
    # One product sums the levels, plainly and by their share; a call of its own for each costs more.
    sums = np.dot(near[:end].reshape(-1, reading.levels + 1), reading.moments)
    if len(prototypes.starts) < len(sums):
        sums = np.add.reduceat(sums, prototypes.starts)
    likely, shared = np.add.reduce(sums).tolist()
    likely, strange = max(likely, _TINY), max(float(np.add.reduce(near[end:])), _TINY)
    return Answer(sums[:, 0] / likely, shared / likely, log(strange / likely))


def answers(prototypes: Prototypes, embeddings: Floats) -> Answers:
    """What many points look like, as `answer` says of each.

    Args:
        prototypes: What is taught: at least one example.
        embeddings: Float32 array of shape (points, embedding).
    """
    shares = prototypes.reading.shares
    near = embeddings @ prototypes.table.T + prototypes.bias
    near = np.exp(near - near.max(axis=1, keepdims=True))
    end = near.shape[1] - len(prototypes.reading.background)
    joint = near[:, :end].reshape(len(near), -1, len(shares))
    likely = np.add.reduceat(joint.sum(axis=2), prototypes.starts, axis=1)
    total = np.maximum(likely.sum(axis=1), _TINY)
    strange = np.maximum(near[:, end:].sum(axis=1), _TINY)
    progress = (joint.sum(axis=1) @ shares) / total
    return Answers(likely / total[:, None], progress, np.log(strange / total))


def threshold(prototypes: Prototypes) -> float:
    """From which `unknown` on a finished ink is none of the classes, as far as the taught set tells.

    Every example of a class that has others is asked as if it had not been taught. The strangest twentieth
    of these may be refused; the fewer they are, the more the encoder's own threshold counts, which is 0.
    """
    left_out = _left_out(prototypes)
    if not len(left_out):
        return 0.0
    own = float(np.quantile(left_out, 1 - REFUSED))
    return own * len(left_out) / (len(left_out) + TRUSTED)


def _left_out(prototypes: Prototypes) -> Floats:
    """How unknown the newest examples that have others beside them would be without themselves."""
    counts = np.bincount(prototypes.classes)[prototypes.classes]
    asked = np.flatnonzero(counts > 1)[-ASKED:]
    reading, shape = prototypes.reading, prototypes.tracks.shape
    vectors = np.concatenate([prototypes.tracks.reshape(-1, shape[2]), reading.background])
    near = prototypes.tracks[asked, -1] @ vectors.T - np.square(vectors).sum(axis=1) / 2
    near[:, -len(reading.background) :] += reading.background_bias
    near = np.exp(reading.sharpness * (near - near.max(axis=1, keepdims=True)))
    likely = near[:, : -len(reading.background)].reshape(len(asked), *shape[:2]).sum(axis=2)
    likely[np.arange(len(asked)), asked] = 0.0
    own = prototypes.classes[asked][:, None] == prototypes.classes
    total = (likely / (counts - own)).sum(axis=1, where=counts > own)
    strange = near[:, -len(reading.background) :].sum(axis=1)
    return np.log(np.maximum(strange, _TINY) / np.maximum(total, _TINY))


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
    return _arranged(prototypes.reading, labels, keys, classes, tracks)


def _arranged(
    reading: Reading, labels: tuple[str, ...], keys: tuple[int, ...], classes: Ints, tracks: Floats
) -> Prototypes:
    groups = [_grouped(tracks[classes == index]) for index in range(len(labels))]
    counts = np.array([len(tracks_of) for tracks_of, _ in groups], dtype=np.int64)
    rows = np.concatenate([np.zeros((0, *tracks.shape[1:])), *(tracks_of for tracks_of, _ in groups)])
    shares = np.concatenate([np.zeros(0), *(share for _, share in groups)])
    table = np.concatenate([rows.reshape(-1, tracks.shape[2]), reading.background])
    own = np.concatenate([np.repeat(np.log(shares), tracks.shape[1]), reading.background_bias])
    bias = own - reading.sharpness * np.square(table).sum(axis=1) / 2
    return Prototypes(
        reading,
        labels,
        keys,
        classes,
        tracks,
        (reading.sharpness * table).astype(np.float32),
        bias.astype(np.float32),
        np.cumsum(counts) - counts,
    )


def _grouped(tracks: Floats) -> tuple[Floats, NDArray[np.float64]]:
    """At most `MOST` prototypes of a class's tracks, and the share of the tracks that each stands for.

    The first tracks begin the groups; each further one joins the nearest.
    """
    kept = tracks[:MOST].astype(np.float64)
    counts = np.ones(len(kept))
    for track_of in tracks[MOST:]:
        nearest = int(np.square(kept - track_of).sum(axis=(1, 2)).argmin())
        counts[nearest] += 1
        kept[nearest] += (track_of - kept[nearest]) / counts[nearest]
    return kept.astype(np.float32), counts / counts.sum()
