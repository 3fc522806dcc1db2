"""A base encoder is adapted to what is taught, and only if that is better."""

from pathlib import Path

import numpy as np
import pytest
import torch

from addon.dataset.corpus import corpus_of, read_corpus, write_corpus
from addon.errors import TrainingError
from addon.inference.loaded_model import load_model
from addon.inference.providers import CPU, Choice
from addon.training import adapting
from addon.training.adapting import adapt, adapted, checked_classes, export_adapted, folds, taught_of
from addon.training.config import AdaptConfig, adapt_config_from
from addon.training.encoder_import import read_encoder
from addon.training.protocol import Cancelled, Exported, Job, Kept, Progress, Started, Teller
from tests.encoders import make_encoder, make_knowing_encoder
from tests.hands import taught, written

CONFIG = AdaptConfig(steps=6, copies=3)
ON_CPU = Choice((CPU,))
SHIPPED = Path(__file__).parents[3] / "models" / "encoder.onnx"


pytestmark = pytest.mark.usefixtures("one_thread")


def a_job(folder, each=3, inks_of="LTVZ") -> Job:
    make_encoder(folder / "base.onnx")
    write_corpus(folder / "taught.npz", *taught(inks_of, each=each))
    out, kept = folder / "adapted.onnx", folder / "checkpoint.pt"
    return Job(folder / "taught.npz", out, kept, "signs", model=folder / "base.onnx")


def told(job, config=CONFIG, cancel_after=10**9):
    events, asked = [], iter(range(10**9))
    adapt(job, config, events.append, lambda: next(asked) >= cancel_after)
    return events


def test_a_better_encoder_is_exported_and_one_that_is_not_is_left(tmp_path, monkeypatch):
    job = a_job(tmp_path)
    monkeypatch.setattr(adapting, "compared", lambda *arguments: (0.5, 0.75))
    events = told(job)
    assert events[0] == Started(("L", "T", "V", "Z"), 12, 24)
    assert isinstance(events[-1], Exported)
    assert (events[-1].before, events[-1].accuracy) == (0.5, 0.75)
    spec = load_model(job.out, ON_CPU).spec
    assert spec.scoring is not None
    assert spec.training["adapted"]["after"] == 0.75
    job.out.unlink()
    for after in (0.5, 0.25):
        monkeypatch.setattr(adapting, "compared", lambda *arguments, after=after: (0.5, after))
        assert isinstance(told(job)[-1], Kept)
        assert not job.out.exists()


def test_it_counts_every_step_and_says_both_figures(tmp_path):
    events = told(a_job(tmp_path))
    steps = [event.iteration for event in events if isinstance(event, Progress)]
    assert steps == sorted(steps)
    last = events[-1]
    # Six steps on an encoder of random weights: which of both it is depends on the processor's rounding.
    after = last.accuracy if isinstance(last, Exported) else last.after
    assert last.before is not None
    assert 0 <= last.before <= 1
    assert 0 <= after <= 1
    assert isinstance(last, Exported) == (after > last.before)


def test_the_same_inks_give_the_same_encoder(tmp_path, monkeypatch):
    monkeypatch.setattr(adapting, "compared", lambda *arguments: (0.5, 0.75))
    job = a_job(tmp_path)
    told(job)
    first = job.out.read_bytes()
    told(job)
    again = read_encoder(job.out)[0].project.weight
    (tmp_path / "first.onnx").write_bytes(first)
    assert torch.equal(again, read_encoder(tmp_path / "first.onnx")[0].project.weight)


class Listening(Teller):
    """Notes every loss."""

    def __init__(self) -> None:
        super().__init__(lambda event: None, lambda: False, 1, 0.0)
        self.losses: list[float] = []

    def step(self, loss: float, accuracy: float) -> None:
        self.losses.append(loss)


def test_a_projection_that_was_spoilt_is_mended(tmp_path):
    job, listening = a_job(tmp_path, each=4), Listening()
    net, spec = read_encoder(SHIPPED)
    torch.manual_seed(0)
    net.project.weight.data += 0.2 * torch.randn_like(net.project.weight)
    corpus = read_corpus(job.data)
    classes, config = checked_classes(corpus), AdaptConfig(steps=80, copies=3)
    given = taught_of(net, corpus, classes, spec.recipe, 8, config, listening)
    adapted(net, given.drill, np.arange(len(classes)), config, 0, listening)
    assert np.mean(listening.losses[-20:]) < np.mean(listening.losses[:20])


@pytest.mark.parametrize("when", [0, 3, 20])
def test_it_stops_where_it_should(tmp_path, when):
    job = a_job(tmp_path)
    assert isinstance(told(job, cancel_after=when)[-1], Cancelled)
    assert not job.out.exists()


def test_one_example_of_each_is_not_adapted_to(tmp_path):
    with pytest.raises(TrainingError, match="one example of each class"):
        told(a_job(tmp_path, each=1))
    with pytest.raises(TrainingError, match="only one class"):
        told(a_job(tmp_path, inks_of="L"))


def test_dots_and_long_inks_can_be_adapted_to(tmp_path, monkeypatch):
    asked = []

    def better(*arguments):
        asked.append(compared(*arguments))
        return 0.5, 0.75

    compared = adapting.compared
    monkeypatch.setattr(adapting, "compared", better)
    job = a_job(tmp_path)
    dots = [[np.array([[at, 5, 0, 0.5]], dtype=np.float32)] for at in (5, 50)]
    line = np.zeros((10_000, 4), dtype=np.float32)
    line[:, 0] = np.arange(10_000)
    inks, labels = taught("LT", each=2)
    write_corpus(job.data, [*dots, [line], *inks], [".", ".", "-", *labels])
    assert isinstance(told(job)[-1], Exported)
    assert np.isfinite(asked).all()
    assert load_model(job.out, ON_CPU).spec.scoring is not None


def test_each_ink_of_a_class_of_several_is_left_out_once():
    classes = np.array([0, 0, 1, 1, 1, 2, 0, 0, 0])
    split = list(folds(classes, 3, np.random.default_rng(0)))
    asked = np.concatenate([fold.asked for fold in split])
    assert sorted(asked) == [0, 1, 2, 3, 4, 6, 7, 8]
    for fold in split:
        assert set(classes[fold.taught]) == {0, 1, 2}
        assert not set(fold.taught) & set(fold.asked)


def test_an_encoder_comes_back_from_its_file_as_it_was(tmp_path):
    job = a_job(tmp_path)
    assert job.model is not None
    net, _ = read_encoder(job.model)
    export_adapted(net, job.model, "same", {}, job.out)
    one, other = (load_model(path, ON_CPU).session for path in (job.model, job.out))
    rows = np.random.default_rng(0).standard_normal((2, 5, 6), dtype=np.float32)
    ours, theirs = (each.step(rows, each.start(2))[0].embedding for each in (one, other))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_classes_that_read_the_embedding_do_not_outlive_it(tmp_path):
    make_knowing_encoder(tmp_path / "knowing.onnx")
    net, _ = read_encoder(tmp_path / "knowing.onnx")
    spec = export_adapted(net, tmp_path / "knowing.onnx", "signs", {}, tmp_path / "adapted.onnx")
    assert (spec.labels, spec.unknown) == ((), False)
    assert load_model(tmp_path / "adapted.onnx", ON_CPU).spec.scoring is not None


def test_wrong_settings_are_named():
    with pytest.raises(ValueError, match="copies"):
        AdaptConfig(copies=1)
    with pytest.raises(ValueError, match="the adapting config knows"):
        adapt_config_from({"iterations": 5})
    assert adapt_config_from({"steps": 7}).iterations == 28
    assert checked_classes(corpus_of([written("L", 0)] * 3, ["b", "a", "b"])).tolist() == [1, 0, 1]
