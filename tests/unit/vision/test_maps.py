"""Maps over a picture: of numbers or classes, in every form in which models answer them."""

import json

import numpy as np
import pytest
from onnx import TensorProto, helper

from addon.errors import ModelError
from addon.model.adaptor import Output
from addon.model.picture_outputs import class_map, float_map, output_kind
from addon.vision.answer import About, answer_from
from addon.vision.image_worker import ImageWorker, Question
from addon.vision.opening import open_image_model
from tests.onnx_files import model, saved, value, weight
from tests.waiting import until

FLOAT, WHOLE, BYTE = np.dtype(np.float32), np.dtype(np.int64), np.dtype(np.uint8)
PICTURE = np.zeros((40, 40, 3), np.uint8)
PICTURE[:, :, 0] = np.linspace(0, 255, 40)
PICTURE[:20, :, 1] = 128


@pytest.mark.parametrize(
    ("sizes", "dtype", "kind"),
    [
        ((64, 64), FLOAT, "map"),
        ((1, 64, 64), FLOAT, "map"),
        ((2, 32, 32), FLOAT, "map"),
        ((1, 1, 64, 64), FLOAT, "heat map"),
        ((1, 3, 64, 64), FLOAT, "picture"),
        ((1, 3, 64, 64), BYTE, "picture"),
        ((1, 2, 64, 64), FLOAT, "class map"),
        ((1, 21, 16, 16), FLOAT, "class map"),
        ((64, 64), WHOLE, "class map"),
        ((1, 64, 64), WHOLE, "class map"),
        ((1, 64, 64), np.dtype(bool), "class map"),
        ((3, 64, 64), BYTE, "class map"),
        ((1, 1, 64, 64), WHOLE, "class map"),
        ((1, 1000), FLOAT, "classes"),
        ((1, 1000, 1, 1), FLOAT, "classes"),
        ((1, 3, 1, 1), FLOAT, "classes"),
        ((1, 1, 1, 1), WHOLE, "features"),
        ((1, 1), WHOLE, "features"),
        ((1,), WHOLE, "features"),
        ((1, 300, 6), FLOAT, "features"),
        ((1, 64, 7, 7), FLOAT, "features"),
        ((1, 64, 32), FLOAT, "features"),
        ((1, 64, 64), np.dtype(object), "features"),
        ((), FLOAT, "features"),
        ((0, 64, 64), FLOAT, "map"),
    ],
)
def test_an_output_is_judged_by_its_form(sizes, dtype, kind):
    assert output_kind("y", sizes, dtype, (64, 64), "NCHW") == kind


def test_channels_are_looked_for_where_the_layout_has_them():
    assert output_kind("y", (1, 64, 96, 21), FLOAT, (64, 96), "NHWC") == "class map"
    assert output_kind("y", (1, 64, 96, 21), FLOAT, (64, 96), "NCHW") == "features"
    assert output_kind("y", (21, 64, 96), FLOAT, (64, 96), "CHW") == "class map"
    assert output_kind("y", (64, 96, 3), FLOAT, (64, 96), "HWC") == "picture"
    assert output_kind("embedding", (1, 128), FLOAT, (64, 96), "NHWC") == "features"


@pytest.mark.parametrize("shape", [(2, 3), (1, 2, 3), (1, 1, 2, 3), (5, 1, 2, 3)])
def test_a_map_of_numbers_has_two_axes_whatever_the_model_answers(shape):
    values = np.zeros(shape, np.float64)
    values.reshape(-1)[:6] = [0, 1, 2, 3, 4, np.nan]
    plain = float_map(values, Output("y", "map"), stretched=False)
    assert (plain.shape, plain.dtype) == ((2, 3), np.float32)
    np.testing.assert_array_equal(plain, [[0, 1, 2], [3, 4, np.nan]])
    stretched = float_map(values, Output("y", "map"), stretched=True)
    assert (np.nanmin(stretched), np.isnan(stretched[1, 2])) == (0, True)
    spanned = float_map(values, Output("y", "map", span=(0, 8)), stretched=True)
    np.testing.assert_allclose(spanned[0], [0, 1 / 8, 2 / 8])


def test_a_map_of_one_number_or_of_none_is_still_one():
    for values in (np.full((2, 2), 7.0), np.full((2, 2), np.nan), np.array([[np.inf, 1], [2, 3]])):
        assert float_map(values, Output("y", "map"), stretched=True).shape == (2, 2)
    assert float_map(np.zeros((1, 2, 4, 5)), Output("flow", "map"), stretched=False).shape == (2, 4, 5)


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8, bool, np.float32])
@pytest.mark.parametrize("shape", [(2, 2), (1, 2, 2), (1, 1, 2, 2)])
def test_a_map_of_classes_is_of_whole_numbers_whatever_the_model_answers(shape, kind):
    made = class_map(np.array([[0, 1], [1, 0]]).astype(kind).reshape(shape), Output("y", "class map"))
    assert made.dtype == np.int64
    assert made.tolist() == [[0, 1], [1, 0]]


def test_the_greatest_of_several_channels_is_the_class():
    scores = np.random.default_rng(0).standard_normal((1, 21, 4, 6)).astype(np.float32)
    first = class_map(scores, Output("y", "class map"))
    np.testing.assert_array_equal(first, scores[0].argmax(axis=0))
    last = class_map(scores.transpose(0, 2, 3, 1), Output("y", "class map", layout="NHWC"))
    np.testing.assert_array_equal(last, first)


def test_another_shape_is_named():
    for shape in ((4,), (1, 1, 1, 4, 4), (0, 4, 4)):
        with pytest.raises(
            ModelError, match=r"its output 'y' is float64 of shape .* a class map is of shape"
        ):
            class_map(np.zeros(shape), Output("y", "class map"))


def maps(folder, name="maps"):
    """A picture [1, 3, 16, 16] to maps of every form, scores and features."""
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("Mul", ["mean", "ten"], ["depth"]),
        helper.make_node("ArgMax", ["image"], ["mask"], axis=1, keepdims=0),
        helper.make_node("Concat", ["image", "image"], ["six"], axis=1),
        helper.make_node("ReduceMean", ["image"], ["heat"], axes=[1], keepdims=1),
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Softmax", ["flat"], ["probs"]),
        helper.make_node("Concat", ["flat", "flat"], ["embedding"], axis=1),
    ]
    outputs = [
        value("probs", [1, 3]),
        value("depth", [1, 16, 16]),
        value("mask", [1, 16, 16], TensorProto.INT64),
        value("six", [1, 6, 16, 16]),
        value("heat", [1, 1, 16, 16]),
        value("embedding", [1, 6]),
    ]
    made = model(nodes, [value("image", [1, 3, 16, 16])], outputs, [weight("ten", np.array(10, np.float32))])
    return saved(folder / f"{name}.onnx", made)


def look(path):
    made = open_image_model(str(path), "cpu")
    given = made({"image": PICTURE, "about": np.array(1)})
    about = json.loads(bytes(given["about"]))
    return made, about, answer_from(given, About("", "", (), tuple(about["labels"])), "")


def test_without_a_description_every_output_is_named_and_every_map_is_drawn(tmp_path):
    made, _, answer = look(maps(tmp_path))
    assert set(answer.outputs) == {"probs", "depth", "mask", "six", "heat", "embedding"}
    assert set(answer.float_maps) == {"depth", "heat"}
    assert set(answer.class_maps) == {"mask", "six"}
    # Beyond 1, so it is stretched; what is in 0..1 stays as it is.
    depth, heat = answer.float_maps["depth"], answer.float_maps["heat"]
    assert (depth.shape, float(depth.min()), float(depth.max())) == ((16, 16), 0, 1)
    np.testing.assert_allclose(heat, answer.outputs["heat"][0, 0])
    # Those of the model's own softmax, and not of a second one.
    np.testing.assert_allclose(answer.probabilities, answer.outputs["probs"][0])
    assert answer.label == "class 0"
    assert "it reads 'depth' as a map, 'mask' as a class map, 'six' as a class map" in made.notice


def test_a_map_that_was_stretched_once_does_not_flicker(tmp_path):
    made = open_image_model(str(maps(tmp_path)), "cpu")
    made({"image": PICTURE})
    dark = made({"image": PICTURE // 64})
    assert dark["out.depth"].max() < 1
    assert dark["map.depth"].max() == 1


def test_what_a_description_leaves_out_is_there_as_well(tmp_path):
    path = maps(tmp_path)
    path.with_suffix(".toml").write_text(
        '[[output]]\nname = "depth"\nis = "map"\nrange = [0, 20]\n'
        '[[output]]\nname = "six"\nis = "class map"\nlabels = ["r", "g", "b", "x", "y", "z"]\n'
    )
    _, about, answer = look(path)
    assert set(answer.outputs) == {"probs", "depth", "mask", "heat", "embedding"}
    np.testing.assert_allclose(answer.float_maps["depth"], answer.outputs["depth"][0] / 20, atol=1e-6)
    assert set(answer.float_maps) == {"depth", "heat"}
    assert set(answer.class_maps) == {"mask", "six"}
    assert (answer.regions, len(answer.probabilities)) == ((), 0)
    assert about["map_labels"]["six"] == ["r", "g", "b", "x", "y", "z"]


@pytest.mark.parametrize("shape", [(1, 16, 16), (1, 3, 16, 16)])
def test_what_is_no_number_is_no_error(tmp_path, shape):
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["some"], axes=[1], keepdims=0)
        if len(shape) == 3
        else helper.make_node("Identity", ["image"], ["some"]),
        helper.make_node("Sub", ["some", "two"], ["less"]),
        helper.make_node("Sqrt", ["less"], ["y"]),
    ]
    two = weight("two", np.array(2, np.float32))
    made = model(nodes, [value("image", [1, 3, 16, 16])], [value("y", shape)], [two])
    _, _, answer = look(saved(tmp_path / "nan.onnx", made))
    assert np.isnan(answer.outputs["y"]).all()
    if len(shape) == 3:
        assert np.isnan(answer.float_maps["y"]).all()
    else:
        assert answer.picture is not None
        assert answer.picture.max() == 0


def test_a_picture_in_0_to_255_is_seen_to_be_one(tmp_path):
    node = helper.make_node("Sub", ["most", "image"], ["out"])
    shape = [1, 3, 16, 16]
    made = model(
        [node], [value("image", shape)], [value("out", shape)], [weight("most", np.array(255.0, np.float32))]
    )
    inverted, _, answer = look(saved(tmp_path / "invert.onnx", made))
    assert answer.picture is not None
    np.testing.assert_allclose(answer.picture[0, 0].astype(int), [255, 127, 255], atol=8)
    assert "0..255 in and out, as its output 'out' reaches 255" in inverted.notice


def test_the_keys_of_maps_are_the_labels_where_there_are_no_others(tmp_path):
    kind = helper.make_sequence_type_proto(
        helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, None))
    )
    nodes = [
        helper.make_node("MatMul", ["X", "W"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["even"]),
        helper.make_node("ZipMap", ["even"], ["p"], domain="ai.onnx.ml", classlabels_strings=["dog", "ant"]),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
    ]
    weights = np.stack((np.ones(256), np.zeros(256)), axis=1).astype(np.float32)
    made = model(
        nodes,
        [value("X", [None, 256])],
        [value("label", [None], TensorProto.INT64), helper.make_value_info("p", kind)],
        [weight("W", weights)],
        domains=["ai.onnx.ml"],
    )
    path = saved(tmp_path / "forest.onnx", made)
    _, about, answer = look(path)
    assert about["labels"] == ["ant", "dog"]
    assert answer.label == "dog"
    assert answer.probability > 0.9
    path.with_suffix(".toml").write_text(
        '[input]\ncolor = "gray"\n[output]\nname = "p"\nis = "classes"\nlabels = ["an ant", "a dog"]'
    )
    assert look(path)[2].label == "a dog"


def test_text_and_maps_pass_from_the_process_to_the_sketch(tmp_path):
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["depth"], axes=[1], keepdims=0),
        helper.make_node("ArgMax", ["image"], ["mask"], axis=1, keepdims=0),
        helper.make_node("Identity", ["names"], ["text"]),
    ]
    outputs = [
        value("depth", [1, 16, 16]),
        value("mask", [1, 16, 16], TensorProto.INT64),
        value("text", [2], TensorProto.STRING),
    ]
    names = helper.make_tensor("names", TensorProto.STRING, [2], [b"a", b"bc"])  # type: ignore[list-item]
    path = saved(tmp_path / "three.onnx", model(nodes, [value("image", [1, 3, 16, 16])], outputs, [names]))
    path.with_suffix(".toml").write_text(
        '[[output]]\nname = "mask"\nis = "class map"\nlabels = ["r", "g", "b"]'
    )
    worker = ImageWorker(path, "cpu", None, 1)
    found = []
    try:
        until(lambda: worker.open)
        assert worker.feed(PICTURE, Question())
        until(lambda: found, lambda: found.extend(filter(None, [worker.take()])))
    finally:
        worker.close()
    (answer,) = found
    assert answer.outputs["text"].tolist() == ["a", "bc"]
    assert answer.float_maps["depth"].shape == answer.class_maps["mask"].shape == (16, 16)
    assert answer.about.map_labels == {"mask": ("r", "g", "b")}


def test_a_free_size_has_a_default_that_is_reported(tmp_path):
    node = helper.make_node("ReduceMean", ["image"], ["depth"], axes=[1], keepdims=0)
    inputs, outputs = [value("image", ["n", 3, "h", "w"])], [value("depth", ["n", "h", "w"])]
    made, _, answer = look(saved(tmp_path / "free.onnx", model([node], inputs, outputs)))
    assert answer.float_maps["depth"].shape == (224, 224)
    assert "where its picture's size is free, it is 224 × 224" in made.notice
