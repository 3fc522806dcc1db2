"""A frame that is busy in Python, and a worker at the same time: what each costs the other."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import sketch
from addon.inference.ort import onnxruntime

SHAPES = 10_000
SIZE = 224

MOST_MORE = 100_000
"""Frames that are waited for an answer: a thread gets its turn late where frames are short."""


class Crowd(sketch.Sketch):
    """Draws 10 000 circles one by one, in Python; feeds the worker in every other stretch of frames.

    Args:
        worker: What is fed.
        frames: To draw, and as many more as it takes until there is an answer.

    Attributes:
        times: Milliseconds of the frames without the worker, and of those with it.
        overheads: Milliseconds that each answer took in addition to the model, by stretch.
    """

    window = sketch.Window(size=(640, 400))
    stretch = 12

    def __init__(self, worker: Any, frames: int) -> None:
        super().__init__()
        self.worker = worker
        self.frames = frames
        self.times: tuple[list[float], list[float]] = [], []
        self.overheads: dict[int, list[float]] = {}
        self.seen = 0
        self.picture = np.random.default_rng(0).random((1, 3, SIZE, SIZE), dtype=np.float32)

    @property
    def feeds(self) -> bool:
        """Whether this frame belongs to the worker."""
        return bool(self.frame // self.stretch % 2)

    def update(self, dt: float) -> None:
        """Count the frame before; the first of a stretch may have the other's work in it."""
        if self.frame % self.stretch > 1:
            self.times[self.feeds].append(self.frame_times.last_ms)
        if self.frame >= self.frames and self.overheads:
            self.quit()
        if self.feeds:
            self.worker.feed({"image": self.picture})

    def draw(self, canvas: sketch.Canvas) -> None:
        """All shapes, and a look at the answer."""
        canvas.background(12)
        for number in range(SHAPES):
            canvas.circle(number % 128 * 5, number // 128 * 5, 4)
        _ = self.worker.latest
        # As often as there are frames: every answer is seen, one at a time.
        if self.worker.answered > self.seen:
            self.seen = self.worker.answered
            stretch = self.overheads.setdefault(self.frame // self.stretch, [])
            times = self.worker._overhead._times
            stretch.append(times[(self.seen - 1) % len(times)] / 1e6)


def run_concurrently(worker: Any, frames: int) -> Crowd:
    """Draw so many frames while a worker runs, and more until it has answered."""
    crowd = Crowd(worker, frames)
    sketch.run(crowd, headless=True, frames=frames + MOST_MORE)
    return crowd


def open_model(path: str, providers: Sequence[str]):
    """The maker for both kinds of worker: one thread, on the first of the providers."""
    api = onnxruntime()
    options = api.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = api.InferenceSession(path, options, providers=list(providers))

    def run(tensors: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"scores": session.run(["scores"], dict(tensors))[0]}

    return run


def make_image_model(path: Path, width: int = 32, depth: int = 4) -> None:
    """A convolutional classifier of random weights, for pictures of 3 x 224 x 224."""
    rng = np.random.default_rng(0)
    nodes, weights = [], []
    given, channels = "image", 3
    for layer in range(depth):
        made = width * 2**layer
        kernel = rng.normal(0, (9 * channels) ** -0.5, (made, channels, 3, 3)).astype(np.float32)
        weights.append(numpy_helper.from_array(kernel, f"w{layer}"))
        names = [given, f"w{layer}"], [f"c{layer}"]
        nodes.append(helper.make_node("Conv", *names, pads=[1, 1, 1, 1], strides=[2, 2]))
        nodes.append(helper.make_node("Relu", [f"c{layer}"], [f"r{layer}"]))
        given, channels = f"r{layer}", made
    last = rng.normal(0, channels**-0.5, (channels, 10)).astype(np.float32)
    weights.append(numpy_helper.from_array(last, "last"))
    nodes += [
        helper.make_node("GlobalAveragePool", [given], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "last"], ["scores"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])
    graph = helper.make_graph(nodes, "pictures", [image], [scores], weights)
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
