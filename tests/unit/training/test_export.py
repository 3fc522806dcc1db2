import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from addon.errors import ModelError
from addon.features.recipe import COLUMNS, FeatureRecipe
from addon.model.metadata import INPUTS, METADATA_KEY, OUTPUTS, ModelSpec, spec_from_json
from addon.training import graph
from addon.training.graph import export_step
from addon.training.nets import StepNet
from addon.training.nodes import OPSET
from tests.models import make_model


def a_net(classes: int = 3, layers: int = 1, hidden: int = 8) -> tuple[StepNet, ModelSpec]:
    torch.manual_seed(1)
    labels = tuple("ABCDEFGH"[:classes])
    return StepNet(classes, layers, hidden), ModelSpec(labels, FeatureRecipe(200.0), layers, hidden, hidden)


def session_of(path: Path) -> Any:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize(("batch", "time"), [(1, 1), (5, 9)])
def test_the_file_answers_as_torch_does(tmp_path, layers, batch, time):
    net, spec = a_net(layers=layers)
    export_step(net, spec, tmp_path / "step.onnx")
    chance = np.random.default_rng(2)
    rows = chance.standard_normal((batch, time, len(COLUMNS)), dtype=np.float32)
    state = chance.standard_normal((2, layers, batch, 8), dtype=np.float32)
    given = session_of(tmp_path / "step.onnx").run(
        list(OUTPUTS), dict(zip(INPUTS, [rows, *state], strict=True))
    )
    with torch.no_grad():
        wanted = net(*map(torch.from_numpy, [rows, *state]))
    for ours, theirs in zip(given, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-5)


def test_one_row_at_a_time_gives_what_the_whole_gives(tmp_path):
    spec = make_model(tmp_path / "step.onnx", layers=2, hidden=16)
    session = session_of(tmp_path / "step.onnx")
    rows = np.random.default_rng(3).standard_normal((1, 12, len(COLUMNS)), dtype=np.float32)
    start = np.zeros((spec.layers, 1, spec.hidden), dtype=np.float32)
    whole = session.run(["scores"], {"features": rows, "h": start, "c": start})[0]
    h = c = start
    for index in range(12):
        feed = {"features": rows[:, index : index + 1], "h": h, "c": c}
        scores, h, c = session.run(["scores", "h_next", "c_next"], feed)
        np.testing.assert_allclose(scores[0, 0], whole[0, index], atol=1e-5)


def test_the_graph_is_one_real_lstm_node_a_layer_with_free_batch_and_time(tmp_path):
    make_model(tmp_path / "step.onnx", layers=3)
    model = onnx.load(tmp_path / "step.onnx")
    assert [node.op_type for node in model.graph.node].count("LSTM") == 3
    assert [value.name for value in model.graph.input] == list(INPUTS)
    assert [value.name for value in model.graph.output] == list(OUTPUTS)
    dims = model.graph.input[0].type.tensor_type.shape.dim
    assert [dim.dim_param for dim in dims[:2]] == ["batch", "time"]
    assert model.opset_import[0].version == OPSET


def test_the_file_describes_itself(tmp_path):
    net, spec = a_net()
    written = export_step(net, spec.with_training(loss=0.5), tmp_path / "step.onnx")
    props = {prop.key: prop.value for prop in onnx.load(tmp_path / "step.onnx").metadata_props}
    assert spec_from_json(props[METADATA_KEY]) == written
    assert written.training == {"loss": 0.5}
    assert set(written.versions) == {"torch", "onnx", "opset", "inkloop"}


def test_the_same_network_gives_the_same_bytes(tmp_path):
    make_model(tmp_path / "one.onnx")
    make_model(tmp_path / "two.onnx")
    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "two.onnx").read_bytes()


@pytest.mark.parametrize("change", [{"labels": ("A",)}, {"layers": 2}, {"hidden": 9}, {"embedding": 9}])
def test_a_spec_of_another_network_is_refused(tmp_path, change):
    net, _ = a_net()
    numbers = {"labels": ("A", "B", "C"), "layers": 1, "hidden": 8, "embedding": 8} | change
    with pytest.raises(ValueError, match="the network's are"):
        export_step(net, ModelSpec(recipe=FeatureRecipe(200.0), **numbers), tmp_path / "step.onnx")


def test_gates_in_the_wrong_order_never_reach_the_file(tmp_path, monkeypatch):
    path = tmp_path / "step.onnx"
    path.write_bytes(b"the model of yesterday")
    net, spec = a_net()
    monkeypatch.setattr(graph, "_onnx_gate_order", lambda array, hidden: array)
    with pytest.raises(ModelError, match="off by"):
        export_step(net, spec, path)
    assert path.read_bytes() == b"the model of yesterday"
    assert os.listdir(tmp_path) == ["step.onnx"]


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "step.onnx"
    path.write_bytes(b"the model of yesterday")
    net, spec = a_net()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("addon.files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        export_step(net, spec, path)
    assert path.read_bytes() == b"the model of yesterday"
    assert os.listdir(tmp_path) == ["step.onnx"]
