"""A model that knows classes answers by them until it is taught others, and again when they are forgotten."""

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
from addon.inference.answers import answer_reader
from addon.inference.device_step import DeviceStep
from addon.inference.predictor import StreamingPredictor
from addon.inference.providers import CPU, Choice
from addon.inference.session import open_step
from addon.model.metadata import METADATA_KEY, ModelSpec, spec_to_json
from addon.prediction import softmax
from tests.encoders import inline_steps, make_encoder, make_knowing_encoder
from tests.hands import written
from tests.unit.recognizers import bar, hook, write

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
    for name in outputs._fields:
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
