"""Trials of a described model: inks of several lengths, and how long an answer takes."""

from time import perf_counter_ns

import numpy as np

from addon.arrays import Floats
from addon.errors import ModelError, said
from addon.features.ink_input import Asking
from addon.inference.described_step import DescribedStep

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


def try_inks(step: DescribedStep) -> None:
    """Feed a dot, a short ink and a longer one.

    Raises:
        ModelError: A step fails, or an answer is not a number; one line says with how many samples.
    """
    for count in (1, 4, 60):
        samples = trial_ink(max(count, 2))[:, : count if count == 1 else None]
        try:
            outputs, _ = step.step(samples, step.start())
        except ModelError as error:
            raise ModelError(_reason(said(error), count)) from error
        arrays = (outputs.scores, outputs.progress, outputs.unknown, outputs.embedding)
        if not all(np.isfinite(array).all() for array in arrays if array.dtype.kind == "f"):
            raise ModelError(f"its answers to an ink of {count} samples are not numbers (NaN)")


def _reason(why: str, samples: int) -> str:
    """Why a model fails on an ink, and what to do; exporters may fix a length that they declare as free."""
    if "hape" in why or "imension" in why:
        return (
            f"its length is frozen inside, so it fails on an ink of {samples} samples; export it again with "
            "that axis dynamic, or give its one length as points or length"
        )
    return f"it fails on an ink of {samples} samples ({why})"
