"""Export a trained network to an ONNX file with its description, checked before it is written."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from addon.model.metadata import ModelSpec
from addon.training.export_check import Arrays, versions, write_checked
from addon.training.graph import step_model
from addon.training.nets import StepNet


def export_step(net: StepNet, spec: ModelSpec, path: Path) -> ModelSpec:
    """Write a network as an ONNX model of one step.

    The file at `path` is only replaced if ONNX Runtime's answers equal torch's to 1e-5.

    Args:
        net: The trained network, on the CPU.
        spec: The description for the file.
        path: The file to write or to replace; its folder exists.

    Returns:
        The spec as written, with the versions filled in.

    Raises:
        ValueError: `spec` has other numbers than `net`.
        ModelError: ONNX Runtime's answers differ from torch's; an existing file is unchanged.
        OSError: The file cannot be written; an existing file is unchanged.
    """
    _check_fit(net, spec)
    written = replace(spec, versions=versions())
    write_checked(step_model(net, written), written, partial(_torch_answer, net), path)
    return written


def _check_fit(net: StepNet, spec: ModelSpec) -> None:
    has = (net.classes, net.layers, net.hidden, net.hidden)
    says = (len(spec.labels), spec.layers, spec.hidden, spec.embedding)
    if has != says:
        raise ValueError(f"the spec's classes, layers, hidden, embedding are {says}; the network's are {has}")


def _torch_answer(net: StepNet, inputs: Arrays) -> Arrays:
    with torch.no_grad():
        return [tensor.numpy() for tensor in net(*map(torch.as_tensor, inputs))]
