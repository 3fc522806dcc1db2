"""What is taught becomes one file that answers as the live recogniser does."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from addon.dataset.corpus import write_corpus
from addon.dataset.taught import Example
from addon.errors import ModelError, TaughtError
from addon.inference.answers import PrototypeReader
from addon.inference.engine import InlineEngine
from addon.inference.loaded_model import load_model
from addon.inference.providers import CPU, Choice
from addon.model.metadata import ModelSpec
from addon.prediction import Prediction
from addon.training.bake import bake
from addon.training.protocol import Baked, Baking
from addon.training.trainer_process import TrainerProcess
from tests.encoders import make_encoder, make_knowing_encoder, make_weighed_encoder
from tests.hands import taught, written

ON_CPU = Choice((CPU,))
SHIPPED = Path(__file__).parents[3] / "models" / "encoder.onnx"
DOT = [np.array([[5, 5, 0, 0.5]], dtype=np.float32)]


def examples(each: int = 2) -> list[Example]:
    inks, labels = taught("LTV", each=each)
    made = [Example(n, label, tuple(ink)) for n, (ink, label) in enumerate(zip(inks, labels, strict=True))]
    return [*made, Example(len(made), "é ·", tuple(DOT))]


def job_for(model: Path, folder: Path, given: list[Example]) -> tuple[Baking, InlineEngine]:
    """A job as the recogniser makes it, and the engine that answers live."""
    engine = InlineEngine(load_model(model, ON_CPU))
    engine.learn(given)
    answers = engine._answers
    live = answers if isinstance(answers, PrototypeReader) else answers._taught  # type: ignore[attr-defined]
    write_corpus(folder / "taught.npz", [one.strokes for one in given], [one.label for one in given])
    np.save(folder / "tracks.npy", live.prototypes.tracks)
    data, tracks = folder / "taught.npz", folder / "tracks.npy"
    return Baking(model, data, tracks, live.recipe.scale, folder / "baked.onnx", "signs"), engine


def answered(engine: InlineEngine, ink: list[np.ndarray]) -> list[Prediction]:
    engine.begin(0)
    said: list[Prediction] = []
    for stroke in ink:
        for x, y in stroke[:, :2].tolist():
            engine.point(0, x, y)
            said.append(engine.predictions[0])
        engine.lift(0)
        said.append(engine.predictions[0])
    return said


@pytest.mark.parametrize("kind", ["small", "weighed", "knowing", "shipped"])
def test_live_and_baked_agree_at_every_point(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "encoder.onnx"
    if kind == "knowing":
        make_knowing_encoder(path)
    elif kind == "small":
        make_encoder(path)
    elif kind == "weighed":
        make_weighed_encoder(path)
    job, live = job_for(SHIPPED if kind == "shipped" else path, tmp_path, examples())
    made = bake(job)
    assert made.labels == ("L", "T", "V", "é ·")
    loaded = load_model(job.out, ON_CPU)
    frozen = InlineEngine(loaded)
    for ink in [written("Z", 3), written("L", 9), written("T", 8), DOT, examples()[0].strokes]:
        pairs = zip(answered(live, list(ink)), answered(frozen, list(ink)), strict=True)
        for ours, theirs in pairs:
            assert ours.labels == theirs.labels
            np.testing.assert_allclose(ours.probabilities, theirs.probabilities, rtol=0, atol=1e-5)
            assert theirs.progress == pytest.approx(ours.progress, abs=1e-5)
            assert theirs.unknown == pytest.approx(ours.unknown, abs=1e-5)


def test_the_file_says_what_it_was_taught_and_can_be_taught_again(tmp_path: Path) -> None:
    make_encoder(tmp_path / "encoder.onnx")
    job, _ = job_for(tmp_path / "encoder.onnx", tmp_path, examples())
    bake(job)
    spec: ModelSpec = load_model(job.out, ON_CPU).spec
    assert spec.scoring is not None
    assert spec.unknown
    assert spec.recipe.scale == job.scale
    assert set(spec.thumbnails) == set(spec.labels)
    assert spec.training["name"] == "signs"
    assert len(spec.taught_hash) == 64
    again, live = job_for(job.out, tmp_path, examples()[:3])
    again = Baking(again.model, again.data, again.tracks, again.scale, tmp_path / "again.onnx", "again")
    assert bake(again).labels == ("L", "T")
    frozen = InlineEngine(load_model(again.out, ON_CPU))
    ink = written("T", 4)
    for ours, theirs in zip(answered(live, ink), answered(frozen, ink), strict=True):
        np.testing.assert_allclose(ours.probabilities, theirs.probabilities, rtol=0, atol=1e-5)


def test_it_is_done_in_a_process_that_never_loads_torch(tmp_path: Path) -> None:
    make_encoder(tmp_path / "encoder.onnx")
    job, _ = job_for(tmp_path / "encoder.onnx", tmp_path, examples())
    trainer = TrainerProcess.start(job)
    ends = time.monotonic() + 60
    while trainer.running and time.monotonic() < ends:
        time.sleep(0.005)
    (event,) = trainer.poll()
    assert isinstance(event, Baked), event
    assert (event.path, event.examples) == (job.out, 7)
    assert job.out.is_file()
    code = "import sys, addon.training.bake; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3]).returncode == 0


def test_what_does_not_fit_is_refused_and_the_old_file_stays(tmp_path: Path) -> None:
    make_encoder(tmp_path / "encoder.onnx")
    job, _ = job_for(tmp_path / "encoder.onnx", tmp_path, examples())
    job.out.write_text("the old one")
    np.save(job.tracks, np.zeros((7, 9, 5), dtype=np.float32))
    with pytest.raises(TaughtError, match="another encoder"):
        bake(job)
    np.save(job.tracks, np.zeros((3, 9, 16), dtype=np.float32))
    with pytest.raises(TaughtError, match="3 tracks for 7 examples"):
        bake(job)
    job.tracks.write_text("no array")
    with pytest.raises(TaughtError, match=r"tracks.npy cannot be read"):
        bake(job)
    job.model.write_text("no model")
    with pytest.raises(ModelError, match="not an Inkloop model"):
        bake(job)
    job.model.unlink()
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        bake(job)
    assert job.out.read_text() == "the old one"
