"""A model that knows classes answers by them until it is taught others, and again when they are forgotten."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from addon import Recognizer
from addon.dataset.taught import Example
from addon.errors import ModelError
from addon.features.batch import ink_rows
from addon.features.recipe import COLUMNS
from addon.features.scale import ink_scale
from addon.inference.answers import answer_reader, unanswered
from addon.inference.device_step import DeviceStep
from addon.inference.predictor import StreamingPredictor
from addon.inference.providers import CPU, Choice
from addon.inference.session import open_step
from addon.inference.step import ANSWERS
from addon.model.metadata import METADATA_KEY, ModelSpec, spec_to_json
from addon.prediction import softmax
from tests.encoders import inline_steps, make_encoder, make_knowing_encoder
from tests.hands import written
from tests.unit.recognizers import bar, frames_until, hook, write

ON_CPU = Choice((CPU,))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("knowing") / "knowing.onnx"
    make_knowing_encoder(path)
    return path


def bare_answers(path: Path, strokes: list[np.ndarray]) -> dict[str, np.ndarray]:
    """What the graph itself says of the last row of a finished ink."""
    session = onnxruntime.InferenceSession(path, providers=[CPU])
    spec = open_step(path, ON_CPU).spec
    rows = ink_rows(spec.recipe, [strokes]).rows[None]
    state = np.zeros((spec.layers, 1, spec.hidden), dtype=np.float32)
    names = list(spec.outputs)
    given = session.run(names, {"features": rows, "h": state, "c": state})
    return {name: np.asarray(array)[0, -1] for name, array in zip(names, given, strict=True)}


def test_before_anything_is_taught_its_own_classes_answer(path: Path) -> None:
    predictor = StreamingPredictor(open_step(path, ON_CPU))
    strokes = written("L", 0)
    for points in strokes:
        for x, y in points[:, :2].tolist():
            predictor.add(x, y)
        predictor.lift()
    said, wanted = predictor.prediction, bare_answers(path, strokes)
    assert said.labels == ("A", "B", "C")
    assert said.probabilities == pytest.approx(softmax(wanted["scores"]), abs=1e-5)
    assert said.progress == pytest.approx(float(wanted["progress"][0]), abs=1e-5)
    assert said.unknown == pytest.approx(1 / (1 + np.exp(-float(wanted["unknown"][0]))), abs=1e-5)


def test_a_model_that_cannot_tell_the_unknown_says_none(tmp_path: Path) -> None:
    path = tmp_path / "plain.onnx"
    assert make_knowing_encoder(path, unknown=False).outputs[-1] == "progress"
    predictor = StreamingPredictor(open_step(path, ON_CPU))
    predictor.add(10.0, 10.0)
    assert (predictor.prediction.rows, predictor.prediction.unknown) == (1, 0.0)


def test_one_example_takes_over_and_forgetting_it_gives_back_in_mid_ink(path: Path, tmp_path: Path) -> None:
    recognizer = Recognizer(path, provider="cpu", home=tmp_path)
    recognizer.setup(tmp_path)
    with inline_steps():
        assert recognizer.wait_ready(), recognizer.messages()
    try:
        write(recognizer, hook())
        own = recognizer.prediction
        recognizer.teach("bar", bar())
        assert recognizer.prediction.labels == ("bar",)
        recognizer.teach("hook", hook())
        assert recognizer.prediction.label == "hook"
        assert recognizer.prediction.progress > 0.9
        recognizer.remove_last()
        recognizer.remove_last()
        assert recognizer.prediction.labels == own.labels
        assert recognizer.prediction.probabilities == pytest.approx(own.probabilities, abs=1e-5)
        assert recognizer.prediction.unknown == pytest.approx(own.unknown, abs=1e-5)
    finally:
        recognizer.exit()


def ready(path: Path, home: Path) -> Recognizer:
    recognizer = Recognizer(path, provider="cpu", home=home)
    recognizer.setup(home)
    with inline_steps():
        assert recognizer.wait_ready(), recognizer.messages()
    return recognizer


def new_lines(recognizer: Recognizer) -> list[str]:
    recognizer.update(0.0)
    return recognizer.messages()


def test_the_first_example_reports_own_classes_that_are_not_answered(path: Path, tmp_path: Path) -> None:
    recognizer = ready(path, tmp_path)
    try:
        assert new_lines(recognizer) == []
        recognizer.teach("B", bar())
        assert new_lines(recognizer) == [
            "knowing.onnx: it answers with taught classes alone now, and not with its own: A, C; forget all "
            "examples to get them back"
        ]
        recognizer.teach("hook", hook())
        recognizer.remove_last()
        recognizer.remove_last()
        recognizer.teach("B", bar())
        assert new_lines(recognizer) == []
    finally:
        recognizer.exit()


def test_it_is_reported_for_a_model_that_is_swapped_in_over_examples(path: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "encoder.onnx")
    recognizer = ready(encoder, tmp_path)
    try:
        recognizer.teach("hook", hook())
        assert new_lines(recognizer) == []
        recognizer.load(path)
        lines = frames_until(recognizer, lambda: recognizer.model_path == path)
        assert [line for line in lines if "not with its own: A, B, C;" in line]
        recognizer.rollback()
        recognizer.rollback()
        assert new_lines(recognizer) == ["back to encoder.onnx", "back to knowing.onnx"]
    finally:
        recognizer.exit()


def test_a_set_of_an_earlier_run_is_reported_too(path: Path, tmp_path: Path) -> None:
    first = ready(path, tmp_path)
    first.teach("hook", hook())
    first.exit()
    second = ready(path, tmp_path)
    assert [line for line in new_lines(second) if "not with its own: A, B, C;" in line]
    second.exit()


def test_what_a_model_of_fixed_classes_cannot_learn_is_named(path: Path) -> None:
    spec = replace(open_step(path, ON_CPU).spec, scoring=None)
    assert unanswered(spec, []) == ""
    assert unanswered(spec, ["A", "C"]) == ""
    assert unanswered(spec, ["A", "hook", "hook", "bar"]) == (
        "it has fixed classes and learns by training alone, so what is taught is not answered yet: hook, "
        "bar; train to have it answered"
    )


def test_a_model_that_is_taught_all_of_its_classes_reports_nothing(path: Path) -> None:
    spec = open_step(path, ON_CPU).spec
    assert unanswered(spec, ["C", "B", "A", "D"]) == ""
    many = replace(spec, labels=tuple(map(str, range(62))))
    assert "own: 0, 1, 2, 3, 4, 5, 6, 7 and 54 more;" in unanswered(many, ["hook"])


def test_each_way_of_answering_has_its_own_scale(path: Path) -> None:
    session = open_step(path, ON_CPU)
    answers = answer_reader(session)
    assert answers.recipe == session.spec.recipe
    example = Example(1, "hook", tuple(hook()))
    assert answers.learn([example])
    assert answers.recipe.scale == pytest.approx(ink_scale([hook()]))
    assert answers.learn([])
    assert answers.recipe == session.spec.recipe


@pytest.mark.parametrize("kind", ["cpu", "device"])
@pytest.mark.parametrize("batch", [1, 3])
def test_every_answer_comes_out_by_its_name(path: Path, kind: str, batch: int) -> None:
    session = open_step(path, ON_CPU)
    raw = onnxruntime.InferenceSession(path, providers=[CPU])
    if kind == "device":
        session = DeviceStep(raw, session.spec, "cuda", onnxruntime.OrtValue, device="cpu")
    rows = np.random.default_rng(0).standard_normal((batch, 1, len(COLUMNS)), dtype=np.float32)
    outputs, _ = session.step(rows, session.start(batch))
    state = np.zeros((session.spec.layers, batch, session.spec.hidden), dtype=np.float32)
    for name in ANSWERS:
        (wanted,) = raw.run([name], {"features": rows, "h": state, "c": state})
        np.testing.assert_array_equal(getattr(outputs, name), wanted)


@pytest.mark.parametrize(("change", "says"), [({"unknown": True}, "unknown"), ({"labels": ("A",)}, "scores")])
def test_a_promise_that_the_graph_does_not_keep_is_named(
    tmp_path: Path, path: Path, change: dict[str, object], says: str
) -> None:
    source, broken = tmp_path / "source.onnx", tmp_path / "broken.onnx"
    if says == "unknown":
        make_knowing_encoder(source, unknown=False)
    else:
        make_encoder(source)
    _describe(source, broken, change)
    with pytest.raises(ModelError, match=f"no output '{says}'"):
        open_step(broken, ON_CPU)


def _describe(source: Path, target: Path, change: dict[str, object]) -> None:
    model = onnx.load(source)
    spec = open_step(source, ON_CPU).spec
    fields = {name: getattr(spec, name) for name in ("recipe", "layers", "hidden", "embedding", "scoring")}
    text = spec_to_json(ModelSpec(**{"labels": spec.labels, **fields, **change}))
    onnx.helper.set_model_props(model, {METADATA_KEY: text})
    onnx.save(model, target)
