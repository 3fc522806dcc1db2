"""The doctor on stroke models of other people: what it sees in them, and what it drafts."""

from pathlib import Path

import pytest
from rich.console import Console

from addon.doctor.command import write_draft
from addon.doctor.examine import examine, load_pen
from addon.doctor.findings import Findings
from addon.doctor.ink_draft import ink_draft
from addon.doctor.show import rows, show
from addon.errors import ModelError
from addon.features.ink_input import InkImage, InkInput
from addon.inference.loaded_model import load_model
from addon.inference.providers import choose_here
from addon.inference.recurrent_state import Signature
from addon.inference.stroke_guess import StrokeGuess, guess_strokes
from addon.model.adaptor import adaptor_from, adaptor_of
from tests.onnx_files import recurrent, two_layers
from tests.stroke_models import DESCRIBED, flat, image, step, sums, text

FLOAT = "tensor(float)"


def examined(path: Path) -> Findings:
    return examine(path, path.parent, provider="cpu", seconds=0.0)


def guess(*shape, name="x", kind=FLOAT, out=(1, 10)) -> StrokeGuess | None:
    return guess_strokes([Signature(name, shape, kind)], [Signature("y", out, FLOAT)])


@pytest.mark.parametrize(
    ("shape", "layout", "columns", "count"),
    [
        ((1, 100, 3), "NTC", 3, 100),
        (("batch", "time", 5), "NTC", 5, 0),
        (("batch", 3, 100), "NCT", 3, 100),
        ((1, 2, None), "NCT", 2, 0),
        ((100, 1, 3), "TNC", 3, 100),
        (("seq", "batch", 4), "TNC", 4, 0),
        ((100, 3), "TC", 3, 100),
        ((3, 50), "CT", 3, 50),
        ((None, 64), "N(CT)", 2, 32),
        ((1, 99), "N(CT)", 3, 33),
        ((64,), "(CT)", 2, 32),
    ],
)
def test_rows_of_columns_are_seen_in_any_order(shape, layout, columns, count):
    found = guess(*shape)
    assert found is not None
    assert (found.layout, found.columns, found.rows) == (layout, columns, count)


@pytest.mark.parametrize(
    ("shape", "layout", "side"),
    [
        (("batch", 1, 28, 28), "NCHW", 28),
        ((1, 64, 64, 1), "NHWC", 64),
        ((None, 32, 32), "NHW", 32),
        ((1, 784), "N(HW)", 28),
        ((28, 28), "HW", 28),
    ],
)
def test_a_small_gray_picture_is_seen(shape, layout, side):
    found = guess(*shape)
    assert found is not None
    assert (found.layout, found.columns, found.size) == (layout, 0, (side, side))


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        ((1, 3, 224, 224), {}),
        ((1, 1, 224, 224), {}),
        ((1, 1, 28, 28), {"out": (1, 1, 28, 28)}),
        ((1, 1, 32, 320), {}),
        (("batch", 3), {}),
        ((1, 100, 80), {}),
        ((1, 16, 3), {"kind": "tensor(int64)"}),
        ((1, 64), {"out": (1, 64)}),
        ((1, 100, 3), {"out": (1, 1)}),
    ],
)
def test_other_models_are_not_taken_for_stroke_models(shape, changes):
    assert guess(*shape, **changes) is None


def test_a_decoder_that_draws_strokes_is_no_recogniser():
    inputs = [Signature("stroke", (1, 5), FLOAT), Signature("h", (1, 64), FLOAT)]
    outputs = [Signature(name, (1, 5), FLOAT) for name in ("pi", "mu_x", "mu_y", "rho")]
    assert guess_strokes(inputs, [*outputs, Signature("h_out", (1, 64), FLOAT)]) is None


@pytest.mark.parametrize("name", ["n", "len_in", "seq", "k"])
@pytest.mark.parametrize("shape", [(), (1,), ("N",)])
@pytest.mark.parametrize("rows", [120, "time"])
def test_a_number_of_rows_may_have_any_name(name, shape, rows):
    inputs = [Signature("x", (1, rows, 6), FLOAT), Signature(name, shape, "tensor(int64)")]
    found = guess_strokes(inputs, [Signature("y", (1, 10), FLOAT)])
    assert found is not None
    assert (found.columns, found.lengths) == (6, name)


def test_lengths_masks_and_constants_are_named():
    inputs = [
        Signature("x", ("n", "time", 3), FLOAT),
        Signature("lengths", ("n",), "tensor(int64)"),
        Signature("mask", ("n", "time"), FLOAT),
        Signature("z", (1, 16), FLOAT),
    ]
    found = guess_strokes(inputs, [Signature("y", ("n", 10), FLOAT)])
    assert found is not None
    assert (found.lengths, found.mask, found.constants) == ("lengths", "mask", ("z",))


@pytest.mark.parametrize(
    ("make", "keys"),
    [
        (sums, {"points": 20, "layout": "NTC", "replay": False}),
        (step, {"points": 100, "layout": "NTC", "replay": True}),
        (flat, {"points": 32, "layout": "N(CT)", "replay": False}),
        (text, {"points": 100, "layout": "NTC", "replay": False}),
        (image, {"size": (28, 28), "layout": "NCHW"}),
        (lambda path: image(path, embedding=True), {"size": (28, 28)}),
    ],
    ids=["rows", "step", "flat", "text", "image", "embedding"],
)
def test_a_draft_loads_as_it_is(make, keys, tmp_path):
    path = make(tmp_path / "mine.onnx")
    found = examined(path)
    assert (found["verdict"], found.get("kind")) == ("runs", "stroke model")
    assert not any("does not load" in line for line in found.get("advice", []))
    write_draft(path, found)
    described = adaptor_of(path)
    assert described is not None
    assert isinstance(described.ink, InkInput | InkImage)
    assert {key: getattr(described.ink, key) for key in keys} == keys
    assert load_model(path, choose_here("cpu", None)).spec.ink == described.ink


def test_the_scores_are_described_as_a_test_run_shows_them(tmp_path):
    logits, softmax = sums(tmp_path / "a.onnx"), sums(tmp_path / "b.onnx", last="Softmax")
    assert 'scores = "logits"' in examined(logits).get("draft", "")
    assert 'scores = "probabilities"' in examined(softmax).get("draft", "")
    assert 'name = "probabilities"' in examined(flat(tmp_path / "c.onnx")).get("draft", "")


def test_labels_come_from_the_metadata_or_are_numbers(tmp_path):
    named = sums(tmp_path / "a.onnx", metadata={"classes": '["left", "right", "up", "down", "unknown"]'})
    draft = examined(named).get("draft", "")
    assert 'labels = ["left", "right", "up", "down", "unknown"]' in draft
    assert 'unknown = "unknown"' in draft
    plain = examined(sums(tmp_path / "b.onnx")).get("draft", "")
    assert 'labels = ["0", "1", "2", "3", "4"]' in plain
    assert "only their numbers" in plain


@pytest.mark.parametrize(("columns", "first"), [(2, "x"), (3, "dx"), (5, "dx"), (7, "x"), (16, "x")])
def test_columns_are_sensible_for_their_number(columns, first, tmp_path):
    draft = ink_draft("m.onnx", StrokeGuess("x", "NTC", columns, 50), {}, ())
    described = adaptor_from(draft, tmp_path / "m.toml")
    assert isinstance(described.ink, InkInput)
    assert len(described.ink.columns) == columns
    assert described.ink.columns[0].name == first


def test_rows_of_differences_leave_the_first_point_out(tmp_path):
    draft = ink_draft("m.onnx", StrokeGuess("x", "NTC", 2, 99), {}, ())
    described = adaptor_from(draft, tmp_path / "m.toml")
    assert isinstance(described.ink, InkInput)
    assert (described.ink.points, described.ink.drop_first) == (100, True)
    assert [column.name for column in described.ink.columns] == ["dx", "dy"]


def test_a_frozen_length_is_named_and_nothing_is_drafted(tmp_path):
    path = text(tmp_path / "ctc.onnx", frozen=True)
    found = examined(path)
    assert found["verdict"] == "refused"
    assert "frozen at 100 inside; export it again" in found.get("why", "")
    with pytest.raises(ModelError, match=r"no description can be drafted; .*frozen at 100"):
        write_draft(path, found)


def test_a_frozen_length_that_is_described_runs(tmp_path):
    path = text(tmp_path / "ctc.onnx", frozen=True)
    path.with_suffix(".toml").write_text(
        '[input]\nis = "ink"\ncolumns = ["dx", "dy", "pen up"]\npoints = 100\n'
        '[output]\nis = "text"\nlabels = ["a", "b", "c", "d"]\n'
    )
    found = examined(path)
    assert (found["verdict"], found.get("can")) == (
        "runs",
        "read text, asked every 4 points of the pen: Recognizer(model=…)",
    )


def test_a_described_model_is_shown_as_it_is_described(tmp_path):
    path = sums(tmp_path / "mine.onnx")
    path.with_suffix(".toml").write_text(DESCRIBED)
    found = examined(path)
    lines = [line for _, line in rows(found)]
    assert "columns dx × 20, dy × 20, pen up" in lines
    assert "20 points along the whole ink, from stroke to stroke too" in lines
    assert "left right up down still" in lines
    show(found, Console(width=60, highlight=False, markup=False, emoji=False), everything=True)


def test_a_description_is_checked_as_loading_does(tmp_path):
    path = sums(tmp_path / "mine.onnx")
    path.with_suffix(".toml").write_text(DESCRIBED.replace(', "still"', ""))
    with pytest.raises(ModelError) as error:
        load_model(path, choose_here("cpu", None))
    found = examined(path)
    assert found["verdict"] == "refused"
    assert str(error.value) == f"mine.onnx: {found.get('why')}"


def test_a_dropped_file_is_taken_by_its_description_and_else_told_what_to_write(tmp_path):
    path = sums(tmp_path / "mine.onnx")
    assert 'write mine.toml with [input] is = "ink"' in load_pen(path).get("why", "")
    path.with_suffix(".toml").write_text(DESCRIBED)
    assert load_pen(path)["verdict"] == "runs"


def test_models_of_other_kinds_stay_what_they_were(tmp_path):
    assert examined(recurrent(tmp_path / "step.onnx")).get("kind") == "recurrent"
    assert examined(two_layers(tmp_path / "sum.onnx")).get("kind") == "unknown"
