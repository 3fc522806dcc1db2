"""From a path to an ONNX Runtime session, without trust in the file: a model file is data of unknown origin.

The file is read once, its size is limited, and its contents are checked before ONNX Runtime gets them.
Weights in external files are read here, only from the model's folder, and passed in memory: ONNX Runtime
never opens a file by a name from the model file. No library of operators is ever loaded.
"""

import hashlib
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from addon.errors import ModelError
from addon.files import NotRegularError, open_regular
from addon.inference.ort import onnxruntime
from addon.inference.providers import Provider, asked_of
from addon.inference.refusal import refusal
from addon.model.adaptor import described_by
from addon.model.inspect import ANY, MOST_DIMENSIONS, Bounds, Contents, contents_of
from addon.model.other_formats import other_format
from addon.model.registry import no_such_file
from addon.text import escaped, quoted

LIMIT = 2 * 1024**3
"""Most bytes of a file, of its external files together, and of any one tensor that it declares."""

_LARGE = 4_000_000

_MOST_DIMS = 8
_OUTSIDE = ("EPContext",)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class ModelFile:
    """A model file that was read and checked.

    Attributes:
        path: Its path.
        data: Its bytes.
        weights: Bytes of each external file, by its name in the model.
        contents: The contents that were found in it.
        sha256: SHA-256 of its bytes, in hex.
        content: SHA-256 of the file, its external files, and the description and labels next to it, in hex:
            two models with the same content are the same model.
    """

    path: Path
    data: bytes
    weights: dict[str, bytes]
    contents: Contents
    sha256: str
    content: str


def read_model(path: Path, limit: int = LIMIT, bounds: Bounds = ANY) -> ModelFile:
    """Read a model file once, and check its contents.

    Args:
        path: The ONNX file.
        limit: Most bytes of the file, of its external files together, and of any one tensor it declares.
        bounds: Limits for reading its contents.

    Raises:
        ModelError: It is missing, too large, not an ONNX file, or asks for something that no model may have.
    """
    data = _read(path, limit)
    sha256 = hashlib.sha256(data).hexdigest()
    _log.info("%s: %d bytes, SHA-256 %s", escaped(path.name), len(data), sha256)
    try:
        contents = contents_of(data, bounds)
        check(contents, limit)
        weights = _weights(path, list(contents.locations), limit)
    except ModelError as error:
        raise ModelError(f"{path.name}: {other_format(data) or error}") from error
    return ModelFile(path, data, weights, contents, sha256, _content(path, sha256, weights))


def _content(path: Path, sha256: str, weights: Mapping[str, bytes]) -> str:
    parts = {name: hashlib.sha256(data).hexdigest() for name, data in weights.items()}
    parts |= {name: hashlib.sha256(data).hexdigest() for name, data in described_by(path).items()}
    return hashlib.sha256(repr((sha256, sorted(parts.items()))).encode()).hexdigest()


def check(contents: Contents, limit: int = LIMIT) -> None:
    """Refuse what no model may have: tensors that exceed a limit, and operators that read files.

    Raises:
        ModelError: The model has one of these.
    """
    for tensor in contents.tensors:
        if not 0 <= tensor.size <= limit:
            dims = " × ".join(map(str, tensor.dims[:_MOST_DIMS])) + " × ..." * (len(tensor.dims) > _MOST_DIMS)
            raise ModelError(
                f"its tensor {quoted(tensor.name)} is declared as {dims}, {_size(tensor.size)}; "
                f"{_size(limit)} are allowed"
            )
    if contents.dimensions > MOST_DIMENSIONS:
        raise ModelError(
            f"one of its tensors has, or is given, {contents.dimensions} dimensions or more; "
            f"{MOST_DIMENSIONS} are allowed"
        )
    for operator in contents.operators:
        if operator.rpartition(".")[2] in _OUTSIDE:
            raise ModelError(f"its operator {quoted(operator)} reads files of its own; export plain ONNX")


def open_session(
    file: ModelFile,
    providers: Sequence[Provider],
    threads: int = 1,
    appended: bytes = b"",
    *,
    entries: Mapping[str, str] | None = None,
    profile: str = "",
) -> Any:
    """Open an `InferenceSession`.

    Args:
        file: The model file, already read.
        providers: ONNX Runtime's names, the preferred one first, each alone or with its options.
        threads: Threads for one operator.
        appended: Further fields of the model, put behind its bytes.
        entries: Further entries of the session's configuration, by name.
        profile: Beginning of the path to write a profile to; empty for no profile.

    Raises:
        ModelError: ONNX Runtime refuses it; one line names the operator, the type or the opset.
    """
    api = onnxruntime()
    options = api.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Errors are raised here; ONNX Runtime must not print into a performer's terminal.
    options.log_severity_level = 4
    if profile:
        options.enable_profiling = True
        options.profile_file_prefix = profile
    for name, value in (entries or {}).items():
        options.add_session_config_entry(name, value)
    # Otherwise a file that begins like ONNX Runtime's own format would be read as that, unchecked.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    if file.weights:
        sizes = [len(weight) for weight in file.weights.values()]
        options.add_external_initializers_from_files_in_memory(
            list(file.weights), list(file.weights.values()), sizes
        )
    try:
        session = _session(api, file.data + appended if appended else file.data, options, asked_of(providers))
    except Exception as error:
        raise ModelError(f"{file.path.name}: {refusal(str(error), file.contents)}") from error
    # Otherwise ONNX Runtime moves a failed run to the CPU without a message, and the state is lost.
    session.disable_fallback()
    return session


def _session(api: Any, data: bytes, options: Any, providers: list[Provider]) -> Any:
    if len(data) < _LARGE:
        return api.InferenceSession(data, options, providers=providers, enable_fallback=0)
    # While ONNX Runtime reads bytes it holds Python's lock, and the frame would wait; while it reads a file
    # it does not. The file is a copy of the checked bytes, alone in its folder.
    with tempfile.TemporaryDirectory(prefix="inkloop-") as folder:
        copy = Path(folder) / "model.onnx"
        try:
            copy.write_bytes(data)
        except OSError:
            # The disk is full, or the process may not write so much, such as the doctor's child. It is
            # better that the frame waits for a moment than that a valid model is refused.
            return api.InferenceSession(data, options, providers=providers, enable_fallback=0)
        return api.InferenceSession(str(copy), options, providers=providers, enable_fallback=0)


def _read(path: Path, limit: int) -> bytes:
    try:
        # If another file replaces it meanwhile, that does no harm: the open file stays complete.
        with open_regular(path) as file:
            before = _stamp(file)
            if before[0] > limit:
                raise ModelError(f"{path.name}: it is larger than {_size(limit)}, the most that is read")
            data = _look(file, before[0])
            after = _stamp(file)
    except NotRegularError as error:
        # Reading from a pipe or a device could wait for ever.
        raise ModelError(f"{path.name}: it is no ordinary file; copy it into one") from error
    except FileNotFoundError as error:
        raise ModelError(no_such_file(path)) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ModelError(f"{path.name}: it cannot be read ({reason}); check the file") from error
    if before != after:
        raise ModelError(f"{path.name}: it was written to while it was read; load it again once that is done")
    if not data:
        raise ModelError(f"{path.name}: the file is empty; copy it again")
    return data


def _look(file: BinaryIO, most: int) -> bytes:
    # One more byte shows that the file is larger than it reports; no memory is allocated beyond that.
    return file.read(most + 1)


def _stamp(file: BinaryIO) -> tuple[int, int]:
    stat = os.fstat(file.fileno())
    return stat.st_size, stat.st_mtime_ns


def _weights(path: Path, locations: Sequence[str], limit: int) -> dict[str, bytes]:
    """Bytes of the external files of a model, by their names in the model.

    Raises:
        ModelError: One is missing or outside the folder, or they are too large.
    """
    folder = path.parent.resolve()
    found: dict[str, bytes] = {}
    for location in locations:
        target = _within(folder, location)
        if target is None:
            raise ModelError(
                f"its weights are to be read from {quoted(location)}, outside its folder; "
                "export it again as one file (external_data=False)"
            )
        if not target.exists():
            raise ModelError(
                f"its weights are in {quoted(location)}, which is missing; put that file next to it"
            )
        found[location] = _read(target, limit - sum(map(len, found.values())))
    return found


def _within(folder: Path, location: str) -> Path | None:
    """The external file at a location, with links followed; None if it is outside `folder`."""
    try:
        target = (folder / location).resolve()
    except (OSError, ValueError):  # a name that no file can have
        return None
    return target if target.is_relative_to(folder) and not Path(location).is_absolute() else None


def _size(size: int) -> str:
    if abs(size) >= 10**18:
        return "beyond all memory"
    for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if abs(size) >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"
