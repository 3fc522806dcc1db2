"""What many inks cost in one batched step, against a step of one.

Both are timed in turns, as in `tests.bench.point`; of all windows the quarter that was disturbed least
counts.
"""

import tempfile
from pathlib import Path
from time import perf_counter_ns

import numpy as np

from addon.features.recipe import COLUMNS
from addon.inference.providers import Choice
from addon.inference.session import open_step
from addon.inference.step import StepSession
from tests.models import make_model

WINDOWS = 60
STEPS = 50
CALM = 25  # percent of the windows
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def batch_us(batch: int, choice: Choice, layers: int = 2, hidden: int = 128) -> tuple[float, float]:
    """Microseconds of a step of one ink and of one of `batch` inks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "letters.onnx"
        make_model(path, LETTERS, layers=layers, hidden=hidden)
        session = open_step(path, choice)
    times = np.array([[_window(session, size, seed) for size in (1, batch)] for seed in range(WINDOWS)])
    one, many = np.percentile(times, CALM, axis=0) / 1000
    return float(one), float(many)


def _window(session: StepSession, batch: int, seed: int) -> float:
    """Nanoseconds that half of a window's steps take at most."""
    chance = np.random.default_rng(seed)
    pens = chance.uniform(-1, 1, (STEPS, batch, 1, len(COLUMNS))).astype(np.float32)
    state, times = session.start(batch), list[int]()
    for row in pens:
        began = perf_counter_ns()
        _, state = session.step(row, state)
        times.append(perf_counter_ns() - began)
    return float(np.median(times))
