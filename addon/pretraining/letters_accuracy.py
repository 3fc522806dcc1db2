"""The accuracy of a head over an encoder on held-out writers."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from addon.arrays import Bools, Floats, Ints
from addon.evaluation.checkpoints import STEPS
from addon.evaluation.metrics import auroc, calibration_error
from addon.evaluation.outcomes import NAMES
from addon.features.batch import flat_rows
from addon.features.recipe import FeatureRecipe
from addon.pretraining.fewshot_accuracy import READ
from addon.pretraining.head import Head
from addon.training.encoder import EncoderNet
from addon.training.episodes import level_rows
from addon.training.ink_set import progress_of
from addon.training.plan import UNKNOWN
from addon.training.pool import UNIPEN, Pool, scaled
from addon.training.variations import hidden_at

# Sizes of a writer's signs, relative to the nominal one, for which accuracy is measured.
SIZES = (0.5, 1.0, 2.0)
KINDS = {"capitals": str.isupper, "small letters": str.islower, "digits": str.isdigit}


class LettersAnswers(NamedTuple):
    """The answers to inks at each step of their travel, and with the pen lifted.

    Attributes:
        probabilities: Shape (inks, STEPS + 1, classes).
        progress: Shape (inks, STEPS + 1).
        true: The true progress, shape (inks, STEPS + 1).
        unknown: Shape (inks, STEPS + 1).
    """

    probabilities: Floats
    progress: Floats
    true: Floats
    unknown: Floats


def letters_of(pool: Pool) -> tuple[str, ...]:
    """The labels of the letters and digits in a pool, sorted."""
    numbers: list[int] = np.unique(pool.classes[_is_letter(pool)]).tolist()
    return tuple(sorted(pool.labels[number] for number in numbers))


def classes_of(pool: Pool, labels: Sequence[str]) -> Ints:
    """The class of each ink as an index into `labels`; `UNKNOWN` for what is not a letter."""
    place = {label: number for number, label in enumerate(labels)}
    numbers: list[int] = pool.classes.tolist()
    found = [place.get(pool.labels[number], UNKNOWN) for number in numbers]
    return np.where(_is_letter(pool), np.array(found, dtype=np.int64), UNKNOWN)


def _is_letter(pool: Pool) -> Bools:
    kinds = [number for number, kind in enumerate(pool.kinds) if kind in UNIPEN]
    return np.isin(pool.groups[pool.classes], kinds)


def figures(
    net: EncoderNet, head: Head, apart: Pool, labels: Sequence[str], spacing: float
) -> dict[str, Any]:
    """The figures of the card: by size of the signs, by kind of sign, and for unknown signs.

    Args:
        net: The encoder.
        head: The head over it.
        apart: Inks that were held out.
        labels: The head's classes.
        spacing: Distance between two rows, in scales.
    """
    classes = classes_of(apart, labels)
    known = np.flatnonzero(classes != UNKNOWN)
    at_size = {size: answers_to(net, head, apart, spacing, size) for size in SIZES}
    nominal = at_size[1.0]
    found: dict[str, Any] = {
        "held_out_examples": len(known),
        "held_out_writers": len(np.unique(apart.writers[known])),
        "accuracy": {str(size): accuracy(answers, classes, known) for size, answers in at_size.items()},
        "ece": _calibration(nominal, classes, known),
        "progress_error": round(float(np.abs(nominal.progress - nominal.true)[known].mean()), 4),
    }
    found["kinds"], found["among_kind"] = {}, {}
    for name, is_kind in KINDS.items():
        allowed = np.array([is_kind(label) for label in labels])
        inks = known[allowed[classes[known]]]
        if len(inks):
            found["kinds"][name] = accuracy(nominal, classes, inks)
            found["among_kind"][name] = accuracy(nominal, classes, inks, allowed)
    return found | _unknown(nominal, classes)


def answers_to(net: EncoderNet, head: Head, pool: Pool, spacing: float, size: float) -> LettersAnswers:
    """The answers to the inks of a pool, drawn at this size relative to the nominal one."""
    table = flat_rows(FeatureRecipe(1.0, spacing), *scaled(pool.inks, np.full(len(pool), size)))
    rows = level_rows(table, np.arange(len(pool)), STEPS)
    with torch.no_grad():
        scores, progress, unknown = head(hidden_at(net, table, rows))
        arrays = torch.softmax(scores, dim=2), torch.sigmoid(progress), unknown
    likely, detected, unknown = (each.numpy() for each in arrays)
    return LettersAnswers(
        likely, detected, progress_of(table)[table.offsets[:-1, np.newaxis] + rows], unknown
    )


def accuracy(
    answers: LettersAnswers, classes: Ints, inks: Ints, allowed: Bools | None = None
) -> dict[str, float]:
    """Share of the inks that is recognised, by `NAMES`; among the allowed classes, or among all."""
    likely = answers.probabilities[inks][:, READ]
    if allowed is not None:
        likely = np.where(allowed, likely, -1.0)
    right = likely.argmax(axis=2) == classes[inks][:, np.newaxis]
    return dict(zip(NAMES, right.mean(axis=0).round(4).tolist(), strict=True))


def _calibration(answers: LettersAnswers, classes: Ints, inks: Ints) -> float:
    likely = answers.probabilities[inks][:, READ]
    right = likely.argmax(axis=2) == classes[inks][:, np.newaxis]
    return round(calibration_error(likely.max(axis=2).ravel().astype(np.float64), right.ravel()), 4)


def _unknown(answers: LettersAnswers, classes: Ints) -> dict[str, float]:
    """How well finished drawings that are not letters are detected as unknown."""
    unknown = classes == UNKNOWN
    if not 0 < int(unknown.sum()) < len(unknown):
        return {}
    last = answers.unknown[:, -1].astype(np.float64)
    doubt = 1 - answers.probabilities[:, -1].astype(np.float64).max(axis=1)
    return {
        "unknown_auroc": round(auroc(last, unknown), 4),
        "unknown_auroc_softmax": round(auroc(doubt, unknown), 4),
        "refused_known": round(float((last > 0)[~unknown].mean()), 4),
        "refused_unknown": round(float((last > 0)[unknown].mean()), 4),
    }
