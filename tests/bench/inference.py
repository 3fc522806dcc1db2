"""The engine of a stage: a point inline, a model in a worker, models swapped while a sketch draws.

All are ratios of what was measured in turns in one run, or differences within one. Nothing is measured on a
device that is not there.
"""

import tempfile
import time
from pathlib import Path
from time import perf_counter_ns
from typing import Any, NamedTuple

import numpy as np

from addon.background.process_worker import ProcessWorker
from addon.background.worker import ThreadWorker
from addon.features.recipe import COLUMNS
from addon.inference.answers import answer_reader
from addon.inference.inline_worker import InlineWorker
from addon.inference.loaded_model import load_model
from addon.inference.providers import Choice, choose_here, probe_this_machine
from addon.inference.session import open_step
from tests.bench import _concurrent, _swaps, point
from tests.bench._row import table_row
from tests.bench.batching import batch_us
from tests.models import make_model

FRAMES = 200
NO_DEVICE = "not measured: no device"
GOALS = {
    "inline_p50_ratio": ("ratio", 1.5),
    "inline_p99_ratio": ("ratio", 3.0),
    "worker_overhead_ms": ("ms", 2.0),
    "worker_frame_p99_ratio": ("ratio", 1.2),
    "swap_p99_ratio": ("ratio", 1.2),
    "swap1000_memory_percent": ("percent", 2.0),
    "swap1000_handles": ("handles", 0.0),
    "batch64_ratio": ("ratio", 16.0),
    "cuda_step_us": ("us", None),
}
"""Of each row its unit and its goal."""


def rows(provider: str = "cpu") -> list[dict[str, Any]]:
    """Measure all of it.

    Args:
        provider: "cpu", or "cuda" for the same on a device; without one no row has a figure.
    """
    if provider == "cuda" and probe_this_machine().missing:
        return [{**row(figure, None, {}), "reason": NO_DEVICE} for figure in GOALS]
    choice = choose_here(provider, provider)
    measured = [*inline_rows(choice), *worker_rows(choice), swap_row(provider), *memory_rows(provider)]
    return [*measured, batch_row(choice), cuda_row()]


def inline_rows(choice: Choice) -> list[dict[str, Any]]:
    """A step of the default network with 26 classes, against the bare `session.run` of the same session.

    From a row to what it is taken for, as `feed` and `latest` give it; the features are the bench `point`'s.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "letters.onnx"
        make_model(path, point.LETTERS)
        session = open_step(path, choice)
    steps, bare = [], []
    for seed in range(point.WINDOWS):
        pen = np.random.default_rng(seed).uniform(-1, 1, (point.POINTS, 1, 1, len(COLUMNS)))
        steps.append(fed_times(session, pen.astype(np.float32)))
        bare.append(run_times(session, pen.astype(np.float32)))
    made = []
    for percent in (50, 99):
        ours, theirs = (
            float(np.percentile(np.percentile(each, percent, axis=1), point.CALM)) / 1000
            for each in (np.array(steps), np.array(bare))
        )
        peers = {"feed_to_latest_us": ours, "session_run_us": theirs}
        made.append(row(f"inline_p{percent}_ratio", ours / theirs, peers))
    return made


def fed_times(session: Any, pen: np.ndarray) -> list[int]:
    """Nanoseconds of each step through an inline worker that keeps the state."""
    answers, state = answer_reader(session), session.start()

    def call(rows: np.ndarray) -> Any:
        nonlocal state
        outputs, state = session.step(rows, state)
        return answers.read(outputs)

    worker = InlineWorker(call, "letters")
    times = []
    for rows in pen:
        began = perf_counter_ns()
        worker.feed(rows)
        told = worker.latest
        times.append(perf_counter_ns() - began)
        assert told is not None
    return times


def run_times(session: Any, pen: np.ndarray) -> list[int]:
    """Nanoseconds of each bare run of the same session."""
    names = ["h_next", "c_next", "scores", "progress"]
    h = c = np.zeros((session.spec.layers, 1, session.spec.hidden), dtype=np.float32)
    times = []
    for rows in pen:
        began = perf_counter_ns()
        h, c, *_ = session._session.run(names, {"features": rows, "h": h, "c": c})
        times.append(perf_counter_ns() - began)
    return times


def worker_rows(choice: Choice) -> list[dict[str, Any]]:
    """An image model in a process, and in a thread, while the frame is busy in Python."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pictures.onnx"
        _concurrent.make_image_model(path)
        where = list(choice.providers)
        maker, arguments = "tests.bench._concurrent:open_model", {"path": str(path), "providers": where}
        process = background_run(ProcessWorker(maker, arguments, path.name))
        thread = background_run(ThreadWorker(_concurrent.open_model(str(path), where), path.name))
    peers = {"calm_ms": process.calm_ms, "model_ms": process.model_ms}
    others = {"thread_ms": thread.overhead_ms, "thread_calm_ms": thread.calm_ms}
    return [
        row("worker_overhead_ms", process.overhead_ms, {**peers, **others}),
        row("worker_frame_p99_ratio", process.frame_ratio, {"thread": thread.frame_ratio}),
    ]


class BackgroundRun(NamedTuple):
    """What a worker and a frame cost each other.

    Attributes:
        overhead_ms: Half of the answers took at most so much longer than the model.
        calm_ms: The same of the calmest quarter of the stretches in which it was fed.
        model_ms: Half of the runs of the model took at most this.
        frame_ratio: 99th percentile of the frame with it, over that without.
    """

    overhead_ms: float
    calm_ms: float
    model_ms: float
    frame_ratio: float


def background_run(worker: Any) -> BackgroundRun:
    """Run a worker while the shapes are drawn."""
    while isinstance(worker, ProcessWorker) and not worker.open:
        assert not (said := worker.messages()), said
        time.sleep(0.01)
    crowd = _concurrent.run_concurrently(worker, FRAMES)
    assert not (said := worker.messages()), said
    model = worker.busy_timings().p50 / 1000
    worker.close()
    medians = [float(np.median(stretch)) for stretch in crowd.overheads.values()]
    together = np.concatenate([list(stretch) for stretch in crowd.overheads.values()])
    without, with_it = (float(np.percentile(times, 99)) for times in crowd.times)
    return BackgroundRun(
        float(np.median(together)), float(np.percentile(medians, point.CALM)), model, with_it / without
    )


def swap_row(provider: str) -> dict[str, Any]:
    """The frame's p99 in seconds with a swap of a large model, over seconds without."""
    without, with_it, megabytes = _swaps.swap_times(provider)
    longest = {"longest_ms": float(with_it.max()), "longest_without_ms": float(without.max())}
    p99 = [float(np.percentile(times, 99)) for times in (with_it, without)]
    peers = {"with_ms": p99[0], "without_ms": p99[1], **longest, "model_mb": megabytes}
    return row("swap_p99_ratio", p99[0] / p99[1], peers)


def memory_rows(provider: str) -> list[dict[str, Any]]:
    """What grows over a thousand swaps."""
    early, late, few, many = _swaps.thousand_swaps(provider)
    growth = 100 * (late - early) / early
    peers = {"after_200_mb": early / 1e6, "after_1000_mb": late / 1e6}
    return [
        row("swap1000_memory_percent", growth, peers),
        row("swap1000_handles", float(many - few), {"after_200": few, "after_1000": many}),
    ]


def batch_row(choice: Choice) -> dict[str, Any]:
    """64 inks in one batched step of 2 layers of 128 with 26 classes, against a step of one."""
    one, many = batch_us(64, choice)
    return row("batch64_ratio", many / one, {"one_us": one, "batch64_us": many})


def cuda_row() -> dict[str, Any]:
    """A step on CUDA; no figure where there is no device."""
    made = row("cuda_step_us", None, {})
    if probe_this_machine().missing:
        return {**made, "reason": NO_DEVICE}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "letters.onnx"
        make_model(path, point.LETTERS)
        return {**made, "value": load_model(path, choose_here("cuda", "cuda")).timings.p50}


def row(figure: str, value: float | None, peers: dict[str, Any]) -> dict[str, Any]:
    """A row of the table."""
    return table_row("inference", figure, value, *GOALS[figure], peer=peers)
