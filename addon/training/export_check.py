"""Write a model only if ONNX Runtime gives the expected answers; needs no torch."""

from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import onnx
import onnxruntime  # pyright: ignore[reportMissingTypeStubs]

from addon.arrays import Floats
from addon.errors import ModelError
from addon.features.recipe import COLUMNS
from addon.files import write_atomically
from addon.model.metadata import INPUTS, ModelSpec
from addon.training.nodes import OPSET

# Absolute and, for scores larger than 1, relative.
TOLERANCE = 1e-5

Arrays: TypeAlias = list[Floats]
Answer: TypeAlias = Callable[[Arrays], Arrays]
"""The outputs for features, h and c, in the order of the spec."""


def random_calls() -> list[Floats]:
    """Rows of two calls, with a batch and a time other than 1."""
    chance = np.random.default_rng(0)
    return [chance.standard_normal((3, time, len(COLUMNS)), dtype=np.float32) for time in (7, 4)]


def write_checked(
    model: onnx.ModelProto,
    spec: ModelSpec,
    answer: Answer,
    path: Path,
    calls: Sequence[Floats] | None = None,
    read: Callable[[Arrays], Arrays] = list,
    tolerance: float = TOLERANCE,
) -> None:
    """Write a model if ONNX Runtime gives the same outputs as `answer`.

    Args:
        model: The model to write.
        spec: Its description.
        answer: Computes the expected outputs.
        path: The file to write or to replace.
        calls: Rows of the calls to compare, each of shape (batch, time, columns), of the same batch; each
            continues from the state of the previous one. None for random ones.
        read: Converts the model's outputs before they are compared.
        tolerance: Largest difference of an output: absolute and, for outputs larger than 1, relative.

    Raises:
        ModelError: The outputs differ; an existing file is unchanged.
        OSError: The file cannot be written; an existing file is unchanged.
    """
    data = model.SerializeToString()
    onnx.checker.check_model(data, full_check=True)  # pyright: ignore[reportUnknownMemberType]
    session = session_of(data)
    calls = random_calls() if calls is None else calls
    state = list(np.zeros((2, spec.layers, len(calls[0]), spec.hidden), dtype=np.float32))
    for rows in calls:
        given = onnx_answer(session, spec.outputs, [rows, *state])
        pairs = zip(spec.outputs, read(given), answer([rows, *state]), strict=True)
        for name, ours, theirs in pairs:
            _check_close(name, ours, theirs, tolerance)
        state = given[1:3]
    write_atomically(path, data)


def versions() -> dict[str, str]:
    """The versions of the packages that made a model."""
    try:
        inkloop = metadata.version("inkloop")
    except metadata.PackageNotFoundError:
        inkloop = "checkout"
    torch = metadata.version("torch")
    return {"torch": torch, "onnx": onnx.__version__, "opset": str(OPSET), "inkloop": inkloop}


def session_of(data: bytes) -> Any:
    """Open a model on the CPU, on one thread."""
    options = cast(Any, onnxruntime).SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def onnx_answer(session: Any, outputs: Sequence[str], inputs: Arrays) -> Arrays:
    """Some outputs of a session, for features, h and c."""
    return session.run(list(outputs), dict(zip(INPUTS, inputs, strict=True)))


def _check_close(name: str, given: Floats, wanted: Floats, tolerance: float) -> None:
    if given.shape != wanted.shape or not np.allclose(given, wanted, rtol=tolerance, atol=tolerance):
        worst = float(np.abs(given - wanted).max()) if given.shape == wanted.shape else float("inf")
        raise ModelError(f"the exported {name} is off by {worst:.1e}; the old model stays")
