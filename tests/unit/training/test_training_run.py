from pathlib import Path
from typing import Any

import numpy as np
import pytest

from addon.dataset.corpus import write_corpus
from addon.errors import TaughtError, TrainingError
from addon.features.scale import ink_scale
from addon.training.config import TrainConfig
from addon.training.priority import lower_priority
from addon.training.protocol import Cancelled, Event, Exported, Job, Progress, Started
from addon.training.run import prepare, run
from addon.training.thumbnails import MOST_POINTS, thumbnail
from tests.hands import taught, written

CONFIG = TrainConfig(iterations=8, checkpoint_every=3)


pytestmark = pytest.mark.usefixtures("one_thread")


def scaling(factor: float) -> np.ndarray:
    return np.array([factor, factor, 1, 1], dtype=np.float32)


def a_job(folder: Path, inks_of: str = "LTVZ", **changes: Any) -> Job:
    write_corpus(folder / "taught.npz", *taught(inks_of))
    fields: dict[str, Any] = {
        "data": folder / "taught.npz",
        "out": folder / "letters.onnx",
        "checkpoint": folder / "checkpoint.pt",
        "name": "letters",
    }
    return Job(**(fields | changes))


def told(job: Job, config: TrainConfig = CONFIG, cancel_after: int | None = None) -> list[Event]:
    events: list[Event] = []
    asked = iter(range(10**6))
    run(job, config, events.append, lambda: cancel_after is not None and next(asked) >= cancel_after)
    return events


def test_it_tells_begin_progress_and_end(tmp_path):
    events = told(a_job(tmp_path))
    assert events[0] == Started(("L", "T", "V", "Z"), 16, 8)
    assert [type(event) for event in events[-2:]] == [Progress, Exported]
    assert (tmp_path / "letters.onnx").exists()


def test_the_scale_is_that_of_the_taught_inks(tmp_path):
    lesson = prepare(a_job(tmp_path), CONFIG)
    assert lesson.recipe.scale == pytest.approx(ink_scale(taught()[0]), rel=1e-6)
    assert lesson.recipe.spacing == CONFIG.shape.spacing


def test_labels_are_taken_in_the_order_given(tmp_path):
    lesson = prepare(a_job(tmp_path, labels=("Z", "L", "V", "T")), CONFIG)
    assert lesson.data.labels == ("Z", "L", "V", "T")
    assert lesson.data.classes[:4].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("labels", "inks_of", "says"),
    [
        (None, "", "nothing is taught yet"),
        (None, "L", "only L is taught"),
        (("L", "T", "Q", "R"), "LT", "Q, R has no example"),
        (("L", "T"), "LTV", "examples of V, but no such label"),
        ((), "", "nothing is taught yet"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(tmp_path, labels, inks_of, says):
    with pytest.raises(TrainingError, match=says):
        told(a_job(tmp_path, inks_of, labels=labels))
    assert not (tmp_path / "letters.onnx").exists()


def test_data_that_is_gone_is_refused(tmp_path):
    job = a_job(tmp_path)
    job.data.unlink()
    with pytest.raises(TaughtError, match="No such file"):
        told(job)


def test_going_on_adds_iterations_keeps_the_scale_and_takes_new_labels(tmp_path):
    told(a_job(tmp_path, "LT"))
    first = prepare(a_job(tmp_path, "LT", resume=True), CONFIG)
    told(a_job(tmp_path, "LTVZ", resume=True))
    second = prepare(a_job(tmp_path, "LTVZ", resume=True), CONFIG)
    assert (first.learner.iteration, second.learner.iteration) == (8, 16)
    assert second.recipe == first.recipe
    assert second.learner.net.classes == 4


def test_cancelling_keeps_the_training_and_makes_no_model(tmp_path):
    job = a_job(tmp_path)
    assert told(job, cancel_after=4)[-1] == Cancelled(5)
    assert not job.out.exists()
    assert prepare(a_job(tmp_path, resume=True), CONFIG).learner.iteration == 5


def test_the_same_job_gives_the_same_model_twice(tmp_path):
    def weights(name: str) -> list[np.ndarray]:
        import onnx
        from onnx import numpy_helper

        job = a_job(tmp_path, out=tmp_path / name)
        told(job)
        return [numpy_helper.to_array(each) for each in onnx.load(job.out).graph.initializer]

    for one, other in zip(weights("one.onnx"), weights("two.onnx"), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e6])
def test_hands_of_any_size_can_be_taught(tmp_path, size):
    inks, labels = taught("LV")
    sized = [[stroke * scaling(size) for stroke in ink] for ink in inks]
    job = a_job(tmp_path)
    write_corpus(job.data, sized, labels)
    assert isinstance(told(job)[-1], Exported)


def test_dots_can_be_taught(tmp_path):
    dot = [np.array([[5, 5, 0, 0.5]], dtype=np.float32)]
    job = a_job(tmp_path)
    write_corpus(job.data, [dot, [*dot, dot[0] + 40], *taught("L")[0]], [".", ":", "L", "L", "L", "L"])
    assert isinstance(told(job)[-1], Exported)


def test_a_thumbnail_fills_its_box_in_whole_numbers():
    strokes = thumbnail(written("T", seed=1))
    every = np.concatenate(strokes)
    assert len(strokes) == 2
    assert every.min() == 0
    assert every.max() == 255
    assert max(map(len, strokes)) <= MOST_POINTS


def test_a_thumbnail_of_a_dot_is_a_dot():
    assert thumbnail([np.array([[5, 5, 0, 0.5]], dtype=np.float32)]) == [[[0, 0]]]


def test_a_config_of_no_niceness_leaves_the_priority_alone():
    import os

    before = os.nice(0)
    lower_priority(TrainConfig(niceness=0))
    assert os.nice(0) == before
