"""Any ONNX model as a function from named arrays to named arrays, opened without trust in the file."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np

from addon.arrays import Array, Tensors
from addon.errors import ModelError
from addon.inference.opening import LIMIT, ModelFile, read_model
from addon.inference.placement import may_move, on_cpu, open_placed, or_on_cpu
from addon.inference.providers import Choice
from addon.inference.recurrent_state import Signature
from addon.inference.refusal import without_codes
from addon.model.inspect import Contents
from addon.model.protobuf import written
from addon.text import quoted

Shape = tuple[int | str | None, ...]
"""Sizes of a tensor; a name or None for a free size."""

_TENSOR = re.compile(r"tensor\((\w+)\)")
_LISTED = re.compile(r"seq\((?:map\(\w+,)?tensor\((\w+)\)\)?\)|map\(\w+,tensor\((\w+)\)\)")
DTYPES = {
    **{name: np.dtype(name) for name in ("float16", "uint8", "int8", "uint16", "int16", "uint32", "int32")},
    **{name: np.dtype(name) for name in ("uint64", "int64", "bool", "complex64", "complex128")},
    "float": np.dtype(np.float32),
    "double": np.dtype(np.float64),
    "string": np.dtype(object),
}
"""numpy's type for the elements of a tensor, by ONNX Runtime's name for their type."""

_GRAPH, _OUTPUT, _NAME = 7, 12, 1

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """An input or output of a model.

    Attributes:
        name: Its name.
        shape: Its sizes; a name or None for a free size.
        dtype: numpy's type of its elements; object for strings.
    """

    name: str
    shape: Shape
    dtype: np.dtype[Any]


@dataclass(slots=True, eq=False)
class GraphSession:
    """An open model. If its device fails while it runs, it moves to the CPU and reports it.

    Attributes:
        path: The file it was read from.
        sha256: SHA-256 of the file's bytes, in hex.
        inputs: The inputs that must be fed.
        outputs: The outputs; additional ones that were requested are at the end.
        provider: The provider that actually runs most of it: "cuda", "cpu", or else ONNX Runtime's name.
        metadata: Its `metadata_props`.
        notice: One line for the user if it runs on another provider than preferred; else empty.
        session: ONNX Runtime's own session, for bindings to memory.
        elsewhere: Opens it on the CPU, given the reason; None if it is already there, or may not move there.
        classes: Names of the classes of an output, by its name, where the file gives them: those of the keys
            of scikit-learn's maps, in the order of the columns of the answer.
    """

    path: Path
    sha256: str
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    provider: str
    metadata: dict[str, str]
    notice: str
    session: Any
    elsewhere: Callable[[str], "GraphSession"] | None = None
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def run(self, feeds: Tensors, outputs: Sequence[str] | None = None) -> dict[str, Array]:
        """Run the model once.

        Args:
            feeds: An array for each input, of its dtype and shape.
            outputs: Names of the outputs to return; None for all.

        Raises:
            ModelError: The arrays do not fit, or the model fails; one line names the operator.
        """
        names = [info.name for info in self.outputs] if outputs is None else list(outputs)
        try:
            return {
                name: made if isinstance(made, np.ndarray) else self._from_list(name, made)
                for name, made in zip(names, self.session.run(names, dict(feeds)), strict=True)
            }
        except Exception as error:
            fault = without_codes(str(error))
            if self.elsewhere is None:
                raise ModelError(f"{self.path.name}: it fails when it runs ({fault})") from error
        moved = self.elsewhere(fault)
        # If it fails there as well, the cause is what it is fed, which is no reason to move.
        answers = moved.run(feeds, outputs)
        self.move_to(moved)
        return answers

    def _from_list(self, name: str, made: Any) -> Array:
        """A sequence as one array of the declared type; the numbers of a map have more digits."""
        dtype = next((info.dtype for info in self.outputs if info.name == name), None)
        return as_array(made).astype(dtype, copy=False)

    def move_to(self, other: "GraphSession") -> None:
        """Use another session of the same model from now on, and log why."""
        _log.warning("%s", other.notice)
        self.session, self.provider, self.notice = other.session, other.provider, other.notice
        self.elsewhere = other.elsewhere


def as_array(made: Any) -> Array:
    """An answer as one array: each map becomes a row, in the order of its keys; tensors are stacked.

    Raises:
        ValueError: The tensors of a sequence differ in size.
    """
    if isinstance(made, dict):
        made = [made]
    if not isinstance(made, list):
        return made
    parts = cast(list[Any], made)
    if parts and isinstance(parts[0], dict):
        keys = sorted(cast(dict[Any, Any], parts[0]))
        return np.array([[each[key] for key in keys] for each in parts])
    return np.stack(parts) if parts else np.zeros(0, np.float32)


def signatures(infos: Iterable[TensorInfo]) -> list[Signature]:
    """Inputs or outputs as `state_pairs` compares them."""
    return [Signature(info.name, info.shape, str(info.dtype)) for info in infos]


def open_graph(
    path: Path,
    choice: Choice,
    *,
    threads: int = 1,
    more_outputs: Sequence[str] = (),
    limit: int = LIMIT,
) -> GraphSession:
    """Open any ONNX file.

    Args:
        path: The file.
        choice: Providers to ask for.
        threads: Threads for one operator.
        more_outputs: Names of inner tensors of the main graph to return as well.
        limit: Most bytes of the file, of its external files together, and of any one tensor it declares.

    Raises:
        ModelError: It is missing, broken, asks for something that no model may have, or ONNX Runtime refuses
            it; one line names the operator, the type or the opset.
        ProviderError: It does not run on the required provider.
    """
    file = read_model(path, limit)
    return or_on_cpu(
        choice, lambda choice: open_file(file, choice, threads=threads, more_outputs=more_outputs)
    )


def open_file(
    file: ModelFile, choice: Choice, *, threads: int = 1, more_outputs: Sequence[str] = ()
) -> GraphSession:
    """Open a file that was already read; otherwise like `open_graph`."""
    name = file.path.name
    appended = _with_outputs(name, file.contents, more_outputs)
    placed = open_placed(file, choice, threads=threads, appended=appended)

    def elsewhere(fault: str) -> GraphSession:
        return open_file(file, on_cpu(choice, f"{name}: {fault}"), threads=threads, more_outputs=more_outputs)

    return GraphSession(
        path=file.path,
        sha256=file.sha256,
        inputs=tuple(_info(name, "input", value) for value in placed.session.get_inputs()),
        outputs=tuple(_info(name, "output", value) for value in placed.session.get_outputs()),
        provider=placed.provider,
        metadata=dict(file.contents.metadata),
        notice=placed.notice,
        session=placed.session,
        elsewhere=elsewhere if may_move(choice) else None,
        classes={
            name: classes for name, classes in file.contents.classes.items() if name in file.contents.outputs
        },
    )


def check_sizes(file_name: str, inputs: Mapping[str, Sequence[int | str | None]]) -> None:
    """Refuse an input with a declared size of 0: only an empty array fits it.

    Args:
        file_name: Name of the file, for the error.
        inputs: Declared sizes by name.

    Raises:
        ModelError: An input has a size of 0.
    """
    for name, shape in inputs.items():
        if 0 in shape:
            declared = " × ".join("free" if size is None else str(size) for size in shape)
            raise ModelError(
                f"{file_name}: its input {quoted(name)} is declared as {declared}, so it takes nothing but "
                "empty arrays; export it again with a free size, or with the real one"
            )


def _with_outputs(file_name: str, contents: Contents, names: Sequence[str]) -> bytes:
    """Fields that make inner tensors outputs of a model, if they are put behind its bytes.

    In a protocol buffer, a message that should occur once but occurs twice is merged, and its lists are
    joined. So the format itself adds outputs to the graph, and ONNX Runtime finds out their types.
    """
    wanted = [name for name in dict.fromkeys(names) if name not in contents.outputs]
    unknown = sorted(set(wanted) - set(contents.produced))
    if unknown:
        raise ModelError(
            f"{file_name}: no operator puts out {quoted(unknown[0])}; it has {len(contents.produced)} "
            f"tensors, such as {', '.join(map(quoted, contents.produced[:5])) or 'none'}"
        )
    outputs = b"".join(written(_OUTPUT, written(_NAME, name.encode())) for name in wanted)
    return written(_GRAPH, outputs) if outputs else b""


def _info(file_name: str, kind: str, value: Any) -> TensorInfo:
    # By default, scikit-learn's classifiers give probabilities by class in this type.
    listed = _LISTED.fullmatch(value.type) if kind == "output" else None
    element = listed and (listed[1] or listed[2])
    if element in DTYPES:
        return TensorInfo(value.name, (None, None), DTYPES[element])
    found = _TENSOR.fullmatch(value.type)
    dtype = DTYPES.get(found[1]) if found else None
    if dtype is None:
        raise ModelError(
            f"{file_name}: its {kind} {quoted(value.name)} is of type {value.type}, and numpy has "
            "no such arrays; export it with plain tensors of float32"
        )
    return TensorInfo(value.name, tuple(value.shape), dtype)
