"""Fit the scoring of a trained encoder: its sharpness, and the progress that each level stands for.

In use a taught ink has more levels than in an episode of pretraining. Those before the whole sign then weigh
less, so that the levels together weigh the same as in training.
"""

from dataclasses import replace

import numpy as np

from addon.arrays import Doubles, Floats
from addon.dataset.corpus import Corpus
from addon.dataset.splits import tasks
from addon.fewshot.prototypes import at_levels
from addon.fewshot.scoring import Scoring
from addon.pretraining.encoder_accuracy import encoder_of, prototypes_of
from addon.pretraining.fewshot_accuracy import STEPS, Encoder, measure, step_rows, task_rows, true_progress
from addon.pretraining.loop import Settings
from addon.training.encoder import EncoderNet
from addon.training.encoder_export import background_of
from addon.training.pool import UNIPEN, Pool, as_corpus

# The candidates for the sharpness, and the number of writers to choose by.
SHARPNESSES = (0.8, 1.0, 1.2, 1.4, 1.7, 2.0, 2.4)
WRITERS = 20
# Rounds of reweighting, more than needed to converge; and the smallest error.
ROUNDS, LEAST = 60, 1e-3


def measured_scoring(net: EncoderNet, settings: Settings, pool: Pool) -> Scoring:
    """Fit the scoring of a trained network, its projection's bias included.

    Args:
        net: The encoder.
        settings: Settings of its pretraining.
        pool: The training data; the held-out data is only for measuring.
    """
    inner = settings.levels / settings.read
    plain = Scoring(settings.read, *background_of(net), inner=inner)
    sharp = replace(plain, sharpness=_sharpness(net, plain, settings.spacing, pool))
    return replace(sharp, detected=_detected(net, sharp, settings.spacing, pool))


def _sharpness(net: EncoderNet, scoring: Scoring, spacing: float, pool: Pool) -> float:
    """The sharpness that gives the best calibration."""
    asked = ((as_corpus(pool, UNIPEN), 1), (as_corpus(pool, ("unipen_digits",)), 5))
    found: dict[float, float] = {}
    for sharpness in SHARPNESSES:
        encoder = encoder_of(net, replace(scoring, sharpness=sharpness), spacing)
        gaps = [measure(encoder, corpus, "wd", shots, 1, WRITERS).get("ece", 0.0) for corpus, shots in asked]
        found[sharpness] = sum(gaps)
    return min(found, key=lambda each: found[each])


def _detected(net: EncoderNet, scoring: Scoring, spacing: float, pool: Pool) -> Floats | None:
    """The progress that each level stands for; None if there is no data."""
    encoder = encoder_of(net, scoring, spacing)
    parts: list[tuple[Doubles, Doubles]] = []
    for kinds in (*((kind,) for kind in UNIPEN), UNIPEN):
        parts += _asked(encoder, scoring, as_corpus(pool, kinds))
    return fitted(*map(np.concatenate, zip(*parts, strict=True))) if parts else None


def _asked(encoder: Encoder, scoring: Scoring, corpus: Corpus) -> list[tuple[Doubles, Doubles]]:
    """How likely each level is at every step of the tested inks, and their progress there."""
    made: list[tuple[Doubles, Doubles]] = []
    for task in tasks(corpus, "wd", 1, 0, WRITERS):
        rows = task_rows(corpus, task, encoder.spacing)
        embeddings = encoder.encode(rows.taught.rows, rows.taught.offsets)
        known = prototypes_of(scoring, embeddings, rows.taught, rows.classes)
        at = step_rows(rows.asked)[:, :STEPS].ravel()
        likely = at_levels(known, encoder.encode(rows.asked.rows, rows.asked.offsets)[at])
        made.append((likely.astype(np.float64), true_progress(rows.asked).ravel()))
    return made


def fitted(likely: Doubles, progress: Doubles) -> Floats:
    """The progress of each level, 0..1, that minimises the mean absolute error.

    By iteratively reweighted least squares (Schlossmacher, "An iterative technique for absolute deviations
    curve fitting", 1973), kept within 0..1 after every round.

    Args:
        likely: Shape (points, levels): how likely each level is, summing to 1.
        progress: Shape (points,): the true progress.
    """
    numbers = np.full(likely.shape[1], 0.5)
    small = 1e-9 * np.eye(len(numbers))
    weights = np.ones(len(progress))
    for _ in range(ROUNDS):
        weighted = (likely * weights[:, None]).T
        numbers = np.clip(np.linalg.solve(weighted @ likely + small, weighted @ progress), 0.0, 1.0)
        weights = 1 / np.maximum(np.abs(likely @ numbers - progress), LEAST)
    return numbers.astype(np.float32)
