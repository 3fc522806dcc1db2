"""Metrics: accuracy by groups, calibration, detection of unknown signs."""

from collections.abc import Hashable, Sequence

import numpy as np

from addon.arrays import Bools, Doubles

BINS = 15


def mean_over_groups(values: Doubles, groups: Sequence[Hashable]) -> Doubles:
    """The mean of the groups' means, so that every writer counts the same.

    Args:
        values: Shape (n, ...), n at least 1.
        groups: The group of each, n of them.
    """
    number = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    which = np.array([number[group] for group in groups])
    return np.mean([values[which == place].mean(axis=0) for place in range(len(number))], axis=0)


def calibration_error(confidence: Doubles, right: Bools) -> float:
    """Expected calibration error over bins of equal width (Naeini, Cooper and Hauskrecht, 2015).

    Args:
        confidence: Shape (n,), 0..1, n at least 1.
        right: Shape (n,): whether the answer was right.
    """
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    gaps = np.bincount(bins, weights=confidence, minlength=BINS) - np.bincount(bins, right, BINS)
    return float(np.abs(gaps).sum() / counts.sum())


def auroc(novelty: Doubles, unknown: Bools) -> float:
    """Area under the ROC: the probability that an unknown ink has a higher novelty than a known one.

    Ties count half.

    Args:
        novelty: Shape (n,), larger for unknown inks.
        unknown: Shape (n,), with some True and some False.
    """
    _, inverse, counts = np.unique(novelty, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    count, others = int(unknown.sum()), int((~unknown).sum())
    return float((ranks[inverse][unknown].sum() - count * (count + 1) / 2) / (count * others))


def rejection(novelty: Doubles, unknown: Bools, accepted: float = 0.95) -> float:
    """Share of the unknown that are rejected at the threshold that accepts a given share of the known.

    Args:
        novelty: Shape (n,), larger for unknown inks.
        unknown: Shape (n,), with some True and some False.
        accepted: Share of the known that must be accepted, 0..1.
    """
    others = np.sort(novelty[~unknown])
    limit = others[max(int(np.ceil(accepted * len(others))), 1) - 1]
    return float((novelty[unknown] > limit).mean())


def area(accuracy: Doubles) -> float:
    """Area under a curve given at equal distances from 0 to 1, by the trapezoidal rule."""
    return float(np.mean((accuracy[1:] + accuracy[:-1]) / 2))
