"""Real handwriting through the whole shipped path: taught, trained in its process, recognised point by point.

For each of ten writers a recogniser is taught a few signs of that writer and tested on the writer's others.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench._row import table_row
from tests.real_pens import FRACTIONS, real_corpus, recognised, split_writer, taught_recognizer, writers_with

WRITERS = 10
CASES = {"pendigits": ("0123", 5, 0.95), "uji1": ("ABCD", 1, None)}
PROGRESS_GOAL = {"pendigits": 0.12, "uji1": None}


def rows() -> list[dict[str, Any]]:
    """Measure every data set."""
    return [row for name in CASES for row in measured(name)]


def measured(name: str) -> list[dict[str, Any]]:
    """Measure one data set: accuracy at each fraction of the arc length and lifted, and progress."""
    labels, shots, goal = CASES[name]
    corpus = real_corpus(name)
    writers = writers_with(corpus, labels, shots + 1)[:WRITERS]
    right: list[Any] = []
    errors: list[float] = []
    for writer in writers:
        split = split_writer(corpus, writer, labels, shots)
        with tempfile.TemporaryDirectory() as home, taught_recognizer(split, Path(home)) as recognizer:
            answers = [recognised(recognizer, label, strokes) for label, strokes in split.others]
        right.append(np.mean([answer.right for answer in answers], axis=0))
        errors.append(float(np.mean([answer.progress_error for answer in answers])))
        print(f"  {name} writer {writer}: {right[-1].round(3)} progress {errors[-1]:.3f}", file=sys.stderr)
    accuracy = np.mean(right, axis=0).tolist()
    figures = [(f"{name}_accuracy_at_{round(100 * f)}", accuracy[i], None) for i, f in enumerate(FRACTIONS)]
    figures.append((f"{name}_accuracy", accuracy[-1], goal))
    made = [table_row("real", figure, value, "share", wish, "higher") for figure, value, wish in figures]
    return [
        *made,
        table_row(
            "real", f"{name}_progress_error", float(np.mean(errors)), "share", PROGRESS_GOAL[name], "lower"
        ),
    ]
