import hashlib
import logging
import os
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from addon.errors import ModelError, ProviderError
from addon.inference.graph import GraphSession, TensorInfo, open_graph
from addon.inference.providers import CPU, Choice
from tests.onnx_files import model, one_node, saved, two_layers, value, weight, with_weights_in

ON_CPU = Choice((CPU,))


def opened(path: Path, *more: str) -> GraphSession:
    return open_graph(path, ON_CPU, more_outputs=more)


def refused(path: Path, *words: str, **arguments) -> None:
    with pytest.raises(ModelError) as caught:
        open_graph(path, ON_CPU, **arguments)
    said = str(caught.value)
    assert said.startswith(f"{path.name}: ")
    assert "\n" not in said
    assert len(said) < 300
    for word in words:
        assert word in said, said


def test_a_model_says_what_goes_in_and_what_comes_out(tmp_path):
    graph = opened(two_layers(tmp_path / "two.onnx"))
    assert graph.inputs == (TensorInfo("x", ("n", 3), np.dtype(np.float32)),)
    assert graph.outputs == (TensorInfo("z", ("n", 2), np.dtype(np.float32)),)
    assert graph.provider == "cpu"
    assert graph.run({"x": np.ones((4, 3), np.float32)})["z"].tolist() == [[-3.0, -3.0]] * 4


def test_tensors_within_come_out_if_they_are_asked_for_and_are_what_onnx_runtime_computes(tmp_path):
    graph = opened(two_layers(tmp_path / "two.onnx"), "hidden", "y", "z")
    assert [(info.name, info.shape) for info in graph.outputs] == [
        ("z", ("n", 2)),
        ("hidden", ("n", 2)),
        ("y", ("n", 2)),
    ]
    found = graph.run({"x": -np.ones((1, 3), np.float32)})
    assert {name: array.tolist() for name, array in found.items()} == {
        "z": [[0.0, 0.0]],
        "hidden": [[-3.0, -3.0]],
        "y": [[0.0, 0.0]],
    }
    assert list(graph.run({"x": np.ones((1, 3), np.float32)}, ["hidden"])) == ["hidden"]


def test_a_tensor_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    refused(two_layers(tmp_path / "two.onnx"), "'nothing'", "hidden", more_outputs=["nothing"])


def test_the_hash_of_what_was_opened_is_in_the_log(tmp_path, caplog):
    path = two_layers(tmp_path / "two.onnx")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with caplog.at_level(logging.INFO):
        assert opened(path).sha256 == digest
    assert digest in caplog.text


def test_arrays_that_do_not_fit_are_named_in_one_line(tmp_path):
    graph = opened(two_layers(tmp_path / "two.onnx"))
    for feeds in (
        {"w": np.ones((1, 3), np.float32)},
        {"x": np.ones((1, 5), np.float32)},
        {"x": np.ones((1, 3))},
    ):
        with pytest.raises(ModelError, match=r"^two\.onnx: it fails when it runs \([^\n]+\)$"):
            graph.run(feeds)


def test_a_demand_for_cuda_is_not_served_by_the_cpu(tmp_path):
    with pytest.raises(ProviderError, match="cuda is required"):
        open_graph(two_layers(tmp_path / "two.onnx"), Choice((CPU,), required="cuda"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"operator": "Relu", "opset": 99}, ("opset 99 of ai.onnx", "export it with opset_version")),
        ({"operator": "Relu", "ir_version": 99}, ("IR version 99", "opset is 17 of ai.onnx")),
        ({"operator": "Sparkle"}, ("no operator Sparkle", "opset 17 of ai.onnx")),
        ({"operator": "Sparkle", "domain": "my.ops"}, ("no operator my.ops.Sparkle", "1 of my.ops")),
        ({"operator": "Relu", "kind": TensorProto.STRING}, ("operator Relu", "tensor(string)", "float32")),
        ({"operator": "Add", "opset": 6}, ("operator Add",)),
        ({"operator": "Identity", "kind": TensorProto.BFLOAT16}, ("'x'", "tensor(bfloat16)")),
        ({"operator": "EPContext", "domain": "com.microsoft"}, ("com.microsoft.EPContext", "reads files")),
    ],
)
def test_a_refusal_names_the_operator_the_type_or_the_opset(tmp_path, wrong, words):
    refused(one_node(tmp_path / "wrong.onnx", **wrong), *words)


def test_a_file_of_an_old_opset_is_distinguished_from_one_of_wrong_types(tmp_path):
    node = helper.make_node("Add", ["x", "x"], ["y"])
    old = model([node], [value("x", ["n"])], [value("y", ["n"])], opset=6, ir_version=3)
    refused(saved(tmp_path / "old.onnx", old), "operator Add", "opset 6", "opset 7")


def test_weights_in_a_file_next_to_the_model_are_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "w.bin").write_bytes(np.full((3, 2), 2.0, np.float32).tobytes())
    graph = opened(with_weights_in(tmp_path / "outside.onnx", "weights/w.bin"))
    (tmp_path / "weights" / "w.bin").unlink()
    assert graph.run({"x": np.ones((1, 3), np.float32)})["y"].tolist() == [[6.0, 6.0]]


@pytest.mark.parametrize(
    "where", ["../w.bin", "sub/../../w.bin", "ABSOLUTE", "link.bin", "*/_ORT_MEM_ADDR_/*"]
)
def test_weights_from_elsewhere_on_the_disk_are_never_read(tmp_path, where):
    folder = tmp_path / "models"
    folder.mkdir()
    outside = tmp_path / "w.bin"
    outside.write_bytes(bytes(24))
    (folder / "link.bin").symlink_to(outside)
    location = str(outside) if where == "ABSOLUTE" else where
    refused(with_weights_in(folder / "thief.onnx", location), "its weights are", location)


def test_weights_are_not_taken_from_the_folder_one_happens_to_be_in(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    (tmp_path / "w.bin").write_bytes(bytes(24))
    monkeypatch.chdir(tmp_path)
    refused(with_weights_in(tmp_path / "models" / "outside.onnx", "w.bin"), "'w.bin', which is missing")


def test_weights_named_within_a_branch_or_a_constant_are_looked_at_too(tmp_path):
    tensor = TensorProto(name="W", data_type=1, dims=[3], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="/etc/passwd")
    constant = helper.make_node("Constant", [], ["c"], value=tensor)
    branch = helper.make_graph([constant], "branch", [], [value("c", [3])])
    node = helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)
    made = model([node], [value("x", [], TensorProto.BOOL)], [value("y", [3])])
    refused(saved(tmp_path / "branch.onnx", made), "/etc/passwd", "outside its folder")


def test_a_file_that_says_it_has_terabytes_is_refused_before_anything_is_made(tmp_path):
    huge = TensorProto(name="W", data_type=1, dims=[2_000_000, 1_000_000])
    node = helper.make_node("MatMul", ["x", "W"], ["y"])
    made = model([node], [value("x", ["n", 2_000_000])], [value("y", None)], [huge])
    refused(saved(tmp_path / "huge.onnx", made), "'W'", "2000000 × 1000000", "8.0 TB")
    refused(one_node(tmp_path / "wide.onnx", "Relu", (1_000_000, 1_000_000)), "'x'", "4.0 TB")


@pytest.mark.parametrize("as_constant", [True, False])
def test_a_shape_to_be_filled_with_terabytes_is_refused_too(tmp_path, as_constant):
    sizes = weight("sizes", np.array([1_000_000, 10_000_000], np.int64))
    fill = helper.make_node("ConstantOfShape", ["sizes"], ["y"])
    nodes = [helper.make_node("Constant", [], ["sizes"], value=sizes), fill] if as_constant else [fill]
    made = model(nodes, [], [value("y", None)], [] if as_constant else [sizes])
    refused(saved(tmp_path / "fill.onnx", made), "ConstantOfShape", "10.0 TB")


def test_a_shape_of_a_hundred_million_dimensions_is_refused_before_onnx_runtime_lists_them(tmp_path):
    node = helper.make_node("Expand", ["x", "shape"], ["y"])
    inputs = [value("x", [1, 3, 1]), value("shape", [100_000_000], TensorProto.INT64)]
    refused(saved(tmp_path / "long.onnx", model([node], inputs, [value("y", None)])), "100000000 dimensions")
    refused(one_node(tmp_path / "many.onnx", "Relu", [1] * 70), "70 dimensions")


def test_a_file_beyond_the_limit_is_not_read_to_its_end(tmp_path):
    path = tmp_path / "long.onnx"
    with path.open("wb") as file:
        file.truncate(64 * 1024**3)  # a hole in the disk, not bytes on it
    refused(path, "larger than 1.0 MB", limit=1_000_000)


def test_weights_beyond_the_limit_are_refused(tmp_path):
    (tmp_path / "w.bin").write_bytes(bytes(2000))
    refused(with_weights_in(tmp_path / "outside.onnx", "w.bin"), "larger than", limit=1000)


def test_a_pipe_is_no_model(tmp_path):
    os.mkfifo(tmp_path / "pipe.onnx")
    refused(tmp_path / "pipe.onnx", "no ordinary file")


def test_a_file_of_onnx_runtimes_own_format_is_not_read_past_what_was_looked_at(tmp_path):
    path = tmp_path / "own.onnx"
    path.write_bytes(b"\x20\x00\x00\x00ORTM" + bytes(64))
    refused(path, "not an ONNX file")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_reported(tmp_path, share):
    whole = two_layers(tmp_path / "whole.onnx").read_bytes()
    path = tmp_path / "cut.onnx"
    path.write_bytes(whole[: int(len(whole) * share)])
    refused(path, "truncated")


def test_graphs_within_graphs_without_an_end_are_refused(tmp_path):
    inner = helper.make_graph([], "inner", [], [])
    for _ in range(24):
        inner = helper.make_graph([helper.make_node("If", ["x"], ["y"], then_branch=inner)], "outer", [], [])
    path = tmp_path / "deep.onnx"
    path.write_bytes(helper.make_model(inner).SerializeToString())
    refused(path, "not an ONNX file")


def test_text_named_as_a_model_is_reported(tmp_path):
    path = tmp_path / "notes.onnx"
    path.write_text("Dear reader, this is no network.\n" * 20)
    refused(path, "not an ONNX file")
