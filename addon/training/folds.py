"""Cross-validation of an encoder on the taught inks, with the same scoring as in use."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from torch import Tensor

from addon.arrays import Ints
from addon.fewshot.prototypes import answers, no_prototypes, taught
from addon.fewshot.scoring import Scoring
from addon.training.graph import array_of


class Fold(NamedTuple):
    """The inks to teach and the inks to test, as indices."""

    taught: Ints
    asked: Ints


def folds(classes: Ints, count: int, chance: np.random.Generator) -> Iterator[Fold]:
    """Split the inks: every ink of a class with several is tested once; each class is always taught."""
    part = np.full(len(classes), -1)
    for label in np.unique(classes):
        mine = chance.permutation(np.flatnonzero(classes == label))
        if len(mine) > 1:
            part[mine] = np.arange(len(mine)) % count
    for number in range(count):
        yield Fold(np.flatnonzero(part != number), np.flatnonzero(part == number))


def right(scoring: Scoring, tracks: Tensor, asked: Tensor, classes: Ints, fold: Fold) -> Ints:
    """How many of a fold's tested inks are recognised, at each tested row.

    Args:
        scoring: The scoring.
        tracks: Embeddings of every ink at its levels, shape (inks, levels + 1, embedding).
        asked: Embeddings of every ink at the rows to test, shape (inks, rows, embedding).
        classes: Shape (inks,).
        fold: The fold.

    Returns:
        Shape (rows,).
    """
    if not len(fold.asked):
        return np.zeros(asked.shape[1], dtype=np.int64)
    names = [str(label) for label in classes[fold.taught].tolist()]
    known = taught(no_prototypes(scoring), range(len(names)), names, list(array_of(tracks)[fold.taught]))
    rows = array_of(asked)[fold.asked]
    best = answers(known, rows.reshape(-1, rows.shape[2])).probabilities.argmax(axis=1)
    named = np.array(known.labels)[best].reshape(rows.shape[:2])
    return (named == classes[fold.asked].astype(str)[:, None]).sum(axis=0)
