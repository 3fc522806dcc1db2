import numpy as np
import pytest

from addon.doctor.advice import advice, free_axes
from addon.doctor.described import draft
from addon.doctor.examiner import Examiner
from addon.doctor.findings import Findings, Value
from addon.doctor.inputs import attempts, made_up
from addon.doctor.kinds import judge, state_pairs
from addon.doctor.show import COLUMNS, ROWS, half_blocks, sheet
from addon.model.adaptor import adaptor_from


def value(name: str, *shape: int | str | None, kind: str = "tensor(float)") -> Value:
    return Value(name=name, shape=list(shape), type=kind)


@pytest.mark.parametrize(
    ("given", "made"),
    [("h", "hn"), ("c", "c_n"), ("h0", "h_next"), ("state", "stateN"), ("state_in", "state_out")],
)
def test_a_state_before_and_after_is_found_by_name_and_shape(given, made):
    inputs = [value("x", 1, 8), value(given, 2, None, 128)]
    outputs = [value("y", 1, 8), value(made, None, None, 128)]
    assert state_pairs(inputs, outputs) == ((given, made),)


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ([value("input", 1, 8), value("mask", 1, 8)], [value("output", 1, 8)]),
        ([value("x", 1, 8), value("h", 2, 16)], [value("hn", 2, 32)]),
        ([value("x", 1, 8), value("h", 2, 16)], [value("hn", 2, 16, kind="tensor(double)")]),
        ([value("h", 2, 16)], [value("hn", 2, 16)]),
        ([value("x", 1, 8), value("rate", 8)], [value("rate_out", 8)]),
    ],
)
def test_what_only_looks_like_a_state_is_none(inputs, outputs):
    assert state_pairs(inputs, outputs) == ()


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"scores": (1, 1000)}, "image classifier"),
        ({"prob": (1, 1000, 1, 1)}, "image classifier"),
        ({"embedding": (1, 512)}, "features"),
        ({"picture": (1, 3, 224, 224)}, "image to image"),
        ({"map": (1, 1, 224, 224)}, "heat map"),
        ({"depth": (1, 224, 224)}, "map"),
        ({"depth": (224, 224)}, "map"),
        ({"depth": (1, 112, 112)}, "map"),
        ({"out": (1, 21, 56, 56)}, "class map"),
        ({"attention": (1, 50, 4, 4)}, "unknown"),
        ({"lines": (1, 40, 300)}, "detector"),
        ({"map": (1, 224, 224, 1)}, "heat map"),
        ({"boxes": (1, 50, 4), "scores": (1, 50)}, "detector"),
        ({"output0": (1, 84, 8400)}, "detector"),
        ({"y": (1, 7, 9, 11, 13)}, "unknown"),
    ],
)
def test_what_a_model_of_pictures_is_for_is_known_by_what_comes_out(answers, kind):
    outputs = [value(name, *shape) for name, shape in answers.items()]
    judged = judge([value("x", 1, 3, 224, 224)], outputs, {"x": (1, 3, 224, 224)}, answers)
    assert judged.kind == kind


@pytest.mark.parametrize("shape", [(1, 192, 192), (192, 192), (1, 1, 192, 192)])
@pytest.mark.parametrize("kind", ["int64", "uint8", "bool", "tensor(int32)"])
def test_whole_numbers_for_each_pixel_are_classes(shape, kind):
    outputs, answers = [value("mask", *shape, kind=kind)], {"mask": shape}
    judged = judge([value("x", 1, 3, 192, 192)], outputs, {"x": (1, 3, 192, 192)}, answers)
    assert judged.kind == "class map"


def test_a_draft_judges_each_output_by_its_form(tmp_path):
    answered = {"probs": (1, 3), "mask": (1, 1, 64, 64), "depth": (1, 64, 64), "embedding": (1, 128)}
    answered |= {"segments": (1, 21, 64, 64), "logits": (1, 7)}
    inputs, outputs = [value("x", 1, 3, 64, 64)], [value(name, *shape) for name, shape in answered.items()]
    fed = {"x": (1, 3, 64, 64)}
    judged = judge(inputs, outputs, fed, answered)
    described = adaptor_from(draft(judged, inputs, fed, answered, outputs), tmp_path / "x.toml")
    assert {each.name: (each.kind, each.layout) for each in described.outputs} == {
        "probs": ("classes", "NCHW"),
        "mask": ("heat map", "NCHW"),
        "depth": ("map", "NCHW"),
        "embedding": ("features", "NCHW"),
        "segments": ("class map", "NCHW"),
        "logits": ("features", "NCHW"),
    }


@pytest.mark.parametrize("kind", ["optional(tensor(float))", "seq(tensor(float))"])
def test_a_model_that_cannot_be_fed_arrays_is_not_listed_as_one(kind):
    judged = judge([value("x", 1, 4, kind=kind)], [value("y", 1, 4)], {"x": (1, 4)}, {"y": (1, 4)})
    assert "open_graph" not in judged.can
    assert f"cannot feed 'x', which is {kind}" in judged.can


def test_made_up_inputs_are_of_sensible_sizes_and_the_same_each_time():
    values = [
        value("picture", "batch", 3, None, None),
        value("points", None, "time", 6),
        value("count", kind="tensor(int64)"),
        value("names", "N", kind="tensor(string)"),
        value("half", 2, kind="tensor(float16)"),
        value("frame", None, "height", "width", 3, kind="tensor(uint8)"),
    ]
    first = next(attempts(values, 16, {}))
    assert {name: np.shape(array) for name, array in first.items()} == {
        "picture": (1, 3, 224, 224),
        "points": (1, 16, 6),
        "count": (),
        "names": (1,),
        "half": (2,),
        "frame": (1, 224, 224, 3),
    }
    kinds = [array.dtype.name for array in first.values()]
    assert kinds == ["float32", "float32", "int64", "object", "float16", "uint8"]
    again = next(attempts(values, 16, {}))
    np.testing.assert_array_equal(first["picture"], again["picture"])


def test_no_inputs_are_tried_twice_and_a_given_number_is_always_fed():
    values = [value("sound", None, None), value("rate", kind="tensor(int64)")]
    tried = list(attempts(values, 16, {"rate": 8000}))
    assert len(tried) == len({str([np.shape(array) for array in feeds.values()]) for feeds in tried})
    assert {int(feeds["rate"]) for feeds in tried} == {8000}


def test_inputs_beyond_bounds_are_not_made():
    with pytest.raises(MemoryError, match="256 MB"):
        made_up([value("x", 1_000_000, 1_000_000)], [[1_000_000, 1_000_000]], 1)


@pytest.mark.parametrize("kind", ["map(int64,tensor(float))", "tensor(bfloat16)", "sparse_tensor(float)"])
def test_a_type_that_nothing_can_be_made_up_for_is_named(kind):
    with pytest.raises(TypeError, match=kind.partition("(")[0]):
        next(attempts([value("x", 1, kind=kind)], 16, {}))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"kind": "recurrent", "inputs": [value("h", 1, 1, 8)]}, "frozen at 1 × 1 × 8"),
        ({"inputs": [value("x", 1, kind="tensor(float16)")]}, "float16"),
        ({"outputs": [value("y", kind="seq(map(int64,tensor(float)))")]}, "zipmap=False"),
        ({"outputs": [value("y", kind="seq(tensor(float))")]}, "stacks it into one array"),
        ({"inputs": [value("x", kind="optional(tensor(float))")]}, "'x' is optional(tensor(float)): Inkloop"),
        ({"inputs": [value("x", 1, kind="tensor(bfloat16)")]}, "numpy lacks"),
        ({"bytes": 500 * 1024**2}, "500 MB"),
        ({"kind": "detector"}, "--adaptor"),
    ],
)
def test_what_stands_in_the_way_is_reported_with_what_would_help(found, said):
    sentences = advice(Findings(file="x.onnx", verdict="runs", **found), True, False)
    assert any(said in sentence for sentence in sentences)


def test_weights_elsewhere_and_operators_of_others_are_reported():
    anatomy = {"external": {"w.bin": 8}, "operators": {"Conv": 1, "com.microsoft.FusedConv": 2}}
    found = Findings(file="x.onnx", verdict="runs", anatomy=anatomy)  # pyright: ignore[reportArgumentType]
    said = " ".join(advice(found, False, False))
    assert "w.bin" in said
    assert "com.microsoft" in said
    assert "NaN" in said


def test_free_sizes_are_listed_with_where_they_are():
    values = [value("x", "batch", 3, None), value("h", 2, "batch", 8)]
    assert free_axes(values) == {"batch": ["x:0", "h:1"], "?": ["x:2"]}


def test_a_draft_holds_whatever_a_name_is_made_of(tmp_path):
    name = 'quo"te\\ and\nline'
    inputs = [value(name, 1, "H", "W", 3)]
    fed, answered = {name: [1, 224, 224, 3]}, {"y\t": [1, 10]}
    judged = judge(inputs, [value("y\t", 1, 10)], fed, answered)
    described = adaptor_from(draft(judged, inputs, fed, answered), tmp_path / "x.toml")
    assert (described.input.name, described.input.layout) == (name, "NHWC")
    assert described.output.name == "y\t"


def test_a_letter_is_seen_in_its_picture():
    corner = [[[0, 0], [0, 255], [255, 255]]]
    lines = half_blocks(corner)
    assert len(lines) == ROWS
    assert all(len(line) == COLUMNS and line[0] == "█" for line in lines)
    assert lines[-1] == "█" + "▄" * (COLUMNS - 1)
    assert set(lines[0][1:]) == {" "}


@pytest.mark.parametrize("strokes", [[], ["no"], [[[1, 2, 3]]], [[[1e400, 0]]], [[["a", "b"]]], [[]], [None]])
def test_a_thumbnail_that_is_none_is_an_empty_picture(strokes):
    assert set("".join(half_blocks(strokes))) == {" "}


def test_many_thumbnails_take_several_lines_each_with_its_label():
    lines = sheet({label: [[[0, 0], [255, 255]]] for label in "ABCDE"}, 2 * (COLUMNS + 2))
    assert len(lines) == 3 * (ROWS + 2) - 1
    assert [line.split() for line in lines[ROWS :: ROWS + 2]] == [["A", "B"], ["C", "D"], ["E"]]


def test_a_time_limit_that_the_measuring_would_use_up_is_refused():
    with pytest.raises(ValueError, match="less than the time limit of 1"):
        Examiner(seconds=2.0, timeout=1.0)
