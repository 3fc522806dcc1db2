"""ONNX Runtime, imported when it is first needed: the import takes a sixth of a second. It has no types."""

from importlib import import_module
from typing import Any


def onnxruntime() -> Any:
    """The module `onnxruntime`."""
    return import_module("onnxruntime")
