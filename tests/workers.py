"""Models that the tests of the workers run, in a thread and in a process alike."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from tests.waiting import until


def doubling(seconds: float = 0.0, gate: str = ""):
    """Gives back twice what it is given under "x"; fails on what is negative, dies of 13, takes its time.

    Args:
        seconds: How long each answer takes.
        gate: A file without which it does not answer; empty for none.
    """

    def run(tensors: Mapping[str, Any]) -> Mapping[str, Any]:
        x = tensors["x"]
        if x.flat[0] == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        if x.flat[0] < 0:
            raise ValueError("a picture\nwithout light")
        time.sleep(seconds)
        if gate:
            until(Path(gate).exists)
        return {"y": 2 * x}

    return run


def in_onnx_runtime(path: str):
    """A model that ONNX Runtime runs, as it does the image models."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda tensors: {"y": session.run(None, {"x": tensors["x"]})[0]}


def slow_to_open(seconds: float):
    """A model that takes its time before it is one."""
    time.sleep(seconds)
    return doubling()


def refusing(reason: str):
    """No model."""
    raise ValueError(reason)


def fed(value: float, size: int = 3) -> dict[str, np.ndarray]:
    return {"x": np.full(size, value, dtype=np.float32)}
