"""Stroke models by other people, by their description: what is fed, what comes out, and what is refused.

The graphs are so small that their answers can be seen: most give back what they are fed.
"""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from addon import Recognizer
from addon.dataset.taught import Example
from addon.doctor.vetting import Vetting
from addon.errors import ModelError
from addon.inference.inline import InlineEngine
from addon.inference.loaded_model import load_model
from addon.inference.loader import LoadResult, ModelLoader
from addon.inference.providers import CPU, Choice
from tests.waiting import until

ON_CPU = Choice((CPU,))
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
COLUMNS = """[input]
is = "ink"
columns = ["x", "y", "pen up"]
scale = 100
"""
CLASSES_ONLY = 'is = "classes"\nlabels = ["a", "b", "c"]\n'
ABC = 'labels = ["a", "b", "c"]\n'


def save(path: Path, nodes, inputs, outputs, weights=(), toml="", **metadata) -> Path:
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        list(nodes),
        "g",
        [value(*each) for each in inputs],
        [value(*each) for each in outputs],
        [numpy_helper.from_array(array, name) for name, array in weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata)
    onnx.save(model, path)
    if toml:
        path.with_suffix(".toml").write_text(toml)
    return path


def mean_of_rows(path: Path, toml: str, shape=(1, "rows", 3), axes=(1,), **metadata) -> Path:
    """Scores are the means of the columns, so the largest column wins."""
    node = helper.make_node("ReduceMean", ["strokes"], ["scores"], axes=list(axes), keepdims=0)
    return save(path, [node], [("strokes", FLOAT, shape)], [("scores", FLOAT, None)], toml=toml, **metadata)


def clipped_mean(path: Path, toml: str, **metadata) -> Path:
    """Scores are the means of the columns, as far as they are in 0..1."""
    nodes = [
        helper.make_node("ReduceMean", ["strokes"], ["means"], axes=[1], keepdims=0),
        helper.make_node("Clip", ["means", "low", "high"], ["scores"]),
    ]
    bounds = [("low", np.float32(0.0)), ("high", np.float32(1.0))]
    weights = [(name, np.array(value)) for name, value in bounds]
    inputs = [("strokes", FLOAT, (1, "rows", 3))]
    return save(path, nodes, inputs, [("scores", FLOAT, None)], weights, toml, **metadata)


def softmax_of_rows(path: Path, toml: str) -> Path:
    """Scores are the softmax of the means of the columns."""
    nodes = [
        helper.make_node("ReduceMean", ["strokes"], ["means"], axes=[1], keepdims=0),
        helper.make_node("Softmax", ["means"], ["scores"]),
    ]
    return save(path, nodes, [("strokes", FLOAT, (1, "rows", 3))], [("scores", FLOAT, None)], toml=toml)


def adder(path: Path, toml: str) -> Path:
    """A step whose state and scores are the sum of all rows so far."""
    nodes = [
        helper.make_node("Add", ["x", "h"], ["h_next"]),
        helper.make_node("Identity", ["h_next"], ["scores"]),
    ]
    shape = (1, 1, 3)
    return save(path, nodes, [("x", FLOAT, shape), ("h", FLOAT, shape)],
                [("scores", FLOAT, shape), ("h_next", FLOAT, shape)], toml=toml)  # fmt: skip


def drawn(path: Path, *strokes, taught=()):
    """The answers after each point and lift."""
    engine = InlineEngine(load_model(path, ON_CPU), tells=True)
    engine.learn(tuple(taught))
    engine.begin(0)
    answers = []
    for stroke in strokes:
        for x, y, *more in stroke:
            engine.point(0, x, y, *more)
            answers.append(engine.predictions[0])
        engine.lift(0)
        answers.append(engine.predictions[0])
    assert engine.take_faults() == []
    return answers


RIGHT = [(0.0, 0.0), (50.0, 0.0), (100.0, 10.0)]
DOWN = [(0.0, 0.0), (0.0, 50.0), (10.0, 100.0)]


def test_a_whole_ink_is_read_again_as_it_grows(tmp_path):
    path = mean_of_rows(tmp_path / "m.onnx", COLUMNS + 'ask_points = 1\n[output]\nis = "classes"\n' + ABC)
    answers = drawn(path, RIGHT)
    assert [answer.label for answer in answers] == ["a", "a", "a", "a"]
    assert answers[1].rows == 2
    # Means of 0, 0.5 and 1 along x, of 0, 0 and 0.1 along y, and one pen up in three rows.
    scores = np.array([0.5, 0.1 / 3, 1 / 3])
    assert answers[3].probabilities == pytest.approx(np.exp(scores) / np.exp(scores).sum(), abs=1e-6)
    assert drawn(path, DOWN)[-1].label == "b"


def test_it_is_asked_after_so_many_samples_and_at_each_lift(tmp_path):
    path = mean_of_rows(tmp_path / "m.onnx", COLUMNS + 'ask_points = 3\n[output]\nis = "classes"\n' + ABC)
    line = [(10.0 * step, 0.0) for step in range(8)]
    answers = drawn(path, line)
    assert [answer.rows for answer in answers] == [1, 1, 1, 4, 4, 4, 7, 7, 9]


def test_it_is_asked_at_most_so_often(tmp_path):
    path = mean_of_rows(tmp_path / "m.onnx", COLUMNS + 'ask_seconds = 0.5\n[output]\nis = "classes"\n' + ABC)
    line = [(10.0 * step, 0.0, 0.2 * step) for step in range(7)]
    assert [answer.rows for answer in drawn(path, line)] == [1, 1, 1, 4, 4, 4, 7, 8]


def test_one_answer_is_one_piece_of_news(tmp_path):
    path = mean_of_rows(tmp_path / "m.onnx", COLUMNS + 'ask_points = 4\n[output]\nis = "classes"\n' + ABC)
    engine = InlineEngine(load_model(path, ON_CPU), tells=True)
    engine.begin(0)
    for step in range(8):
        engine.point(0, 10.0 * step, 0.0)
    # The begin, and the answers to the first and the fifth sample.
    assert len(engine.take_news()) == 3


def test_a_recurrent_model_is_fed_each_row_once(tmp_path):
    toml = COLUMNS.replace('"pen up"', '"dx"') + '[output]\nname = "scores"\nis = "classes"\n' + ABC
    answers = drawn(adder(tmp_path / "m.onnx", toml), RIGHT)
    sums = np.array([1.5, 0.1, 1.0])
    assert answers[-1].probabilities == pytest.approx(np.exp(sums) / np.exp(sums).sum(), abs=1e-6)


def test_a_row_that_may_still_change_waits(tmp_path):
    toml = COLUMNS + '[output]\nname = "scores"\nis = "classes"\n' + ABC
    lifted = drawn(adder(tmp_path / "m.onnx", toml), RIGHT)[-1]
    # "pen up" of the last row is known when the pen is lifted: then sums are 1.5, 0.1 and 1.
    sums = np.array([1.5, 0.1, 1.0])
    assert lifted.probabilities == pytest.approx(np.exp(sums) / np.exp(sums).sum(), abs=1e-6)


def test_an_ink_that_continues_had_not_ended(tmp_path):
    toml = COLUMNS.replace("pen up", "end of ink") + '[output]\nname = "scores"\nis = "classes"\n' + ABC
    answers = drawn(adder(tmp_path / "m.onnx", toml), RIGHT, RIGHT)

    def sums(answer):
        logs = np.log(answer.probabilities)
        return logs - logs[1]

    # One end in the first stroke, and still one after both.
    assert sums(answers[3])[2] == pytest.approx(1.0 - 0.1, abs=1e-5)
    assert sums(answers[7])[2] == pytest.approx(1.0 - 0.2, abs=1e-5)


def test_the_first_row_may_be_left_out_of_a_whole_ink_and_of_a_stream(tmp_path):
    toml = (
        COLUMNS.replace('"pen up"', '"dx"') + 'drop_first = true\n[output]\nname = "scores"\n' + CLASSES_ONLY
    )
    answers = drawn(adder(tmp_path / "m.onnx", toml), RIGHT)
    # The rows at 0.5 and 1 along x are each added once; the first point alone was answered and not kept.
    sums = np.array([1.5, 0.1, 1.0])
    assert answers[0].rows == 1
    assert answers[-1].probabilities == pytest.approx(np.exp(sums) / np.exp(sums).sum(), abs=1e-6)
    path = mean_of_rows(tmp_path / "w.onnx", COLUMNS + "drop_first = true\n[output]\n" + CLASSES_ONLY)
    means = np.array([0.75, 0.05, 0.5])
    assert drawn(path, RIGHT)[-1].probabilities == pytest.approx(
        np.exp(means) / np.exp(means).sum(), abs=1e-6
    )


def test_a_recurrent_model_with_a_changing_preparation_must_say_replay(tmp_path):
    toml = COLUMNS.replace("scale = 100", 'scale = "larger side"') + '[output]\nname = "scores"\n' + ABC
    refused(adder(tmp_path / "m.onnx", toml + 'is = "classes"\n'), "replay = true", "larger side")
    again = toml.replace("[output]", "replay = true\n[output]") + 'is = "classes"\n'
    answers = drawn(adder(tmp_path / "r.onnx", again), RIGHT)
    sums = np.array([1.5, 0.1, 1.0])
    assert answers[-1].probabilities == pytest.approx(np.exp(sums) / np.exp(sums).sum(), abs=1e-6)


def test_probabilities_labels_in_the_file_and_an_unknown_class(tmp_path):
    toml = COLUMNS + '[output]\nis = "classes"\nscores = "probabilities"\nunknown = "c"\n'
    path = clipped_mean(tmp_path / "m.onnx", toml, names="{0: 'a', 1: 'b', 2: 'c'}")
    answer = drawn(path, RIGHT)[-1]
    assert answer.labels == ("a", "b")
    share = np.array([0.5, 0.1 / 3, 1 / 3])
    assert answer.unknown == pytest.approx(share[2] / share.sum(), abs=1e-5)
    assert answer.probabilities == pytest.approx(share[:2] / share[:2].sum(), abs=1e-5)


def test_without_labels_classes_have_their_numbers(tmp_path):
    path = mean_of_rows(tmp_path / "m.onnx", COLUMNS + '[output]\nis = "classes"\n')
    assert drawn(path, DOWN)[-1].labels == ("0", "1", "2")


def test_the_progress_is_unknown_unless_the_description_has_lengths(tmp_path):
    toml = COLUMNS + '[output]\nis = "classes"\n' + ABC
    answer = drawn(mean_of_rows(tmp_path / "m.onnx", toml), RIGHT)[-1]
    assert not answer.progress_known
    assert answer.progress == 1.0
    assert answer.opacity == pytest.approx(answer.confidence)
    answer = drawn(mean_of_rows(tmp_path / "n.onnx", toml + "[lengths]\na = 2\n"), RIGHT)[-1]
    assert answer.progress_known
    assert answer.progress == pytest.approx(0.505, abs=0.002)


def several(path: Path, toml: str) -> Path:
    """Scores, a progress, an embedding and an output that nothing describes."""
    nodes = [
        helper.make_node("ReduceMean", ["strokes"], ["scores"], axes=[1], keepdims=0),
        helper.make_node("ReduceMax", ["strokes"], ["far"], axes=[1, 2], keepdims=0),
        helper.make_node("Identity", ["strokes"], ["rows"]),
        helper.make_node("ReduceSum", ["strokes", "along"], ["vector"], keepdims=0),
    ]
    outputs = [
        ("scores", FLOAT, (1, 3)),
        ("far", FLOAT, (1,)),
        ("rows", FLOAT, None),
        ("vector", FLOAT, (1, 3)),
    ]
    weights = [("along", np.array([1], dtype=np.int64))]
    return save(path, nodes, [("strokes", FLOAT, (1, "rows", 3))], outputs, weights, toml)


def test_every_output_is_in_the_answer(tmp_path):
    toml = COLUMNS + '[[output]]\nname = "scores"\nis = "classes"\n' + ABC
    toml += '[[output]]\nname = "far"\nis = "progress"\n'
    answer = drawn(several(tmp_path / "m.onnx", toml), [(0.0, 0.0), (40.0, 0.0)])[-2]
    assert answer.outputs["rows"].shape[2] == 3
    assert set(answer.outputs) == {"rows", "vector"}
    assert answer.progress_known


def test_classes_are_taught_over_the_embedding_of_others(tmp_path):
    toml = COLUMNS + '[[output]]\nname = "vector"\nis = "embedding"\n'
    path = several(tmp_path / "m.onnx", toml)

    def example(number, label, stroke):
        points = np.array([(x, y, 0.0, 0.5) for x, y in stroke], dtype=np.float32)
        return Example(number, label, (points,))

    taught = [example(0, "right", RIGHT), example(1, "down", DOWN)]
    assert drawn(path, RIGHT, taught=taught)[-1].label == "right"
    answer = drawn(path, DOWN, taught=taught)[-1]
    assert answer.label == "down"
    assert answer.unknown < 0.01
    assert 0.0 <= answer.progress <= 1.0


def test_a_label_output_of_numbers_or_texts(tmp_path):
    def path(name, toml, cast):
        nodes = [
            helper.make_node("ReduceMean", ["strokes"], ["means"], axes=[1], keepdims=0),
            helper.make_node("ArgMax", ["means"], ["index"], axis=1, keepdims=0),
            *cast,
        ]
        out = "label" if cast else "index"
        kind = TensorProto.STRING if cast else INT64
        return save(
            tmp_path / name, nodes, [("strokes", FLOAT, (1, "rows", 3))], [(out, kind, None)], toml=toml
        )

    numbers = path("n.onnx", COLUMNS + '[output]\nis = "label"\n' + ABC, [])
    answer = drawn(numbers, DOWN)[-1]
    assert answer.label == "b"
    assert answer.labels == ("a", "b", "c")
    texts = path("t.onnx", COLUMNS + '[output]\nis = "label"\n', [
        helper.make_node("Cast", ["index"], ["label"], to=TensorProto.STRING)
    ])  # fmt: skip
    assert drawn(texts, DOWN)[-1].label == "1"


def test_text_is_read_greedily(tmp_path):
    # One answer a row: x, y and pen up as scores of blank, "i" and "j"; rows of an L-shaped way.
    node = helper.make_node("Identity", ["strokes"], ["scores"])
    toml = COLUMNS + '[output]\nis = "text"\nlabels = ["i", "j"]\nscores = "logits"\n'
    path = save(tmp_path / "m.onnx", [node], [("strokes", FLOAT, (1, "rows", 3))], [("scores", FLOAT, None)],
                toml=toml)  # fmt: skip
    way = [(0.0, 0.0), (-900.0, 900.0), (-900.0, 900.0), (900.0, 0.0), (-900.0, 900.0)]
    answer = drawn(path, way)[-1]
    assert answer.label == "ii"
    assert answer.confidence > 0.9


def test_a_picture_of_the_ink(tmp_path):
    nodes = [
        helper.make_node("ReduceSum", ["image", "rows"], ["columns"], keepdims=0),
        helper.make_node("Reshape", ["columns", "flat"], ["scores"]),
    ]
    weights = [("rows", np.array([2], dtype=np.int64)), ("flat", np.array([1, 8], dtype=np.int64))]
    toml = '[input]\nis = "ink image"\nsize = 8\nline_width = 1\nmargin = 1\n[output]\nis = "classes"\n'
    path = save(tmp_path / "m.onnx", nodes, [("image", FLOAT, (1, 1, 8, 8))], [("scores", FLOAT, (1, 8))],
                weights, toml)  # fmt: skip
    # All of a vertical bar is in the two middle columns.
    assert drawn(path, [(50.0, 0.0), (50.0, 90.0)])[-1].label in ("3", "4")


def test_lengths_masks_and_constants_are_fed(tmp_path):
    nodes = [
        helper.make_node("Mul", ["strokes", "mask"], ["masked"]),
        helper.make_node("ReduceSum", ["masked", "along"], ["sums"], keepdims=0),
        helper.make_node("Cast", ["length"], ["count"], to=FLOAT),
        helper.make_node("Div", ["sums", "count"], ["means"]),
        helper.make_node("Mul", ["means", "gain"], ["scores"]),
    ]
    inputs = [("strokes", FLOAT, (1, 16, 3)), ("mask", FLOAT, (1, 16, 1)), ("length", INT64, (1,)),
              ("gain", FLOAT, (1,))]  # fmt: skip
    toml = "[constants]\ngain = 2\n" + COLUMNS + 'length = 16\npad = 7\nlengths = "length"\nmask = "mask"\n'
    path = save(tmp_path / "m.onnx", nodes, inputs, [("scores", FLOAT, (1, 3))],
                [("along", np.array([1], dtype=np.int64))], toml + CLASSES)  # fmt: skip
    scores = 2 * np.array([0.5, 0.1 / 3, 1 / 3])
    assert drawn(path, RIGHT)[-1].probabilities == pytest.approx(
        np.exp(scores) / np.exp(scores).sum(), abs=1e-6
    )


def test_the_taught_size_is_the_scale(tmp_path):
    toml = COLUMNS.replace("scale = 100", 'scale = "taught"') + '[output]\nis = "classes"\n' + ABC
    path = mean_of_rows(tmp_path / "m.onnx", toml)
    points = np.array([[0, 0, 0, 0.5], [50, 0, 0.1, 0.5]], dtype=np.float32)
    small, usual = drawn(path, RIGHT, taught=[Example(0, "a", (points,))])[-1], drawn(path, RIGHT)[-1]
    assert np.log(small.probabilities[0] / small.probabilities[1]) == pytest.approx(1.0 - 0.2 / 3, abs=1e-4)
    assert np.log(usual.probabilities[0] / usual.probabilities[1]) == pytest.approx(0.25 - 0.05 / 3, abs=1e-4)


def refused(path: Path, *words: str) -> None:
    with pytest.raises(ModelError) as caught:
        load_model(path, ON_CPU)
    line = str(caught.value)
    assert line.startswith(path.stem)
    assert "\n" not in line
    assert len(line) < 300
    for word in words:
        assert word in line


CLASSES = '[output]\nis = "classes"\n' + ABC


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        (COLUMNS.replace('"x"', '"z"') + CLASSES, ("'z'", "pressure")),
        (COLUMNS.replace('"x", ', "") + CLASSES, ("[1, 'any', 2]", "2 columns", "[1, 'any', 3]")),
        (COLUMNS + "points = 1\n" + CLASSES, ("points", "2..4096")),
        (COLUMNS + "points = 9\nspacing = 1\n" + CLASSES, ("one of them",)),
        (COLUMNS.replace("100", "0") + CLASSES, ("scale", "above 0")),
        (COLUMNS.replace("100", '"side"') + CLASSES, ("scale", "larger side")),
        (COLUMNS + "colums = 3\n" + CLASSES, ("colums",)),
        (COLUMNS + CLASSES.replace(', "c"', ""), ("3 classes", "2 labels")),
        (COLUMNS + CLASSES.replace('"c"', '"a"'), ("two of its labels",)),
        (COLUMNS + CLASSES + 'unknown = "d"\n', ("'d'", "none of its labels")),
        (COLUMNS + CLASSES + "[lengths]\nd = 2\n", ("'d'", "none of its classes")),
        (COLUMNS + CLASSES.replace("is", 'name = "probabilities"\nis'), ("'probabilities'", "scores")),
        (COLUMNS + 'lengths = "n"\n' + CLASSES, ("'n'",)),
        (COLUMNS + '[output]\nis = "picture"\n', ("embedding",)),
        ('[input]\nis = "ink image"\n' + CLASSES, ("ink image", 'write is = "ink" with 3 columns')),
        ('[input]\nis = "features"\n' + CLASSES, ("describes no ink",)),
        ("", ("m.toml", "docs/own-models.md")),
    ],
)
def test_a_description_that_does_not_fit_is_one_line(tmp_path, toml, words):
    refused(mean_of_rows(tmp_path / "m.onnx", toml), *words)


def test_the_axes_must_be_in_the_described_order(tmp_path):
    toml = COLUMNS + 'points = 100\nlayout = "NCT"\n' + CLASSES
    refused(mean_of_rows(tmp_path / "m.onnx", toml, shape=(1, 100, 3)), "[1, 3, 100]", "NCT", "[1, 100, 3]")


@pytest.mark.parametrize(
    ("sampling", "words"),
    [
        ("points = 64\n", ("[1, 64, 3]", "[1, 100, 3]", "write points = 100, or length = 100")),
        ("length = 64\n", ("[1, 64, 3]", "[1, 100, 3]", "write length = 100")),
        ("", ("100 rows", "one row for each sample of the pen", "write length = 100")),
        ("spacing = 0.1\n", ("100 rows", "spacing = 0.1", "write length = 100")),
        ("time_step = 0.01\n", ("time_step = 0.01", "write length = 100")),
    ],
)
def test_a_fixed_length_must_be_the_described_one(tmp_path, sampling, words):
    refused(mean_of_rows(tmp_path / "m.onnx", COLUMNS + sampling + CLASSES, shape=(1, 100, 3)), *words)


@pytest.mark.parametrize(
    ("layout", "shape"),
    [("NCT", (1, 3, 100)), ("TNC", (100, 1, 3)), ("TC", (100, 3)), ("N(CT)", (1, 300)), ("(TC)", (300,))],
)
def test_a_fixed_length_is_found_in_any_order_of_the_axes(tmp_path, layout, shape):
    toml = COLUMNS + f'layout = "{layout}"\n' + CLASSES
    refused(mean_of_rows(tmp_path / "m.onnx", toml, shape=shape, axes=(0,)), "write length = 100")


def test_a_wrong_number_of_columns_says_how_many_to_give(tmp_path):
    refused(mean_of_rows(tmp_path / "m.onnx", COLUMNS.replace('"x", ', "") + CLASSES), "give 3 columns")


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 1, 32, 32), ("picture of 32 × 32", 'write is = "ink image" with size = 32 under')),
        ((1, 20, 28, 1), ('size = [20, 28] and layout = "NHWC"',)),
    ],
)
def test_a_picture_model_described_as_strokes_is_named(tmp_path, shape, words):
    refused(mean_of_rows(tmp_path / "m.onnx", COLUMNS + "length = 120\n" + CLASSES, shape=shape), *words)


def test_a_picture_of_another_size_says_which(tmp_path):
    toml = '[input]\nis = "ink image"\nsize = 28\n' + CLASSES
    refused(
        mean_of_rows(tmp_path / "m.onnx", toml, shape=(1, 1, 32, 32)), "[1, 1, 28, 28]", "write size = 32"
    )


@pytest.mark.parametrize(("kind", "line"), [("ink", COLUMNS), ("ink image", "[input]\nline_width = 2\n")])
def test_a_forgotten_kind_is_named_with_its_choices(tmp_path, kind, line):
    toml = line.replace('is = "ink"\n', "") + CLASSES
    refused(
        mean_of_rows(tmp_path / "m.onnx", toml), "is = ... is missing", f'write is = "{kind}"', "features"
    )


def test_the_threshold_for_unknown_moves_the_answer_of_fixed_classes(tmp_path):
    toml = COLUMNS + CLASSES + 'scores = "probabilities"\nunknown = "c"\n'
    recognizer = Recognizer(softmax_of_rows(tmp_path / "m.onnx", toml))
    recognizer.setup(tmp_path / "home")
    stroke = np.array([[*point, 0.0, 0.5] for point in RIGHT], dtype=np.float32)
    unknown: list[float] = []
    try:
        assert recognizer.wait_ready()
        for threshold in (-2.0, 0.0, 2.0):
            recognizer.unknown = threshold
            recognizer.feed({0: stroke})
            recognizer.on_stroke(stroke, 0)
            unknown.append(recognizer.wait_answer().unknown)
            recognizer.on_ink([stroke], 0)
    finally:
        recognizer.exit()
    odds = [np.log(each / (1 - each)) for each in unknown]
    assert np.diff(odds) == pytest.approx([2.0, 2.0], abs=1e-3)


PROBABILITIES = CLASSES + 'scores = "probabilities"\n'


def test_logits_that_are_described_as_probabilities_are_refused(tmp_path):
    path = mean_of_rows(tmp_path / "m.onnx", COLUMNS + PROBABILITIES)
    refused(path, "'scores'", '"probabilities"', "0 to 1 are allowed", 'write scores = "logits"')


def test_probabilities_that_do_not_add_up_to_1_are_reported_and_divided_by_their_sum(tmp_path):
    path = clipped_mean(tmp_path / "m.onnx", COLUMNS + PROBABILITIES)
    assert "divided by their sum" in load_model(path, ON_CPU).notice
    assert drawn(path, RIGHT)[-1].probabilities.sum() == pytest.approx(1.0)


def test_probabilities_that_are_described_as_logits_are_reported(tmp_path):
    notice = load_model(softmax_of_rows(tmp_path / "m.onnx", COLUMNS + CLASSES), ON_CPU).notice
    assert "m.onnx" in notice
    assert 'write scores = "probabilities"' in notice
    assert "\n" not in notice


def test_scores_that_are_what_they_are_described_as_need_no_line(tmp_path):
    for path in (
        softmax_of_rows(tmp_path / "a.onnx", COLUMNS + PROBABILITIES),
        mean_of_rows(tmp_path / "b.onnx", COLUMNS + CLASSES),
    ):
        assert load_model(path, ON_CPU).notice == ""


def test_one_axis_for_all_numbers_says_which_layout(tmp_path):
    path = mean_of_rows(tmp_path / "m.onnx", COLUMNS + "points = 8\n" + CLASSES, shape=("n", 24))
    refused(path, 'write layout = "N(TC)", or "N(CT)"')


def with_a_length(path: Path, name: str, toml: str = "") -> Path:
    """Rows of a fixed length, and an input of whole numbers next to them."""
    nodes = [
        helper.make_node("ReduceMean", ["strokes"], ["means"], axes=[1], keepdims=0),
        helper.make_node("Cast", [name], ["count"], to=FLOAT),
        helper.make_node("Mul", ["means", "count"], ["scores"]),
    ]
    inputs = [("strokes", FLOAT, (1, 120, 3)), (name, INT64, (1,))]
    return save(path, nodes, inputs, [("scores", FLOAT, (1, 3))], toml=toml)


def test_an_input_that_may_be_the_length_is_named_as_such(tmp_path):
    path = with_a_length(tmp_path / "m.onnx", "n", COLUMNS + "length = 120\n" + CLASSES)
    refused(path, "nothing feeds: 'n'", 'write lengths = "n" under [input]')


def test_pictures_and_rows_are_told_apart_before_an_input_that_nothing_feeds(tmp_path):
    path = with_a_length(tmp_path / "m.onnx", "n", '[input]\nis = "ink image"\n' + CLASSES)
    refused(path, "rows of 3 columns", 'write is = "ink" with 3 columns and length = 120')


def answered(loader: ModelLoader) -> LoadResult:
    results: list[LoadResult] = []

    def polled() -> bool:
        result = loader.poll()
        results.extend([result] if result is not None else [])
        return bool(results)

    until(polled)
    return results[0]


def test_a_file_without_a_description_that_is_watched_or_dropped_is_answered_as_at_load(tmp_path):
    path = with_a_length(tmp_path / "m.onnx", "seq")
    with pytest.raises(ModelError) as caught:
        load_model(path, ON_CPU)
    line = str(caught.value)
    assert 'write m.toml with [input] is = "ink"' in line
    loader = ModelLoader(vet=Vetting(provider="cpu"))
    try:
        for untrusted in (False, True):
            loader.request([path], lambda: ON_CPU, untrusted=untrusted)
            found = answered(loader)
            assert found.refused == (line,)
    finally:
        loader.close()


def test_a_length_that_the_exporter_froze_is_named(tmp_path):
    nodes = [
        helper.make_node("Reshape", ["strokes", "frozen"], ["rows"]),
        helper.make_node("ReduceMean", ["rows"], ["scores"], axes=[0], keepdims=0),
    ]
    path = save(tmp_path / "m.onnx", nodes, [("strokes", FLOAT, (1, "rows", 3))], [("scores", FLOAT, None)],
                [("frozen", np.array([100, 3], dtype=np.int64))], COLUMNS + CLASSES)  # fmt: skip
    refused(path, "frozen", "export it again", "points")


def test_an_input_that_nothing_feeds_is_named(tmp_path):
    node = helper.make_node("Add", ["strokes", "noise"], ["scores"])
    inputs = [("strokes", FLOAT, (1, "rows", 3)), ("noise", FLOAT, (1, "rows", 3))]
    path = save(tmp_path / "m.onnx", [node], inputs, [("scores", FLOAT, None)], toml=COLUMNS + CLASSES)
    refused(path, "'noise'", "constants")


def test_answers_that_are_not_numbers_are_refused(tmp_path):
    nodes = [
        helper.make_node("Sub", ["strokes", "strokes"], ["none"]),
        helper.make_node("Div", ["none", "none"], ["scores"]),
    ]
    path = save(tmp_path / "m.onnx", nodes, [("strokes", FLOAT, (1, "rows", 3))], [("scores", FLOAT, None)],
                toml=COLUMNS + CLASSES)  # fmt: skip
    refused(path, "NaN")


def test_a_refused_model_leaves_the_one_in_use(tmp_path):
    good = mean_of_rows(tmp_path / "good.onnx", COLUMNS + CLASSES)
    bad = mean_of_rows(tmp_path / "bad.onnx", COLUMNS + CLASSES.replace(', "c"', ""))
    recognizer = Recognizer(good)
    recognizer.setup(tmp_path / "home")
    try:
        assert recognizer.wait_ready(60)
        recognizer.load(bad)
        lines: list[str] = []

        def frame() -> None:
            recognizer.update(0.01)
            lines.extend(recognizer.messages())

        until(lambda: any(line.startswith("bad.onnx") for line in lines), frame)
        assert any("2 labels" in line for line in lines)
        assert recognizer.model_path == good
    finally:
        recognizer.exit()
