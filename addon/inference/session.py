"""From a file to a session of a pen model, with its description checked and its actual provider known."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from addon.errors import ModelError
from addon.features.recipe import COLUMNS
from addon.inference.cpu_step import CpuStep
from addon.inference.described_session import open_described
from addon.inference.device_step import DeviceStep
from addon.inference.opening import ModelFile, read_model
from addon.inference.ort import onnxruntime
from addon.inference.placement import open_placed
from addon.inference.providers import Choice
from addon.inference.step import StepSession
from addon.model.metadata import INPUTS, METADATA_KEY, UNKNOWN_OUTPUT, ModelSpec, spec_from_json
from addon.text import quoted

Shape = tuple[int | str | None, ...]
"""Sizes of a tensor; a name or None for a free size."""


def open_step(path: Path, choice: Choice) -> StepSession:
    """Open a pen model.

    Args:
        path: The ONNX file.
        choice: Providers to ask for.

    Raises:
        ModelError: The file is missing, broken, not a pen model, or contradicts itself; one line says which
            and what to do.
    """
    return open_file(read_model(path), choice)


def open_file(file: ModelFile, choice: Choice) -> StepSession:
    """Open a file that was already read; otherwise like `open_step`."""
    return open_told(file, choice)[0]


def open_told(file: ModelFile, choice: Choice) -> tuple[StepSession, str]:
    """Open a file as `open_file` does, and return a notice for the user with the session.

    The notice is one line if the model runs on another provider than preferred; else it is empty.

    Raises:
        ModelError: As `open_step`.
        ProviderError: It does not run on the required provider.
    """
    # A step is too small to divide: threads would cost more time than they save, and take the sketch's cores.
    if METADATA_KEY not in file.contents.metadata:
        return open_described(file, choice)
    placed = open_placed(file, choice, threads=1)
    spec = _checked_spec(file.path, placed.session, file.contents.metadata)
    # Every provider accepts arrays on the CPU; CUDA is the only one whose memory Inkloop can use.
    if placed.provider == "cuda":
        return DeviceStep(placed.session, spec, "cuda", onnxruntime().OrtValue), placed.notice
    return CpuStep(placed.session, spec, placed.provider), placed.notice


def _checked_spec(path: Path, session: Any, metadata: Mapping[str, str]) -> ModelSpec:
    try:
        spec = spec_from_json(metadata[METADATA_KEY])
    except ModelError as error:
        raise ModelError(f"{path.name}: {error}") from error
    inputs: dict[str, Shape] = {value.name: tuple(value.shape) for value in session.get_inputs()}
    outputs: dict[str, Shape] = {value.name: tuple(value.shape) for value in session.get_outputs()}
    mismatch = _mismatch(spec, inputs, outputs)
    if mismatch:
        raise ModelError(f"{path.name}: {mismatch}; export it again")
    return spec


def _mismatch(spec: ModelSpec, inputs: dict[str, Shape], outputs: dict[str, Shape]) -> str:
    """The first difference between the graph and its description; empty if they agree."""
    state = (spec.layers, None, spec.hidden)
    wanted_inputs = dict(zip(INPUTS, ((None, None, len(COLUMNS)), state, state), strict=True))
    last = {"embedding": spec.embedding, "scores": len(spec.labels), "progress": 1, UNKNOWN_OUTPUT: 1}
    shapes: dict[str, Shape] = {name: (None, None, size) for name, size in last.items()}
    shapes |= {"h_next": state, "c_next": state}
    wanted_outputs = {name: shapes[name] for name in spec.outputs}
    for kind, wanted, found in (("input", wanted_inputs, inputs), ("output", wanted_outputs, outputs)):
        for name, shape in wanted.items():
            if name not in found:
                return (
                    f"it has no {kind} {name!r} (it has {', '.join(map(quoted, list(found)[:8])) or 'none'})"
                )
            if not _fits(found[name], shape):
                classes = _fixed_size(found[name])
                if name == "scores" and classes is not None:
                    return f"its {kind} {name!r} has {classes} classes; {len(spec.labels)} labels are given"
                has, says = list(found[name]), ["any" if size is None else size for size in shape]
                return f"its {kind} {name!r} has the shape {has}, and its description says {says}"
    unknown = ", ".join(quoted(name) for name in list(inputs)[:8] if name not in wanted_inputs)
    return f"it wants an input that nothing feeds: {unknown}" if unknown else ""


def _fixed_size(shape: Shape) -> int | None:
    """The last size of a tensor with three axes; None if it is free, or the tensor has other axes."""
    last = shape[-1] if len(shape) == 3 else None
    return last if isinstance(last, int) else None


def _fits(found: Shape, wanted: Shape) -> bool:
    if len(found) != len(wanted):
        return False
    # A free size in the graph fits any size; a fixed one does not fit if the size must be free.
    return all(not isinstance(size, int) or size == want for size, want in zip(found, wanted, strict=True))
