"""From a trained network to an ONNX file that describes itself, checked before it takes its place."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnx
import onnxruntime  # pyright: ignore[reportMissingTypeStubs]
import torch
from numpy.typing import NDArray

from addon.errors import ModelError
from addon.features import COLUMNS
from addon.files import write_atomically
from addon.spec import INPUTS, ModelSpec
from addon.training.graph import OPSET, step_model
from addon.training.nets import StepNet

# Absolute and, for scores larger than 1, relative.
TOLERANCE = 1e-5

# Batch and rows of the two calls the check makes; the second goes on from the state of the first.
_CALLS = ((3, 7), (3, 4))

Arrays: TypeAlias = list[NDArray[np.float32]]
Answer: TypeAlias = Callable[[Arrays], Arrays]
"""The outputs for features, h and c, in the order of the spec's."""


def export_step(net: StepNet, spec: ModelSpec, path: Path) -> ModelSpec:
    """Write a network as an ONNX model of one step.

    ONNX Runtime must give torch's answers to 1e-5 before the file at `path` is replaced.

    Args:
        net: The trained network, on the CPU.
        spec: What the file is to say about itself.
        path: The file to write or to replace; its folder exists.

    Returns:
        The spec as written, with the versions filled in.

    Raises:
        ValueError: `spec` has other numbers than `net`.
        ModelError: ONNX Runtime's answers are not torch's; the old file is as it was.
        OSError: The file cannot be written; the old file is as it was.
    """
    _check_fit(net, spec)
    written = replace(spec, versions=versions())
    write_checked(step_model(net, written), written, partial(_torch_answer, net), path)
    return written


def write_checked(model: onnx.ModelProto, spec: ModelSpec, answer: Answer, path: Path) -> None:
    """Write a model if ONNX Runtime gives the same outputs as `answer`, torch's.

    Raises:
        ModelError: It does not; the old file is as it was.
        OSError: The file cannot be written; the old file is as it was.
    """
    data = model.SerializeToString()
    onnx.checker.check_model(data, full_check=True)  # pyright: ignore[reportUnknownMemberType]
    _check_parity(answer, spec, data)
    write_atomically(path, data)


def _check_fit(net: StepNet, spec: ModelSpec) -> None:
    has = (net.classes, net.layers, net.hidden, net.hidden)
    says = (len(spec.labels), spec.layers, spec.hidden, spec.embedding)
    if has != says:
        raise ValueError(f"the spec's classes, layers, hidden, embedding are {says}; the network's are {has}")


def versions() -> dict[str, str]:
    """What a model was made with."""
    try:
        inkloop = metadata.version("inkloop")
    except metadata.PackageNotFoundError:
        inkloop = "checkout"
    torch_version = str(torch.__version__)
    return {"torch": torch_version, "onnx": onnx.__version__, "opset": str(OPSET), "inkloop": inkloop}


def _check_parity(answer: Answer, spec: ModelSpec, data: bytes) -> None:
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    chance = np.random.default_rng(0)
    state = list(np.zeros((2, spec.layers, _CALLS[0][0], spec.hidden), dtype=np.float32))
    for batch, time in _CALLS:
        rows = chance.standard_normal((batch, time, len(COLUMNS)), dtype=np.float32)
        wanted = answer([rows, *state])
        given = _onnx_answer(session, spec, [rows, *state])
        for name, ours, theirs in zip(spec.outputs, given, wanted, strict=True):
            _check_close(name, ours, theirs)
        state = given[1:3]


def _torch_answer(net: StepNet, inputs: Arrays) -> Arrays:
    with torch.no_grad():
        return [tensor.numpy() for tensor in net(*map(torch.as_tensor, inputs))]


def _onnx_answer(session: Any, spec: ModelSpec, inputs: Arrays) -> Arrays:
    return session.run(list(spec.outputs), dict(zip(INPUTS, inputs, strict=True)))


def _check_close(name: str, given: NDArray[np.float32], wanted: NDArray[np.float32]) -> None:
    if given.shape != wanted.shape or not np.allclose(given, wanted, rtol=TOLERANCE, atol=TOLERANCE):
        worst = float(np.abs(given - wanted).max()) if given.shape == wanted.shape else float("inf")
        raise ModelError(f"the exported {name} is off by {worst:.1e} from torch's; the old model stays")
