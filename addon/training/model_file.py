"""Read a model's file as an ONNX graph and its description; needs no torch."""

from pathlib import Path

import onnx

from addon.errors import ModelError
from addon.model.metadata import METADATA_KEY, ModelSpec, spec_from_json


def read_model(path: Path) -> tuple[onnx.ModelProto, ModelSpec]:
    """Read a model's graph and description.

    Raises:
        ModelError: It cannot be read, or is not an Inkloop model.
    """
    try:
        model = onnx.load_model_from_string(path.read_bytes())
        described_as = {prop.key: prop.value for prop in model.metadata_props}[METADATA_KEY]
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # protobuf has its own errors for a damaged file
        raise ModelError(f"{path.name} is not an Inkloop model, or truncated; copy it again") from error
    return model, spec_from_json(described_as)
