"""Taught inks left out in turn and asked, as the shipped scoring answers: whether an encoder is better."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from torch import Tensor

from addon.arrays import Ints
from addon.fewshot.prototypes import answers, no_prototypes, taught
from addon.fewshot.scoring import Scoring
from addon.training.graph import array_of


class Fold(NamedTuple):
    """Which inks are taught, and which are asked, as indices."""

    taught: Ints
    asked: Ints


def folds(classes: Ints, count: int, chance: np.random.Generator) -> Iterator[Fold]:
    """Splits in which every ink of a class of several is asked once; one of each class is always taught."""
    part = np.full(len(classes), -1)
    for label in np.unique(classes):
        mine = chance.permutation(np.flatnonzero(classes == label))
        if len(mine) > 1:
            part[mine] = np.arange(len(mine)) % count
    for number in range(count):
        yield Fold(np.flatnonzero(part != number), np.flatnonzero(part == number))


def right(scoring: Scoring, tracks: Tensor, asked: Tensor, classes: Ints, fold: Fold) -> Ints:
    """How many of a fold's asked inks are recognised, at each row asked.

    Args:
        scoring: How the embeddings are read.
        tracks: Embeddings of every ink at its levels, shape (inks, levels + 1, embedding).
        asked: Embeddings of every ink at the rows to ask, shape (inks, rows, embedding).
        classes: Shape (inks,).
        fold: Which are taught, and which are asked.

    Returns:
        Shape (rows,).
    """
    if not len(fold.asked):
        return np.zeros(asked.shape[1], dtype=np.int64)
    names = [str(label) for label in classes[fold.taught].tolist()]
    known = taught(no_prototypes(scoring), range(len(names)), names, list(array_of(tracks)[fold.taught]))
    rows = array_of(asked)[fold.asked]
    said = answers(known, rows.reshape(-1, rows.shape[2])).probabilities.argmax(axis=1)
    named = np.array(known.labels)[said].reshape(rows.shape[:2])
    return (named == classes[fold.asked].astype(str)[:, None]).sum(axis=0)
