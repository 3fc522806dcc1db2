"""Classes taught in an instant: where the encoder stood, at several levels, while each example was drawn.

    level    how far into an example: 1/12, 2/12, … of its pen-down travel, then the whole, the pen lifted
    track    the encoder's embedding at each level of one example
    class    the mean track of its examples (as the prototypes of Snell, Swersky and Zemel, 2017), so one
             prototype a level

A point is answered by how near its embedding is to every prototype: the nearness of all levels together is
the class's, and where among the levels it lies is the progress. Vectors of the background, learnt with the
encoder, stand for whatever was not taught.

Nothing here changes an array: whoever teaches gets new prototypes, and may keep the old ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """How embeddings of one encoder are read; it comes with the encoder.

    Attributes:
        levels: Levels while the pen is down; the lifted pen is one more.
        background: Float32 array of shape (vectors, embedding).
        background_bias: Float32 array of shape (vectors,).
        sharpness: What the scores are multiplied by, so that probabilities are as often right as they say.

    Raises:
        ValueError: A shape does not fit, or a number lies outside its range.
    """

    levels: int
    background: Floats
    background_bias: Floats
    sharpness: float = 1.0

    def __post_init__(self) -> None:
        if self.levels < 1 or not self.sharpness > 0:
            raise ValueError(
                f"levels must be at least 1, sharpness above 0; got {self.levels}, {self.sharpness}"
            )
        if self.background.ndim != 2 or self.background_bias.shape != (len(self.background),):
            raise ValueError(
                "background must have the shape (vectors, embedding), its bias one number a vector; "
                f"got {self.background.shape} and {self.background_bias.shape}"
            )

    @property
    def shares(self) -> Floats:
        """Progress at each level, shape (levels + 1,)."""
        return np.append(np.arange(1, self.levels + 1) / self.levels, 1.0).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Prototypes:
    """Everything that is taught, ready to answer with; made by `no_prototypes`, `taught` and their like.

    Attributes:
        reading: How the encoder's embeddings are read.
        labels: The classes, in the order in which they were first taught.
        keys: The examples' own numbers, oldest first.
        classes: Int64 array of shape (examples,): indices into `labels`.
        tracks: Float32 array of shape (examples, levels + 1, embedding).
        table: Float32 array of shape (classes × (levels + 1) + vectors, embedding): prototypes, background.
        bias: Float32 array, one number a row of `table`.
    """

    reading: Reading
    labels: tuple[str, ...]
    keys: tuple[int, ...]
    classes: Ints
    tracks: Floats
    table: Floats
    bias: Floats

    @property
    def means(self) -> Floats:
        """The prototypes, shape (classes, levels + 1, embedding)."""
        rows = len(self.table) - len(self.reading.background)
        return self.table[:rows].reshape(len(self.labels), self.reading.levels + 1, -1)


class Answer(NamedTuple):
    """What is said of a point; a leading axis where several points were asked at once.

    Attributes:
        probabilities: Float32, shape (classes,), summing to 1, given that it is one of the classes.
        progress: Float32, 0..1.
        unknown: Float32: how much likelier it is, as a logarithm, that it is none of the classes.
    """

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
    reached = np.searchsorted(travel[:-1], travel[-1] * (shares + 1e-9), side="right") - 1
    return np.append(np.maximum(reached, 0), len(travel) - 1)


def taught(prototypes: Prototypes, key: int, label: str, new: Floats) -> Prototypes:
    """One more example; it counts from the next point on.

    Args:
        prototypes: What is taught already.
        key: The example's number, one that is not in use.
        label: Its class, new or known.
        new: Its track.

    Raises:
        ValueError: The key is in use, or the track has another shape.
    """
    if key in prototypes.keys:
        raise ValueError(f"example {key} is taught already; forget it first")
    if new.shape != prototypes.tracks.shape[1:]:
        raise ValueError(f"a track must have the shape {prototypes.tracks.shape[1:]}; got {new.shape}")
    names = [*_names(prototypes), label]
    tracks = np.concatenate([prototypes.tracks, new[np.newaxis].astype(np.float32)])
    return _renamed(prototypes, (*prototypes.keys, key), names, tracks)


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
    """What one point looks like; of at least one class.

    Args:
        prototypes: What is taught.
        embedding: Float32 array of shape (embedding,).
    """
    reading = prototypes.reading
    near = prototypes.table @ embedding
    near += prototypes.bias
    near *= reading.sharpness
    near -= np.maximum.reduce(near)
    np.exp(near, out=near)
    count = len(prototypes.labels) * (reading.levels + 1)
    joint = near[:count].reshape(-1, reading.levels + 1)
    classes = np.add.reduce(joint, axis=1)
    total = np.add.reduce(classes)
    at_level = np.add.reduce(joint, axis=0)
    strange = np.add.reduce(near[count:])
    with np.errstate(divide="ignore", invalid="ignore"):
        return Answer(classes / total, at_level @ reading.shares / total, np.log(strange) - np.log(total))


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
    sums = np.zeros((len(labels), *tracks.shape[1:]), dtype=np.float32)
    np.add.at(sums, classes, tracks)
    means = sums / np.bincount(classes, minlength=len(labels))[:, None, None]
    flat = means.reshape(-1, tracks.shape[2])
    table = np.concatenate([flat, reading.background]).astype(np.float32)
    own = np.concatenate([np.zeros(len(flat)), reading.background_bias])
    bias = (own - np.square(table).sum(axis=1) / 2).astype(np.float32)
    return Prototypes(reading, labels, keys, classes, tracks, table, bias)
