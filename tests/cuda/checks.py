"""What a device has to do right, each as a function that gives the figures it took on the way.

    python -m tests.cuda.checks NAME --provider cuda --json FILE

Needs no pytest. With the provider "cpu" the same runs on the CPU, which proves the check and no device.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from addon import Recognizer
from addon.features.recipe import COLUMNS
from addon.inference.autotune import Memory
from addon.inference.graph import open_graph
from addon.inference.io_binding import open_bound
from addon.inference.loaded_model import load_model
from addon.inference.opening import read_model
from addon.inference.providers import CPU, Choice, choose_here
from addon.inference.session import open_step
from addon.inference.step import JoiningSession

Row = dict[str, Any]
LETTERS = Path(__file__).parents[2] / "models" / "letters.onnx"
ON_CPU = Choice((CPU,))
SCORES = 1e-3
"""By how much scores, before the softmax, may differ from those of the CPU after tens of steps. TF32 would be
beyond it; what the difference is, is among the figures."""

PENS, STEPS, FRAMES = 8, 60, 120
FRAME, LINES = 1 / 60, 10_000


def row(figure: str, value: float, unit: str, better: str = "lower", **peer: float) -> Row:
    """A figure, as `dev.py bench` writes them."""
    return {
        "bench": "cuda",
        "figure": figure,
        "value": float(value),
        "unit": unit,
        "goal": None,
        "better": better,
        "peer": peer,
    }


def asked(provider: str) -> Choice:
    """What is asked for: the provider and no other, so that nothing falls back without a word."""
    return choose_here(provider, provider)


def some_rows(inks: int, steps: int) -> np.ndarray:
    """Rows of so many inks, float32 of shape (steps, inks, 1, features)."""
    shape = (steps, inks, 1, len(COLUMNS))
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


def inline_step(provider: str) -> list[Row]:
    """A step of the letters that ship: how long it takes, and that it answers as the CPU does."""
    model = load_model(LETTERS, asked(provider))
    assert model.session.provider == provider, model.notice
    here = open_step(LETTERS, ON_CPU)
    states, furthest = (model.session.start(), here.start()), 0.0
    for rows in some_rows(1, STEPS):
        told, first = model.session.step(rows, states[0])
        expected, second = here.step(rows, states[1])
        states = first, second
        furthest = max(furthest, float(np.abs(told.scores - expected.scores).max()))
    assert furthest < SCORES, f"scores differ from the CPU's by {furthest:.2g}"
    return [
        row("inline_step_p50_us", model.timings.p50, "us"),
        row("inline_step_p99_us", model.timings.p99, "us"),
        row("inline_step_difference", furthest, "score"),
    ]


def state_on_device(provider: str) -> list[Row]:
    """Rows one by one give what all at once give, and a state that was kept can be gone back to."""
    session = open_step(LETTERS, asked(provider))
    rows = some_rows(1, STEPS)
    whole, _ = session.step(np.ascontiguousarray(rows.transpose(1, 0, 2, 3)[:, :, 0]), session.start())
    state, kept, furthest = session.start(), None, 0.0
    for number, each in enumerate(rows):
        if number == STEPS // 2:
            kept = state
        told, state = session.step(each, state)
        furthest = max(furthest, float(np.abs(told.scores[0, 0] - whole.scores[0, number]).max()))
    assert kept is not None
    again, _ = session.step(rows[STEPS // 2], kept)
    back = float(np.abs(again.scores[0, 0] - whole.scores[0, STEPS // 2]).max())
    assert max(furthest, back) < SCORES, f"replayed rows differ by {max(furthest, back):.2g}"
    return [row("replay_difference", furthest, "score"), row("going_back_difference", back, "score")]


def several_pens(provider: str) -> list[Row]:
    """Several pens in one step answer as each alone; how long both take."""
    session = open_step(LETTERS, asked(provider))
    assert isinstance(session, JoiningSession)
    alone = [session.start() for _ in range(PENS)]
    together = list(alone)
    furthest, times = 0.0, {"one by one": 0.0, "together": 0.0}
    for number, rows in enumerate(some_rows(PENS, STEPS)):
        # One pen pauses now and then, and comes back.
        pens = [pen for pen in range(PENS) if number % 20 or pen]
        began = time.perf_counter()
        outputs, after = session.step(rows[pens], session.join([together[pen] for pen in pens]))
        parts = session.split(after)
        middle = time.perf_counter()
        singly: list[np.ndarray] = []
        for pen in pens:
            told, alone[pen] = session.step(rows[pen : pen + 1], alone[pen])
            singly.append(told.scores[0])
        times["together"] += middle - began
        times["one by one"] += time.perf_counter() - middle
        for place, pen in enumerate(pens):
            together[pen] = parts[place]
        furthest = max(furthest, float(np.abs(outputs.scores - np.stack(singly)).max()))
    assert furthest < SCORES, f"a pen among others differs by {furthest:.2g}"
    microseconds = {name: 1e6 * seconds / STEPS for name, seconds in times.items()}
    return [
        row(f"pens{PENS}_step_us", microseconds["together"], "us", one_by_one=microseconds["one by one"]),
        row(f"pens{PENS}_difference", furthest, "score"),
    ]


def swap(provider: str) -> list[Row]:
    """A model taken in while a pen draws: the frames meanwhile, and the answer after it."""
    with tempfile.TemporaryDirectory() as folder:
        recognizer = Recognizer("letters", provider=provider, home=Path(folder))
        recognizer.setup(Path(folder))
        try:
            assert recognizer.wait_ready(60), recognizer.messages()
            times: list[float] = []
            before = recognizer.model_path
            copy = Path(folder) / "other.onnx"
            copy.write_bytes(LETTERS.read_bytes())
            ends = time.monotonic() + 60
            number = 0
            while recognizer.model_path == before or number < FRAMES:
                assert time.monotonic() < ends, recognizer.messages()
                if number == FRAMES // 4:
                    recognizer.load(copy)
                point = np.array(
                    [100 + 3.0 * (number % 100), 100 + number % 7, number * FRAME, 0.5], np.float32
                )
                began = time.perf_counter()
                recognizer.on_stroke_point(point, 1)
                recognizer.update(FRAME)
                times.append(1e3 * (time.perf_counter() - began))
                time.sleep(0.002)
                number += 1
            assert recognizer.prediction.rows > 0
        finally:
            recognizer.exit()
    return [
        row("swap_frame_p99_ms", float(np.percentile(times, 99)), "ms"),
        row("swap_frame_max_ms", max(times), "ms"),
    ]


def captured_graph(provider: str) -> list[Row]:
    """A bound model, on CUDA recorded as a graph, answers each input and not the one it was recorded with."""
    with tempfile.TemporaryDirectory() as folder:
        path = _picture_model(Path(folder))
        pictures = np.random.default_rng(1).uniform(0, 1, (6, 1, 3, 64, 64)).astype(np.float32)
        run = open_bound(read_model(path), asked(provider), {"image": pictures[0]})
        assert run.provider == provider, run.notice
        assert "without a CUDA graph" not in run.notice, run.notice
        graph = open_graph(path, ON_CPU)
        furthest, times = 0.0, list[float]()
        for picture in (*pictures, pictures[0]):
            began = time.perf_counter()
            told = run({"image": picture})["scores"]
            times.append(1e6 * (time.perf_counter() - began))
            furthest = max(furthest, float(np.abs(told - graph.run({"image": picture})["scores"]).max()))
        assert furthest < SCORES, f"answers differ from the CPU's by {furthest:.2g}"
    return [
        row("captured_run_us", float(np.median(times)), "us"),
        row("captured_difference", furthest, "score"),
    ]


def image_model(provider: str) -> list[Row]:
    """A picture model: its speed, and that it answers as the CPU does."""
    with tempfile.TemporaryDirectory() as folder:
        path = _picture_model(Path(folder))
        graph, here = open_graph(path, asked(provider)), open_graph(path, ON_CPU)
        assert graph.provider == provider, graph.notice
        picture = np.random.default_rng(2).uniform(0, 1, (1, 3, 64, 64)).astype(np.float32)
        furthest = float(
            np.abs(graph.run({"image": picture})["scores"] - here.run({"image": picture})["scores"]).max()
        )
        assert furthest < SCORES, f"answers differ from the CPU's by {furthest:.2g}"
        figures = {"device": _run_ms(graph, picture), "cpu": _run_ms(here, picture)}
    return [
        row("image_run_ms", figures["device"], "ms", cpu=figures["cpu"]),
        row("image_difference", furthest, "score"),
    ]


def auto(provider: str) -> list[Row]:
    """What `auto` takes for the letters that ship, measured and then remembered."""
    choice = choose_here("auto", None) if provider != "cpu" else ON_CPU
    with tempfile.TemporaryDirectory() as folder:
        memory = Memory(Path(folder) / "providers.json", "this machine")
        first = load_model(LETTERS, choice, memory)
        again = load_model(LETTERS, choice, memory)
    assert first.session.provider == again.session.provider, (first.notice, again.notice)
    print(f"auto took {again.session.provider}: {again.notice or 'there was nothing to compare'}", flush=True)
    return [row(f"auto_step_p50_us_{again.session.provider}", again.timings.p50, "us")]


def render(provider: str) -> list[Row]:
    """Frames of ten thousand lines without a window, through EGL; says which driver drew them."""
    import sketch
    from sketch.host.offscreen import offscreen_context, release_context, run_offscreen

    context = offscreen_context()
    print(f"drawn by {context.info['GL_RENDERER']}, OpenGL {context.info['GL_VERSION']}", flush=True)
    release_context(context)
    lines = np.random.default_rng(4).uniform(0, 640, (LINES, 4)).astype(np.float32)

    class Lines(sketch.Sketch):
        window = sketch.Window(size=(640, 640), fps=60.0)

        def draw(self, canvas: sketch.Canvas) -> None:
            canvas.background(12)
            for x, y, to_x, to_y in lines.tolist():
                canvas.line(x, y, to_x, to_y)

    times: list[float] = []
    lit: list[float] = []
    began = time.perf_counter()

    def seen(picture: Any) -> None:
        nonlocal began
        times.append(1e3 * (time.perf_counter() - began))
        lit.append(float(picture.mean()))
        began = time.perf_counter()

    run_offscreen(Lines(), frames=30, viewer=seen)
    assert min(lit) > 20, "the frames are black"
    return [
        row("egl_frame_p50_ms", float(np.percentile(times[1:], 50)), "ms"),
        row("egl_frame_p99_ms", float(np.percentile(times[1:], 99)), "ms"),
    ]


def _run_ms(graph: Any, picture: np.ndarray) -> float:
    times: list[float] = []
    for _ in range(20):
        began = time.perf_counter()
        graph.run({"image": picture})
        times.append(1e3 * (time.perf_counter() - began))
    return float(np.median(times))


def _picture_model(folder: Path) -> Path:
    """A small convolutional classifier of random weights: pictures [1, 3, 64, 64] to ten scores."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(3)
    sizes = {"one": (32, 3, 3, 3), "two": (64, 32, 3, 3), "head": (64, 10)}
    weights = {name: rng.normal(0, 0.1, size).astype(np.float32) for name, size in sizes.items()}
    nodes = [
        helper.make_node("Conv", ["image", "one"], ["a"], strides=[2, 2]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "two"], ["c"], strides=[2, 2]),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("GlobalAveragePool", ["d"], ["e"]),
        helper.make_node("Flatten", ["e"], ["f"]),
        helper.make_node("MatMul", ["f", "head"], ["scores"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "pictures",
        [value("image", TensorProto.FLOAT, [1, 3, 64, 64])],
        [value("scores", TensorProto.FLOAT, [1, 10])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    path = folder / "pictures.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


CHECKS: dict[str, Callable[[str], list[Row]]] = {
    each.__name__: each
    for each in (inline_step, state_on_device, several_pens, swap, captured_graph, image_model, auto, render)
}


def main() -> int:
    """Run one check, and write its rows."""
    parser = argparse.ArgumentParser(prog="python -m tests.cuda.checks")
    parser.add_argument("name", choices=CHECKS)
    parser.add_argument("--provider", default="cuda")
    parser.add_argument("--json", type=Path, required=True)
    chosen = parser.parse_args()
    chosen.json.write_text(json.dumps(CHECKS[chosen.name](chosen.provider)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
