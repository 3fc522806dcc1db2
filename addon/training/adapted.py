"""Export an adapted encoder: the base's graph with another projection and a new description."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from onnx.utils import Extractor

from addon.model.metadata import ENCODER_OUTPUTS, INPUTS, ModelSpec
from addon.training.encoder import EncoderNet
from addon.training.export_check import Arrays, onnx_answer, session_of, versions, write_checked
from addon.training.graph import array_of
from addon.training.model_file import read_model
from addon.training.nodes import described, tensors


def export_adapted(net: EncoderNet, base: Path, name: str, facts: dict[str, Any], path: Path) -> ModelSpec:
    """Write an adapted encoder, checked like every export.

    A head that reads the LSTM is kept; a head that reads the embedding is removed.

    Args:
        net: The adapted encoder: the base's LSTM with another projection and background.
        base: The file of the base encoder.
        name: Name of the recogniser.
        facts: Facts about the adapting, for the description.
        path: The file to write or to replace; its folder exists.

    Raises:
        ModelError: The base cannot be read, or ONNX Runtime's answers differ from torch's.
        OSError: The file cannot be written; an existing file is unchanged.
    """
    model, spec = read_model(base)
    before = spec.scoring
    assert before is not None
    if any("embedding" in node.input for node in model.graph.node):
        model = Extractor(model).extract_model(list(INPUTS), list(ENCODER_OUTPUTS))
        spec = replace(spec, labels=(), unknown=False, thumbnails={})
    (project,) = (each for each in model.graph.initializer if each.name == "project.W")
    session = session_of(model.SerializeToString())
    (changed,) = tensors({"project.W": array_of(net.project.weight).T})
    project.CopyFrom(changed)
    background, bias = array_of(net.background), array_of(net.background_bias)
    scoring = replace(before, background=background, background_bias=bias)
    written = replace(spec, scoring=scoring, versions=versions()).with_training(name=name, adapted=facts)

    def answer(inputs: Arrays) -> Arrays:
        rows, h, c = map(torch.as_tensor, inputs)
        with torch.no_grad():
            hidden, _ = net.lstm(rows.transpose(0, 1), (h, c))
            embedding = net.project(hidden.transpose(0, 1))
        return [embedding.numpy(), *onnx_answer(session, written.outputs[1:], inputs)]

    write_checked(described(model.graph, written), written, answer, path)
    return written
