"""What a point costs, from the pen's event to the prediction, against the bare `session.run` of its model.

Both are timed in turns, a short window of one and then of the other. A percentile is taken within each
window, and of all windows the quarter that was disturbed least: what else the machine is doing takes whole
time slices, a hundred steps long, and would be all that is left to see. Every point counted gives a row, as
every bare run takes one.
"""

import tempfile
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np
import onnxruntime

from addon import Recognizer
from addon.features.recipe import COLUMNS
from tests.bench._row import table_row
from tests.encoders import inline_steps
from tests.models import make_model

WINDOWS = 200
POINTS = 100
CALM = 25  # percent of the windows
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def rows() -> list[dict[str, Any]]:
    """Measure the default network with 26 classes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "letters.onnx"
        make_model(path, LETTERS)
        points, bare = measure(path, Path(folder))
    figures = [("p50_ratio", 50, 2.0), ("p99_ratio", 99, 3.0)]
    return [_row(name, points, bare, percent, goal) for name, percent, goal in figures]


def measure(path: Path, home: Path) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds of every point through the recogniser and of every bare run, each (windows, points)."""
    recognizer = Recognizer(path, provider="cpu")
    recognizer.setup(home)
    with inline_steps():  # in a worker, there would be nothing to time
        assert recognizer.wait_ready()
    assert recognizer.model is not None
    step = recognizer.model.recipe.step
    run = _bare_run(path, recognizer.model.layers, recognizer.model.hidden)
    points: list[list[int]] = []
    bare: list[list[int]] = []
    for window in range(WINDOWS):
        points.append(_points(recognizer, step, seed=window))
        bare.append([_timed(run) for _ in range(POINTS)])
    recognizer.exit()
    return np.array(points) / 1000, np.array(bare) / 1000


def _points(recognizer: Recognizer, step: float, seed: int) -> list[int]:
    # A pen that wanders, each of its samples a little further than the distance between two rows.
    angles = np.random.default_rng(seed).normal(0, 0.3, POINTS).cumsum()
    ink = np.zeros((POINTS, 4), dtype=np.float32)
    ink[:, 0], ink[:, 1] = (1.001 * step * np.cumsum(turn(angles)) for turn in (np.cos, np.sin))
    times = [_timed(lambda point=point: recognizer.on_stroke_point(point, 0)) for point in ink]
    assert recognizer.prediction.rows == POINTS
    recognizer.on_stroke(ink, 0)
    recognizer.on_ink([ink], 0)
    return times


def _bare_run(path: Path, layers: int, hidden: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    state = np.zeros((layers, 1, hidden), dtype=np.float32)
    row = np.random.default_rng(0).random((1, 1, len(COLUMNS)), dtype=np.float32)
    feed = {"features": row, "h": state, "c": state}
    answers = ["scores", "progress", "h_next", "c_next"]
    return lambda: session.run(answers, feed)


def _timed(call: Any) -> int:
    began = perf_counter_ns()
    call()
    return perf_counter_ns() - began


def _calm(windows: np.ndarray) -> float:
    return float(np.percentile(windows, CALM))


def _row(name: str, points: np.ndarray, bare: np.ndarray, percent: int, goal: float) -> dict[str, Any]:
    ours, theirs = (_calm(np.percentile(each, percent, axis=1)) for each in (points, bare))
    peer = {"point_us": ours, "session_run_us": theirs}
    return table_row("point", name, ours / theirs, "ratio", goal, peer=peer)
