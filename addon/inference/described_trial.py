"""Trials of a described model: inks of several lengths, and how long an answer takes."""

from collections.abc import Sequence
from time import perf_counter_ns

import numpy as np

from addon.arrays import Array, Floats
from addon.errors import ModelError, said
from addon.features.ink_input import Asking
from addon.inference.described_step import DescribedStep
from addon.model.adaptor import Output

SLACK = 1e-4
"""Rounding of a probability: so far it may be outside of 0..1."""

UNIT_SLACK = 0.02
"""So far the sum of probabilities may be from 1, as where a model of half precision rounds."""

SHARE = 0.5
"""Most of the pen's time that asking may take; a slower model is asked less often."""


def asking_for(step: DescribedStep) -> tuple[Asking, str]:
    """When a model is asked, as described or, for one that is too slow for that, less often.

    Returns:
        When; and one line for the user if that is less often than described, else empty.
    """
    asking = step.asking
    took = measured_ask(step)
    least = took / SHARE
    # 120 samples a second are a usual pen's rate.
    usual = max(asking.points / 120.0, asking.seconds)
    if usual >= least:
        return asking, ""
    return Asking(asking.points, least), (
        f"an answer takes {took * 1000:.0f} ms, so it is asked every {least * 1000:.0f} ms of drawing, "
        "and when the pen is lifted"
    )


def trial_ink(count: int = 60) -> Floats:
    """Samples of two strokes, shape (1, count + 2, 5), for a trial and for measuring."""
    angle = np.linspace(0.0, 5.0, count)
    half = count // 2
    table = np.stack(
        [100 + 60 * np.cos(angle), 120 + 80 * np.sin(angle), np.arange(count) / 120.0, np.full(count, 0.5)]
    ).T
    samples = np.column_stack([table, np.zeros(count)])
    lift = np.array([[0.0, 0.0, 0.0, 0.0, 1.0]])
    first, second = samples[:half], samples[half:]
    return np.concatenate(
        [first, np.where(lift, lift, first[-1:]), second, np.where(lift, lift, second[-1:])]
    )[None].astype(np.float32)


def measured_ask(step: DescribedStep) -> float:
    """Median seconds of one answer to a short ink."""
    samples = trial_ink()
    times: list[float] = []
    for _ in range(5):
        state = step.start()
        _, state = step.step(samples[:, :-1], state)
        began = perf_counter_ns()
        step.step(samples[:, -1:], state)
        times.append((perf_counter_ns() - began) / 1e9)
    return float(np.median(times))


def try_inks(step: DescribedStep) -> list[Array]:
    """Feed a dot, a short ink and a longer one.

    Returns:
        The scores of each, as the step gives them.

    Raises:
        ModelError: A step fails, or an answer is not a number; one line says with how many samples.
    """
    scores: list[Array] = []
    for count in (1, 4, 60):
        samples = trial_ink(max(count, 2))[:, : count if count == 1 else None]
        try:
            outputs, _ = step.step(samples, step.start())
        except ModelError as error:
            raise ModelError(_reason(said(error), count)) from error
        arrays = (outputs.scores, outputs.progress, outputs.unknown, outputs.embedding)
        if not all(np.isfinite(array).all() for array in arrays if array.dtype.kind == "f"):
            raise ModelError(
                f"its answers to an ink of {count} samples are not numbers (NaN); train or export it again"
            )
        scores.append(outputs.scores)
    return scores


def check_scores(output: Output, trials: Sequence[Array]) -> str:
    """Compare the scores of trials with what the description says they are.

    Args:
        output: The output of the scores, as described.
        trials: Its answers, as the model gives them.

    Returns:
        One line for the user if the description is doubtful, else empty.

    Raises:
        ModelError: They are described as probabilities, and one is below 0 or above 1.
    """
    rows = np.concatenate([array.reshape(-1, array.shape[-1]) for array in trials]).astype(np.float64)
    if output.kind not in ("classes", "text") or rows.shape[-1] < 2:
        return ""
    sums = rows.sum(axis=-1)
    within = bool((rows >= -SLACK).all() and (rows <= 1 + SLACK).all())
    if output.scores == "probabilities":
        if not within:
            raise ModelError(
                f'its output {output.name!r} is described as scores = "probabilities", and is '
                f"{rows.min():.3g} to {rows.max():.3g} in a trial (0 to 1 are allowed); write "
                'scores = "logits"'
            )
        worst = float(sums[np.abs(sums - 1).argmax()])
        if abs(worst - 1) <= UNIT_SLACK:
            return ""
        return (
            f"the probabilities of its output {output.name!r} add up to {worst:.3g} in a trial, not to 1, "
            "and are divided by their sum; check that the model ends with a softmax"
        )
    if within and bool((np.abs(sums - 1) <= UNIT_SLACK).all()):
        return (
            f'its output {output.name!r} is described as scores = "logits", and adds up to 1 in each trial; '
            "a softmax is taken all the same, which makes the answers unsure; write "
            'scores = "probabilities" if the model ends with a softmax'
        )
    return ""


def _reason(why: str, samples: int) -> str:
    """Why a model fails on an ink, and what to do; exporters may fix a length that they declare as free."""
    if "hape" in why or "imension" in why:
        return (
            f"its length is frozen inside, so it fails on an ink of {samples} samples; export it again with "
            "that axis dynamic, or give its one length as points or length"
        )
    return f"it fails on an ink of {samples} samples ({why})"
