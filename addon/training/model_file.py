"""A model's file as a graph and what it says about itself; needs no torch."""

from pathlib import Path

import onnx

from addon.errors import ModelError
from addon.model.metadata import METADATA_KEY, ModelSpec, spec_from_json


def read_model(path: Path) -> tuple[onnx.ModelProto, ModelSpec]:
    """A model's graph, and what its file says.

    Raises:
        ModelError: It cannot be read, or is none of Inkloop's.
    """
    try:
        model = onnx.load_model_from_string(path.read_bytes())
        described_as = {prop.key: prop.value for prop in model.metadata_props}[METADATA_KEY]
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # protobuf raises its own when a file is broken
        raise ModelError(f"{path.name} is none of Inkloop's models, or was cut off; copy it again") from error
    return model, spec_from_json(described_as)
