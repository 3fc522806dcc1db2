"""The pens of the test vectors, as JSON, made from what is in the repository."""

import json
from typing import Any

from addon.training.nodes import read_model
from addon.training.pen_json import encoded, pen_document
from tests.vectors import FOLDER, model


def kept(name: str) -> dict[str, Any]:
    """The content of a file of test vectors."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def pen_of(vectors: dict[str, Any]) -> dict[str, Any]:
    """The pen that a file of test vectors is about, put together as docs/pen-model.md says."""
    if "pen" in vectors:
        return vectors["pen"]
    name = vectors["model"].removeprefix("models/").removesuffix(".onnx")
    if "head" not in vectors:
        return pen_document(model(name))
    trunk = {key: encoded(key, array) for key, array in _floats(name).items()}
    return {"metadata": vectors["metadata"], "tensors": trunk | vectors["head"]}


def _floats(name: str) -> dict[str, Any]:
    from onnx import TensorProto, numpy_helper

    graph, _ = read_model(model(name))
    weights = [each for each in graph.graph.initializer if each.data_type == TensorProto.FLOAT]
    return {each.name: numpy_helper.to_array(each) for each in weights}
