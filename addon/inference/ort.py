"""ONNX Runtime, imported when it is first needed: it takes a sixth of a second, and carries no types."""

from importlib import import_module
from typing import Any


def onnxruntime() -> Any:
    """The module `onnxruntime`."""
    return import_module("onnxruntime")
