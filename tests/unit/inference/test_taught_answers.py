"""A base encoder answers by what was taught, from the next point on; its weights are random here."""

from pathlib import Path

import numpy as np
import pytest
import torch

from addon import Recognizer
from addon.dataset.corpus import write_corpus
from addon.dataset.taught import Example
from addon.errors import ModelError
from addon.features.scale import ink_scale
from addon.fewshot.scoring import Scoring
from addon.inference.answers import PrototypeReader, answer_reader
from addon.inference.encode import tracks_of
from addon.inference.loaded_model import load_model
from addon.inference.pens import Pens
from addon.inference.predictor import Sample, StreamingPredictor
from addon.inference.providers import Choice, choose_here
from addon.inference.session import open_step
from addon.inference.step import StepSession
from addon.model.metadata import ENCODER_KIND, spec_from_json, spec_to_json
from addon.prediction import Prediction
from addon.training import adapting
from addon.training.config import AdaptConfig
from addon.training.encoder import EncoderNet
from addon.training.encoder_export import export_encoder
from addon.training.protocol import Job
from tests.encoders import encoder_spec, inline_steps
from tests.hands import Stroke, taught, written
from tests.waiting import until


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("encoder") / "encoder.onnx"
    torch.manual_seed(3)
    net = EncoderNet(layers=2, hidden=32, embedding=16, background=4)
    torch.nn.init.orthogonal_(net.project.weight, gain=200.0)
    export_encoder(net, encoder_spec(net, spacing=1 / 12, levels=8), path)
    return path


@pytest.fixture
def on_cpu() -> Choice:
    return choose_here("cpu", None)


def examples(labels: str = "LTVZ", each: int = 1) -> list[Example]:
    inks, names = taught(labels, each)
    return [
        Example(number, name, tuple(ink)) for number, (ink, name) in enumerate(zip(inks, names, strict=True))
    ]


def samples(ink: list[Stroke]) -> list[Sample]:
    out: list[Sample] = []
    for stroke in ink:
        out += [(float(x), float(y), 0.0, 0.5) for x, y in stroke[:, :2]]
        out.append(None)
    return out


def test_the_file_describes_itself(encoder: Path, on_cpu: Choice) -> None:
    spec = open_step(encoder, on_cpu).spec
    assert spec.kind == ENCODER_KIND
    assert spec.labels == ()
    assert isinstance(spec.scoring, Scoring)
    again = spec_from_json(spec_to_json(spec))
    assert again.scoring is not None
    assert (again.scoring.background == spec.scoring.background).all()


def test_a_sign_is_known_once_it_is_taught(encoder: Path, on_cpu: Choice) -> None:
    session = open_step(encoder, on_cpu)
    answers = answer_reader(session)
    predictor = StreamingPredictor(session, answers)
    assert answers.learn(examples())
    for example in examples():
        predictor.replay(samples(list(example.strokes)))
        assert predictor.prediction.label == example.label
        assert predictor.prediction.progress > 0.9


def test_before_anything_is_taught_all_is_unknown(encoder: Path, on_cpu: Choice) -> None:
    predictor = StreamingPredictor(open_step(encoder, on_cpu))
    predictor.replay(samples(written("L", 0)))
    said = predictor.prediction
    assert (said.label, said.confidence, said.unknown) == ("", 0.0, 1.0)


def test_learning_step_by_step_is_as_learning_at_once(encoder: Path, on_cpu: Choice) -> None:
    session = open_step(encoder, on_cpu)
    every = examples(each=3)
    at_once, bit_by_bit = (
        PrototypeReader(session, _reading(session)),
        PrototypeReader(session, _reading(session)),
    )
    at_once.learn(every)
    bit_by_bit.learn(every)
    bit_by_bit.learn(every[:-1])
    bit_by_bit.learn(every)
    assert bit_by_bit.labels == at_once.labels
    assert bit_by_bit.prototypes.table == pytest.approx(at_once.prototypes.table, abs=1e-4)


def _reading(session: StepSession) -> Scoring:
    scoring = session.spec.scoring
    assert scoring is not None
    return scoring


def test_relabelling_and_forgetting_count_at_once(encoder: Path, on_cpu: Choice) -> None:
    answers = answer_reader(open_step(encoder, on_cpu))
    every = examples()
    answers.learn(every)
    every[0].label = "other"
    assert answers.learn(every)
    assert answers.labels == ("other", "T", "V", "Z")
    assert answers.learn(every[1:])
    assert answers.labels == ("T", "V", "Z")
    assert not answers.learn(every[1:])


def test_the_scale_is_that_of_the_taught_inks(encoder: Path, on_cpu: Choice) -> None:
    answers = answer_reader(open_step(encoder, on_cpu))
    answers.learn(examples())
    inks = [example.strokes for example in examples()]
    assert answers.recipe.scale == pytest.approx(ink_scale(inks))
    large = [
        Example(100 + e.id, e.label, tuple(s * np.float32(3) for s in e.strokes)) for e in examples(each=3)
    ]
    answers.learn(large)
    assert answers.recipe.scale == pytest.approx(ink_scale([example.strokes for example in large]))


def test_a_sign_taught_in_mid_ink_is_an_answer_from_the_next_point(encoder: Path, on_cpu: Choice) -> None:
    pens = Pens()
    pens.adopt(load_model(encoder, on_cpu))
    pens.learn(examples("L"))
    ink = written("T", 5)
    for point in ink[0]:
        pens.point(point, 0)
    pens.learn(examples("LT"))
    for point in ink[0][-3:] + np.float32(20):
        pens.point(point, 0)
    # A worker that is closed leaves out what it has not come to.
    until(lambda: pens.prediction.labels == ("L", "T"))
    pens.close()


def test_an_ink_under_way_is_answered_by_what_is_taught_meanwhile(
    encoder: Path, on_cpu: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("addon.inference.loaded_model.INLINE_BELOW_US", float("inf"))
    known = examples("LT")
    # So much larger that all is read at another scale.
    large = [Example(9, "V", tuple(stroke * np.float32(4) for stroke in known[0].strokes))]
    said: list[Prediction] = []
    for before in (known, [*known, *large]):
        pens = Pens()
        pens.adopt(load_model(encoder, on_cpu))
        pens.learn(before)
        for point in written("T", 5)[0]:
            pens.point(point, 0)
        pens.learn([*known, *large])
        said.append(pens.prediction)
        pens.close()
    assert said[0].labels == ("L", "T", "V")
    assert said[0].rows == said[1].rows > 0
    assert said[0].probabilities == pytest.approx(said[1].probabilities, abs=1e-6)


@pytest.mark.parametrize("kind", ["encoder", "letters", "adapted", "worker"])
def test_what_was_taught_is_recognised_after_ending_and_starting_again(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(
        "addon.inference.loaded_model.INLINE_BELOW_US", 0.0 if kind == "worker" else float("inf")
    )
    model: str | Path = "letters" if kind == "letters" else encoder
    if kind == "adapted":
        given = examples("LTV", 2)
        write_corpus(tmp_path / "taught.npz", [one.strokes for one in given], [one.label for one in given])
        model = tmp_path / "adapted.onnx"
        job = Job(tmp_path / "taught.npz", model, tmp_path / "checkpoint.pt", "signs", model=encoder)
        monkeypatch.setattr(adapting, "compared", lambda *arguments: (0.5, 0.75))
        adapting.adapt(job, AdaptConfig(steps=3, copies=3), lambda event: None, lambda: False)
    for start in range(2):
        recognizer = Recognizer(model, provider="cpu", home=tmp_path / "home")
        recognizer.setup(tmp_path)
        try:
            assert recognizer.wait_ready(), recognizer.messages()
            for example in examples("LTV") if start == 0 else ():
                recognizer.teach(example.label, example.strokes)
            for stroke in written("T", 0):
                for point in stroke:
                    recognizer.on_stroke_point(point, 0)
                recognizer.on_stroke(stroke, 0)
            until(lambda recognizer=recognizer: recognizer.prediction.rows > 0)
            assert recognizer.prediction.labels == ("L", "T", "V")
            until(lambda recognizer=recognizer: recognizer.prediction.label == "T")
        finally:
            recognizer.exit()


def test_what_comes_later_changes_no_answer_before(encoder: Path, on_cpu: Choice) -> None:
    session = open_step(encoder, on_cpu)
    answers = answer_reader(session)
    answers.learn(examples(each=2))
    true, spoilt = written("Z", 9), [stroke.copy() for stroke in written("Z", 9)]
    half = len(true[0]) // 2
    spoilt[0][half:, :2] = np.random.default_rng(0).uniform(0, 900, spoilt[0][half:, :2].shape)
    said: list[list[Prediction]] = []
    for ink in (true, spoilt):
        predictor = StreamingPredictor(session, answers)
        said.append([])
        for x, y in ink[0][:half, :2]:
            predictor.add(float(x), float(y))
            said[-1].append(predictor.prediction)
    for one, other in zip(*said, strict=True):
        assert (one.probabilities == other.probabilities).all()
        assert (one.progress, one.unknown) == (other.progress, other.unknown)


def test_a_recognizer_learns_without_training(encoder: Path, tmp_path: Path) -> None:
    recognizer = Recognizer(encoder, provider="cpu", home=tmp_path)
    recognizer.setup(tmp_path)
    try:
        assert recognizer.wait_ready()
        for example in examples():
            recognizer.teach(example.label, example.strokes)
        recognizer.on_stroke_point(written("V", 0)[0][0], 0)
        for point in written("V", 0)[0]:
            recognizer.on_stroke_point(point, 0)
        recognizer.on_stroke(written("V", 0)[0], 0)
        until(lambda: recognizer.prediction.label == "V")
        recognizer.remove_last()
        recognizer.remove_last()
        assert recognizer.labels == {"L": 1, "T": 1}
    finally:
        recognizer.exit()


def test_an_encoder_whose_reading_is_broken_is_refused(encoder: Path, on_cpu: Choice) -> None:
    text = spec_to_json(open_step(encoder, on_cpu).spec).replace('"levels": 8', '"levels": 0')
    with pytest.raises(ModelError, match="levels"):
        spec_from_json(text)


def test_an_amended_example_is_read_again(encoder: Path, on_cpu: Choice) -> None:
    session = open_step(encoder, on_cpu)
    known, whole = examples("LT", each=2), written("T", 5)
    amended = PrototypeReader(session, _reading(session))
    halves = [*known, Example(9, "T", tuple(whole[:1]))]
    amended.learn(halves)
    halves[-1].strokes = tuple(whole)
    assert amended.learn(halves)
    (wanted,) = tracks_of(session, amended.recipe, _reading(session), [whole])
    assert amended.prototypes.keys[-1] == 9
    np.testing.assert_allclose(amended.prototypes.tracks[-1], wanted, atol=1e-4)
    assert not amended.learn(halves)


def test_an_ink_that_is_opened_again_is_answered_as_a_whole_and_amends_what_was_taught(
    encoder: Path, tmp_path: Path
) -> None:
    recognizer = Recognizer(encoder, provider="cpu", home=tmp_path)
    recognizer.setup(tmp_path)
    try:
        with inline_steps():
            assert recognizer.wait_ready()
        for example in examples():
            recognizer.teach(example.label, example.strokes)
        first, second = written("T", 1)

        def draw(stroke: Stroke, pointer_id: int) -> None:
            for point in stroke:
                recognizer.on_stroke_point(point, pointer_id)
            recognizer.on_stroke(stroke, pointer_id)

        for stroke in (first, second):
            draw(stroke, 1)
        draw(first, 2)
        recognizer.on_ink((first,), 2)
        half = recognizer.teach("T", (first,))
        recognizer.on_ink_reopened((first,), 2)
        draw(second, 2)
        recognizer.update(0.0)
        whole, slow = recognizer.predictions[1], recognizer.predictions[2]
        assert (whole.probabilities == slow.probabilities).all()
        count = len(recognizer.examples)
        assert recognizer.teach("T", (first, second)) is half
        assert len(half.strokes) == 2
        assert len(recognizer.examples) == count
        assert recognizer.teach("T", (first, second)) is not half
    finally:
        recognizer.exit()
