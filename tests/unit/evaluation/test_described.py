"""Stroke models of other people, asked about labelled inks as they are described."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from addon.dataset.corpus import corpus_of, write_corpus
from addon.errors import EvaluationError
from addon.evaluation.command import evaluate
from addon.evaluation.described import choose, usual_lengths
from addon.evaluation.measure import Plan
from addon.evaluation.mistakes import columns_line, mistakes
from addon.evaluation.report import lines
from addon.features.ink_input import Column, InkImage, InkInput
from addon.model.adaptor import adaptor_from
from sketch.cli import app
from tests.encoders import make_encoder
from tests.stroke_models import DESCRIBED, DIRECTIONS, image, straight, sums


@pytest.fixture
def data(tmp_path) -> Path:
    rows = [(label, seed) for label in (*DIRECTIONS, "right") for seed in range(6)]
    labels = [label for label, _ in rows]
    # Two inks of a class that the model does not have.
    inks = [straight(label, seed) for label, seed in rows] + [straight("up", 7), straight("up", 8)]
    path = tmp_path / "strokes.npz"
    write_corpus(path, inks, [*labels, "circle", "circle"])
    return path


def described(tmp_path, text: str) -> Path:
    path = sums(tmp_path / "mine.onnx")
    path.with_suffix(".toml").write_text(text)
    return path


def run(data, path):
    said: list[str] = []
    return evaluate(data, Plan(), path, say=said.append), said


def test_a_right_description_is_asked_as_it_is_and_nothing_is_clearly_better(data, tmp_path):
    found, said = run(data, described(tmp_path, DESCRIBED))
    assert json.loads(json.dumps(found)) == found
    assert (found["data"], found["shots"], found["inks"], found["of"]) == ("strokes", 0, 30, 32)
    assert found["accuracy"] == {"lifted": 1.0}
    assert found["left_out"] == {"circle": 2}
    assert any("2 inks are left out" in line and "'circle'" in line for line in said)
    rows = found["mistakes"]
    assert rows[0]["name"] == "as described"
    assert [row["accuracy"] for row in rows] == sorted((row["accuracy"] for row in rows), reverse=True)
    assert not any(row["better"] for row in rows)
    assert lines(found)[-1] == "no single change is clearly better"


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("points = 20", 'points = 20\ny = "up"', 'y = "down"'),
        (
            '{is = "dx", factor = 20}, {is = "dy", factor = 20}',
            '"dx", "dy"',
            'columns = [{is = "dx", factor = 20}, {is = "dy", factor = 20}, "pen up"]',
        ),
        (
            '{is = "dx", factor = 20}, {is = "dy", factor = 20}',
            '{is = "dy", factor = 20}, {is = "dx", factor = 20}',
            'columns = [{is = "dx", factor = 20}, {is = "dy", factor = 20}, "pen up"]',
        ),
        (
            '"pen up"',
            '"pen down"',
            'columns = [{is = "dx", factor = 20}, {is = "dy", factor = 20}, "pen up"]',
        ),
    ],
    ids=["y", "factor", "axes", "pen"],
)
def test_a_wrong_line_is_found(data, tmp_path, right, wrong, line):
    found, _ = run(data, described(tmp_path, DESCRIBED.replace(right, wrong)))
    best = found["mistakes"][0]
    assert found["accuracy"]["lifted"] < 0.7
    assert best["accuracy"] == 1.0
    written = [row["line"] for row in found["mistakes"] if row["accuracy"] == 1.0 and row["better"]]
    assert line in written
    assert lines(found)[-1] == f"clearly better, so change this line and evaluate again: {best['line']}"


def test_the_same_seed_draws_the_same_inks(data, tmp_path):
    path = described(tmp_path, DESCRIBED)
    first, again = (evaluate(data, Plan(), path, say=lambda line: None, most=10) for _ in range(2))
    assert first["inks"] == 10
    assert {**first, "ink_ms": 0} == {**again, "ink_ms": 0}


def test_data_without_a_label_of_the_model_is_refused(tmp_path):
    corpus = corpus_of([straight("up")], ["a"])
    with pytest.raises(EvaluationError, match=r"none of the 1 inks has a label of the model: .*'a'.*'up'"):
        choose(corpus, ("up", "down"), 10)


def test_every_change_of_a_description_can_be_written(tmp_path):
    rows = InkInput(columns=(Column("x"), Column("y", 2.0, 1.0), Column("pen up")), points=50, length=60)
    for ink, start in ((rows, "columns = ['x']"), (InkImage(), "")):
        for mistake in mistakes(ink):
            kind = "ink" if isinstance(ink, InkInput) else "ink image"
            line = mistake.line.replace(" and ", "\n")
            first = "" if line.startswith("columns") else start
            text = f'[input]\nis = "{kind}"\n{first}\n{line}\n'
            assert adaptor_from(text, tmp_path / "x.toml").ink is not None, mistake
            assert mistake.ink != ink
    assert columns_line(rows.columns) == 'columns = ["x", {is = "y", factor = 2, offset = 1}, "pen up"]'


def test_a_picture_model_is_asked_with_its_own_mistakes(data, tmp_path):
    path = image(tmp_path / "mine.onnx")
    path.with_suffix(".toml").write_text(
        '[input]\nis = "ink image"\n[output]\nis = "classes"\nlabels = ["left", "right", "up", "down"]\n'
    )
    found, _ = run(data, path)
    tried = {row["line"] for row in found["mistakes"]}
    assert {
        "transposed = true",
        "invert = true",
        "range = [0.0, 255.0]",
        "range = [-1.0, 1.0]",
    } <= tried
    assert {"margin = 0.0", "margin = 4.0", "mean = 0.5 and std = 0.5"} <= tried


def test_lifts_is_tried_only_where_it_is_read():
    plain = InkInput(columns=(Column("x"), Column("y")))
    inputs = {"points": replace(plain, points=50), "spacing": replace(plain, spacing=0.05), "samples": plain}
    tried = {name: [mistake.line for mistake in mistakes(ink)] for name, ink in inputs.items()}
    assert {name: any("lifts" in line for line in lines) for name, lines in tried.items()} == {
        "points": True,
        "spacing": False,
        "samples": False,
    }
    assert 'box = "ink"' in tried["points"]
    assert 'box = "rows"' in tried["spacing"]
    assert {"spacing = 0.025", "spacing = 0.1"} <= set(tried["spacing"])


def test_inks_of_a_training_set_are_left_out_or_named():
    both = replace(corpus_of([straight("up")] * 4, ["up"] * 4), split=np.array(["train", "test"] * 2))
    chosen = choose(both, ("up",), 10)
    assert chosen.indices.tolist() == [1, 3]
    assert "split = test" in chosen.split
    assert "may have been trained" in choose(corpus_of([straight("up")], ["up"]), ("up",), 10).split


def test_usual_lengths_are_those_of_the_strokes_alone():
    below = np.array([0, 50, 0, 0], np.float32)
    two = [*straight("right", 1), *(stroke + below for stroke in straight("right", 2))]
    found = usual_lengths(corpus_of([straight("up"), two], ["b", "a"]), ("b", "a", "none"))
    assert list(found) == ["b", "a"]
    assert found["b"] == pytest.approx(1.0, abs=0.1)
    assert found["a"] == pytest.approx(2.0, abs=0.2)


def test_lengths_can_be_pasted_into_the_description(data, tmp_path):
    path = described(tmp_path, DESCRIBED)
    ended = CliRunner().invoke(app, ["evaluate", str(data), "--model", str(path), "--lengths"])
    assert ended.exit_code == 0
    given = adaptor_from(DESCRIBED + ended.stdout, tmp_path / "x.toml").lengths
    assert [label for label, _ in given] == list(DIRECTIONS)


def test_the_command_prints_the_table_or_one_document(data, tmp_path):
    path = described(tmp_path, DESCRIBED)
    plain = CliRunner().invoke(app, ["evaluate", str(data), "--model", str(path), "--inks", "20"])
    assert "20 inks of 32" in plain.stdout
    assert "as described" in plain.stdout
    whole = CliRunner().invoke(app, ["evaluate", str(data), "--model", str(path), "--json"])
    assert json.loads(whole.stdout)["protocol"] == "described"


def test_lengths_of_a_model_that_is_not_described_are_refused(data, tmp_path):
    encoder = make_encoder(tmp_path / "small.onnx")
    ended = CliRunner().invoke(app, ["evaluate", str(data), "--model", str(encoder), "--lengths"])
    assert ended.exit_code == 1
    assert "needs no [lengths]" in ended.stderr


def test_an_embedding_is_taught_as_an_encoder_is(data, tmp_path):
    path = image(tmp_path / "mine.onnx", embedding=True)
    path.with_suffix(".toml").write_text('[input]\nis = "ink image"\n[output]\nis = "embedding"\n')
    found = evaluate(data, Plan(seeds=1), path, say=lambda line: None)
    assert found["protocol"] == "wd"
    assert found["point_us"]["bare_p50"] is None
    assert lines(found)
