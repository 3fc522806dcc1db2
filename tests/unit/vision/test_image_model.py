"""Models that look at pictures: real ONNX files, made by onnx itself, with answers that can be reckoned."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest
from onnx import TensorProto, helper

from addon.doctor.examine import examine
from addon.errors import ModelError
from addon.inference.autotune import Memory
from addon.inference.providers import CPU, CUDA, Choice
from addon.vision import image_model, opening
from addon.vision.answer import answer_from
from addon.vision.opening import open_image_model
from tests.models import make_model
from tests.onnx_files import model, recurrent, saved, value, weight

CHANCE = np.random.default_rng(4)
RED = np.zeros((40, 60, 3), np.uint8)
RED[:, :, 0] = 255
KERNELS = CHANCE.standard_normal((5, 3, 3, 3)).astype(np.float32)
FREE = ("n", 3, "h", "w")


def classifier(folder, said="", name="mean", shape=("n", 3, 8, 8)):
    """Scores are ten times the mean of each channel, behind a convolution that nobody heeds."""
    nodes = [
        helper.make_node("Conv", ["image", "K"], ["edges"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["edges"], ["lit"]),
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Mul", ["flat", "ten"], ["scores"]),
    ]
    weights = [weight("K", KERNELS), weight("ten", np.array(10, np.float32))]
    made = model(nodes, [value("image", shape)], [value("scores", ["n", 3])], weights)
    if said:
        (folder / f"{name}.toml").write_text(said)
    return saved(folder / f"{name}.onnx", made)


def filterer(folder, said, operator="Sigmoid"):
    """One channel: the brightness of the picture, through an operator."""
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["gray"], axes=[1], keepdims=1),
        helper.make_node(operator, ["gray"], ["heat"]),
    ]
    (folder / "heat.toml").write_text(said)
    made = model(nodes, [value("image", FREE)], [value("heat", ("n", 1, "h", "w"))])
    return saved(folder / "heat.onnx", made)


def look(path, image=RED, **asked):
    looker = open_image_model(str(path), "cpu")
    return looker({"image": image, **{name: np.array(each) for name, each in asked.items()}})


CLASSES = '[output]\nis = "classes"\nlabels = ["red", "green", "blue"]'


def test_classes_are_a_softmax_of_the_scores(tmp_path):
    told = look(classifier(tmp_path, CLASSES))
    wanted = np.exp([10, 0, 0]) / np.exp([10, 0, 0]).sum()
    np.testing.assert_allclose(told["probabilities"], wanted, atol=1e-6)


def test_the_answer_names_the_likeliest(tmp_path):
    looker = open_image_model(str(classifier(tmp_path, CLASSES)), "cpu")
    told = looker({"image": RED[:, :, ::-1].copy(), "about": np.array(1)})
    about = json.loads(bytes(told["about"]))
    assert about["labels"] == ["red", "green", "blue"]
    assert about["provider"] == "cpu"
    assert answer_from(told, AboutOf(about), "").top(1) == [("blue", pytest.approx(1, abs=1e-3))]


def AboutOf(said):  # noqa: N802 - reads as a class where it is used
    from addon.vision.answer import About

    return About(said["title"], said["provider"], tuple(said["layers"]), tuple(said["labels"]))


def test_ten_crops_are_averaged(tmp_path):
    half = RED.copy()
    half[:, 30:] = (0, 255, 0)
    told = look(classifier(tmp_path, f'[input]\nresize = "ten"\nshare = 0.5\n{CLASSES}'), half)
    np.testing.assert_allclose(told["probabilities"][:2], 0.5, atol=0.02)


def test_a_grid_is_classified_in_one_run(tmp_path):
    half = RED.copy()
    half[:, 30:] = (0, 255, 0)
    grid = look(classifier(tmp_path, CLASSES), half, grid=(2, 4))["grid"]
    assert grid.shape == (2, 4, 3)
    assert grid.argmax(axis=2).tolist() == [[0, 0, 1, 1]] * 2


def test_a_grid_is_classified_by_a_model_that_takes_one_picture_at_once(tmp_path):
    one = look(classifier(tmp_path, CLASSES, shape=(1, 3, 8, 8)), grid=(2, 3))["grid"]
    many = look(classifier(tmp_path, CLASSES), grid=(2, 3))["grid"]
    np.testing.assert_allclose(one, many, atol=1e-6)


def test_a_description_of_the_input_alone_costs_no_answer(tmp_path):
    # A refusal advises to write no more than this.
    path = classifier(tmp_path, "[input]\nsize = [8, 8]", shape=FREE)
    assert look(path)["probabilities"].argmax() == 0
    assert "has no output" in open_image_model(str(path), "cpu").notice


def test_a_grid_of_too_many_is_refused(tmp_path):
    with pytest.raises(ModelError, match="100 × 100 crops; at most 256"):
        look(classifier(tmp_path, CLASSES), grid=(100, 100))


def test_any_tensor_within_can_be_drawn_by_name(tmp_path):
    looker = open_image_model(str(classifier(tmp_path, f'layers = ["lit"]\n{CLASSES}')), "cpu")
    told = looker({"image": RED, "layer": np.array(0), "weights": np.array(1)})
    assert told["shape"].tolist() == [1, 5, 8, 8]
    assert told["maps"].dtype == np.uint8
    assert told["weights"].shape[2] == 3
    assert told["probabilities"].argmax() == 0


def test_layers_that_nobody_listed_are_those_with_axes_of_maps(tmp_path):
    assert open_image_model(str(classifier(tmp_path, CLASSES)), "cpu").layers == ("edges", "lit", "pooled")


def test_the_weights_are_those_of_the_nearest_operator(tmp_path):
    from addon.vision.weights import weights_of

    data = classifier(tmp_path).read_bytes()
    name, found = weights_of(data, "lit")
    assert name == "K"
    np.testing.assert_array_equal(found, KERNELS)
    with pytest.raises(ModelError, match="no weights right before 'pooled'"):
        weights_of(data, "pooled")


def test_a_layer_without_weights_is_shown_all_the_same(tmp_path):
    told = look(classifier(tmp_path, f'layers = ["pooled"]\n{CLASSES}'), layer=0, weights=1)
    assert "weights" not in told
    assert told["maps"].size


def test_a_model_without_a_description_is_guessed_and_says_so(tmp_path):
    looker = open_image_model(str(classifier(tmp_path)), "cpu")
    assert looker({"image": RED})["probabilities"].argmax() == 0
    assert "it has no description" in looker.notice


def test_a_heat_map_has_regions_in_the_pictures_pixels(tmp_path):
    image = np.zeros((64, 128, 3), np.uint8)
    image[16:32, 64:96] = 255
    said = '[input]\nresize = "keep"\nlongest = 64\n[output]\nis = "heat map"\nrange = [0.5, 0.7311]'
    told = look(filterer(tmp_path, said), image)
    (region,) = answer_from(
        told, AboutOf({"title": "", "provider": "", "layers": (), "labels": ()}), ""
    ).regions
    low, high = region.corners.min(axis=0), region.corners.max(axis=0)
    np.testing.assert_allclose([*low, *high], [64, 16, 96, 32], atol=2.1)
    assert region.score > 0.9


def test_integers_are_fed_where_the_graph_wants_them(tmp_path):
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float"], ["scores"], axes=[1, 2], keepdims=0),
    ]
    made = model(
        nodes,
        [value("image", ("n", "h", "w", 3), TensorProto.UINT8)],
        [value("scores", ["n", 3])],
    )
    path = saved(tmp_path / "bytes.onnx", made)
    (tmp_path / "bytes.toml").write_text(
        '[input]\nlayout = "NHWC"\nresize = "keep"\nrange = [0, 255]\n[output]\nis = "features"'
    )
    np.testing.assert_array_equal(look(path)["out.scores"], [[255, 0, 0]])


def whole_numbers(folder, kind, output=TensorProto.FLOAT):
    """The mean of each channel of a picture of whole numbers, and the picture itself."""
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float"], ["scores"], axes=[2, 3], keepdims=0),
        helper.make_node("Cast", ["float"], ["picture"], to=output),
    ]
    outputs = [value("scores", ["n", 3]), value("picture", ["n", 3, 8, 8], output)]
    return saved(folder / "whole.onnx", model(nodes, [value("image", ("n", 3, 8, 8), kind)], outputs))


@pytest.mark.parametrize("kind", [TensorProto.UINT8, TensorProto.INT32, TensorProto.INT64])
def test_whole_numbers_are_fed_and_shown_without_a_description(kind, tmp_path):
    told = look(whole_numbers(tmp_path, kind, TensorProto.UINT8), RED // 2)
    assert told["probabilities"].argmax() == 0
    assert told["picture.picture"].max() == 127
    np.testing.assert_array_equal(told["out.picture"][0, :, 0, 0], [127, 0, 0])


def test_signed_bytes_want_a_description(tmp_path):
    path = whole_numbers(tmp_path, TensorProto.INT8)
    with pytest.raises(ModelError, match=r"whole.onnx: its input 'image' is int8.*range = \[-128, 127\]"):
        open_image_model(str(path), "cpu")
    path.with_suffix(".toml").write_text('[input]\nrange = [-128, 127]\n[output]\nname = "picture"')
    np.testing.assert_array_equal(look(path)["out.picture"][0, :, 0, 0], [127, -128, -128])


REFUSED = {
    "[input]\nrange = [-1e39, 1e39]": "feeds its input 'image' -1e+39..1e+39, and that is float32",
    '[output]\nis = "classes"\nlabels = ["a", "b"]': "its output 'scores' has 3 classes; 2 labels are given",
    '[output]\nname = "gone"': "its description names the output 'gone'; it has scores",
    '[input]\nname = "gone"': "names the input 'gone'; it has image",
    '[input]\nlayout = "NHWC"': "color RGB has 3 channels in axis 3 of layout NHWC",
    '[input]\nis = "features"': "not an image model: its description",
    '[input]\nresize = "tiles"': "resize must be one of stretch, fit, crop, ten, keep; got 'tiles'",
}


@pytest.mark.parametrize("said", REFUSED)
def test_a_description_that_does_not_fit_is_refused_when_the_model_is_opened(said, tmp_path):
    with pytest.raises(ModelError) as caught:
        open_image_model(str(classifier(tmp_path, said)), "cpu")
    assert REFUSED[said] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_that_looks_at_no_pictures_is_refused(tmp_path):
    made = model([helper.make_node("Neg", ["x"], ["y"])], [value("x", ["n", 3])], [value("y", ["n", 3])])
    with pytest.raises(ModelError, match="none of its inputs is a picture"):
        open_image_model(str(saved(tmp_path / "neg.onnx", made)), "cpu")


def test_pen_models_and_recurrent_ones_are_refused_with_who_takes_them(tmp_path):
    make_model(tmp_path / "pen.onnx", hidden=8)
    with pytest.raises(
        ModelError, match=r"^pen.onnx: a pen model, not an image model: use it with Recognizer"
    ):
        open_image_model(str(tmp_path / "pen.onnx"), "cpu")
    with pytest.raises(ModelError, match="it is a recurrent model, not an image model"):
        open_image_model(str(recurrent(tmp_path / "steps.onnx")), "cpu")


def test_an_input_that_nothing_feeds_is_named(tmp_path):
    nodes = [helper.make_node("Mul", ["image", "gain"], ["y"])]
    inputs = [value("image", ("n", 3, 8, 8)), value("gain", [1])]
    path = saved(tmp_path / "gain.onnx", model(nodes, inputs, [value("y", ("n", 3, 8, 8))]))
    with pytest.raises(ModelError, match="other inputs \\(gain\\); give them values in \\[constants\\]"):
        open_image_model(str(path), "cpu")
    (tmp_path / "gain.toml").write_text('[constants]\ngain = 2\n[output]\nis = "picture"')
    assert look(path)["out.y"].max() == pytest.approx(2)


def test_scores_that_are_no_numbers_are_an_error_and_not_an_answer(tmp_path):
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Log", ["flat"], ["scores"]),
    ]
    made = model(nodes, [value("image", ("n", 3, 8, 8))], [value("scores", ["n", 3])])
    path = saved(tmp_path / "log.onnx", made)
    (tmp_path / "log.toml").write_text(CLASSES)
    with pytest.raises(ModelError, match="'scores' has values that are not finite"):
        look(path)


def given_back(folder, said, values):
    """A model that answers the same, whatever it sees."""
    array = np.array(values, np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["naught"]),
        helper.make_node("Add", ["naught", "values"], ["y"]),
    ]
    weights = [weight("values", array), weight("nothing", np.array(0, np.float32))]
    (folder / "same.toml").write_text(said)
    made = model(nodes, [value("image", ("n", 3, 20, 20))], [value("y", list(array.shape))], weights)
    return answer_from(look(saved(folder / "same.onnx", made)), NOBODY, "")


NOBODY = AboutOf({"title": "", "provider": "", "layers": (), "labels": ()})


@pytest.mark.parametrize(
    ("said", "box", "place"),
    [
        ("", [5, 5, 15, 10], [20, 10, 40, 20]),
        ('corners = "xywh"', [5, 5, 15, 5], [20, 10, 50, 20]),
        ('corners = "center"', [5, 5, 10, 2], [10, 8, 30, 12]),
        ("unit = true", [0.25, 0.25, 0.75, 0.5], [20, 10, 40, 20]),
    ],
)
def test_boxes_are_reported_in_the_pictures_pixels(said, box, place, tmp_path):
    # The middle square of the picture, 40 of its 60 columns, is 20 pixels for the model.
    answer = given_back(tmp_path, f'[output]\nis = "boxes"\n{said}', [box])
    np.testing.assert_allclose(answer.boxes, [place], atol=1e-4)
    assert answer.ms > 0


def test_points_are_reported_in_the_pictures_pixels(tmp_path):
    answer = given_back(tmp_path, '[output]\nis = "points"', [[[0, 0], [20, 10], [np.nan, 1]]])
    np.testing.assert_allclose(answer.points, [[10, 0], [50, 20]], atol=1e-4)


def test_a_picture_that_a_model_makes_is_there_to_be_drawn(tmp_path):
    answer = given_back(tmp_path, '[output]\nis = "picture"', np.full((1, 3, 4, 4), 0.5))
    assert answer.picture is not None
    assert answer.picture.shape == (4, 4, 3)
    assert answer.picture.max() == 128


def test_boxes_of_three_numbers_are_refused(tmp_path):
    with pytest.raises(ModelError, match="holds no boxes of 4"):
        given_back(tmp_path, '[output]\nis = "boxes"', [[1, 2, 3]])


def test_auto_takes_the_provider_that_is_faster_for_this_model_and_says_so(tmp_path, monkeypatch):
    path = classifier(tmp_path)
    opened = image_model.open_file

    def open_file(file, choice, **options):
        """Stands in for a device, on which this model is slow."""
        graph = opened(file, Choice((CPU,)), **options)
        if choice.providers[0] != CUDA:
            return graph
        return replace(graph, provider="cuda", session=Slow(graph.session))

    monkeypatch.setattr(image_model, "open_file", open_file)
    monkeypatch.setattr(opening, "choose_here", lambda *_: Choice((CUDA, CPU), rivals=((CPU,),)))
    monkeypatch.setattr(opening, "here", lambda device: Memory(tmp_path / "known.json", "this machine"))
    for _ in range(2):
        found = open_image_model(str(path))
        assert found.provider == "cpu"
        assert found.compared.startswith("recognition runs on cpu: ")
        assert "on cuda" in found.compared
        assert found.compared in list(found.about()["notices"])  # pyright: ignore[reportArgumentType]


class Slow:
    """A session whose runs take a while."""

    def __init__(self, session) -> None:
        self._session = session

    def run(self, names, feeds):
        time.sleep(0.02)
        return self._session.run(names, feeds)


def test_a_size_of_nothing_is_named_and_not_answered_with_a_size_for_the_description(tmp_path):
    path = classifier(tmp_path, shape=(1, 3, 0, 0))
    with pytest.raises(ModelError, match=r"^mean\.onnx: its input 'image' is declared as 1 × 3 × 0 × 0"):
        open_image_model(str(path), "cpu")
    found = examine(path, tmp_path, provider="cpu", seconds=0.0)
    assert found.get("why", "").startswith("its input 'image' is declared as 1 × 3 × 0 × 0"), found
