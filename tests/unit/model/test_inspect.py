"""What is found in a file without onnx is what onnx finds in it."""

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from addon.errors import ModelError
from addon.inference.opening import check, read_model
from addon.model.inspect import contents_of
from addon.model.metadata import spec_from_json
from addon.model.protobuf import WireError, parse, written
from tests.onnx_files import model, saved, value, weight

THEIRS = sorted((Path(onnx.__file__).parent / "backend" / "test" / "data").rglob("*.onnx"))
OURS = sorted((Path(__file__).parents[3] / "models").glob("*.onnx"))


def operators(graph: onnx.GraphProto) -> Counter[str]:
    found: Counter[str] = Counter()
    for node in graph.node:
        found[f"{node.domain}.{node.op_type}" if node.domain not in ("", "ai.onnx") else node.op_type] += 1
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                found += operators(inner)
    return found


def test_there_are_files_to_look_into():
    assert len(THEIRS) >= 149
    assert len(OURS) >= 2


def test_every_file_holds_what_onnx_says_it_holds():
    for path in (*THEIRS, *OURS):
        found, wanted = contents_of(path.read_bytes()), onnx.load(path)
        graph = wanted.graph
        assert found.ir_version == wanted.ir_version, path
        assert found.opsets == {opset.domain or "ai.onnx": opset.version for opset in wanted.opset_import}
        assert found.operators == operators(graph), path
        assert found.inputs == [each.name for each in graph.input]
        assert found.outputs == [each.name for each in graph.output]
        assert found.produced == [name for node in graph.node for name in node.output if name]
        assert found.metadata == {entry.key: entry.value for entry in wanted.metadata_props}
        weights = sum(int(np.prod(list(tensor.dims), dtype=object)) for tensor in graph.initializer)
        assert found.parameters >= weights
        names = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
        assert names.items() <= {tensor.name: tensor.dims for tensor in found.tensors}.items()


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_read_or_refused(data):
    with suppress(ModelError):
        contents_of(data)


@given(st.data())
def test_a_sound_file_with_any_bytes_in_it_is_read_or_refused(data):
    sound = THEIRS[data.draw(st.integers(0, len(THEIRS) - 1))].read_bytes()[:3000]
    at = data.draw(st.integers(0, len(sound)))
    with suppress(ModelError):
        check(contents_of(sound[:at] + data.draw(st.binary(min_size=1, max_size=20)) + sound[at:]))


def test_a_file_of_nothing_but_small_parts_is_given_up(monkeypatch):
    monkeypatch.setattr("addon.model.protobuf.MOST_PARTS", 1000)
    assert parse(b"\x08\x01" * 1000, {"model": {1: ""}}, "model").numbers == {1: [1] * 1000}
    with pytest.raises(WireError, match="too many"):
        parse(b"\x08\x01" * 1001, {"model": {1: ""}}, "model")


def test_a_field_that_is_written_is_read_again():
    long = "x" * 300
    message = parse(
        written(7, written(1, long.encode()) + written(1, b"y")), {"a": {7: "b"}, "b": {1: ""}}, "a"
    )
    assert message.messages(7)[0].texts(1) == [long, "y"]


def test_sizes_beyond_any_number_are_refused_in_a_short_line(tmp_path):
    huge = TensorProto(name="W" * 1000, data_type=1, dims=[2**62] * 60)
    made = model([helper.make_node("Identity", ["x"], ["y"])], [value("x", [1])], [value("y", [1])], [huge])
    with pytest.raises(ModelError, match="beyond all memory") as caught:
        read_model(saved(tmp_path / "huge.onnx", made))
    assert len(str(caught.value)) < 400


def test_very_many_places_to_read_from_are_no_trap(tmp_path):
    tensors = [
        TensorProto(name=str(at), data_type=1, dims=[1], data_location="EXTERNAL") for at in range(3_000)
    ]
    for at, tensor in enumerate(tensors):
        tensor.external_data.add(key="location", value=f"{at}.bin")
    made = model([helper.make_node("Identity", ["x"], ["y"])], [value("x", [1])], [value("y", [1])], tensors)
    assert len(contents_of(made.SerializeToString()).locations) == 3_000
    with pytest.raises(ModelError, match=r"'0\.bin', which is missing"):
        read_model(saved(tmp_path / "many.onnx", made))


def test_sparse_weights_and_functions_are_looked_into():
    sparse = onnx.SparseTensorProto(dims=[10**6, 10**6])
    sparse.values.CopyFrom(weight("v", np.ones(1, np.float32)))
    made = model([helper.make_node("Neat", ["x"], ["y"], domain="my")], [value("x", [1])], [value("y", [1])])
    made.graph.sparse_initializer.append(sparse)
    inner = helper.make_node("EPContext", ["x"], ["y"], domain="com.microsoft")
    opsets = [helper.make_opsetid("com.microsoft", 1)]
    made.functions.append(helper.make_function("my", "Neat", ["x"], ["y"], [inner], opsets))
    found = contents_of(made.SerializeToString())
    assert found.operators == {"my.Neat": 1, "com.microsoft.EPContext": 1}
    assert found.functions == {"my.Neat"}
    assert max(tensor.size for tensor in found.tensors) == 10**12


@pytest.mark.parametrize(
    "changed", [{"hidden": 1e999}, {"layers": "9" * 5000}, {"recipe": []}, {"training": 3}, {"columns": -1}]
)
def test_a_description_beyond_numbers_is_refused(changed):
    document = json.loads(contents_of(OURS[-1].read_bytes()).metadata["inkloop"])
    with pytest.raises(ModelError, match="description"):
        spec_from_json(json.dumps(document | changed))


def test_a_description_of_lists_within_lists_is_refused():
    with pytest.raises(ModelError, match="description"):
        spec_from_json("[" * 200_000)
