"""Models as people export them: what an answer holds, and what can be done where a shape is unusual."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from addon.doctor.inputs import type_of
from addon.doctor.kinds import judge
from addon.inference.graph import as_array, open_graph
from addon.inference.providers import CPU, Choice
from addon.inference.recurrent_state import Signature, state_pairs
from addon.inference.wheels import newer
from addon.model.other_formats import other_format
from addon.vision import classifier
from addon.vision.classifier import ImageClassifier
from addon.vision.opening import open_image_model
from tests.onnx_files import model, saved, value

RED = np.zeros((40, 60, 3), np.uint8)
RED[:, :, 0] = 255


def means(folder, shape, *also, name="mean"):
    """The mean of each channel, as scores, and the picture less one, under another name."""
    one = helper.make_tensor("one", TensorProto.FLOAT, [], [1.0])
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["scores"], axes=[2, 3], keepdims=0),
        helper.make_node("Sub", ["image", "one"], ["less"]),
    ]
    outputs = [value("scores", [shape[0], 3]), value("less", shape)]
    return saved(folder / f"{name}.onnx", model(nodes, [value("image", shape)], outputs, [one]))


def test_every_output_is_in_the_answer_under_its_own_name_described_or_not(tmp_path):
    path = means(tmp_path, ("n", 3, 8, 8))
    path.with_suffix(".toml").write_text('[output]\nis = "classes"')
    told = open_image_model(str(path), "cpu")({"image": RED})
    np.testing.assert_allclose(told["out.less"][0, :, 0, 0], [0, -1, -1])
    assert told["probabilities"].argmax() == 0


@pytest.mark.parametrize("crops", ["crop", "ten"])
def test_a_fixed_batch_is_filled_and_its_copies_are_left_out(tmp_path, crops):
    path = means(tmp_path, (8, 3, 8, 8))
    path.with_suffix(".toml").write_text(f'[input]\nresize = "{crops}"\n[output]\nis = "classes"')
    looker = open_image_model(str(path), "cpu")
    told = looker({"image": RED, "grid": np.array((3, 3))})
    assert told["probabilities"].argmax() == 0
    assert told["grid"].shape == (3, 3, 3)
    assert len(told["out.less"]) == (1 if crops == "crop" else 10)


def test_a_row_of_numbers_that_is_a_square_is_fed_a_picture_and_named_so(tmp_path):
    nodes = [helper.make_node("Identity", ["x"], ["y"])]
    made = model(nodes, [value("x", [1, 784])], [value("y", [1, 784])])
    path = saved(tmp_path / "flat.onnx", made)
    path.with_suffix(".toml").write_text('[input]\ncolor = "gray"\n[output]\nis = "features"')
    looker = open_image_model(str(path), "cpu")
    np.testing.assert_allclose(looker({"image": RED})["out.y"], np.full((1, 784), 0.299), atol=1e-4)
    assert "its flat input is read as a picture of 1 × 28 × 28" in looker.notice


def test_probabilities_in_maps_are_an_array_a_column_a_class(tmp_path):
    node = helper.make_node("ZipMap", ["x"], ["y"], domain="ai.onnx.ml", classlabels_int64s=[2, 0, 1])
    kind = helper.make_sequence_type_proto(
        helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, None))
    )
    made = model([node], [value("x", [None, 3])], [helper.make_value_info("y", kind)], domains=["ai.onnx.ml"])
    made.opset_import[-1].version = 1
    graph = open_graph(saved(tmp_path / "zip.onnx", made), Choice((CPU,)))
    (info,) = graph.outputs
    assert (info.dtype, info.shape) == (np.float32, (None, None))
    answer = graph.run({"x": np.array([[0.2, 0.5, 0.3]], np.float32)})["y"]
    np.testing.assert_allclose(answer, [[0.5, 0.3, 0.2]])
    np.testing.assert_array_equal(as_array([np.ones(2), np.zeros(2)]), [[1, 1], [0, 0]])
    assert type_of("tensor(float)") == (False, np.float32)


def test_a_state_is_found_whose_output_has_but_a_number():
    x, hidden = Signature("input", [1, 1, 3], "f"), Signature("hidden", [1, 1, 8], "f")
    outputs = [Signature("74", [1, 1, 5], "f"), Signature("69", [1, 1, 8], "f")]
    assert state_pairs([x, hidden], outputs) == (("hidden", "69"),)
    both = [x, Signature("h", [2, 1, 8], "f"), Signature("c", [2, 1, 8], "f")]
    made = [Signature("90", [1, 1, 5], "f"), Signature("91", [2, 1, 8], "f"), Signature("92", [2, 1, 8], "f")]
    assert state_pairs(both, made) == (("h", "91"), ("c", "92"))
    assert state_pairs(both, made[:2]) == ()
    assert state_pairs([x, Signature("mask", [1, 1, 8], "f")], outputs) == ()


def test_a_reader_of_lines_is_no_detector():
    fed, answered = {"x": (1, 3, 48, 320)}, {"y": (1, 40, 6625)}
    values = [{"name": "y", "shape": [1, 40, 6625], "type": "tensor(float)"}]
    judged = judge([{"name": "x", "shape": [1, 3, 48, 320], "type": "tensor(float)"}], values, fed, answered)  # pyright: ignore
    assert judged.kind == "text recogniser"
    assert "6625 characters at 40 places" in judged.can


def test_a_pointer_of_git_lfs_is_called_so_and_the_wheel_that_is_here_is_named():
    assert "git lfs pull" in other_format(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\n")
    versions = {"onnxruntime-gpu": "1"}

    def version_of(name):
        from importlib.metadata import PackageNotFoundError

        if name not in versions:
            raise PackageNotFoundError
        return versions[name]

    assert newer(version_of) == "pip install -U onnxruntime-gpu"


def test_the_keys_pass_a_model_that_is_refused(tmp_path, monkeypatch):
    asked = []

    class Refused:
        open = False
        refused = True

        def __init__(self, path, *settings) -> None:
            asked.append(path.name)
            self.path = path

        def messages(self):
            return [f"{self.path.name}: no"]

        def close(self) -> None:
            pass

    monkeypatch.setattr(classifier, "ImageWorker", Refused)
    models = [tmp_path / name for name in ("a.onnx", "b.onnx", "c.onnx")]
    for path in models:
        path.write_bytes(b"any")
    eye = ImageClassifier(*models)
    for key in "+++-":
        eye.key_pressed(key)
        eye.update(0.0)
        assert eye.refusal
    assert asked == ["b.onnx", "c.onnx", "a.onnx", "c.onnx"]


def test_the_keys_of_maps_are_the_names_of_the_columns_before_it_runs(tmp_path):
    float_map = helper.make_map_type_proto(
        TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, None)
    )
    nodes = [
        helper.make_node("Identity", ["x"], ["scores"]),
        helper.make_node(
            "ZipMap", ["scores"], ["y"], domain="ai.onnx.ml", classlabels_strings=["dog", "ant", "cat"]
        ),
    ]
    outputs = [helper.make_value_info("y", helper.make_sequence_type_proto(float_map))]
    made = model(nodes, [value("x", [None, 3])], outputs, domains=["ai.onnx.ml"])
    graph = open_graph(saved(tmp_path / "zip.onnx", made), Choice((CPU,)))
    assert graph.classes == {"y": ("ant", "cat", "dog")}
    answer = graph.run({"x": np.array([[0.2, 0.5, 0.3]], np.float32)})["y"]
    assert answer.dtype == np.float32
    np.testing.assert_allclose(answer, [[0.5, 0.3, 0.2]])


def test_the_classes_of_a_forest_without_maps_are_in_the_order_of_its_scores(tmp_path):
    node = helper.make_node(
        "LinearClassifier",
        ["x"],
        ["label", "raw"],
        domain="ai.onnx.ml",
        classlabels_ints=[7, 3],
        coefficients=[1.0, 0.0, 0.0, 1.0],
        intercepts=[0.0, 0.0],
    )
    even = helper.make_node("Normalizer", ["raw"], ["scores"], domain="ai.onnx.ml", norm="L1")
    outputs = [value("label", [None], TensorProto.INT64), value("scores", [None, 2])]
    made = model([node, even], [value("x", [None, 2])], outputs, domains=["ai.onnx.ml"])
    graph = open_graph(saved(tmp_path / "linear.onnx", made), Choice((CPU,)))
    assert graph.classes == {"scores": ("7", "3")}
